"""The rows of the page Evaluate in a project file: what was measured, of which run, and its parameters, so that more can be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast, get_args

from genplay.lab import manifest as m
from genplay.lab.candidates import TRAPS, Candidate
from genplay.lab.kept_quantity import quantity_from_json, quantity_to_json
from genplay.lab.saved_run import weights_from, weights_to
from genplay.lab.score_table import Figure, RowKind, ScoreRow
from genplay.lab.state import ModelChoice

__all__ = ["KeptResult", "result_from_json", "result_to_json"]


@dataclass(frozen=True, eq=False)
class KeptResult:
    """One row with its figures, and the run that it is about."""

    row: ScoreRow
    candidate: Candidate


def result_to_json(result: KeptResult, name: str, entries: dict[str, bytes]) -> dict[str, Any]:
    """What the manifest says of a row; its parameters go into ``entries`` under ``runs/name``."""
    row, candidate = result.row, result.candidate
    plan, checkpoint = candidate.plan, candidate.checkpoint
    weights = None
    if checkpoint is not None:
        weights = weights_to(checkpoint.state, name, entries)
    return {
        "key": row.key, "title": row.title, "kind": row.kind, "note": row.note, "base": row.base, "trap": candidate.trap,
        "world": row.world, "step": candidate.step,
        "choice": m.choice_to_json(ModelChoice.of(plan)),
        "seed": plan.seed, "data": m.spec_to_json(plan.data.spec), "weights": weights,
        "at": checkpoint.step if checkpoint is not None else 0,
        "marks": [[mark.step, mark.text, mark.subject] for mark in cast("tuple[Any, ...]", candidate.marks)],
        "figures": {id: _figure_to_json(figure) for id, figure in row.figures.items()},
    }  # fmt: skip


def _figure_to_json(figure: Figure) -> dict[str, Any]:
    return {
        "step": figure.step, "trouble": figure.trouble, "missing": figure.missing,
        "quantity": quantity_to_json(figure.quantity),
    }  # fmt: skip


def result_from_json(given: Mapping[str, Any], entries: Mapping[str, bytes]) -> KeptResult | None:
    """The row again; None where its model is not known here (one of the user's own). Raises as project files do."""
    from genplay.datasets.registry import build
    from genplay.models.registry import cards
    from genplay.training.checkpoint import Checkpoint
    from genplay.training.history import History, Mark

    if str(given["choice"]["model"]) not in cards():
        return None
    world, trap, kind = m.checked_world(given["world"]), str(given["trap"]), str(given["kind"])
    if kind not in get_args(RowKind) or (trap and trap not in TRAPS):
        raise ValueError(f"a row of the kind {kind!r}, {trap!r}")
    choice, spec = m.choice_from_json(given["choice"], world), m.spec_from_json(given["data"], world)
    plan = choice.plan(build(spec), world, m.checked_seed(given["seed"]))
    checkpoint = None
    if given["weights"] is not None:
        state = weights_from(entries[given["weights"]])
        checkpoint = Checkpoint(int(given["at"]), 0.0, state, History())
    marks = tuple(Mark(int(step), str(text), str(subject)) for step, text, subject in given["marks"])
    candidate = Candidate(plan, checkpoint, trap, marks)
    figures = {str(id): _figure_from_json(figure) for id, figure in given["figures"].items()}
    row = ScoreRow(
        str(given["key"]), str(given["title"]), cast("RowKind", kind), choice.model, world, plan.data.spec,
        candidate.step, figures, str(given["note"]), str(given["base"]),
    )  # fmt: skip
    return KeptResult(row, candidate)


def _figure_from_json(given: Mapping[str, Any]) -> Figure:
    quantity = quantity_from_json(given["quantity"])
    # Projects of before the reasons were kept have none.
    return Figure(quantity, int(given["step"]), str(given["trouble"]), str(given.get("missing", "")))
