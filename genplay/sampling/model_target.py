"""A trained model as a target: whatever it offers of density, energy, score, conditionals and paths from noise.

The model is asked in its own precision and answers in float64 from there on. A density that is only a bound or an estimate is
no target: it is another function, and would give another law.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, cast, runtime_checkable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from genplay.models.base import (
    HasBlocks,
    HasConditionals,
    HasDensity,
    HasEnergy,
    HasLogZ,
    HasScore,
    HasTrajectory,
    HasVelocity,
    Model,
)
from genplay.models.card import Capability
from genplay.models.differentiation import slope_of
from genplay.quantity import Quantity, exact
from genplay.sampling.target import Ability, ChainRule, Draws, Flow, NoiseLevels, Target
from genplay.spaces.binary import CACHED, N_IMAGES, blocks, images
from genplay.spaces.plane import Box

__all__ = ["model_target"]

Array = NDArray[np.float64]
CHUNK = 4096
MOST_LEVELS = 1000


class _Schedule(Protocol):
    steps: int


@runtime_checkable
class HasNoiseLevels(Protocol):
    """A model that knows the score of the data blurred by ``noise_level(t)``, t = 1 … ``schedule.steps``."""

    schedule: _Schedule

    def noise_level(self, t: int) -> float:
        """The blur's standard deviation in data units, rising with t."""
        ...

    def score_at(self, x: Tensor, t: int) -> Tensor:
        """∇ log p_t(x), (n, 2) → (n, 2)."""
        ...


def model_target(model: Model, box: Box) -> Target:
    """All that samplers can use of a model, as it is now; it is asked only when a sampler runs."""
    able = set(model.card.capabilities_in(model.world))
    why: list[tuple[Ability, str]] = []
    name = f"the model '{model.card.id}'"
    log_density, method, log_z = _density(model, able)
    if log_density is None and isinstance(model, HasDensity) and "density" in able:
        kind = "only a bound on" if model.density_kind == "bound" else "only an estimate of"
        why.append(
            ("log_density", f"{name} has {kind} its density, which is not the density of its samples.")
        )
    elif log_density is None:
        why.append(("log_density", f"{name} has no density: it can draw, but not say how likely."))
    gradient, gradient_method = _gradient(model, able, log_density is not None)
    by_blocks = isinstance(model, HasBlocks) and model.world == "digits"
    return Target(
        title=name,
        world=model.world,
        dim=model.dim,
        box=box,
        log_density=log_density,
        density_method=method,
        log_z=log_z,
        gradient=gradient,
        gradient_method=gradient_method,
        draws=_draws(model, by_blocks),
        chain_rule=_chain_rule(model) if "conditionals" in able else None,
        noise_levels=_noise_levels(model) if model.world == "plane" else None,
        flow=_flow(model) if "velocity" in able and model.world == "plane" else None,
        blocks=_blocks(cast(HasBlocks, model), log_z) if by_blocks else None,
        why_not=(
            *why,
            ("gradient", f"{name} has no gradient of log p."),
            (
                "noise_levels",
                f"{name} knows nothing of noised data; ddpm does, and so does the truth of most data sets.",
            ),
            ("draws", f"{name} cannot draw directly."),
        ),
    )


def _tensor(model: Model, x: Array) -> Tensor:
    return torch.as_tensor(x, dtype=model.dtype, device=model.device)


def _array(x: Tensor) -> Array:
    out: Array = x.detach().cpu().double().numpy()
    return out


def _asked(model: Model, f: Callable[[Tensor], Tensor]) -> Callable[[Array], Array]:
    """f of tensors as a function of arrays, in chunks."""

    def ask(x: Array) -> Array:
        with torch.no_grad():
            return _array(torch.cat([f(part) for part in _tensor(model, x).split(CHUNK)]))

    return ask


Density = tuple[Callable[[Array], Array] | None, str, Callable[[], Quantity] | None]


def _density(model: Model, able: set[Capability]) -> Density:
    if isinstance(model, HasEnergy) and "energy" in able:
        known = model.log_z if isinstance(model, HasLogZ) else None
        energy = _asked(model, model.energy)
        log_z = (lambda: exact(known(), "the model's own log Z")) if known is not None else None
        return lambda x: -energy(x), "minus the model's energy", log_z
    if isinstance(model, HasDensity) and "density" in able and model.density_kind == "exact":
        return (
            _asked(model, model.log_prob),
            model.density_method,
            lambda: exact(0.0, "the model's density is normalised"),
        )
    return None, "", None


