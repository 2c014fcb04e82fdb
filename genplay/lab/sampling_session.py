"""One sampler at work on one target, in a thread of its own: it steps, keeps what was seen, and makes frozen views of it.

Slowly it tells one event at a time; at full speed events are skipped and only where the chains are is shown. Either way
the chains do the same, for ``advance`` alone draws random numbers.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from genplay.errors import GenplayError
from genplay.quantity import Quantity
from genplay.spaces import World
from genplay.spaces.plane import HOME, Box, Grid

if TYPE_CHECKING:
    from genplay.sampling.base import Sampler
    from genplay.sampling.events import Event
    from genplay.sampling.target import Target

__all__ = ["SamplingSession", "SamplingView", "State"]

Array = NDArray[np.float64]
State = Literal["empty", "preparing", "ready", "running", "paused", "failed"]
CELLS = 96
DRAWN = 2000
TRACED = 2000
TRACED_CHAINS = 64
TRAIL = 60
SHOW_EVERY = 0.05
JUDGE_EVERY = 0.4
LAGS = 200


@dataclass(frozen=True, eq=False)
class SamplingView:
    """What a panel draws. ``chains`` (n, d) are where they are, ``drawn`` (m, d) the last samples that came out,
    ``trail`` (k, d) where the watched chain has been, the one whose events are told; ``event`` is the last one (None at full
    speed).

    ``log_density`` (rows y, columns x) is log f on the box, plane only. ``correlation`` is ρ of the worst trace.
    """

    run: int = 0
    state: State = "empty"
    message: str = ""
    sampler: str = ""
    on: str = "model"
    target: str = ""
    world: World = "plane"
    box: Box = HOME
    steps: int = 0
    chains: Array = field(default_factory=lambda: np.empty((0, 2)))
    drawn: Array = field(default_factory=lambda: np.empty((0, 2)))
    trail: Array = field(default_factory=lambda: np.empty((0, 2)))
    event: Event | None = None
    told: int = 0
    log_density: Array | None = None
    results: Mapping[str, Quantity] = field(default_factory=dict)
    diagnostics: Mapping[str, Quantity] = field(default_factory=dict)
    correlation: Array | None = None
    log_z: Quantity | None = None
    watched: int = 0


class SamplingSession:
    """Owned by the thread that calls ``work``; ``go``, ``pause`` and ``set_speed`` may be called from any other.

    ``make`` builds the sampler, there, for that may take a second. ``view`` is the mailbox: the newest frozen view.
    """

    def __init__(
        self,
        run: int,
        target: Target,
        on: str,
        name: str,
        make: Callable[[], Sampler[Any]],
        speed: float,
        watched: int = 0,
    ) -> None:
        self._target, self._make = target, make
        self._sampler: Sampler[Any] | None = None
        self._wake = threading.Condition()
        self._running = False
        self._owed = 0
        self._busy = False
        self._speed = speed
        self._asked, self._watched = watched, watched
        self._change: Any = None
        self._events: deque[Event] = deque()
        self._told = 0
        self._last: Event | None = None
        self._drawn: deque[Array] = deque()
        self._trail: deque[Array] = deque(maxlen=TRAIL)
        self._traces: dict[str, deque[Array]] = {}
        self._judged_at = -1e9
        self._judged: tuple[dict[str, Quantity], Array | None] = ({}, None)
        self._density: Array | None = None
        self._log_z: Quantity | None = None
        self.view = SamplingView(
            run, "ready", sampler=name, on=on, target=target.title, world=target.world, box=target.box,
            chains=np.empty((0, target.dim)), drawn=np.empty((0, target.dim)), trail=np.empty((0, target.dim)),
        )  # fmt: skip

    # From any thread

    def go(self, events: int | None = None) -> bool:
        """Run on (None), or tell so many events more; True if the work has to be submitted anew."""
        with self._wake:
            if events is None:
                self._running = True
            else:
                self._running, self._owed = False, self._owed + events
            self._wake.notify()
            begin, self._busy = not self._busy, True
            return begin

    def pause(self) -> None:
        """Stop after the present step."""
        with self._wake:
            self._running, self._owed = False, 0
            self._wake.notify()

    def set_speed(self, events_per_second: float) -> None:
        """So many events a second; 0 for full speed."""
        with self._wake:
            self._speed = events_per_second
            self._wake.notify()

    def watch(self, chain: int) -> None:
        """Tell the events of another chain from now on, beginning with what the last step did to it."""
        self._asked = chain

    def set_knobs(self, knobs: Any) -> None:
        """Other live knobs."""
        if self._sampler is not None:
            self._sampler.knobs = knobs

    @property
    def running(self) -> bool:
        return self._running

    # In the thread

    def work(self, _progress: Callable[[float, str], None], cancelled: Callable[[], bool]) -> None:
        """Do what was asked for, until paused or cancelled."""
        from genplay.spaces.one_thread import one_thread

        if self.view.on == "model":
            # The true law needs no torch, and has not to wait until it is loaded.
            from genplay.training.device import single_thread

            single_thread()
        try:
            with one_thread():
                if self._sampler is None:
                    self._prepare()
                self._follow()
                while not cancelled() and self._more():
                    self._follow()
                    if self._speed and self._running:
                        self._tell_next()
                        self._publish()
                        with self._wake:
                            self._wake.wait(1 / self._speed)
                    elif self._running:
                        self._rush(cancelled)
                    else:
                        self._owed -= 1
                        self._tell_next()
                self._follow()
                self._judge(now=True)
                self._publish()
        except GenplayError as error:
            self._fail(str(error))
        except Exception as error:
            self._fail(f"{type(error).__name__}: {error}")

    def _more(self) -> bool:
        """Whether there is more to do; when not, the work ends, and ``go`` knows that it has."""
        with self._wake:
            if not self._running and self._owed <= 0:
                self._busy = False
            return self._busy

    def _fail(self, text: str) -> None:
        with self._wake:
            self._running, self._owed, self._busy = False, 0, False
        self.view = SamplingView(**{**vars(self.view), "state": "failed", "message": text})

    def _prepare(self) -> None:
        self.view = SamplingView(**{**vars(self.view), "state": "preparing"})
        sampler = self._make()
        target = self._target
        if target.world == "plane" and target.log_density is not None:
            grid = Grid(target.box, CELLS)
            self._density = target.log_density(grid.points()).reshape(CELLS, CELLS)
        if target.log_z is not None and sampler.card.id in ("ais", "importance", "rejection"):
            self._log_z = target.log_z()
        self._sampler = sampler
        self._watched = min(self._asked, sampler.n - 1)
        self._trail.append(sampler.x[self._watched].copy())

    def _follow(self) -> None:
        """Turn to the chain that is asked for: its way begins here."""
        sampler = self._sampler
        assert sampler is not None
        chain = min(self._asked, sampler.n - 1)
        if chain == self._watched:
            return
        self._watched = chain
        self._trail.clear()
        self._trail.append(sampler.x[chain].copy())
        self._events.clear()
        if self._last is not None and self._change is not None:
            self._events.extend(sampler.events(self._change, chain))
            self._last = self._events.popleft()

    def _tell_next(self) -> None:
        """One event: the next of the last step, or the first of a new one."""
        sampler = self._sampler
        assert sampler is not None
        if not self._events:
            self._change = sampler.advance()
            self._note(self._change)
            self._events.extend(sampler.events(self._change, self._watched))
        self._last = self._events.popleft()
        self._told += 1
        if not self._events:
            self._trail.append(sampler.x[self._watched].copy())

    def _rush(self, cancelled: Callable[[], bool]) -> None:
        """Full speed for a moment, then a look at what it gave."""
        sampler, end = self._sampler, time.perf_counter() + SHOW_EVERY
        assert sampler is not None
        self._events.clear()
        self._last = self._change = None
        while time.perf_counter() < end and self._running and not self._speed and not cancelled():
            self._note(sampler.advance())
            self._trail.append(sampler.x[self._watched].copy())
        self._judge()
        self._publish()

    def _note(self, change: Any) -> None:
        """Keep the samples that came out, and of chains a few numbers at each step."""
        if len(change.drawn):
            self._drawn.append(change.drawn[:DRAWN])
            while len(self._drawn) > 1 and sum(map(len, self._drawn)) - len(self._drawn[0]) >= DRAWN:
                self._drawn.popleft()
        if self._is_chain():
            for name, values in _statistics(change.after[:TRACED_CHAINS], self._target.world).items():
                self._traces.setdefault(name, deque(maxlen=TRACED)).append(values)

    def _is_chain(self) -> bool:
        from genplay.sampling.card import ChainKnobs

        assert self._sampler is not None
        return isinstance(self._sampler.knobs, ChainKnobs)

    def _judge(self, now: bool = False) -> None:
        """R-hat, autocorrelation and effective sample size, now and then."""
        if not now and time.perf_counter() - self._judged_at < JUDGE_EVERY:
            return
        from genplay.sampling.diagnostics import autocorrelation, summary

        self._judged_at = time.perf_counter()
        # The first half is taken for warm-up: there the chains still know where they began.
        traces = {
            name: np.stack(rows)[len(rows) // 2 :] for name, rows in self._traces.items() if len(rows) > 1
        }
        found = summary(traces)
        curve: Array | None = None
        if "autocorrelation_time" in found:
            worst = found["autocorrelation_time"].method.removeprefix("of ").partition(",")[0]
            curve = autocorrelation(traces[worst], LAGS)
        self._judged = found, curve

    def _publish(self) -> None:
        sampler, old = self._sampler, self.view
        assert sampler is not None
        drawn = np.concatenate(self._drawn)[-DRAWN:] if self._drawn else old.drawn[:0]
        state: State = "running" if self._running else "paused"
        if not self._running and sampler.steps == 0:
            state = "ready"
        self.view = SamplingView(
            old.run, state, "", old.sampler, old.on, old.target, old.world, old.box, sampler.steps, sampler.x.copy(),
            drawn, np.stack(self._trail), self._last, self._told, self._density, sampler.results(), *self._judged,
            self._log_z, self._watched,
        )  # fmt: skip


def _statistics(x: Array, world: World) -> dict[str, Array]:
    """A few numbers of each chain (n,), by name."""
    if world == "plane":
        return {"x": x[:, 0].copy(), "y": x[:, 1].copy()}
    half = x.shape[1] // 2
    return {
        "lit pixels": x.sum(axis=1),
        "ink above less below": x[:, :half].sum(axis=1) - x[:, -half:].sum(axis=1),
    }
