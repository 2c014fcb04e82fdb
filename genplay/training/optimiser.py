"""Optimisers over a fixed list of parameters, given gradients. Adam [1] calls torch's fused kernel on kept lists:

m ← β₁ m + (1 − β₁) g,  v ← β₂ v + (1 − β₂) g²,  θ ← θ − η (m / (1 − β₁ᵗ)) / (√(v / (1 − β₂ᵗ)) + ε).

On small nets a step costs operator calls, not arithmetic; this is one call where ``torch.optim.Adam`` makes dozens.

[1] Kingma & Ba 2015; AdamW: Loshchilov & Hutter 2019, θ ← θ − η λ θ apart from the gradient.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from genplay.training.recipe import Recipe

__all__ = ["FusedAdam", "Optimiser", "Stock", "clip_norm_", "make", "norm"]

_EPSILON = 1e-8


class Optimiser(Protocol):
    """One step down the gradients (same order and shapes as the parameters) with the given learning rate."""

    def step(self, gradients: list[Tensor], rate: float, recipe: Recipe) -> None: ...

    def reset(self) -> None:
        """Forget all that was remembered of past gradients."""
        ...


class FusedAdam:
    """Adam and AdamW, equal to torch's to float precision. The parameters must be dense and contiguous."""

    def __init__(self, parameters: Sequence[nn.Parameter], decoupled: bool) -> None:
        self._parameters: list[Tensor] = list(parameters)
        self._means = [torch.zeros_like(p) for p in parameters]
        self._squares = [torch.zeros_like(p) for p in parameters]
        self._count = torch.zeros((), dtype=torch.float32, device=self._parameters[0].device)
        # The kernel wants one counter a parameter; they are all at the same step, so one tensor stands for all.
        self._counts = [self._count] * len(self._parameters)
        self._kernel = torch._fused_adamw_ if decoupled else torch._fused_adam_

    def step(self, gradients: list[Tensor], rate: float, recipe: Recipe) -> None:
        self._count += 1
        with torch.no_grad():
            self._kernel(
                self._parameters, gradients, self._means, self._squares, [], self._counts,
                lr=rate, beta1=recipe.momentum, beta2=recipe.beta2, weight_decay=recipe.weight_decay,
                eps=_EPSILON, amsgrad=False, maximize=False,
            )  # fmt: skip
        # The kernel writes past autograd's version counters; whoever caches by them has to see the change.
        torch.autograd.graph.increment_version(self._parameters)

    def reset(self) -> None:
        self._count.zero_()
        torch._foreach_zero_([*self._means, *self._squares])


_START: dict[str, Any] = {"lr": 1e-3}
_STOCK: dict[str, type[torch.optim.Optimizer]] = {
    "adam": torch.optim.Adam,
    "adamw": torch.optim.AdamW,
    "rmsprop": torch.optim.RMSprop,
    "sgd": torch.optim.SGD,
}


class Stock:
    """An optimiser of ``torch.optim``, for the kinds and devices that have no fused Adam."""

    def __init__(self, parameters: Sequence[nn.Parameter], kind: str) -> None:
        self._parameters = list(parameters)
        self._kind = kind
        self.reset()

    def reset(self) -> None:
        self._inner: Any = _STOCK[self._kind](self._parameters, **_START)

    def step(self, gradients: list[Tensor], rate: float, recipe: Recipe) -> None:
        group = self._inner.param_groups[0]
        group["lr"], group["weight_decay"] = rate, recipe.weight_decay
        if self._kind == "sgd":
            group["momentum"] = recipe.momentum
        elif self._kind == "rmsprop":
            group["alpha"] = recipe.beta2
        else:
            group["betas"] = (recipe.momentum, recipe.beta2)
        for parameter, gradient in zip(self._parameters, gradients, strict=True):
            parameter.grad = gradient
        self._inner.step()


def make(parameters: Sequence[nn.Parameter], kind: str) -> Optimiser:
    """The fastest optimiser of this kind for where the parameters are."""
    fused = all(p.device.type in ("cpu", "cuda") and p.is_contiguous() for p in parameters)
    if kind in ("adam", "adamw") and fused:
        return FusedAdam(parameters, decoupled=kind == "adamw")
    return Stock(parameters, kind)


def norm(gradients: list[Tensor]) -> Tensor:
    """‖g‖₂ of all gradients together, 0-dim."""
    lengths: list[Tensor] = list(torch._foreach_norm(gradients))
    total: Tensor = torch.linalg.vector_norm(torch.stack(lengths))
    return total


def clip_norm_(gradients: list[Tensor], most: float) -> None:
    """Shorten the gradients in place to a joint length of at most ``most``, without waiting for the device."""
    scale = (most / (norm(gradients) + 1e-12)).clamp(max=1.0)
    torch._foreach_mul_(gradients, scale)