def _gradient(
    model: Model, able: set[Capability], dense: bool
) -> tuple[Callable[[Array], Array] | None, str]:
    if model.world != "plane":
        return None, ""
    if isinstance(model, HasScore) and "score" in able:
        return _asked(model, model.score), "the model's score"
    if not dense:
        return None, ""

    def log_p(x: Tensor) -> Tensor:
        if isinstance(model, HasEnergy) and "energy" in able:
            return -model.energy(x)
        return cast(HasDensity, model).log_prob(x)

    return _asked(model, lambda x: slope_of(log_p, x)), "automatic differentiation of log p"


def _draws(model: Model, by_blocks: bool) -> Draws:
    if by_blocks:
        return Draws(_enumerated(cast(HasBlocks, model)), True, "from the table of all 2^25 images")

    def draw(n: int, rng: np.random.Generator) -> Array:
        generator = torch.Generator(model.device).manual_seed(int(rng.integers(2**31)))
        with torch.no_grad():
            return _array(model.sample(n, generator))

    at_once = model.card.cost in ("one pass", "d passes")
    exact_draws = at_once and getattr(model, "density_kind", None) == "exact" and model.draws_its_density
    return Draws(draw, exact_draws, f"the model's own draws ({model.card.cost})")


def _blocks(
    model: HasBlocks, log_z: Callable[[], Quantity] | None
) -> Callable[[], Callable[[int, int], Array]]:
    """log f of whole blocks: the model's log p, and its log Z on top."""

    def make() -> Callable[[int, int], Array]:
        block, shift = model.log_prob_blocks(), log_z().value if log_z is not None else 0.0
        return lambda start, stop: block(start, stop) + shift

    return make


def _enumerated(model: HasBlocks) -> Callable[[int, np.random.Generator], Array]:
    """Exact draws: where n uniforms fall among the running sums of all 2^25 probabilities."""

    def draw(n: int, rng: np.random.Generator) -> Array:
        block = model.log_prob_blocks()
        rows = CACHED // (N_IMAGES >> 13)
        masses = np.array([np.exp(block(a, b)).sum() for a, b in blocks(rows)])
        edges = np.cumsum(masses)
        u = rng.random(n) * edges[-1]
        home = np.minimum(np.searchsorted(edges, u, side="right"), len(edges) - 1)
        code = np.empty(n, np.int64)
        spans = list(blocks(rows))
        for i in np.unique(home):
            here = home == i
            start, stop = spans[i]
            sums = np.cumsum(np.exp(block(start, stop)).ravel())
            offset = u[here] - (edges[i] - masses[i])
            code[here] = start * (N_IMAGES >> 13) + np.minimum(
                np.searchsorted(sums, offset, side="right"), len(sums) - 1
            )
        return images(code).astype(np.float64)

    return draw


def _chain_rule(model: Model) -> ChainRule | None:
    if not isinstance(model, HasConditionals) or model.world != "digits":
        return None

    def lit(x: Array, pixel: int) -> Array:
        shown = x.copy()
        shown[:, pixel] = 1.0
        return np.exp(_asked(model, model.log_conditionals)(shown)[:, pixel])

    return ChainRule(tuple(int(j) for j in model.order), lit)


def _noise_levels(model: Model) -> NoiseLevels | None:
    if not isinstance(model, HasNoiseLevels):
        return None
    known, steps = cast(HasNoiseLevels, model), model.schedule.steps
    times = np.unique(np.round(np.linspace(steps, 1, min(steps, MOST_LEVELS))).astype(int))[::-1]
    sigmas = tuple(known.noise_level(int(t)) for t in times)

    def score(x: Array, level: int) -> Array:
        return _asked(model, lambda part: known.score_at(part, int(times[level])))(x)

    def start(n: int, rng: np.random.Generator) -> Array:
        return sigmas[0] * rng.standard_normal((n, model.dim))

    return NoiseLevels(sigmas, score, start, "the model's score at every level of noise")


def _flow(model: Model) -> Flow | None:
    if not isinstance(model, HasVelocity) or not isinstance(model, HasTrajectory):
        return None

    def velocity(x: Array, t: float) -> Array:
        return _asked(
            model, lambda part: cast(HasVelocity, model).velocity(part, part.new_full((len(part),), t))
        )(x)

    def start(n: int, rng: np.random.Generator) -> Array:
        generator = torch.Generator(model.device).manual_seed(int(rng.integers(2**31)))
        with torch.no_grad():
            return _array(cast(HasTrajectory, model).trajectory(model.fresh_noise(n, generator))[0])

    return Flow(velocity, start, "the model's velocity")
