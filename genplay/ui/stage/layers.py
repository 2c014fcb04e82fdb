"""The layers of the stage as data: their words, colours, and why one is missing; and the sentence made from them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from genplay.datasets.base import Data
from genplay.models.card import Card
from genplay.spaces import World

__all__ = ["FIELDS", "MOMENTS", "Glyph", "Word", "background", "missing", "race_sentence", "sentence"]

FIELDS = ("error", "discriminator", "energy", "posterior", "density", "truth")
"""The layers that fill the whole plane with colour; of those switched on, the first one here is seen."""

Glyph = str
"""How a switch shows its layer: ``points``, ``lines``, ``field`` or ``arrows``."""


@dataclass(frozen=True, slots=True)
class Word:
    """A switch in the sentence: the layer, its word, the token of its colour, its picture, and what it does."""

    layer: str
    text: str
    token: str
    glyph: Glyph
    help: str


_WORDS = {
    "data": Word("data", "data", "data", "points", "The training points. Colour and shape tell the class."),
    "samples": Word(
        "samples", "samples", "model", "points",
        "What the model draws, always from the same noise: each point can be followed. Click one to mark it.",
    ),
    "density": Word("density", "density", "model", "field", "The density that the model has learned, p(x)."),
    "contours": Word(
        "contours", "contours", "model", "lines",
        "Borders of the smallest regions that hold 50, 90 and 99 % of the model's probability.",
    ),
    "truth": Word(
        "truth", "true density", "truth", "field",
        "The density that the data were drawn from. Over another field it is drawn as dashed contours.",
    ),
    "error": Word(
        "error", "signed error", "error_positive", "field",
        "Learned minus true density: red where the model has too much, violet where it has too little.",
    ),
    "energy": Word(
        "energy", "energy", "model", "field", "E(x), with p(x) ∝ exp(−E(x)): valleys are where points are likely."
    ),
    "discriminator": Word(
        "discriminator", "discriminator", "model", "field",
        "D(x), the probability by which the discriminator takes a point for a real one; one half everywhere is the end.",
    ),
    "score": Word(
        "score", "score arrows", "model", "arrows",
        "∇ log p(x): the direction in which points become more likely.",
    ),
    "posterior": Word(
        "posterior", "decision regions", "model", "field",
        "For each place the class that the model takes it for, the paler the less sure it is.",
    ),
    "components": Word(
        "components", "ellipses", "text", "lines",
        "The model's Gaussians, one and two standard deviations wide. Drag a mean to put it elsewhere.",
    ),
    "paths": Word(
        "paths", "paths", "model", "curve",
        "How some samples come about, from noise to data, always from the same noise. Scrub below the picture.",
    ),
    "velocity": Word(
        "velocity", "velocity arrows", "model", "arrows",
        "dx/dt, where the flow carries a point at this moment between noise and data. Scrub below the picture.",
    ),
    "warp": Word(
        "warp", "warped grid", "text", "lines",
        "A regular grid as the layers bend it on the way from data to noise. Scrub below the picture.",
    ),
    "noised": Word(
        "noised", "noised data", "data", "points",
        "The training points as the forward process turns them to noise. Scrub below the picture.",
    ),
}  # fmt: skip

NEEDS = {
    "energy": "energy", "score": "score", "discriminator": "discriminator", "posterior": "posterior",
    "paths": "trajectory", "velocity": "velocity", "warp": "layers", "noised": "forward",
    "components": "components",
}  # fmt: skip
"""The ability that a model must have for a layer."""

MOMENTS = ("paths", "velocity", "warp", "noised")
"""The layers that are seen at one moment between noise and data."""

_CANNOT_DRAW = "{} has no density and draws no samples: it knows only which class a point belongs to."

_DIGIT_WORDS = {
    "samples": Word(
        "samples", "samples", "model", "points",
        "Images that the model draws, always from the same noise: each one can be followed.",
    ),
    "density": Word(
        "density", "most probable images", "model", "field",
        "The images with the greatest probability among all 2²⁵ = 33,554,432.",
    ),
    "data": Word("data", "data", "data", "points", "Training images."),
    "paths": Word(
        "paths", "on their way", "model", "curve", "How the samples come about, from noise to data. Scrub below."
    ),
    "noised": Word(
        "noised", "noised", "data", "curve", "The training images as the forward process turns them to noise. Scrub below."
    ),
}  # fmt: skip


def background(layers: Iterable[str]) -> str | None:
    """The layer whose colours fill the plane, if one is switched on."""
    shown = set(layers)
    return next((name for name in FIELDS if name in shown), None)


def missing(card: Card, world: World, data: Data) -> dict[str, str]:
    """The layers that this model or these data cannot have, each with the reason."""
    has = set(card.capabilities_in(world))
    out: dict[str, str] = {layer: need for layer, need in NEEDS.items() if need not in has}
    if "sample" not in has:
        out["samples"] = "sample"
    if world == "digits":
        return {**out, "velocity": "velocity", "warp": "layers", "components": "components"}
    if world not in card.density:
        out["density"] = out["contours"] = "density"
    if data.law is None:
        out["truth"] = out["error"] = "truth"
    elif "density" in out:
        out["error"] = "density"
    return out


def sentence(card: Card, world: World, data: Data, shown_points: int) -> list[str | Word]:
    """The legend: text, and words that are switches."""
    absent = missing(card, world, data)
    if world == "digits":
        w = _DIGIT_WORDS
        if "samples" in absent:
            return ["The", w["data"], f"({len(data.x_train):,} images).", _CANNOT_DRAW.format(card.title)]
        text: list[str | Word] = ["The model's", w["samples"]]
        text += ["" if "paths" in absent else w["paths"], "beside its", w["density"], "and the", w["data"]]
        text += ["" if "noised" in absent else w["noised"], f"({len(data.x_train):,} images)."]
        return [part for part in text if part]
    n = len(data.x_train)
    counted = f"{n:,} points" if n <= shown_points else f"{shown_points:,} of {n:,} points"
    parts: list[str | Word] = ["The", _WORDS["data"], f"({counted}) and the model's", _WORDS["samples"]]
    if "samples" in absent:
        parts = ["The", _WORDS["data"], f"({counted})"]
    fields = [
        _WORDS[name] for name in ("density", "energy", "discriminator", "posterior") if name not in absent
    ]
    if fields:
        parts += ["over its", *_listed(fields, "or")]
    extras = [_WORDS[name] for name in ("contours", "score", "components", *MOMENTS) if name not in absent]
    if extras:
        parts += ["with", *_listed(extras, "and")]
    parts[-1:] = _stopped(parts[-1])
    if "truth" not in absent:
        parts += ["Compare the", _WORDS["truth"]]
        if "error" not in absent:
            parts += ["and the", _WORDS["error"]]
        parts[-1:] = _stopped(parts[-1])
    lacking = [name for name in ("density", "energy", "discriminator", "score") if absent.get(name) == name]
    if "samples" in absent:
        parts.append(_CANNOT_DRAW.format(card.title))
    elif "density" in lacking:
        parts.append(f"{card.title} has no density.")
    if "truth" in absent:
        parts.append("These data are a bare sample: nobody knows their true density.")
    return parts


def race_sentence(cards: Iterable[Card], world: World, data: Data) -> list[str | Word]:
    """The legend of the lanes of a race: what at least one of their models has."""
    absents = [set(missing(card, world, data)) for card in cards]
    absent = set.intersection(*absents) if absents else set()
    if world == "digits":
        best = replace(
            _DIGIT_WORDS["density"],
            text="most probable",
            help="The most probable of these samples, each image once.",
        )
        return [
            "Lanes show each model's",
            _DIGIT_WORDS["samples"],
            *(() if "density" in absent else ("and the", best, "of them")),
            ".",
        ]
    parts: list[str | Word] = ["Lanes show", _WORDS["data"]]
    parts += [] if "samples" in absent else ["and", _WORDS["samples"]]
    fields = [
        _WORDS[name] for name in ("density", "energy", "discriminator", "posterior") if name not in absent
    ]
    parts += ["over", *_listed(fields, "or")] if fields else []
    parts += [] if "contours" in absent else ["with", _WORDS["contours"]]
    against = [_WORDS[name] for name in ("truth", "error") if name not in absent]
    parts += ["and the", *_listed(against, "or")] if against else []
    return [*parts, "."]


def _listed(words: list[Word], conjunction: str) -> list[str | Word]:
    out: list[str | Word] = []
    for i, word in enumerate(words):
        if i:
            out.append(conjunction if i == len(words) - 1 else ",")
        out.append(word)
    return out


def _stopped(last: str | Word) -> list[str | Word]:
    return [last + "."] if isinstance(last, str) else [last, "."]
