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
    hmm,
    ising,
    kde,
    made,
    markov,
    nsf,
    rbm,
    sigmoid_belief_net,
    vae,
)

__all__ = ["ALL"]

ALL: tuple[Card, ...] = (
    gaussian.CARD,
    gmm.CARD,
    kde.CARD,
    bernoulli_mixture.CARD,
    chow_liu.CARD,
    ising.CARD,
    markov.CARD,
    hmm.CARD,
    sigmoid_belief_net.CARD,
    made.CARD,
    nsf.CARD,
    vae.CARD,
    gan.CARD,
    ebm.CARD,
    rbm.CARD,
    ddpm.CARD,
)
