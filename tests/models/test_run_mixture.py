"""The mixture of trained runs: the weighted sum of its members, EM on the weights, kinds, samples, the table of images."""

from __future__ import annotations

import dataclasses
import math
from itertools import pairwise

import pytest
import torch
from torch import Tensor

from genplay.models.base import About, Batch, HasBlocks, HasScore, Model, Setting
from genplay.models.cards.run_mixture import RunMixtureKnobs
from genplay.models.exhibits import Bars, Facts
from genplay.models.run_mixture import EnumeratedRunMixture, PlaneRunMixture, RunMixture, run_mixture
from genplay.quantity import Quantity
from genplay.spaces import DIMENSIONS, World
from genplay.spaces.binary import codes
from genplay.spaces.plane import HOME, Grid
from tests.models.harness import agreement, build, few_images, total_mass, train, two_moons


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def mixed(
    x: Tensor, *models: Model, weights: tuple[float, ...] = (), world: World = "plane", **knobs: object
) -> RunMixture:
    given = weights or (1.0,) * len(models)
    members = [(f"run {k}", model, w) for k, (model, w) in enumerate(zip(models, given, strict=True))]
    y = torch.zeros(len(x), dtype=torch.int64)
    setting = Setting(world, DIMENSIONS[world], 1, "em", HOME, x, y, seeded(), None, members)
    return run_mixture(RunMixtureKnobs.parse(knobs), setting)


def trained(name: str, x: Tensor, steps: int = 20, **options: object) -> Model:
    model = build(name, x, **options)  # type: ignore[arg-type]
    train(model, x, steps)
    return model


def test_the_density_is_the_weighted_sum_and_no_step_changes_a_member() -> None:
    x = two_moons(200)
    members = trained("nsf", x), trained("gmm", x), trained("kde", x, 2)
    model = mixed(x, *members)
    before = [p.clone() for p in model.models.parameters()]
    train(model, x, 5)
    assert all(torch.equal(p, b) for p, b in zip(model.models.parameters(), before, strict=True))
    with torch.no_grad():
        each = torch.stack([m.log_prob(x) for m in members], dim=1).double()  # type: ignore[operator]
        total = each.exp() @ model.weights.double()
        assert float(model.weights.sum()) == pytest.approx(1, abs=1e-6)
        torch.testing.assert_close(model.log_prob(x).double(), total.log(), atol=1e-4, rtol=1e-4)
        shares = each.exp() * model.weights.double() / total[:, None]
        torch.testing.assert_close(model.responsibilities(x).double(), shares, atol=1e-4, rtol=1e-3)


def test_em_ends_at_the_likeliest_weights() -> None:
    """Two spheres that overlap: the likelihood of the one free weight is searched on a fine net."""
    x = torch.randn(400, 2, generator=seeded())
    x[:100] += torch.tensor([2.0, 0.0])
    left, right = trained("gaussian", x[100:], 1), trained("gaussian", x[:100], 1)
    model = mixed(x, left, right)
    history = train(model, x, 4000)
    assert model.finished
    losses = [terms["loss"] for terms in history]
    assert all(later <= earlier + 1e-6 for earlier, later in pairwise(losses))
    with torch.no_grad():
        a, b = (m.log_prob(x).double().exp() for m in (left, right))  # type: ignore[operator]
    net = torch.linspace(0.001, 0.999, 999, dtype=torch.float64)
    best = net[(net[:, None] * a + (1 - net[:, None]) * b).log().mean(dim=1).argmax()]
    assert float(model.weights[0]) == pytest.approx(float(best), abs=5e-3)
    assert 0.6 < float(best) < 0.9


def test_weights_by_hand_are_divided_by_their_sum() -> None:
    x = two_moons(100)
    model = mixed(x, trained("gmm", x), trained("gaussian", x, 1), weights=(3.0, 1.0), weighting="by hand")
    train(model, x, 1)
    assert model.finished
    assert model.weights.tolist() == pytest.approx([0.75, 0.25])
    model.configure(RunMixtureKnobs())
    assert not model.finished
    train(model, x, 50)
    assert float(model.weights[0]) > 0.9


def test_on_the_plane_it_is_normalised_its_score_is_its_slope_and_samples_follow_it() -> None:
    x = two_moons(300)
    model = mixed(x, trained("gmm", x), trained("gaussian", x, 1), trained("nsf", x, 60))
    assert isinstance(model, PlaneRunMixture)
    assert isinstance(model, HasScore)
    model.weights.copy_(torch.tensor([0.2, 0.5, 0.3]))
    assert total_mass(model, Grid(HOME.grown(2), 112)) == pytest.approx(1, abs=0.01)
    model.double()
    points = two_moons(6, seed=3).double() + 0.01
    step = 1e-5
    with torch.no_grad():
        for j in range(2):
            aside = torch.zeros(2, dtype=torch.float64)
            aside[j] = step
            slope = (model.log_prob(points + aside) - model.log_prob(points - aside)) / (2 * step)
            torch.testing.assert_close(model.score(points)[:, j], slope, atol=1e-4, rtol=1e-4)
    model.float()
    samples = model.sample(4000, seeded(1))
    assert agreement(model, samples, HOME.grown(1.5)) > 1e-3
    model.weights.copy_(torch.tensor([0.5, 0.2, 0.3]))
    assert agreement(model, samples, HOME.grown(1.5)) < 1e-6


