"""The autoencoder against principal components, its code's density against its samples, and its anomaly score."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA
from torch import Tensor, nn

from genplay.models.autoencoder import Autoencoder
from genplay.models.base import About, Batch, HasDensity
from genplay.models.code_density import CodeDensity
from genplay.models.coupling import AffineCouplings
from genplay.models.exhibits import Curves, PlanePicture
from genplay.models.layers import linear
from tests.models.harness import build, few_images, train, two_moons, world_data

KINDS = ("gaussian", "mixture", "flow")


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def autoencoder(
    x: Tensor, world: str = "plane", objective: str | None = None, **knobs: object
) -> Autoencoder:
    model = build("autoencoder", x, world=world, objective=objective, knobs=knobs)  # type: ignore[arg-type]
    assert isinstance(model, Autoencoder)
    return model


def test_a_linear_autoencoder_finds_the_first_principal_component() -> None:
    x = torch.randn(2000, 2, generator=seeded(1)) @ torch.tensor([[1.2, 0.5], [0.0, 0.3]])
    model = autoencoder(x)
    model.encoder, model.decoder = (
        nn.Sequential(linear(2, 1, seeded())),
        nn.Sequential(linear(1, 2, seeded(1))),
    )
    for rate in (2e-2, 2e-3, 2e-4):
        train(model, x, 250, learning_rate=rate)
    pca = PCA(1).fit(x.numpy())
    known = torch.tensor(pca.inverse_transform(pca.transform(x.numpy())))
    torch.testing.assert_close(model.reconstruct(x), known, atol=0.05, rtol=0)
    best = float((x - known).square().sum(dim=1).mean())
    assert float(model.anomaly(x).mean()) == pytest.approx(best, rel=0.02)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dim", [1, 2])
def test_the_density_of_codes_integrates_to_one_and_its_draws_follow_it(kind: str, dim: int) -> None:
    density = CodeDensity(kind, dim, 5, seeded())  # type: ignore[arg-type]
    z = torch.randn(2000, dim, generator=seeded(1)).abs() + 0.3 * torch.randn(2000, dim, generator=seeded(2))
    parameters = list(density.parameters())
    optimiser = torch.optim.Adam(parameters, 5e-3, fused=True) if parameters else None
    for step in range(150):
        rows = torch.randint(2000, (256,), generator=seeded(step))
        density.follow(z[rows])
        if optimiser is not None:
            optimiser.zero_grad()
            (-density.log_prob(z[rows]).mean()).backward()
            optimiser.step()
    edges = torch.linspace(-6, 8, 701 if dim == 1 else 281)
    middle = (edges[1:] + edges[:-1]) / 2
    cell = float(edges[1] - edges[0]) ** dim
    with torch.no_grad():
        p = density.log_prob(torch.cartesian_prod(*[middle] * dim).view(-1, dim)).exp()
        assert float(p.sum()) * cell == pytest.approx(1, abs=5e-3)
        drawn = density.drawn(
            torch.rand(20_000, generator=seeded(3)), torch.randn(20_000, dim, generator=seeded(4))
        )
    side = p.view(*[len(middle)] * dim)
    first = side if dim == 1 else side.sum(dim=1)
    level = np.interp(drawn[:, 0].numpy(), edges[1:].numpy(), (first.cumsum(0) / first.sum()).numpy())
    counts, _ = np.histogram(level, bins=20, range=(0, 1))
    assert ((counts - 1000) ** 2 / 1000).sum() < 60
    if kind == "gaussian":
        torch.testing.assert_close(density.mean, z.mean(dim=0), atol=0.05, rtol=0)
        torch.testing.assert_close(density.covariance, z.T.cov().view(dim, dim), atol=0.08, rtol=0)


@pytest.mark.parametrize("dim", [2, 5])
def test_couplings_are_invertible_and_their_log_det_is_that_of_autograd(dim: int) -> None:
    flow = AffineCouplings(dim, 5, 12, 2, "tanh", seeded()).double()
    for p in flow.parameters():
        nn.init.normal_(p, 0.0, 0.4, generator=seeded(1))
    x = torch.randn(6, dim, generator=seeded(2), dtype=torch.float64)
    z, log_det = flow(x)
    torch.testing.assert_close(flow.inverse(z), x)
    for row, found in zip(x, log_det, strict=True):
        jacobian = torch.autograd.functional.jacobian(lambda v: flow(v[None])[0][0], row)
        assert float(found.detach()) == pytest.approx(float(torch.linalg.slogdet(jacobian)[1]), abs=1e-9)
    moved = (z - x).detach().abs().sum(dim=0)
    assert bool((moved > 1e-3).all())


def test_two_moons_pass_through_one_dimension_and_come_back_as_samples() -> None:
    x = two_moons(1000)
    model = autoencoder(x)
    train(model, x, 900)
    assert float(model.anomaly(x).sqrt().median()) < 0.1
    samples = model.sample(1000, seeded(1))
    near = torch.cdist(samples, x).min(dim=1).values
    assert float(near.median()) < 0.08
    assert not isinstance(model, HasDensity)


def test_what_was_never_seen_has_the_larger_error() -> None:
    x = few_images(600)
    model = autoencoder(x, "digits", latent=2, width=32, depth=2)
    train(model, x, 500, learning_rate=4e-3)
    strange = (torch.rand(300, 25, generator=seeded(2)) < 0.5).float()
    seen, unseen = model.anomaly(few_images(300)), model.anomaly(strange)
    # The share of pairs in the right order is the area under the ROC curve.
    assert float((seen[:, None] < unseen[None]).float().mean()) > 0.95
    wrong = (model.sample(500, seeded(3))[:, None] - x[None, :200]).abs().sum(dim=2).min(dim=1).values
    assert float(wrong.mean()) < 4


def test_held_still_only_the_density_of_the_codes_learns() -> None:
    x = two_moons(300)
    model = autoencoder(x, hold=True)
    before = {name: p.clone() for name, p in model.named_parameters()}
    train(model, x, 5)
    for name, p in model.named_parameters():
        assert torch.equal(p, before[name]) == (not name.startswith("codes."))
    model.configure(model.knobs.replace(hold=False))
    assert model.phases()[0].repeats() == 1


def test_the_second_step_leaves_the_networks_alone() -> None:
    x = two_moons(64)
    model = autoencoder(x)
    loss = model.phases()[1].run(Batch(x, torch.zeros(64, dtype=torch.int64), seeded()))["loss"]
    networks = [*model.encoder.parameters(), *model.decoder.parameters()]
    assert all(g is None for g in torch.autograd.grad(loss, networks, allow_unused=True))


@pytest.mark.parametrize("extras", [{"dropout": 0.5}, {"norm": "batch"}])
def test_the_second_step_sees_the_codes_that_will_be_decoded(extras: dict[str, object]) -> None:
    x = two_moons(200)
    model = autoencoder(x, codes="gaussian", **extras)
    train(model, x, 5)
    before = {name: b.clone() for name, b in model.encoder.named_buffers()}
    model.configure(model.knobs.replace(hold=True))
    phase = model.phases()[1]
    for _ in range(200):
        phase.run(Batch(x, torch.zeros(200, dtype=torch.int64), seeded()))
    assert model.training
    assert all(torch.equal(b, before[name]) for name, b in model.encoder.named_buffers())
    z = model.eval().encode(x)
    torch.testing.assert_close(model.codes.mean, z.mean(dim=0), atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(model.codes.covariance, z.T.cov(correction=0).view(1, 1), atol=1e-3, rtol=1e-3)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("world", "latent"), [("plane", 1), ("plane", 2), ("digits", 1), ("digits", 2), ("digits", 4)]
)
def test_exhibits_and_every_density(world: str, latent: int, kind: str) -> None:
    x = world_data(world, 200)  # type: ignore[arg-type]
    name = "plane_latent" if world == "plane" else "latent"
    model = autoencoder(x, world, codes=kind, width=16, depth=1, **{name: latent})
    history = train(model, x, 5)
    assert all(math.isfinite(v) for terms in history for v in terms.values())
    shown = {
        e.title: e for e in model.exhibits(About(x[:1], x, torch.zeros(200, dtype=torch.int64), seeded()))
    }
    code = shown.get("The code and the density fitted to it")
    assert isinstance(code, {1: Curves, 2: PlanePicture, 4: type(None)}[latent])
    if world == "plane":
        error = shown["Reconstruction error"]
        assert isinstance(error, PlanePicture)
        assert error.field is not None
        assert float(error.field.min()) >= 0
