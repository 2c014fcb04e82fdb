"""Every action of the program, as data: ids, titles, parameters, shortcuts and menus."""

from __future__ import annotations

from genplay.lab.actions import ActionSpec
from genplay.lab.estimator_actions import SPECS as _ESTIMATORS
from genplay.lab.evaluation_actions import SPECS as _EVALUATE
from genplay.lab.params import Param
from genplay.lab.state import LAYERS, RESOLUTIONS
from genplay.lab.table_action_list import TABLE
from genplay.lab.world_action_list import WORLD
from genplay.spaces import WORLDS
from genplay.training.health.conditions import CONDITIONS

__all__ = ["ALL"]

_NAME = "the id, as `genplay list` shows it"
_POINTS = "a list of [x, y]"
_PIXELS = "25 numbers 0 or 1, or 5 rows of text with # for ink"
_KNOB = (Param("name", "str", "the knob's name"), Param("value", "value", "its new value"))
_LABEL = Param("label", "int", "the class the new points belong to", 0, low=0, high=9)

_FILE = (
    ActionSpec("file.new", "New experiment", "Start again from the ready experiment.", (), "File", "Ctrl+N"),
    ActionSpec(
        "file.open",
        "Open …",
        "Open a .genplay file, the trained model included.",
        (Param("path", "path", "a .genplay file"),),
        "File",
        "Ctrl+O",
    ),
    ActionSpec("file.save", "Save", "Save the experiment where it was last saved.", (), "File", "Ctrl+S"),
    ActionSpec(
        "file.save_as",
        "Save as …",
        "Save the experiment, the trained model included.",
        (Param("path", "path", "a .genplay file"),),
        "File",
        "Ctrl+Shift+S",
    ),
    ActionSpec(
        "diagnostics.write",
        "Write diagnostics …",
        "Write steps per second, frames drawn and the gaps between event-loop ticks as JSON.",
        (Param("path", "path", "a .json file"),),
        "Help",
    ),
    ActionSpec("app.quit", "Quit", "Close the window; the experiment is kept.", (), "File", "Ctrl+Q"),
)

_EDIT = (
    ActionSpec("edit.undo", "Undo", "Take back the last change.", (), "Edit", "Ctrl+Z", "undo"),
    ActionSpec("edit.redo", "Redo", "Do again what was taken back.", (), "Edit", "Ctrl+Shift+Z", "redo"),
)

_DATA = (
    ActionSpec(
        "world.choose",
        "Choose the world",
        "The plane, or the 2^25 binary images of 5×5 pixels. Each world keeps its own experiment.",
        (Param("name", "choice", "the world", choices=WORLDS),),
        "Data",
    ),
    ActionSpec(
        "data.choose",
        "Choose a data set",
        "Take another data set; what was drawn or set before comes back when it is chosen again.",
        (Param("name", "str", _NAME),),
        "Data",
    ),
    ActionSpec(
        "data.set",
        "Set a data knob",
        "Change a knob of the data set, or how much there is, how split and how spoilt.",
        _KNOB,
    ),
    ActionSpec(
        "data.open",
        "Open a data file …",
        "Read points or images from CSV, TSV, NPY, NPZ or a picture.",
        (
            Param("path", "path", "the file"),
            Param("columns", "names", "the columns to use, by name or number from 1", None),
            Param("label", "str", "the column that holds the labels", None),
            Param("skip_missing", "bool", "leave out rows with a missing number", False),
        ),
        "Data",
        "Ctrl+I",
    ),
    ActionSpec(
        "data.stroke",
        "Draw a stroke",
        "Draw with the brush: the stroke is a mixture of Gaussians along its path.",
        (
            Param("points", "points", _POINTS),
            _LABEL,
            Param("size", "float", "the width of the brush", 0.15, low=1e-3, high=4.0),
            Param("softness", "float", "0: evenly along the path, 1: softest", 0.5, low=0.0, high=1.0),
            Param("weight", "float", "how much of the data falls on this stroke", 1.0, low=1e-3, high=1e3),
            Param("spray", "bool", "scatter droplets instead of a line", False),
            Param("keep", "bool", "go on with the last drawing instead of a new one", False),
        ),
        when="plane",
    ),
    ActionSpec(
        "data.erase",
        "Erase",
        "Take away what was drawn under the eraser.",
        (
            Param("points", "points", _POINTS),
            Param("size", "float", "the width of the eraser", 0.3, low=1e-3, high=4.0),
        ),
        when="plane",
    ),
    ActionSpec(
        "data.move",
        "Move a part of the drawing",
        "Drag what was drawn within a radius from the first point to the last.",
        (
            Param("points", "points", "[[from x, from y], …, [to x, to y]]"),
            Param("radius", "float", "how far the hand reaches", 0.5, low=1e-3, high=8.0),
        ),
        when="plane",
    ),
    ActionSpec(
        "data.clear",
        "Clear the drawing",
        "Start with an empty canvas; undo brings the drawing back.",
        (),
        "Data",
        when="drawable",
    ),
    ActionSpec(
        "data.draw_digit",
        "Add a drawn digit",
        "Add one 5×5 image to the drawn digits.",
        (Param("pixels", "pixels", _PIXELS), _LABEL),
        when="digits",
    ),
    ActionSpec(
        "data.edit_digit",
        "Change a drawn digit",
        "Replace one image of the drawn digits.",
        (
            Param("index", "int", "which image, from 0", low=0),
            Param("pixels", "pixels", _PIXELS),
            Param("label", "int", "its class; left out, it stays", None, low=0, high=9),
        ),
        when="digits",
    ),
    ActionSpec(
        "data.remove_digit",
        "Remove a drawn digit",
        "Take one image away from the drawn digits.",
        (Param("index", "int", "which image, from 0", low=0),),
        when="digits",
    ),
)

