"""The actions on the stage and the window, as data."""

from __future__ import annotations

from genplay.lab.action_spec import ActionSpec
from genplay.lab.params import Param
from genplay.lab.state import LAYERS, RESOLUTIONS

__all__ = ["VIEW"]

VIEW = (
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
        "window.focus", "Go to a panel", "Give one panel the keyboard.", (Param("name", "str", "the panel"),)
    ),
    ActionSpec("help.shortcuts", "Keyboard shortcuts", "Show every shortcut.", (), "Help", "F1"),
    ActionSpec("help.about", "About genplay", "Versions, licence and where files lie.", (), "Help"),
)  # fmt: skip
