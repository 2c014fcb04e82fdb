"""The probability-flow ODE where its solution is known, and the kind of a density that is taken along it."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from genplay.models.probability_flow import FlowDensity, flow
from tests.models.harness import build, train, two_moons


@pytest.mark.parametrize("deviation", [0.5, 2.0])
def test_gaussian_data_of_another_size_are_stretched_to_noise_and_back(deviation: float) -> None:
    """Data N(0, c² I): x̃ has deviation √(c² + ν²), and the ODE multiplies by the ratio of the two ends' deviations."""
    c2, levels = deviation**2, (math.log(0.01), math.log(50.0))

    def field(x: Tensor, level: float, trace: bool) -> tuple[Tensor, Tensor]:
        nu2 = math.exp(2 * level)
        size = math.sqrt(1 + nu2)
        # The noise expected in x̃ = x √(1 + ν²) is ν x̃ / (c² + ν²).
        rate = nu2 / (c2 + nu2) - nu2 / size**2
        return rate * x, torch.full((len(x),), 2 * rate if trace else 0.0, dtype=x.dtype)

    start = torch.tensor([[0.3, -1.0], [2.0, 0.1]], dtype=torch.float64)
    z, log_det = flow(field, start, levels, 80, upward=True, trace=True)
    low, high = (math.exp(2 * level) for level in levels)
    ratio = math.sqrt((c2 + high) / (c2 + low) / (1 + high))
    torch.testing.assert_close(z, start * ratio, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(
        log_det, torch.full((2,), 2 * math.log(ratio), dtype=torch.float64), atol=1e-5, rtol=0
    )
    back, undone = flow(field, z, levels, 80, upward=False, trace=True)
    torch.testing.assert_close(back, start, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(undone, -log_det, atol=1e-5, rtol=0)


@pytest.mark.parametrize("name", ["ddpm", "score-sde"])
def test_a_density_whose_steps_are_too_coarse_is_no_longer_called_exact(name: str) -> None:
    x = two_moons(300)
    model = build(name, x, knobs={"width": 32, "depth": 2})
    assert isinstance(model, FlowDensity)
    train(model, x, 100)
    for steps, kind in ((2, "estimate"), (60, "exact"), (3, "estimate")):
        model.configure(model.knobs.replace(ode_steps=steps))
        model.settle_density()
        assert model.density_kind == kind, steps
        assert f"{steps} RK4 steps" in model.density_method


@pytest.mark.parametrize("where", ["data", "samples", "nowhere"])
@pytest.mark.parametrize("error", [1.0, math.inf])
def test_steps_must_be_fine_enough_where_the_data_are_and_where_the_samples_are(
    monkeypatch: pytest.MonkeyPatch, where: str, error: float
) -> None:
    model = build("ddpm", two_moons(300), knobs={"width": 32, "depth": 2})
    assert isinstance(model, FlowDensity)

    def far_samples(x: Tensor, steps: int, upward: bool, trace: bool = False) -> tuple[Tensor, Tensor]:
        near = x.abs().amax(dim=1) < 10
        wrong = {"data": near, "samples": ~near, "nowhere": torch.zeros_like(near)}[where]
        return (x if upward else x + 50), torch.where(wrong, error / steps, 0.0)

    monkeypatch.setattr(model, "_flow", far_samples)
    model.configure(model.knobs.replace(ode_steps=10))
    model.settle_density()
    assert model.density_kind == ("exact" if where == "nowhere" else "estimate")