_MODEL = (
    ActionSpec(
        "model.choose", "Choose a model", "Take another model; a new run is made ready.",
        (Param("name", "str", _NAME),), "Model",
    ),
    ActionSpec(
        "model.open_file", "Open a model of your own …",
        "Run a Python file with one model class and choose the model; it is read again whenever it is saved.",
        (
            Param("path", "path", "a .py file"),
            Param("trust", "bool", "the file's code may run", False),
        ), "Model",
    ),
    ActionSpec(
        "model.new_file", "New model of your own …",
        "Write a small model to a file, to be changed in any editor, and open it.",
        (Param("path", "path", "a .py file that does not exist yet"),), "Model",
    ),
    ActionSpec(
        "mixture.add", "Add a saved run to the mixture …",
        "Mix a trained run with others: the mixture becomes the model, and the data say how much each run counts.",
        (Param("path", "path", "a .genplay file with a trained run"),), "Model",
    ),
    ActionSpec(
        "mixture.remove", "Take a run out of the mixture", "The other runs stay.",
        (Param("index", "int", "which run, from 0", low=0),), "Model", when="mixture",
    ),
    ActionSpec(
        "mixture.weigh", "Set the weight of a run", "How much a run of the mixture counts, beside the weights of the others.",
        (
            Param("index", "int", "which run, from 0", low=0),
            Param("weight", "float", "any scale: weights are divided by their sum", low=0.0, high=1e6),
        ), "Model", when="mixture",
    ),
    ActionSpec(
        "model.objective", "Choose the objective", "Take another way of training; a new run is made ready.",
        (Param("name", "str", "one of the model's objectives"),), "Model",
    ),
    ActionSpec(
        "model.set", "Set a model knob",
        "Change a knob of the model: it applies now, or waits for a restart, as the knob says.", _KNOB,
    ),
    ActionSpec(
        "recipe.set", "Set a training knob", "Change the optimiser, learning rate, batch size and so on.", _KNOB
    ),
    ActionSpec(
        "model.move_component", "Move a component",
        "Put the mean of one of the model's Gaussians somewhere else; training goes on from there.",
        (
            Param("index", "int", "which component, from 0", low=0),
            Param("x", "float", "where to, across", low=-1e6, high=1e6),
            Param("y", "float", "where to, up", low=-1e6, high=1e6),
        ),
    ),
    ActionSpec(
        "model.defaults", "Default knobs", "Set all knobs of the model and its recipe to their defaults.",
        (), "Model",
    ),
)  # fmt: skip

