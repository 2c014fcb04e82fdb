"""Slopes and curvatures carried forward, against autograd's."""

from __future__ import annotations

import pytest
import torch

from genplay.models.curvature import along
from genplay.models.layers import mlp


@pytest.mark.parametrize("activation", ["silu", "tanh", "softplus", "relu"])
@pytest.mark.parametrize(
    ("depth", "norm"), [(0, "none"), (1, "none"), (3, "none"), (1, "layer"), (3, "layer")]
)
def test_slope_and_curvature_are_those_of_autograd(activation: str, depth: int, norm: str) -> None:
    generator = torch.Generator().manual_seed(0)
    net = mlp([3, *[16] * depth, 1], generator, activation, norm=norm).double()
    with torch.no_grad():
        for p in net.parameters():
            p += 0.1 * torch.randn(p.shape, generator=generator, dtype=p.dtype)
    x = torch.randn(7, 3, generator=generator, dtype=torch.float64)
    v = torch.randn(2, 7, 3, generator=generator, dtype=torch.float64)
    slope, bend = along(net, x, v)
    assert slope.shape == bend.shape == (2, 7)
    for k in range(2):
        for i in range(7):
            f = lambda point: net(point[None]).squeeze()  # noqa: E731
            gradient = torch.autograd.functional.jacobian(f, x[i])
            hessian = torch.autograd.functional.hessian(f, x[i])
            torch.testing.assert_close(slope[k, i], gradient @ v[k, i])
            torch.testing.assert_close(bend[k, i], v[k, i] @ hessian @ v[k, i])


def test_the_axes_serve_all_points() -> None:
    generator = torch.Generator().manual_seed(1)
    net = mlp([2, 8, 8, 1], generator, "silu")
    x = torch.randn(5, 2, generator=generator)
    one = along(net, x, torch.eye(2)[:, None])
    each = along(net, x, torch.eye(2)[:, None].expand(2, 5, 2))
    for a, b in zip(one, each, strict=True):
        torch.testing.assert_close(a, b)
