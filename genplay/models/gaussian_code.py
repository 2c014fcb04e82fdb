"""The Gaussian q(z | x) = N(mean, std²) of an encoder against the prior N(0, I)."""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["kl_to_prior", "normal"]


def kl_to_prior(mean: Tensor, log_std: Tensor) -> Tensor:
    """KL(N(mean, std²) ‖ N(0, 1)) for each dimension, in nats."""
    return 0.5 * (mean.square() + torch.exp(2 * log_std) - 1) - log_std


def normal(shape: tuple[int, ...], generator: torch.Generator, like: Tensor) -> Tensor:
    """Standard normals from the generator, on the device and of the type of ``like``."""
    return torch.randn(shape, generator=generator, device=generator.device, dtype=like.dtype).to(like.device)