_TRAIN = (
    ActionSpec("train.toggle", "Train or pause", "Start training, or pause it.", (), "Train", "Space"),
    ActionSpec("train.start", "Train", "Start training, or go on.", (), "Train"),
    ActionSpec("train.pause", "Pause", "Pause training; views refine themselves.", (), "Train"),
    ActionSpec(
        "train.step", "Step", "Make some training steps and pause.",
        (Param("n", "int", "how many steps", 1, low=1, high=1_000_000),), "Train", "Right",
    ),
    ActionSpec(
        "train.substep", "Sub-step", "Make one phase of a step, for example E or M.", (), "Train", "Shift+Right"
    ),
    ActionSpec(
        "train.reset", "Rewind", "Go back to the same start: same seed, same initial parameters.", (), "Train", "Home"
    ),
    ActionSpec(
        "train.restart", "Restart with the new knobs", "Build the model again with the knobs that were waiting.",
        (), "Train", "Ctrl+R",
    ),
    ActionSpec(
        "train.new_seed", "New seed", "Start from other initial parameters.",
        (Param("seed", "int", "the seed; left out, the next one", None, low=0, high=2**31 - 1),), "Train",
    ),
    ActionSpec(
        "train.speed", "Speed", "At most so many steps a second; 0 for full speed.",
        (Param("steps_per_second", "float", "steps a second, 0 for full speed", low=0.0, high=1e6),), "",
    ),
)  # fmt: skip

_LATENT = (
    ActionSpec(
        "latent.set", "Move a latent slider", "Set one dimension of the latent code; its decode is drawn live.",
        (
            Param("index", "int", "which dimension, from 0", low=0),
            Param("value", "float", "its value", low=-100.0, high=100.0),
        ),
        when="latent",
    ),
    ActionSpec(
        "latent.encode", "Encode", "Move the sliders to the code of a point or an image.",
        (
            Param("point", "points", "one [x, y]", None),
            Param("pixels", "pixels", _PIXELS, None),
        ),
        when="latent",
    ),
    ActionSpec(
        "latent.anchor", "Set an anchor", "Choose one end of the interpolation: a sample, a point or an image.",
        (
            Param("slot", "choice", "which end", choices=("a", "b")),
            Param("sample", "int", "which sample of the gallery, from 0", None, low=0),
            Param("point", "points", "one [x, y]", None),
            Param("pixels", "pixels", _PIXELS, None),
        ),
        when="latent",
    ),
    ActionSpec(
        "latent.interpolate", "Interpolate", "Walk from anchor a to anchor b through the latent space.",
        (
            Param("steps", "int", "how many points on the path", 9, low=2, high=200),
            Param("kind", "choice", "a straight line, or along the sphere", "linear", ("linear", "spherical")),
        ),
        "Latent", when="anchors",
    ),
    ActionSpec(
        "latent.position", "Place on the path", "Move along the interpolation.",
        (Param("t", "float", "0 at anchor a, 1 at anchor b", low=0.0, high=1.0),), when="anchors",
    ),
)  # fmt: skip

_INSIDE = (
    ActionSpec(
        "inside.about", "Look inside at a point",
        "Choose the point, image or sample that the panel Inside is about; left out, the first training point.",
        (
            Param("point", "points", "one [x, y]", None),
            Param("pixels", "pixels", _PIXELS, None),
            Param("sample", "int", "which sample of the gallery, from 0", None, low=0),
        ),
    ),
)  # fmt: skip

_GALLERY = (
    ActionSpec(
        "gallery.label", "Samples of one class", "Show samples of one class, or of all, made from the same noise.",
        (Param("label", "value", "all, or a class by its name or its number from 0"),), "Sample", when="labels",
    ),
)  # fmt: skip

_SAMPLE = (
    ActionSpec(
        "sampler.choose", "Choose a sampler", "Take another way of drawing samples.", (Param("name", "str", _NAME),), "Sample",
    ),
    ActionSpec(
        "sampler.target", "Choose what is sampled", "Sample from the model as it is now, or from the true law of the data.",
        (Param("name", "choice", "what is sampled", choices=("model", "truth")),), "Sample",
    ),
    ActionSpec("sampler.set", "Set a sampler's knob", "Change a knob of the sampler.", _KNOB),
    ActionSpec(
        "sampler.speed", "Speed of sampling", "So many events a second, told one by one; 0 for full speed.",
        (Param("events_per_second", "float", "events a second, 0 for full speed", low=0.0, high=1000.0),),
    ),
    ActionSpec(
        "sampler.chain", "Watch a chain", "Tell the events of this chain, and show the way it came.",
        (Param("chain", "int", "which chain, from 1", low=1, high=100_000),), "Sample",
    ),
    ActionSpec(
        "sampler.toggle", "Sample or pause", "Start sampling, or pause it.", (), "Sample", "Ctrl+Space"
    ),
    ActionSpec("sampler.start", "Sample", "Let the chains run, or go on.", (), "Sample"),
    ActionSpec("sampler.pause", "Pause sampling", "Let the chains rest.", (), "Sample"),
    ActionSpec(
        "sampler.step", "Next event", "Tell the next event of the sampler: a proposal, an answer, a flipped pixel.",
        (Param("n", "int", "how many events", 1, low=1, high=100_000),), "Sample", "Ctrl+Right",
    ),
    ActionSpec(
        "sampler.reset", "Begin sampling again", "The same starts and the same chance, on the model as it is now.", (), "Sample",
    ),
)  # fmt: skip

