"""The actions on all images of the digit world, as data."""

from __future__ import annotations

from genplay.lab.action_spec import ActionSpec
from genplay.lab.params import Param

__all__ = ["WORLD"]

_IMAGE = "25 numbers 0 or 1, or 5 rows of text with # for ink"
_KNOWN = "25 numbers 0 or 1, or null where nothing is known; or 5 rows of text with # . and ?"
_SEED = Param("seed", "int", "of the chance; left out, another one each time", None, low=0, high=2**31 - 1)


def _minimum(name: str, help: str) -> Param:
    return Param(name, "int", help, low=0)


WORLD = (
    ActionSpec(
        "world.compute", "Look through all images",
        "Visit all 33,554,432 images: log Z, entropy, order, local minima and their basins. Some seconds, beside training.",
        (Param("of", "choice", "the model as it is now, or the true law of the data", "model", ("model", "truth")),),
        "View", when="digits",
    ),
    ActionSpec("world.stop", "Stop looking through all images", "Stop the look through all images.", (), "", when="digits"),
    ActionSpec(
        "world.minimum", "Choose a local minimum", "Look at one local minimum of the energy.",
        (_minimum("index", "which minimum, from 0, the deepest"),), when="census",
    ),
    ActionSpec(
        "world.walk", "Roll downhill",
        "Walk from an image, or from random pixels, by steepest descent to a local minimum.",
        (Param("pixels", "pixels", f"{_IMAGE}; left out, random pixels", None), _SEED), when="census",
    ),
    ActionSpec(
        "world.cross", "Cross to another minimum", "Walk from one local minimum to another over the lowest saddle.",
        (_minimum("start", "from which minimum, from 0"), _minimum("end", "to which minimum, from 0")), when="census",
    ),
    ActionSpec(
        "world.step", "Place on the walk", "Stand at one image of the walk.",
        (Param("index", "int", "which image, from 0", low=0),), when="census",
    ),
    ActionSpec(
        "world.know", "Say which pixels are known", "Fix some pixels; the others get their exact probabilities.",
        (Param("pixels", "known", _KNOWN),), when="census",
    ),
    ActionSpec(
        "world.complete", "Complete the known pixels", "Fill in the pixels that are not known.",
        (Param("how", "choice", "the most probable completion, or one drawn at random", "best", ("best", "sample")), _SEED),
        when="census",
    ),
)  # fmt: skip
