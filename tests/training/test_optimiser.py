"""Our optimisers against torch.optim, step by step."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from genplay.training import optimiser
from genplay.training.recipe import Recipe


def parameters(seed: int = 0) -> list[nn.Parameter]:
    generator = torch.Generator().manual_seed(seed)
    shapes = [(5, 3), (5,), (), (2, 2, 2)]
    return [nn.Parameter(torch.randn(s, generator=generator)) for s in shapes]


def loss(theta: list[nn.Parameter], t: int) -> Tensor:
    return sum(((p - 0.3 * t).sin() * p).square().sum() for p in theta)  # type: ignore[return-value]


TORCH: dict[str, Any] = {
    "adam": lambda p, lr, wd: torch.optim.Adam(p, lr=lr, betas=(0.8, 0.99), weight_decay=wd),
    "adamw": lambda p, lr, wd: torch.optim.AdamW(p, lr=lr, betas=(0.8, 0.99), weight_decay=wd),
    "sgd": lambda p, lr, wd: torch.optim.SGD(p, lr=lr, momentum=0.8, weight_decay=wd),
    "rmsprop": lambda p, lr, wd: torch.optim.RMSprop(p, lr=lr, alpha=0.99, weight_decay=wd),
}


@pytest.mark.parametrize("decay", [0.0, 0.1])
@pytest.mark.parametrize("kind", ["adam", "adamw", "sgd", "rmsprop"])
def test_every_optimiser_equals_that_of_torch(kind: str, decay: float) -> None:
    ours, theirs = parameters(), parameters()
    recipe = Recipe(optimiser=kind, momentum=0.8, beta2=0.99, weight_decay=decay)
    mine, reference = optimiser.make(ours, kind), TORCH[kind](theirs, 1e-3, decay)
    for t in range(50):
        rate = 1e-2 / (1 + t)
        mine.step(list(torch.autograd.grad(loss(ours, t), ours)), rate, recipe)
        reference.param_groups[0]["lr"] = rate
        reference.zero_grad()
        loss(theirs, t).backward()
        reference.step()
    for a, b in zip(ours, theirs, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-5, atol=1e-6)


def test_adam_is_the_one_call_kind_and_begins_afresh_after_a_reset() -> None:
    theta = parameters()
    start = [p.detach().clone() for p in theta]
    adam = optimiser.make(theta, "adam")
    assert isinstance(adam, optimiser.FusedAdam)
    adam.step([torch.ones_like(p) for p in theta], 0.1, Recipe())
    first = [p.detach().clone() for p in theta]
    adam.step([-3 * torch.ones_like(p) for p in theta], 0.1, Recipe())
    with torch.no_grad():
        for p, value in zip(theta, start, strict=True):
            p.copy_(value)
    adam.reset()
    adam.step([torch.ones_like(p) for p in theta], 0.1, Recipe())
    for p, value in zip(theta, first, strict=True):
        assert torch.equal(p, value)


def test_a_step_of_adam_changes_the_version_of_a_parameter() -> None:
    # Models cache log Z and the like by parameter version.
    theta = parameters()
    before = [p._version for p in theta]
    optimiser.make(theta, "adam").step([torch.ones_like(p) for p in theta], 0.1, Recipe())
    assert all(p._version > v for p, v in zip(theta, before, strict=True))


def test_clipping_is_that_of_torch() -> None:
    theta = parameters()
    gradients = list(torch.autograd.grad(loss(theta, 1), theta))
    for p, g in zip(theta, gradients, strict=True):
        p.grad = g.clone()
    length = torch.nn.utils.clip_grad_norm_(theta, 0.5)
    assert torch.allclose(optimiser.norm(gradients), length)
    optimiser.clip_norm_(gradients, 0.5)
    for p, g in zip(theta, gradients, strict=True):
        torch.testing.assert_close(p.grad, g, rtol=1e-4, atol=1e-7)
    short = [g * 1e-3 for g in gradients]
    kept = [g.clone() for g in short]
    optimiser.clip_norm_(short, 0.5)
    assert all(torch.equal(a, b) for a, b in zip(short, kept, strict=True))
