"""The judges: the small digit classifier, and the true law's opinion of classes."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from genplay.datasets.base import DataSettings, DataSpec
from genplay.datasets.registry import build
from genplay.metrics.card import Missing
from genplay.metrics.digit_classifier import digit_classifier
from genplay.metrics.features import class_posterior, features
from tests.metrics.fakes import Dressed, data_of, gaussian, on


def test_the_classifier_knows_unseen_digits_and_is_always_the_same() -> None:
    first = digit_classifier()
    data = build(DataSpec("glyphs", settings=DataSettings(n=10, test=500, seed=7)))
    assert (first.posterior(data.x_test).argmax(axis=1) == data.y_test).mean() > 0.93
    assert first.right > 0.85
    with torch.no_grad():
        again = digit_classifier.__wrapped__()
    assert again.posterior(data.x_test) == pytest.approx(first.posterior(data.x_test))
    assert first.posterior(data.x_test).sum(axis=1) == pytest.approx(1.0)


def test_equal_images_have_equal_features_wherever_they_stand() -> None:
    x = np.random.default_rng(0).integers(0, 2, (97, 25)).astype(float)
    twice = digit_classifier().features(np.concatenate([x, x[::-1]]))
    assert (twice[:97] == twice[97:][::-1]).all()
    assert twice.shape == (194, 32)


def test_features_of_the_plane_are_the_coordinates() -> None:
    law = gaussian((0.0, 0.0), (0.5, 0.3))
    examined = on(Dressed(law), data_of(law))
    name, x, y = features(examined)
    assert name == "the coordinates themselves"
    assert x is examined.samples
    assert y is examined.truth


@pytest.mark.parametrize("knobs", [{}, {"outliers": 0.2}, {"balance": 0.5}])
@pytest.mark.parametrize("name", ["two-moons", "pinwheel", "eight-gaussians"])
def test_the_truth_s_opinion_is_calibrated(name: str, knobs: dict) -> None:
    """Σ_y p(x, y) = p(x), and among points given P(y | x) = r a share r is of class y."""
    data = build(DataSpec(name, settings=DataSettings(n=20, test=20, **knobs)))
    law = data.law
    assert law is not None
    if law.classes < 2:
        return
    x, y = law.sample(20_000, np.random.default_rng(0))
    joint = law.joint_log_prob(x)  # type: ignore[attr-defined]
    assert joint.shape == (20_000, law.classes)
    assert np.logaddexp.reduce(joint, axis=1) == pytest.approx(law.log_prob(x), abs=1e-9)
    posterior = np.exp(joint - law.log_prob(x)[:, None])
    shares = np.bincount(y, minlength=law.classes) / len(y)
    assert posterior.mean(axis=0) == pytest.approx(shares, abs=0.015)
    middle = (posterior[:, 0] > 0.02) & (posterior[:, 0] < 0.98)
    if middle.sum() > 100:
        stderr = 0.5 / np.sqrt(middle.sum())
        assert abs((y[middle] == 0).mean() - posterior[middle, 0].mean()) < 4 * stderr


def test_without_true_classes_there_is_no_opinion() -> None:
    law = gaussian((0.0, 0.0), (0.5, 0.3))
    with pytest.raises(Missing, match="no classes"):
        class_posterior(on(Dressed(law), data_of(law)))


def test_points_without_any_true_mass_leave_it_undecided() -> None:
    data = build(DataSpec("two-moons", settings=DataSettings(n=20, test=20)))
    far = gaussian((1e6, 0.0), (0.1, 0.1))
    _, posterior = class_posterior(on(Dressed(far), data))
    assert np.isfinite(posterior).all()
    assert posterior.sum(axis=1) == pytest.approx(1.0)
