"""MADE: no conditional looks ahead, everything sums or integrates to one, samples follow the chain rule."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch

from genplay.knobs import Knobs
from genplay.models.base import About, Setting
from genplay.models.cards.made import MADEKnobs
from genplay.models.coordinate_heads import DiscretisedLogisticHead
from genplay.models.exhibits import Matrix, Pictures
from genplay.models.made import MADE, PlaneMADE, pixel_order
from genplay.spaces.binary import images, log_sum_exp
from genplay.spaces.plane import HOME, Grid
from tests.models.harness import agreement, build, few_images, total_mass, train, two_moons

ORDERS = MADEKnobs.info("order").choices


def made(dim: int = 25, seed: int = 0, sharp: float = 3.0, **knobs: object) -> MADE:
    """An untrained model with large weights, so that every dependence that can be there is there."""
    x = few_images(100)[:, :dim]
    generator = torch.Generator().manual_seed(seed)
    setting = Setting("digits", dim, 1, "cross-entropy", HOME, x, torch.zeros(100), generator)
    chosen: Knobs = MADEKnobs.parse({"width": 64, **knobs})
    model = MADE(chosen, setting)
    with torch.no_grad():
        for p in model.parameters():
            p.mul_(sharp)
    return model


@pytest.mark.parametrize("depth", [1, 2, 3])
@pytest.mark.parametrize("order", ORDERS)
def test_a_pixel_changes_no_conditional_at_or_before_its_own(order: str, depth: int) -> None:
    model = made(order=order, depth=depth)
    x = few_images(50, seed=3)
    before = model.conditionals(x)
    seen_later = 0
    for place, pixel in enumerate(model.order.tolist()):
        changed = x.clone()
        changed[:, pixel] = 1 - changed[:, pixel]
        moved = (model.conditionals(changed) - before).abs().amax(dim=0).detach()
        earlier, later = model.order[: place + 1], model.order[place + 1 :]
        assert float(moved[earlier].max()) == 0.0
        seen_later += int((moved[later] > 1e-6).sum())
    assert seen_later > 0.95 * 25 * 24 / 2


def test_orders_are_permutations_and_random_ones_differ() -> None:
    for name in ORDERS:
        order = pixel_order(name, 25, torch.Generator().manual_seed(0))
        assert sorted(order.tolist()) == list(range(25))
    assert pixel_order("column", 25, torch.Generator())[:6].tolist() == [0, 5, 10, 15, 20, 1]
    assert pixel_order("snake", 25, torch.Generator())[4:7].tolist() == [4, 9, 8]
    assert pixel_order("centre-out", 25, torch.Generator())[0] == 12
    first, second = (pixel_order("random", 25, torch.Generator().manual_seed(s)) for s in (1, 2))
    assert not torch.equal(first, second)


@pytest.mark.parametrize("order", ORDERS)
def test_ten_pixels_sum_to_one_by_brute_force(order: str) -> None:
    if order != "random" and order != "raster":
        pytest.skip("that order is for squares")
    model = made(dim=10, order=order).double()
    every = torch.tensor(list(itertools.product((0.0, 1.0), repeat=10)), dtype=torch.float64)
    assert float(model.log_prob(every).detach().exp().sum()) == pytest.approx(1.0, abs=1e-10)


def test_log_prob_is_the_product_of_the_conditionals() -> None:
    model = made(order="random")
    x = few_images(20, seed=1)
    p = model.conditionals(x).detach().numpy()
    direct = np.log(np.where(x.numpy() > 0, p, 1 - p)).sum(axis=1)
    np.testing.assert_allclose(model.log_prob(x).detach(), direct, rtol=1e-3)


@pytest.mark.parametrize(("order", "depth"), [("raster", 1), ("random", 2)])
def test_the_tree_of_prefixes_gives_log_prob_of_every_image(order: str, depth: int) -> None:
    model = made(order=order, depth=depth, width=24, sharp=1.5)
    block = model.log_prob_blocks()
    assert log_sum_exp(block) == pytest.approx(0.0, abs=1e-5)
    rng = np.random.default_rng(0)
    rows = rng.integers(0, 8192, 20)
    code = (rows[:, None] * 4096 + np.arange(0, 4096, 64)).ravel()
    table = np.stack([block(r, r + 1)[0, ::64] for r in rows]).ravel()
    with torch.no_grad():
        direct = model.log_prob(torch.tensor(images(code), dtype=torch.float32)).numpy()
    np.testing.assert_allclose(table, direct, atol=2e-4)


def test_samples_have_the_frequencies_that_the_density_says() -> None:
    model = made(dim=6, order="random")
    every = torch.tensor(list(itertools.product((0.0, 1.0), repeat=6)))
    p = model.log_prob(every).exp().detach().double().numpy()
    drawn = model.sample(20_000, torch.Generator().manual_seed(0))
    counts = np.bincount((drawn.numpy() @ (2 ** np.arange(5, -1, -1))).astype(int), minlength=64)
    rare = p * 20_000 < 5
    p_kept, counts_kept = np.append(p[~rare], p[rare].sum()), np.append(counts[~rare], counts[rare].sum())
    chi2 = ((counts_kept - 20_000 * p_kept) ** 2 / np.maximum(20_000 * p_kept, 1e-9)).sum()
    freedom = len(p_kept) - 1
    assert chi2 < freedom + 5 * np.sqrt(2 * freedom)


def test_training_learns_a_dependence_that_single_pixels_do_not_show() -> None:
    rng = np.random.default_rng(0)
    x = np.zeros((600, 25), dtype=np.float32)
    x[:, 2], x[:, 20] = rng.integers(0, 2, (2, 600))
    x[:, 24] = x[:, 2] != x[:, 20]
    data = torch.tensor(x)
    model = made(sharp=1.0, dropout=0.0)
    train(model, data, 800, batch_size=128, learning_rate=0.01)
    assert float(-model.log_prob(data).detach().mean()) == pytest.approx(2 * np.log(2), abs=0.1)


def plane_made(seed: int = 0, sharp: float = 2.0, **knobs: object) -> PlaneMADE:
    model = build("made", two_moons(300), knobs={"width": 32, "components": 5, **knobs}, seed=seed)
    assert isinstance(model, PlaneMADE)
    with torch.no_grad():
        for p in model.parameters():
            p.mul_(sharp)
    return model


@pytest.mark.parametrize("first", ["x1", "x2"])
def test_on_the_plane_only_the_second_coordinate_looks_at_the_first(first: str) -> None:
    model = plane_made(first=first)
    a, b = (0, 1) if first == "x1" else (1, 0)
    x = two_moons(20, seed=1).requires_grad_()
    out = model.predict(x)
    for j, sees in ((a, []), (b, [a])):
        (slope,) = torch.autograd.grad(out[:, j].sum(), x, retain_graph=True)
        for k in (0, 1):
            assert bool((slope[:, k] != 0).all()) == (k in sees)


@pytest.mark.parametrize("first", ["x1", "x2"])
def test_on_the_plane_the_mass_is_one(first: str) -> None:
    model = plane_made(first=first, sharp=1.2)
    assert total_mass(model, Grid(HOME.grown(6), 384)) == pytest.approx(1, abs=2e-3)


@pytest.mark.parametrize("first", ["x1", "x2"])
def test_the_bins_of_the_plane_sum_to_one(first: str) -> None:
    model = plane_made(head="logistic", first=first, sharp=1.2, bins=16)
    step = 0.25
    middles = (torch.arange(-70, 70) + 0.5) * step
    u = torch.cartesian_prod(middles, middles)
    with torch.no_grad():
        p = model.log_prob(model.standardise.inverse(u)).double().exp()
    area = (step * float(model.standardise.scale)) ** 2
    assert float(p.sum()) * area == pytest.approx(1, abs=2e-3)


@pytest.mark.parametrize("head", ["mixture", "logistic"])
@pytest.mark.parametrize("decoding", ["ancestral", "jacobi"])
def test_samples_on_the_plane_fit_the_density(head: str, decoding: str) -> None:
    model = plane_made(head=head, decoding=decoding, sharp=1.2, first="x2", bins=32)
    samples = model.sample(20_000, torch.Generator().manual_seed(0))
    assert agreement(model, samples, HOME) > 1e-3
    assert agreement(model, samples[:, [1, 0]], HOME) < 1e-6


def test_the_score_on_the_plane_is_the_slope_of_log_prob() -> None:
    model = plane_made().double()
    x = two_moons(10).double()
    step = 1e-6
    with torch.no_grad():
        for j in range(2):
            shift = torch.zeros(2, dtype=torch.float64)
            shift[j] = step
            measured = (model.log_prob(x + shift) - model.log_prob(x - shift)) / (2 * step)
            torch.testing.assert_close(model.score(x)[:, j], measured, rtol=1e-5, atol=1e-5)


def test_the_density_on_bins_is_flat_inside_a_bin_and_its_score_is_that_of_the_middles() -> None:
    model = plane_made(head="logistic", bins=16).double()
    head = model.head
    assert isinstance(head, DiscretisedLogisticHead)
    u = torch.tensor([[0.1, 0.02], [0.1, 0.23]], dtype=torch.float64)  # bins of 0.25: the same cell
    with torch.no_grad():
        flat = model.log_prob(model.standardise.inverse(u))
        assert float(flat[0]) == pytest.approx(float(flat[1]), abs=1e-3)
        middle = torch.tensor([[0.125, 0.125]], dtype=torch.float64)
        torch.testing.assert_close(
            head.log_prob(model.predict(middle), middle), head.smooth(model.predict(middle), middle)
        )
        assert bool((model.score(model.standardise.inverse(middle)) != 0).all())


def test_jacobi_decoding_gives_the_ancestral_samples_in_fewer_sweeps() -> None:
    for dim, order in ((25, "centre-out"), (9, "random")):
        model = made(dim=dim, order=order, sharp=1.5)
        noise = model.noise(200, torch.Generator().manual_seed(3))
        one_by_one = model.sample_from(noise)
        model.configure(model.options.replace(decoding="jacobi", temperature=1.0))
        assert torch.equal(model.sample_from(noise), one_by_one)


def test_with_batch_normalisation_ten_pixels_still_sum_to_one() -> None:
    model = made(dim=10, norm="batch", sharp=1.0)
    train(model, few_images(200)[:, :10], 20)
    model.eval().double()
    every = torch.tensor(list(itertools.product((0.0, 1.0), repeat=10)), dtype=torch.float64)
    assert float(model.log_prob(every).detach().exp().sum()) == pytest.approx(1.0, abs=1e-10)


def test_low_temperature_keeps_to_the_likely() -> None:
    model = made(sharp=1.0)
    noise = model.noise(2000, torch.Generator().manual_seed(0))
    means = []
    for heat in (0.3, 1.0, 2.0):
        model.configure(model.options.replace(temperature=heat))
        means.append(float(model.log_prob(model.sample_from(noise)).detach().mean()))
    assert means == sorted(means, reverse=True)


def test_the_exhibits_show_the_conditionals_and_an_empty_upper_half_of_the_mask() -> None:
    model = made(order="random")
    x = few_images(1)
    about = About(x, x, torch.zeros(1, dtype=torch.int64), torch.Generator().manual_seed(0))
    shown = {e.title: e for e in model.exhibits(about)}
    frames = shown["One conditional after another"]
    assert isinstance(frames, Pictures)
    j = int(model.order[3])
    assert frames.values[3, j] == pytest.approx(float(model.conditionals(x)[0, j].detach()))
    mask = shown["Who may look at whom"]
    assert isinstance(mask, Matrix)
    assert bool(np.isnan(mask.values[np.triu_indices(25)]).all())
    assert bool((mask.values[np.tril_indices(25, -1)] > 0).all())
