"""RBM: exact sums against enumeration, exact gradients against differences, CD against the exact gradient, Gibbs sampling."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from torch import Tensor

from genplay.models.base import Batch, Setting
from genplay.models.cards.rbm import RBMKnobs
from genplay.models.rbm import RBM
from genplay.models.rbm_sums import LogZ, hidden_side_log_z, moments, visible_side_log_z
from genplay.spaces.binary import images, log_sum_exp
from genplay.spaces.plane import HOME
from tests.models.harness import few_images, train

VISIBLE, HIDDEN = 6, 4


def states(n: int) -> Tensor:
    return torch.tensor(list(itertools.product((0.0, 1.0), repeat=n)), dtype=torch.float64)


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def rbm(dim: int = 25, objective: str = "cd", seed: int = 0, spread: float = 0.0, **knobs: object) -> RBM:
    x = few_images(200, seed)[:, :dim]
    generator = torch.Generator().manual_seed(seed)
    setting = Setting("digits", dim, 1, objective, HOME, x, torch.zeros(200), generator)
    model = RBM(RBMKnobs.parse({"hidden": HIDDEN, "hidden_exact": HIDDEN, **knobs}), setting)
    with torch.no_grad():
        for p in model.parameters():
            p.add_(spread * torch.randn(p.shape, generator=generator))
    return model


def enumerated(model: RBM) -> tuple[Tensor, Tensor, Tensor]:
    """All pixel states (2^d, d), their p by the joint energy over all hidden states, and log Z."""
    v, h = states(model.dim), states(model.hidden)
    W, b, c = (p.detach().double() for p in (model.W, model.b, model.c))
    minus_energy = torch.einsum("vi,ij,hj->vh", v, W, h) + (v @ b)[:, None] + h @ c
    log_z = minus_energy.flatten().logsumexp(0)
    return v, (minus_energy.logsumexp(dim=1) - log_z).exp(), log_z


def parameters(model: RBM) -> list[np.ndarray]:
    return [p.detach().double().numpy() for p in (model.W, model.b, model.c)]


def test_log_z_and_log_prob_equal_plain_enumeration() -> None:
    model = rbm(VISIBLE, spread=2.0)
    v, p, log_z = enumerated(model)
    assert model.log_z() == pytest.approx(float(log_z), abs=1e-10)
    torch.testing.assert_close(model.log_prob(v).detach().exp(), p, atol=1e-10, rtol=1e-8)
    assert float(model.log_prob(v).detach().exp().sum()) == pytest.approx(1.0, abs=1e-10)


def test_log_z_is_summed_again_when_a_parameter_changes() -> None:
    model = rbm(VISIBLE, spread=1.0)
    before = model.log_z()
    with torch.no_grad():
        model.W.data[0, 0] += 1.0
    assert model.log_z() == pytest.approx(float(enumerated(model)[2]), abs=1e-10)
    assert model.log_z() != before


@pytest.mark.parametrize("size", [0.5, 20.0])
def test_the_hidden_side_and_the_visible_side_agree(size: float) -> None:
    rng = np.random.default_rng(1)
    W, b, c = rng.normal(size=(25, 7)) * size, rng.normal(size=25) * size, rng.normal(size=7) * size
    assert hidden_side_log_z(W, b, c) == pytest.approx(visible_side_log_z(W, b, c), rel=1e-12, abs=1e-10)


def test_moments_equal_the_means_over_all_states() -> None:
    model = rbm(VISIBLE, spread=1.5)
    v, p, log_z = enumerated(model)
    h = (v @ model.W.double() + model.c.double()).sigmoid().detach()
    found_z, v_h, mean_v, mean_h = moments(*parameters(model))
    assert found_z == pytest.approx(float(log_z), abs=1e-10)
    np.testing.assert_allclose(v_h, (v * p[:, None]).T @ h, atol=1e-12)
    np.testing.assert_allclose(mean_v, p @ v, atol=1e-12)
    np.testing.assert_allclose(mean_h, p @ h, atol=1e-12)


def test_moments_survive_huge_weights() -> None:
    rng = np.random.default_rng(0)
    _, *means = moments(rng.normal(size=(25, 6)) * 900, rng.normal(size=25) * 900, rng.normal(size=6) * 900)
    assert all(np.isfinite(m).all() and (m >= 0).all() and (m <= 1).all() for m in means)


def test_the_exact_gradient_equals_finite_differences() -> None:
    model = rbm(VISIBLE, spread=1.0)
    tensors = tuple(p.detach().double().requires_grad_() for p in (model.W, model.b, model.c))
    assert torch.autograd.gradcheck(LogZ.apply, tensors, eps=1e-5, atol=1e-8)


def test_the_exact_loss_is_the_nll_and_its_gradient_the_slope_of_it() -> None:
    model = rbm(VISIBLE, objective="exact", spread=0.5).double()
    x = few_images(100)[:, :VISIBLE].double()
    (phase,) = model.phases()
    loss = phase.run(Batch(x, torch.zeros(100), torch.Generator()))["loss"]
    assert float(loss.detach()) == pytest.approx(float(-model.log_prob(x).detach().mean()), abs=1e-9)
    (gradient,) = torch.autograd.grad(loss, [model.W])
    step = torch.zeros_like(model.W)
    step[2, 1] = 1e-5
    slopes = []
    for sign in (1, -1):
        with torch.no_grad():
            model.W.add_(sign * step)
            slopes.append(float(-model.log_prob(x).detach().mean()))
            model.W.sub_(sign * step)
    assert float(gradient[2, 1]) == pytest.approx((slopes[0] - slopes[1]) / 2e-5, abs=1e-7)


def test_the_gradient_of_cd_nears_the_exact_one_as_k_grows() -> None:
    exact = rbm(VISIBLE, objective="exact", spread=0.8)
    x = few_images(200)[:, :VISIBLE]
    every = Batch(x.repeat(100, 1), torch.zeros(20_000), torch.Generator().manual_seed(3))

    def gradient(model: RBM) -> Tensor:
        (phase,) = model.phases()
        loss = phase.run(every)["loss"]
        return torch.cat([g.flatten() for g in torch.autograd.grad(loss, list(model.parameters()))])

    truth = gradient(exact)
    off = []
    for k in (1, 4, 30):
        cd = rbm(VISIBLE, spread=0.8, k=k)
        off.append(float((gradient(cd) - truth).norm()))
    assert off[0] > 2 * off[1] > 2 * off[2]
    assert off[2] < 0.03


@torch.no_grad()
def test_a_sweep_at_an_inverse_temperature_leaves_its_law_alone() -> None:
    """From exact draws of the tempered joint, p ∝ e^(−βE) summed over h, one sweep gives draws of the same law."""
    model, beta = rbm(VISIBLE, spread=0.8), 0.4
    v, h = states(VISIBLE), states(HIDDEN)
    W, b, c = (p.detach().double() for p in (model.W, model.b, model.c))
    minus_energy = torch.einsum("vi,ij,hj->vh", v, W, h) + (v @ b)[:, None] + h @ c
    p = (beta * minus_energy).logsumexp(dim=1).softmax(dim=0)
    start = v[torch.multinomial(p, 60_000, replacement=True, generator=seeded(1))].float()
    u = torch.rand(60_000, HIDDEN + VISIBLE, generator=seeded(2))
    after = model._gibbs(start, u, beta)
    expected = (v * p[:, None]).T @ v
    assert float((frequencies(after) - expected).abs().max()) < 0.012


def gibbs_error(model: RBM, frequencies: Tensor) -> float:
    """The largest difference of single and pairwise frequencies from the exact ones."""
    v, p, _ = enumerated(model)
    return float(((v * p[:, None]).T @ v - frequencies).abs().max())


def frequencies(drawn: Tensor) -> Tensor:
    drawn = drawn.double()
    return drawn.T @ drawn / len(drawn)


def test_samples_have_the_exact_marginals_and_a_wrong_sampler_has_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model = rbm(VISIBLE, spread=1.0)
    drawn = model.sample(20_000, torch.Generator().manual_seed(0))
    assert drawn.shape == (20_000, VISIBLE)
    assert gibbs_error(model, frequencies(drawn)) < 0.02

    def without_bias(v: Tensor, u: Tensor, beta: float) -> Tensor:
        h = (u[:, :HIDDEN] < (beta * (v @ model.W)).sigmoid()).to(v)
        return (u[:, HIDDEN:] < (beta * (h @ model.W.T + model.b)).sigmoid()).to(v)

    monkeypatch.setattr(model, "_gibbs", without_bias)
    wrong = model.sample(20_000, torch.Generator().manual_seed(0))
    assert gibbs_error(model, frequencies(wrong)) > 0.04


def test_persistent_chains_reach_the_exact_marginals() -> None:
    model = rbm(VISIBLE, objective="pcd", spread=1.0, chains=1000)
    generator = torch.Generator().manual_seed(1)
    model.run_chains(30, generator)
    seen = torch.zeros(VISIBLE, VISIBLE, dtype=torch.float64)
    for _ in range(20):
        model.run_chains(5, generator)
        seen += frequencies(model.chains) / 20
    assert gibbs_error(model, seen) < 0.02


@pytest.mark.parametrize("hidden", [8, 24])
def test_the_probabilities_of_all_images_sum_to_one_and_agree_with_log_prob(hidden: int) -> None:
    model = rbm(hidden=hidden, spread=1.0)
    block = model.log_prob_blocks()
    assert log_sum_exp(block, rows=16) == pytest.approx(0.0, abs=1e-10)
    some = images(np.arange(4000 * 4096, 4002 * 4096))
    direct = model.log_prob(torch.tensor(some, dtype=torch.float64)).detach().numpy()
    np.testing.assert_allclose(block(4000, 4002).ravel(), direct, atol=1e-9)


@pytest.mark.parametrize(("objective", "steps"), [("exact", 150), ("cd", 500), ("pcd", 1000)])
def test_training_finds_the_patterns(objective: str, steps: int) -> None:
    x = few_images(400)
    model = rbm(objective=objective)
    before = float(-model.log_prob(x).detach().mean())
    train(model, x, steps, learning_rate=0.05 if objective == "exact" else 0.01)
    # Four patterns with 5 % of the pixels flipped: ln 4 + 25 H(0.05) = 6.35 nats.
    assert before > 12
    assert float(-model.log_prob(x).detach().mean()) < 8


def test_more_sweeps_apply_to_new_noise_and_old_noise_still_works() -> None:
    model = rbm(sweeps=10)
    old = model.noise(3, torch.Generator().manual_seed(0))
    model.configure(model.options.replace(sweeps=20))
    assert model.noise(3, torch.Generator()).shape[1] > old.shape[1]
    assert model.sample_from(old).shape == (3, 25)
    assert model.sample(0, torch.Generator()).shape == (0, 25)
