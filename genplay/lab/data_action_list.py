"""The actions on files, the undo list and the data, as data."""

from __future__ import annotations

from genplay.lab.action_spec import ActionSpec
from genplay.lab.params import Param
from genplay.spaces import WORLDS

__all__ = ["DATA", "EDIT", "FILE"]

_NAME = "the id, as `genplay list` shows it"
_POINTS = "a list of [x, y]"
_PIXELS = "25 numbers 0 or 1, or 5 rows of text with # for ink"
_KNOB = (Param("name", "str", "the knob's name"), Param("value", "value", "its new value"))
_LABEL = Param("label", "int", "the class the new points belong to", 0, low=0, high=9)

FILE = (
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

EDIT = (
    ActionSpec("edit.undo", "Undo", "Take back the last change.", (), "Edit", "Ctrl+Z", "undo"),
    ActionSpec("edit.redo", "Redo", "Do again what was taken back.", (), "Edit", "Ctrl+Shift+Z", "redo"),
)

DATA = (
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
