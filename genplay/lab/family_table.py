"""The comparison of families: one row a model, what its card says of it and what was measured of its last run here."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from genplay.models.card import Card
from genplay.models.registry import cards
from genplay.quantity import Quantity, bound, estimate
from genplay.spaces import World

if TYPE_CHECKING:
    from genplay.models.base import Model
    from genplay.training.snapshot import Snapshot

__all__ = ["COLUMNS", "Cell", "Column", "Measured", "Measures", "Row", "card_cells", "pace_of", "rows"]

NONE = "–"
SAMPLES = 64
"""So many samples are timed."""


@dataclass(frozen=True)
class Column:
    """One column: its name, what it tells, and whether it is measured instead of read from the card."""

    id: str
    title: str
    help: str
    measured: bool = False


COLUMNS = (
    Column(
        "density", "Density", "Whether log p(x) can be had, and what it is: exact, a bound or an estimate."
    ),
    Column("sampling", "Sampling", "What a sample costs."),
    Column("trained_by", "Trained by", "What is made small or large in training."),
    Column("latents", "Latents", "Whether there are hidden variables that explain x."),
    Column("architecture", "Architecture", "What it is built of."),
    Column("parameters", "Parameters", "How many numbers are learned.", True),
    Column("steps_per_second", "Steps/s", "Training steps a second of the last run on this machine.", True),
    Column("kl", "KL(p‖q)", "What the model of the last run loses against the truth, in nats.", True),
    Column(
        "per_sample", "Time a sample", f"Seconds a sample, drawing {SAMPLES} at once on this machine.", True
    ),
)

_COSTS = {
    "one pass": "one pass",
    "d passes": "d passes, a dimension at a time",
    "T steps": "T steps of a process",
    "chain": "a Markov chain",
}
_HOW = "Not measured yet: choose this model, train it a little and pause."
_HOW_NOT = {
    "kl": "No KL for this run: the model has no density, or nobody knows the law of the data.",
    "steps_per_second": "Not measured: it was trained for too short a time.",
}


@dataclass(frozen=True)
class Cell:
    """What stands in the table, and what its tooltip explains. ``value`` is what a column is sorted by."""

    text: str
    tip: str = ""
    value: float | None = None


@dataclass(frozen=True)
class Row:
    """One model; ``cells`` by the id of their column."""

    card: Card
    cells: Mapping[str, Cell]


@dataclass(frozen=True)
class Measured:
    """What was measured of the last run of a model: all but the count of parameters with its kind."""

    step: int = 0
    parameters: int | None = None
    steps_per_second: Quantity | None = None
    kl: Quantity | None = None
    per_sample: Quantity | None = None


def card_cells(card: Card, worlds: tuple[World, ...]) -> dict[str, Cell]:
    """The cells that a card fills, for one world, or for several that may differ."""
    unknown = {world: "bound" if world in card.bounded else "none" for world in card.worlds}
    kinds = {world: card.density.get(world, unknown[world]) for world in worlds if world in card.worlds}
    same = len(set(kinds.values())) == 1
    density = next(iter(kinds.values())) if same else ", ".join(f"{w}: {k}" for w, k in kinds.items())
    can = {ability for world in kinds for ability in card.capabilities_in(world)}
    # A model file of the user's own does not say it in words.
    seen = "a code" if "latent" in can else "a component" if "responsibilities" in can else "none"
    objectives = {o.id: o.title for world in kinds for o in card.objectives_in(world)}
    trained = card.trained_by or ", ".join(objectives.values())
    return {
        "density": Cell(density),
        "sampling": Cell(_COSTS[card.cost] if "sample" in can else "none"),
        "trained_by": Cell(trained, f"Objectives: {', '.join(objectives.values())}."),
        "latents": Cell(card.latents or seen),
        "architecture": Cell(card.architecture or NONE),
    }


def rows(world: World, measured: Mapping[str, Measured]) -> tuple[Row, ...]:
    """The table of one world; ``measured`` by model id."""
    return tuple(
        Row(card, {**card_cells(card, (world,)), **_measured_cells(measured.get(card.id))})
        for card in cards().values()
        if world in card.worlds
    )


def _measured_cells(found: Measured | None) -> dict[str, Cell]:
    if found is None:
        return {column.id: Cell(NONE, _HOW) for column in COLUMNS if column.measured}
    after = f"after {found.step:,} steps"
    count = found.parameters
    out = {
        "parameters": Cell(f"= {count:,}", "exact: counted", float(count))
        if count is not None
        else Cell(NONE, _HOW)
    }
    for name in ("steps_per_second", "kl", "per_sample"):
        quantity: Quantity | None = getattr(found, name)
        if quantity is None:
            out[name] = Cell(NONE, _HOW_NOT.get(name, _HOW))
        else:
            text = _seconds(quantity) if name == "per_sample" else _short(quantity)
            out[name] = Cell(text, f"{quantity.kind}, {after}: {quantity.method}", quantity.value)
    return out


def _short(quantity: Quantity) -> str:
    """The quantity without its unit: the column says it. A pace in whole numbers."""
    if quantity.unit == "steps/s" and math.isfinite(quantity.value):
        return (
            f"{quantity.symbol} {quantity.value:,.0f}"
            if quantity.value >= 10
            else f"{quantity.symbol} {quantity.value:.1f}"
        )
    return str(replace(quantity, unit=""))


def _seconds(quantity: Quantity) -> str:
    """A short time in the unit it is best read in."""
    value = quantity.value
    factor, unit = (1.0, "s") if value >= 1 else (1e3, "ms") if value >= 1e-3 else (1e6, "µs")
    return f"{quantity.symbol} {value * factor:.3g} {unit}"


def pace_of(model: Model, seed: int = 0) -> tuple[int, Quantity]:
    """The number of parameters, and the seconds a sample takes; called in the training thread, of a model in rest."""
    import torch

    noise = model.fresh_noise(SAMPLES, torch.Generator(model.device).manual_seed(seed))
    times = []
    # The first run warms caches up; the best of the others is least disturbed by what else the machine does.
    for _ in range(3):
        began = time.perf_counter()
        model.sample_from(noise)
        times.append((time.perf_counter() - began) / SAMPLES)
        if sum(times) * SAMPLES > 1.0:
            break
    count = sum(p.numel() for p in model.parameters())
    method = f"the best of {len(times)} timings of {SAMPLES} samples"
    return count, estimate(min(times), None, method, unit="s")


@dataclass
class Measures:
    """What was measured in this session, by world and model; a later run of a model takes the place of an earlier one."""

    known: dict[tuple[World, str], Measured] = field(default_factory=dict)
    _runs: dict[tuple[World, str], int] = field(default_factory=dict)

    def of(self, world: World) -> dict[str, Measured]:
        """What is known in a world, by model id."""
        return {model: measured for (w, model), measured in self.known.items() if w == world}

    def see(self, snapshot: Snapshot) -> None:
        """Take from a snapshot what costs nothing: the pace, and the KL that test NLL and entropy give."""
        if snapshot.step == 0:
            return
        old = self._of_run(snapshot)
        pace = old.steps_per_second
        if snapshot.steps_per_second > 0:
            pace = estimate(
                snapshot.steps_per_second, None, "over the last second of training", unit="steps/s"
            )
        # An exact KL holds for the very parameters it was measured on.
        kl = old.kl if old.step == snapshot.step and old.kl is not None else _kl_of(snapshot)
        key = (snapshot.world, snapshot.model)
        self.known[key] = replace(old, step=snapshot.step, steps_per_second=pace, kl=kl or old.kl)

    def put(
        self, snapshot: Snapshot, *, pace: tuple[int, Quantity] | None = None, kl: Quantity | None = None
    ) -> None:
        """Note what was measured of a run, unless another one has begun: what ``pace_of`` gave, and a KL of this very step."""
        key = (snapshot.world, snapshot.model)
        found = self.known.get(key)
        if found is None or self._runs.get(key) != snapshot.run_id:
            return
        if pace is not None:
            found = replace(found, parameters=pace[0], per_sample=pace[1])
        if kl is not None and found.step == snapshot.step:
            found = replace(found, kl=kl)
        self.known[key] = found

    def _of_run(self, snapshot: Snapshot) -> Measured:
        key = (snapshot.world, snapshot.model)
        if self._runs.get(key) != snapshot.run_id:
            self._runs[key] = snapshot.run_id
            return Measured()
        return self.known.get(key, Measured())


def _kl_of(snapshot: Snapshot) -> Quantity | None:
    """KL(p‖q) = E_p[−log q] − H(p), with a mean over the test points for the first."""
    nll, floor = snapshot.nll_test, snapshot.entropy
    if nll is None or floor is None:
        return None
    method = f"test NLL minus the entropy of the data; {nll.method}"
    if nll.kind == "bound":
        return bound(nll.value - floor.value, "upper", method, nll.stderr)
    return estimate(nll.value - floor.value, nll.stderr, method)
