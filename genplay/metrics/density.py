"""A model's log p as numpy in, numpy out: in chunks that fit a core's cache, without gradients."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from genplay.metrics.watch import Watch
from genplay.models.base import HasDensity, HasGridDensity, Model
from genplay.models.precision import device_of, dtype_of
from genplay.spaces.plane import Grid

__all__ = ["generator_for", "log_prob", "log_prob_on_grid", "sample"]

Array = NDArray[np.float64]
CHUNK = 4096


def generator_for(model: Model, seed: int) -> torch.Generator:
    """A generator on the model's device."""
    return torch.Generator(device_of(model)).manual_seed(seed)


@torch.no_grad()
def log_prob(model: HasDensity, x: Array, device: torch.device, watch: Watch | None = None) -> Array:
    """log p(x) in nats, (n, d) → (n,)."""
    parts = []
    for start in range(0, len(x), CHUNK):
        if watch is not None:
            watch.at(start / len(x), f"log p of {len(x):,} points")
        rows = torch.as_tensor(x[start : start + CHUNK], dtype=dtype_of(model), device=device)
        parts.append(model.log_prob(rows).double().cpu().numpy())
    return np.concatenate(parts) if parts else np.zeros(0)


@torch.no_grad()
def log_prob_on_grid(
    model: HasDensity, grid: Grid, device: torch.device, watch: Watch | None = None
) -> Array:
    """log p at the cells' centres, (n, n) indexed [row y, column x]."""
    if isinstance(model, HasGridDensity):
        xs, ys = (torch.as_tensor(a, dtype=dtype_of(model), device=device) for a in (grid.xs, grid.ys))
        return np.asarray(model.log_prob_grid(xs, ys).double().cpu().numpy())
    return log_prob(model, grid.points(), device, watch).reshape(grid.n, grid.n)


@torch.no_grad()
def sample(model: Model, n: int, seed: int, watch: Watch | None = None) -> Array:
    """n fresh samples (n, d), drawn some at a time."""
    generator = generator_for(model, seed)
    parts = []
    for start in range(0, n, CHUNK):
        if watch is not None:
            watch.at(start / n, f"{n:,} samples of the model")
        parts.append(model.sample(min(CHUNK, n - start), generator).double().cpu().numpy())
    return np.concatenate(parts)
