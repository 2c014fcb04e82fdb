"""The cards of all models, one file each, in the order in which the window shows them."""

from __future__ import annotations

from genplay.models.card import Card
from genplay.models.cards import (
    autoencoder,
    bernoulli_mixture,
    chow_liu,
    ddpm,
    ebm,
    gan,
    gaussian,
    glow,
    gmm,
    histogram,
    ising,
    kde,
    logistic,
    lookup,
    made,
    maf,
    moment_matching,
    naive_bayes,
    nsf,
    pixelcnn,
    ppca,
    rbm,
    realnvp,
    rnn,
    transformer,
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
    logistic.CARD,
    ppca.CARD,
    chow_liu.CARD,
    ising.CARD,
    rbm.CARD,
    made.CARD,
    rnn.CARD,
    pixelcnn.CARD,
    transformer.CARD,
    realnvp.CARD,
    glow.CARD,
    maf.CARD,
    nsf.CARD,
    autoencoder.CARD,
    vae.CARD,
    gan.CARD,
    moment_matching.CARD,
    ebm.CARD,
    ddpm.CARD,
)
