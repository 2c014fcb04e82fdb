"""Ising: exact sums against enumeration, gradients against differences, CD against the exact gradient, Gibbs sampling."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from torch import Tensor

from genplay.models.base import About, Batch, Setting
from genplay.models.cards.ising import IsingKnobs
from genplay.models.exhibits import Matrix
from genplay.models.ising import Ising, coupled_pairs, independent_groups
from genplay.models.pairwise import pairwise_log_z
from genplay.spaces.binary import images, log_sum_exp
from genplay.spaces.plane import HOME
from tests.models.harness import few_images, slope_error, train

KINDS = ("neighbours", "diagonals", "all")
NINE = 9


def ising(dim: int = 25, objective: str = "exact", spread: float = 0.0, **knobs: object) -> Ising:
    x = few_images(200)[:, :dim]
    generator = torch.Generator().manual_seed(0)
    setting = Setting("digits", dim, 1, objective, HOME, x, torch.zeros(200), generator)
    model = Ising(IsingKnobs.parse(knobs), setting)
    with torch.no_grad():
        for p in model.parameters():
            p.add_(spread * torch.randn(p.shape, generator=generator))
    return model


def enumerated(model: Ising, beta: float = 1.0) -> tuple[Tensor, Tensor, Tensor]:
    """All images (2^d, d), their p and log Z, by a plain double sum over pixels and pairs."""
    x = torch.tensor(list(itertools.product((0.0, 1.0), repeat=model.dim)), dtype=torch.float64)
    s = 2 * x - 1
    minus_energy = s @ model.fields.detach().double()
    for w, (i, j) in zip(model.weights.tolist(), model.pairs.T.tolist(), strict=True):
        minus_energy += w * s[:, i] * s[:, j]
    minus_energy *= beta
    log_z = minus_energy.logsumexp(0)
    return x, (minus_energy - log_z).exp(), log_z


@pytest.mark.parametrize("connections", KINDS)
def test_log_z_and_log_prob_equal_plain_enumeration(connections: str) -> None:
    model = ising(NINE, spread=0.7, connections=connections)
    x, p, log_z = enumerated(model)
    assert model.log_z() == pytest.approx(float(log_z), abs=1e-10)
    torch.testing.assert_close(model.log_prob(x.float()).detach().exp().double(), p, atol=1e-6, rtol=1e-4)


def test_moments_equal_the_means_over_all_images() -> None:
    model = ising(NINE, spread=0.7)
    x, p, _ = enumerated(model)
    s = 2 * x - 1
    single, pair = model.moments()
    torch.testing.assert_close(single, p @ s, atol=1e-10, rtol=0)
    torch.testing.assert_close(pair.triu(1), ((s * p[:, None]).T @ s).triu(1), atol=1e-10, rtol=0)


@pytest.mark.parametrize("size", [0.3, 30.0])
def test_log_z_of_25_pixels_equals_the_sum_of_the_table(size: float) -> None:
    model = ising(spread=size)
    assert log_sum_exp(model.log_prob_blocks(), rows=16) == pytest.approx(0.0, abs=1e-9)
    if size < 1:
        h, J = model.fields.double(), model.couplings().double()
        assert float(pairwise_log_z(h, J).detach()) == pytest.approx(
            log_sum_exp(model._blocks(0.0), rows=16), abs=1e-9
        )


def test_the_table_of_all_images_agrees_with_log_prob() -> None:
    model = ising(spread=0.3, connections="diagonals").double()
    some = images(np.arange(4000 * 4096, 4001 * 4096))
    direct = model.log_prob(torch.tensor(some, dtype=torch.float64)).detach().numpy()
    np.testing.assert_allclose(model.log_prob_blocks()(4000, 4001).ravel(), direct, atol=1e-9)


@pytest.mark.parametrize("objective", ["exact", "pseudo"])
def test_gradients_equal_finite_differences(objective: str) -> None:
    model = ising(objective=objective, spread=0.3)
    assert slope_error(model, Batch(few_images(50), torch.zeros(50), torch.Generator())) < 1e-6


def test_pseudo_likelihood_is_the_product_of_the_exact_conditionals() -> None:
    model = ising(NINE, "pseudo", spread=0.7)
    x, p, _ = enumerated(model)
    total = torch.zeros(len(x), dtype=torch.float64)
    for j in range(NINE):
        flipped = x.clone()
        flipped[:, j] = 1 - flipped[:, j]
        other = (flipped @ 2.0 ** torch.arange(NINE - 1, -1, -1, dtype=torch.float64)).long()
        total += (p / (p + p[other])).log()
    (phase,) = model.phases()
    loss = phase.run(Batch(x.float(), torch.zeros(len(x)), torch.Generator()))["loss"]
    assert float(loss.detach()) == pytest.approx(-float(total.mean()), rel=1e-5)


def test_the_gradient_of_cd_nears_the_exact_one_as_k_grows() -> None:
    x = few_images(200)[:, :NINE]
    every = Batch(x.repeat(100, 1), torch.zeros(20_000), torch.Generator().manual_seed(3))

    def gradient(model: Ising) -> Tensor:
        (phase,) = model.phases()
        loss = phase.run(every)["loss"]
        return torch.cat([g.flatten() for g in torch.autograd.grad(loss, list(model.parameters()))])

    truth = gradient(ising(NINE, spread=0.35))
    off = [float((gradient(ising(NINE, "cd", spread=0.35, k=k)) - truth).norm()) for k in (1, 3, 30)]
    assert off[0] > 1.5 * off[1] > 1.5 * off[2]
    assert off[2] < 0.06


@pytest.mark.parametrize("temperature", [1.0, 2.0])
@pytest.mark.parametrize("connections", KINDS)
def test_samples_have_the_exact_frequencies(connections: str, temperature: float) -> None:
    model = ising(NINE, spread=0.3, connections=connections, temperature=temperature)
    x, p, _ = enumerated(model, 1 / temperature)
    drawn = model.sample(8000, torch.Generator().manual_seed(0)).double()
    truth = (x * p[:, None]).T @ x
    assert float((drawn.T @ drawn / len(drawn) - truth).abs().max()) < 0.03
    with torch.no_grad():
        model.fields.neg_()
    wrong = model.sample(8000, torch.Generator().manual_seed(0)).double()
    assert float((wrong.T @ wrong / len(wrong) - truth).abs().max()) > 0.04


@pytest.mark.parametrize("connections", KINDS)
def test_pixels_of_a_group_are_not_coupled_and_every_pixel_has_its_turn(connections: str) -> None:
    pairs = {tuple(p) for p in coupled_pairs(connections, 25).T.tolist()}
    groups = independent_groups(connections, 25)
    assert len(pairs) == {"neighbours": 40, "diagonals": 72, "all": 300}[connections]
    assert sorted(j for g in groups for j in g) == list(range(25))
    assert not any((a, b) in pairs for g in groups for a in g for b in g)


@pytest.mark.parametrize(
    ("objective", "steps", "rate"),
    [("exact", 60, 0.05), ("pseudo", 600, 0.01), ("cd", 250, 0.01), ("pcd", 400, 0.005)],
)
def test_training_finds_the_patterns(objective: str, steps: int, rate: float) -> None:
    x = few_images(400)
    model = ising(objective=objective)
    before = float(-model.log_prob(x).detach().mean())
    train(model, x, steps, learning_rate=rate)
    # Four patterns with 5 % of the pixels flipped: ln 4 + 25 H(0.05) = 6.35 nats.
    assert before > 12
    assert float(-model.log_prob(x).detach().mean()) < 8


def test_after_exact_training_nothing_is_left_to_learn() -> None:
    x = few_images(300)[:, :NINE]
    model = ising(NINE)
    about = About(x[:1], x, torch.zeros(300), torch.Generator())

    def left() -> float:
        (gap,) = (e for e in model.exhibits(about) if isinstance(e, Matrix))
        return float(np.nanmax(np.abs(gap.values)))

    before = left()
    train(model, x, 500, learning_rate=0.05)
    assert before > 0.3
    assert left() < 0.02


def test_more_sweeps_apply_to_new_noise_and_old_noise_still_works() -> None:
    model = ising(sweeps=10)
    old = model.noise(3, torch.Generator().manual_seed(0))
    model.configure(model.options.replace(sweeps=20))
    assert model.noise(3, torch.Generator()).shape[1] > old.shape[1]
    assert model.trajectory(old).shape == (11, 3, 25)
    assert model.sample(0, torch.Generator()).shape == (0, 25)
