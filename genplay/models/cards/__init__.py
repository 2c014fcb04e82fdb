"""The cards of all models, one file each, in the order in which the window shows them."""

from __future__ import annotations

from genplay.models.card import Card
from genplay.models.cards import (
    bernoulli_mixture,
    ddpm,
    ebm,
    gan,
    gaussian,
    gmm,
    histogram,
    kde,
    logistic,
    lookup,
    made,
    naive_bayes,
    nsf,
    ppca,
    rbm,
    vae,
)

__all__ = ["ALL"]

ALL: tuple[Card, ...] = (
    lookup.CARD,
    histogram.CARD,
    gaussian.CARD,
    gmm.CARD,
    kde.CARD,
    bernoulli_mixture.CARD,
    naive_bayes.CARD,
    logistic.CARD,
    ppca.CARD,
    made.CARD,
    nsf.CARD,
    vae.CARD,
    gan.CARD,
    ebm.CARD,
    rbm.CARD,
    ddpm.CARD,
)
