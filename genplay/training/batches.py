"""Mini-batches drawn for many steps at once: one shuffle and one gather serve 64 steps, each step takes a view."""

from __future__ import annotations

import torch
from torch import Tensor

from genplay.models.base import Batch

__all__ = ["Batches"]

_STEPS = 64


class Batches:
    """Hands out mini-batches of x (n, d) and y (n,), in epochs: each row comes once before any comes again.

    A batch size of n or more gives all the data, in order, at each step.
    """

    def __init__(
        self, x: Tensor, y: Tensor, size: int, shuffle: torch.Generator, noise: torch.Generator
    ) -> None:
        self.whole = Batch(x, y, noise)
        self._size = size
        self._shuffle = shuffle
        self._noise = noise
        self._xs: tuple[Tensor, ...] = ()
        self._ys: tuple[Tensor, ...] = ()
        self._next = 0
        # Row numbers still to come: whole shuffled epochs, less what was handed out.
        self._order = torch.empty(0, dtype=torch.int64, device=x.device)

    def resize(self, size: int) -> None:
        """Hand out batches of another size from now on."""
        self._size = size
        self._xs = self._ys = ()
        self._next = 0

    def draw(self) -> Batch:
        """The next batch."""
        n = len(self.whole.x)
        if self._size >= n:
            return self.whole
        if self._next >= len(self._xs):
            self._refill(n)
        i = self._next
        self._next += 1
        return Batch(self._xs[i], self._ys[i], self._noise)

    def _refill(self, n: int) -> None:
        # At most 64 steps and about a million rows, so that large batches of images stay small in memory.
        steps = max(1, min(_STEPS, (1 << 20) // self._size))
        rows = steps * self._size
        device = self.whole.x.device
        epochs = -(-(rows - len(self._order)) // n)
        if epochs > 0:
            fresh = torch.rand(epochs, n, generator=self._shuffle, device=device).argsort(dim=1).view(-1)
            self._order = torch.cat([self._order, fresh])
        index, self._order = self._order[:rows], self._order[rows:]
        self._xs = self.whole.x[index].view(steps, self._size, -1).unbind(0)
        self._ys = self.whole.y[index].view(steps, self._size).unbind(0)
        self._next = 0
