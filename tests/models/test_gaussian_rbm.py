"""Gaussian–Bernoulli RBM: density against the joint energy summed by hand, gradients, CD against the exact gradient."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import torch
from torch import Tensor

from genplay.models.base import Batch
from genplay.models.gaussian_rbm import GaussianRBM
from genplay.spaces.plane import HOME, Grid
from tests.models.harness import agreement, build, kl_from_two_moons, slope_error, train, two_moons


def machine(objective: str = "exact", spread: float = 0.3, hidden: int = 4, **knobs: object) -> GaussianRBM:
    found = build("rbm", two_moons(300), objective=objective, knobs={"hidden_plane": hidden, **knobs})
    assert isinstance(found, GaussianRBM)
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for p in found.parameters():
            p.add_(spread * torch.randn(p.shape, generator=generator))
    return found


def joint_energy(model: GaussianRBM, x: Tensor) -> Tensor:
    """E(v, h) as it is written down, for all states h, (n, 2^H)."""
    u = model.units(x).double()
    W, a, b, sigma = (t.detach().double() for t in (model.W, model.a, model.b, model.sigma))
    columns = []
    for h in itertools.product((0.0, 1.0), repeat=model.hidden):
        total = (u - b).square().sum(dim=1) / (2 * sigma**2)
        for k, on in enumerate(h):
            total = total - on * (a[k] + ((u - b) @ W[:, k] - 0.5 * W[:, k].square().sum()) / sigma**2)
        columns.append(total)
    return torch.stack(columns, dim=1)


def test_the_free_energy_sums_the_hidden_units() -> None:
    model, x = machine(), two_moons(40, seed=2)
    truth = -(-joint_energy(model, x)).logsumexp(dim=1)
    torch.testing.assert_close(model.energy(x).detach().double(), truth, atol=1e-4, rtol=1e-4)


def test_log_prob_is_minus_the_free_energy_minus_log_z() -> None:
    model, x = machine(), two_moons(40, seed=2)
    torch.testing.assert_close(
        model.log_prob(x).detach(), -model.energy(x).detach() - model.log_z(), atol=1e-3, rtol=1e-4
    )


def test_log_z_is_the_integral_of_the_joint() -> None:
    model = machine()
    grid = Grid(HOME.grown(5), 400)
    points = torch.tensor(grid.points(), dtype=torch.float32)
    mass = (-joint_energy(model, points)).logsumexp(dim=1).logsumexp(dim=0) + math.log(grid.cell_area)
    assert model.log_z() == pytest.approx(float(mass), abs=1e-4)


def test_the_score_is_the_slope_of_log_prob() -> None:
    model = machine().double()
    x = two_moons(20, seed=3).double().requires_grad_()
    (slope,) = torch.autograd.grad(model.log_prob(x).sum(), x)
    torch.testing.assert_close(model.score(x), slope, atol=1e-8, rtol=1e-6)


def test_the_exact_gradient_equals_finite_differences() -> None:
    assert slope_error(machine(), Batch(two_moons(50), torch.zeros(50), torch.Generator())) < 1e-6


def test_samples_agree_with_the_density_and_a_wrong_sampler_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    model = machine(spread=0.1)
    train(model, two_moons(500), 200)
    drawn = model.sample(20_000, torch.Generator().manual_seed(0))
    assert agreement(model, drawn, HOME) > 0.001
    right = model._mixture()

    def wider() -> tuple[Tensor, Tensor, Tensor]:
        return right[0], right[1], 1.1 * right[2]

    monkeypatch.setattr(model, "_mixture", wider)
    wrong = model.sample(20_000, torch.Generator().manual_seed(0))
    monkeypatch.undo()
    assert agreement(model, wrong, HOME) < 1e-6


def test_long_gibbs_chains_have_the_model_s_own_law() -> None:
    model = machine(hidden=2, spread=0.1, k=100)
    drawn = model._sweeps(torch.zeros(4000, 2), torch.Generator().manual_seed(0))
    assert agreement(model, model.units.inverse(drawn), HOME) > 0.001
    started = model._sweeps(torch.full((4000, 2), 1.0), torch.Generator().manual_seed(0))
    assert agreement(model, 1.1 * model.units.inverse(started), HOME) < 1e-4


def test_the_gradient_of_cd_nears_the_exact_one_as_k_grows() -> None:
    x = two_moons(300)
    every = Batch(x.repeat(60, 1), torch.zeros(18_000), torch.Generator().manual_seed(3))

    def gradient(model: GaussianRBM) -> Tensor:
        (phase,) = model.phases()
        loss = phase.run(every)["loss"]
        return torch.cat([g.flatten() for g in torch.autograd.grad(loss, list(phase.parameters or ()))])

    truth = gradient(machine(hidden=3, spread=0.1))
    off = [float((gradient(machine("cd", 0.1, 3, k=k)) - truth).norm()) for k in (1, 4, 100)]
    assert off[0] > 1.5 * off[1] > 1.5 * off[2]
    assert off[2] < 0.1 * float(truth.norm())


@pytest.mark.parametrize("objective", ["exact", "cd", "pcd"])
def test_training_comes_nearer_to_the_law(objective: str) -> None:
    model = build("rbm", two_moons(1000), objective=objective)
    before = kl_from_two_moons(model, 96)
    train(model, two_moons(1000), 400)
    after = kl_from_two_moons(model, 96)
    assert np.isfinite(after)
    assert after < 0.75 * before
