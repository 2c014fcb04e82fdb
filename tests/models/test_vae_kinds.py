"""The VAE told the class, the VAE with a categorical decoder, and what a VAE shows of its inside."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from genplay.errors import BadInput
from genplay.lab.fit import data_of
from genplay.models.base import About, Batch, HasLabels, Model, Setting
from genplay.models.categorical_decoder import CategoricalDecoder
from genplay.models.class_code import ClassCode
from genplay.models.exhibits import Bars, Curves, Facts, Pictures, PlanePicture
from genplay.models.layers import Standardise
from genplay.models.registry import card
from genplay.models.vae import VAE
from genplay.models.vae_exhibits import exact_posterior
from genplay.spaces import DIMENSIONS, World
from genplay.spaces.binary import codes
from genplay.spaces.plane import HOME, Grid
from genplay.training.plan import RunPlan
from tests.models.harness import agreement, build, few_images, log_prob_on, total_mass, train, two_moons


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def labelled(x: Tensor, y: Tensor, world: World = "plane", classes: int = 2, **knobs: object) -> VAE:
    """A class-conditional VAE."""
    found = card("vae")
    setting = Setting(world, DIMENSIONS[world], classes, "elbo", HOME, x, y, seeded())
    model = found.load(world)(found.knobs.parse({"conditional": True, **knobs}), setting)
    assert isinstance(model, VAE)
    return model


def learn(model: Model, x: Tensor, y: Tensor, steps: int) -> None:
    (phase,) = model.phases()
    optimiser = torch.optim.Adam(list(phase.parameters or ()), 3e-3, fused=True)
    generator = seeded(1)
    for _ in range(steps):
        rows = torch.randint(len(x), (256,), generator=generator)
        optimiser.zero_grad()
        phase.run(Batch(x[rows], y[rows], generator))["loss"].backward()
        optimiser.step()


def moons_with_labels(n: int) -> tuple[Tensor, Tensor]:
    """Two moons, three quarters of the points in the upper one, which is class 1."""
    x = two_moons(4 * n)
    upper = x[:, 1] > 0.25 - 0.5 * torch.sin(x[:, 0] * 1.6)
    keep = torch.cat([upper.nonzero()[: 3 * n // 4, 0], (~upper).nonzero()[: n // 4, 0]])
    return x[keep], upper[keep].long()


@pytest.fixture(scope="module")
def told() -> tuple[VAE, Tensor, Tensor]:
    x, y = moons_with_labels(800)
    model = labelled(x, y, latent=1, width=32, depth=2)
    learn(model, x, y, 1200)
    return model, x, y


def test_the_code_of_a_class_picks_classes_with_their_share_of_the_labels() -> None:
    y = torch.tensor([0] * 50 + [2] * 150)
    code = ClassCode(y, 3)
    every = torch.arange(3)
    assert torch.equal(code.label(code.code(every)), every)
    drawn = torch.bincount(code.label(torch.randn(200_000, generator=seeded())), minlength=3) / 200_000
    expected = torch.tensor([50.5, 0.5, 150.5]) / 201.5
    torch.testing.assert_close(drawn, expected, atol=4e-3, rtol=0)
    torch.testing.assert_close(code.log_share.exp(), expected)


@torch.no_grad()
def test_the_density_of_a_conditional_vae_is_the_sum_over_classes(
    told: tuple[VAE, Tensor, Tensor],
) -> None:
    model, x, _ = told
    assert total_mass(model, Grid(HOME.grown(2), 160)) == pytest.approx(1, abs=2e-3)
    # p(x | y) by Riemann's sum over z, for each class, with a decoder asked for that class by its network alone.
    z = torch.linspace(-5, 5, 4001)
    wave = torch.exp(-0.5 * z**2) / math.sqrt(2 * math.pi) * (z[1] - z[0])
    total = torch.zeros(40, dtype=torch.float64)
    code, net = model.class_code, model.decoder.net.net  # type: ignore[union-attr]
    assert code is not None
    for y in range(2):
        hot = torch.nn.functional.one_hot(torch.tensor([y]), 2).float().expand(4001, 2)
        mean = model.decoder.units.inverse(net(torch.cat([z[:, None], hot], dim=1)))  # type: ignore[union-attr, operator]
        known = torch.distributions.Normal(mean[None], model.decoder.sigma())  # type: ignore[union-attr, operator]
        likelihood = known.log_prob(x[:40, None]).sum(dim=2).exp().double()
        total += code.log_share[y].exp().double() * (likelihood * wave).sum(dim=1)
    torch.testing.assert_close(model.log_prob(x[:40]).double(), total.log(), atol=0.01, rtol=0)


@torch.no_grad()
def test_bounds_of_a_conditional_vae_are_in_order(told: tuple[VAE, Tensor, Tensor]) -> None:
    model, x, _ = told
    exact = float(model.log_prob(x).mean())
    elbo = float(torch.stack([model.elbo(x, seeded(s)).mean() for s in range(20)]).mean())
    iwae = float(torch.stack([model.iwae(x, 32, seeded(s)).mean() for s in range(5)]).mean())
    assert elbo < iwae < exact + 0.01
    assert exact - iwae < 0.15


@torch.no_grad()
def test_a_class_that_is_asked_for_is_drawn(told: tuple[VAE, Tensor, Tensor]) -> None:
    model, x, y = told
    assert isinstance(model, HasLabels)
    assert model.classes == 2
    assert model.latent_dim == 2
    noise = model.noise(500, seeded())
    for asked in (0, 1):
        made = model.sample_class(noise, torch.full((500,), asked))
        nearest = y[torch.cdist(made, x).argmin(dim=1)]
        assert float((nearest == asked).float().mean()) > 0.95
    assert agreement(model, model.sample(4000, seeded(1)), HOME.grown(1.5)) > 1e-3
    code = model.encode(x)
    assert float((model.class_code.label(code[:, -1]) == y).float().mean()) > 0.95  # type: ignore[union-attr]
    assert float((model.reconstruct(x) - x).norm(dim=1).median()) < 0.15


@torch.no_grad()
def test_blocks_of_a_conditional_vae_are_its_log_prob_image_by_image() -> None:
    x, y = few_images(200), torch.arange(200) % 3
    model = labelled(x, y, "digits", 3, width=16, depth=1)
    with torch.enable_grad():
        learn(model, x, y, 50)
    blocks, code = model._log_prob_blocks(), codes(x.numpy())[:30]
    found = [blocks(c // 4096, c // 4096 + 1)[0, c % 4096] for c in code]
    np.testing.assert_allclose(found, model.log_prob(x[:30]), atol=2e-3)
    draws = [model.iwae(x, 64, seeded(s)).mean() for s in range(8)]
    assert float(torch.stack(draws).mean()) == pytest.approx(float(model.log_prob(x).mean()), abs=0.05)


def categorical(z_dim: int = 1, bins: int = 8) -> CategoricalDecoder:
    net = nn.Linear(z_dim, 2 * bins)
    with torch.no_grad():
        net.weight.copy_(torch.randn(2 * bins, z_dim, generator=seeded(3)))
        net.bias.copy_(torch.randn(2 * bins, generator=seeded(4)))
    return CategoricalDecoder(net, Standardise(two_moons(50)), HOME, bins)


@torch.no_grad()
def test_a_categorical_decoder_is_normalised_and_draws_what_it_says() -> None:
    decoder = categorical().double()
    z = torch.tensor([[0.7]], dtype=torch.float64)
    grid = Grid(HOME.grown(8), 1280)
    points = torch.from_numpy(grid.points())
    p = torch.exp(decoder.log_likelihood(points, z.expand(len(points), 1)))
    assert float(p.sum() * grid.cell_area) == pytest.approx(1, abs=2e-3)
    mean = (p[:, None] * points).sum(dim=0) * grid.cell_area
    torch.testing.assert_close(decoder.mean(z)[0], mean, atol=6e-3, rtol=0)
    normal = torch.randn(40_000, 2, generator=seeded(), dtype=torch.float64)
    drawn = decoder.draw(z.expand(40_000, 1), normal, True)
    # What is drawn, put through the cumulative distribution of the density on a fine grid, is uniform.
    side = p.view(1280, 1280).sum(dim=0) * grid.cell_area
    cumulative = side.cumsum(dim=0).numpy()
    level = np.interp(drawn[:, 0].numpy(), grid.xs + grid.box.width / 2560, cumulative)
    counts, _ = np.histogram(level, bins=20, range=(0, 1))
    assert ((counts - 2000) ** 2 / 2000).sum() < 60
    # Of an outermost bin's mass a share of 1/e lies beyond the box.
    share = torch.softmax(decoder.logits(z)[0], dim=-1) / math.e
    below, above = (drawn < -2).double().mean(dim=0), (drawn > 2).double().mean(dim=0)
    torch.testing.assert_close(below, share[:, 0], atol=5e-3, rtol=0)
    torch.testing.assert_close(above, share[:, -1], atol=5e-3, rtol=0)


@torch.no_grad()
def test_the_table_of_a_categorical_mixture_is_its_sum_over_nodes() -> None:
    decoder = categorical(2)
    z, log_weight = (
        torch.randn(30, 2, generator=seeded()),
        torch.randn(30, generator=seeded(1)).log_softmax(0),
    )
    x = 3 * torch.randn(20, 2, generator=seeded(2))
    known = torch.logsumexp(
        torch.stack(
            [w + decoder.log_likelihood(x, c.expand(20, 2)) for c, w in zip(z, log_weight, strict=True)]
        ),
        dim=0,
    )
    torch.testing.assert_close(decoder.log_marginal(x, z, log_weight), known, atol=1e-4, rtol=1e-5)
    xs, ys = x[:7, 0], x[:5, 1]
    grid = decoder.log_marginal_grid(xs, ys, z, log_weight)
    gy, gx = torch.meshgrid(ys, xs, indexing="ij")
    points = decoder.log_marginal(torch.stack([gx.ravel(), gy.ravel()], dim=1), z, log_weight)
    torch.testing.assert_close(grid, points.view(5, 7))


def test_a_vae_with_a_categorical_decoder_learns_two_moons() -> None:
    x = two_moons(1000)
    model = build("vae", x, knobs={"decoder": "categorical", "width": 32, "depth": 2})
    train(model, x, 700, learning_rate=4e-3)
    assert total_mass(model, Grid(HOME.grown(2), 128)) == pytest.approx(1, abs=5e-3)
    with torch.no_grad():
        fresh = two_moons(1000, seed=9)
        found = float(model.log_prob(fresh).mean())  # type: ignore[operator]
        assert found > -1.0
        draws = [model.iwae(fresh, 16, seeded(s)).mean() for s in range(4)]  # type: ignore[operator]
        assert found - 0.3 < float(torch.stack(draws).mean()) < found + 0.02
        # Cells that divide the decoder's bins: the midpoint rule is then exact.
        assert agreement(model, model.sample(4000, seeded(1)), HOME) > 1e-3
        assert agreement(model, model.sample(4000, seeded(1)) + 0.03, HOME) < 1e-6


def test_only_a_conditional_vae_minds_a_new_class() -> None:
    one, two = data_of("gaussian-blob"), data_of("two-moons")
    assert one.classes < two.classes
    assert RunPlan("vae", "plane", one).with_data(two).data is two
    with pytest.raises(BadInput, match="Restart"):
        RunPlan("vae", "plane", one, knobs={"conditional": True}).with_data(two)


def about(x: Tensor, y: Tensor | None = None) -> About:
    return About(x[:1], x, torch.zeros(len(x), dtype=torch.int64) if y is None else y, seeded())


@pytest.mark.parametrize("latent", [1, 2, 3])
@pytest.mark.parametrize("world", ["plane", "digits"])
def test_exhibits_of_every_kind_of_vae(world: World, latent: int, told: tuple[VAE, Tensor, Tensor]) -> None:
    x = two_moons(300) if world == "plane" else few_images(300)
    model = build("vae", x, world=world, knobs={"latent": latent, "width": 16, "depth": 1})
    train(model, x, 20)
    assert isinstance(model, VAE)
    shown = {e.title: e for e in model.exhibits(about(x))}
    bars = shown["KL term of each code dimension"]
    assert isinstance(bars, Bars)
    assert bars.values.shape == (latent,)
    terms = shown["The bound, term by term"]
    assert isinstance(terms, Facts)
    rows = dict(terms.rows)
    parts = [rows[name].value for name in list(rows)[:3]]  # type: ignore[union-attr]
    assert parts[0] - parts[1] == pytest.approx(parts[2], abs=1e-4)
    assert parts[1] == pytest.approx(float(bars.values.sum()), rel=1e-4)
    beside = shown.get("Encoder's Gaussian beside the exact posterior")
    assert isinstance(beside, {1: Curves, 2: PlanePicture, 3: type(None)}[latent])
    assert ("What the codes decode to" in shown) == (world == "digits")
    if latent == 1:
        conditional, data, y = told
        assert conditional.exhibits(about(data, y))
        assert isinstance(
            shown.get("The decoded code", shown.get("What the codes decode to")), PlanePicture | Pictures
        )


@torch.no_grad()
def test_the_exact_posterior_of_a_linear_decoder_is_the_known_gaussian() -> None:
    x = two_moons(300)
    model = build("vae", x, knobs={"latent": 2})
    assert isinstance(model, VAE)
    slope = torch.tensor([[1.1, -0.4], [0.3, 0.7]])
    model.decoder.net = nn.Linear(2, 2)
    model.decoder.net.weight.copy_(slope)
    model.decoder.net.bias.zero_()
    sigma = float(model.decoder.log_sigma.exp())  # type: ignore[operator, union-attr]
    precision = torch.eye(2) + slope.T @ slope / sigma**2
    u = model.decoder.units(x[:1])[0]  # type: ignore[operator]
    known = torch.distributions.MultivariateNormal(
        torch.linalg.solve(precision, slope.T @ u / sigma**2), precision_matrix=precision
    )
    grid = Grid(replace(HOME, x0=-3, x1=3, y0=-3, y1=3), 96)
    z = torch.from_numpy(grid.points()).float()
    density, evidence = exact_posterior(model, x[:1], torch.zeros(1, dtype=torch.int64), z, grid.cell_area)
    torch.testing.assert_close(density, known.log_prob(z).exp(), atol=1e-3, rtol=1e-3)
    assert evidence == pytest.approx(float(model.log_prob(x[:1])), abs=0.01)


def test_norm_and_dropout_reach_every_objective() -> None:
    x = two_moons(200)
    for objective in ("elbo", "iwae"):
        model = build("vae", x, objective=objective, knobs={"norm": "batch", "dropout": 0.2, "width": 16})
        history = train(model, x, 5)
        assert all(math.isfinite(v) for terms in history for v in terms.values())
        model.eval()
        assert np.isfinite(log_prob_on(model, Grid(HOME, 8))).all()
