"""The exponential moving average of parameters: θ̄ ← d θ̄ + (1 − d) θ after every step.

Early on d is at most (1 + t)/(10 + t), so that the start is forgotten soon.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

__all__ = ["Average"]


class Average:
    """Averages of a fixed list of parameters; off while the decay is 0."""

    def __init__(self, parameters: Sequence[nn.Parameter]) -> None:
        self.parameters = list({id(p): p for p in parameters}.values())
        self._values: list[Tensor] = [p.data for p in self.parameters]
        self._means: list[Tensor] = []
        self._decay = 0.0
        self._age = 0

    def set_decay(self, decay: float) -> None:
        """Average over about 1/(1 − decay) steps from now on; 0 forgets the averages."""
        self._decay = decay
        if not decay:
            self._means = []
        elif not self._means:
            self._means = [p.clone() for p in self._values]
            self._age = 0

    def update(self) -> None:
        """Take in the parameters after a step."""
        if self._means:
            self._age += 1
            weight = 1 - min(self._decay, (1 + self._age) / (10 + self._age))
            torch._foreach_lerp_(self._means, self._values, weight)

    def items(self) -> Iterator[tuple[nn.Parameter, Tensor]]:
        """Each parameter with its average; nothing while averaging is off."""
        return iter(zip(self.parameters, self._means, strict=False))

    @torch.no_grad()
    def restart(self, means: Mapping[int, NDArray[np.generic] | None]) -> None:
        """Begin again from these averages by the parameter's id, or from the parameters themselves."""
        if self._means:
            for p, mean in zip(self.parameters, self._means, strict=True):
                given = means.get(id(p))
                mean.copy_(p if given is None else torch.from_numpy(np.array(given)))

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """Let the parameters be their averages for a while (copied, so that a model notices the change)."""
        if not self._means:
            yield
            return
        own = [p.clone() for p in self._values]
        # Through the parameters, not their ``data``: only so does their version change, and with it what a model caches.
        places: list[Tensor] = list(self.parameters)
        torch._foreach_copy_(places, self._means)
        try:
            yield
        finally:
            torch._foreach_copy_(places, own)
