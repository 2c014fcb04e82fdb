"""The card of the VAE with a discriminator."""

from __future__ import annotations

from dataclasses import dataclass

from genplay.knobs import again
from genplay.models.card import Card, Objective
from genplay.models.cards.adversary_knobs import HybridKnobs
from genplay.models.cards.vae import CARD as VAE_CARD
from genplay.models.cards.vae import VAEKnobs

__all__ = ["CARD", "VAEGANKnobs"]


@dataclass(frozen=True)
class VAEGANKnobs(VAEKnobs, HybridKnobs):
    """What can be turned on a VAE-GAN: all of a VAE, and the discriminator."""

    beta: float = again(VAEKnobs, "beta", objectives=None)


CARD = Card(
    id="vae-gan",
    title="VAE-GAN",
    family="Combination",
    worlds=("plane", "digits"),
    summary="A VAE whose samples must also pass a discriminator: a slider goes from the likelihood's goal to the game's.",
    formula=r"\min_{p,q}\; -s\,\mathrm{ELBO} + (1 - s)\, \mathbb{E}_{\tilde x \sim p}[-\log D(\tilde x)]",
    reference="Larsen, Sønderby, Larochelle and Winther 2016",
    knobs=VAEGANKnobs,
    objectives=(
        Objective("hybrid", "ELBO and game", "Part evidence lower bound, part a game against a discriminator: see the slider."),
    ),
    capabilities=(*VAE_CARD.capabilities, "discriminator"),
    density=VAE_CARD.density,
    cost="one pass",
    target="genplay.models.vae_gan:VAEGAN",
    recipe={"learning_rate": 2e-3, "momentum": 0.5, "ema": 0.995, "schedule": "cosine", "horizon": 8000, "floor": 0.2},
    trained_by="a bound on the likelihood and a game",
    latents="a small code",
    architecture="encoder, decoder and discriminator networks",
)  # fmt: skip
