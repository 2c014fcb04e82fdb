"""One phase of a model with its optimiser: θ ← θ − η · direction(∇_θ loss) for the parameters that the phase trains."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from genplay.models.base import Phase, Terms
from genplay.training import optimiser
from genplay.training.recipe import Recipe

__all__ = ["OptimisedPhase"]


class OptimisedPhase:
    """A phase as the trainer keeps it, and how its terms are called in the history.

    ``alone``: no other phase of the model has parameters, so its terms need no prefix. ``gradients`` are those of its last step.
    """

    def __init__(self, phase: Phase, kind: str, alone: bool) -> None:
        self.phase = phase
        self.prefix = "" if alone else f"{phase.name}_"
        self.parameters: list[nn.Parameter] = list(phase.parameters or ())
        self.optimiser = optimiser.make(self.parameters, kind) if self.parameters else None
        self.gradients: list[Tensor] = []

    def descend(self, loss: Tensor, recipe: Recipe, step: int) -> None:
        """Step ``step`` down the gradient of the loss, clipped as the recipe says."""
        assert self.optimiser is not None
        self.gradients = gradients(loss, self.parameters)
        if recipe.clip > 0:
            optimiser.clip_norm_(self.gradients, recipe.clip)
        rate = recipe.rate(step) * self.phase.rate()
        self.optimiser.step(self.gradients, rate, recipe)

    def forget(self) -> None:
        """Drop the gradients and the optimiser's memory of past ones."""
        self.gradients = []
        if self.optimiser is not None:
            self.optimiser.reset()

    def named(self, terms: Terms) -> Terms:
        """The terms without their graph; ``loss`` of one of several optimised phases gets the phase's name."""
        out = {name: value.detach() if value.requires_grad else value for name, value in terms.items()}
        if self.prefix and self.optimiser is not None and "loss" in out:
            out = {self.prefix + "loss" if name == "loss" else name: value for name, value in out.items()}
        return out


def gradients(loss: Tensor, wanted: Sequence[nn.Parameter]) -> list[Tensor]:
    """∂loss/∂θ for exactly these parameters, dense; 0 for a parameter that the loss does not depend on."""
    found = torch.autograd.grad(loss, wanted, allow_unused=True)
    return [
        torch.zeros_like(p) if g is None else g if g.is_contiguous() else g.contiguous()
        for p, g in zip(wanted, found, strict=True)
    ]
