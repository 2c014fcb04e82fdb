"""Race models without a window: ``genplay.race("two-moons", ["nsf", "vae"], seconds=10)``."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from numpy.typing import ArrayLike

from genplay.datasets.base import Data, DataSpec
from genplay.errors import BadInput, Failure
from genplay.lab.fit import DEFAULT_SECONDS, data_of, plan_of
from genplay.lab.lanes import Lane, titled, unlike
from genplay.lab.race_result import RaceResult
from genplay.lab.run import Run
from genplay.lab.standings import standings
from genplay.spaces import World
from genplay.training.shares import MOST_LANES

if TYPE_CHECKING:
    from genplay.training.plan import DeviceName, RunPlan
    from genplay.training.session import Session
    from genplay.training.snapshot import Snapshot

__all__ = ["race"]

Progress = Callable[[float, str], None]


def race(
    data: str | Path | DataSpec | Data | ArrayLike,
    models: Sequence[str],
    *,
    world: World | None = None,
    steps: int | None = None,
    seconds: float | None = None,
    knobs: Mapping[str, Mapping[str, object]] | None = None,
    data_knobs: Mapping[str, object] | None = None,
    n: int | None = None,
    seed: int = 0,
    device: DeviceName = "auto",
    progress: Progress | None = None,
    interrupted: Callable[[], bool] | None = None,
) -> RaceResult:
    """Train up to four models on the same data at once, with equal shares of time, and return where they stand.

    ``data`` is as for ``genplay.fit``; ``models`` are ids, or Python files with a model of your own, whose code is run. A model
    named twice gets another seed. ``seconds`` (20 if neither it nor ``steps`` is given) is each model's own training time;
    with both, what ends first. ``knobs`` are those of the model and its recipe, by model. ``progress(share, text)`` is told how
    far it is; once ``interrupted()`` says so the race ends where it is. Raises ``BadInput`` for what cannot be.
    """
    lanes = _lanes(
        data,
        models,
        world,
        knobs or {},
        {**(data_knobs or {}), **({} if n is None else {"n": n})},
        seed,
        device,
    )
    _check_budget(steps, seconds)
    if steps is None and seconds is None:
        seconds = DEFAULT_SECONDS
    never = interrupted or (lambda: False)
    sessions, snapshots = _run(lanes, steps, seconds, progress or (lambda *_: None), never)
    runs = tuple(Run(session.trainer, session.checkup) for session in sessions)
    return RaceResult(
        lanes, runs, standings(lanes, snapshots), tuple(snapshot.message for snapshot in snapshots)
    )


def _lanes(
    data: str | Path | DataSpec | Data | ArrayLike,
    models: Sequence[str],
    world: World | None,
    knobs: Mapping[str, Mapping[str, object]],
    data_knobs: Mapping[str, object],
    seed: int,
    device: DeviceName,
) -> tuple[Lane, ...]:
    if isinstance(models, str):
        models = [models]
    if not 1 <= len(models) <= MOST_LANES:
        raise BadInput(f"A race has 1 to {MOST_LANES} models, not {len(models)}.")
    ids = [_id(model) for model in models]
    strange = [model for model in knobs if model not in ids]
    if strange:
        raise BadInput(f"The model '{strange[0]}' is not in this race: {', '.join(ids)}.")
    built = data_of(data, world=world, model=ids[0], knobs=data_knobs)
    plans: list[RunPlan] = []
    for model in ids:
        plan = plan_of(built, model, knobs=knobs.get(model), seed=seed, device=device)
        if model == "run-mixture":
            raise BadInput("A mixture is made of runs that are trained already: it has no lane in a race.")
        plans.append(unlike(plan, plans))
    return titled([Lane(k, "", plan) for k, plan in enumerate(plans, start=1)])


def _id(model: str) -> str:
    if not model.endswith(".py"):
        return model
    from genplay.lab.own_models import open_model

    return open_model(Path(model)).id


def _check_budget(steps: int | None, seconds: float | None) -> None:
    if steps is not None and steps < 1:
        raise BadInput(f"steps cannot be {steps}. Allowed: a whole number, at least 1.")
    if seconds is not None and not 0 < seconds < float("inf"):
        raise BadInput(f"seconds cannot be {seconds}. Allowed: a number more than 0.")


def _run(
    lanes: Sequence[Lane],
    steps: int | None,
    seconds: float | None,
    progress: Progress,
    interrupted: Callable[[], bool],
) -> tuple[list[Session], list[Snapshot]]:
    """Train all lanes to the end of the budget, then let the likelihoods be taken once more, from more points."""
    from genplay.training.device import single_thread
    from genplay.training.jobs import Jobs
    from genplay.training.lanes import Lanes
    from genplay.training.snapshot import ViewRequest

    single_thread()
    latest: dict[int, Snapshot] = {}
    jobs = Jobs("genplay-race-laws", "background")
    field = Lanes(jobs, lambda snapshot: latest.__setitem__(snapshot.run_id, snapshot))
    try:
        field.want(ViewRequest())
        for lane in lanes:
            field.open(lane.run_id, lane.plan)
            if field.session(lane.run_id) is None:
                raise Failure(f"{lane.title}: {latest[lane.run_id].message}")
        field.each(lambda session: session.stop_after(seconds))
        field.each(lambda session: session.start(steps))
        while field.running and not interrupted():
            field.turn(interrupted)
            progress(*_told(lanes, latest, steps, seconds))
        field.each(lambda session: session.pause())
        while not interrupted() and (wait := field.turn(interrupted)) is not None:
            time.sleep(wait)
        return list(field.sessions()), [latest[lane.run_id] for lane in lanes]
    finally:
        jobs.close()


def _told(
    lanes: Sequence[Lane], latest: Mapping[int, Snapshot], steps: int | None, seconds: float | None
) -> tuple[float, str]:
    """The share of the whole that is done, and each lane's step."""
    shares, words = [], []
    for lane in lanes:
        now = latest[lane.run_id]
        done = [now.step / steps] if steps else []
        done += [now.seconds / seconds] if seconds else []
        shares.append(min(1.0, max(done, default=1.0)) if now.state == "running" else 1.0)
        words.append(f"{lane.plan.card.id} {now.step:,}")
    return sum(shares) / len(shares), ", ".join(words)
