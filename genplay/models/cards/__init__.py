"""The cards of all models, one file each, in the order in which the window shows them."""

from __future__ import annotations

from genplay.models.card import Card
from genplay.models.cards import (
    bernoulli_mixture,
    d3pm,
    ddpm,
    ebm,
    gan,
    gaussian,
    gmm,
    kde,
    latent_diffusion,
    made,
    nsf,
    rbm,
    score_sde,
    vae,
)

__all__ = ["ALL"]

ALL: tuple[Card, ...] = (
    gaussian.CARD,
    gmm.CARD,
    kde.CARD,
    bernoulli_mixture.CARD,
    made.CARD,
    nsf.CARD,
    vae.CARD,
    gan.CARD,
    ebm.CARD,
    rbm.CARD,
    ddpm.CARD,
    score_sde.CARD,
    d3pm.CARD,
    latent_diffusion.CARD,
)
