from __future__ import annotations

import pytest
import torch

from genplay.models.maf import DigitMAF, MaskedLayer
from tests.models.harness import build, few_images


def flow(**knobs: object) -> DigitMAF:
    model = build("maf", few_images(40), world="digits", knobs={"layers": 3, "width": 30, **knobs})
    assert isinstance(model, DigitMAF)
    model.double()
    with torch.no_grad():
        for p in model.parameters():
            p += 0.3 * torch.randn(p.shape, generator=torch.Generator().manual_seed(1), dtype=p.dtype)
    return model


@pytest.mark.parametrize("knobs", [{}, {"order": "shuffle"}, {"norm": "batch", "dropout": 0.2, "depth": 1}])
def test_no_number_depends_on_one_that_comes_later(knobs: dict[str, object]) -> None:
    model = flow(**knobs).eval()
    x = torch.randn(25, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    for layer in model.transform.layers:
        assert isinstance(layer, MaskedLayer)
        jacobian = torch.autograd.functional.jacobian(lambda a, f=layer: f(a[None])[0][0], x)
        placed = jacobian[layer.order][:, layer.order]
        assert torch.equal(placed.triu(1), torch.zeros_like(placed))
        _, log_det = layer(x[None])
        assert float(placed.diagonal().log().sum()) == pytest.approx(float(log_det.detach()), abs=1e-9)
        # And every number depends on most of those before it.
        assert int((placed.tril(-1) != 0).sum()) > 250


def test_the_order_turns_round_from_layer_to_layer() -> None:
    orders = [layer.order for layer in flow().transform.layers]
    assert torch.equal(orders[0], torch.arange(25))
    assert torch.equal(orders[1], torch.arange(25).flip(0))
    assert torch.equal(orders[2], orders[0])
    shuffled = [layer.order for layer in flow(order="shuffle").transform.layers]
    assert not torch.equal(shuffled[1], orders[1])
    assert torch.equal(shuffled[1].sort().values, torch.arange(25))


def test_the_way_back_takes_as_many_passes_as_there_are_numbers() -> None:
    layer = flow().transform.layers[0]
    assert isinstance(layer, MaskedLayer)
    passes = []
    layer.network.register_forward_hook(lambda *_: passes.append(1))
    x = torch.randn(4, 25, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    with torch.no_grad():
        y, _ = layer(x)
        assert len(passes) == 1
        torch.testing.assert_close(layer.inverse(y), x, atol=1e-8, rtol=0)
    assert len(passes) == 26
