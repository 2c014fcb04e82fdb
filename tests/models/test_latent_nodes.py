from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from genplay.models.latent_nodes import latent_nodes


def nodes_for(slope: Tensor, tolerance: float = 0.5, most: int = 50_000) -> tuple[Tensor, Tensor]:
    """Nodes for the linear decoder x = slope · z with unit noise."""
    return latent_nodes(
        lambda z: z @ slope.T,
        slope.shape[1],
        tolerance=tolerance,
        least_mass=1e-9,
        most=most,
        like=slope,
    )


@pytest.mark.parametrize("dim", [1, 2])
def test_nodes_carry_the_moments_of_a_standard_normal(dim: int) -> None:
    z, log_weight = nodes_for(torch.eye(dim, dtype=torch.float64) * 6)
    w = log_weight.exp()
    assert float(w.sum()) == pytest.approx(1, abs=1e-12)
    assert float((w @ z).abs().max()) < 1e-9
    # Zero is an edge of cells: however coarse they are, means on either side of it give E|z| exactly.
    coarse, log_coarse = nodes_for(torch.eye(dim, dtype=torch.float64) * 1e-3)
    torch.testing.assert_close(
        log_coarse.exp() @ coarse.abs(),
        torch.full((dim,), math.sqrt(2 / math.pi)).double(),
        atol=1e-6,
        rtol=0,
    )
    second = (w[:, None] * z).T @ z
    # Two nodes a side keep the variance within a cell; what is missing lies outside the lattice.
    torch.testing.assert_close(second, torch.eye(dim, dtype=torch.float64), atol=5e-6, rtol=0)


@pytest.mark.parametrize("dim", [1, 2])
def test_the_integral_of_a_linear_gaussian_decoder_is_the_known_one(dim: int) -> None:
    generator = torch.Generator().manual_seed(0)
    slope = torch.randn(2, dim, generator=generator, dtype=torch.float64) * 4
    z, log_weight = nodes_for(slope)
    x = torch.randn(50, 2, generator=generator, dtype=torch.float64) * 4
    squares = (x[:, None] - z @ slope.T).square().sum(dim=2)
    found = torch.logsumexp(log_weight - 0.5 * squares, dim=1) - math.log(2 * math.pi)
    known = torch.distributions.MultivariateNormal(
        torch.zeros(2, dtype=torch.float64), slope @ slope.T + torch.eye(2, dtype=torch.float64)
    )
    near = known.log_prob(x) > -14
    torch.testing.assert_close(found[near], known.log_prob(x)[near], atol=2e-4, rtol=0)


def test_cells_are_halved_only_along_the_steep_side_and_only_where_it_is_steep() -> None:
    def place(z: Tensor) -> Tensor:
        return 20 * torch.relu(z[:, :1])

    z, _ = latent_nodes(
        place, 2, tolerance=1.0, least_mass=1e-9, most=100_000, like=torch.zeros(1, dtype=torch.float64)
    )
    assert len(z[:, 1].unique()) == 2 * 30
    flat, steep = z[z[:, 0] < -0.5], z[(z[:, 0] > 0) & (z[:, 0] < 1)]
    assert len(flat[:, 0].unique()) <= 2 * 15
    assert len(steep[:, 0].unique()) >= 2 * 20


def test_the_number_of_nodes_is_bounded_and_the_tails_give_way_first() -> None:
    slope = torch.eye(2) * 100
    z, log_weight = nodes_for(slope, tolerance=0.1, most=8_000)
    assert 7_000 < len(z) <= 8_000
    assert float(log_weight.exp().sum()) == pytest.approx(1, abs=1e-5)
    inner, outer = int((z.norm(dim=1) < 1).sum()), int((z.norm(dim=1) > 4).sum())
    assert inner / math.pi > 5 * outer / (11**2 - 16 * math.pi)


def test_a_bump_that_begins_and_ends_inside_a_cell_is_seen() -> None:
    """x = 0.6 · max(0, 1 − |z₂ − 2½ h| / 0.4 h), cells of width h: from end to end of its cell nothing changes."""
    h = 11 / 30

    def place(z: Tensor) -> Tensor:
        return 0.6 * torch.relu(1 - (z[:, 1:] - 2.5 * h).abs() / (0.4 * h))

    like = torch.zeros(1, dtype=torch.float64)
    z, log_weight = latent_nodes(place, 2, tolerance=0.7, least_mass=1e-9, most=50_000, like=like)
    assert len(z[:, 1].unique()) > 2 * 30
    dense = torch.linspace(-8, 8, 200_001, dtype=torch.float64)
    prior = torch.exp(-0.5 * dense.square()) * (dense[1] - dense[0]) / math.sqrt(2 * math.pi)
    for x in (0.0, 0.6, 2.0):
        found = torch.logsumexp(log_weight - 0.5 * (x - place(z)[:, 0]).square(), dim=0)
        at = place(torch.stack([torch.zeros_like(dense), dense], dim=1))[:, 0]
        known = (prior * torch.exp(-0.5 * (x - at).square())).sum().log()
        assert float(found) == pytest.approx(float(known), abs=2e-4)
