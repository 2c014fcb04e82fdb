"""The true law of a data set as a target: its exact density, and all that follows from it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from genplay.datasets.base import Data, Law, has_density
from genplay.datasets.checkerboard import CheckerboardLaw
from genplay.datasets.image_law import ImageMixtureLaw
from genplay.datasets.law_score import METHOD, law_score
from genplay.datasets.mixture import GaussianMixtureLaw
from genplay.quantity import exact
from genplay.sampling.target import Ability, Draws, NoiseLevels, Target
from genplay.spaces import DIMENSIONS
from genplay.spaces.plane import Box

__all__ = ["truth_target"]

Array = NDArray[np.float64]
LEVELS = 81
QUIETEST = 0.01
"""The least noise, as a share of the box's width; the loudest is all of it."""


def truth_target(data: Data) -> Target:
    """The law behind the data; of imported tables, and of a curve without thickness, little can be said."""
    law, world = data.law, data.world
    if law is None:
        reason = "the data were imported: nobody knows their true law."
        missing: tuple[Ability, ...] = ("log_density", "gradient", "draws", "noise_levels", "flow")
        return Target(
            "the truth", world, DIMENSIONS[world], data.box, why_not=tuple((a, reason) for a in missing)
        )
    draws = Draws(lambda n, rng: law.sample(n, rng)[0], True, "direct draws of the law")
    if not has_density(law):
        reason = "the data lie on a curve without thickness, which has no density."
        return Target(
            "the truth", world, DIMENSIONS[world], data.box, draws=draws,
            why_not=(("log_density", reason), ("gradient", reason), ("noise_levels", reason)),
        )  # fmt: skip
    gradient, method = law_score(law) if world == "plane" else (None, "")
    flat = "the true density has sharp edges and is flat between them: its gradient is 0 or does not exist."
    return Target(
        title="the truth",
        world=world,
        dim=DIMENSIONS[world],
        box=data.box,
        log_density=law.log_prob,
        density_method="the law's own density",
        log_z=lambda: exact(0.0, "the law's density is normalised"),
        gradient=gradient,
        gradient_method=method,
        draws=draws,
        noise_levels=_noise_levels(law, data.box) if world == "plane" else None,
        blocks=law.log_prob_blocks if isinstance(law, ImageMixtureLaw) else None,
        why_not=(
            ("gradient", flat),
            ("noise_levels", "the true density, once noised, has no closed form here; try langevin."),
            ("flow", "the true density, once noised, has no closed form here; try langevin."),
        ),
    )


def _noise_levels(law: Law, box: Box) -> NoiseLevels | None:
    """The blurred law at 81 levels: blurring a mixture of Gaussians, or a blurred checkerboard, gives another of its kind."""
    if not isinstance(law, GaussianMixtureLaw | CheckerboardLaw):
        return None
    sigmas = tuple(float(s) for s in np.geomspace(box.width, QUIETEST * box.width, LEVELS))
    kept: dict[int, Callable[[Array], Array]] = {}

    def score(x: Array, level: int) -> Array:
        if level not in kept:
            found = law_score(law.blurred(sigmas[level]))[0]
            assert found is not None
            kept[level] = found
        return kept[level](x)

    def start(n: int, rng: np.random.Generator) -> Array:
        # The loudest level itself: a draw of the law, and its noise.
        x, _ = law.sample(n, rng)
        return np.asarray(x + sigmas[0] * rng.standard_normal(x.shape))

    closed = isinstance(law, GaussianMixtureLaw)
    return NoiseLevels(
        sigmas,
        score,
        start,
        f"the law blurred in closed form, its score by {'the same' if closed else METHOD}",
    )
