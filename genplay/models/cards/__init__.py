"""The cards of all models, one file each, in the order in which the window shows them."""

from __future__ import annotations

from genplay.models.card import Card
from genplay.models.cards import (
    autoencoder,
    bernoulli_mixture,
    ddpm,
    ebm,
    ensemble,
    flow_gan,
    gan,
    gaussian,
    gmm,
    kde,
    made,
    moment_matching,
    nsf,
    rbm,
    vae,
    vae_gan,
)

__all__ = ["ALL"]

ALL: tuple[Card, ...] = (
    gaussian.CARD,
    gmm.CARD,
    kde.CARD,
    bernoulli_mixture.CARD,
    made.CARD,
    nsf.CARD,
    autoencoder.CARD,
    vae.CARD,
    gan.CARD,
    moment_matching.CARD,
    vae_gan.CARD,
    flow_gan.CARD,
    ensemble.CARD,
    ebm.CARD,
    rbm.CARD,
    ddpm.CARD,
)
