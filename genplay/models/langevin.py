"""Langevin dynamics [1], what moves the chains that train an energy: x ← x − (η/2) ∇E(x) + √η ξ,  ξ ~ N(0, I).

In the limit of small steps its law becomes p ∝ exp(−E). With steps of finite length it does so only when each step is
accepted or rejected by Metropolis' rule [2]: accept x → y with probability min(1, p(y) q(x | y) / p(x) q(y | x)).

Langevin steps are short: between wells far apart a chain all but never crosses, and then nothing corrects how much mass
each well holds. In the plane a leap to a random place is accepted often enough to help; in many dimensions it never is.

[1] Roberts and Tweedie 1996 (ULA).  [2] The same, MALA.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

__all__ = ["Field", "langevin", "leap"]

Field = Callable[[Tensor], tuple[Tensor, Tensor]]
"""Points (n, d) to their energies (n,) and slopes ∇E (n, d)."""


def langevin(
    field: Field, x: Tensor, step_size: float, normal: Tensor, uniform: Tensor | None = None
) -> tuple[list[Tensor], Tensor]:
    """Chains from x (n, d) with one step for each row of ``normal`` (k, n, d); every position, k + 1 times (n, d).

    With ``uniform`` (k, n) steps are accepted or rejected by it; the second result is the share accepted, 0-dim.
    """
    energy, slope = field(x)
    path, accepted = [x], torch.zeros((), device=x.device)
    root = math.sqrt(step_size)
    for i in range(len(normal)):
        kick = normal[i]
        proposal = torch.add(x, slope, alpha=-step_size / 2).add_(kick, alpha=root)
        new_energy, new_slope = field(proposal)
        if uniform is None:
            x, energy, slope = proposal, new_energy, new_slope
        else:
            # The kick that would lead back from y to x, for q(x | y): (x − y)/√η + (√η/2) ∇E(y).
            back = torch.sub(x, proposal).div_(root).add_(new_slope, alpha=root / 2)
            log_ratio = (kick.square() - back.square()).sum(dim=1).mul_(0.5).add_(energy - new_energy)
            accept = uniform[i].log() < log_ratio
            chosen = accept[:, None]
            x = torch.where(chosen, proposal, x)
            slope = torch.where(chosen, new_slope, slope)
            energy = torch.where(accept, new_energy, energy)
            accepted = accepted + accept.float().mean()
        path.append(x)
    share = accepted / len(normal) if uniform is not None else torch.ones_like(accepted)
    return path, share


@torch.no_grad()
def leap(
    energy: Callable[[Tensor], Tensor], x: Tensor, spread: float, normal: Tensor, uniform: Tensor
) -> Tensor:
    """Chains from x (n, d) after one proposal y ~ N(0, spread² I) for each row of ``normal`` (k, n, d), accepted or
    rejected by ``uniform`` (k, n) so that exp(−E) stays their law: an independence sampler (Hastings 1970)."""
    proposals = normal * spread
    # log p / q up to a constant, for where the chains are and for all proposals at once.
    everywhere = torch.cat([x[None], proposals])
    worth = 0.5 / spread**2 * everywhere.square().sum(dim=2) - energy(everywhere.flatten(0, 1)).view(
        -1, len(x)
    )
    here = worth[0]
    for i in range(len(normal)):
        accept = uniform[i].log() < worth[i + 1] - here
        x = torch.where(accept[:, None], proposals[i], x)
        here = torch.where(accept, worth[i + 1], here)
    return x
