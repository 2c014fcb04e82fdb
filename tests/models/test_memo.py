from __future__ import annotations

import torch
from torch import nn

from genplay.models.memo import Memo


def counting(memo: Memo[int], layer: nn.Module, setting: object = None) -> int:
    """How often the memo has computed so far."""
    calls = getattr(memo, "calls", 0)

    def compute() -> int:
        memo.calls = calls + 1  # type: ignore[attr-defined]
        return calls + 1

    return memo.get(layer.parameters(), setting, compute)


def test_it_computes_once_while_nothing_changes() -> None:
    memo: Memo[int] = Memo()
    layer = nn.Linear(2, 2)
    assert counting(memo, layer) == counting(memo, layer) == 1


def test_a_fused_optimiser_is_noticed_although_it_leaves_the_version_counters_alone() -> None:
    memo: Memo[int] = Memo()
    layer = nn.Linear(2, 2)
    optimiser = torch.optim.Adam(layer.parameters(), fused=True)
    counting(memo, layer)
    for p in layer.parameters():
        p.grad = torch.ones_like(p)
    optimiser.step()
    assert counting(memo, layer) == 2
    assert counting(memo, layer) == 2


def test_another_setting_computes_again() -> None:
    memo: Memo[int] = Memo()
    layer = nn.Linear(2, 2)
    counting(memo, layer, 0.1)
    assert counting(memo, layer, 0.2) == 2


def test_known_tells_without_computing() -> None:
    memo: Memo[int] = Memo()
    weight = torch.zeros(3)
    assert memo.known([weight], 1) is None
    memo.get([weight], 1, lambda: 7)
    assert memo.known([weight], 1) == 7
    assert memo.known([weight], 2) is None
    weight += 1
    assert memo.known([weight], 1) is None
