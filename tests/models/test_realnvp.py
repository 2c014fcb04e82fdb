from __future__ import annotations

import pytest
import torch

from genplay.models.coupling import AffineCoupling
from genplay.models.realnvp import RealNVP
from tests.models.harness import build, two_moons


def flow(**knobs: object) -> RealNVP:
    model = build("realnvp", two_moons(200), knobs=knobs)
    assert isinstance(model, RealNVP)
    return model


@pytest.mark.parametrize("leads", [0, 1])
def test_the_leader_stays_and_the_follower_is_stretched_within_the_bound(leads: int) -> None:
    model = flow(layers=2, width=8, bound=0.7)
    layer = model.transform.layers[leads]
    assert isinstance(layer, AffineCoupling)
    with torch.no_grad():
        for p in layer.parameters():
            p *= 40
        x = torch.randn(50, 2, generator=torch.Generator().manual_seed(0))
        y, log_det = layer(x)
    assert torch.equal(y[:, leads], x[:, leads])
    assert not torch.equal(y[:, 1 - leads], x[:, 1 - leads])
    assert float(log_det.abs().max()) <= 0.7
    assert float(log_det.abs().max()) > 0.6
