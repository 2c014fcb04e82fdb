from __future__ import annotations

import pytest
import torch

from genplay.models.denoiser import Denoiser


@pytest.mark.parametrize("activation", ["relu", "tanh", "silu", "softplus"])
@pytest.mark.parametrize("hidden", [[16], [16, 12, 8]])
def test_the_divergence_agrees_with_autograd(activation: str, hidden: list[int]) -> None:
    net = Denoiser(2, hidden, activation, (-3.0, 5.0), torch.Generator().manual_seed(0)).double()
    x = torch.randn(20, 2, dtype=torch.float64)
    features = net.features(torch.tensor([0.7], dtype=torch.float64))
    value, divergence = (part.detach() for part in net.with_divergence(x, features))
    torch.testing.assert_close(value, net(x, features).detach())
    for i in range(20):
        jacobian = torch.autograd.functional.jacobian(lambda a: net(a[None], features)[0], x[i])
        assert float(jacobian.trace()) == pytest.approx(float(divergence[i]), abs=1e-10)


def test_levels_are_told_apart() -> None:
    net = Denoiser(2, [8], "silu", (-3.0, 5.0), torch.Generator().manual_seed(0))
    features = net.features(torch.linspace(-3, 5, 50))
    assert float(torch.pdist(features).min()) > 0.01
    assert float(features.abs().max()) <= 1 + 1e-6
