from __future__ import annotations

import pytest
import torch

from genplay.models.base import Batch
from genplay.models.nsf import SplineFlow
from tests.models.harness import build, kl_from_two_moons, train, two_moons


def rough(seed: int = 1, **knobs: object) -> SplineFlow:
    """A flow with strongly bent random splines, in float64."""
    model = build("nsf", two_moons(200), knobs={"layers": 3, "bins": 5, "width": 12, **knobs})
    assert isinstance(model, SplineFlow)
    model.double()
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for p in model.parameters():
            p += 0.4 * torch.randn(p.shape, generator=generator, dtype=p.dtype)
    return model


def points(n: int = 40, reach: float = 1.5) -> torch.Tensor:
    return reach * torch.randn(n, 2, generator=torch.Generator().manual_seed(2), dtype=torch.float64)


@pytest.mark.parametrize("depth", [1, 2])
def test_the_inverse_undoes_the_flow_and_each_layer(depth: int) -> None:
    model, x = rough(depth=depth), points()
    with torch.no_grad():
        torch.testing.assert_close(model.decode(model.encode(x)), x, atol=1e-6, rtol=0)
        for layer in model.transform.layers:
            torch.testing.assert_close(layer.inverse(layer(x)[0]), x, atol=1e-6, rtol=0)


@pytest.mark.parametrize("leads", [0, 1])
def test_a_layers_gradient_agrees_with_finite_differences(leads: int) -> None:
    model = rough()
    layer, x = model.transform.layers[leads], points(6).requires_grad_()
    inputs = (x, *layer.parameters())
    assert torch.autograd.gradcheck(lambda a, *_: layer(a), inputs, atol=1e-5)


def test_the_leader_is_not_moved_by_the_follower() -> None:
    model, x = rough(), points(10)
    other = x.clone()
    for layer in model.transform.layers:
        moved = other.clone()
        moved[:, 1 - layer.leads] += 0.3
        assert torch.equal(layer(other)[0][:, layer.leads], layer(moved)[0][:, layer.leads])
        assert not torch.equal(layer(other)[0], layer(moved)[0])


def test_it_begins_near_the_gaussian_of_the_data() -> None:
    x = two_moons(500)
    model = build("nsf", x)
    gaussian = build("gaussian", x, knobs={"covariance": "spherical"})
    train(gaussian, x, 1)
    with torch.no_grad():
        torch.testing.assert_close(model.log_prob(x), gaussian.log_prob(x), atol=0.1, rtol=0)


def test_two_moons_appear_within_a_few_hundred_steps() -> None:
    x = two_moons(2000)
    model = build("nsf", x)
    before = kl_from_two_moons(model, 96)
    train(model, x, 300)
    assert kl_from_two_moons(model, 96) < 0.25 < 1 < before


def test_jitter_is_live_and_off_at_zero() -> None:
    x = two_moons(64)
    losses = []
    for jitter in (0.0, 0.0, 0.5):
        model = build("nsf", x)
        model.configure(model.knobs.replace(jitter=jitter))
        losses.append(train(model, x, 1)[0]["loss"])
    assert losses[0] == losses[1] != losses[2]


def test_jitter_is_a_share_of_the_datas_own_deviation() -> None:
    x = 5 * two_moons(4000)
    model = build("nsf", x, knobs={"jitter": 0.1})
    assert isinstance(model, SplineFlow)
    noise = (
        model.jittered(Batch(x, torch.zeros(4000, dtype=torch.int64), torch.Generator().manual_seed(1))) - x
    )
    spread = float(x.var(dim=0, correction=0).mean().sqrt())
    assert float(noise.std()) == pytest.approx(0.1 * spread, rel=0.03)
