"""Sums from row to row against visiting all images, and samples against the sums."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from genplay.models.strip_energy import StripEnergy, blocks_of, draw, eliminate
from genplay.spaces.binary import codes, images, log_sum_exp


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.fixture(scope="module")
def energy() -> StripEnergy:
    """Rough enough that no two states of a row look alike."""
    body = StripEnergy(12, seeded()).double()
    with torch.no_grad():
        body.a *= 3
    return body


@torch.no_grad()
def test_the_energy_is_the_sum_of_its_tables(energy: StripEnergy) -> None:
    x = torch.tensor(images(np.random.default_rng(0).integers(0, 2**25, 40))).double()
    tables = energy.tables()
    by_table = sum((c * f).sum() for c, f in zip(energy.counts(x), tables, strict=True))
    assert float(by_table) == pytest.approx(float(energy(x).mean()), abs=1e-9)


@torch.no_grad()
def test_log_z_and_blocks_are_those_of_all_images(energy: StripEnergy) -> None:
    tables = energy.tables()
    log_z = float(eliminate(tables)[1])
    block = blocks_of(tables, 0.0)
    assert log_sum_exp(block) == pytest.approx(log_z, abs=1e-9)
    code = np.random.default_rng(1).integers(0, 2**25, 30)
    found = np.array([block(c >> 12, (c >> 12) + 1)[0, c & 4095] for c in code.tolist()])
    np.testing.assert_allclose(found, -energy(torch.tensor(images(code)).double()).numpy(), atol=1e-9)


@torch.no_grad()
def test_samples_follow_the_law(energy: StripEnergy) -> None:
    joint, log_z = eliminate(energy.tables())
    n = 60_000
    x = draw(joint, torch.rand(n, 3, generator=seeded(2)))
    assert x.shape == (n, 25)
    # The mean energy and each pixel's mean against exact derivatives of log Z.
    scale = torch.ones((), dtype=torch.float64, requires_grad=True)
    with torch.enable_grad():
        (mean_energy,) = torch.autograd.grad(eliminate([scale * t for t in energy.tables()])[1], scale)
    energies = energy(x.double())
    error = float(energies.std()) / n**0.5
    assert float(energies.mean()) == pytest.approx(-float(mean_energy), abs=4 * error)
    block = blocks_of(energy.tables(), float(log_z))
    low, high, alike = np.zeros(4096), np.zeros(8192), 0.0
    low_bit = np.arange(4096) >> 2 & 1
    for start in range(0, 8192, 256):
        p = np.exp(block(start, start + 256))
        high_bit = np.arange(start, start + 256) >> 10 & 1
        low += p.sum(axis=0)
        high[start : start + 256] = p.sum(axis=1)
        alike += sum(p[high_bit == v][:, low_bit == v].sum() for v in (0, 1))
    marginals = [low[np.arange(4096) >> j & 1 == 1].sum() for j in (0, 7)]
    marginals += [high[np.arange(8192) >> j & 1 == 1].sum() for j in (0, 6, 12)]
    np.testing.assert_allclose(
        x[:, [0, 7, 12, 18, 24]].double().mean(dim=0), marginals, atol=4 * 0.5 / n**0.5
    )
    # And pairs across the whole height: how often images begin and end alike.
    begun = float((x[:, 2] == x[:, 22]).double().mean())
    assert begun == pytest.approx(alike, abs=4 * 0.5 / n**0.5)
    assert len(np.unique(codes(x.numpy()))) > 1000
