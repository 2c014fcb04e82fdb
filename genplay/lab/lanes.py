"""The lanes of a race and how they are called: a model's title, and what differs where two lanes have one model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from genplay.lab.plan_changes import other_run, same_knobs

if TYPE_CHECKING:
    from genplay.training.plan import RunPlan

__all__ = ["Lane", "titled", "unlike"]

_MOST_DIFFERENCES = 2


@dataclass(frozen=True)
class Lane:
    """One run of a race; ``forked``: the step at which it parted from another lane (None: it began at the start)."""

    run_id: int
    title: str
    plan: RunPlan
    forked: int | None = None


def unlike(plan: RunPlan, others: Sequence[RunPlan]) -> RunPlan:
    """The plan with the first seed, from its own on, that no other run like it has."""
    taken = {other.seed for other in others if not other_run(other, plan) and same_knobs(other, plan)}
    seed = plan.seed
    while seed in taken:
        seed = (seed + 1) % 2**31
    return replace(plan, seed=seed)


def titled(lanes: Sequence[Lane]) -> tuple[Lane, ...]:
    """The lanes with their titles: "Neural spline flow", "… · width 64", "… · seed 2", "… · fork at step 812"."""
    return tuple(replace(lane, title=_title(lane, lanes)) for lane in lanes)


def _title(lane: Lane, lanes: Sequence[Lane]) -> str:
    title = lane.plan.card.title
    others = [other for other in lanes if other is not lane and other.plan.card.title == title]
    words = [] if lane.forked is None else [f"fork at step {lane.forked:,}"]
    mine = _facts(lane.plan)
    for key, word in mine.items():
        # A fork has another seed than all; that is not what parts it from them.
        rivals = [
            other for other in others if key != "seed" or (lane.forked is None and other.forked is None)
        ]
        if any(_facts(other.plan).get(key) != word for other in rivals):
            words.append(word)
    return " · ".join([title, *words[:_MOST_DIFFERENCES]])


def _facts(plan: RunPlan) -> dict[str, str]:
    """All that can differ between two runs of one model, in words, the weightiest first."""
    facts = {"objective": plan.card.objective(plan.world, plan.objective).title}
    for knobs in (plan.model_knobs, plan.full_recipe):
        for info in knobs.infos():
            value = getattr(knobs, info.name)
            shown = f"{value:g}" if isinstance(value, float) else str(value)
            facts[f"{type(knobs).__name__}.{info.name}"] = f"{info.label.lower()} {shown}"
    facts["seed"] = f"seed {plan.seed}"
    return facts
