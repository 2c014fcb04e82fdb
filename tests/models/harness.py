"""What tests of models share: small data, a model from its card, and the shortest training loop."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import cache
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from genplay.datasets.base import DataSettings, DataSpec, Law
from genplay.datasets.registry import build as build_data
from genplay.models.base import Batch, Model, Setting
from genplay.models.layers import NoiseTape
from genplay.models.registry import card
from genplay.spaces import DIMENSIONS, World
from genplay.spaces.plane import HOME, Box, Grid

Array = np.ndarray


def two_moons(n: int, seed: int = 0) -> Tensor:
    """The law of scikit-learn's make_moons with noise 0.05, centred: two half circles of radius 1."""
    rng = np.random.default_rng(seed)
    angle = rng.uniform(0, math.pi, n)
    upper = rng.integers(0, 2, n).astype(bool)
    x = np.where(upper, np.cos(angle), 1 - np.cos(angle)) - 0.5
    y = np.where(upper, np.sin(angle), 0.5 - np.sin(angle)) - 0.25
    points = np.stack([x, y], axis=1) + 0.05 * rng.standard_normal((n, 2))
    return torch.tensor(points, dtype=torch.float32)


@cache
def two_moons_law() -> Law:
    """The law of ``two_moons`` as the program knows it."""
    law = build_data(DataSpec("two-moons", settings=DataSettings(n=1, test=1))).law
    assert law is not None
    return law


def two_moons_density(points: Array, noise: float = 0.05, nodes: int = 600) -> Array:
    """p(x) of ``two_moons``, (m, 2) → (m,), by integrating over the angle."""
    angle = (np.arange(nodes) + 0.5) * math.pi / nodes
    arcs = [
        (np.cos(angle) - 0.5, np.sin(angle) - 0.25),
        (1 - np.cos(angle) - 0.5, 0.5 - np.sin(angle) - 0.25),
    ]
    total = np.zeros(len(points))
    for ax, ay in arcs:
        ex = np.exp(-((points[:, :1] - ax) ** 2 + (points[:, 1:] - ay) ** 2) / (2 * noise**2))
        total += ex.mean(axis=1) / (2 * math.pi * noise**2)
    return total / 2


def few_images(n: int, seed: int = 0) -> Tensor:
    """Images (n, 25) of a few patterns with flipped pixels."""
    rng = np.random.default_rng(seed)
    patterns = rng.integers(0, 2, (4, 25))
    flips = rng.random((n, 25)) < 0.05
    return torch.tensor(patterns[rng.integers(0, 4, n)] ^ flips, dtype=torch.float32)


def world_data(world: World, n: int, seed: int = 0) -> Tensor:
    """Small data of either world, (n, d)."""
    return two_moons(n, seed) if world == "plane" else few_images(n, seed)


def build(
    name: str,
    x: Tensor,
    *,
    world: World = "plane",
    objective: str | None = None,
    knobs: Mapping[str, object] | None = None,
    seed: int = 0,
    y: Tensor | None = None,
    classes: int = 1,
    law: Law | Literal["two moons"] | None = "two moons",
) -> Model:
    """A fresh model by its id, its initial parameters from ``seed``; labels and law where they matter."""
    found = card(name, world)
    setting = Setting(
        world=world,
        dim=DIMENSIONS[world],
        classes=classes,
        objective=found.objective(world, objective).id,
        box=HOME,
        x=x,
        y=torch.zeros(len(x), dtype=torch.int64) if y is None else y,
        generator=torch.Generator().manual_seed(seed),
        law=two_moons_law()
        if law == "two moons" and world == "plane"
        else None
        if law == "two moons"
        else law,
    )
    return found.load(world)(found.knobs.parse(knobs or {}), setting)


