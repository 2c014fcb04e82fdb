"""How a field becomes colours: which numbers, between which ends, with which caption."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from genplay.quantity import Kind
from genplay.training.snapshot import Field
from genplay.ui.paint.heat import ENTRIES, Scale, Table, table
from genplay.ui.stage.colour_bar import Caption, number
from genplay.ui.tokens import Tokens

__all__ = [
    "Picture", "density_picture", "energy_span", "error_picture", "field_picture", "picture_of", "posterior_picture", "round_up", "top_of"
]  # fmt: skip

Values = NDArray[np.floating]

KINDS: dict[Kind, str] = {"exact": "exact (=)", "bound": "a lower bound (≥)", "estimate": "an estimate (≈)"}


@dataclass(frozen=True)
class Picture:
    """Values ready for colours."""

    values: Values
    colours: Table
    low: float
    high: float
    scale: Scale
    caption: Caption


def round_up(value: float) -> float:
    """The next of 1, 1.5, 2, 3, 4, 6, 8 times a power of ten: a scale that stays put while its data wobble."""
    if not (np.isfinite(value) and value > 0):
        return 1.0
    power = 10.0 ** np.floor(np.log10(value))
    return float(next(power * m for m in (1, 1.5, 2, 3, 4, 6, 8, 10) if power * m >= value * (1 - 1e-9)))


def top_of(density: Values) -> float:
    """The end of the scale for a density: nearly its largest value, so that one spike does not darken all else."""
    finite = density[np.isfinite(density)]
    return round_up(float(np.quantile(finite, 0.999))) if finite.size else 1.0


def picture_of(
    shown: str,
    field: Field,
    tokens: Tokens,
    names: tuple[str, ...] = (),
    true: Values | None = None,
    top: float | None = None,
) -> Picture | None:
    """The layer ``shown`` from the field it needs; None where it cannot be drawn.

    ``names`` are those of the classes, ``true`` is p(x) on the same grid, ``top`` the end of the density's scale.
    """
    if shown == "posterior":
        return posterior_picture(field.values, names, field.kind, field.method, tokens)
    if shown in ("energy", "discriminator"):
        return field_picture(shown, field.values, field.kind, field.method, tokens)
    with np.errstate(over="ignore"):
        q = np.exp(field.values)
    top = top if top is not None else top_of(q)
    if shown == "density":
        return density_picture("density", q, top, field.kind, field.method, tokens)
    if true is None or true.shape != q.shape:
        return None
    error = np.clip(q, 0.0, 1e30) - np.clip(true, 0.0, 1e30)
    return error_picture(error, round_up(top / 2), field.kind, field.method, tokens)


def density_picture(
    name: str, density: Values, top: float, kind: Kind, method: str, tokens: Tokens
) -> Picture:
    """p(x) ≥ 0 on a root scale: colour goes with √p, so that the foot of the hill is seen as well as its top."""
    title = "true density" if name == "truth" else "learned density"
    ticks = tuple((place, number(top * place**2)) for place in (0.0, 0.5, 1.0))
    caption = Caption(
        title, KINDS[kind], table(tokens.heat[name]), ticks, "per unit²",
        f"{title}: {method}. Colours follow the square root of the density; the strongest stands for "
        f"{number(top)} and more.",
    )  # fmt: skip
    return Picture(density, caption.colours, 0.0, top, "root", caption)


def error_picture(error: Values, top: float, kind: Kind, method: str, tokens: Tokens) -> Picture:
    """q(x) − p(x), symmetric about 0, on a signed root scale."""
    signed = np.sign(error) * np.sqrt(np.abs(error))
    end = float(np.sqrt(top))
    ticks = tuple(
        ((place + 1) / 2, number(float(np.sign(place)) * top * place**2))
        for place in (-1.0, -0.5, 0.0, 0.5, 1.0)
    )
    caption = Caption(
        "signed error, learned − true", KINDS[kind], table(tokens.heat["error"], diverging=True), ticks,
        "per unit²",
        f"Learned minus true density: red where the model has too much, violet where too little. Learned: {method}; "
        "true: the law of the data.",
    )  # fmt: skip
    return Picture(signed, caption.colours, -end, end, "linear", caption)


def energy_span(values: Values) -> float:
    """How far above its lowest value the scale of an energy reaches: most of the plane has a colour of its own."""
    finite = values[np.isfinite(values)]
    if not finite.size:
        return 1.0
    return round_up(max(float(np.quantile(finite, 0.6)) - float(finite.min()), 1e-3))


def field_picture(
    name: str, values: Values, kind: Kind, method: str, tokens: Tokens, span: float | None = None
) -> Picture:
    """The energy, or the discriminator's probability. ``span``: values are energies above their lowest, and end there."""
    if name == "discriminator":
        colours = table(tokens.heat[name], diverging=True)
        caption = Caption(
            "discriminator D(x)", "", colours, ((0.0, "0 made up"), (0.5, "½"), (1.0, "real 1")), "",
            "The probability by which the discriminator takes a point for a real one. One half: it cannot tell.",
        )  # fmt: skip
        return Picture(values, colours, 0.0, 1.0, "linear", caption)
    finite = values[np.isfinite(values)]
    low = float(finite.min()) if finite.size else 0.0
    high = low + (energy_span(values) if span is None else span)
    title = "energy E(x)" if span is None else "energy above its lowest"
    ticks: Sequence[tuple[float, str]] = [(p, number(low + p * (high - low))) for p in (0.0, 0.5, 1.0)]
    caption = Caption(
        title, KINDS[kind], table(tokens.heat[name]), tuple(ticks), "nats",
        f"p(x) ∝ exp(−E(x)): {method}. Everything above {number(high)} has the last colour.",
    )  # fmt: skip
    return Picture(values, caption.colours, low, high, "linear", caption)


_SHADES = 25
"""Steps of certainty for each class; ten classes fill the table."""


def posterior_picture(
    values: Values, names: tuple[str, ...], kind: Kind, method: str, tokens: Tokens
) -> Picture:
    """The likeliest class (the whole part of a value) in its hue, the paler the less probable (the fraction)."""
    paper = tokens.canvas
    tables = [table((paper, tokens.classes[k % len(tokens.classes)])) for k in range(ENTRIES // _SHADES)]
    # A pale hue leaves the points on top of it to be seen.
    shade = np.linspace(0.04, 0.55, _SHADES)
    colours = np.concatenate([shades.take((shade * (ENTRIES - 1)).astype(int)) for shades in tables])
    colours = np.concatenate([colours, np.repeat(colours[-1:], ENTRIES - len(colours))])
    classes = max(len(names), 1)
    # A model that has run away says of some places that no class is likely.
    values = np.where(np.isfinite(values), values, np.nan)
    label = np.floor(values)
    # A class that is no likelier than any other has the palest shade.
    sure = np.clip((values - label - 1 / classes) / max(1 - 1 / classes, 1e-6), 0.0, 1.0)
    entry = (label % (ENTRIES // _SHADES)) * _SHADES + np.rint(sure * (_SHADES - 1))
    used = min(classes, ENTRIES // _SHADES) * _SHADES
    ticks = tuple(
        ((k + 0.5) * _SHADES / used, names[k] if k < len(names) else str(k)) for k in range(used // _SHADES)
    )
    caption = Caption(
        "decision regions", KINDS[kind], colours[:used], ticks, "",
        f"The class with the greatest probability at each place; pale where it is hardly greater than the others. {method}.",
    )  # fmt: skip
    return Picture(entry, colours, 0.0, float(ENTRIES - 1), "linear", caption)
