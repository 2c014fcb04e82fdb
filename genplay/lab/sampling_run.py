"""Sampling in the window and in scripts: which sampler, on what, with which knobs; and the session that is at work.

The model is copied as it is when sampling begins, so that training goes on undisturbed and chains run on one density. What
has to wait (for the copy, for a reset) waits without holding anything up.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

from psygnal import Signal

from genplay.errors import BadInput, Failure
from genplay.knobs import Knobs
from genplay.lab.sampling_session import SamplingSession, SamplingView
from genplay.sampling.cards import card, cards, fitting
from genplay.training.jobs import Job, Jobs

if TYPE_CHECKING:
    from genplay.lab.experiment import Experiment
    from genplay.lab.sampled import On
    from genplay.models.base import Model
    from genplay.sampling.card import SamplerCard
    from genplay.sampling.target import Target

__all__ = ["SamplingRun"]

RUN, NOTHING = -1, 0
"""What is to be done, beside a number of events to tell."""


class SamplingRun:
    """``changed`` is emitted when something was chosen or a target has become known; ``view`` is always the newest."""

    changed = Signal()

    def __init__(self, experiment: Experiment) -> None:
        self._experiment = experiment
        self.sampler = "metropolis"
        self.on: On = "truth"
        self.speed = 0.0
        self.watched = 0
        self._knobs: dict[str, Knobs] = {}
        self._jobs = Jobs("genplay-sampling", "background")
        self._job: Job[None] | None = None
        self._target: Target | None = None
        self._asking: Future[Any] | None = None
        self._session: SamplingSession | None = None
        self._begun_with: Knobs | None = None
        self._then = NOTHING
        self._runs = 0
        self._trouble = ""
        experiment.world_changed.connect(self._other_target)
        experiment.data_changed.connect(self._other_target)
        experiment.run_changed.connect(self._other_run)

    # What is chosen

    @property
    def card(self) -> SamplerCard:
        return card(self.sampler)

    @property
    def knobs(self) -> Knobs:
        """The chosen sampler's."""
        return self._knobs.get(self.sampler) or self.card.knobs()

    @property
    def waiting_knobs(self) -> tuple[str, ...]:
        """Names of knobs whose new value waits for a reset."""
        begun, now = self._begun_with, self.knobs
        if self._session is None or begun is None or type(begun) is not type(now):
            return ()
        return tuple(
            i.name for i in now.infos() if not i.live and getattr(begun, i.name) != getattr(now, i.name)
        )

    @property
    def reasons(self) -> Mapping[str, str]:
        """Why a sampler cannot serve the target, '' where it can; empty while the target is not known."""
        return fitting(self._target) if self._target is not None else {}

    @property
    def view(self) -> SamplingView:
        """The newest view of the session, or an empty one with a word why."""
        if self._session is not None:
            return self._session.view
        state = "failed" if self._trouble else "preparing" if self._asking is not None else "empty"
        return SamplingView(
            self._runs, state, self._trouble, self.sampler, self.on, world=self._experiment.world,  # type: ignore[arg-type]
            box=self._experiment.data.box,
        )  # fmt: skip

    @property
    def running(self) -> bool:
        """Whether it samples, or will as soon as the target is known."""
        return self._session.running if self._session is not None else self._then == RUN

    def choose(self, name: str) -> None:
        """Take another sampler; what was at work is left."""
        found = card(name)
        reason = self.reasons.get(name, "")
        if reason:
            raise BadInput(f"The sampler '{name}' cannot be used here: {reason}")
        if found.id != self.sampler:
            self.sampler = found.id
            self._drop()
            self.changed.emit()

    def target(self, name: On) -> None:
        """Sample from the model, or from the true law."""
        if name != self.on:
            self.on = name
            self._other_target()

    def set(self, name: str, value: object) -> None:
        """Change a knob of the chosen sampler: a live one at once, another at the next reset."""
        if not self.card.knobs.info(name).applies(self._experiment.world):
            raise BadInput(
                f"{name} means nothing for '{self.sampler}' in the world '{self._experiment.world}'."
            )
        knobs = self.knobs.replace(**{name: value})
        self._knobs[self.sampler] = knobs
        if self._session is not None and self._begun_with is not None:
            live = {i.name: getattr(knobs, i.name) for i in knobs.infos() if i.live}
            self._session.set_knobs(self._begun_with.replace(**live))
        self.changed.emit()

    def set_speed(self, events_per_second: float) -> None:
        """So many events a second; 0 for full speed."""
        self.speed = events_per_second
        if self._session is not None:
            self._session.set_speed(events_per_second)
        self.changed.emit()

    @property
    def chains(self) -> int:
        """How many chains there are, or will be when sampling begins."""
        return len(self.view.chains) or int(getattr(self.knobs, "chains", 1))

    def watch(self, chain: int) -> None:
        """Tell the events of a chain, counted from 1; raises ``BadInput`` for one that there is not."""
        if chain > self.chains:
            raise BadInput(f"There is no chain {chain}. Allowed: a whole number from 1 to {self.chains}.")
        self.watched = chain - 1
        session = self._session
        if session is not None:
            session.watch(self.watched)
            if not session.running and session.view.state != "failed":
                self._submit(session, NOTHING)
        self.changed.emit()

    # What is done

    def prepare(self) -> None:
        """Find out what can be sampled from; ``changed`` tells when it is known. Nothing is run."""
        if self._target is not None or self._asking is not None:
            return
        self._trouble = ""
        if self.on == "truth":
            from genplay.sampling.truth_target import truth_target

            self._found(truth_target(self._experiment.data))
            return
        self._asking = self._experiment.query("copy")
        self._experiment.later(self._asking, self._copied)
        self._asking.add_done_callback(self._missed)
        self.changed.emit()

    def start(self) -> None:
        """Sample, or go on."""
        self._go(RUN)

    def step(self, n: int = 1) -> None:
        """Tell the next event (or the next n), and rest."""
        self._go(n)

    def pause(self) -> None:
        """Rest after the present step."""
        self._then = NOTHING
        if self._session is not None:
            self._session.pause()
        self.changed.emit()

    def reset(self) -> None:
        """Begin again: chains from the same starts, on the model as it is now."""
        self._drop()
        self._forget_target()
        self.prepare()
        self.changed.emit()

    def close(self) -> None:
        """End the thread."""
        self._drop()
        self._jobs.close()

    def _go(self, events: int) -> None:
        if self._session is not None and self._session.view.state != "failed":
            self._submit(self._session, events)
            return
        if self.on == "model":
            # It may have been trained since it was last looked at.
            self._forget_target()
        if self._target is not None:
            self._submit(self._open(self._target), events)
        else:
            self._drop()
            self._then = events
            self.prepare()

    def _submit(self, session: SamplingSession, events: int) -> None:
        if session.go(None if events == RUN else events):
            self._job = self._jobs.submit(session.work, "sampling")
        self.changed.emit()

    def _open(self, target: Target) -> SamplingSession:
        """A session for the chosen sampler; raises ``BadInput`` if it cannot serve the target."""
        reason = self.card.why_not(target)
        if reason:
            raise BadInput(f"The sampler '{self.sampler}' cannot be used here: {reason}")
        name, knobs, seed = self.sampler, self.knobs, self._experiment.seed
        self._drop()
        self._runs += 1
        self._begun_with = knobs

        def make() -> Any:
            import numpy as np

            return card(name).load()(target, knobs, np.random.default_rng(seed))

        self._session = SamplingSession(self._runs, target, self.on, name, make, self.speed, self.watched)
        return self._session

    def _drop(self) -> None:
        self._then = NOTHING
        self._trouble = ""
        self._begun_with = None
        if self._job is not None:
            self._job.cancel()
        if self._session is not None:
            self._session.pause()
            self._session = self._job = None

    def _forget_target(self) -> None:
        self._target = self._asking = None

    def _other_target(self, *_: object) -> None:
        """Another world, other data, another run: the chains belong to what is gone."""
        self._drop()
        self._forget_target()
        self.changed.emit()

    def _other_run(self, *_: object) -> None:
        if self.on == "model":
            self._other_target()

    def _copied(self, model: Model) -> None:
        from genplay.sampling.model_target import model_target

        if self.on == "model" and self._target is None:
            self._found(model_target(model, self._experiment.data.box))

    def _missed(self, future: Future[Any]) -> None:
        if not future.cancelled() and future.exception() is not None and future is self._asking:
            self._asking = None
            error = future.exception()
            self._trouble = (
                str(error) if isinstance(error, Failure) else f"The model cannot be copied: {error}"
            )

    def _found(self, target: Target) -> None:
        self._target, self._asking = target, None
        then, self._then = self._then, NOTHING
        reasons = fitting(target)
        if reasons[self.sampler]:
            fits = next((name for name in cards() if not reasons[name]), None)
            instead = f" '{fits}' is chosen instead." if fits else ""
            self._experiment.say(
                f"The sampler '{self.sampler}' cannot be used here: {reasons[self.sampler]}{instead}"
            )
            self.sampler = fits or self.sampler
        elif then != NOTHING:
            self._submit(self._open(target), then)
        self.changed.emit()
