"""The VAE's bounds, its exact likelihood and its objectives against closed forms and against each other."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from genplay.models import layers
from genplay.models.base import Batch, HasBlocks, HasGridDensity
from genplay.models.decoders import BernoulliDecoder, GaussianDecoder
from genplay.models.gaussian_code import kl_to_prior
from genplay.models.vae import VAE
from genplay.spaces.binary import codes, half_images
from genplay.spaces.plane import HOME, Grid
from genplay.training.queries import copy
from tests.models.harness import agreement, build, few_images, kl_from_two_moons, total_mass, train, two_moons


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def vae(x: Tensor, world: str = "plane", objective: str | None = None, **knobs: object) -> VAE:
    model = build("vae", x, world=world, objective=objective, knobs=knobs)  # type: ignore[arg-type]
    assert isinstance(model, VAE)
    return model


def learn(model: VAE, x: Tensor, steps: int) -> None:
    """Train, also where a test computes without gradients."""
    with torch.enable_grad():
        train(model, x, steps)


@pytest.fixture(scope="module")
def moons() -> VAE:
    model = vae(two_moons(1000))
    learn(model, two_moons(1000), 2500)
    return model


@pytest.fixture(scope="module")
def digits() -> VAE:
    model = vae(few_images(500), world="digits", width=32, depth=1)
    learn(model, few_images(500), 300)
    return model


@pytest.mark.parametrize("latent", [1, 2])
def test_with_a_linear_decoder_the_likelihood_is_the_known_gaussian(latent: int) -> None:
    x = two_moons(400) * torch.tensor([1.5, 0.8])
    model = vae(x, latent=latent)
    decoder = model.decoder
    assert isinstance(decoder, GaussianDecoder)
    decoder.net = nn.Sequential(nn.Linear(latent, 2))
    with torch.no_grad():
        decoder.net[0].weight.copy_(torch.tensor([[1.1, -0.4], [0.3, 0.7]])[:, :latent])
        decoder.net[0].bias.copy_(torch.tensor([0.2, -0.1]))
        scale = decoder.units.scale
        slope = decoder.net[0].weight * scale
        centre = decoder.units.inverse(decoder.net[0].bias)
        known = torch.distributions.MultivariateNormal(
            centre, slope @ slope.T + decoder.sigma() ** 2 * torch.eye(2)
        )
        torch.testing.assert_close(model.log_prob(x), known.log_prob(x), atol=5e-3, rtol=0)
        samples = model.sample(40_000, seeded())
    torch.testing.assert_close(samples.mean(dim=0), centre, atol=0.02, rtol=0)
    torch.testing.assert_close(samples.T.cov(), known.covariance_matrix, atol=0.03, rtol=0)


@torch.no_grad()
@pytest.mark.parametrize("which", ["moons", "digits"])
def test_elbo_is_below_iwae_is_below_the_exact_likelihood(which: str, request: pytest.FixtureRequest) -> None:
    model: VAE = request.getfixturevalue(which)
    x = two_moons(400, seed=5) if which == "moons" else few_images(400, seed=0)
    exact = model.log_prob(x).double()
    rows = []
    for k in (0, 4, 64):
        draws = torch.stack(
            [
                (model.iwae(x, k, seeded(s)) if k else model.elbo(x, seeded(s))).double().mean()
                for s in range(12)
            ]
        )
        rows.append((float(draws.mean()), float(draws.std()) / math.sqrt(len(draws))))
    (elbo, e0), (loose, e1), (tight, e2) = rows
    assert elbo <= loose + 3 * math.hypot(e0, e1)
    assert loose <= tight + 3 * math.hypot(e1, e2)
    assert tight <= float(exact.mean()) + 3 * e2 + (5e-3 if which == "digits" else 1e-3)
    assert tight == pytest.approx(float(exact.mean()), abs=0.1)
    assert elbo < float(exact.mean()) - 0.01


@torch.no_grad()
def test_a_settled_density_is_the_integral_over_the_code_at_every_point(moons: VAE) -> None:
    x = two_moons(60, seed=7)
    model = copy(moons)
    assert isinstance(model, VAE)
    truth = copy(moons).double()  # type: ignore[operator]
    edge = torch.linspace(-6, 6, 1401, dtype=torch.float64)
    known = torch.full((60,), -torch.inf, dtype=torch.float64)
    for some in edge.split(10):
        z = torch.cartesian_prod(some, edge)
        prior = torch.distributions.Normal(0.0, 1.0).log_prob(z).sum(dim=1) + 2 * math.log(12 / 1400)
        known = torch.logaddexp(known, truth.decoder.log_marginal(x.double(), z, prior))
    usual = (model.log_prob(x).double() - known).abs()
    model.settle_density()
    settled = (model.log_prob(x).double() - known).abs()
    assert float(settled.max()) < 3e-3
    assert float(settled.mean()) < 5e-4
    assert float(settled.mean()) < 0.7 * float(usual.mean())
    # What was settled counts for the decoder as it was: after any change the usual division is used again.
    next(model.decoder.parameters()).mul_(1.001)
    assert model._fine_nodes.known(model._decoder_numbers(), model.options.fixed_sigma) is None


def test_the_default_vae_learns_two_moons(moons: VAE) -> None:
    assert kl_from_two_moons(moons, 160) < 0.35
    assert total_mass(moons, Grid(HOME.grown(2), 128)) == pytest.approx(1, abs=1e-3)


@torch.no_grad()
def test_twice_as_fine_a_division_of_the_code_gives_the_same_density(
    moons: VAE, monkeypatch: pytest.MonkeyPatch
) -> None:
    x = two_moons(500, seed=3)
    coarse = moons.log_prob(x)
    monkeypatch.setattr(GaussianDecoder, "tolerance", GaussianDecoder.tolerance / 3)
    monkeypatch.setattr(GaussianDecoder, "most_nodes", 200_000)
    fine = copy(moons)
    fine._nodes = type(moons._nodes)()
    difference = coarse - fine.log_prob(x)  # type: ignore[operator]
    assert float(difference.mean().abs()) < 2e-3
    assert float(difference.abs().max()) < 0.2


@torch.no_grad()
def test_the_likelihood_of_images_is_the_integral_over_a_fine_lattice_of_codes(digits: VAE) -> None:
    x = few_images(200, seed=2)
    edges = torch.linspace(-5.5, 5.5, 601, dtype=torch.float64)
    mass = torch.special.ndtr(edges[1:]) - torch.special.ndtr(edges[:-1])
    middle = (edges[1:] + edges[:-1]) / 2
    total = torch.full((200,), -torch.inf, dtype=torch.float64)
    for a, weight in zip(middle, mass, strict=True):
        z = torch.stack([a.expand(600), middle], dim=1).float()
        odds = digits.decoder.logits(z).double()  # type: ignore[operator, union-attr]
        given = x.double() @ odds.T - torch.nn.functional.softplus(odds).sum(dim=1)
        total = torch.logaddexp(total, torch.logsumexp(given + (weight * mass).log(), dim=1))
    difference = digits.log_prob(x).double() - total
    assert abs(float(difference.mean())) < 2e-3
    assert float(difference.abs().max()) < 0.15
    digits.settle_density()
    assert digits.density_kind == "exact"


class Waves(torch.nn.Module):
    """Log odds that swing far more often than there are nodes."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return 5 * torch.sin(300 * x)


