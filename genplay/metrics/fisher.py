"""Fisher divergence: F(p‖q) = E_p ‖∇ log p(x) − ∇ log q(x)‖², how far the slopes are apart where the data are.

What score matching makes small. It knows no normalising constant, and hardly sees how mass is shared out between modes that
lie far apart. Hyvärinen 2005.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from genplay.datasets.law_score import law_score
from genplay.metrics.card import Missing
from genplay.metrics.evaluation import Evaluation
from genplay.metrics.likelihood import standard_error
from genplay.models.base import HasScore
from genplay.quantity import Quantity, estimate

__all__ = ["fisher", "model_score"]

Array = NDArray[np.float64]


def fisher(on: Evaluation) -> Quantity:
    """Mean over fresh draws of the law, in 1/units²."""
    law = on.data.law
    assert law is not None
    slope, how = law_score(law)
    if slope is None:
        raise Missing(
            "the true density has sharp edges and is flat between them: its slope is 0 or does not exist."
        )
    x = on.truth
    apart = np.square(slope(x) - model_score(on, x)).sum(axis=1)
    method = f"mean over {on.true_ones(len(x))}; the law's slope by {how}; standard error of the mean"
    return estimate(float(apart.mean()), standard_error(apart), method, unit="1/units²")


def model_score(on: Evaluation, x: Array) -> Array:
    """The model's ∇ log q, (n, d) → (n, d)."""
    model = on.model
    assert isinstance(model, HasScore)
    parts = []
    for start in range(0, len(x), 1000):
        on.watch.at(start / len(x), "slopes of the model")
        parts.append(model.score(on.tensor(x[start : start + 1000])).detach().double().cpu().numpy())
    if not all(np.isfinite(part).all() for part in parts):
        raise Missing("the model's slope is not a finite number everywhere: it has diverged.")
    return np.concatenate(parts)
