"""The energy-based model: log Z, scores and the gradients of its objectives against closed forms and differences."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import genplay.models.ebm as ebm_module
from genplay.models.base import Batch
from genplay.models.ebm import EBM
from genplay.models.layers import Dropout
from genplay.spaces.plane import HOME
from tests.models.harness import agreement, build, kl_from_two_moons, slope_error, train, two_moons


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def ebm(x: Tensor, objective: str = "quadrature", **knobs: object) -> EBM:
    model = build("ebm", x, objective=objective, knobs=knobs)
    assert isinstance(model, EBM)
    return model


def bowl(x: Tensor, confinement: float, objective: str = "quadrature") -> EBM:
    """A model whose network says 0: its density is a Gaussian of the bowl's width around the mean of the data."""
    model = ebm(x, objective, confinement=confinement)
    with torch.no_grad():
        for p in model.net.parameters():
            p.zero_()
    return model


def batch_of(x: Tensor) -> Batch:
    return Batch(x, torch.zeros(len(x), dtype=torch.int64), seeded())


@pytest.fixture(scope="module")
def moons() -> EBM:
    x = two_moons(1000)
    model = ebm(x, lattice=48)
    train(model, x, 350)
    return model


@pytest.mark.parametrize("confinement", [0.5, 1.5])
def test_log_z_density_score_and_samples_of_a_gaussian_are_the_known_ones(confinement: float) -> None:
    x = two_moons(500) + torch.tensor([0.3, -0.2])
    model = bowl(x, confinement)
    scale, mean = float(model.units.scale), model.units.mean
    sigma = confinement * scale
    assert model.log_z() == pytest.approx(math.log(2 * math.pi * sigma**2), abs=1e-5)
    known = torch.distributions.Normal(mean, sigma)
    with torch.no_grad():
        torch.testing.assert_close(model.log_prob(x), known.log_prob(x).sum(dim=1), atol=1e-4, rtol=0)
        torch.testing.assert_close(model.score(x), -(x - mean) / sigma**2, atol=1e-4, rtol=1e-4)
        samples = model.sample(20_000, seeded())
    torch.testing.assert_close(samples.mean(dim=0), mean, atol=4 * sigma / 141, rtol=0)
    torch.testing.assert_close(samples.T.cov(), sigma**2 * torch.eye(2), atol=0.05 * sigma**2, rtol=0)


def log_integral(log_f: Callable[[Tensor], Tensor], reach: float = 4.0, nodes: int = 400) -> float:
    """log ∫ exp(log_f) over a square by Gauss–Legendre's rule, in float64."""
    at, weight = np.polynomial.legendre.leggauss(nodes)
    points = torch.cartesian_prod(*[torch.tensor(reach * at, dtype=torch.float32)] * 2)
    weights = torch.cartesian_prod(*[torch.tensor(reach * weight)] * 2).prod(dim=1)
    with torch.no_grad():
        values = torch.cat([log_f(part) for part in points.split(8192)]).double()
    return float(torch.logsumexp(values + weights.log(), dim=0))


def test_log_z_agrees_with_another_quadrature(moons: EBM) -> None:
    assert moons.log_z() == pytest.approx(log_integral(lambda x: -moons.energy(x)), abs=1e-4)


def test_the_score_is_the_slope_of_the_log_density(moons: EBM) -> None:
    x = two_moons(100, seed=4)
    step = 1e-3
    score = moons.score(x)
    assert all(p.requires_grad for p in moons.net.parameters())
    with torch.no_grad():
        for axis in range(2):
            shift = torch.zeros(2)
            shift[axis] = step
            slope = (moons.log_prob(x + shift) - moons.log_prob(x - shift)) / (2 * step)
            torch.testing.assert_close(score[:, axis], slope, atol=0.05, rtol=0.02)


