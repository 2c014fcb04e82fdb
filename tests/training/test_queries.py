"""Questions to a model, against the closed forms of a Gaussian."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import stats

from genplay.errors import BadInput, Failure
from genplay.models.base import Model
from genplay.training import queries
from genplay.training.trainer import Trainer
from tests.training import fakes


@pytest.fixture
def model() -> Model:
    trainer = Trainer(fakes.plan("ClosedForm"))
    trainer.step()
    return trainer.model


X = np.random.default_rng(0).normal(size=(5000, 2))


def test_density_energy_and_score(model: Model) -> None:
    mean, scale = model.mean.detach().numpy(), model.log_scale.exp().item()
    law = stats.multivariate_normal(mean, scale**2)
    assert queries.log_prob(model, X) == pytest.approx(law.logpdf(X), abs=1e-4)
    assert queries.energy(model, X) == pytest.approx(-law.logpdf(X), abs=1e-4)
    assert queries.score(model, X) == pytest.approx((mean - X) / scale**2, abs=1e-3)
    assert queries.log_prob(model, X).dtype == np.float64
    with pytest.raises(BadInput, match=r"\(n, d\)"):
        queries.log_prob(model, X[0])


def test_what_a_model_cannot_do_it_says() -> None:
    judge = Trainer(fakes.plan("TwoPlayers")).model
    for ask in (queries.log_prob, queries.energy, queries.score, queries.encode):
        with pytest.raises(Failure, match="The model 'twoplayers' has no"):
            ask(judge, X)
    assert np.all((queries.discriminator(judge, X) > 0) & (queries.discriminator(judge, X) < 1))


def test_codes_go_there_and_back(model: Model) -> None:
    z = queries.encode(model, X)
    assert queries.decode(model, z) == pytest.approx(X, abs=1e-5)
    with pytest.raises(BadInput, match="2 numbers, not 3"):
        queries.decode(model, np.zeros((1, 3)))


def test_samples_follow_their_seed(model: Model) -> None:
    a, b = queries.sample(model, 2000, 1), queries.sample(model, 2000, 2)
    assert np.array_equal(a, queries.sample(model, 2000, 1))
    assert not np.array_equal(a, b)
    assert a.mean(axis=0) == pytest.approx(model.mean.tolist(), abs=0.1)


def test_a_straight_path_and_one_along_the_sphere(model: Model) -> None:
    a, b = queries.decode(model, np.array([[3.0, 0.0], [0.0, 3.0]]))
    straight = queries.interpolate(model, a, b, 5)
    assert straight.x[[0, -1]] == pytest.approx(np.stack([a, b]), abs=1e-5)
    assert straight.z[2] == pytest.approx([1.5, 1.5], abs=1e-5)
    assert straight.log_prob == pytest.approx(queries.log_prob(model, straight.x))
    arc = queries.interpolate(model, a, b, 7, "spherical")
    assert np.linalg.norm(arc.z, axis=1) == pytest.approx(np.full(7, 3.0), abs=1e-4)
    assert np.diff(np.arctan2(arc.z[:, 1], arc.z[:, 0])) == pytest.approx(np.full(6, np.pi / 12), abs=1e-4)
    same = queries.interpolate(model, a, a, 3, "spherical")
    assert same.x == pytest.approx(np.stack([a] * 3), abs=1e-5)
    with pytest.raises(BadInput, match="at least 2"):
        queries.interpolate(model, a, b, 1)


def test_a_copy_is_not_touched_by_training() -> None:
    trainer = Trainer(fakes.plan())
    kept = queries.copy(trainer.model)
    before = queries.log_prob(kept, X)
    trainer.advance(20)
    assert np.array_equal(queries.log_prob(kept, X), before)
    assert not any(p.requires_grad for p in kept.parameters())
    assert not torch.equal(kept.mean, trainer.model.mean)
