"""What a sampler's events and figures say, in sentences."""

from __future__ import annotations

import math
from collections.abc import Mapping

from genplay.lab.sampling_session import SamplingView
from genplay.quantity import Quantity
from genplay.sampling.events import (
    Accept,
    Draw,
    Event,
    Flip,
    Leapfrog,
    Level,
    Move,
    Point,
    Propose,
    Reject,
    Weight,
)

__all__ = ["FIGURES", "event_words", "figures", "state_words", "told_words"]

FIGURES: Mapping[str, tuple[str, str]] = {
    "acceptance": ("Accepted", "the share of proposals that were taken"),
    "r_hat": ("R-hat", "1 when all chains agree; above 1.01 they have not mixed yet"),
    "autocorrelation_time": ("Memory", "steps until a chain has forgotten where it was"),
    "ess": ("Effective size", "so many independent draws would be worth as much"),
    "log_z": ("log Z", "by this sampler"),
    "log_z_forward": ("log Z, upwards", "from the mean weight of chains that climb"),
    "log_z_reverse": ("log Z, downwards", "from the mean weight of chains that come down from exact samples"),
    "log_z_lower": ("log Z, at least", "the mean log weight upwards: below log Z on average"),
    "log_z_upper": ("log Z, at most", "the mean log weight downwards: above log Z on average"),
    "roof_broken": ("Roof broken", "proposals above the roof: samples are not exact"),
    "true_log_z": ("log Z, exact", "the sum or integral over the whole space"),
}
"""A short name and one line of help for each figure."""


def _at(x: Point) -> str:
    return f"({x[0]:.2f}, {x[1]:.2f})".replace("-", "−")


def _number(value: float) -> str:
    if not math.isfinite(value):
        return "−∞" if value < 0 else "∞"
    return f"{value:.2f}".replace("-", "−")


def _chance(p: float) -> str:
    return f"{p:.2f}" if p >= 0.01 or p == 0 else f"{p:.3f}" if p >= 0.001 else "below 0.001"


def told_words(view: SamplingView) -> str:
    """The last event with the chain it happened to; '' where none is told."""
    words = event_words(view.event)
    return f"Chain {view.watched + 1}. {words}" if words and len(view.chains) > 1 else words


def event_words(event: Event | None) -> str:
    """One sentence for an event of the watched chain."""
    match event:
        case None:
            return ""
        case Propose(_, at, to, accept) if len(to) > 2:
            flips = sum(a != b for a, b in zip(at, to, strict=True))
            what = (
                "An image is proposed"
                if not flips
                else "A flip is proposed"
                if flips == 1
                else f"{flips} flips are proposed"
            )
            return f"{what}: taken with probability {_chance(accept)}."
        case Propose(_, _, to, accept):
            return f"{_at(to)} is proposed: taken with probability {_chance(accept)}."
        case Accept(_, _):
            return "Accepted: the chain moves there."
        case Reject(_, _):
            return "Rejected: the chain stays where it is."
        case Flip(_, pixel, lit, probability, changed):
            place = f"Row {pixel // 5 + 1}, column {pixel % 5 + 1}"
            end = "lit" if lit else "dark"
            return f"{place}: lit with probability {probability:.2f}; drawn {end}{'' if changed else ', as it was'}."
        case Move(_, at, to) if len(to) > 2:
            return (
                f"The image moves on: {sum(a != b for a, b in zip(at, to, strict=True))} pixels are others."
            )
        case Move(_, at, to):
            return f"Moves from {_at(at)} to {_at(to)}."
        case Leapfrog(_, path, error):
            return f"Rolls over the landscape in {len(path) - 1} leaps; total energy changed by {_number(error)}."
        case Weight(_, _, log_weight):
            return f"Log weight {_number(log_weight)}."
        case Level(index, of, value, name):
            return f"Level {index + 1} of {of}: {name} {value:.3g}."
        case Draw(_, _, pixel, probability) if pixel >= 0:
            place = f"Row {pixel // 5 + 1}, column {pixel % 5 + 1}"
            return f"{place} is drawn: lit with probability {probability:.2f}."
        case Draw(_, _, _, _):
            return "A whole sample is drawn."


def figures(view: SamplingView) -> dict[str, tuple[str, Quantity, str]]:
    """Name, value and help for every figure that is known; what is exact stands last."""
    found = {**view.results, **view.diagnostics}
    if view.log_z is not None and any(name.startswith("log_z") for name in view.results):
        found["true_log_z"] = view.log_z
    return {name: (*_named(name, q),) for name, q in found.items()}


def _named(name: str, quantity: Quantity) -> tuple[str, Quantity, str]:
    title, help = FIGURES.get(name, (name.replace("_", " "), ""))
    return title, quantity, f"{help} ({quantity.method})" if quantity.method else help


def state_words(view: SamplingView) -> str:
    """How it stands: what is sampled, and how far it has come."""
    match view.state:
        case "empty":
            return "Nothing is sampled yet."
        case "preparing":
            return "The target is being made ready."
        case "failed":
            return view.message
        case "ready":
            return f"Ready to sample {view.target}."
    verb = "Sampling" if view.state == "running" else "Paused:"
    return f"{verb} {view.target}, {view.steps:,} steps."
