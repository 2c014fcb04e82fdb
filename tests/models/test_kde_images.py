"""Kernels on images: brute force, leave-one-out, the table of all images, and the way to a lookup table."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from genplay.models.base import About
from genplay.models.exhibits import Curves, Pictures
from genplay.models.kde_images import ImageKernelDensity
from genplay.spaces.binary import codes, images, log_sum_exp
from tests.models.harness import build, few_images, train


def estimate(x: torch.Tensor, **knobs: object) -> ImageKernelDensity:
    model = build("kde", x, world="digits", knobs=knobs)
    assert isinstance(model, ImageKernelDensity)
    return model


def by_hand(x: np.ndarray, data: np.ndarray, flip: float) -> np.ndarray:
    """p(x) pixel by pixel: a product of flip or 1 − flip for each remembered image, averaged."""
    same = x[:, None, :] == data[None]
    return np.where(same, 1 - flip, flip).prod(axis=2).mean(axis=1)


@pytest.mark.parametrize("flip", [0.003, 0.1, 0.5])
def test_log_prob_by_brute_force(flip: float) -> None:
    data, x = few_images(60), few_images(30, seed=3)
    model = estimate(data, flip_rule="manual", flip=flip)
    np.testing.assert_allclose(
        model.log_prob(x).numpy(), np.log(by_hand(x.numpy(), data.numpy(), flip)), rtol=1e-5
    )


def test_leave_one_out_by_brute_force() -> None:
    data = few_images(50).numpy()
    data[7] = data[3]
    model = estimate(torch.tensor(data))
    others = [by_hand(data[i : i + 1], np.delete(data, i, axis=0), 0.08)[0] for i in range(50)]
    whole, left_out = model.judged(0.08)
    assert left_out == pytest.approx(np.log(others).mean(), rel=1e-9)
    assert whole == pytest.approx(np.log(by_hand(data, data, 0.08)).mean(), rel=1e-9)


def test_the_search_finds_the_probability_of_the_flips() -> None:
    data = few_images(600)
    model = estimate(data)
    history = train(model, data, 100)
    assert model.finished
    best = model.judged(model.flip)[1]
    assert history[-1]["loss"] == pytest.approx(-best, abs=1e-5)
    for factor in (0.5, 0.95, 1.05, 2.0):
        assert model.judged(model.flip * factor)[1] < best
    assert 0.02 < model.flip < 0.15


@pytest.mark.parametrize("flip", [1e-4, 0.07])
def test_all_images_sum_to_one_and_agree_with_log_prob(flip: float) -> None:
    data = few_images(100)
    model = estimate(data, flip_rule="manual", flip=flip)
    block = model.log_prob_blocks()
    assert log_sum_exp(block) == pytest.approx(0.0, abs=1e-9)
    row = int(codes(data.numpy())[0]) >> 12
    some = images(np.arange(row << 12, (row + 2) << 12))
    direct = model.log_prob(torch.tensor(some, dtype=torch.float64)).numpy()
    np.testing.assert_allclose(block(row, row + 2).ravel(), direct, atol=1e-9)


def test_samples_come_from_the_density() -> None:
    data = few_images(20)
    model = estimate(data, flip_rule="manual", flip=0.15)
    drawn = model.sample(20_000, torch.Generator().manual_seed(1))
    expected = data.mean(dim=0) * 0.7 + 0.15
    error = (expected * (1 - expected) / 20_000).sqrt()
    assert bool(((drawn.mean(dim=0) - expected).abs() < 4.5 * error).all())
    # −E log p of its own samples is its entropy, which no other density can undercut.
    narrow = estimate(data, flip_rule="manual", flip=0.1)
    assert float(model.log_prob(drawn).mean()) > float(narrow.log_prob(drawn).mean()) + 0.1


def test_towards_no_flips_only_the_data_are_drawn() -> None:
    data = few_images(30)
    model = estimate(data, flip_rule="manual", flip=1e-4)
    known = set(codes(data.numpy()).tolist())
    drawn = codes(model.sample(1000, torch.Generator().manual_seed(0)).numpy())
    assert np.mean([c in known for c in drawn.tolist()]) > 0.99
    assert float(model.log_prob(data).mean()) > -math.log(30) - 0.01
    assert float(model.log_prob(few_images(30, seed=9)).mean()) < -25


def test_memorising_is_shown() -> None:
    data = few_images(60)
    model = estimate(data, flip_rule="manual", flip=0.05)
    shown = model.exhibits(About(data[5:6], data, torch.zeros(60, dtype=torch.int64), torch.Generator()))
    curves = next(e for e in shown if isinstance(e, Curves)).lines
    flips, whole = curves["the data themselves"]
    assert np.all(np.diff(whole) > 0)
    _, others = curves["each image judged by the others"]
    assert 0.01 < flips[int(np.argmin(others))] < 0.2
    pictures = next(e for e in shown if isinstance(e, Pictures)).values
    np.testing.assert_array_equal(pictures[0], data[5])
    assert codes(pictures[1:2])[0] in codes(data.numpy())


def test_new_data_and_another_rule_apply_at_once() -> None:
    data = few_images(50)
    model = estimate(data)
    train(model, data, 60)
    model.configure(model.knobs.replace(flip_rule="manual", flip=0.3))
    assert model.flip == 0.3
    assert not model.finished
    model.data_changed()
    train(model, 1 - data, 60)
    assert set(model.seen.keys.tolist()) == set(codes((1 - data).numpy()).tolist())
