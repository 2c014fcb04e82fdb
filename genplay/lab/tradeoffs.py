"""What is bought with what: rate with distortion, quality with steps, time with dimensions. No torch.

A curve of points, each a few quantities at one setting; what a perfect model or sampler would come to is its floor.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from genplay.errors import unknown_name
from genplay.knobs import Knobs, knob
from genplay.quantity import Quantity
from genplay.spaces import WORLDS, World

__all__ = [
    "QUALITIES", "TRADEOFFS", "Curve", "Point", "Tradeoff", "TradeoffId", "TradeoffKnobs", "as_csv", "as_lines", "tradeoff",
    "write_curves",
]  # fmt: skip

TradeoffId = Literal["rate-distortion", "cost", "dimensions"]

QUALITIES = ("sliced_wasserstein", "mmd", "sinkhorn", "precision", "recall", "density", "coverage")
"""Measures that look at samples alone, and so see what fewer steps do to them."""


@dataclass(frozen=True)
class Tradeoff:
    """One kind of curve: the setting that it runs over, and the figures that each point has."""

    id: TradeoffId
    title: str
    summary: str
    at: str
    at_title: str
    worlds: tuple[World, ...] = WORLDS


TRADEOFFS = (
    Tradeoff(
        "rate-distortion", "Rate and distortion",
        "A VAE trained at several weights β: what its code costs against what it leaves open. No model comes below R + D = H.",
        "beta", "β",
    ),
    Tradeoff(
        "cost", "Quality and steps",
        "The open model's samples made in fewer or more steps: how good they are, and what each costs.", "steps", "steps",
    ),
    Tradeoff(
        "dimensions", "Time and dimensions",
        "Untrained models like the open one for images of more and more pixels: what a sample costs.", "dimensions", "d",
        ("digits",),
    ),
)  # fmt: skip


def tradeoff(name: str) -> Tradeoff:
    """One by id; raises ``BadInput`` naming the nearest."""
    known: dict[str, Tradeoff] = {t.id: t for t in TRADEOFFS}
    if name not in known:
        raise unknown_name("curve", name, known)
    return known[name]


@dataclass(frozen=True)
class TradeoffKnobs(Knobs):
    """How far a curve goes; the objectives that a knob belongs to are curves here."""

    lowest_beta: float = knob(
        0.1, "The smallest weight β of the code's cost.", low=0.001, high=1.0, log=True, label="lowest β",
        objectives=("rate-distortion",),
    )  # fmt: skip
    highest_beta: float = knob(
        10.0, "The largest weight β.", low=1.0, high=20.0, log=True, label="highest β", objectives=("rate-distortion",)
    )  # fmt: skip
    betas: int = knob(
        5, "How many VAEs are trained, evenly spread in ratios of β.", low=2, high=20, label="VAEs",
        objectives=("rate-distortion",),
    )  # fmt: skip
    training: int = knob(
        1500, "Steps that each of them is trained for.", low=10, high=50_000, log=True, label="training steps",
        objectives=("rate-distortion",),
    )  # fmt: skip
    most_steps: int = knob(
        64, "The curve runs over 2, 4, 8 … up to so many sampling steps.", low=2, high=1024, log=True, objectives=("cost",)
    )  # fmt: skip
    measure: str = knob(
        QUALITIES[0], "The measure of how good the samples are.", choices=QUALITIES, objectives=("cost",)
    )
    seed: int = knob(0, "Another seed, other chance.", low=0, high=2**31 - 1)

    def beta_values(self) -> tuple[float, ...]:
        """The weights β, smallest first, to three digits."""
        ratio = (self.highest_beta / self.lowest_beta) ** (1 / (self.betas - 1))
        return tuple(float(f"{self.lowest_beta * ratio**i:.3g}") for i in range(self.betas))


@dataclass(frozen=True)
class Point:
    """Figures at one setting."""

    at: float
    figures: Mapping[str, Quantity]


@dataclass(frozen=True)
class Curve:
    """The points of one run, in the order of the setting.

    ``floor`` is what a perfect model (the entropy of the data) or a perfect sampler comes to, None where nobody knows;
    ``own`` the point of the run itself, where it has one; ``knob`` what was turned, in words.
    """

    id: TradeoffId
    run: str
    model: str
    data: str
    step: int
    points: tuple[Point, ...]
    floor: Quantity | None = None
    own: Point | None = None
    knob: str = ""
    measure: str = ""

    @property
    def tradeoff(self) -> Tradeoff:
        return tradeoff(self.id)

    @property
    def names(self) -> tuple[str, ...]:
        """The figures that its points have."""
        return tuple(self.points[0].figures) if self.points else ()

    def to_json(self) -> dict[str, object]:
        """What ``curve --json`` prints of a run."""
        at = self.tradeoff.at
        out: dict[str, object] = {
            "run": self.run,
            "model": self.model,
            "data": self.data,
            "step": self.step,
            "points": [_point_json(at, point) for point in self.points],
            "floor": self.floor.to_json() if self.floor is not None else None,
        }
        if self.measure:
            out["measure"] = self.measure
        if self.knob:
            out["knob"] = self.knob
        if self.id == "rate-distortion":
            out["own"] = _point_json(at, self.own) if self.own is not None else None
        return out


def _point_json(at: str, point: Point) -> dict[str, object]:
    return {at: point.at, **{name: q.to_json() for name, q in point.figures.items()}}


_FLOORS = {
    "rate-distortion": "the entropy of the data, below which R + D cannot fall",
    "cost": "two sets of true draws",
    "dimensions": "",
}


def as_lines(curve: Curve) -> list[str]:
    """A curve as text: a line a point."""
    said = [f"{curve.run}: {curve.model} on {curve.data}, {curve.step:,} steps"]
    if curve.knob:
        said[0] += f"; the knob turned is {curve.knob}"
    rows = [[f"{p.at:g}", *(str(q) for q in p.figures.values())] for p in curve.points]
    if curve.own is not None:
        rows.append([f"{curve.own.at:g} (the run)", *(str(q) for q in curve.own.figures.values())])
    rows.insert(0, [curve.tradeoff.at_title, *(name.replace("_", " ") for name in curve.names)])
    widths = [max(len(row[j]) for row in rows) for j in range(len(rows[0]))]
    said += ["  " + "  ".join(f"{c:<{w}}" for c, w in zip(row, widths, strict=True)).rstrip() for row in rows]
    if curve.floor is not None:
        said.append(f"  {_FLOORS[curve.id]}: {curve.floor}  ({curve.floor.method})")
    return said


def as_csv(curves: Sequence[Curve]) -> str:
    """One line a point; for each figure its value, kind, standard error and method in columns of their own."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    first = curves[0]
    parts = [f"{name}{part}" for name in first.names for part in ("", "_kind", "_stderr", "_method")]
    writer.writerow(["run", "model", "data", "step", first.tradeoff.at, "what", *parts])
    for curve in curves:
        points = [("curve", p) for p in curve.points]
        points += [("run", curve.own)] if curve.own is not None else []
        for what, point in points:
            cells: list[object] = [curve.run, curve.model, curve.data, curve.step, f"{point.at:g}", what]
            for name in first.names:
                cells += _cells(point.figures[name])
            writer.writerow(cells)
        if curve.floor is not None:
            lone = {"rate-distortion": "negative_elbo", "cost": "quality"}[curve.id]
            cells = [curve.run, curve.model, curve.data, curve.step, "", "floor"]
            for name in first.names:
                cells += _cells(curve.floor) if name == lone else [""] * 4
            writer.writerow(cells)
    return out.getvalue()


def _cells(q: Quantity) -> list[object]:
    kind = f"{q.kind} ({q.direction})" if q.direction else q.kind
    return [repr(q.value), kind, "" if q.stderr is None else repr(q.stderr), q.method]


def write_curves(curves: Sequence[Curve], path: Path) -> Path:
    """Write curves of one kind as CSV, atomically; raises ``BadInput`` for another suffix."""
    from genplay.lab.archive import write_atomically
    from genplay.lab.sample_files import checked_output

    checked_output(path, (".csv",))
    write_atomically(path, as_csv(curves).encode("utf-8"))
    return path
