"""Three ways to say p(x | y), each learned by counting or averaging within each class.

    pixel counts    Π_j p(x_j | y), p(x_j = 1 | y) = (lit + α) / (N_y + 2α)     naive: a pixel says nothing of another
    image counts    (n_y(x) + α) / (N_y + α 2^25)                               coupled: whole images are counted
    normals         N(x; μ_y, Σ_y), Σ_y diagonal (naive) or full (coupled)

A class without examples has the distribution that says least: coin tosses, any image, or all the data's mean and spread.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import logsigmoid, one_hot

from genplay.models.layers import double
from genplay.models.normals import Normals
from genplay.models.product_mixture import bernoulli_blocks
from genplay.models.tally import Tally, image_codes, images_of, sparse_blocks
from genplay.spaces.binary import N_IMAGES, PIXELS

__all__ = ["ClassLikelihoods", "ClassNormals", "ImageCounts", "PixelCounts"]

CERTAIN = 60.0
"""The largest log odds kept: a pixel that no example of a class lights has log p = −60, not −∞."""
FLOOR = 1e-3
"""The least standard deviation, data units."""

Blocks = Callable[[int, int], NDArray[np.float64]]


class ClassLikelihoods(Protocol):
    """p(x | y) for each class y."""

    def fit(self, x: Tensor, y: Tensor) -> None:
        """The maximum of the likelihood given points (n, d) and their labels (n,)."""
        ...

    def log_prob(self, x: Tensor) -> Tensor:
        """log p(x | y), (n, d) → (n, C)."""
        ...

    def noise(self, n: int, generator: torch.Generator) -> Tensor:
        """What n samples are made from, (n, k)."""
        ...

    def draw(self, noise: Tensor, labels: Tensor) -> Tensor:
        """Samples of p(x | y), (n, k) and (n,) → (n, d)."""
        ...


class PixelCounts(nn.Module):
    """How many examples each class has (C,), and how many of them light each pixel (C, 25)."""

    examples: Tensor
    lit: Tensor

    def __init__(self, classes: int, smoothing: float) -> None:
        super().__init__()
        self.smoothing = smoothing
        self.register_buffer("examples", torch.zeros(classes))
        self.register_buffer("lit", torch.zeros(classes, PIXELS))

    def fit(self, x: Tensor, y: Tensor) -> None:
        member = one_hot(y, len(self.examples)).to(x)
        self.examples.copy_(member.sum(dim=0))
        self.lit.copy_(member.T @ x)

    def log_odds(self) -> Tensor:
        """log p(x_j = 1 | y) / p(x_j = 0 | y), (C, 25), float64."""
        lit, dark = double(self.lit), double(self.examples[:, None] - self.lit)
        odds = (lit + self.smoothing).log() - (dark + self.smoothing).log()
        return odds.nan_to_num(0.0).clamp(-CERTAIN, CERTAIN)

    def log_prob(self, x: Tensor) -> Tensor:
        odds = self.log_odds()
        return double(x) @ odds.T + logsigmoid(-odds).sum(dim=1)

    def blocks(self, log_prior: Tensor) -> Blocks:
        """log Σ_y P(y) p(x | y) of all images by blocks."""
        return bernoulli_blocks(log_prior, self.log_odds())

    def noise(self, n: int, generator: torch.Generator) -> Tensor:
        return torch.rand(n, PIXELS, generator=generator, device=generator.device)

    def draw(self, noise: Tensor, labels: Tensor) -> Tensor:
        return (noise < self.log_odds().sigmoid().to(noise)[labels]).to(noise)


class ImageCounts(nn.Module):
    """One tally for all classes: the key of an image is its code after its label."""

    examples: Tensor

    def __init__(self, classes: int, smoothing: float) -> None:
        super().__init__()
        self.smoothing = smoothing
        self.seen = Tally()
        self.register_buffer("examples", torch.zeros(classes, dtype=torch.int64))

    def fit(self, x: Tensor, y: Tensor) -> None:
        self.examples.copy_(torch.bincount(y, minlength=len(self.examples)))
        self.seen.count(y * N_IMAGES + image_codes(x))

    def _of_codes(self, codes: Tensor) -> Tensor:
        classes = len(self.examples)
        keys = torch.arange(classes, device=codes.device) * N_IMAGES + codes[:, None]
        counts = self.seen.of(keys.reshape(-1)).view(-1, classes)
        everyone = double(self.examples) + self.smoothing * N_IMAGES
        shares = (double(counts) + self.smoothing).log() - everyone.log()
        # A class without examples and without smoothing: any image is as likely as any other.
        return torch.where(everyone > 0, shares, -math.log(N_IMAGES))

    def log_prob(self, x: Tensor) -> Tensor:
        return self._of_codes(image_codes(x))

    def blocks(self, log_prior: Tensor) -> Blocks:
        """log Σ_y P(y) p(x | y) of all images by blocks."""
        codes = (self.seen.keys % N_IMAGES).unique()
        unseen = next(
            code for code in range(len(codes) + 1) if code >= len(codes) or int(codes[code]) != code
        )
        values = (self._of_codes(torch.cat([codes, codes.new_tensor([unseen])])) + log_prior).logsumexp(dim=1)
        return sparse_blocks(codes, values[:-1], float(values[-1]))

    def noise(self, n: int, generator: torch.Generator) -> Tensor:
        """Uniforms (n, 27): seen or any image, which of the seen ones, and 25 for any image."""
        return torch.rand(n, 2 + PIXELS, generator=generator, device=generator.device)

    def draw(self, noise: Tensor, labels: Tensor) -> Tensor:
        any_image = (noise[:, 2:] < 0.5).to(noise)
        if not len(self.seen.keys):
            return any_image
        before = self.examples.cumsum(dim=0) - self.examples
        many = self.examples[labels]
        keys = self.seen.pick(noise[:, 1], before[labels], many.clamp(min=1))
        counted = double(many) / (double(many) + self.smoothing * N_IMAGES).clamp(min=1e-300)
        seen = double(noise[:, 0]) < counted
        return torch.where(
            seen[:, None].to(noise.device), images_of(keys % N_IMAGES, PIXELS).to(noise), any_image
        )


class ClassNormals(nn.Module):
    """A Gaussian a class; naive means that its axes are those of the plane."""

    def __init__(self, x: Tensor, classes: int, naive: bool) -> None:
        super().__init__()
        spread = x.var(dim=0, correction=0).mean().sqrt().clamp(min=0.1)
        means = x.mean(dim=0).expand(classes, -1)
        self.normals = Normals(means, spread.expand(classes), "diagonal" if naive else "full", FLOOR)

    def fit(self, x: Tensor, y: Tensor) -> None:
        self.normals.fit(x, one_hot(y, len(self.normals.means)))

    def log_prob(self, x: Tensor) -> Tensor:
        return self.normals.log_prob(x)

    def noise(self, n: int, generator: torch.Generator) -> Tensor:
        return torch.randn(n, self.normals.means.shape[1], generator=generator, device=generator.device)

    def draw(self, noise: Tensor, labels: Tensor) -> Tensor:
        offset = self.normals.factors()[labels] @ noise[:, :, None]
        return self.normals.means[labels] + offset[:, :, 0]
