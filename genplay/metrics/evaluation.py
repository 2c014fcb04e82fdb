"""A model and its data under examination: what several measures need of them is computed once and kept."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Literal, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray

from genplay.datasets.base import Data
from genplay.metrics import density
from genplay.metrics.card import Missing
from genplay.metrics.watch import Watch
from genplay.models.base import HasDensity, Model
from genplay.models.precision import device_of, dtype_of

__all__ = ["Evaluation", "Split"]

Array = NDArray[np.float64]
Split = Literal["train", "test"]
Kept = TypeVar("Kept")

FRESH = 2000
"""Samples of the model, and of the truth, that all comparisons of samples share."""


class Evaluation:
    """Measures take this. Every array is float64 on the processor, x is (n, d).

    ``wanted``: all measures asked for, so that one pass can serve those that share it. ``alpha``: the share of false
    alarms that a two-sample test may give.
    """

    def __init__(
        self,
        model: Model,
        data: Data,
        *,
        seed: int = 0,
        watch: Watch | None = None,
        wanted: tuple[str, ...] = (),
        alpha: float = 0.05,
        fresh: int = FRESH,
    ) -> None:
        self.model, self.data, self.seed, self.wanted = model, data, seed, wanted
        self.watch = watch or Watch()
        self.alpha, self.fresh = alpha, fresh
        self._log_q: dict[Split, Array] = {}
        self._shared: dict[object, object] = {}

    @property
    def device(self) -> torch.device:
        return device_of(self.model)

    def rng(self, stream: int) -> np.random.Generator:
        """Random numbers of one purpose: a stream of its own, so that no measure changes another."""
        return np.random.default_rng([self.seed, stream])

    def generator(self, stream: int) -> torch.Generator:
        """The same on the model's device."""
        return torch.Generator(self.device).manual_seed(int(self.rng(stream).integers(2**62)))

    def once(self, key: object, compute: Callable[[], Kept]) -> Kept:
        """What ``compute`` gives, computed for the first who asks under this key."""
        if key not in self._shared:
            self._shared[key] = compute()
        found: Kept = self._shared[key]  # type: ignore[assignment]
        return found

    def rows(self, split: Split) -> Array:
        """The training or the test points; raises ``Missing`` where there are none."""
        x = self.data.x_train if split == "train" else self.data.x_test
        if not len(x):
            raise Missing(f"there are no {'training' if split == 'train' else 'test'} points.")
        return x

    def labels(self, split: Split) -> NDArray[np.int64]:
        return self.data.y_train if split == "train" else self.data.y_test

    def tensor(self, x: Array) -> torch.Tensor:
        """Rows as the model takes them."""
        return torch.as_tensor(x, dtype=dtype_of(self.model), device=self.device)

    def log_q(self, split: Split) -> Array:
        """The model's log q(x) of a split, (n,)."""
        assert isinstance(self.model, HasDensity)
        if split not in self._log_q:
            self._log_q[split] = density.log_prob(self.model, self.rows(split), self.device, self.watch)
        return self._log_q[split]

    @cached_property
    def samples(self) -> Array:
        """Fresh samples of the model, (2000, d)."""
        x = density.sample(self.model, self.fresh, self.seed, self.watch)
        if not np.isfinite(x).all():
            raise Missing("the model's samples are not finite numbers: it has diverged.")
        return x

    @cached_property
    def truth(self) -> Array:
        """Fresh draws of the law, (2000, d); where it is not known, test points in random order, at most as many."""
        return self._draw_truth(1)

    @cached_property
    def other_truth(self) -> Array | None:
        """As many draws again, to see how far apart two sets of the same law are; None where the law is not known."""
        return self._draw_truth(2) if self.data.law is not None else None

    def _draw_truth(self, stream: int) -> Array:
        rng = self.rng(stream)
        if self.data.law is not None:
            return self.data.law.sample(self.fresh, rng)[0]
        x = self.rows("test")
        return x[rng.permutation(len(x))[: self.fresh]]

    def true_ones(self, n: int) -> str:
        """n of what the model's samples are compared with, in words."""
        return f"{n:,} {'fresh draws of the law' if self.data.law is not None else 'test points'}"