def test_the_training_lattice_tiles_the_plane_around_the_data() -> None:
    model = bowl(two_moons(300), 1.0)
    base, cell, log_area = model._training_lattice()
    assert float(log_area.exp().sum()) == pytest.approx(model.box.grown(3).area, rel=1e-5)
    torch.testing.assert_close(log_area, 2 * (cell[:, 0] * model.units.scale).log(), atol=1e-5, rtol=0)
    middle = model.units.inverse(base + cell / 2).double().numpy()
    assert model.box.grown(3).contains(middle).all()
    assert len(np.unique(middle.round(4), axis=0)) == len(middle)
    with torch.no_grad():
        for seed in range(3):
            terms = model._quadrature_step(Batch(two_moons(50), torch.zeros(50), seeded(seed)))
            assert float(terms["log_z"]) == pytest.approx(model.log_z(), abs=2e-3)


@pytest.mark.parametrize("confinement", [1.0, 2.0])
def test_the_quadrature_loss_is_the_negative_log_likelihood(confinement: float) -> None:
    x = two_moons(200)
    model = bowl(x, confinement)
    with torch.no_grad():
        loss = float(model._quadrature_step(batch_of(x))["loss"])
        assert loss == pytest.approx(-float(model.log_prob(x).mean()), abs=3e-3)


def test_the_likelihoods_gradient_agrees_with_finite_differences() -> None:
    x = two_moons(64)
    model = ebm(x, width=8, depth=2, lattice=32)
    train(model, x, 5)
    assert slope_error(model, batch_of(x)) < 1e-5


