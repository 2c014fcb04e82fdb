"""What differs between two plans of a run: whether it is another run, other knobs, or other data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genplay.datasets.base import Data
from genplay.knobs import Knobs

if TYPE_CHECKING:
    from genplay.training.plan import RunPlan

__all__ = ["differing", "other_run", "same", "same_data", "same_knobs"]


def other_run(a: RunPlan, b: RunPlan) -> bool:
    """Whether b is of another model, objective or world, or mixes other runs."""
    return (a.model, a.world, a.objective, a.members) != (b.model, b.world, b.objective, b.members)


def same_knobs(a: RunPlan, b: RunPlan) -> bool:
    """Whether model and recipe have the same knobs."""
    return a.model_knobs == b.model_knobs and a.full_recipe == b.full_recipe


def same(a: RunPlan, b: RunPlan) -> bool:
    """Whether two runs of one model would be the same run."""
    return same_knobs(a, b) and a.seed == b.seed and a.device == b.device and same_data(a.data, b.data)


def same_data(a: Data, b: Data) -> bool:
    """Whether two data sets are the same."""
    # Building is deterministic in the spec.
    return a is b or a.spec == b.spec


def differing(a: Knobs, b: Knobs, *, live: bool) -> list[str]:
    """The names of the knobs that differ, of those that are live or of those that are not."""
    return [i.name for i in b.infos() if i.live == live and getattr(a, i.name) != getattr(b, i.name)]