def test_a_member_without_slope_is_flat() -> None:
    x = two_moons(200)
    steps = trained("histogram", x, 1)
    model = mixed(x, steps)
    assert isinstance(model, PlaneRunMixture)
    assert torch.equal(model.score(x[:5]), torch.zeros(5, 2))


def test_its_kind_is_that_of_the_worst_member() -> None:
    x = few_images(60)
    exact = trained("made", x, 3, world="digits")
    bounded = trained("maf", x, 2, world="digits")
    assert mixed(x, exact, world="digits").density_kind == "exact"
    model = mixed(x, exact, bounded, world="digits")
    assert model.density_kind == "bound"
    assert not isinstance(model, HasBlocks)
    points = two_moons(60)
    guessed = trained("gmm", points)
    guessed.density_kind = "estimate"  # type: ignore[assignment]
    assert mixed(points, trained("gaussian", points, 1), guessed).density_kind == "estimate"


def test_the_table_of_all_images_is_its_density() -> None:
    x = few_images(80)
    members = trained("chow-liu", x, 2, world="digits"), trained("bernoulli-mixture", x, 5, world="digits")
    model = mixed(x, *members, world="digits")
    assert isinstance(model, EnumeratedRunMixture)
    train(model, x, 3)
    block = model.log_prob_blocks()
    with torch.no_grad():
        direct = model.log_prob(x).double().numpy()
    seen = codes(x.numpy())
    rows = {row: block(row, row + 1)[0] for row in set((seen >> 12).tolist())}
    assert [rows[c >> 12][c & 4095] for c in seen.tolist()] == pytest.approx(direct, abs=1e-4)


def test_what_no_member_thinks_possible_stops_nothing() -> None:
    x = few_images(40)
    seen = trained("lookup", x, 1, world="digits", knobs={"smoothing": 0.0})
    other = torch.cat([x, 1 - x[:10]])
    model = mixed(other, seen, world="digits")
    terms = train(model, other, 3)
    assert model.finished
    assert all(math.isfinite(value) for step in terms for value in step.values())
    assert terms[0]["impossible examples"] > 0
    assert bool(torch.isfinite(model.responsibilities(other)).all())


def test_members_stay_as_they_are_looked_at_while_it_trains() -> None:
    x = two_moons(100)
    shaky = trained("maf", x, 5, knobs={"dropout": 0.5, "norm": "batch"})
    model = mixed(x, shaky)
    model.train()
    with torch.no_grad():
        assert torch.equal(model.log_prob(x), model.log_prob(x))
    assert not any(part.training for part in model.models.modules())


def test_other_data_are_looked_at_afresh() -> None:
    x = torch.randn(200, 2, generator=seeded())
    near, far = trained("gaussian", x, 1), trained("gaussian", x + 5, 1)
    model = mixed(x, near, far)
    train(model, x, 50)
    assert float(model.weights[0]) > 0.99
    model.data_changed()
    model.weights.fill_(0.5)
    batch = Batch(x + 5, torch.zeros(200, dtype=torch.int64), seeded())
    for phase in model.phases():
        phase.run(batch)
    assert float(model.weights[1]) > 0.9


def test_exhibits_show_weights_and_each_members_likelihood() -> None:
    x = two_moons(150)
    members = trained("gmm", x), trained("gaussian", x, 1)
    model = mixed(x, *members)
    train(model, x, 30)
    shown = {e.title: e for e in model.exhibits(About(x[:1], x, torch.zeros(150), seeded()))}
    bars, told = shown["The weights"], shown["NLL of each run"]
    assert isinstance(bars, Bars)
    assert isinstance(told, Facts)
    assert bars.names == ("run 0", "run 1")
    assert bars.values.tolist() == pytest.approx(model.weights.tolist())
    rows = dict(told.rows)
    assert list(rows) == ["run 0", "run 1", "all together"]
    with torch.no_grad():
        for name, member in zip(("run 0", "run 1"), members, strict=True):
            value = rows[name]
            assert isinstance(value, Quantity)
            assert value.kind == "exact"
            assert value.value == pytest.approx(-float(member.log_prob(x).mean()), abs=1e-5)  # type: ignore[operator]
    assert rows["all together"].value <= min(rows[n].value for n in ("run 0", "run 1")) + 1e-4  # type: ignore[union-attr]


def test_before_a_run_is_added_a_simple_model_stands_in() -> None:
    for world, x in (("plane", two_moons(80)), ("digits", few_images(80))):
        model = build("run-mixture", x, world=world)  # type: ignore[arg-type]
        assert isinstance(model, RunMixture)
        assert model.names == ("stand-in",)
        assert dataclasses.is_dataclass(model.options)
        torch.testing.assert_close(model.sample(4000, seeded()).mean(dim=0), x.mean(dim=0), atol=0.08, rtol=0)
