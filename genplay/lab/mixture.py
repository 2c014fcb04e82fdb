"""Mixtures of saved runs: which runs may be mixed, and how one becomes a member.

Only numbers are taken from a file: the model is built by this program from its knobs, and nothing in the file is executed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from genplay.datasets.base import Data, DataSpec
from genplay.datasets.table import AffineMap, Table
from genplay.errors import BadInput
from genplay.lab.project import read
from genplay.lab.saved_run import SavedRun
from genplay.spaces import World
from genplay.spaces.plane import HOME
from genplay.training.members import Member, as_seen

if TYPE_CHECKING:
    from genplay.lab.run import Run
    from genplay.training.plan import DeviceName, RunPlan

__all__ = [
    "MIXTURE",
    "MOST_MEMBERS",
    "ensemble",
    "member_of_file",
    "joined",
    "member_of_run",
    "members_of",
    "units_of",
    "weighted",
    "with_members",
]

MIXTURE = "run-mixture"
MOST_MEMBERS = 16
MOST_ROUNDS = 2000
"""EM has settled long before."""


def units_of(spec: DataSpec, world: World) -> AffineMap | None:
    """The map from a file's units to the box it is trained in; None where they are the same."""
    table = spec.content
    if not isinstance(table, Table) or world != "plane" or not spec.knobs.get("scale", True):
        return None
    return table.map_into(HOME)


def _member(title: str, saved: SavedRun, world: World) -> Member:
    choice = saved.choice
    card = choice.card
    if choice.model == MIXTURE:
        raise BadInput(f"{title} is a mixture itself: add its runs one by one.")
    if world not in card.density:
        raise BadInput(
            f"{title} is a '{card.id}', which has no density: a mixture could not say how likely x is."
        )
    return Member(
        title, choice.model, choice.objective, choice.knobs, choice.recipe, saved.seed, saved.data,
        saved.checkpoint.step, as_seen(saved.checkpoint.state),
    )  # fmt: skip


def member_of_file(path: Path, world: World) -> Member:
    """The trained run of a .genplay file in this world; raises ``BadInput`` if it has none that can be mixed."""
    saved = read(path).runs.get(world)
    if saved is None:
        where = "on the plane" if world == "plane" else "in the world of digits"
        raise BadInput(f"{path} holds no run that was trained {where}.")
    return _member(f"{saved.choice.model} ({path.stem})", saved, world)


def member_of_run(run: Run) -> Member:
    """An open run as a member; raises ``BadInput`` if it cannot be mixed."""
    return _member(run.card.id, SavedRun.of(run.plan, run.trainer.checkpoint()), run.world)


def members_of(
    runs: Sequence[Run | str | Path], data: DataSpec, world: World, weights: Sequence[float] | None = None
) -> tuple[Member, ...]:
    """Runs and files as members for these data; raises ``BadInput`` for what cannot be mixed."""
    members: tuple[Member, ...] = ()
    for run in runs:
        if not isinstance(run, str | Path) and run.world != world:
            raise BadInput(
                f"The run of '{run.card.id}' belongs to the world '{run.world}', the mixture to '{world}'."
            )
        found = member_of_file(Path(run), world) if isinstance(run, str | Path) else member_of_run(run)
        members = joined(members, found, data, world)
    if weights is None:
        return members
    if len(weights) != len(members):
        raise BadInput(f"There are {len(members)} runs and {len(weights)} weights: give one for each run.")
    return weighted(members, dict(enumerate(weights)))


def joined(members: tuple[Member, ...], member: Member, data: DataSpec, world: World) -> tuple[Member, ...]:
    """The members with one more; raises ``BadInput`` if there are too many, or its units are not those of the data."""
    if len(members) >= MOST_MEMBERS:
        raise BadInput(f"A mixture has at most {MOST_MEMBERS} runs.")
    if units_of(member.data, world) != units_of(data, world):
        raise BadInput(
            f"{member.title} was trained in the units of another file: its density is not one of these data."
        )
    taken = {other.title for other in members}
    title, number = member.title, 2
    while title in taken:
        title, number = f"{member.title} {number}", number + 1
    return (*members, replace(member, title=title))


def weighted(members: tuple[Member, ...], weights: Mapping[int, float]) -> tuple[Member, ...]:
    """The members with some weights changed, at least 0 and not all 0; they need not sum to 1. Raises ``BadInput``."""
    for k, weight in weights.items():
        if not 0 <= k < len(members):
            raise BadInput(f"There is no run {k}. Allowed: 0 to {len(members) - 1}.")
        if not (math.isfinite(weight) and 0 <= weight <= 1e6):
            raise BadInput(f"A weight cannot be {weight:g}. Allowed: a number from 0 to 1000000.")
    changed = tuple(replace(m, weight=float(weights.get(k, m.weight))) for k, m in enumerate(members))
    if not any(m.weight for m in changed):
        raise BadInput("All weights are 0: at least one run has to count.")
    return changed


def with_members(
    plan: RunPlan, runs: Sequence[Run | str | Path], weights: Sequence[float] | None = None
) -> RunPlan:
    """The plan of a mixture with its runs; raises ``BadInput`` if it is of another model, or there are no runs."""
    if plan.card.id != MIXTURE:
        raise BadInput(
            f"Only the model '{MIXTURE}' is made of runs; '{plan.card.id}' takes no members or weights."
        )
    if not runs:
        raise BadInput("A mixture needs at least one run: name .genplay files as its members.")
    knobs = dict(plan.knobs) if weights is None else {**plan.knobs, "weighting": "by hand"}
    return replace(plan, members=members_of(runs, plan.data.spec, plan.world, weights), knobs=knobs)


def ensemble(
    runs: Sequence[Run | str | Path],
    weights: Sequence[float] | None = None,
    *,
    data: Data | None = None,
    seed: int = 0,
    device: DeviceName = "auto",
) -> Run:
    """A mixture of trained runs (``Run`` objects or .genplay files) as a run: p(x) = Σ_k w_k p_k(x).

    The weights w are fitted by EM to the training data of ``data`` (those of the first run if None), or are the ones that are
    given, divided by their sum. Its density is as good as the worst of its runs. Raises ``BadInput`` for runs that cannot be
    mixed: of different worlds, without a density, mixtures themselves.
    """
    from genplay.lab.fit import train
    from genplay.lab.run import open_run
    from genplay.training.plan import RunPlan

    if data is None and runs:
        first = runs[0]
        data = (open_run(first) if isinstance(first, str | Path) else first).data
    if data is None:
        raise BadInput("A mixture needs at least one run.")
    plan = RunPlan(MIXTURE, data.world, data, seed=seed, device=device)
    return train(with_members(plan, runs, weights), steps=MOST_ROUNDS)
