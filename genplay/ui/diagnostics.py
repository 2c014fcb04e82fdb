"""How smoothly the window runs: gaps between event-loop ticks, frames drawn, input to paint, and training speed.

``write`` measures in one run, in turns: the speed of training in the window, and of the bare loop of the same model in the same thread
while nothing is drawn; then, with a quick timer and mouse moves, how smooth the window is while it trains and while it only draws the same
frames again. The run is not paused between turns of the first kind: a run that rests refines its views and begins again with cold caches,
which is neither training nor the bare loop. What other programs on the machine took is read from the scheduler where the system tells
(Linux), so that speeds can be compared with that taken out.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QCoreApplication, QEvent, QObject, QPointF, Qt, QTimer
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QWidget

from genplay.errors import Failure
from genplay.lab.experiment import Experiment
from genplay.ui.heart import Heart
from genplay.ui.inbox import door

if TYPE_CHECKING:
    from genplay.training.plan import RunPlan
    from genplay.training.snapshot import Snapshot

__all__ = ["Diagnostics", "Gaps", "queue_wait"]

TICK_MS = 4
KEPT = 20_000
SPEED_ROUNDS, GAP_ROUNDS = 16, 14
ROUND_SECONDS = 1.0
"""Many short rounds, of which the medians are told: the speed of a shared machine changes from second to second."""
PROBE_MS = 40
_SETTLE = 0.4
_WARM_STEPS = 100


class Gaps:
    """The last durations of something, in milliseconds."""

    def __init__(self, kept: int = KEPT) -> None:
        self._values = np.zeros(kept)
        self._count = 0

    def add(self, milliseconds: float) -> None:
        self._values[self._count % len(self._values)] = milliseconds
        self._count += 1

    def clear(self) -> None:
        self._count = 0

    def to_json(self) -> dict[str, float | int]:
        """Count, median, p95, p99 and maximum in milliseconds."""
        values = self._values[: min(self._count, len(self._values))]
        if not len(values):
            return {"count": 0}
        median, p95, p99 = np.percentile(values, [50, 95, 99])
        return {
            "count": self._count,
            "median_ms": round(float(median), 2),
            "p95_ms": round(float(p95), 2),
            "p99_ms": round(float(p99), 2),
            "max_ms": round(float(values.max()), 2),
        }


def queue_wait(thread: threading.Thread) -> float | None:
    """Seconds a thread has waited for a processor core since it began, where the system tells (Linux)."""
    try:
        text = Path(f"/proc/self/task/{thread.native_id}/schedstat").read_text(encoding="ascii")
    except OSError:
        return None
    return int(text.split()[1]) / 1e9


def _thread_named(name: str) -> threading.Thread | None:
    return next((thread for thread in threading.enumerate() if thread.name == name), None)


class _Stretch:
    """Steps, wall time and run-queue wait of a thread, and of the window's, between two moments (``time.perf_counter``)."""

    def __init__(self, thread: threading.Thread | None, step: int, now: float | None = None) -> None:
        self._thread = thread
        self._step = step
        self._begin = time.perf_counter() if now is None else now
        self._wait = queue_wait(thread) if thread is not None else None
        self._window_wait = queue_wait(threading.main_thread())

    def end(self, step: int, now: float | None = None) -> dict[str, float]:
        seconds = (time.perf_counter() if now is None else now) - self._begin
        waited = 0.0
        if self._thread is not None and self._wait is not None:
            waited = (queue_wait(self._thread) or self._wait) - self._wait
        steps = step - self._step
        out = {"steps": steps, "seconds": seconds, "waited": min(waited, seconds * 0.95)}
        if self._window_wait is not None:
            out["window_waited"] = (queue_wait(threading.main_thread()) or 0.0) - self._window_wait
        return out


