"""Pixels that are drawn and yet can be differentiated: the gradient is passed straight through the draw to its probability [1].

A generator of images is judged by the images that it draws, 0 or 1 and nothing in between; but a draw has no slope. Forwards
the draw is used, backwards the probability: the slope is biased, and points the right way.

[1] Bengio, Léonard and Courville 2013.
"""

from __future__ import annotations

from torch import Tensor

__all__ = ["hard_pixels"]


def hard_pixels(p: Tensor, level: Tensor) -> Tensor:
    """Pixels as −1 or 1, lit where ``level`` is below the probability p, (n, d) twice → (n, d)."""
    drawn = (level < p).to(p)
    return 2 * (drawn + (p - p.detach())) - 1
