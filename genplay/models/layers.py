"""The few layers that models share, with every random number from a generator that is passed in."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Literal

import torch
from torch import Tensor, nn

__all__ = ["ACTIVATIONS", "Activation", "NoiseTape", "Standardise", "double", "linear", "mlp"]

Activation = Literal["relu", "tanh", "silu", "softplus"]
ACTIVATIONS: dict[str, type[nn.Module]] = {
    "relu": nn.ReLU,
    "tanh": nn.Tanh,
    "silu": nn.SiLU,
    "softplus": nn.Softplus,
}


def double(x: Tensor) -> Tensor:
    """x in float64, on the processor where the device has no such numbers (Apple's MPS)."""
    return (x.cpu() if x.device.type == "mps" else x).double()


def linear(inputs: int, outputs: int, generator: torch.Generator, gain: float = 1.0) -> nn.Linear:
    """A linear layer with weights and bias uniform in ±gain/√inputs, drawn from the generator."""
    layer: nn.Linear = nn.utils.skip_init(nn.Linear, inputs, outputs)
    reach = gain / math.sqrt(inputs)
    with torch.no_grad():
        layer.weight.uniform_(-reach, reach, generator=generator)
        layer.bias.uniform_(-reach, reach, generator=generator)
    return layer


def mlp(
    sizes: list[int], generator: torch.Generator, activation: str = "relu", last_gain: float = 1.0
) -> nn.Sequential:
    """A multilayer perceptron through the given sizes, with no activation after the last layer."""
    layers: list[nn.Module] = []
    pairs = list(pairwise(sizes))
    for i, (a, b) in enumerate(pairs):
        last = i == len(pairs) - 1
        layers.append(linear(a, b, generator, last_gain if last else math.sqrt(3.0)))
        if not last:
            layers.append(ACTIVATIONS[activation]())
    return nn.Sequential(*layers)


class Standardise(nn.Module):
    """x ↦ (x − mean) / scale, one common scale for all dimensions; ``log_det`` is log|det| of that map.

    Networks and splines see data of unit size while densities stay in data units.
    """

    mean: Tensor
    scale: Tensor

    def __init__(self, x: Tensor) -> None:
        super().__init__()
        self.register_buffer("mean", x.mean(dim=0))
        spread = x.var(dim=0, correction=0).mean().sqrt()
        self.register_buffer("scale", torch.where(spread > 1e-6, spread, torch.ones_like(spread)))
        self.dim = x.shape[1]

    def forward(self, x: Tensor) -> Tensor:
        return (x - self.mean) / self.scale

    def inverse(self, u: Tensor) -> Tensor:
        """Back to data units."""
        return u * self.scale + self.mean

    @property
    def log_det(self) -> Tensor:
        return -self.dim * self.scale.log()


class NoiseTape:
    """Random numbers drawn for many steps at once and handed out step by step: one call to the generator serves 64.

    On small nets the cost of a step is the number of operator calls, and drawing noise is one of them.
    """

    def __init__(self, kind: Literal["normal", "uniform"], steps: int = 64) -> None:
        self._kind = kind
        self._steps = steps
        self._tape: Tensor | None = None
        self._next = 0

    def draw(self, shape: tuple[int, ...], like: Tensor, generator: torch.Generator) -> Tensor:
        """The next noise of this shape, on the device and of the type of ``like``."""
        tape = self._tape
        if tape is None or tape.shape[1:] != shape or tape.device != like.device or self._next >= len(tape):
            make = torch.randn if self._kind == "normal" else torch.rand
            tape = make((self._steps, *shape), generator=generator, device=like.device, dtype=like.dtype)
            self._tape, self._next = tape, 0
        out = tape[self._next]
        self._next += 1
        return out
