from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from genplay.models.spline import RationalQuadratic

BOUND = 3.0


def splines(bins: int, n: int, seed: int = 0, size: float = 1.5) -> tuple[RationalQuadratic, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    raw = size * torch.randn(3 * bins - 1, n, generator=generator, dtype=torch.float64)
    return RationalQuadratic(bins, BOUND).double(), raw


def by_hand(x: float, raw: np.ndarray, bins: int) -> tuple[float, float]:
    """One number through one spline, bin by bin in plain numpy: y and dy/dx."""
    if abs(x) >= BOUND:
        return x, 1.0

    def shares(values: np.ndarray) -> np.ndarray:
        odds = np.exp(values - values.max())
        return 1e-3 + (1 - bins * 1e-3) * odds / odds.sum()

    xs = -BOUND + 2 * BOUND * np.r_[0, np.cumsum(shares(raw[:bins]))]
    ys = -BOUND + 2 * BOUND * np.r_[0, np.cumsum(shares(raw[bins : 2 * bins]))]
    inner = np.log1p(np.exp(raw[2 * bins :] + np.log(np.expm1(1 - 1e-3)))) + 1e-3
    slopes = np.r_[1, inner, 1]
    k = int(np.searchsorted(xs, x, side="right") - 1)
    w, h = xs[k + 1] - xs[k], ys[k + 1] - ys[k]
    s, t, d0, d1 = h / w, (x - xs[k]) / w, slopes[k], slopes[k + 1]
    below = s + (d0 + d1 - 2 * s) * t * (1 - t)
    y = ys[k] + h * (s * t**2 + d0 * t * (1 - t)) / below
    slope = s**2 * (d1 * t**2 + 2 * s * t * (1 - t) + d0 * (1 - t) ** 2) / below**2
    return y, slope


@pytest.mark.parametrize("bins", [2, 5, 8])
def test_the_formula_by_hand(bins: int) -> None:
    spline, raw = splines(bins, 60)
    x = torch.linspace(-3.5, 3.5, 60, dtype=torch.float64)
    y, log_slope, _ = spline.bend(x, raw)
    wanted = np.array([by_hand(float(a), raw[:, i].numpy(), bins) for i, a in enumerate(x)])
    np.testing.assert_allclose(y.numpy(), wanted[:, 0], atol=1e-5)
    np.testing.assert_allclose(log_slope.exp().numpy(), wanted[:, 1], rtol=2e-4)


@given(seed=st.integers(0, 10_000), bins=st.integers(2, 10), size=st.floats(0.0, 4.0))
@settings(max_examples=30, deadline=None)
def test_it_rises_everywhere_and_the_inverse_undoes_it(seed: int, bins: int, size: float) -> None:
    spline, raw = splines(bins, 1, seed, size)
    x = torch.linspace(-4, 4, 101, dtype=torch.float64)
    many = raw.expand(-1, 101)
    y, log_slope, _ = spline.bend(x, many)
    assert bool((y.diff() > 0).all())
    assert bool(torch.isfinite(log_slope).all())
    torch.testing.assert_close(spline.inverse(y, many), x, atol=1e-6, rtol=0)


def test_outside_the_box_nothing_moves() -> None:
    spline, raw = splines(6, 4)
    x = torch.tensor([-50.0, -3.0, 3.0, 7.0], dtype=torch.float64)
    y, log_slope, _ = spline.bend(x, raw)
    torch.testing.assert_close(y, x, atol=1e-6, rtol=0)
    torch.testing.assert_close(log_slope, torch.zeros_like(x), atol=2e-4, rtol=0)


def test_raw_zeros_are_the_identity() -> None:
    spline, raw = splines(7, 50, size=0.0)
    x = torch.linspace(-3, 3, 50, dtype=torch.float64)
    y, log_slope, _ = spline.bend(x, raw)
    torch.testing.assert_close(y, x, atol=1e-6, rtol=0)
    torch.testing.assert_close(log_slope, torch.zeros_like(x), atol=1e-6, rtol=0)