class Diagnostics(QObject):
    """Counts frames, and watches the event loop when asked to: a timer quick enough to tell its gaps is not for nothing."""

    def __init__(
        self, experiment: Experiment, heart: Heart, canvas: QWidget, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._experiment = experiment
        self._canvas = canvas
        self._begin = time.perf_counter()
        self.frames = 0
        self.training, self.drawing = Gaps(), Gaps()
        self._heart = heart
        self.frame_times, self.latency = Gaps(), Gaps()
        self._last = 0.0
        self._gaps: Gaps | None = None
        self._measuring = False
        self._recorded: list[Snapshot] = []
        self._ticks = QTimer(self, interval=TICK_MS)
        self._ticks.setTimerType(Qt.TimerType.PreciseTimer)
        self._ticks.timeout.connect(self._tick)
        self._probe_at: float | None = None
        self._probe = QTimer(self, interval=PROBE_MS)
        self._probe.timeout.connect(self._post_move)
        self._stage: list[Any] = []
        heart.drew.connect(self._drawn)
        self._door = door(self)

    def stop(self) -> None:
        """Watch no longer."""
        self._ticks.stop()
        self._probe.stop()

    def _tick(self) -> None:
        now = time.perf_counter()
        if self._last and self._gaps is not None:
            self._gaps.add((now - self._last) * 1000)
        self._last = now

    def _drawn(self, milliseconds: float) -> None:
        self.frames += 1
        self.frame_times.add(milliseconds)

    # Input to paint: a mouse move is posted to the drawing canvas, which answers by painting its pointer.

    def _post_move(self) -> None:
        if self._probe_at is not None or not self._canvas.isVisible():
            return
        phase = time.perf_counter() * 2
        where = QPointF(
            self._canvas.width() * (0.5 + 0.3 * np.cos(phase)),
            self._canvas.height() * (0.5 + 0.3 * np.sin(phase)),
        )
        self._probe_at = time.perf_counter()
        move = QMouseEvent(
            QEvent.Type.MouseMove, where, self._canvas.mapToGlobal(where), Qt.MouseButton.NoButton,
            Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier,
        )  # fmt: skip
        QCoreApplication.postEvent(self._canvas, move)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint and self._probe_at is not None:
            self.latency.add((time.perf_counter() - self._probe_at) * 1000)
            self._probe_at = None
        return False

    # The report

    def write(self, path: Path) -> Future[Path]:
        """Measure where a run is going on, then write everything as JSON; the future is the path."""
        out: Future[Path] = Future()
        if not path.parent.is_dir():
            raise Failure(f"The diagnostics {path} cannot be written: there is no folder {path.parent}.")
        if self._experiment.running:
            self._measuring = True
            self._canvas.installEventFilter(self)
            plan = self._experiment.plan()
            threading.Thread(
                target=self._measure, args=(plan, path, out), name="genplay-diagnostics", daemon=True
            ).start()
        else:
            self._finish(path, {}, out)
        return out

    def _measure(self, plan: RunPlan, path: Path, out: Future[Path]) -> None:
        """Alternate between training in the window and the bare loop; runs in a thread of its own."""
        try:
            result = _compare(self._experiment, plan, partial(self._door, self._enter))
        except BaseException as error:
            self._finish(path, {"problem": str(error)}, out)
            return
        self._finish(path, result, out)

    def _enter(self, phase: str) -> None:
        """What is measured from now on: ``training`` or ``drawing`` of the window, else nothing of it; in ``bare`` it rests."""
        self._gaps = {"training": self.training, "drawing": self.drawing}.get(phase)
        self._last = 0.0
        self._probe_at = None
        if self._gaps is not None:
            self._ticks.start()
            self._probe.start()
        else:
            self.stop()
        if phase == "training":
            self._recorded = []
        self._heart.recording = self._recorded if phase == "training" else None
        self._heart.replay = self._recorded if phase == "drawing" else []
        if phase == "bare":
            self._heart.stop()
        else:
            self._heart.wake()

    def _finish(self, path: Path, compared: dict[str, Any], out: Future[Path]) -> None:
        report = self.report() | compared
        self._door(self._enter, "")
        self._measuring = False
        try:
            path.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
        except OSError as error:
            out.set_exception(Failure(f"The diagnostics {path} cannot be written: {error.strerror}."))
            return
        out.set_result(path)

    def report(self) -> dict[str, Any]:
        """All figures so far."""
        snapshot = self._experiment.bench.latest()
        seconds = time.perf_counter() - self._begin
        training, drawing = self.training.to_json(), self.drawing.to_json()
        ratio = training["p99_ms"] / drawing["p99_ms"] if training["count"] and drawing["count"] else None
        return {
            "seconds": round(seconds, 3),
            "frames_drawn": self.frames,
            "tick_gap_training": training,
            "tick_gap_drawing_only": drawing,
            "tick_gap_p99_ratio": round(ratio, 3) if ratio is not None else None,
            "frame": self.frame_times.to_json(),
            "input_to_paint": self.latency.to_json(),
            "model": snapshot.model if snapshot is not None else None,
            "device": snapshot.device if snapshot is not None else None,
            "step": snapshot.step if snapshot is not None else 0,
            "steps_per_second": snapshot.steps_per_second if snapshot is not None else 0.0,
        }


def _compare(experiment: Experiment, plan: RunPlan, enter: Callable[[str], None]) -> dict[str, Any]:
    """Steps a second in the window and bare, in turns, then the window's gaps; ratios are medians over the rounds."""
    window, bare = _speeds(experiment, plan, enter)
    bench = experiment.bench
    for _ in range(GAP_ROUNDS):
        enter("training")
        time.sleep(ROUND_SECONDS)
        enter("")
        bench.command(lambda worker: worker.pause())
        time.sleep(_SETTLE)  # views refine themselves first
        enter("drawing")
        time.sleep(ROUND_SECONDS)
        enter("")
        bench.command(lambda worker: worker.start(), starts=True)
        time.sleep(_SETTLE)
    return {
        "window_steps_per_second": round(_median_rate(window), 2),
        "bare_steps_per_second": round(_median_rate(bare), 2),
        "train_over_bare": _median_ratio(window, bare),
        "train_over_bare_without_waiting": _median_ratio(window, bare, own_time=True),
        "rounds": {"window": window, "bare": bare},
    }


def _speeds(
    experiment: Experiment, plan: RunPlan, enter: Callable[[str], None]
) -> tuple[list[dict[str, float]], list[dict[str, float]]]:
    """Stretches of training in the window, and after each one of the bare loop in the same thread."""
    from genplay.training.trainer import Trainer

    bench, trainer = experiment.bench, Trainer(plan)
    thread = _thread_named("genplay-training")
    window: list[dict[str, float]] = []
    bare: list[dict[str, float]] = []
    trainer.advance(_WARM_STEPS)

    def run_bare() -> dict[str, float]:
        stretch = _Stretch(thread, trainer.step_count)
        trainer.advance(until=time.perf_counter() + ROUND_SECONDS)
        return stretch.end(trainer.step_count)

    for _ in range(SPEED_ROUNDS):
        enter("speed")
        time.sleep(_SETTLE)
        if (before := bench.latest()) is None:
            raise Failure("The run was left while its speed was measured.")
        stretch = _Stretch(thread, before.step, before.made_at)
        time.sleep(ROUND_SECONDS)
        if (after := bench.latest()) is None or after.run_id != before.run_id:
            raise Failure("The run was left while its speed was measured.")
        window.append(stretch.end(after.step, after.made_at))
        enter("bare")
        bare.append(bench.between(run_bare).result())
    return window, bare


def _rate(part: dict[str, float], own_time: bool = False) -> float:
    """Steps a second of one round; ``own_time`` leaves out what the thread waited for a core."""
    seconds = part["seconds"] - (part["waited"] if own_time else 0.0)
    return part["steps"] / seconds if seconds > 0 else 0.0


def _median_rate(rounds: list[dict[str, float]]) -> float:
    return median(_rate(part) for part in rounds)


def _median_ratio(
    window: list[dict[str, float]], bare: list[dict[str, float]], own_time: bool = False
) -> float | None:
    """The median over the rounds of the window's speed to that of the bare loop right after it."""
    pairs = [(_rate(a, own_time), _rate(b, own_time)) for a, b in zip(window, bare, strict=True)]
    ratios = [a / b for a, b in pairs if b > 0]
    return round(median(ratios), 3) if ratios else None
