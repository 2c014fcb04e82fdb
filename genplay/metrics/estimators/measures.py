"""The estimators as measures: one number each of a model under examination, at a usual size."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from genplay.errors import Failure
from genplay.metrics.card import Missing
from genplay.metrics.density import generator_for, log_prob
from genplay.metrics.estimators import annealing, entropy, kl, log_z
from genplay.metrics.estimators.annealing import Annealing
from genplay.metrics.estimators.evidence import WORK, HasIwae
from genplay.metrics.estimators.study import annealing_of, log_weights
from genplay.metrics.evaluation import Evaluation
from genplay.metrics.likelihood import standard_error
from genplay.models.base import HasDensity
from genplay.quantity import Quantity, bound
from genplay.sampling.target import Target

__all__ = [
    "ais", "ais_reverse", "contrast", "harmonic", "importance", "iwae", "kl_samples", "knn_entropy", "learned",
]  # fmt: skip

Array = NDArray[np.float64]

CODES = 50
SAMPLES = 10_000
CHAINS, TEMPERATURES = 300, 64
OF_BASE, OF_MODEL, UP, DOWN, OF_LAW = 71, 72, 73, 74, 75
"""The streams of random numbers."""


def iwae(on: Evaluation) -> Quantity:
    """The mean of IWAE-50 over the test points, with the standard error of its noise and the points, in nats."""
    model = on.model
    if not isinstance(model, HasIwae):
        raise Missing("the model's bound is not made of importance weights.")
    x, generator, parts = on.rows("test"), generator_for(on.model, on.seed), []
    with torch.no_grad():
        for rows in on.tensor(x).split(WORK // CODES):
            on.watch.at(0.0, f"IWAE with {CODES} codes a point")
            parts.append(model.iwae(rows, CODES, generator).double().cpu().numpy())
    values = np.concatenate(parts)
    method = f"IWAE with {CODES} codes a point, mean over {len(x):,} test points"
    return bound(float(values.mean()), "lower", method, standard_error(values))


def _climb(on: Evaluation) -> tuple[Target, Annealing]:
    def make() -> tuple[Target, Annealing]:
        try:
            return annealing_of(on.model, on.data)
        except Failure as failure:
            raise Missing(str(failure)) from None

    return on.once("annealing", make)


def _of_base(on: Evaluation) -> Array:
    _, climb = _climb(on)
    return on.once(
        "weights of the base",
        lambda: log_weights(climb, climb.base.draw(SAMPLES, on.rng(OF_BASE)), on.watch, "broad law"),
    )


def _of_model(on: Evaluation) -> Array:
    target, climb = _climb(on)
    draws = target.draws
    if draws is None or not draws.exact:
        raise Missing("this needs exact draws of the model, and it has none.")
    return on.once(
        "weights of the model",
        lambda: log_weights(climb, draws.draw(SAMPLES, on.rng(OF_MODEL)), on.watch, "model"),
    )


def importance(on: Evaluation) -> Quantity:
    """log Z by importance sampling from a broad law, in nats."""
    return log_z.importance(_of_base(on), _climb(on)[1].base.title).final


def contrast(on: Evaluation) -> Quantity:
    """log Z as the constant of noise-contrastive estimation for the model as it is, in nats."""
    return log_z.contrast(_of_model(on), _of_base(on), _climb(on)[1].base.title).final


def harmonic(on: Evaluation) -> Quantity:
    """log Z by the harmonic mean, in nats."""
    return log_z.harmonic_mean(_of_model(on), _climb(on)[1].base.title).final


def learned(on: Evaluation) -> Quantity:
    """The log Z that noise-contrastive training learned beside the energy, in nats."""
    found = getattr(on.model, "learned_log_z", None)
    if found is None:
        raise Missing("only noise-contrastive training (objective nce) learns log Z as a parameter.")
    return log_z.learned(float(found.detach()[0])).final


def ais(on: Evaluation) -> Quantity:
    """log Z by annealed importance sampling, in nats."""
    _, climb = _climb(on)
    return annealing.annealed(climb, (TEMPERATURES,), CHAINS, on.rng(UP), watch=on.watch).final


def ais_reverse(on: Evaluation) -> Quantity:
    """log Z by the same backwards, an upper bound on average, in nats."""
    target, climb = _climb(on)
    draws = target.draws
    if draws is None or not draws.exact:
        raise Missing("going backwards starts from exact draws of the model, and it has none.")
    return annealing.annealed(climb, (TEMPERATURES,), CHAINS, on.rng(DOWN), draws.draw, on.watch).final


def kl_samples(on: Evaluation) -> Quantity:
    """KL(p‖q) by a mean over samples of the law, in nats."""
    law, model = on.data.law, on.model
    assert law is not None
    assert isinstance(model, HasDensity)
    if model.density_kind != "exact":
        raise Missing("the model's density is not exact.")
    x, _ = law.sample(SAMPLES, on.rng(OF_LAW))
    return kl.plain(law.log_prob(x) - log_prob(model, x, on.device, on.watch)).final


def knn_entropy(on: Evaluation) -> Quantity:
    """The entropy of the data's law from distances between neighbours, in nats."""
    assert on.data.law is not None
    return entropy.by_neighbours(on.data.law.sample(SAMPLES, on.rng(OF_LAW))[0]).final
