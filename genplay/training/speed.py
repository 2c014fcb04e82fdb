"""How fast training goes: the bare loop against the training thread with its views, in turns on the same machine.

Speeds are steps per second of processor time of the thread that trains, so that a ratio holds while other programs take
their share of the machine; wall-clock figures stand beside them.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

from genplay.errors import Failure
from genplay.training.device import single_thread
from genplay.training.plan import RunPlan
from genplay.training.snapshot import Snapshot, ViewRequest
from genplay.training.trainer import Trainer
from genplay.training.worker import Worker

__all__ = ["Speed", "SpeedRatio", "bare_speed", "compare", "worker_speed"]

_WARM_UP = 20


@dataclass(frozen=True, slots=True)
class Speed:
    """Steps made in ``seconds`` of wall-clock time, of which the thread computed for ``busy`` seconds."""

    steps: int
    seconds: float
    busy: float

    @property
    def per_second(self) -> float:
        """Steps a second on the clock."""
        return self.steps / max(self.seconds, 1e-9)

    @property
    def per_busy_second(self) -> float:
        """Steps a second of processor time."""
        return self.steps / max(self.busy, 1e-9)


@dataclass(frozen=True, slots=True)
class SpeedRatio:
    """Medians over the rounds, in steps a second of processor time, and of the ratio round by round."""

    bare: float
    worker: float
    ratio: float
    wall_ratio: float
    rounds: int


def bare_speed(plan: RunPlan, seconds: float) -> Speed:
    """The loop alone, in this thread."""
    single_thread()
    trainer = Trainer(plan)
    trainer.advance(_WARM_UP)
    busy, began = time.thread_time(), time.perf_counter()
    steps = trainer.advance(until=began + seconds)
    return Speed(steps, time.perf_counter() - began, time.thread_time() - busy)


def worker_speed(plan: RunPlan, seconds: float, request: ViewRequest | None = None) -> Speed:
    """The training thread, computing what the views want."""
    worker = Worker()
    try:
        worker.want(request or ViewRequest(evaluate=False))
        worker.open(plan)
        worker.start()
        history = _wait(worker, lambda s: s.step >= _WARM_UP).history

        def now() -> tuple[int, float, float]:
            asked = worker.ask(lambda _: (history.last_step, time.perf_counter(), time.thread_time()))
            return asked.result()

        first, began, busy = now()
        time.sleep(seconds)
        last, ended, busy_then = now()
        _wait(worker, lambda s: s.step >= last)
        return Speed(last - first, ended - began, busy_then - busy)
    finally:
        worker.close()


def compare(
    plan: RunPlan, request: ViewRequest | None = None, seconds: float = 2.0, rounds: int = 3
) -> SpeedRatio:
    """Both in turns: bare, thread, bare, thread …"""
    pairs = [(bare_speed(plan, seconds), worker_speed(plan, seconds, request)) for _ in range(rounds)]
    return SpeedRatio(
        median(bare.per_busy_second for bare, _ in pairs),
        median(worker.per_busy_second for _, worker in pairs),
        median(worker.per_busy_second / bare.per_busy_second for bare, worker in pairs),
        median(worker.per_second / bare.per_second for bare, worker in pairs),
        rounds,
    )


def _wait(worker: Worker, fine: Callable[[Snapshot], bool]) -> Snapshot:
    while True:
        snapshot = worker.latest()
        if snapshot is not None and snapshot.state in ("failed", "finished", "closed"):
            raise Failure(f"The run to be measured has {snapshot.state}: {snapshot.message}")
        if snapshot is not None and fine(snapshot):
            return snapshot
        time.sleep(0.001)