_CONDITION = "the condition; left out, the first that is seen"
_HEALTH = (
    ActionSpec(
        "health.show", "Show me how this happens",
        "Open the experiment that brings a condition of training about, and let it run; undo brings yours back.",
        (Param("condition", "choice", "the condition", choices=tuple(CONDITIONS)),), "Train",
    ),
    ActionSpec(
        "health.fix", "Fix what is wrong", "Change the knobs of the run so that a condition that is seen goes away.",
        (Param("condition", "choice", _CONDITION, None, tuple(CONDITIONS)),), "Train",
    ),
    ActionSpec(
        "health.dismiss", "Leave it as it is", "Let a condition that is seen be quiet until it has gone away; left out, all.",
        (Param("condition", "choice", "the condition; left out, all that are seen", None, tuple(CONDITIONS)),),
    ),
)  # fmt: skip

_VIEW = (
    ActionSpec(
        "stage.layer", "Switch a layer", "Show or hide one layer of the stage.",
        (
            Param("name", "choice", "the layer", choices=LAYERS),
            Param("on", "bool", "shown; left out, the other way", None),
        ),
    ),
    ActionSpec("stage.home", "Whole view", "Show the whole box of the data.", (), "View", "H"),
    ActionSpec(
        "stage.box", "Show a part of the plane", "Show a box of the plane.",
        tuple(Param(name, "float", f"the border {name}", low=-1e4, high=1e4) for name in ("x0", "x1", "y0", "y1")),
        when="plane",
    ),
    ActionSpec(
        "stage.resolution", "Resolution of the fields", "Cells a side of the density while training.",
        (Param("n", "int", "cells a side", low=RESOLUTIONS[0], high=RESOLUTIONS[1]),),
    ),
    ActionSpec(
        "stage.time", "Moment between noise and data",
        "Show paths, velocities, warped grid and noised data at a moment on the way.",
        (Param("t", "float", "0 is noise, 1 is data", low=0.0, high=1.0),),
    ),
    ActionSpec(
        "window.theme", "Theme", "Light or dark; left out, the other one.",
        (Param("name", "choice", "the theme", None, ("light", "dark")),), "View", "Ctrl+T",
    ),
    ActionSpec(
        "window.scale", "Text size", "The size of all text and controls.",
        (Param("factor", "float", "1 is normal", 1.0, low=0.75, high=2.5),), "View",
    ),
    ActionSpec(
        "window.screenshot", "Save a picture of the window …", "Write the window as a PNG.",
        (Param("path", "path", "a .png file"),), "View", "Ctrl+Shift+P",
    ),
    ActionSpec(
        "window.panel", "Show a panel", "Show or hide one panel.",
        (
            Param("name", "str", "the panel"),
            Param("shown", "bool", "shown; left out, the other way", None),
        ),
    ),
    ActionSpec("window.palette", "Command palette", "Find any action by typing.", (), "View", "Ctrl+K"),
    ActionSpec(
        "window.size", "Window size", "Set the size of the window in pixels.",
        (
            Param("width", "int", "pixels", low=640, high=8192),
            Param("height", "int", "pixels", low=400, high=8192),
        ),
    ),
    ActionSpec(
        "window.focus", "Go to a panel", "Give one panel the keyboard.", (Param("name", "str", "the panel"),), "View", "Ctrl+G"
    ),
    ActionSpec("help.shortcuts", "Keyboard shortcuts", "Show every shortcut.", (), "Help", "F1"),
    ActionSpec("help.about", "About genplay", "Versions, licence and where files lie.", (), "Help"),
)  # fmt: skip

ALL: tuple[ActionSpec, ...] = (
    *_FILE, *_EDIT, *_DATA, *_MODEL, *_TRAIN, *_LATENT, *_INSIDE, *TABLE, *_GALLERY, *_SAMPLE, *WORLD, *_ESTIMATORS,
    *_EVALUATE, *_HEALTH, *_VIEW,
)  # fmt: skip
