from __future__ import annotations

import pytest
import torch

from genplay.models.base import Batch
from genplay.models.coupling import AffineCoupling
from genplay.models.realnvp import RealNVP
from genplay.spaces.plane import HOME
from tests.models.harness import agreement, build, kl_from_two_moons, slope_error, train, two_moons


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


def test_gradients_agree_with_finite_differences() -> None:
    x = two_moons(64)
    model = build("realnvp", x, knobs={"layers": 3, "width": 8, "activation": "tanh"})
    train(model, x, 5)
    assert slope_error(model, Batch(x, torch.zeros(64, dtype=torch.int64), torch.Generator())) < 1e-4


def test_two_moons_appear_and_samples_follow_the_density() -> None:
    x = two_moons(2000)
    model = build("realnvp", x)
    before = kl_from_two_moons(model, 96)
    train(model, x, 300)
    assert kl_from_two_moons(model, 96) < 0.35 < 1 < before
    samples = model.sample(4000, torch.Generator().manual_seed(1))
    with torch.no_grad():
        assert agreement(model, samples, HOME.grown(1.5)) > 1e-3
        assert agreement(model, samples * 1.15, HOME.grown(1.5)) < 1e-6
