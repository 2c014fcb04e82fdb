"""The knobs of a model that has both a likelihood and a discriminator."""

from __future__ import annotations

from dataclasses import dataclass

from genplay.knobs import knob
from genplay.models.net_knobs import NetKnobs

__all__ = ["HybridKnobs"]


@dataclass(frozen=True)
class HybridKnobs(NetKnobs):
    """The slider between the two goals, and the discriminator."""

    likelihood: float = knob(
        0.5, "What counts: at 1 the likelihood alone, at 0 only that samples pass for real.", low=0.0, high=1.0,
        live=True, label="likelihood against sample quality",
    )  # fmt: skip
    d_steps: int = knob(
        1, "Steps of the discriminator for each step of the model.", low=1, high=20, live=True, label="discriminator steps"
    )  # fmt: skip
    penalty: float = knob(
        0.3, "Weight of the gradient penalty that keeps the discriminator from becoming a cliff.", low=0.0, high=100.0,
        live=True, label="gradient penalty",
    )  # fmt: skip
    pixel_noise: float = knob(
        1.0, "Noise added to real and fake images alike before the discriminator sees them. Dark is −1 and light is 1.",
        low=0.0, high=2.0, live=True, label="instance noise", worlds=("digits",),
    )  # fmt: skip
