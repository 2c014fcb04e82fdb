"""A trained run: the model, its data and where it stands. What ``genplay.fit`` returns and ``genplay.open`` opens."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from genplay.datasets.base import Data
from genplay.datasets.table import AffineMap
from genplay.errors import BadInput, Failure
from genplay.lab.project import Project, read, write
from genplay.lab.saved_run import SavedRun
from genplay.lab.state import Desk
from genplay.models.card import Card
from genplay.quantity import Kind, Quantity
from genplay.spaces import DIMENSIONS, World
from genplay.spaces.plane import Box

if TYPE_CHECKING:
    from genplay.lab.sampled import On, Sampled
    from genplay.lab.tradeoffs import Curve, TradeoffId
    from genplay.metrics.card import Missing
    from genplay.metrics.census import Census
    from genplay.metrics.estimators.questions import QuestionId
    from genplay.metrics.estimators.study import Study
    from genplay.training.health.checkup import Checkup
    from genplay.training.health.finding import Finding
    from genplay.training.plan import DeviceName, RunPlan
    from genplay.training.trainer import Trainer

__all__ = ["Run", "open_run"]

Array = NDArray[np.float64]

_SUMMARY = {
    name: {"nll": "nll_test"}.get(name, name)
    for name in ("nll_train", "nll", "bits_per_dim", "elbo", "log_z", "entropy", "kl")
}
"""The metrics of a summary, and what they are called there."""


class Run:
    """A trained model with its data. Arrays are (n, d): d is 2 on the plane, 25 pixels of 0 or 1 in the world of digits."""

    def __init__(self, trainer: Trainer, checkup: Checkup | None = None) -> None:
        self.trainer = trainer
        self._checkup = checkup

    @property
    def plan(self) -> RunPlan:
        return self.trainer.plan

    @property
    def card(self) -> Card:
        return self.plan.card

    @property
    def data(self) -> Data:
        return self.plan.data

    @property
    def world(self) -> World:
        return self.plan.world

    @property
    def steps(self) -> int:
        return self.trainer.step_count

    @property
    def units(self) -> AffineMap | None:
        """The map from a file's units to the box it was trained in; None where they are the same."""
        from genplay.lab.mixture import units_of

        return units_of(self.data.spec, self.world)

    @property
    def box(self) -> Box:
        """The part of the plane that the data live in, in the units of ``log_prob`` and ``sample``."""
        box = self.data.box
        if self.units is None:
            return box
        (x0, y0), (x1, y1) = self.units.to_file(np.array([[box.x0, box.y0], [box.x1, box.y1]]))
        return Box(float(x0), float(x1), float(y0), float(y1))

    @property
    def log_prob_kind(self) -> Kind | None:
        """Whether ``log_prob`` is exact, a bound or an estimate; None if the model has no density."""
        if not self._has_density:
            return None
        with self.trainer.viewing() as model:
            model.settle_density()
            return getattr(model, "density_kind", None)

    @property
    def log_prob_method(self) -> str:
        """How ``log_prob`` is taken, in words."""
        return str(getattr(self.trainer.model, "density_method", "")) if self._has_density else ""

    @property
    def _has_density(self) -> bool:
        return self.world in self.card.density

    def _rows(self, x: ArrayLike, width: int | None = None) -> Array:
        width = width or DIMENSIONS[self.world]
        try:
            rows = np.asarray(x, np.float64)
        except (TypeError, ValueError):
            raise BadInput(f"Points are numbers in rows of {width}.") from None
        if rows.ndim == 1 and rows.shape == (width,):
            rows = rows[None]
        if rows.ndim != 2 or rows.shape[1] != width:
            shape = " × ".join(map(str, rows.shape)) or "a single number"
            raise BadInput(f"Points come as rows of {width} numbers (n × {width}); this is {shape}.")
        if not np.isfinite(rows).all():
            bad = int(np.flatnonzero(~np.isfinite(rows).all(axis=1))[0])
            raise BadInput(f"Row {bad + 1} of the points has a value that is not a finite number.")
        return rows

    def log_prob(self, x: ArrayLike) -> Array:
        """log p(x) in nats, (n, d) → (n,); see ``log_prob_kind``. Raises ``Failure`` if the model has no density.

        Points of a run that was trained on a file are in the file's units, and so is the density.
        """
        from genplay.training import queries

        if not self._has_density:
            raise Failure(f"The model '{self.card.id}' has no density: it can draw, but not say how likely.")
        rows = self._rows(x)
        if self.world == "digits" and not np.isin(rows, (0.0, 1.0)).all():
            bad = int(np.flatnonzero(~np.isin(rows, (0.0, 1.0)).all(axis=1))[0])
            raise BadInput(f"Row {bad + 1} of the images has a pixel that is neither 0 nor 1.")
        with self.trainer.viewing() as model:
            model.settle_density()
            if self.units is None:
                return queries.log_prob(model, rows)
            # p(x) dx = q(u) du with u = (x − c) s, so log p(x) = log q(u) + d log s.
            inside = queries.log_prob(model, self.units.to_box(rows))
            return np.asarray(inside + rows.shape[1] * math.log(self.units.scale))

    def sample(
        self,
        n: int,
        label: int | None = None,
        seed: int = 0,
        *,
        sampler: str | None = None,
        on: On = "model",
        knobs: Mapping[str, object] | None = None,
    ) -> Array:
        """n samples (n, d), of one class if the model can be asked for one; the same seed gives the same samples.

        With ``sampler`` (``genplay list samplers``) they are drawn by it, with its ``knobs``, from the model's density or
        ``on`` the ``truth``; else by the model's own way. Raises ``Failure`` if the model only classifies.
        """
        from genplay.training import queries

        if sampler is not None or on != "model":
            return self.sample_by(sampler or "ancestral", n, on=on, knobs=knobs, seed=seed, label=label).x
        if knobs:
            raise BadInput("Knobs belong to a sampler: name one, or leave them out.")
        _check_count(n)
        with self.trainer.viewing() as model:
            drawn = queries.sample(model, n, seed, label)
        return drawn if self.units is None else self.units.to_file(drawn)

    def sample_by(
        self,
        sampler: str,
        n: int,
        *,
        on: On = "model",
        knobs: Mapping[str, object] | None = None,
        seed: int = 0,
        label: int | None = None,
    ) -> Sampled:
        """The same by a sampler, with what it has to say of its work (acceptance, log Z, effective sample size)."""
        from genplay.lab.sampled import sampled

        _check_count(n)
        if label is not None:
            raise BadInput(f"The sampler '{sampler}' draws without labels; leave the label out.")
        with self.trainer.viewing() as model:
            found = sampled(model, self.data, sampler, n, on, knobs or {}, seed)
        return found if self.units is None else replace(found, x=self.units.to_file(found.x))

    def encode(self, x: ArrayLike) -> Array:
        """The latent code of x, (n, d) → (n, k). Raises ``Failure`` if the model has none."""
        from genplay.training import queries

        with self.trainer.viewing() as model:
            rows = self._rows(x)
            return queries.encode(model, rows if self.units is None else self.units.to_box(rows))

    def decode(self, z: ArrayLike) -> Array:
        """The mean of x given a latent code, (n, k) → (n, d)."""
        from genplay.training import queries

        with self.trainer.viewing() as model:
            x = queries.decode(model, np.atleast_2d(np.asarray(z, np.float64)))
        return x if self.units is None else self.units.to_file(x)

    def evaluate(
        self,
        names: Iterable[str] | Literal["all"] = "all",
        *,
        data: Data | None = None,
        seed: int = 0,
        alpha: float = 0.05,
        progress: Callable[[float, str], None] | None = None,
    ) -> dict[str, Quantity | None]:
        """Measure the model by metric ids; None where the model or the data have no such number.

        ``alpha`` is the share of false alarms that a two-sample test may give.
        """
        from genplay.metrics.card import Missing

        found = self.measure(names, data=data, seed=seed, alpha=alpha, progress=progress)
        return {name: None if isinstance(value, Missing) else value for name, value in found.items()}

    def measure(
        self,
        names: Iterable[str] | Literal["all"] = "all",
        *,
        data: Data | None = None,
        seed: int = 0,
        alpha: float = 0.05,
        progress: Callable[[float, str], None] | None = None,
    ) -> dict[str, Quantity | Missing]:
        """The same with a ``Missing`` whose ``reason`` says why where there is no such number."""
        from genplay.metrics.registry import measure
        from genplay.training.device import single_thread

        single_thread()
        wanted = None if names == "all" else list(names)
        with self.trainer.viewing() as model:
            return measure(model, data or self.data, wanted, seed, progress, alpha=alpha)

    def census(
        self,
        on: On = "model",
        *,
        progress: Callable[[float, str], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> Census:
        """All 2^25 images of the digit world at once: log Z, entropy, order, minima and their basins, barriers, conditionals.

        Of the model or of the ``truth``; some seconds. ``progress(share, text)`` is told how far it is, and when ``cancelled()``
        says so ``Failure`` is raised. Raises ``BadInput`` on the plane.
        """
        from genplay.lab.census_taking import census_of

        with self.trainer.viewing() as model:
            return census_of(model, self.data, on, progress, cancelled)

    def study(self, question: QuestionId, **knobs: object) -> Study:
        """Put a question (``log_z``, ``evidence``, ``kl``, ``entropy``) to all its estimators, beside the exact answer.

        The knobs are those of ``EstimatorKnobs``. Raises ``Failure`` with the reason where it cannot be asked.
        """
        from genplay.metrics.estimators.questions import EstimatorKnobs
        from genplay.metrics.estimators.study import study

        with self.trainer.viewing() as model:
            return study(model, self.data, question, EstimatorKnobs().replace(**knobs))

    def curve(
        self,
        name: TradeoffId,
        at: Sequence[float] | None = None,
        *,
        title: str = "",
        progress: Callable[[float, str], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
        **knobs: object,
    ) -> Curve:
        """What is bought with what: ``rate-distortion`` over β, ``cost`` over sampling steps, or over ``dimensions``.

        ``at`` are the β, steps or numbers of pixels; the knobs are those of ``TradeoffKnobs``. Raises ``BadInput`` where the
        model has no such curve, ``Failure`` if ``cancelled()``. ``title`` is what the curve is called.
        """
        from genplay.lab.tradeoff_curves import curve_of
        from genplay.lab.tradeoffs import TradeoffKnobs
        from genplay.training.device import single_thread

        single_thread()
        chosen = TradeoffKnobs().replace(**knobs)
        with self.trainer.viewing() as model:
            return curve_of(name, model, self.plan, self.steps, chosen, at, title, progress, cancelled)

    def health(self) -> tuple[Finding, ...]:
        """What is wrong with the run, as far as the rules of ``training.health`` see it; () if nothing is.

        Some conditions are told only when they have lasted, which a run that was opened from a file cannot say.
        """
        from genplay.training.health.checkup import Checkup

        if self._checkup is None:
            self._checkup = Checkup(self.trainer)
        return tuple(finding for finding in self._checkup.whole() if finding.state == "ill")

    def save(self, path: str | Path) -> Path:
        """Save as a .genplay file, which the window opens too; returns its path."""
        plan = self.plan
        saved = SavedRun.of(plan, self.trainer.checkpoint())
        desk = Desk(plan.data.spec, saved.choice, plan.seed)
        return write(Project(plan.world, {plan.world: desk}, {plan.world: saved}), Path(path))

    @staticmethod
    def open(path: str | Path, *, device: DeviceName = "auto", world: World | None = None) -> Run:
        """Open the trained run of a .genplay file; raises ``BadInput`` if it has none."""
        return open_run(path, device=device, world=world)

    def summary(self) -> dict[str, Any]:
        """What ``train --json`` prints: the plan, the speed, the last losses, and each measure with its kind."""
        trainer, plan = self.trainer, self.plan
        seconds = trainer.seconds
        found = self.evaluate(_SUMMARY)
        return {
            "model": self.card.id,
            "data": plan.data.spec.name,
            "world": plan.world,
            "objective": self.card.objective(plan.world, plan.objective).id,
            "seed": plan.seed,
            "device": str(trainer.device),
            "n": len(plan.data.x_train),
            "steps": trainer.step_count,
            "seconds": round(seconds, 3),
            "steps_per_second": round(trainer.step_count / seconds, 2) if seconds > 0 else 0.0,
            "parameters": sum(p.numel() for p in trainer.model.parameters()),
            "losses": dict(trainer.terms),
            **{_SUMMARY[name]: q.to_json() if q is not None else None for name, q in found.items()},
            "health": [finding.to_json() for finding in self.health()],
            "notes": list(plan.data.notes),
        }


def _check_count(n: int) -> None:
    if not 1 <= n <= 10_000_000:
        raise BadInput(f"n cannot be {n}. Allowed: a whole number from 1 to 10000000.")


def open_run(path: str | Path, *, device: DeviceName = "auto", world: World | None = None) -> Run:
    """Open the trained run of a .genplay file; raises ``BadInput`` if it has none."""
    from genplay.training.trainer import Trainer

    project = read(Path(path))
    chosen = world or (project.world if project.world in project.runs else next(iter(project.runs), None))
    if chosen is None or chosen not in project.runs:
        raise BadInput(
            f"{path} holds no trained run: train in the window and save, or use `genplay train --out`."
        )
    saved = project.runs[chosen]
    trainer = Trainer(saved.plan(chosen, device))
    trainer.resume(saved.checkpoint)
    return Run(trainer)
