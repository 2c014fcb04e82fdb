"""The card of the generative adversarial network."""

from __future__ import annotations

from dataclasses import dataclass

from genplay.knobs import again, knob
from genplay.models.card import Card, Objective
from genplay.models.net_knobs import NetKnobs

__all__ = ["CARD", "GANKnobs"]


@dataclass(frozen=True)
class GANKnobs(NetKnobs):
    """What can be turned on a GAN."""

    latent: int = knob(4, "Dimensions of the noise z that the generator turns into data.", low=1, high=32)
    activation: str = again(NetKnobs, "activation", "silu")
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
        objectives=("non-saturating", "minimax", "least-squares", "hinge", "wasserstein"),
    )
    clip: float = knob(
        0.3, "After each step the critic's weights are cut to ± this, which bounds its slope.", low=0.001, high=1.0,
        log=True, live=True, label="clip the critic's weights at", objectives=("wasserstein-clipping",),
    )  # fmt: skip
    spectral_norm: bool = knob(
        False, "Divide each weight matrix of the discriminator by its largest stretch, so that its slope stays bounded.",
        label="spectral norm",
    )  # fmt: skip
    minibatch: bool = knob(
        False, "Show the discriminator how crowded each example's neighbourhood in the batch is: against mode collapse.",
        label="minibatch discrimination",
    )  # fmt: skip
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
    reference="Goodfellow et al. 2014; least squares: Mao et al. 2017; hinge: Lim and Ye 2017; Wasserstein: Arjovsky et al. 2017, Gulrajani et al. 2017",
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
            "wasserstein",
            "Wasserstein, gradient penalty",
            "A critic of bounded slope measures how far the mass must be moved.",
        ),
        Objective(
            "wasserstein-clipping",
            "Wasserstein, clipping",
            "The same critic, its slope bounded the first way: by cutting its weights. Cruder, and it shows.",
        ),
    ),
    capabilities=("sample", "latent", "discriminator"),
    density={},
    cost="one pass",
    target="genplay.models.gan:GAN",
    trained_by="a game of two networks",
    latents="a small code",
    architecture="generator and discriminator networks",
    recipe={
        "learning_rate": 2e-3,
        "momentum": 0.0,
        "ema": 0.995,
        "schedule": "cosine",
        "horizon": 8000,
        "floor": 0.25,
    },
)
