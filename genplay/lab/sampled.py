"""Drawing by a named sampler from a model or from the true law: for ``genplay sample --sampler`` and ``Run.sample``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from genplay.datasets.base import Data
from genplay.errors import BadInput, suggest
from genplay.quantity import Quantity

if TYPE_CHECKING:
    from genplay.models.base import Model
    from genplay.sampling.target import Target

__all__ = ["ON", "On", "Sampled", "sampled", "target_of"]

On = Literal["model", "truth"]
ON: tuple[On, ...] = get_args(On)


@dataclass(frozen=True, eq=False)
class Sampled:
    """Samples (n, d), how they were made, and what the sampler can say of its work."""

    x: NDArray[np.float64]
    sampler: str
    target: str
    samples: str
    results: Mapping[str, Quantity]

    def to_json(self) -> dict[str, object]:
        """What ``sample --json`` prints."""
        results = {name: quantity.to_json() for name, quantity in self.results.items()}
        return {
            "sampler": self.sampler, "target": self.target, "samples": self.samples, "n": len(self.x), "results": results,
        }  # fmt: skip

    def lines(self) -> list[str]:
        """The same for a reader."""
        first = f"{len(self.x):,} samples of {self.target} by {self.sampler}: {self.samples}"
        return [first, *(f"  {name:<16} {q}  ({q.method})" for name, q in self.results.items())]


def target_of(model: Model, data: Data, on: str) -> Target:
    """What is sampled from: the model as it is, or the law behind the data."""
    if on == "model":
        from genplay.sampling.model_target import model_target

        return model_target(model, data.box)
    if on == "truth":
        from genplay.sampling.truth_target import truth_target

        return truth_target(data)
    raise BadInput(f"There is no target '{on}'.{suggest(on, ON)} Allowed: {', '.join(ON)}.")


def sampled(
    model: Model, data: Data, sampler: str, n: int, on: str, knobs: Mapping[str, object], seed: int
) -> Sampled:
    """n samples by a sampler; raises ``BadInput`` for one that does not fit, naming what it needs."""
    from genplay.sampling.cards import card
    from genplay.sampling.registry import make

    found = card(sampler)
    target = target_of(model, data, on)
    made = make(sampler, target, knobs, seed)
    return Sampled(made.sample(n), sampler, target.title, found.exact, made.results())
