"""What samples are compared by: features, and a classifier's opinion of them.

In the digit world both are those of a small digit classifier trained here. On the plane the features are the coordinates
themselves, and the opinion is P(y | x) of the truth.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from genplay.datasets.base import has_density
from genplay.datasets.plane_law import PlaneLaw
from genplay.metrics.card import Missing
from genplay.metrics.evaluation import Evaluation

__all__ = ["class_posterior", "features"]

Array = NDArray[np.float64]


def features(on: Evaluation) -> tuple[str, Array, Array]:
    """Their name, and those of the model's samples and of the true draws, (n, k) and (m, k)."""
    if on.data.world == "plane":
        return "the coordinates themselves", on.samples, on.truth
    from genplay.metrics.digit_classifier import digit_classifier

    def compute() -> tuple[str, Array, Array]:
        on.watch.at(0.1, "a small digit classifier")
        judge = digit_classifier()
        name = f"the {judge.width} features of {judge.name}"
        return name, judge.features(on.samples), judge.features(on.truth)

    return on.once("features", compute)


def class_posterior(on: Evaluation) -> tuple[str, Array]:
    """Whose opinion it is, and P(y | x) of the model's samples, (n, classes)."""
    if on.data.world == "digits":
        from genplay.metrics.digit_classifier import digit_classifier

        on.watch.at(0.1, "a small digit classifier")
        judge = digit_classifier()
        return judge.name, judge.posterior(on.samples)
    law = on.data.law
    if on.data.classes < 2:
        raise Missing("the data have no classes.")
    if not isinstance(law, PlaneLaw) or not has_density(law):
        raise Missing("the true classes of a point are not known for these data.")
    joint = law.joint_log_prob(on.samples)
    # Where the truth has no mass at all it is undecided.
    joint = np.where(np.isneginf(joint.max(axis=1, keepdims=True)), 0.0, joint)
    joint = np.exp(joint - joint.max(axis=1, keepdims=True))
    return "P(y | x) of the true law", joint / joint.sum(axis=1, keepdims=True)
