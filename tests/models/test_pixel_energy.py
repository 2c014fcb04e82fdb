"""The network of all pixels: its enumeration, its flips and its Gibbs sweeps."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from genplay.models.pixel_energy import PixelEnergy
from genplay.spaces.binary import images


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def rough(pixels: int = 25, width: int = 10) -> PixelEnergy:
    lit = torch.rand(pixels, generator=seeded(1))
    energy = PixelEnergy(lit, width, seeded()).double()
    with torch.no_grad():
        energy.last.weight *= 8
        energy.first.weight *= 2
    return energy


@torch.no_grad()
@pytest.mark.parametrize("beta", [1.0, 0.4])
def test_blocks_are_minus_the_energy(beta: float) -> None:
    energy = rough()
    code = np.random.default_rng(0).integers(0, 2**25, 40)
    block = energy.minus_energy_blocks(beta)
    found = np.array([block(c >> 12, (c >> 12) + 1)[0, c & 4095] for c in code.tolist()])
    wanted = -beta * energy(torch.tensor(images(code)).double())
    np.testing.assert_allclose(found, wanted.numpy(), atol=1e-10)


@torch.no_grad()
@pytest.mark.parametrize(("beta", "share"), [(1.0, 1.0), (0.5, 1.0), (1.0, 0.3)])
def test_sweeps_keep_the_law_on_six_pixels(beta: float, share: float) -> None:
    """Started from the law itself, enumerated, chains stay there; started elsewhere they arrive."""
    energy = rough(pixels=6, width=8)
    every = torch.cartesian_prod(*[torch.tensor([0.0, 1.0], dtype=torch.float64)] * 6)
    log_p = -beta * (share * energy.net(every) - every @ energy.bias)
    p = log_p.softmax(dim=0)
    n = 40_000
    place = 2 ** torch.arange(5, -1, -1, dtype=torch.float64)

    def distance(x: torch.Tensor) -> float:
        return 0.5 * float((torch.bincount((x @ place).long(), minlength=64) / n - p).abs().sum())

    fair = every[torch.multinomial(p, n, replacement=True, generator=seeded(3))]
    chance = distance(fair)
    once = energy.sweep(fair, torch.rand(n, 6, generator=seeded(4)), beta, share)
    assert distance(once) < chance + 0.015
    x = torch.zeros(n, 6, dtype=torch.float64)
    assert distance(x) > 0.5
    for seed in range(60):
        x = energy.sweep(x, torch.rand(n, 6, generator=seeded(10 + seed)), beta, share)
    assert distance(x) < chance + 0.02


@torch.no_grad()
def test_a_sweep_takes_one_pixel_after_the_other() -> None:
    energy = rough()
    x = torch.tensor(images(np.array([99, 54321, 3]))).double()
    u = torch.rand(3, 25, generator=seeded(5), dtype=torch.float64)
    slow = x.clone()
    for j in range(25):
        on, off = slow.clone(), slow.clone()
        on[:, j], off[:, j] = 1, 0
        slow[:, j] = (u[:, j] < torch.sigmoid(energy(off) - energy(on))).double()
    assert torch.equal(energy.sweep(x, u), slow)
