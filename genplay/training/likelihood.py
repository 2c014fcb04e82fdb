"""Negative log-likelihood of a split, −(1/n) Σ log p(xᵢ) in nats, taken in chunks."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from genplay.datasets.base import Data
from genplay.models.base import HasDensity, HasElbo, Model
from genplay.quantity import Quantity, bound, estimate, exact
from genplay.training.chunks import Chunked
from genplay.training.device import placed

__all__ = ["Likelihood"]

Split = Literal["train", "test"]

_CHOICE = 0
"""The seed of the choice of points: the same for every run, so that runs are compared on the same ones."""


class Likelihood:
    """The NLL of a split in the making: its kind is that of the model's log p, or a bound where there is only an ELBO.

    The mean is over all points of the split, or over a fixed random choice of them, which the method then says.
    """

    def __init__(self, work: Chunked, split: Split, used: int, of: int, model: Model) -> None:
        self._work = work
        self._split = split
        points = f"{used:,}" if used == of else f"{used:,} of {of:,}"
        self._where = f"mean over {points} {'training' if split == 'train' else 'test'} points"
        self._model = model

    @staticmethod
    def of(
        model: Model,
        data: Data,
        split: Split,
        points: int,
        seed: int,
        per_point: float | None = None,
        settle: bool = True,
    ) -> Likelihood | None:
        """The task, or None where the model has no density, no bound, or the split no points.

        ``settle``: let the model look again of what kind its density is; while it trains that takes too long.
        """
        x = data.x_train if split == "train" else data.x_test
        n = len(x)
        if n == 0:
            return None
        if n > points:
            rows = np.random.default_rng(_CHOICE).choice(n, points, replace=False)
            x = x[np.sort(rows)]
        # Chunks of neighbours: a sum over components that are near is then short.
        x = x[np.lexsort(x.T[::-1])]
        if settle:
            model.settle_density()
        tensor = placed(x, model)
        if isinstance(model, HasDensity):
            work = Chunked(model.log_prob, tensor, per_point)
        elif isinstance(model, HasElbo):
            noise = torch.Generator(model.device).manual_seed(seed)
            elbo = model.elbo
            work = Chunked(lambda part: elbo(part, noise), tensor, per_point)
        else:
            return None
        return Likelihood(work, split, len(tensor), n, model)

    @property
    def seconds(self) -> float:
        return self._work.seconds

    @property
    def per_point(self) -> float:
        return self._work.per_point

    def work(self, seconds: float = math.inf) -> bool:
        """Go on for about so long; True when done."""
        return self._work.work(seconds)

    def log_prob(self) -> Tensor:
        """log p, or its bound, of each point."""
        return self._work.result()

    def result(self) -> Quantity:
        values = -self._work.result().double()
        mean = float(values.mean())
        model = self._model
        if not isinstance(model, HasDensity):
            spread = float(values.std()) / math.sqrt(len(values)) if len(values) > 1 else None
            return bound(mean, "upper", f"one-sample ELBO, {self._where}", spread)
        method = f"{model.density_method}; {self._where}"
        if model.density_kind == "exact":
            return exact(mean, method)
        if model.density_kind == "bound":
            return bound(mean, "upper", method)
        return estimate(mean, None, method)