@pytest.mark.parametrize(("objective", "penalty"), [("cd", 0.0), ("cd", 0.1), ("pcd", 0.0)])
def test_the_contrastive_gradient_agrees_with_finite_differences_where_the_chains_end(
    objective: str, penalty: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    x = two_moons(64)
    model = ebm(x, objective, width=8, depth=2, energy_penalty=penalty, chains=64, restart=0.0, leaps=0)
    train(model, x, 5)
    ends = torch.randn(64, 2, generator=seeded(2), dtype=torch.float64)
    monkeypatch.setattr(ebm_module, "langevin", lambda *_: ([ends], torch.zeros(())))
    assert slope_error(model, batch_of(x)) < 1e-5


def test_with_the_models_own_samples_the_contrastive_gradient_is_that_of_the_likelihood(
    moons: EBM, monkeypatch: pytest.MonkeyPatch
) -> None:
    x = two_moons(400, seed=9)
    with torch.no_grad():
        fair = moons.units(moons.sample(40_000, seeded(1)))
    parameters = list(moons.net.parameters())
    likelihood = torch.autograd.grad(moons._quadrature_step(batch_of(x))["loss"], parameters)

    def contrastive(ends: Tensor) -> Tensor:
        monkeypatch.setattr(ebm_module, "langevin", lambda *_: ([ends], torch.zeros(())))
        found = torch.autograd.grad(
            moons._contrastive_step(batch_of(x))["loss"], parameters, allow_unused=True
        )
        return torch.cat(
            [
                (torch.zeros_like(p) if g is None else g).ravel()
                for p, g in zip(parameters, found, strict=True)
            ]
        )

    exact = torch.cat([g.ravel() for g in likelihood])
    assert float(torch.linalg.vector_norm(contrastive(fair) - exact)) < 0.15 * float(exact.norm())
    wrong = float(torch.linalg.vector_norm(contrastive(fair * 1.1) - exact))
    assert wrong > 0.5 * float(exact.norm())


def test_the_gradient_of_cd_nears_that_of_the_likelihood_as_k_grows() -> None:
    x = two_moons(1500, seed=4)
    model = ebm(x, "cd", width=8, depth=2, leaps=0, step_size=0.15, lattice=64)
    with torch.no_grad():
        for p in model.net.parameters():
            p.mul_(1.5)
    parameters = list(model.net.parameters())

    def flat(loss: Tensor) -> Tensor:
        found = torch.autograd.grad(loss, parameters, allow_unused=True)
        return torch.cat([g.ravel() for g in found if g is not None])

    # The last bias raises the energy everywhere and shifts log Z by as much: the likelihood has no slope along it.
    exact = flat(model._quadrature_step(batch_of(x))["loss"])[:-1]
    off = []
    for k in (1, 15, 150):
        model.configure(model.knobs.replace(k=k))
        found = flat(model._contrastive_step(batch_of(x))["loss"])
        off.append(float((found[: len(exact)] - exact).norm() / exact.norm()))
    assert off[0] > 1.5 * off[1] > 1.5 * off[2]
    assert off[2] < 0.1


def test_denoising_score_matching_is_best_at_the_blurred_data() -> None:
    # Data of unit variance blurred by σ have variance 1 + σ²: of all bowls that one must win.
    x = torch.randn(20_000, 2, generator=seeded(3))
    x = (x - x.mean(dim=0)) / x.var(dim=0, correction=0).mean().sqrt()
    sigma = 0.6
    model = bowl(x, 1.0, "dsm")
    widths = np.linspace(0.9, 1.5, 25)
    losses = []
    for width in widths:
        model.configure(model.options.replace(confinement=float(width), noise=sigma))
        model._normal = type(model._normal)("normal", 1)
        losses.append(float(model._denoising_step(batch_of(x))["loss"].detach()))
    best = np.polynomial.Polynomial.fit(widths, losses, 4)
    fine = np.linspace(0.95, 1.45, 1000)
    assert fine[np.argmin(best(fine))] == pytest.approx(math.sqrt(1 + sigma**2), abs=0.02)


def test_the_denoising_gradient_agrees_with_finite_differences() -> None:
    x = two_moons(64)
    model = ebm(x, "dsm", width=8, depth=2).double()
    model.units.double()
    parameters = list(model.net.parameters())
    batch = batch_of(x.double())

    def loss() -> Tensor:
        model._normal = type(model._normal)("normal", 1)
        return model._denoising_step(Batch(batch.x, batch.y, seeded(7)))["loss"]

    found = torch.autograd.grad(loss(), parameters, allow_unused=True)
    weight, step = parameters[2], 1e-6
    for place in [(0, 0), (3, 5)]:
        values = []
        for sign in (1, -1):
            with torch.no_grad():
                weight[place] += sign * step
            values.append(float(loss().detach()))
            with torch.no_grad():
                weight[place] -= sign * step
        assert found[2] is not None
        assert float(found[2][place]) == pytest.approx(
            (values[0] - values[1]) / (2 * step), rel=1e-4, abs=1e-8
        )


def test_maximum_likelihood_learns_two_moons(moons: EBM) -> None:
    assert kl_from_two_moons(moons, 160) < 0.3


@torch.no_grad()
def test_samples_follow_the_density_and_the_test_has_teeth(moons: EBM) -> None:
    samples = moons.sample(4000, seeded(1))
    assert agreement(moons, samples, HOME.grown(1.5)) > 1e-3
    assert agreement(moons, samples * 1.1, HOME.grown(1.5)) < 1e-6


def test_neither_log_z_nor_samples_are_ever_stale() -> None:
    x = two_moons(300)
    model = ebm(x)
    before, noise = model.log_z(), model.noise(50, seeded())
    drawn = model.sample_from(noise)
    train(model, x, 3)
    assert abs(model.log_z() - before) > 1e-4
    assert not torch.equal(model.sample_from(noise), drawn)
    assert log_integral(model.log_prob) == pytest.approx(0, abs=1e-3)


@pytest.mark.parametrize("objective", ["cd", "pcd"])
def test_chains_learn_a_bimodal_law(objective: str) -> None:
    generator = seeded(5)
    x = torch.randn(800, 2, generator=generator) * 0.25
    x[:200, 0] -= 1.0
    x[200:, 0] += 1.0
    model = ebm(x, objective, k=8, step_size=0.02)
    train(model, x, 300, learning_rate=3e-3)
    with torch.no_grad():
        samples = model.sample(4000, seeded())
    assert float((samples[:, 0] > 0).float().mean()) == pytest.approx(0.75, abs=0.1)
    assert float(samples[samples[:, 0] > 0].std(dim=0).mean()) == pytest.approx(0.25, abs=0.07)


def test_persistent_chains_live_on_and_the_oldest_are_restarted_in_turn() -> None:
    x = two_moons(64)
    model = ebm(x, "pcd", chains=40, restart=0.1, k=1, step_size=1e-5, leaps=0)
    starts = model.particles.clone()
    changed = []
    for _ in range(3):
        train(model, x, 1, batch_size=16)
        changed.append(((model.particles - starts).norm(dim=1) > 0.05).nonzero().ravel().tolist())
    assert set(changed[0]) <= set(range(4))
    assert set(changed[2]) <= set(range(12))
    assert len(changed[2]) > 8


@torch.no_grad()
def test_chains_start_where_told_and_depend_on_their_generator_only(moons: EBM) -> None:
    x = two_moons(6)
    path = moons.chains(x, 20, seeded(3))
    assert path.shape == (21, 6, 2)
    torch.testing.assert_close(path[0], x)
    assert torch.equal(path, moons.chains(x, 20, seeded(3)))
    assert not torch.equal(path, moons.chains(x, 20, seeded(4)))


def mixture_score(x: Tensor) -> Tensor:
    """∇ log p of ½ N(−m, s²) + ½ N(m, s²)."""
    x = x.detach().requires_grad_()
    (score,) = torch.autograd.grad(mixture_log_prob(x).sum(), x)
    return score


MODE, WIDTH = torch.tensor([0.7, 0.3], dtype=torch.float64), 0.4


def mixture_log_prob(x: Tensor) -> Tensor:
    squares = torch.stack([(x - m).square().sum(dim=1) for m in (MODE, -MODE)])
    return torch.logsumexp(-0.5 / WIDTH**2 * squares, dim=0) - math.log(4 * math.pi * WIDTH**2)


def test_both_forms_of_score_matching_have_one_gradient() -> None:
    """E_p ½‖∇E + ∇log p‖² and E_p [½‖∇E‖² − tr ∇²E] differ by a constant: integrated over the plane for a known p."""
    model = ebm(two_moons(100), "score-matching", width=6, depth=2).double()
    at, weight = np.polynomial.legendre.leggauss(120)
    u = torch.cartesian_prod(*[torch.tensor(4 * at)] * 2)
    w = torch.cartesian_prod(*[torch.tensor(4 * weight)] * 2).prod(dim=1) * mixture_log_prob(u).exp()
    assert float(w.sum()) == pytest.approx(1, abs=1e-8)
    parameters = list(model.net.parameters())

    def explicit() -> Tensor:
        point = u.clone().requires_grad_()
        (slope,) = torch.autograd.grad(model._energy(point).sum(), point, create_graph=True)
        return (w * 0.5 * (slope + mixture_score(u)).square().sum(dim=1)).sum()

    def implicit() -> Tensor:
        return (w * model.score_matching(u, torch.eye(2, dtype=torch.float64)[:, None])).sum()

    constant = float((w * 0.5 * mixture_score(u).square().sum(dim=1)).sum())
    assert float(implicit().detach()) + constant == pytest.approx(float(explicit().detach()), abs=1e-8)
    for a, b in zip(
        torch.autograd.grad(explicit(), parameters, allow_unused=True),
        torch.autograd.grad(implicit(), parameters, allow_unused=True),
        strict=True,
    ):
        assert (a is None) == (b is None)
        if a is not None and b is not None:
            torch.testing.assert_close(a, b, atol=1e-8, rtol=1e-6)


def test_slices_are_the_whole_in_the_mean() -> None:
    model = ebm(two_moons(100), "sliced", width=8, depth=2).double()
    u = torch.randn(6, 2, generator=seeded(1), dtype=torch.float64)
    axes = torch.eye(2, dtype=torch.float64)[:, None]
    whole = model.score_matching(u, axes)
    slices = model.score_matching(u[None].expand(20_000, 6, 2).flatten(0, 1), randoms(20_000 * 6))
    mean = slices.view(20_000, 6).mean(dim=0)
    error = slices.view(20_000, 6).std(dim=0) / math.sqrt(20_000)
    assert bool(((mean - whole).abs() < 4 * error).all())
    # Four directions that are the corners of a square say the same with no chance at all.
    corners = torch.tensor([[1.0, 1.0], [1.0, -1.0]], dtype=torch.float64)[:, None]
    torch.testing.assert_close(model.score_matching(u, corners) / 2, whole)


def randoms(n: int) -> Tensor:
    return torch.randn(1, n, 2, generator=seeded(9), dtype=torch.float64)


@pytest.mark.parametrize("objective", ["score-matching", "sliced", "nce"])
def test_the_gradients_without_chains_agree_with_finite_differences(objective: str) -> None:
    x = two_moons(64)
    model = ebm(x, objective, width=8, depth=2)
    train(model, x, 5)
    assert slope_error(model, batch_of(x)) < 1e-5


def test_noise_contrast_learns_log_z() -> None:
    x = 0.4 * torch.randn(1500, 2, generator=seeded(2))
    x[:, 0] += torch.where(torch.rand(1500, generator=seeded(3)) < 0.5, 0.7, -0.7)
    model = ebm(x, "nce", width=24, depth=2)
    assert model.learned_log_z is not None
    # Begun far from the truth, so that finding it is not an accident of the start.
    with torch.no_grad():
        model.learned_log_z += 3.0
    far = abs(float(model.learned_log_z.detach()) - model.log_z())
    train(model, x, 300, learning_rate=1e-2)
    assert float(model.learned_log_z.detach()) == pytest.approx(model.log_z(), abs=0.06)
    assert far > 0.5


@torch.no_grad()
@pytest.mark.parametrize("temperature", [0.4, 3.0])
def test_temperature_changes_the_law_as_boltzmann_says(moons: EBM, temperature: float) -> None:
    x = two_moons(50)
    cold = moons.log_prob(x)
    moons.configure(moons.options.replace(temperature=temperature))
    try:
        warm = moons.log_prob(x)
        difference = warm - cold / temperature
        torch.testing.assert_close(difference, difference[:1].expand(50), atol=1e-4, rtol=0)
        assert log_integral(moons.log_prob) == pytest.approx(0, abs=2e-3)
        assert agreement(moons, moons.sample(4000, seeded(1)), HOME.grown(2)) > 1e-3
    finally:
        moons.configure(moons.options.replace(temperature=1.0))
    torch.testing.assert_close(moons.log_prob(x), cold, atol=1e-5, rtol=0)


@torch.no_grad()
def test_guesses_of_log_z_enclose_the_exact_one(moons: EBM) -> None:
    guesses = moons._guesses(seeded(3))
    truth = moons.log_z()
    importance = guesses["importance sampling"]
    assert importance.stderr is not None
    assert abs(importance.value - truth) < 4 * importance.stderr
    low, high = guesses["annealed, forwards"], guesses["annealed, backwards"]
    assert low.value - 4 * (low.stderr or 0) < truth < high.value + 4 * (high.stderr or 0)
    assert low.value < high.value


@pytest.mark.parametrize("objective", ["quadrature", "cd", "score-matching", "sliced", "dsm", "nce"])
def test_normalised_units_train_and_the_density_is_exact(objective: str) -> None:
    x = two_moons(120)
    model = ebm(x, objective, norm="layer", width=16, depth=2)
    assert any(isinstance(part, nn.LayerNorm) for part in model.net)
    assert all(math.isfinite(terms["loss"]) for terms in train(model, x, 3, batch_size=32))
    assert model.log_z() == pytest.approx(log_integral(lambda points: -model.energy(points)), abs=1e-3)


def test_dropout_is_there_where_the_energy_is_looked_at_once_and_only_in_training() -> None:
    x = two_moons(60)
    for objective, dropped in (("dsm", True), ("nce", True), ("quadrature", False), ("pcd", False)):
        model = ebm(x, objective, dropout=0.5, width=16)
        assert any(isinstance(part, Dropout) for part in model.net) == dropped
        with torch.no_grad():
            assert torch.equal(model.energy(x), model.energy(x)) != dropped
            model.eval()
            assert torch.equal(model.energy(x), model.energy(x))
