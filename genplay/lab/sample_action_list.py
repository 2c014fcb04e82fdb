"""The actions on latent codes, the inside of a model, the gallery and the samplers, as data."""

from __future__ import annotations

from genplay.lab.action_spec import ActionSpec
from genplay.lab.params import Param

__all__ = ["GALLERY", "INSIDE", "LATENT", "SAMPLE"]

_NAME = "the id, as `genplay list` shows it"
_PIXELS = "25 numbers 0 or 1, or 5 rows of text with # for ink"
_KNOB = (Param("name", "str", "the knob's name"), Param("value", "value", "its new value"))

LATENT = (
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

INSIDE = (
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

GALLERY = (
    ActionSpec(
        "gallery.label", "Samples of one class", "Show samples of one class, or of all, made from the same noise.",
        (Param("label", "value", "all, or a class by its name or its number from 0"),), "Sample", when="labels",
    ),
)  # fmt: skip

SAMPLE = (
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
