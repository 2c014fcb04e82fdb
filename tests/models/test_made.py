"""MADE: no conditional looks ahead, everything sums to one, samples follow the chain rule."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch

from genplay.knobs import Knobs
from genplay.models.base import Setting
from genplay.models.cards.made import MADEKnobs
from genplay.models.made import MADE, pixel_order
from genplay.spaces.binary import images, log_sum_exp
from genplay.spaces.plane import HOME
from tests.models.harness import few_images, train

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
