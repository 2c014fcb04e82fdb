"""Integrals over a latent code: ∫ N(z; 0, I) p(x | z) dz ≈ Σ_k w_k p(x | z_k), with nodes where the decoder is steep.

In one or two latent dimensions the marginal likelihood "that cannot be computed" is a sum. A fixed lattice wastes its
nodes where the decoder is flat and misses where it tears; so cells of the latent plane are halved until p(x | z) changes
little across one. In a cell each dimension has two nodes, the prior's mean there ± its deviation there, which integrate
cubics (the bell curve is nearly symmetric in a cell); the cell's weight is its exact prior mass. So the weights sum to 1
and the sum is itself a normalised mixture.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from genplay.models.layers import double

__all__ = ["latent_nodes"]

REACH = 5.5
"""Cells fill [−5.5, 5.5] in each dimension; the prior mass outside is 4·10⁻⁸ a dimension."""

NEGLIGIBLE = 1e-3
"""Cells with less than this share of the least mass worth halving are left out."""


BEND = 20.0
"""How many times worse a bend of p(x | z) inside a cell is than a slope across it: the two nodes of a cell see no bend."""

AT_ONCE = 16
"""Cells up to this factor less urgent than the most urgent one are halved together."""


def latent_nodes(
    place: Callable[[Tensor], Tensor],
    dim: int,
    *,
    tolerance: float,
    least_mass: float,
    most: int,
    like: Tensor,
) -> tuple[Tensor, Tensor]:
    """Nodes (k, dim) and log weights (k,) of a standard normal prior, on the device and of the type of ``like``.

    ``place`` maps codes (m, dim) to where p(x | z) lies, (m, c), in coordinates whose unit is a standard deviation of
    p(x | z). A cell is halved along its steeper side while p(x | z) moves along that side, or ``BEND`` times bends, by more
    than ``tolerance`` and the cell's prior mass is above ``least_mass``, those first that matter most, until there are
    ``most`` nodes.
    """
    most //= 2**dim
    edges = torch.linspace(-REACH, REACH, 45 if dim == 1 else 31, dtype=torch.float64)
    low = torch.cartesian_prod(*[edges[:-1]] * dim).reshape(-1, dim)
    high = torch.cartesian_prod(*[edges[1:]] * dim).reshape(-1, dim)

    def urgency(low: Tensor, high: Tensor) -> tuple[Tensor, Tensor]:
        """The steeper axis of each cell, and how much halving it matters: mass · steepness², 0 where it does not."""
        axis, steep = _steepest(place, low, high, like)
        mass = _axis_mass(low, high).prod(dim=1)
        return axis, torch.where((steep > tolerance) & (mass > least_mass), mass * steep.square(), 0.0)

    axis, urgent = urgency(low, high)
    while len(low) < most and float(urgent.max()) > 0:
        chosen = urgent >= urgent.max() / AT_ONCE
        if len(low) + int(chosen.sum()) > most:
            chosen = torch.zeros_like(chosen).index_fill_(0, urgent.topk(most - len(low)).indices, True)
            chosen &= urgent > 0
        new_low, new_high = _halved(low[chosen], high[chosen], axis[chosen])
        new_axis, new_urgent = urgency(new_low, new_high)
        low, high = torch.cat([low[~chosen], new_low]), torch.cat([high[~chosen], new_high])
        axis, urgent = torch.cat([axis[~chosen], new_axis]), torch.cat([urgent[~chosen], new_urgent])
    mass = _axis_mass(low, high)
    weight = mass.prod(dim=1)
    counts = weight > NEGLIGIBLE * least_mass
    nodes = _two_a_side(low[counts], high[counts], mass[counts])
    weight = weight[counts].repeat(2**dim)
    return nodes.to(like), (weight / weight.sum()).log().to(like)


def _two_a_side(low: Tensor, high: Tensor, mass: Tensor) -> Tensor:
    """For each cell (m, dim) the corners mean ± deviation of the prior inside it, (2^dim m, dim)."""
    mean = (_bell(low) - _bell(high)) / mass
    variance = 1 + (low * _bell(low) - high * _bell(high)) / mass - mean.square()
    deviation = variance.clamp_min(0).sqrt()
    signs = torch.cartesian_prod(*[torch.tensor([-1.0, 1.0], dtype=low.dtype)] * low.shape[1])
    return (mean + signs.reshape(-1, 1, low.shape[1]) * deviation).reshape(-1, low.shape[1])


def _steepest(
    place: Callable[[Tensor], Tensor], low: Tensor, high: Tensor, like: Tensor
) -> tuple[Tensor, Tensor]:
    """Along which axis (m,) the decoder moves or bends most inside each cell, and by how much (m,)."""
    centre, half = ((low + high) / 2).to(like), ((high - low) / 2).to(like)
    m, dim = low.shape
    steps = torch.diag_embed(half)
    there = torch.cat([centre[:, None] + steps, centre[:, None] - steps, centre[:, None]], dim=1)
    places = place(there.reshape(-1, dim)).reshape(m, 2 * dim + 1, -1)
    after, before, middle = places.split([dim, dim, 1], dim=1)
    move = torch.linalg.vector_norm(after - before, dim=2)
    bend = torch.linalg.vector_norm(after + before - 2 * middle, dim=2)
    steep, axis = torch.maximum(move, BEND * bend).max(dim=1)
    return axis.cpu(), double(steep).cpu()


def _halved(low: Tensor, high: Tensor, axis: Tensor) -> tuple[Tensor, Tensor]:
    rows = torch.arange(len(low), device=low.device)
    middle = (low[rows, axis] + high[rows, axis]) / 2
    left_high, right_low = high.clone(), low.clone()
    left_high[rows, axis] = middle
    right_low[rows, axis] = middle
    return torch.cat([low, right_low]), torch.cat([left_high, high])


def _axis_mass(low: Tensor, high: Tensor) -> Tensor:
    """Φ(high) − Φ(low) for each side of each cell."""
    mass: Tensor = torch.special.ndtr(high) - torch.special.ndtr(low)
    return mass


def _bell(z: Tensor) -> Tensor:
    """The standard normal density; ∫ z φ(z) dz from a to b is φ(a) − φ(b)."""
    return torch.exp(-0.5 * z * z) / math.sqrt(2 * math.pi)
