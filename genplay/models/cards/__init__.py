"""The cards of all models, one file each, in the order in which the window shows them."""

from __future__ import annotations

from genplay.models.card import Card
from genplay.models.cards import (
    bernoulli_mixture,
    cnf,
    ddpm,
    ebm,
    flow_matching,
    gan,
    gaussian,
    glow,
    gmm,
    kde,
    made,
    maf,
    nsf,
    rbm,
    realnvp,
    vae,
)

__all__ = ["ALL"]

ALL: tuple[Card, ...] = (
    gaussian.CARD,
    gmm.CARD,
    kde.CARD,
    bernoulli_mixture.CARD,
    made.CARD,
    realnvp.CARD,
    glow.CARD,
    maf.CARD,
    nsf.CARD,
    cnf.CARD,
    vae.CARD,
    gan.CARD,
    ebm.CARD,
    rbm.CARD,
    ddpm.CARD,
    flow_matching.CARD,
)
