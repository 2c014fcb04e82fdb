from __future__ import annotations

from itertools import pairwise

import pytest
import torch
from torch import Tensor

from genplay.models.langevin import langevin, leap


def bowl(x: Tensor) -> tuple[Tensor, Tensor]:
    """The energy of a standard normal, and its slope."""
    return 0.5 * x.square().sum(dim=1), x.clone()


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def run(step: float, adjusted: bool, steps: int = 60, chains: int = 4000) -> tuple[list[Tensor], float]:
    x = torch.randn(chains, 2, generator=seeded(0), dtype=torch.float64)
    normal = torch.randn(steps, chains, 2, generator=seeded(1), dtype=torch.float64)
    uniform = torch.rand(steps, chains, generator=seeded(2), dtype=torch.float64) if adjusted else None
    path, accepted = langevin(bowl, x, step, normal, uniform)
    return path, float(accepted)


@pytest.mark.parametrize("step", [0.5, 1.0])
def test_unadjusted_steps_make_a_normal_too_wide_by_the_known_factor(step: float) -> None:
    # x ← (1 − η/2) x + √η ξ has the stationary variance η / (1 − (1 − η/2)²) = 1 / (1 − η/4).
    path, accepted = run(step, adjusted=False)
    assert accepted == 1
    assert float(path[-1].var()) == pytest.approx(1 / (1 - step / 4), rel=0.04)


@pytest.mark.parametrize("step", [0.5, 1.0, 2.0])
def test_adjusted_steps_keep_the_law_whatever_their_length(step: float) -> None:
    path, accepted = run(step, adjusted=True)
    assert 0.3 < accepted < 0.99
    assert float(path[-1].var()) == pytest.approx(1, rel=0.04)
    assert float((path[-1].square().sum(dim=1) < 1.386).double().mean()) == pytest.approx(0.5, abs=0.03)
    # The chains have gone somewhere: the ends know nothing of the starts.
    assert abs(float((path[-1] * path[0]).mean())) < 0.05


def test_the_path_has_every_position_and_a_rejected_step_stays() -> None:
    path, accepted = run(2.0, adjusted=True, steps=5, chains=300)
    assert len(path) == 6
    stayed = torch.stack([(a == b).all(dim=1) for a, b in pairwise(path)])
    assert float(stayed.double().mean()) == pytest.approx(1 - accepted, abs=1e-6)


def wells(x: Tensor) -> Tensor:
    """A well with a quarter of the mass at (−2.5, 0), one with three quarters at (1, 0)."""
    left = (x - torch.tensor([-2.5, 0.0])).square().sum(dim=1) / (2 * 0.1**2)
    right = (x - torch.tensor([1.0, 0.0])).square().sum(dim=1) / (2 * 0.1**2)
    return -torch.logaddexp(torch.tensor(0.25).log() - left, torch.tensor(0.75).log() - right)


def test_leaps_move_mass_between_wells_until_it_is_right() -> None:
    chains, tries = 3000, 2500
    x = torch.tensor([[-2.5, 0.0]]).repeat(chains, 1) + 0.1 * torch.randn(chains, 2, generator=seeded(0))
    for i in range(tries // 50):
        normal = torch.randn(50, chains, 2, generator=seeded(10 + i))
        uniform = torch.rand(50, chains, generator=seeded(1000 + i))
        x = leap(wells, x, 1.5, normal, uniform)
    assert float((x[:, 0] > 0).float().mean()) == pytest.approx(0.75, abs=0.04)
    assert float(x[x[:, 0] > 0].std(dim=0).mean()) == pytest.approx(0.1, rel=0.08)
