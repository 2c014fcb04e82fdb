"""The cards of all models, one file each, in the order in which the window shows them."""

from __future__ import annotations

from genplay.models.card import Card
from genplay.models.cards import (
    bernoulli_mixture,
    chow_liu,
    ddpm,
    ebm,
    gan,
    gaussian,
    gmm,
    histogram,
    ising,
    kde,
    lookup,
    made,
    naive_bayes,
    nsf,
    rbm,
    realnvp,
    vae,
)

__all__ = ["ALL"]

ALL: tuple[Card, ...] = (
    lookup.CARD,
    histogram.CARD,
    kde.CARD,
    gaussian.CARD,
    gmm.CARD,
    bernoulli_mixture.CARD,
    naive_bayes.CARD,
    chow_liu.CARD,
    ising.CARD,
    rbm.CARD,
    made.CARD,
    realnvp.CARD,
    nsf.CARD,
    vae.CARD,
    gan.CARD,
    ebm.CARD,
    ddpm.CARD,
)
