"""Fisher divergence against the closed form of Gaussians."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from genplay.datasets.checkerboard import CheckerboardLaw
from genplay.datasets.plane_law import WithOutliers
from genplay.metrics import fisher
from genplay.metrics.card import Missing
from genplay.spaces.plane import HOME
from tests.metrics.fakes import Dressed, data_of, gaussian, on


class Sloped(Dressed):
    """A Gaussian law with its slope."""

    def score(self, x: Tensor) -> Tensor:
        return torch.tensor(self.law.score(x.double().numpy()))  # type: ignore[attr-defined]


def test_gaussians_have_a_closed_form() -> None:
    """∇ log p − ∇ log q is linear in x: Σ_i (1/t² − 1/s²)² s² + (m/t²)² for means m apart."""
    p, q = gaussian((0.0, 0.0), (0.5, 0.3)), gaussian((0.2, -0.1), (0.6, 0.4))
    found = fisher.fisher(on(Sloped(q), data_of(p), fresh=20_000))
    truth = sum(
        (1 / t**2 - 1 / s**2) ** 2 * s**2 + (m / t**2) ** 2 for s, t, m in ((0.5, 0.6, 0.2), (0.3, 0.4, 0.1))
    )
    assert found.stderr is not None
    assert abs(found.value - truth) < 4 * found.stderr
    assert found.stderr < 0.02 * truth
    assert fisher.fisher(on(Sloped(p), data_of(p))).value == pytest.approx(0.0, abs=1e-8)


def test_a_law_without_a_closed_slope_is_differentiated() -> None:
    p = WithOutliers(gaussian((0.0, 0.0), (0.5, 0.5)), 1e-9, HOME)
    found = fisher.fisher(on(Sloped(p.law), data_of(p)))
    assert "central differences" in found.method
    assert found.value == pytest.approx(0.0, abs=1e-3)


def test_edges_have_no_slope() -> None:
    with pytest.raises(Missing, match="edges"):
        fisher.fisher(on(Sloped(gaussian((0, 0), (1, 1))), data_of(CheckerboardLaw(4, 1.5, 0.0))))


def test_a_slope_that_is_no_number_is_not_averaged() -> None:
    class Diverged(Sloped):
        def score(self, x: Tensor) -> Tensor:
            return torch.full_like(x, np.nan)

    law = gaussian((0.0, 0.0), (0.5, 0.5))
    with pytest.raises(Missing, match="diverged"):
        fisher.fisher(on(Diverged(law), data_of(law)))
