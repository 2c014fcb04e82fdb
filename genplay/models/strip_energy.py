"""An energy of 5×5 images whose Z is cheap: E(x) = Σ_s f_s(rows s, s+1, s+2), a network f_s for each strip of three rows.

Two rows cut the image in two, so that Z = Σ_x e^{−E} is taken row by row (variable elimination):
    m₁(r₁, r₂) = Σ_{r₀} e^{−f₀(r₀, r₁, r₂)},  m₂(r₂, r₃) = Σ_{r₁} m₁ e^{−f₁},  Z = Σ_{r₂ r₃ r₄} m₂ e^{−f₂}
Each f_s has 2^15 arguments, all of them put through the network; the sum over 2^25 images costs three tables, and it can be
differentiated. Read backwards, the same sums draw exact samples: the last three rows, then r₁ given r₂ r₃, then r₀.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from genplay.models.layers import double, linear
from genplay.spaces.binary import LOW, SIDE, half_images

__all__ = ["StripEnergy"]

ROW = 1 << SIDE
STRIPS = 3
BITS = 3 * SIDE
STATES = 1 << BITS


class StripEnergy(nn.Module):
    """f_s(r) = a_sᵀ relu(W_s r + c_s), pixels as ±1: ``W`` (3, width, 15), ``c`` and ``a`` (3, width). A constant would cancel in p."""

    patterns: Tensor
    weights: Tensor

    def __init__(self, width: int, generator: torch.Generator) -> None:
        super().__init__()
        layers = [(linear(BITS, width, generator, 2.0), linear(width, 1, generator)) for _ in range(STRIPS)]
        self.W = nn.Parameter(torch.stack([first.weight.detach() for first, _ in layers]))
        self.c = nn.Parameter(torch.stack([first.bias.detach() for first, _ in layers]))
        self.a = nn.Parameter(torch.stack([last.weight.detach()[0] for _, last in layers]))
        states = torch.from_numpy(half_images(BITS)).float()
        self.register_buffer("patterns", 2 * states - 1, persistent=False)
        self.register_buffer("weights", 2 ** torch.arange(BITS), persistent=False)

    def tables(self) -> list[Tensor]:
        """f_s for every state of its three rows, each (2^15,), the first row in the lowest bits."""
        return [self.strip(s, self.patterns) for s in range(STRIPS)]

    def strip(self, s: int, pixels: Tensor) -> Tensor:
        """f_s of strips of ±1, (n, 15) → (n,)."""
        return torch.mv(torch.addmm(self.c[s], pixels, self.W[s].T).relu_(), self.a[s])

    def counts(self, x: Tensor) -> Tensor:
        """How large a share of the images x (n, 25) has each strip in each state, (3, 2^15)."""
        bits = (x > 0.5).long()
        codes = [bits[:, SIDE * s : SIDE * s + BITS] @ self.weights for s in range(STRIPS)]
        return torch.stack([torch.bincount(c, minlength=STATES) for c in codes]).to(x) / len(x)

    def forward(self, x: Tensor) -> Tensor:
        """E(x), (n, 25) → (n,)."""
        pixels = 2 * x - 1
        f0, f1, f2 = (self.strip(s, pixels[:, SIDE * s : SIDE * s + BITS]) for s in range(STRIPS))
        return f0 + f1 + f2


def eliminate(tables: list[Tensor]) -> tuple[list[Tensor], Tensor]:
    """−f_s plus the sums over the rows before, (32, 32, 32) each with the strip's first row last; and log Z, 0-dim."""
    joint, carried = [], None
    for table in tables:
        log_f = -table.view(ROW, ROW, ROW)
        if carried is not None:
            log_f = log_f + carried
        joint.append(log_f)
        carried = torch.logsumexp(log_f, dim=2)
    assert carried is not None
    return joint, torch.logsumexp(carried.flatten(), dim=0)


def draw(joint: list[Tensor], u: Tensor) -> Tensor:
    """Images (n, 25) from the sums of ``eliminate`` in float64 and uniforms (n, 3), exactly distributed."""
    last = joint[2].flatten()
    code = pick(torch.softmax(last, dim=0)[None], u[:, 0])
    second, third, fourth = code % ROW, code // ROW % ROW, code // ROW**2
    first = pick(torch.softmax(joint[1][third, second], dim=1), u[:, 1])
    top = pick(torch.softmax(joint[0][second, first], dim=1), u[:, 2])
    rows = torch.stack([top, first, second, third, fourth], dim=1)
    bits = rows[:, :, None] >> torch.arange(SIDE, device=u.device) & 1
    return bits.flatten(1)


def pick(p: Tensor, u: Tensor) -> Tensor:
    """Which state a uniform falls on, p (n or 1, k) and u (n,) → (n,)."""
    edges = p.cumsum(dim=1)
    target = u.double() * edges[:, -1]
    if len(p) == 1:
        found = torch.searchsorted(edges[0], target, right=True)
    else:
        found = torch.searchsorted(edges, target[:, None], right=True).squeeze(1)
    return found.clamp(max=p.shape[1] - 1)


def blocks_of(tables: list[Tensor], log_z: float) -> Callable[[int, int], NDArray[np.float64]]:
    """log p of whole blocks of the 2^25 images (see ``spaces.binary``): three look-ups an image."""
    f0, f1, f2 = (double(t.detach()).cpu().numpy() for t in tables)
    low = np.arange(1 << LOW)

    def block(start: int, stop: int) -> NDArray[np.float64]:
        code = (np.arange(start, stop)[:, None] << LOW) + low
        energy = f0[code & (STATES - 1)] + f1[code >> SIDE & (STATES - 1)] + f2[code >> 2 * SIDE]
        return np.asarray(-energy - log_z)

    return block
