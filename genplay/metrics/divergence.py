"""How far a model q is from the law p of its data: KL(p‖q), KL(q‖p), Jensen–Shannon and total variation.

On the plane they are integrals, in the digit world sums over all 2^25 images; where the model has no fast table of all
images, means over fresh samples, with their standard error:
    KL(p‖q) = E_p[log p/q]      KL(q‖p) = E_q[log q/p]      TV = E_p[(1 − q/p)⁺]
    JS = ½ E_p[log p/m] + ½ E_q[log q/m],  m = (p + q)/2
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from numpy.typing import NDArray

from genplay.datasets.base import Data, Law, has_density
from genplay.metrics.card import Missing
from genplay.metrics.density import device_of, log_prob, sample
from genplay.metrics.evaluation import Evaluation
from genplay.metrics.images import over_all_images
from genplay.metrics.plane import over_the_plane
from genplay.metrics.sums import DIVERGENCES
from genplay.metrics.watch import Watch
from genplay.models.base import HasBlocks, HasDensity, HasElbo, Model
from genplay.quantity import Quantity, bound, estimate

__all__ = ["SAMPLES", "divergences", "from_samples", "js", "kl", "reverse_kl", "total_variation"]

Array = NDArray[np.float64]
SAMPLES = 100_000
BUDGET = 20.0
"""About so many seconds go into a costly density on the plane."""


def kl(on: Evaluation) -> Quantity:
    """KL(p‖q) in nats; from above where log q is only bounded from below."""
    return _asked(on, "kl")


def reverse_kl(on: Evaluation) -> Quantity:
    """KL(q‖p) in nats."""
    return _asked(on, "reverse_kl")


def js(on: Evaluation) -> Quantity:
    """The Jensen–Shannon divergence in nats, at most ln 2."""
    return _asked(on, "js")


def total_variation(on: Evaluation) -> Quantity:
    """½ ∫ |p − q|, between 0 and 1."""
    return _asked(on, "total_variation")


def _asked(on: Evaluation, name: str) -> Quantity:
    """One divergence, computed in one pass with all the others that are wanted."""
    names = tuple(n for n in DIVERGENCES if n in on.wanted or n == name)
    found = on.once(("divergences", names), lambda: divergences(on.model, on.data, names, on.seed, on.watch))[
        name
    ]
    if found is None:
        raise Missing("the model's density is not exact: only KL(p‖q) can be had of it.")
    return found


@runtime_checkable
class LawWithBlocks(Protocol):
    """A law of images that gives log p for whole blocks of the enumeration."""

    def log_prob_blocks(self) -> Callable[[int, int], Array]: ...


def divergences(
    model: Model,
    data: Data,
    names: tuple[str, ...] = DIVERGENCES,
    seed: int = 0,
    watch: Watch | None = None,
    budget: float = BUDGET,
) -> dict[str, Quantity | None]:
    """The divergences that can be had; None for the others (no law, no density)."""
    watch = watch or Watch()
    law = data.law
    out: dict[str, Quantity | None] = dict.fromkeys(names)
    if law is None or not has_density(law):
        return out
    if not isinstance(model, HasDensity):
        if "kl" in names and isinstance(model, HasElbo):
            out["kl"] = _kl_bound(model, law, seed, device_of(model))
        return out
    if model.density_kind != "exact":
        if "kl" in names:
            kl = from_samples(model, law, ("kl",), seed, watch)["kl"]
            out["kl"] = _as_bound(kl) if model.density_kind == "bound" else kl
        return out
    if data.world == "plane":
        return {
            **out,
            **over_the_plane(
                law, model, device_of(model), data.box, names, budget=budget, seed=seed, watch=watch
            ),
        }
    if isinstance(model, HasBlocks) and isinstance(law, LawWithBlocks):
        watch.at(0.0, "tables of all 2^25 images")
        return {**out, **over_all_images(law.log_prob_blocks(), model.log_prob_blocks(), names, watch)}
    return {**out, **from_samples(model, law, names, seed, watch)}


def from_samples(
    model: Model,
    law: Law,
    names: tuple[str, ...] = DIVERGENCES,
    seed: int = 0,
    watch: Watch | None = None,
    n: int = SAMPLES,
) -> dict[str, Quantity]:
    """Estimates from n fresh samples of the law, and of the model where needed."""
    assert isinstance(model, HasDensity)
    watch = watch or Watch()
    device = device_of(model)
    x, _ = law.sample(n, np.random.default_rng(seed))
    log_p, log_q = law.log_prob(x), log_prob(model, x, device, watch.part(0.0, 0.5))
    with np.errstate(over="ignore"):
        ratio = np.exp(log_q - log_p)
    values: dict[str, tuple[Array, ...]] = {
        "kl": (log_p - log_q,),
        "total_variation": (np.maximum(0.0, 1 - ratio),),
    }
    if "reverse_kl" in names or "js" in names:
        z = sample(model, n, seed, watch.part(0.5, 0.75))
        log_p_z, log_q_z = law.log_prob(z), log_prob(model, z, device, watch.part(0.75, 1.0))
        values["reverse_kl"] = (log_q_z - log_p_z,)
        values["js"] = (
            0.5 * (math.log(2) - np.logaddexp(0.0, log_q - log_p)),
            0.5 * (math.log(2) - np.logaddexp(0.0, log_p_z - log_q_z)),
        )
    sides = {"js": "samples of each", "reverse_kl": "samples of the model"}
    return {
        name: _mean(values[name], f"mean over {n:,} fresh {sides.get(name, 'samples of the law')}", name)
        for name in names
    }


def _mean(parts: tuple[Array, ...], method: str, name: str) -> Quantity:
    value = sum(float(part.mean()) for part in parts)
    finite = math.isfinite(value)
    stderr = math.sqrt(sum(float(part.var(ddof=1)) / len(part) for part in parts)) if finite else None
    return estimate(value, stderr, method, unit="" if name == "total_variation" else "nats")


def _as_bound(kl: Quantity) -> Quantity:
    """log q from below gives KL(p‖q) from above."""
    return bound(kl.value, "upper", f"log q is a lower bound; {kl.method}", kl.stderr)


def _kl_bound(model: HasElbo, law: Law, seed: int, device: torch.device) -> Quantity:
    """KL(p‖q) ≤ E_p[log p − ELBO], with the standard error of the mean."""
    x, _ = law.sample(SAMPLES, np.random.default_rng(seed))
    generator = torch.Generator(device).manual_seed(seed)
    rows = torch.as_tensor(x, dtype=torch.float32, device=device)
    with torch.no_grad():
        parts = [model.elbo(part, generator).double().cpu().numpy() for part in rows.split(4096)]
    gap = law.log_prob(x) - np.concatenate(parts)
    method = f"E[log p − one-sample ELBO], mean over {SAMPLES:,} fresh samples of the law"
    return bound(float(gap.mean()), "upper", method, float(gap.std(ddof=1)) / math.sqrt(SAMPLES))
