"""One exhibit of every kind, small and large, as a model could give them."""

from __future__ import annotations

import numpy as np

from genplay.models.exhibits import (
    Bars,
    Curves,
    Exhibit,
    Facts,
    Matrix,
    Pictures,
    PixelGraph,
    PlanePicture,
    Polyline,
)
from genplay.quantity import bound, estimate, exact
from genplay.spaces.plane import Box

__all__ = ["digit_exhibits", "plane_exhibits"]

_RNG = np.random.default_rng(0)
_FILTERS = _RNG.normal(size=(16, 25))
_MASK = np.where(np.tri(25, k=-1) > 0, _RNG.normal(size=(25, 25)), np.nan)


def digit_exhibits(shift: float = 0.0) -> tuple[Exhibit, ...]:
    """What a model of images could show; ``shift`` moves the values, as training does."""
    tree = np.stack([np.arange(1, 25), (np.arange(1, 25) - 1) // 2], axis=1).astype(np.int64)
    return (
        Facts(
            "About this image",
            (
                ("log p(x)", exact(-9.25 + shift, "a sum over all images")),
                ("ELBO", bound(-10.5 + shift, "lower", "one sample of the encoder")),
                ("log Z", estimate(12.34, 0.05, "annealed importance sampling, 100 chains")),
                ("nearest training image", "number 17, a slashed zero, three pixels away"),
            ),
            help="Numbers about the image that was picked.",
        ),
        Pictures(
            "Filters", _FILTERS + shift, tuple(f"h{i + 1}" for i in range(16)), "signed", "What each hidden unit looks for."
        ),
        Pictures(
            "Conditionals", np.clip(_FILTERS[:6] * 0.3 + 0.5, 0, 1), tuple(f"step {4 * i + 1}" for i in range(6)), "ink"
        ),
        Matrix("Causal mask", _MASK, scale="signed", help="Row: a pixel; column: a pixel that it may look at."),
        Matrix(
            "Transitions", np.array([[0.9, 0.1, 0.0], [0.25, 0.5, 0.25], [0.0, 0.3, 0.7]]), ("empty", "edge", "full"),
            ("empty", "edge", "full"), "ink", "From row to column.",
        ),
        PixelGraph("Tree", tree, np.sin(np.arange(24.0)) + shift, True, np.linspace(0, 1, 25), "Who depends on whom."),
        Bars("Hidden units", tuple(f"h{i + 1}" for i in range(40)), np.cos(np.arange(40.0)), "mean activation"),
        Bars(
            "Class posterior", tuple(str(i) for i in range(10)), np.full(10, 0.1), "probability", np.full(10, 0.02),
            "Which digit it is taken for.",
        ),
    )  # fmt: skip


def plane_exhibits(shift: float = 0.0) -> tuple[Exhibit, ...]:
    """What a model of the plane could show."""
    t = np.linspace(-3, 3, 80)
    grid = np.exp(-(t[None, :] ** 2) - (t[:, None] - shift) ** 2)
    bent = [Polyline(np.stack([t, a + 0.3 * np.sin(2 * t)], axis=1), "dim") for a in np.linspace(-2, 2, 13)]
    across = [Polyline(np.stack([a + 0.2 * np.cos(t), t], axis=1), "dim") for a in np.linspace(-2, 2, 13)]
    return (
        Facts("About this point", (("log p(x)", exact(-1.25 + shift, "change of variables")),)),
        PlanePicture(
            "The grid after layer 3", Box(-3, 3, -3, 3),
            (*bent, *across, Polyline(np.array([[0.5, 0.5]]), "data", dots=True, label="the point"),
             Polyline(np.stack([np.cos(t), np.sin(t)], axis=1), "class", 2, closed=True, label="one unit")),
            help="Where the layers carry a regular grid.", legend=("A square keeps its mass while it is bent and stretched.",),
        ),
        PlanePicture("Posterior", Box(-3, 3, -3, 3), (), grid, "ink", "per unit²"),
        PlanePicture("Weights", Box(-4, 4, -2, 2), (), grid[:40] - 0.5, "signed", "share"),
        Curves(
            "Conditional of y given x", {"model": (t, np.exp(-t**2)), "truth": (t, np.exp(-((t - 0.3) ** 2)))},
            "y", "density",
        ),
        Curves("Noise schedule", {f"level {i}": (t, np.tanh(t + i)) for i in range(5)}, "t"),
        Bars("Responsibilities", ("component 1", "component 2", "component 3"), np.array([0.7, 0.25, 0.05])),
    )  # fmt: skip
