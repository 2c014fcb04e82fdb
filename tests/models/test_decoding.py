"""Ancestral and Jacobi decoding on a chain whose conditionals are known."""

from __future__ import annotations

import torch
from torch import Tensor

from genplay.models.base import About
from genplay.models.coordinate_heads import BernoulliHead
from genplay.models.decoding import ancestral, decoding_exhibits, jacobi, jacobi_sweeps
from genplay.models.exhibits import Curves, Facts

HEAD = BernoulliHead()
D = 7


def copies(x: Tensor) -> Tensor:
    """Each place is all but surely what the place before it is; the first is as likely lit as dark."""
    odds = torch.zeros(len(x), D, 1)
    odds[:, 1:, 0] = 30 * (2 * x[:, :-1] - 1)
    return odds


def alone(x: Tensor) -> Tensor:
    """No place looks at another."""
    return torch.zeros(len(x), D, 1)


def noise(n: int = 16) -> Tensor:
    return HEAD.noise(n, D, torch.Generator().manual_seed(0))


def test_after_s_sweeps_the_first_s_places_are_settled() -> None:
    by_steps = ancestral(lambda place, x: copies(x)[:, place], HEAD, noise(), list(range(D)), 1.0)
    assert bool((by_steps == by_steps[:, :1]).all())
    assert set(by_steps[:, 0].tolist()) == {0.0, 1.0}
    sweeps = list(jacobi_sweeps(copies, HEAD, noise(), 1.0))
    assert len(sweeps) == D
    for s, x in enumerate(sweeps, 1):
        assert torch.equal(x[:, :s], by_steps[:, :s])
    assert not torch.equal(sweeps[-2], by_steps)
    assert torch.equal(jacobi(copies, HEAD, noise(), 1.0), by_steps)


def test_independent_places_need_one_sweep_and_one_to_see_it() -> None:
    assert len(list(jacobi_sweeps(alone, HEAD, noise(), 1.0))) == 2


def test_the_order_decides_who_is_drawn_first() -> None:
    asked: list[int] = []

    def step(place: int, x: Tensor) -> Tensor:
        asked.append(place)
        assert bool((x[:, [0, 3]] == 0).all()) or place > 1
        return torch.full((len(x), 1), 40.0)

    x = ancestral(step, HEAD, noise(), [6, 5, 3, 0, 1, 2, 4], 1.0)
    assert asked == list(range(D))
    assert bool((x == 1).all())


def test_the_exhibits_count_steps_and_sweeps() -> None:
    none = torch.zeros(0, D)
    samples, exhibits = decoding_exhibits(
        copies,
        lambda place, x: copies(x)[:, place],
        HEAD,
        list(range(D)),
        About(none, none, torch.zeros(0), torch.Generator().manual_seed(0)),
        1.0,
    )
    assert bool((samples == samples[:, :1]).all())
    shown = {e.title: e for e in exhibits}
    facts = shown["Sampling, measured"]
    assert isinstance(facts, Facts)
    rows = dict(facts.rows)
    assert getattr(rows["steps, ancestral"], "value", None) == D
    assert getattr(rows["sweeps, Jacobi"], "value", None) == D
    curves = shown["Parallel (Jacobi) decoding"]
    assert isinstance(curves, Curves)
    passes, settled = curves.lines["Jacobi"]
    assert settled[-1] == D
    assert bool((settled[1:] >= passes[1:]).all())
