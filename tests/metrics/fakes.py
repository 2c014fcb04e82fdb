"""Densities whose every divergence is known: Gaussians on the plane and mixtures of images, dressed as models."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn

from genplay.datasets.base import Data, DataSpec, Law
from genplay.datasets.mixture import GaussianMixtureLaw
from genplay.metrics.evaluation import Evaluation
from genplay.quantity import Kind
from genplay.spaces import World
from genplay.spaces.plane import HOME


class Dressed(nn.Module):
    """A law as a model: ``tilt`` is added to its log p."""

    density_kind: Kind = "exact"
    density_method = "closed form"
    draws = True

    def __init__(self, law: Law, tilt: float = 0.0) -> None:
        super().__init__()
        self.law, self.tilt, self.evaluated = law, tilt, 0

    def settle_density(self) -> None:
        """Its kind is always the same."""

    def log_prob(self, x: Tensor) -> Tensor:
        self.evaluated += len(x)
        return torch.tensor(self.law.log_prob(x.double().numpy()) + self.tilt)

    def sample(self, n: int, generator: torch.Generator) -> Tensor:
        seed = int(torch.randint(2**31, (1,), generator=generator))
        return torch.tensor(self.law.sample(n, np.random.default_rng(seed))[0])


class DressedBlocks(Dressed):
    """The same for images, with the fast table."""

    def log_prob_blocks(self) -> Callable[[int, int], np.ndarray]:
        block = self.law.log_prob_blocks()  # type: ignore[attr-defined]
        return lambda start, stop: block(start, stop) + self.tilt


class EvenBox(nn.Module):
    """Uniform on the square [−half, half]², 0 elsewhere."""

    density_kind: Kind = "exact"
    density_method = "closed form"
    draws = False

    def __init__(self, half: float) -> None:
        super().__init__()
        self.half = half

    def settle_density(self) -> None:
        """Its kind is always the same."""

    def log_prob(self, x: Tensor) -> Tensor:
        inside = (x.abs() <= self.half).all(dim=1)
        return torch.where(inside, -2 * np.log(2 * self.half), -torch.inf)


class Bounded(nn.Module):
    """Only a bound on log p: the law's own, less a gap with unit noise."""

    draws = False

    def __init__(self, law: Law, gap: float) -> None:
        super().__init__()
        self.law, self.gap = law, gap

    def settle_density(self) -> None:
        """It has none."""

    def elbo(self, x: Tensor, generator: torch.Generator) -> Tensor:
        noise = torch.randn(len(x), generator=generator, dtype=torch.float64)
        return torch.tensor(self.law.log_prob(x.double().numpy())) - self.gap + noise


def gaussian(mean: tuple[float, float], std: tuple[float, float]) -> GaussianMixtureLaw:
    """One axis-aligned Gaussian."""
    return GaussianMixtureLaw(np.ones(1), np.array([mean]), cov=np.diag(np.square(std))[None])


def data_of(law: Law | None, world: World = "plane", n: int = 400) -> Data:
    """Samples of a law, or zeros where there is none."""
    dim = 2 if world == "plane" else 25
    if law is None:
        x, y, x_test, y_test = np.zeros((n, dim)), np.zeros(n, int), np.zeros((n, dim)), np.zeros(n, int)
    else:
        (x, y), (x_test, y_test) = (law.sample(n, np.random.default_rng(seed)) for seed in (0, 1))
    return Data(DataSpec("fake"), world, x, y, x_test, y_test, law, ("all",), HOME)


def on(model: nn.Module, data: Data, **options: object) -> Evaluation:
    """A dressed law under examination."""
    return Evaluation(model, data, **options)  # type: ignore[arg-type]