def train(
    model: Model,
    x: Tensor,
    steps: int,
    *,
    seed: int = 0,
    batch_size: int = 256,
    learning_rate: float | None = None,
    watch: Callable[[str, dict[str, float]], None] | None = None,
    y: Tensor | None = None,
) -> list[dict[str, float]]:
    """The shortest loop over a model's phases, Adam (fused) per phase; the terms of every step."""
    generator = torch.Generator().manual_seed(seed)
    rate = learning_rate or float(model.card.recipe.get("learning_rate", 1e-3))
    phases = model.phases()
    optimisers = [
        torch.optim.Adam(p.parameters, lr=rate * p.rate(), fused=True) if p.parameters is not None else None
        for p in phases
    ]
    labels = torch.zeros(len(x), dtype=torch.int64) if y is None else y
    history = []
    for _ in range(steps):
        if model.finished:
            break
        terms: dict[str, float] = {}
        for phase, optimiser in zip(phases, optimisers, strict=True):
            for _ in range(phase.repeats()):
                rows = (
                    slice(None) if phase.full else torch.randint(len(x), (batch_size,), generator=generator)
                )
                out = phase.run(Batch(x[rows], labels[rows], generator))
                if optimiser is not None:
                    optimiser.zero_grad()
                    out["loss"].backward()
                    optimiser.step()
                if phase.after is not None:
                    phase.after()
                found = {name: float(value.detach()) for name, value in out.items()}
                terms.update(found)
                if watch is not None:
                    watch(phase.name, found)
        history.append(terms)
    return history


def log_prob_on(model: Model, grid: Grid, chunk: int = 4096) -> Array:
    """log p at the centres of a grid, (n, n) in float64."""
    points = torch.tensor(grid.points(), dtype=torch.float32)
    with torch.no_grad():
        parts = [model.log_prob(part).double() for part in points.split(chunk)]  # type: ignore[operator]
    return torch.cat(parts).numpy().reshape(grid.n, grid.n)


def total_mass(model: Model, grid: Grid) -> float:
    """∫ p(x) dx over the grid's box."""
    return float(np.exp(log_prob_on(model, grid)).sum() * grid.cell_area)


def kl_from_two_moons(model: Model, n: int = 256) -> float:
    """KL(p‖q) in nats by quadrature on HOME, p the law of ``two_moons``."""
    grid = Grid(HOME, n)
    p = two_moons_density(grid.points())
    log_q = log_prob_on(model, grid).reshape(-1)
    seen = p > 1e-12
    return float(np.sum(p[seen] * (np.log(p[seen]) - log_q[seen])) * grid.cell_area)


def agreement(model: Model, samples: Tensor, box: Box, fine: int = 128, coarse: int = 16) -> float:
    """How well samples (n, 2) fit the model's own log_prob: the p-value of a χ² test over coarse cells of the box.

    What falls outside the box, and all cells where fewer than five samples are expected, count as one cell.
    """
    from scipy.stats import chi2

    n = len(samples)
    grid = Grid(box, fine)
    mass = np.exp(log_prob_on(model, grid)) * grid.cell_area
    part = fine // coarse
    expected = n * mass.reshape(coarse, part, coarse, part).sum(axis=(1, 3))
    points = samples.double().numpy()
    edges_x = np.linspace(box.x0, box.x1, coarse + 1)
    edges_y = np.linspace(box.y0, box.y1, coarse + 1)
    seen, _, _ = np.histogram2d(points[:, 1], points[:, 0], bins=[edges_y, edges_x])
    full = expected >= 5
    rest_expected, rest_seen = n - expected[full].sum(), n - seen[full].sum()
    statistic = ((seen[full] - expected[full]) ** 2 / expected[full]).sum()
    statistic += (rest_seen - rest_expected) ** 2 / max(rest_expected, 1.0)
    return float(chi2.sf(statistic, int(full.sum())))


def slope_error(model: Model, batch: Batch, step: float = 1e-5) -> float:
    """Relative error of a phase's gradient along a random direction, against a central difference; all in float64.

    The noise of training is drawn again from the same seed for each of the three losses.
    """
    model.double()
    (phase,) = model.phases()
    assert phase.parameters is not None
    parameters = list(phase.parameters)
    generator = torch.Generator().manual_seed(5)
    directions = [torch.randn(p.shape, generator=generator, dtype=torch.float64) for p in parameters]

    def loss() -> Tensor:
        for name, value in vars(model).items():
            if isinstance(value, NoiseTape):
                setattr(model, name, NoiseTape(value._kind))
        noise = torch.Generator().manual_seed(6)
        return phase.run(Batch(batch.x.double(), batch.y, noise))["loss"]

    found = torch.autograd.grad(loss(), parameters)
    along = sum(float((g * d).sum()) for g, d in zip(found, directions, strict=True))
    values = []
    for sign in (1, -1):
        with torch.no_grad():
            for p, d in zip(parameters, directions, strict=True):
                p += sign * step * d
            values.append(float(loss()))
            for p, d in zip(parameters, directions, strict=True):
                p -= sign * step * d
    measured = (values[0] - values[1]) / (2 * step)
    return abs(measured - along) / max(abs(along), 1e-3)
