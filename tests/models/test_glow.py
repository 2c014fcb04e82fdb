from __future__ import annotations

import pytest
import torch

from genplay.models.glow import ActNorm, Glow, GlowStep, InvertibleLinear
from tests.models.harness import build, two_moons


def seeded() -> torch.Generator:
    return torch.Generator().manual_seed(0)


@pytest.mark.parametrize("dim", [2, 5, 25])
def test_the_linear_map_begins_as_a_rotation_and_knows_its_volume(dim: int) -> None:
    layer = InvertibleLinear(dim, seeded()).double()
    matrix = layer(torch.eye(dim, dtype=torch.float64))[0].T.detach()
    torch.testing.assert_close(matrix @ matrix.T, torch.eye(dim, dtype=torch.float64), atol=1e-5, rtol=0)
    with torch.no_grad():
        for p in layer.parameters():
            p += 0.2 * torch.randn(p.shape, generator=seeded(), dtype=p.dtype)
        matrix, (_, log_det) = layer(torch.eye(dim, dtype=torch.float64))[0].T, layer(torch.eye(dim).double())
        assert float(torch.linalg.slogdet(matrix).logabsdet) == pytest.approx(float(log_det), abs=1e-9)
        x = torch.randn(6, dim, generator=seeded(), dtype=torch.float64)
        torch.testing.assert_close(layer.inverse(layer(x)[0]), x)


def test_every_actnorm_is_set_by_the_data_that_reach_it() -> None:
    x = two_moons(400)
    model = build("glow", x, knobs={"layers": 3, "width": 12})
    assert isinstance(model, Glow)
    u = model.standardise(x)
    with torch.no_grad():
        for step in model.transform.layers:
            assert isinstance(step, GlowStep)
            seen, _ = step.norm(u)
            torch.testing.assert_close(seen.mean(dim=0), torch.zeros(2), atol=1e-5, rtol=0)
            torch.testing.assert_close(seen.std(dim=0, correction=0), torch.ones(2), atol=1e-4, rtol=0)
            u, _ = step(u)


def test_actnorm_leaves_what_does_not_vary_at_its_size() -> None:
    layer = ActNorm(2)
    with torch.no_grad():
        layer.settle(torch.tensor([[1.0, 0.0], [1.0, 2.0]]))
        y, log_det = layer(torch.tensor([[1.5, 1.0]]))
    torch.testing.assert_close(y, torch.tensor([[0.5, 0.0]]))
    assert float(log_det) == pytest.approx(0, abs=1e-6)
