"""EM against brute force, smoothing, the density of all images, and sampling."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from genplay.models.base import About, Batch
from genplay.models.bernoulli_mixture import BernoulliMixture
from genplay.models.exhibits import Bars, Pictures
from genplay.spaces.binary import images, log_sum_exp
from tests.models.harness import build, few_images, slope_error, train


def mixture(x: torch.Tensor, objective: str = "em", **knobs: object) -> BernoulliMixture:
    model = build("bernoulli-mixture", x, world="digits", objective=objective, knobs=knobs)
    assert isinstance(model, BernoulliMixture)
    return model


def by_hand(pi: np.ndarray, mu: np.ndarray, x: np.ndarray) -> np.ndarray:
    """π_k p(x_n | k), (n, K), factor by factor."""
    return np.array(
        [[w * np.prod(np.where(row > 0, m, 1 - m)) for w, m in zip(pi, mu, strict=True)] for row in x]
    )


def parameters(model: BernoulliMixture) -> tuple[np.ndarray, np.ndarray]:
    return model.weights().double().numpy(), model.prototypes().double().numpy()


def test_one_turn_of_em_equals_em_by_hand() -> None:
    x = few_images(60)
    model = mixture(x, components=3, smoothing=0.7)
    pi, mu = parameters(model)
    joint = by_hand(pi, mu, x.numpy())
    r = joint / joint.sum(axis=1, keepdims=True)
    batch = Batch(x, torch.zeros(60), torch.Generator())
    loss = float(model.expect(batch)["loss"])
    model.maximise(batch)
    assert loss == pytest.approx(-np.log(joint.sum(axis=1)).mean(), rel=1e-6)
    np.testing.assert_allclose(model.weights(), r.mean(axis=0), rtol=1e-5)
    expected = (r.T @ x.double().numpy() + 0.7) / (r.sum(axis=0)[:, None] + 1.4)
    np.testing.assert_allclose(model.prototypes(), expected, rtol=1e-4)


@settings(deadline=None, max_examples=15)
@given(st.integers(1, 6), st.integers(0, 100), st.sampled_from([0.0, 0.3]))
def test_em_never_goes_down(components: int, seed: int, smoothing: float) -> None:
    x = few_images(80, seed)
    model = mixture(x, components=components, smoothing=smoothing)

    def climbed() -> float:
        _, mu = parameters(model)
        log_prior = smoothing * (np.log(mu) + np.log1p(-mu)).sum() if smoothing else 0.0
        with torch.no_grad():
            return float(model.log_prob(x.double()).sum()) + log_prior

    values = [climbed()]
    for _ in range(8):
        train(model, x, 1)
        values.append(climbed())
    assert np.diff(values).min() > -1e-3


def test_em_stops_when_it_has_arrived_and_goes_on_with_new_data() -> None:
    x = few_images(200)
    model = mixture(x, components=4)
    train(model, x, 300)
    assert model.finished
    before = model.log_prob(x).detach()
    model.data_changed()
    assert not model.finished
    train(model, x, 5)
    torch.testing.assert_close(model.log_prob(x).detach(), before, atol=1e-2, rtol=0)
    model.configure(model.options.replace(smoothing=2.0))
    assert not model.finished


def test_without_smoothing_an_unseen_combination_is_impossible_in_effect() -> None:
    x = torch.zeros(20, 25)
    x[:, 3] = 1
    unseen = torch.ones(1, 25)
    sure, unsure = mixture(x, components=1, smoothing=0.0), mixture(x, components=1, smoothing=0.5)
    for model in (sure, unsure):
        train(model, x, 5)
    assert float(sure.log_prob(unseen).detach()) < -1000
    assert float(unsure.log_prob(unseen).detach()) == pytest.approx(
        24 * np.log(0.5 / 21) + np.log(20.5 / 21), rel=1e-4
    )


def test_the_gradient_climbs_the_hill_of_em() -> None:
    x = few_images(300)
    em, ascent = mixture(x, components=4), mixture(x, "gradient", components=4)
    train(em, x, 200)
    train(ascent, x, 600, batch_size=300, learning_rate=0.05)
    assert float(-ascent.log_prob(x).detach().mean()) == pytest.approx(
        float(-em.log_prob(x).detach().mean()), abs=0.05
    )


def test_the_probabilities_of_all_images_sum_to_one_and_agree_with_log_prob() -> None:
    x = few_images(200)
    model = mixture(x, components=6)
    train(model, x, 10)
    block = model.log_prob_blocks()
    assert log_sum_exp(block) == pytest.approx(0.0, abs=1e-9)
    some = images(np.arange(77 * 4096, 79 * 4096))
    direct = model.log_prob(torch.tensor(some, dtype=torch.float64)).detach().numpy()
    np.testing.assert_allclose(block(77, 79).ravel(), direct, atol=1e-9)


def test_samples_come_from_the_mixture() -> None:
    x = few_images(400)
    model = mixture(x, components=4)
    train(model, x, 50)
    drawn = model.sample(20_000, torch.Generator().manual_seed(1))
    pi, mu = parameters(model)
    error = np.sqrt(mu.T @ pi * (1 - mu.T @ pi) / 20_000)
    assert (np.abs(drawn.mean(dim=0).numpy() - mu.T @ pi) < 4.5 * error + 1e-9).all()
    pairs = np.einsum("k,ki,kj->ij", pi, mu, mu)
    off = ~np.eye(25, dtype=bool)
    assert np.abs((drawn.T @ drawn / 20_000).numpy() - pairs)[off].max() < 0.02


def test_its_gradient_agrees_with_finite_differences() -> None:
    x = few_images(64)
    model = mixture(x, "gradient", components=5)
    train(model, x, 5)
    assert slope_error(model, Batch(x, torch.zeros(64, dtype=torch.int64), torch.Generator())) < 1e-5


def test_prototypes_weights_and_responsibilities_are_shown() -> None:
    x = few_images(100)
    model = mixture(x, components=4)
    train(model, x, 20)
    shown = model.exhibits(About(x[:1], x, torch.zeros(100, dtype=torch.int64), torch.Generator()))
    prototypes, blame = (e for e in shown if isinstance(e, Pictures))
    pi, mu = parameters(model)
    np.testing.assert_allclose(prototypes.values, mu[np.argsort(-pi, kind="stable")], atol=1e-6)
    np.testing.assert_allclose(blame.values[0], x[0])
    joint = by_hand(pi, mu, x[:1].numpy())[0]
    np.testing.assert_allclose(blame.values[1], joint / joint.sum() @ mu, atol=1e-5)
    np.testing.assert_allclose(next(e for e in shown if isinstance(e, Bars)).values, pi, atol=1e-6)
