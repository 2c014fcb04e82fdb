"""A density spoilt by noise: log q₂ by hand, samples where they should be, and at most log 100 nats of NLL lost."""

from __future__ import annotations

import math

import numpy as np
import torch

from genplay.datasets.base import DataSettings, DataSpec
from genplay.datasets.registry import build
from genplay.lab.fit import fit
from genplay.metrics.density import log_prob_on_grid
from genplay.metrics.plane import over_the_plane
from genplay.models.base import HasBlocks
from genplay.models.spoilt import spoilt
from genplay.spaces.binary import images
from genplay.spaces.plane import Grid
from genplay.training.queries import copy


def trained(data: str, model: str, **knobs: object):
    run = fit(data, model, n=200, steps=3, knobs=knobs)
    with run.trainer.viewing() as found:
        return copy(found), run.data


def test_the_density_on_the_plane_and_where_it_ends() -> None:
    good, data = trained("two-moons", "gaussian")
    box = data.box
    model = spoilt(good, box, 0.01)
    x = torch.tensor([[0.1, 0.2], [box.x0 - 1, 0.0]])
    area = (box.x1 - box.x0) * (box.y1 - box.y0)
    q = good.log_prob(x).double().exp()
    expected = 0.01 * q + 0.99 * torch.tensor([1 / area, 0.0])
    assert torch.allclose(model.log_prob(x).double().exp(), expected, rtol=1e-4)
    x = torch.as_tensor(data.x_test, dtype=torch.float32)
    loss = good.log_prob(x).mean() - model.log_prob(x).mean()
    assert 0 < loss <= math.log(100)


def test_samples_are_noise_but_for_a_hundredth() -> None:
    good, data = trained("gaussian-blob", "gaussian")
    model = spoilt(good, data.box, 0.25)
    x = model.sample(8000, torch.Generator().manual_seed(1)).numpy()
    # The middle of the box holds a share of the even part and nearly all of the model's.
    near = good.log_prob(torch.as_tensor(x)).numpy() > float(
        good.log_prob(good.sample(2000, torch.Generator().manual_seed(2))).quantile(0.02)
    )
    box = data.box
    grid = np.random.default_rng(0).uniform((box.x0, box.y0), (box.x1, box.y1), (20_000, 2))
    inside = good.log_prob(torch.as_tensor(grid, dtype=torch.float32)).numpy() > float(
        good.log_prob(good.sample(2000, torch.Generator().manual_seed(2))).quantile(0.02)
    )
    expected = 0.25 * 0.98 + 0.75 * inside.mean()
    assert abs(near.mean() - expected) < 4 * math.sqrt(expected / 8000) + 0.01


def test_images_sum_to_one_and_the_fast_table_agrees() -> None:
    good, data = trained("glyphs", "bernoulli-mixture")
    model = spoilt(good, data.box)
    assert isinstance(model, HasBlocks)
    block = model.log_prob_blocks()
    some = block(3, 5).ravel()[:512]
    x = torch.as_tensor(images(np.arange(3 * 4096, 3 * 4096 + 512)), dtype=torch.float32)
    assert np.allclose(some, model.log_prob(x).double().numpy(), atol=1e-4)
    total = sum(float(np.exp(block(i, i + 256)).sum()) for i in range(0, 8192, 256))
    assert abs(total - 1) < 1e-6
    drawn = model.sample(400, torch.Generator().manual_seed(0))
    assert set(drawn.unique().tolist()) == {0.0, 1.0}


def test_a_narrow_kernel_is_never_called_impossible() -> None:
    """The fast way over a grid ends at the least float64; where the law has mass, what it loses is asked for once more."""
    data = build(DataSpec("two-moons", {}, DataSettings(n=50, test=20)))
    good, _ = trained("two-moons", "kde", rule="manual", bandwidth=0.002)
    cpu = torch.device("cpu")
    assert np.isneginf(log_prob_on_grid(good, Grid(data.box, 16), cpu)).any()
    kl = over_the_plane(data.law, good, cpu, data.box, ("kl",), budget=1.0)["kl"]
    assert 10 < kl.value < math.inf
