"""The card of the generator that is trained without an adversary."""

from __future__ import annotations

from dataclasses import dataclass

from genplay.knobs import again, knob
from genplay.models.card import Card, Objective
from genplay.models.net_knobs import NetKnobs

__all__ = ["CARD", "MomentMatchingKnobs"]


@dataclass(frozen=True)
class MomentMatchingKnobs(NetKnobs):
    """What can be turned on a generator trained by a distance between clouds."""

    latent: int = knob(4, "Dimensions of the noise z that the generator turns into data.", low=1, high=32)
    activation: str = again(NetKnobs, "activation", "silu")
    slices: int = knob(
        64, "Random directions on which both clouds are compared at each step.", low=1, high=1024, log=True,
        live=True, objectives=("sliced-wasserstein",),
    )  # fmt: skip
    kernel: float = knob(
        1.0, "Width of the widest kernel; four narrower ones, each half as wide, stand beside it.",
        low=0.05, high=10.0, log=True, live=True, label="widest kernel", unit="data deviations", objectives=("mmd",),
    )  # fmt: skip
    blur: float = knob(
        0.1, "Transport is blurred by this much: less is sharper and slower to settle.",
        low=0.01, high=2.0, log=True, live=True, unit="data deviations", objectives=("sinkhorn",),
    )  # fmt: skip
    iterations: int = knob(
        30, "Sinkhorn's iterations for each step.", low=5, high=200, live=True, objectives=("sinkhorn",)
    )


CARD = Card(
    id="moment-matching",
    title="Moment matching (generator without adversary)",
    family="Adversarial",
    worlds=("plane", "digits"),
    summary="A generator like a GAN's, but judged by a fixed distance between its samples and the data instead of a rival.",
    formula=r"\min_G\; \mathrm{D}\big(\{x_i\}, \{G(z_j)\}\big)",
    reference="MMD: Li, Swersky and Zemel 2015; sliced Wasserstein: Deshpande et al. 2018; Sinkhorn: Genevay et al. 2018",
    knobs=MomentMatchingKnobs,
    objectives=(
        Objective(
            "sliced-wasserstein", "Sliced Wasserstein",
            "Both clouds are projected on random lines, where moving one onto the other is just sorting.",
        ),
        Objective(
            "mmd", "MMD (kernel)", "All moments at once: samples attract data and repel each other, through kernels of five widths.",
        ),
        Objective(
            "sinkhorn", "Sinkhorn divergence", "The cheapest way to move samples onto data, slightly blurred, found by Sinkhorn's iteration.",
        ),
    ),
    capabilities=("sample", "latent"),
    density={},
    cost="one pass",
    target="genplay.models.moment_matching:MomentMatching",
    recipe={"learning_rate": 2e-3, "ema": 0.99, "schedule": "cosine", "horizon": 6000, "floor": 0.1},
    trained_by="a distance between samples and data",
    latents="a small code",
    architecture="generator network",
)  # fmt: skip