@torch.no_grad()
def test_a_decoder_too_steep_for_its_nodes_is_no_longer_called_exact(digits: VAE) -> None:
    torn = copy(digits)
    assert isinstance(torn, VAE)
    torn.decoder.net = torch.nn.Sequential(layers.linear(2, 25, seeded()), Waves())
    torn.settle_density()
    assert torn.density_kind == "estimate"
    assert "twice as fine" in torn.density_method
    torn.decoder.net[0].weight.div_(1000)
    torn.settle_density()
    assert torn.density_kind == "exact"


@torch.no_grad()
def test_samples_follow_the_density_and_the_test_has_teeth(moons: VAE) -> None:
    samples = moons.sample(4000, seeded(1))
    assert agreement(moons, samples, HOME.grown(1.5)) > 1e-3
    assert agreement(moons, samples * 1.15, HOME.grown(1.5)) < 1e-6
    moons.configure(moons.options.replace(decoder_noise=False))
    quiet = moons.sample(4000, seeded(1))
    moons.configure(moons.options.replace(decoder_noise=True))
    assert agreement(moons, quiet, HOME.grown(1.5)) < 1e-6


@torch.no_grad()
def test_without_noise_a_sample_is_the_decoded_code(moons: VAE, digits: VAE) -> None:
    for model in (moons, digits):
        noise = model.noise(20, seeded())
        model.configure(model.options.replace(decoder_noise=False))
        mean = model.decode(noise[:, :2])
        torch.testing.assert_close(model.sample_from(noise), mean.round() if model is digits else mean)
        model.configure(model.options.replace(decoder_noise=True))


@torch.no_grad()
def test_the_density_is_never_stale() -> None:
    x = two_moons(200)
    model = vae(x)
    before = model.log_prob(x)
    learn(model, x, 5)
    after = model.log_prob(x)
    assert float((after - before).abs().max()) > 1e-3
    model._nodes = type(model._nodes)()
    torch.testing.assert_close(model.log_prob(x), after)


