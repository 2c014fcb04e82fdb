"""The ensemble: its density as the weighted sum of its experts', EM against the joint gradient, coverage and quality."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from genplay.models.base import About, Batch, Model
from genplay.models.ensemble import PixelEnsemble, PlaneEnsemble
from genplay.models.ensemble_exhibits import coverage_and_quality
from genplay.models.exhibits import Bars, Matrix
from genplay.models.experts import GaussianBank, ModelBank
from genplay.spaces.binary import codes
from genplay.spaces.plane import HOME, Grid
from tests.models.harness import agreement, build, few_images, total_mass, train, two_moons, world_data

KINDS = (("plane", "nsf"), ("plane", "gaussian"), ("digits", "made"), ("digits", "bernoulli"))


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def ensemble(x: Tensor, world: str, kind: str, objective: str | None = None, **knobs: object) -> Model:
    which = {"plane_kind" if world == "plane" else "kind": kind, **knobs}
    return build("ensemble", x, world=world, objective=objective, knobs=which)  # type: ignore[arg-type]


def batch(x: Tensor) -> Batch:
    return Batch(x, torch.zeros(len(x), dtype=torch.int64), seeded())


@torch.no_grad()
@pytest.mark.parametrize(("world", "kind"), KINDS)
def test_the_density_is_the_weighted_sum_of_the_experts(world: str, kind: str) -> None:
    x = world_data(world, 200)  # type: ignore[arg-type]
    model = ensemble(x, world, kind, experts=3)
    assert isinstance(model, PlaneEnsemble | PixelEnsemble)
    model.gate.copy_(torch.tensor([0.5, -1.0, 2.0]))
    with torch.enable_grad():
        train(model, x, 3)
    each = torch.stack([model.bank.log_probs(x)[:, k] for k in range(3)], dim=1)
    if isinstance(model.bank, ModelBank):
        known = torch.stack([model.bank.expert(k).log_prob(x) for k in range(3)], dim=1)  # type: ignore[operator]
        torch.testing.assert_close(each, known)
    total = (each.double().exp() * model.weights().double()).sum(dim=1)
    torch.testing.assert_close(model.log_prob(x).double(), total.log(), atol=1e-4, rtol=1e-4)
    shares = model.responsibilities(x).double()
    torch.testing.assert_close(
        shares * total[:, None], each.double().exp() * model.weights().double(), atol=1e-6, rtol=1e-3
    )


@pytest.mark.parametrize("kind", ["nsf", "gaussian"])
def test_on_the_plane_it_is_normalised_and_samples_follow_it(kind: str) -> None:
    x = two_moons(600)
    model = ensemble(x, "plane", kind, experts=3, width=24, depth=1)
    train(model, x, 60)
    assert total_mass(model, Grid(HOME.grown(2), 160)) == pytest.approx(1, abs=0.01)
    with torch.no_grad():
        samples = model.sample(4000, seeded(1))
        assert agreement(model, samples, HOME.grown(1.5)) > 1e-3
        assert agreement(model, samples * 1.1, HOME.grown(1.5)) < 1e-6


@torch.no_grad()
@pytest.mark.parametrize("kind", ["made", "bernoulli"])
def test_blocks_are_log_prob_image_by_image(kind: str) -> None:
    x = few_images(100)
    model = ensemble(x, "digits", kind, experts=2, width=24, depth=1)
    with torch.enable_grad():
        train(model, x, 10)
    blocks, code = model.log_prob_blocks(), codes(x.numpy())[:20]  # type: ignore[operator]
    found = [blocks(c // 4096, c // 4096 + 1)[0, c % 4096] for c in code]
    np.testing.assert_allclose(found, model.log_prob(x[:20]), atol=2e-3)  # type: ignore[operator]
    if kind == "bernoulli":
        total = sum(np.exp(blocks(a, a + 1024)).sum() for a in range(0, 8192, 1024))
        assert total == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize(("world", "kind"), KINDS)
def test_the_first_m_step_has_the_gradient_of_the_likelihood(world: str, kind: str) -> None:
    x = world_data(world, 100)  # type: ignore[arg-type]
    together, em = (ensemble(x, world, kind, objective, experts=3) for objective in ("gradient", "em"))
    em.load_state_dict(together.state_dict())
    em.phases()[0].run(batch(x))
    slopes = [
        torch.autograd.grad(model.phases()[-1].run(batch(x))["loss"], list(model.parameters()))
        for model in (together, em)
    ]
    for a, b in zip(*slopes, strict=True):
        torch.testing.assert_close(a, b, atol=1e-5, rtol=1e-3)


def test_em_with_gaussians_never_loses_likelihood_and_finds_separate_heaps() -> None:
    heaps = torch.tensor([[1.0, 1.0], [-1.0, 1.0], [0.0, -1.0]])
    x = heaps[torch.randint(3, (900,), generator=seeded(1))] + 0.15 * torch.randn(900, 2, generator=seeded(2))
    model = ensemble(x, "plane", "gaussian", "em", experts=3)
    assert isinstance(model, PlaneEnsemble)
    with torch.no_grad():
        model.bank.normals.means.add_(0.15 * torch.randn(3, 2, generator=seeded(3)))  # type: ignore[union-attr]
    before = float(model.log_prob(x).mean().detach())
    train(model, x, 100, batch_size=900)
    assert float(model.log_prob(x).mean().detach()) > before
    assert isinstance(model.bank, GaussianBank)
    found = model.bank.normals.means.detach()
    assert float(torch.cdist(heaps, found).min(dim=1).values.max()) < 0.05
    torch.testing.assert_close(model.weights().detach(), torch.full((3,), 1 / 3), atol=0.06, rtol=0)


def test_winner_takes_all_gives_each_example_to_one_expert() -> None:
    x = two_moons(100)
    model = ensemble(x, "plane", "gaussian", "em", hard=True)
    assert isinstance(model, PlaneEnsemble)
    model.phases()[0].run(batch(x))
    assert model._shared is not None
    shares = model._shared[1]
    assert set(shares.unique().tolist()) == {0.0, 1.0}
    assert torch.equal(shares.argmax(dim=1), model.responsibilities(x).argmax(dim=1))
    assert model.phases()[1].repeats() == 3


def test_separate_experts_do_not_hear_of_each_other() -> None:
    x = few_images(100)
    model = ensemble(x, "digits", "bernoulli", "separate", experts=2)
    assert isinstance(model, PixelEnsemble)
    terms = model.phases()[0].run(batch(x))
    # What the gate learns from leaves the experts alone, and the experts' own loss leaves the gate alone.
    rest = [p for name, p in model.named_parameters() if name != "gate"]
    assert all(
        g is None for g in torch.autograd.grad(terms["nll"], rest, allow_unused=True, retain_graph=True)
    )
    assert torch.autograd.grad(terms["alone"], [model.gate], allow_unused=True) == (None,)


@pytest.mark.parametrize("objective", ["gradient", "em", "separate"])
@pytest.mark.parametrize(("world", "kind"), KINDS)
def test_every_kind_learns_by_every_objective(world: str, kind: str, objective: str) -> None:
    x = world_data(world, 400)  # type: ignore[arg-type]
    model = ensemble(x, world, kind, objective, experts=3, width=24, depth=1)
    assert isinstance(model, PlaneEnsemble | PixelEnsemble)

    @torch.no_grad()
    def goal() -> float:
        # Experts that are trained apart climb each its own likelihood, not the mixture's.
        return float(model.bank.log_probs(x).mean() if objective == "separate" else model.log_prob(x).mean())

    before = goal()
    train(model, x, 25, learning_rate=1e-2, batch_size=128)
    after = goal()
    assert math.isfinite(after)
    assert after > before


def test_coverage_and_quality_of_known_clouds() -> None:
    data = torch.cat([torch.randn(50, 2, generator=seeded(1)), torch.randn(50, 2, generator=seeded(2)) + 20])
    assert coverage_and_quality(data, data) == (1.0, 1.0)
    narrow = data[:50] + 0.01
    coverage, quality = coverage_and_quality(narrow, data)
    assert coverage == pytest.approx(0.5, abs=0.03)
    assert quality > 0.95
    lost = torch.cat([data, torch.full((100, 2), 500.0)])
    coverage, quality = coverage_and_quality(lost, data)
    assert coverage == 1
    assert quality == pytest.approx(0.5)


@pytest.mark.parametrize(("world", "kind"), KINDS)
def test_exhibits_of_every_kind(world: str, kind: str) -> None:
    x = world_data(world, 150)  # type: ignore[arg-type]
    model = ensemble(x, world, kind, experts=3)
    shown = {
        e.title: e for e in model.exhibits(About(x[:1], x, torch.zeros(150, dtype=torch.int64), seeded()))
    }  # type: ignore[operator]
    gate, table = shown["The gate's weights"], shown["Mode coverage against quality"]
    assert isinstance(gate, Bars)
    assert gate.values.sum() == pytest.approx(1, abs=1e-5)
    assert isinstance(table, Matrix)
    assert table.values.shape == (4, 3)
    assert ((table.values >= 0) & (table.values <= 1 + 1e-6)).all()
