"""The actions on the model, its training and its health, as data."""

from __future__ import annotations

from genplay.lab.action_spec import ActionSpec
from genplay.lab.params import Param
from genplay.training.health.conditions import CONDITIONS

__all__ = ["HEALTH", "MODEL", "TRAIN"]

_NAME = "the id, as `genplay list` shows it"
_KNOB = (Param("name", "str", "the knob's name"), Param("value", "value", "its new value"))

MODEL = (
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

TRAIN = (
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

_CONDITION = "the condition; left out, the first that is seen"

HEALTH = (
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