@torch.no_grad()
def test_fixed_sigma_is_in_data_units_and_live() -> None:
    x = 3 * two_moons(300)
    model = vae(x, sigma="fixed", fixed_sigma=0.2)
    assert all(p is not model.decoder.log_sigma for p in model.phases()[0].parameters or ())
    for sigma in (0.2, 0.5):
        model.configure(model.options.replace(fixed_sigma=sigma))
        z, eps = torch.zeros(20_000, 2), torch.randn(20_000, 2, generator=seeded())
        drawn = model.sample_from(torch.cat([z, eps], dim=1))
        assert float(drawn.std(dim=0).mean()) == pytest.approx(sigma, rel=0.02)
        grid = torch.linspace(-1, 1, 5)
        assert isinstance(model, HasGridDensity)
        other = copy(model)
        torch.testing.assert_close(other.log_prob_grid(grid, grid), model.log_prob_grid(grid, grid))  # type: ignore[operator]


def test_with_more_than_two_dimensions_only_a_bound_is_offered_and_it_says_so() -> None:
    x = two_moons(300)
    model = vae(x, latent=3)
    assert model.density_kind == "bound"
    assert not isinstance(model, HasGridDensity)
    with torch.no_grad():
        first = model.log_prob(x)
        assert torch.equal(first, model.log_prob(x))
        torch.testing.assert_close(first.mean(), model.iwae(x, 64, seeded(3)).mean(), atol=0.05, rtol=0)
    assert vae(x).density_kind == "exact"
    assert not isinstance(vae(few_images(50), world="digits", latent=3), HasBlocks)


def test_blocks_agree_with_log_prob_and_their_low_halves_sum_to_the_marginal_of_the_high_pixels(
    digits: VAE,
) -> None:
    x = few_images(30, seed=0)
    blocks = digits._log_prob_blocks()
    code = codes(x.numpy())
    with torch.no_grad():
        found = [blocks(c // 4096, c // 4096 + 1)[0, c % 4096] for c in code]
        np.testing.assert_allclose(found, digits.log_prob(x).double(), atol=1e-4)
        z, log_weight = digits._best_nodes()
        p = torch.sigmoid(digits.decoder.logits(z).double()).numpy()[:, 12:]  # type: ignore[union-attr, operator]
    weight = log_weight.double().exp().numpy()
    for high in (0, 1234, 8191):
        pixels = half_images(13)[high]
        marginal = weight @ np.prod(np.where(pixels == 1, p, 1 - p), axis=1)
        assert np.exp(blocks(high, high + 1)).sum() == pytest.approx(marginal, rel=1e-5)
    assert weight.sum() == pytest.approx(1, abs=1e-5)


def test_digits_are_reconstructed(digits: VAE) -> None:
    x = few_images(200, seed=0)
    wrong = (digits.decode(digits.encode(x)).round() - x).abs().mean()
    assert float(wrong) < 0.12
    assert isinstance(digits.decoder, BernoulliDecoder)


def test_gradients_of_both_objectives_agree_with_finite_differences() -> None:
    from tests.models.harness import slope_error

    x = two_moons(64)
    for objective in ("elbo", "iwae"):
        model = vae(x, objective=objective, width=8, depth=2, activation="tanh", k=3)
        train(model, x, 5)
        batch = Batch(x, torch.zeros(64, dtype=torch.int64), seeded())
        assert slope_error(model, batch) < 1e-4


def test_iwae_with_one_sample_is_the_elbo_on_average() -> None:
    x = two_moons(200)
    model = vae(x, objective="iwae", k=1)
    with torch.no_grad():
        many = x.repeat(100, 1)
        assert float(model.iwae(many, 1, seeded(1)).mean()) == pytest.approx(
            float(model.elbo(many, seeded(2)).mean()), abs=0.03
        )


def test_kl_to_the_prior_is_that_of_torch() -> None:
    mean, log_std = torch.randn(2, 50, generator=seeded())
    known = torch.distributions.kl_divergence(
        torch.distributions.Normal(mean, log_std.exp()), torch.distributions.Normal(0.0, 1.0)
    )
    torch.testing.assert_close(kl_to_prior(mean, log_std), known, atol=1e-5, rtol=1e-5)


def test_beta_annealing_and_free_bits_weigh_the_kl_term() -> None:
    x = two_moons(64)
    batch = Batch(x, torch.zeros(64, dtype=torch.int64), seeded())

    def terms(**knobs: object) -> dict[str, float]:
        model = vae(x, **knobs)
        return {k: float(v.detach()) for k, v in model._elbo_step(batch).items()}

    plain = terms()
    assert plain["loss"] == pytest.approx(plain["reconstruction"] + plain["kl"], abs=1e-5)
    heavy = terms(beta=3.0)
    assert heavy["loss"] - heavy["reconstruction"] == pytest.approx(3 * heavy["kl"], rel=1e-4)
    free = terms(free_bits=2.0)
    assert free["loss"] - free["reconstruction"] == pytest.approx(4.0, abs=1e-4)
    model = vae(x, annealing=10)
    weights = []
    for _ in range(12):
        weights.append(model.kl_weight())
        train(model, x, 1)
    assert weights == pytest.approx([0.1 * min(10, i + 1) for i in range(12)])
