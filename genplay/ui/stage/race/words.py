"""What a lane of a race says about itself, in short words and figures that carry their kind."""

from __future__ import annotations

from dataclasses import replace

from genplay.quantity import Kind, Quantity
from genplay.training.snapshot import Snapshot

__all__ = [
    "MOST",
    "gap_text",
    "here",
    "hue",
    "lacking",
    "nll_text",
    "place_text",
    "progress",
    "short",
    "state_text",
]

MOST = 4
"""A race has at most so many lanes."""

_HUES = (3, 4, 1, 2)
"""Classes' hues for the lanes: not the first one, which the data have, nor the blues of the models' samples."""

_LACKING = {
    "density": "density", "error": "density", "energy": "energy", "discriminator": "discriminator",
    "posterior": "classes",
}  # fmt: skip

_ORDINALS = {2: "2nd", 3: "3rd", 4: "4th"}


def hue(slot: int, classes: tuple[str, ...]) -> str:
    """The colour of a lane, on its card and of its curve."""
    return classes[_HUES[slot % len(_HUES)] % len(classes)]


def short(quantity: Quantity) -> str:
    """A number with its sign and error, without the unit; a large one without decimals that nobody compares."""
    plain = replace(quantity, unit="")
    if quantity.stderr is None and 10 <= abs(quantity.value) < float("inf"):
        return f"{plain.symbol} {quantity.value:.{2 if abs(quantity.value) < 100 else 0}f}".replace("-", "−")
    return str(plain)


def here(log_p: float | None, kind: Kind | None) -> str:
    """log p at the place that is pointed at."""
    if log_p is None or kind is None:
        return ""
    return "log p " + short(Quantity(log_p, kind, direction="lower" if kind == "bound" else None))


LEVEL_HELP = "Not told apart from another lane: within error, or known by a bound or an estimate only."


def place_text(place: int | None, *, racing: bool, rivals: bool) -> str:
    """The place among the lanes in a word; ``rivals``: this lane and another one have a likelihood."""
    if place == 1:
        return "leads" if racing else "best"
    if place is None:
        return "level" if rivals else ""
    return _ORDINALS.get(place, "")


def nll_text(nll: Quantity | None, has_density: bool) -> str:
    """The test NLL, or why there is none."""
    if nll is not None:
        return f"NLL {short(nll)}"
    return "NLL …" if has_density else "no density, no NLL"


def gap_text(gap: Quantity | None) -> str:
    """How far above the least that is possible."""
    return f"gap {short(gap)}" if gap is not None else ""


def lacking(layer: str) -> str:
    """Why the field in view is not to be seen in a lane, in a few words."""
    return f"has no {_LACKING[layer]}" if layer in _LACKING else ""


def progress(snapshot: Snapshot | None) -> tuple[str, str, str]:
    """Step, seconds of training, and steps a second or that there is nothing more to do."""
    if snapshot is None:
        return "step 0", "0.0 s", ""
    steps = f"step {snapshot.step:,}".replace(",", "\u202f")
    rate = snapshot.steps_per_second
    fast = f"{rate:,.0f} steps/s".replace(",", "\u202f") if rate >= 10 else f"{rate:.1f} steps/s"
    if snapshot.state == "finished":
        return steps, f"{snapshot.seconds:.1f} s", "finished"
    return steps, f"{snapshot.seconds:.1f} s", fast if rate > 0 else ""


def state_text(snapshot: Snapshot | None) -> str:
    """What keeps a lane from training, if something does."""
    if snapshot is None or snapshot.state == "building":
        return "being made ready …"
    return (snapshot.message or "stopped by a problem") if snapshot.state == "failed" else ""
