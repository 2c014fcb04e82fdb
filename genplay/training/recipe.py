"""How a model is optimised: optimiser, learning rate and its schedule, batches, clipping, averaging. No torch here."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Self

from genplay.knobs import Knobs, knob
from genplay.models.card import Card

__all__ = ["Recipe"]


@dataclass(frozen=True)
class Recipe(Knobs):
    """The knobs of the trainer.

    The learning rate of step t = 0, 1, … is η_t = η · w(t) · s(t), with warm-up w(t) = min(1, (t + 1)/warmup) and a
    schedule s that falls from 1 to ``floor`` over ``horizon`` steps and stays there.

    ``precision`` is that of all floating-point numbers of a run: parameters, data, noise, the optimiser's memory, averages and
    what is measured. There is no bfloat16: on small nets it is slower than float32 (0.87 of its speed on the CPU), and with two
    to three digits a sum of log-densities would no longer be the exact number that it says it is.
    """

    optimiser: str = knob("adam", "How gradients become steps.", choices=("adam", "adamw", "sgd", "rmsprop"))
    precision: str = knob(
        "float32", "How finely all numbers are kept: about 7 digits, or about 16 at roughly half the speed.",
        choices=("float32", "float64"),
    )  # fmt: skip
    learning_rate: float = knob(
        1e-3, "How far each step goes. Too high and training explodes.", low=1e-6, high=1.0, log=True, live=True
    )  # fmt: skip
    batch_size: int = knob(
        256, "How many examples each step looks at.", low=1, high=8192, log=True, live=True
    )
    weight_decay: float = knob(
        0.0, "Pulls weights towards zero: smoother, simpler models.", low=0.0, high=1.0, live=True
    )
    momentum: float = knob(
        0.9, "How long past gradients are remembered (Adam's β₁).", low=0.0, high=0.999, live=True
    )
    beta2: float = knob(
        0.999, "How long squared gradients are remembered (Adam, RMSprop).", low=0.0, high=0.99999,
        live=True, label="β₂",
    )  # fmt: skip
    clip: float = knob(
        0.0, "Longest allowed gradient; longer ones are shortened. 0: no limit.", low=0.0, high=1000.0,
        live=True, label="clip gradients at",
    )  # fmt: skip
    schedule: str = knob(
        "constant", "How the learning rate falls as training goes on.",
        choices=("constant", "cosine", "exponential", "polynomial"), live=True,
    )  # fmt: skip
    horizon: int = knob(
        5000, "After how many steps the schedule has reached its floor.", low=1, high=10_000_000, log=True,
        live=True, unit="steps",
    )  # fmt: skip
    floor: float = knob(
        0.01, "Share of the learning rate that is left at the end of the schedule.", low=0.0, high=1.0, live=True
    )  # fmt: skip
    power: float = knob(
        1.0, "Exponent of the polynomial schedule; 1 is a straight line.", low=0.1, high=10.0, live=True
    )
    warmup: int = knob(
        0, "The learning rate rises from zero over this many steps.", low=0, high=1_000_000, live=True,
        label="warm-up", unit="steps",
    )  # fmt: skip
    ema: float = knob(
        0.0, "Views and measures use parameters averaged over about 1/(1 − this) steps. 0: off.", low=0.0,
        high=0.99999, live=True, label="averaging (EMA)",
    )  # fmt: skip

    @classmethod
    def for_card(cls, card: Card) -> Self:
        """The defaults with a model's own choices on top."""
        return cls.parse(dict(card.recipe))

    def rate(self, step: int) -> float:
        """The learning rate of the step with this number, counted from 0."""
        done = min(1.0, step / self.horizon)
        if self.schedule == "cosine":
            share = self.floor + (1 - self.floor) * (1 + math.cos(math.pi * done)) / 2
        elif self.schedule == "exponential":
            # A geometric fall never reaches 0: a floor of 0 is read as one part in ten thousand.
            share = max(self.floor, 1e-4) ** done
        elif self.schedule == "polynomial":
            share = self.floor + (1 - self.floor) * (1 - done) ** self.power
        else:
            share = 1.0
        warm = min(1.0, (step + 1) / self.warmup) if self.warmup else 1.0
        return self.learning_rate * share * warm
