"""The transformer's own: attention by the textbook, and heads of any number."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from genplay.models.exhibits import Matrix
from genplay.models.transformer import Block, Transformer
from tests.models.sequences import CLASSES, looks_ahead, sequence, shown, steps_differ, upper_half_is_empty


def test_attention_is_a_causal_softmax_of_products() -> None:
    model = sequence("transformer", width=12, heads=3, depth=1)
    assert isinstance(model, Transformer)
    block = model.blocks[0]
    assert isinstance(block, Block)
    h = torch.randn(2, 6, 12, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        q, k, v = block.ask(block.first(h)).view(2, 6, 3, 3, 4).unbind(dim=2)
        mixed = torch.zeros(2, 6, 3, 4)
        for i in range(6):
            scores = torch.einsum("nhc,njhc->nhj", q[:, i], k[:, : i + 1]) / 2
            w = scores.softmax(dim=-1)
            torch.testing.assert_close(block.weights(h)[:, :, i, : i + 1], w)
            mixed[:, i] = torch.einsum("nhj,njhc->nhc", w, v[:, : i + 1])
        middle = h + block.gather(mixed.flatten(2))
        torch.testing.assert_close(block(h), middle + block.think(block.second(middle)), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("width", "heads"), [(12, 5), (8, 8), (9, 1)])
def test_any_number_of_heads_fits_any_width(width: int, heads: int) -> None:
    model = sequence("transformer", width=width, heads=heads)
    assert looks_ahead(model)[1] == 0.0
    assert steps_differ(model) < 2e-5


def test_the_attention_that_is_shown_adds_up_to_one_and_has_no_future() -> None:
    exhibits = shown(sequence("transformer", width=16, depth=2))
    for layer in (1, 2):
        table = exhibits[f"Attention in layer {layer}"]
        assert isinstance(table, Matrix)
        np.testing.assert_allclose(np.nansum(table.values, axis=1), 1, atol=1e-5)
        assert bool(np.isnan(table.values[np.triu_indices(25, 1)]).all())
    assert upper_half_is_empty(exhibits["Who looks at whom"])


def test_dropout_is_for_training_only() -> None:
    model = sequence("transformer", width=16, dropout=0.5)
    x, y = torch.ones(4, 25), torch.full((4,), CLASSES)
    with torch.no_grad():
        assert torch.equal(model.predict(x, y), model.predict(x, y))
        model.train()
        assert not torch.equal(model.predict(x, y), model.predict(x, y))
