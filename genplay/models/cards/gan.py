"""The card of the generative adversarial network."""

from __future__ import annotations

from dataclasses import dataclass

from genplay.knobs import Knobs, knob
from genplay.models.card import Card, Objective

__all__ = ["CARD", "GANKnobs"]


@dataclass(frozen=True)
class GANKnobs(Knobs):
    """What can be turned on a GAN."""

    latent: int = knob(4, "Dimensions of the noise z that the generator turns into data.", low=1, high=32)
    width: int = knob(64, "Units in each hidden layer of both networks.", low=4, high=512, log=True)
    depth: int = knob(3, "Hidden layers of both networks.", low=1, high=6)
    activation: str = knob(
        "silu", "The bend in each hidden unit.", choices=("relu", "tanh", "silu", "softplus")
    )
    d_steps: int = knob(
        1, "Steps of the discriminator for each step of the generator.", low=1, high=20, live=True,
        label="discriminator steps",
    )  # fmt: skip
    penalty: float = knob(
        0.3,
        "Weight of the gradient penalty: keeps the discriminator from becoming a cliff. For Wasserstein it asks "
        "for slope 1 between real and fake, else for slope 0 at the data.",
        low=0.0,
        high=100.0,
        live=True,
        label="gradient penalty",
    )
    instance_noise: float = knob(
        0.0,
        "Noise added to real and fake alike before the discriminator sees them.",
        low=0.0,
        high=2.0,
        live=True,
        unit="data deviations",
        worlds=("plane",),
    )
    pixel_noise: float = knob(
        1.0,
        "Noise added to real and fake images alike before the discriminator sees them, so that it cannot be certain. "
        "Dark is −1 and light is 1.",
        low=0.0,
        high=2.0,
        live=True,
        label="instance noise",
        worlds=("digits",),
    )
    d_rate: float = knob(
        1.0, "Learning rate of the discriminator, as a multiple of the recipe's.", low=0.01, high=10.0, log=True,
        live=True, label="discriminator's pace",
    )  # fmt: skip
    g_rate: float = knob(
        1.0, "Learning rate of the generator, as a multiple of the recipe's.", low=0.01, high=10.0, log=True,
        live=True, label="generator's pace",
    )  # fmt: skip


CARD = Card(
    id="gan",
    title="Generative adversarial network",
    family="Adversarial",
    worlds=("plane", "digits"),
    summary="A generator turns noise into data; a discriminator learns to tell its work from real data; each trains the other.",
    formula=r"\min_G \max_D\; \mathbb{E}_{x}[\log D(x)] + \mathbb{E}_{z}[\log(1 - D(G(z)))]",
    reference="Goodfellow et al. 2014; least squares: Mao et al. 2017; hinge: Lim and Ye 2017; Wasserstein: Gulrajani et al. 2017",
    knobs=GANKnobs,
    objectives=(
        Objective(
            "non-saturating",
            "Non-saturating",
            "The generator maximises log D(G(z)): strong slopes even while it loses.",
        ),
        Objective(
            "minimax", "Minimax", "The game as first written: the generator minimises log(1 − D(G(z)))."
        ),
        Objective(
            "least-squares",
            "Least squares",
            "D is pulled to 1 at data and to 0 at fakes by squares, without a logarithm.",
        ),
        Objective("hinge", "Hinge", "Only examples that are not yet told apart with a margin count."),
        Objective(
            "wasserstein", "Wasserstein", "A critic of bounded slope measures how far the mass must be moved."
        ),
    ),
    capabilities=("sample", "latent", "discriminator"),
    density={},
    cost="one pass",
    target="genplay.models.gan:GAN",
    recipe={
        "learning_rate": 2e-3,
        "momentum": 0.0,
        "ema": 0.995,
        "schedule": "cosine",
        "horizon": 8000,
        "floor": 0.25,
    },
)
