"""What came of a race that was run without a window: its runs, where they stand, and their curves by steps and by seconds."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from genplay.lab.archive import write_atomically
from genplay.lab.lanes import Lane
from genplay.lab.run import Run
from genplay.lab.standings import Standing
from genplay.quantity import Quantity

__all__ = ["Curve", "RaceResult"]

_POINTS = 500


@dataclass(frozen=True, eq=False)
class Curve:
    """One curve of one lane: value (k,) at each step (k,) and at each second (k,) of the lane's own training."""

    step: NDArray[np.int64]
    seconds: NDArray[np.float64]
    value: NDArray[np.float64]

    def to_json(self) -> dict[str, object]:
        return {"step": self.step.tolist(), "seconds": self.seconds.tolist(), "value": self.value.tolist()}


@dataclass(frozen=True, eq=False)
class RaceResult:
    """One entry a lane in each, in the order of the models. ``messages``: what stopped a lane, '' if nothing did."""

    lanes: tuple[Lane, ...]
    runs: tuple[Run, ...]
    standings: tuple[Standing, ...]
    messages: tuple[str, ...]

    @cached_property
    def curves(self) -> tuple[Mapping[str, Curve], ...]:
        """Test NLL in nats and the losses, by name, at most 500 points each."""
        return tuple(_curves(run) for run in self.runs)

    @cached_property
    def kl(self) -> tuple[Quantity | None, ...]:
        """KL(p‖q) of each run in nats; None where the model has no density or the data no law."""
        return tuple(run.evaluate(["kl"])["kl"] for run in self.runs)

    def rows(self) -> list[dict[str, str]]:
        """The table that ``genplay race`` prints."""
        return [
            {
                "place": str(standing.place or "–"),
                "model": standing.title,
                "steps": f"{standing.step:,}",
                "seconds": f"{standing.seconds:.1f}",
                "steps/s": f"{_speed(standing):.4g}",
                "test NLL": str(standing.nll or "–"),
                "KL": str(kl or "–"),
            }
            for standing, kl in zip(self.standings, self.kl, strict=True)
        ]

    def to_json(self) -> dict[str, object]:
        """What ``genplay race --json`` prints."""
        plan = self.lanes[0].plan
        return {
            "data": plan.data.spec.name,
            "world": plan.world,
            "lanes": [self._lane(k) for k in range(len(self.lanes))],
        }

    def _lane(self, k: int) -> dict[str, object]:
        plan, standing, run, kl = self.lanes[k].plan, self.standings[k], self.runs[k], self.kl[k]
        return {
            "model": plan.card.id,
            "title": standing.title,
            "objective": plan.card.objective(plan.world, plan.objective).id,
            "seed": plan.seed,
            "device": str(run.trainer.device),
            "state": standing.state,
            "message": self.messages[k],
            "steps": standing.step,
            "seconds": round(standing.seconds, 3),
            "steps_per_second": round(_speed(standing), 2),
            "nll_test": standing.nll.to_json() if standing.nll else None,
            "gap": standing.gap.to_json() if standing.gap else None,
            "kl": kl.to_json() if kl else None,
            "place": standing.place,
            "curves": {name: curve.to_json() for name, curve in self.curves[k].items()},
        }

    def write(self, path: str | Path) -> Path:
        """Write the curves as CSV, one line a point; returns the path."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(["lane", "title", "model", "curve", "step", "seconds", "value"])
        for k, (lane, curves) in enumerate(zip(self.lanes, self.curves, strict=True), start=1):
            for name, curve in curves.items():
                for point in zip(curve.step, curve.seconds, curve.value, strict=True):
                    writer.writerow([k, lane.title, lane.plan.card.id, name, *(p.item() for p in point)])
        write_atomically(Path(path), out.getvalue().encode("utf-8"))
        return Path(path)

    def __str__(self) -> str:
        rows = self.rows()
        lines: Sequence[Mapping[str, str]] = [{name: name for name in rows[0]}, *rows]
        widths = {name: max(len(line[name]) for line in lines) for name in rows[0]}
        return "\n".join(
            "  ".join(f"{line[name]:<{widths[name]}}" for name in widths).rstrip() for line in lines
        )


def _speed(standing: Standing) -> float:
    """Steps a second over the whole of a lane's training."""
    return standing.step / standing.seconds if standing.seconds > 0 else 0.0


def _curves(run: Run) -> dict[str, Curve]:
    history = run.trainer.history
    names = [
        name for name in history.names() if name == "nll_test" or name == "loss" or name.endswith("_loss")
    ]
    out = {}
    for name in sorted(names, key=lambda name: name != "nll_test"):
        steps, values = history.decimated(name, _POINTS)
        out[name] = Curve(steps, history.seconds(steps), values)
    return out
