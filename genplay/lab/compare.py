"""Measure several runs side by side: what ``genplay.compare`` and ``genplay compare`` do."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from genplay.datasets.base import Data
from genplay.errors import BadInput, Failure, GenplayError
from genplay.lab.candidates import Candidate, opened, row_of, trap
from genplay.lab.disagreements import Disagreement, disagreements
from genplay.lab.metric_groups import available, batches, defaults
from genplay.lab.score_table import Figure, ScoreRow, ScoreTable, columns_of
from genplay.metrics.registry import Missing, card
from genplay.quantity import Quantity
from genplay.spaces import World

if TYPE_CHECKING:
    from genplay.lab.run import Run
    from genplay.models.base import Model

__all__ = ["Comparison", "compare", "measure"]

Progress = Callable[[float, str], None]


@dataclass(frozen=True)
class Comparison:
    """The table, and what there is to explain in it."""

    table: ScoreTable
    differences: tuple[Disagreement, ...]

    @property
    def best(self) -> dict[str, str | None]:
        """By measure, the row that is surely the best; None where none is."""
        return {column.id: self.table.best(column) for column in self.table.columns}

    def to_json(self) -> dict[str, object]:
        """What ``compare --json`` prints."""
        return {
            "metrics": [column.id for column in self.table.columns],
            "best": self.best,
            "runs": [self._row(row) for row in self.table.rows],
            "differences": [found.to_json() for found in self.differences],
        }

    def _row(self, row: ScoreRow) -> dict[str, object]:
        figures = {column.id: row.figure(column.id) for column in self.table.columns}
        out: dict[str, object] = {
            "run": row.key,
            "title": row.title,
            "kind": row.kind,
            "model": row.model,
            "data": row.data.name,
            "world": row.world,
            "step": row.step,
            "metrics": {id: f.quantity.to_json() if f and f.quantity else None for id, f in figures.items()},
            "trouble": {id: f.trouble for id, f in figures.items() if f and f.trouble},
            "missing": {
                id: f.why_not for id, f in figures.items() if f and f.quantity is None and not f.trouble
            },
        }
        return {**out, "note": row.note} if row.note else out

    def __str__(self) -> str:
        from genplay.lab.score_files import as_markdown

        return as_markdown(self.table)


def compare(
    runs: Sequence[Run | str | Path],
    metrics: Iterable[str] | Literal["all"] | None = None,
    *,
    traps: Iterable[str] = (),
    world: World | None = None,
    seed: int = 0,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Comparison:
    """Measure runs (or .genplay files) of one world, each on its own data; ``metrics`` None takes a few good ones.

    ``traps`` (``noise``, ``memoriser``) adds rows made from the first run. Raises ``BadInput`` for what cannot be compared,
    ``Failure`` if ``cancelled()``.
    """
    if not runs:
        raise BadInput("There is nothing to compare: name at least one run.")
    found = [_candidate(run, world) for run in runs]
    here = found[0][1].plan.world
    for title, candidate in found:
        if candidate.plan.world != here:
            raise BadInput(
                f"{title} is of the world {candidate.plan.world}, {found[0][0]} of {here}: a table has one world. "
                "Name it with --world."
            )
    names = _wanted(metrics, here)
    keys: dict[str, int] = {}
    rows: list[tuple[ScoreRow, Candidate]] = []
    for title, candidate in found:
        keys[title] = keys.get(title, 0) + 1
        key = title if keys[title] == 1 else f"{title} ({keys[title]})"
        rows.append((row_of(candidate, key, "file", key), candidate))
    for name in traps:
        made = trap(name, found[0][1])
        base = rows[0][0].key
        if made.base is not found[0][1]:
            base = "base"
            title = made.base.plan.card.title
            rows.append((row_of(made.base, base, "kept", title), made.base))
        row = row_of(made.candidate, f"trap:{name}", "trap", made.title, made.note, base)
        rows.append((row, made.candidate))
    done: list[ScoreRow] = []
    for i, (row, candidate) in enumerate(rows):
        for figures in measure(
            candidate, names, seed, _part(progress, i, len(rows), row.title), cancelled or (lambda: False)
        ):
            row = row.with_figures(figures)
        done.append(row)
    table = ScoreTable(tuple(done), columns_of(names, available(here)))
    return Comparison(table, disagreements(table))


def measure(
    candidate: Candidate,
    names: Sequence[str],
    seed: int,
    progress: Progress,
    cancelled: Callable[[], bool],
) -> Iterable[Mapping[str, Figure]]:
    """Yield the figures one after another, as they are had; one that cannot be had says so and holds up nothing.

    Raises ``Failure`` when ``cancelled()``, and for a model that cannot be built.
    """
    from genplay.metrics import registry

    progress(0.0, "building the model")
    model, data = candidate.model(), candidate.data
    parts = batches(names)
    for i, part in enumerate(parts):
        if cancelled():
            raise Failure("The measurement was cancelled.")
        start, share = i / len(parts), 1 / len(parts)

        def told(done: float, text: str, start: float = start, share: float = share) -> None:
            progress(start + share * done, text)

        yield _figures(registry.measure, model, data, part, seed, candidate.step, told, cancelled)
    progress(1.0, "measured")


def _figures(
    measured: Callable[..., Mapping[str, Quantity | Missing]],
    model: Model,
    data: Data,
    names: Sequence[str],
    seed: int,
    step: int,
    progress: Progress,
    cancelled: Callable[[], bool],
) -> dict[str, Figure]:
    try:
        found = measured(model, data, names, seed, progress, cancelled)
    except Exception as error:  # a measure that breaks on an odd model takes only its own cell with it
        told = isinstance(error, GenplayError)
        if told and cancelled():
            raise
        if len(names) > 1:
            alone = (_figures(measured, model, data, [n], seed, step, progress, cancelled) for n in names)
            return {name: figure for figures in alone for name, figure in figures.items()}
        said = str(error) if told else f"{type(error).__name__}: {error}"
        return {name: Figure(None, step, said) for name in names}
    return {name: _figure(found[name], step) for name in names}


def _figure(found: Quantity | Missing, step: int) -> Figure:
    return Figure(None, step, missing=found.reason) if isinstance(found, Missing) else Figure(found, step)


def _candidate(run: Run | str | Path, world: World | None) -> tuple[str, Candidate]:
    if isinstance(run, str | Path):
        return Path(run).stem, opened(Path(run), world)
    trainer = run.trainer
    return f"{run.card.id}, {run.steps:,} steps", Candidate(trainer.plan, trainer.checkpoint())


def _wanted(metrics: Iterable[str] | Literal["all"] | None, world: World) -> tuple[str, ...]:
    if metrics == "all":
        return tuple(available(world))
    return tuple(card(name, world).id for name in metrics) if metrics is not None else defaults(world)


def _part(progress: Progress | None, i: int, n: int, title: str) -> Progress:
    def told(share: float, text: str) -> None:
        if progress is not None:
            progress((i + share) / n, f"{title}: {text}")

    return told
