"""The few layers that models share, with every random number from a generator that is passed in."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Literal

import torch
import torch.nn.functional as functional
from torch import Tensor, nn

__all__ = [
    "ACTIVATIONS",
    "Activation",
    "BatchNorm",
    "Dropout",
    "NoiseTape",
    "Standardise",
    "double",
    "evaluated",
    "linear",
    "mlp",
]

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
    sizes: list[int],
    generator: torch.Generator,
    activation: str = "relu",
    last_gain: float = 1.0,
    norm: str = "none",
    dropout: float = 0.0,
) -> nn.Sequential:
    """A multilayer perceptron through the given sizes: linear, norm, activation, dropout; only linear at the end."""
    layers: list[nn.Module] = []
    pairs = list(pairwise(sizes))
    for i, (a, b) in enumerate(pairs):
        last = i == len(pairs) - 1
        layers.append(linear(a, b, generator, last_gain if last else math.sqrt(3.0)))
        if last:
            break
        if norm == "layer":
            layers.append(nn.LayerNorm(b))
        elif norm == "batch":
            layers.append(BatchNorm(b))
        layers.append(ACTIVATIONS[activation]())
        if dropout > 0:
            layers.append(Dropout(dropout, generator))
    return nn.Sequential(*layers)


class BatchNorm(nn.BatchNorm1d):
    """Batch normalisation that lets a batch of one pass by its running statistics, since one point has no spread."""

    def forward(self, x: Tensor) -> Tensor:
        if x.ndim > 2:
            return self.forward(x.flatten(0, -2)).view_as(x)
        if self.training and len(x) == 1:
            return functional.batch_norm(
                x, self.running_mean, self.running_var, self.weight, self.bias, eps=self.eps
            )
        return super().forward(x)


class Dropout(nn.Module):
    """In training, each unit is 0 with probability p and else divided by 1 − p; the choice is by its own generator."""

    def __init__(self, p: float, generator: torch.Generator) -> None:
        super().__init__()
        self.p = p
        self._seed = int(torch.randint(2**31, (), generator=generator))
        self._generator: torch.Generator | None = None

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return x
        if self._generator is None or self._generator.device != x.device:
            self._generator = torch.Generator(x.device).manual_seed(self._seed)
        kept = torch.rand(x.shape, generator=self._generator, device=x.device, dtype=x.dtype) >= self.p
        return x * kept / (1 - self.p)

    def __deepcopy__(self, memo: dict[int, object]) -> Dropout:
        other = Dropout.__new__(Dropout)
        nn.Module.__init__(other)
        other.p, other._seed, other._generator = self.p, self._seed, None
        other.training = self.training
        return other


@torch.no_grad()
def evaluated(net: nn.Module, x: Tensor) -> Tensor:
    """net(x) as in evaluation even while it is in training: nothing dropped, norms by what they have seen so far."""
    learning = net.training
    if learning:
        net.eval()
    try:
        out: Tensor = net(x)
    finally:
        if learning:
            net.train()
    return out


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
        fits = tape is not None and (tape.shape[1:], tape.device, tape.dtype) == (
            shape,
            like.device,
            like.dtype,
        )
        if tape is None or not fits or self._next >= len(tape):
            make = torch.randn if self._kind == "normal" else torch.rand
            tape = make((self._steps, *shape), generator=generator, device=like.device, dtype=like.dtype)
            self._tape, self._next = tape, 0
        out = tape[self._next]
        self._next += 1
        return out
