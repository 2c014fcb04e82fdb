"""Mini-batches: epochs without repetition, rows and labels together, other sizes in flight."""

from __future__ import annotations

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from genplay.training.batches import Batches


def batches(n: int, size: int) -> Batches:
    x = torch.arange(n, dtype=torch.float32)[:, None].repeat(1, 2)
    make = torch.Generator().manual_seed
    return Batches(x, torch.arange(n), size, make(1), torch.Generator().manual_seed(2))


@settings(max_examples=30)
@given(st.integers(1, 300), st.integers(1, 300))
def test_every_row_comes_once_an_epoch(n: int, size: int) -> None:
    source = batches(n, size)
    if size >= n:
        assert source.draw().y.tolist() == list(range(n))
        return
    drawn = torch.cat([source.draw().y for _ in range(-(-3 * n // size))])
    for epoch in range(3):
        assert sorted(drawn[epoch * n : (epoch + 1) * n].tolist()) == list(range(n))


def test_labels_stay_with_their_rows_and_sizes_may_change() -> None:
    source = batches(100, 8)
    for size in (8, 32, 3, 200):
        source.resize(size)
        for _ in range(70):
            batch = source.draw()
            assert len(batch.x) == min(size, 100)
            assert torch.equal(batch.x[:, 0], batch.y.float())
