"""The experts of an ensemble: a bank of K models with exact densities, all asked at once.

Simple ones (Gaussians, products of Bernoullis) are K rows of one tensor; others are whole models of this program, each with
its own parameters. Every expert begins where a different part of the data is, so that they have a reason to divide the work.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Protocol, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from genplay.models.base import HasBlocks, HasDensity, Model, Setting
from genplay.models.bernoulli_mixture import spread_prototypes
from genplay.models.gmm import scattered_centres
from genplay.models.normals import Normals
from genplay.models.product_mixture import bernoulli_blocks
from genplay.models.registry import card
from genplay.spaces.binary import HIGH, blocks

__all__ = ["Bank", "BernoulliBank", "GaussianBank", "ModelBank", "local_data", "log_mixture_blocks"]

FLOOR = 0.01
"""The least standard deviation of a Gaussian expert, data units."""


class Bank(Protocol):
    """K experts."""

    def log_probs(self, x: Tensor) -> Tensor:
        """log p_k(x), (n, d) → (n, K)."""
        ...

    def noise(self, n: int, generator: torch.Generator) -> Tensor:
        """What n samples of an expert are made from."""
        ...

    def draw(self, k: int, noise: Tensor) -> Tensor:
        """Samples of expert k."""
        ...


def local_data(x: Tensor, experts: int, generator: torch.Generator) -> list[Tensor]:
    """x (n, d) divided by the nearest of ``experts`` scattered centres; a part of fewer than three points is all of x."""
    nearest = torch.cdist(x, scattered_centres(x, experts, generator)).argmin(dim=1)
    parts = [x[nearest == k] for k in range(experts)]
    return [part if len(part) > 2 else x for part in parts]


class GaussianBank(nn.Module):
    """K Gaussians with full covariances."""

    def __init__(self, parts: list[Tensor]) -> None:
        super().__init__()
        means = torch.stack([part.mean(dim=0) for part in parts])
        scale = torch.stack([part.var(dim=0, correction=0).mean().sqrt() for part in parts])
        self.normals = Normals(means, scale, "full", FLOOR)

    def log_probs(self, x: Tensor) -> Tensor:
        return self.normals.log_prob(x)

    def noise(self, n: int, generator: torch.Generator) -> Tensor:
        return torch.randn(n, self.normals.means.shape[1], generator=generator, device=generator.device)

    def draw(self, k: int, noise: Tensor) -> Tensor:
        return noise @ self.normals.factors()[k].T + self.normals.means[k]


class BernoulliBank(nn.Module):
    """K products of Bernoullis."""

    def __init__(self, x: Tensor, experts: int, generator: torch.Generator) -> None:
        super().__init__()
        self.logits = nn.Parameter(spread_prototypes(x, experts, generator))

    def log_probs(self, x: Tensor) -> Tensor:
        return torch.addmm(-nn.functional.softplus(self.logits).sum(dim=1), x, self.logits.T)

    def noise(self, n: int, generator: torch.Generator) -> Tensor:
        return torch.rand(n, self.logits.shape[1], generator=generator, device=generator.device)

    def draw(self, k: int, noise: Tensor) -> Tensor:
        return (noise < torch.sigmoid(self.logits[k])).to(noise)

    def log_mixture_blocks(self, log_weight: Tensor) -> Callable[[int, int], NDArray[np.float64]]:
        """log Σ_k π_k p_k(x) of all images by blocks."""
        return bernoulli_blocks(log_weight, self.logits)


class ModelBank(nn.Module):
    """K models from their card, each built from the part of the data it begins with."""

    def __init__(self, name: str, knobs: dict[str, object], setting: Setting, parts: list[Tensor]) -> None:
        super().__init__()
        found = card(name, setting.world)
        objective = found.objective(setting.world, None).id
        make = found.load(setting.world)
        self.models = nn.ModuleList(
            make(found.knobs.parse(knobs), dataclasses.replace(setting, x=part, y=setting.y[: len(part)], objective=objective))
            for part in parts
        )  # fmt: skip

    def expert(self, k: int) -> Model:
        """Expert k as the model it is."""
        return cast(Model, self.models[k])

    def log_probs(self, x: Tensor) -> Tensor:
        return torch.stack([cast(HasDensity, model).log_prob(x) for model in self.models], dim=1)

    def noise(self, n: int, generator: torch.Generator) -> Tensor:
        return self.expert(0).noise(n, generator)

    def draw(self, k: int, noise: Tensor) -> Tensor:
        return self.expert(k).sample_from(noise)

    def log_mixture_blocks(self, log_weight: Tensor) -> Callable[[int, int], NDArray[np.float64]]:
        """log Σ_k π_k p_k(x) of all images by blocks."""
        return log_mixture_blocks(list(self.models), log_weight)


def log_mixture_blocks(
    models: Sequence[nn.Module], log_weight: Tensor
) -> Callable[[int, int], NDArray[np.float64]]:
    """log Σ_k π_k p_k(x) of all images: the models' tables one after another, since each fills 134 MB."""
    total = np.full((1 << HIGH, 4096), -np.inf, dtype=np.float32)
    for model, share in zip(models, log_weight.tolist(), strict=True):
        assert isinstance(model, HasBlocks)
        if share == -np.inf:
            continue
        block = model.log_prob_blocks()
        for start, stop in blocks():
            part = total[start:stop]
            np.logaddexp(part, block(start, stop) + share, out=part, casting="same_kind")
    return lambda start, stop: total[start:stop].astype(np.float64)
