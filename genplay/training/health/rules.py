"""The rules: which run each applies to, how it looks, and how long a condition has to last before it is told."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from genplay.models.base import HasDensity, HasTerminalNoise, Model
from genplay.training.health import probes
from genplay.training.health.bins import Bins, bins_of
from genplay.training.health.codes import silent_codes
from genplay.training.health.finding import Reading
from genplay.training.health.game import saturated
from genplay.training.health.gradients import FEWEST, vanishing
from genplay.training.health.losses import exploding
from genplay.training.health.memory import memorised
from genplay.training.health.mixing import ChainTrace, mixing
from genplay.training.health.modes import collapsed
from genplay.training.health.schedule import weak_noise
from genplay.training.trainer import Trainer

__all__ = ["RULES", "Patient", "Rule"]

Array = NDArray[np.float64]

_SAMPLES = 500
_POINTS = 400
_PULLS = 256
_TIMES = 101


class Patient:
    """A run as the rules see it: its trainer, and what several of them need. ``seconds`` is what a look may cost."""

    def __init__(self, trainer: Trainer) -> None:
        self.trainer = trainer
        self.seconds = 0.03
        self.trace = ChainTrace()
        self._axes: Array | None = None
        self._bins: tuple[object, Bins] | None = None
        self._samples: tuple[int, Array | None] = (-1, None)

    @property
    def model(self) -> Model:
        return self.trainer.model

    def offer(self, step: int, samples: Array) -> None:
        """Take samples that a view has had drawn at a step: they need not be drawn again."""
        if step > self._samples[0] and len(samples) >= _SAMPLES // 2:
            self._samples = (step, np.asarray(samples[:_SAMPLES], np.float64))

    def samples(self, *, draw: bool = True) -> Array | None:
        """Up to 500 samples, at most a twentieth of the run old; None where the model has none, or they take too long.

        Without ``draw`` only those that are there already, except when time does not matter.
        """
        step = self.trainer.step_count
        if not self.model.draws:
            return None
        if not draw and math.isfinite(self.seconds):
            return self._samples[1] if step - self._samples[0] <= step // 20 else None
        if self._samples[1] is None or step - self._samples[0] > step // 20:
            with self.trainer.viewing() as model:
                drawn = probes.samples(model, _SAMPLES, self.trainer.view_seed, self.seconds)
            self._samples = (step, drawn if drawn is None or np.isfinite(drawn).all() else None)
        return self._samples[1]

    def bins(self) -> Bins:
        """Bins over the present data."""
        data = self.trainer.plan.data
        if self._bins is None or self._bins[0] is not data:
            self._bins = (data, bins_of(data))
        return self._bins[1]

    def follow_chains(self) -> None:
        """Add to the trace of the persistent chains, along the widest directions of the data."""
        places = probes.chains(self.model)
        if places is None:
            return
        if self._axes is None:
            x = self.trainer.plan.data.x_train
            self._axes = np.linalg.svd(x[:1000] - x[:1000].mean(axis=0), full_matrices=False)[2][:4]
        self.trace.add(self.trainer.step_count, places @ self._axes.T)


@dataclass(frozen=True)
class Rule:
    """``lasts``: over so many steps, and over the later half of the run, a condition is seen before it is told."""

    id: str
    applies: Callable[[Trainer], bool]
    look: Callable[[Patient], Reading]
    lasts: int = 0


def _exploding(patient: Patient) -> Reading:
    return exploding(patient.trainer.history)


def _vanishing(patient: Patient) -> Reading:
    return vanishing(probes.layer_gradients(patient.trainer))


def _has_early_layers(trainer: Trainer) -> bool:
    return any(len(net.layers) >= FEWEST for net in probes.layer_gradients(trainer).values())


def _collapsed(patient: Patient) -> Reading:
    samples = patient.samples()
    if samples is None:
        return Reading(
            "open", "Samples take too long to be drawn beside the training; pause to have them judged."
        )
    return collapsed(samples, patient.bins(), patient.trainer.plan.data)


def _saturated(patient: Patient) -> Reading:
    trainer = patient.trainer
    with trainer.viewing() as model:
        pull = probes.pulls(model, _PULLS, trainer.view_seed)
    return saturated(trainer.history, np.empty(0) if pull is None else pull)


def _silent(patient: Patient) -> Reading:
    data = patient.trainer.plan.data
    with patient.trainer.viewing() as model:
        kl = probes.code_divergences(model, data.x_train[:_POINTS], data.y_train[:_POINTS])
    return Reading("open", "There is no encoder.") if kl is None else silent_codes(kl)


def _mixing(patient: Patient) -> Reading:
    trainer = patient.trainer
    patient.follow_chains()
    steps, trace = patient.trace.later_half()
    own = patient.samples(draw=False) if trainer.plan.world == "plane" else None
    if own is None:
        return mixing(steps, trace)
    energy = None
    with trainer.viewing() as model:
        of_own, places = probes.energies(model, own), probes.chains(model)
        if of_own is not None and places is not None:
            of_ends = probes.energies(model, places)
            energy = (of_ends, of_own) if of_ends is not None else None
        elif of_own is not None:
            # Short chains from the data: the trainer has told the mean energy at their ends.
            _, told = trainer.history.curve("chain_energy")
            energy = (told[-30:], of_own) if len(told) >= 30 else None
    return mixing(steps, trace, energy)


def _noise(patient: Patient) -> Reading:
    times = np.linspace(0, 1, _TIMES)
    signal = probes.signal_left(patient.model, times)
    return Reading("open", "Nothing is noised.") if signal is None else weak_noise(times, signal)


def _memory(patient: Patient) -> Reading:
    trainer = patient.trainer
    data = trainer.plan.data
    with trainer.viewing() as model:
        train = probes.log_probs(model, data.x_train[:_POINTS], patient.seconds)
        test = None if train is None else probes.log_probs(model, data.x_test[:_POINTS], patient.seconds)
    both = None if train is None or test is None else (train, test)
    return memorised(data, patient.bins().usual, both, patient.samples())


RULES: tuple[Rule, ...] = (
    Rule("exploding-loss", lambda t: bool(t.gradients() or t.step_count == 0), _exploding),
    Rule("vanishing-gradients", _has_early_layers, _vanishing, 300),
    Rule("mode-collapse", lambda t: t.model.draws, _collapsed, 800),
    Rule("saturated-discriminator", lambda t: "discriminator" in t.plan.card.capabilities_in(t.plan.world) and not t.model.objective.startswith("wasserstein"), _saturated, 200),
    Rule("posterior-collapse", lambda t: hasattr(t.model, "encoded"), _silent, 500),
    Rule("chain-not-mixing", lambda t: t.model.objective in ("pcd", "cd"), _mixing, 300),
    Rule("weak-terminal-noise", lambda t: isinstance(t.model, HasTerminalNoise), _noise),
    Rule("memorisation", lambda t: isinstance(t.model, HasDensity) or t.model.draws, _memory, 0),
)  # fmt: skip
