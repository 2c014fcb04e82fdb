"""The page Evaluate without its window: which runs and which measures stand in the table.

Rows are the open run, results that were kept, opened files and traps. Measuring goes on beside training, on parameters as
they were when it was asked for; figures arrive one by one, at a heartbeat of the experiment.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from psygnal import Signal

from genplay.errors import BadInput, unknown_name
from genplay.lab.candidates import Candidate, opened, row_of, trap
from genplay.lab.kept_results import KeptResult
from genplay.lab.measuring import Measuring
from genplay.lab.metric_groups import available, defaults
from genplay.lab.score_files import write_table
from genplay.lab.score_table import Figure, ScoreRow, ScoreTable, columns_of
from genplay.lab.tradeoff_run import TradeoffRun
from genplay.metrics.registry import card as metric_card
from genplay.spaces import WORLDS, World

if TYPE_CHECKING:
    from genplay.lab.experiment import Experiment
    from genplay.training.plan import RunPlan

__all__ = ["MOST_ROWS", "OPEN", "Evaluation"]

OPEN = "open"
"""The key of the open run's row."""
MOST_ROWS = 40


@dataclass
class _Entry:
    row: ScoreRow
    candidate: Candidate


class Evaluation:
    """``changed`` is emitted when rows, columns or figures are others; ``table`` is always the newest."""

    changed = Signal()

    def __init__(self, experiment: Experiment) -> None:
        self._experiment = experiment
        self._entries: dict[World, list[_Entry]] = {world: [] for world in WORLDS}
        self._open: dict[World, _Entry] = {}
        self._columns: dict[World, tuple[str, ...]] = {}
        self._made = 0
        self.sort: tuple[str, bool] = ("", False)
        self.measuring = Measuring(experiment, self._took, self._tell)
        self.tradeoffs = TradeoffRun(experiment)
        for signal in (experiment.world_changed, experiment.data_changed):
            signal.connect(self._tell)
        experiment.run_changed.connect(self._other_run)

    # What is shown

    @property
    def columns(self) -> tuple[str, ...]:
        """The measures shown in this world."""
        world = self._experiment.world
        return self._columns.get(world) or defaults(world)

    @property
    def table(self) -> ScoreTable:
        """The rows of this world, the open run first, in the order chosen."""
        world = self._experiment.world
        now = self._open_row()
        rows = (*([now] if now is not None else []), *(entry.row for entry in self._entries[world]))
        return ScoreTable(rows, columns_of(self.columns, available(world)))

    def _open_row(self) -> ScoreRow | None:
        """The open run where it stands now, with what was measured of it."""
        bench, world = self._experiment.bench, self._experiment.world
        plan, latest = bench.told, bench.latest()
        if plan is None or plan.world != world or latest is None:
            return None
        known = self._open.get(world)
        row = ScoreRow(OPEN, plan.card.title, "open", plan.card.id, world, plan.data.spec, latest.step)
        if known is None:
            return row
        altered = known.candidate.marks != tuple(latest.history.marks)
        return replace(row, figures=known.row.figures, altered=altered)

    def choose_columns(self, names: Sequence[str]) -> None:
        """Show these measures and no others; raises ``BadInput`` for one that is not of this world."""
        world = self._experiment.world
        wanted = [metric_card(name, world).id for name in names]
        if not wanted:
            raise BadInput("A table needs at least one measure.")
        self._columns[world] = tuple(id for id in available(world) if id in wanted)
        self.changed.emit()

    def choose_column(self, name: str, on: bool | None) -> None:
        """Show or hide one measure."""
        shown = self.columns
        wanted = name not in shown if on is None else on
        self.choose_columns([*shown, name] if wanted else [id for id in shown if id != name])

    def sort_by(self, name: str, descending: bool) -> None:
        """Order the rows by a measure; ``''``: as they came."""
        if name:
            metric_card(name, self._experiment.world)
        self.sort = (name, descending)
        self.changed.emit()

    # Rows

    def keep(self, title: str = "") -> Future[str]:
        """Keep the open run as it is now, with its figures of this step, as a row of its own; gives its key."""
        out: Future[str] = Future()

        def kept(candidate: Candidate) -> None:
            out.set_result(self._keep(candidate, title))

        self._capture(kept, out)
        return out

    def _keep(self, candidate: Candidate, title: str) -> str:
        now = self._open_row()
        known = self._open.get(candidate.plan.world)
        row = row_of(candidate, self._key("kept"), "kept", title or candidate.plan.card.title)
        if now is not None and known is not None and known.candidate.marks == candidate.marks:
            fresh = {id: figure for id, figure in now.figures.items() if figure.step == candidate.step}
            row = row.with_figures(fresh)
        self._add(_Entry(row, candidate))
        return row.key

    def open(self, path: Path) -> str:
        """Add the trained run of a .genplay file; returns its key. Raises ``BadInput``."""
        candidate = opened(path, self._experiment.world)
        row = row_of(candidate, self._key("file"), "file", path.stem)
        self._add(_Entry(row, candidate))
        return row.key

    def remove(self, row: str) -> None:
        """Take a row away, by its key or its name; the open run stays."""
        entry = self._entry(row)
        if entry is None:
            raise BadInput("The row of the open run stays: open another run instead.")
        self._entries[self._experiment.world].remove(entry)
        self._experiment.touch()
        self.changed.emit()

    def _entry(self, name: str) -> _Entry | None:
        """The entry of a row; None for that of the open run. Raises ``BadInput`` if there is none."""
        entries = self._entries[self._experiment.world]
        found = [entry for entry in entries if name == entry.row.key] or [
            entry for entry in entries if name == entry.row.title
        ]
        if found:
            return found[0]
        now = self._open_row()
        if now is not None and name in (OPEN, now.title):
            return None
        raise unknown_name("row", name, [OPEN, *(entry.row.title for entry in entries)])

    def _key(self, what: str) -> str:
        self._made += 1
        return f"{what}-{self._made}"

    def _add(self, entry: _Entry) -> None:
        entries = self._entries[entry.row.world]
        entries.append(entry)
        if len(entries) > MOST_ROWS:
            gone = entries.pop(0)
            self._experiment.say(f"The table is full: its oldest row, '{gone.row.title}', was taken away.")
        self._experiment.touch()
        self.changed.emit()

    def _other_run(self, *_: object) -> None:
        """Another run is open: what was measured of the one before stays, as a row that was kept."""
        bench, world = self._experiment.bench, self._experiment.world
        known = self._open.get(world)
        if known is not None:
            same = bench.told is not None and _same(bench.told, known.candidate.plan)
            if not (same and bench.started):
                self._put_by(world)
        self._tell()

    def _put_by(self, world: World) -> None:
        """Turn the row of the open run into one that was kept."""
        known = self._open.pop(world, None)
        if known is not None and known.row.figures:
            row = replace(known.row, key=self._key("kept"), kind="kept")
            for entry in self._entries[world]:
                if entry.row.base == OPEN:
                    entry.row = replace(entry.row, base=row.key)
            self._add(_Entry(row, known.candidate))

    @property
    def results(self) -> tuple[KeptResult, ...]:
        """Every row that has figures or was kept, of both worlds: what a project file holds."""
        entries = [*self._open.values(), *(entry for rows in self._entries.values() for entry in rows)]
        return tuple(KeptResult(entry.row, entry.candidate) for entry in entries)

    def bring_back(self, results: Sequence[KeptResult]) -> None:
        """Add the rows of a project file; those that stand here already are not doubled."""
        for world in WORLDS:
            known = self._open.get(world)
            if known is not None and any(r.row.key == OPEN and _alike(known.row, r.row) for r in results):
                del self._open[world]
            self._put_by(world)
        new_keys = {r.row.key: r.row.key if r.row.key == OPEN else self._key("kept") for r in results}
        for result in results:
            row = result.row
            row = replace(row, key=new_keys[row.key], base=new_keys.get(row.base, row.base))
            if row.kind == "trap":
                row = replace(row, key=self._key(f"trap:{result.candidate.trap}"))
            if row.key == OPEN:
                self._open[row.world] = _Entry(row, result.candidate)
            elif not any(_alike(entry.row, row) for entry in self._entries[row.world]):
                self._add(_Entry(row, result.candidate))

    def _tell(self, *_: object) -> None:
        self.changed.emit()

    # Traps

    def trap(self, name: str) -> Future[None]:
        """Add a trap made from the open run and its data, and measure it and what it was made from."""
        out: Future[None] = Future()

        def made(base: Candidate) -> None:
            found = trap(name, base)
            key = OPEN
            if found.base is not base:
                key = self._key("kept")
                title = f"{found.base.plan.card.title}, fitted for the trap"
                self._add(_Entry(row_of(found.base, key, "kept", title), found.base))
            row = row_of(found.candidate, self._key(f"trap:{name}"), "trap", found.title, found.note, key)
            self._add(_Entry(row, found.candidate))
            _pass_on(self.measure(), out)

        self._capture(made, out)
        return out

    # Measuring

    def measure(self, row: str = "", again: bool = False) -> Future[None]:
        """Measure what is missing or stale in the shown columns, of one row or of all; ``again``: all of it anew."""
        out: Future[None] = Future()
        world, shown = self._experiment.world, self.columns
        chosen = self._entry(row) if row else None
        for entry in self._entries[world]:
            if not row or entry is chosen:
                self._ask(entry, again, shown)
        if self._open_row() is None or chosen is not None:
            _pass_on(self.measuring.begin(), out)
            self.changed.emit()
            return out

        def captured(candidate: Candidate) -> None:
            known = self._open.get(world)
            figures: Mapping[str, Figure] = {}
            if known is not None:
                if known.candidate.marks == candidate.marks:
                    figures = known.row.figures
                    if known.candidate.step == candidate.step:
                        candidate = known.candidate
                if candidate is not known.candidate:
                    self.measuring.drop(known.candidate)
            row = row_of(candidate, OPEN, "open", candidate.plan.card.title).with_figures(figures)
            entry = self._open[world] = _Entry(row, candidate)
            self._ask(entry, again, shown)
            _pass_on(self.measuring.begin(), out)
            self.changed.emit()

        self._capture(captured, out)
        return out

    def _ask(self, entry: _Entry, again: bool, shown: Sequence[str]) -> None:
        row = entry.row
        missing = tuple(id for id in shown if again or id not in row.figures or row.stale(id))
        if missing:
            self.measuring.ask(entry.candidate, row.title, missing)

    def _capture(self, then: Callable[[Candidate], None], out: Future[Any]) -> None:
        """The open run as it is, as soon as the training thread has a moment; ``out`` hears if it cannot be had."""
        experiment = self._experiment
        bench = experiment.bench
        plan, latest = bench.told, bench.latest()
        if plan is None or latest is None or bench.opening:
            raise BadInput("There is no model yet: it is being loaded.")
        marks = tuple(latest.history.marks)
        asked = bench.checkpoint()
        if asked is None:
            then(Candidate(plan, None, marks=marks))
            return

        def failed(done: Future[Any]) -> None:
            if not done.cancelled() and done.exception() is not None and not out.done():
                out.set_exception(done.exception())

        asked.add_done_callback(failed)
        experiment.later(asked, lambda found: then(Candidate(plan, found, marks=marks)), any_run=True)

    def _took(self, candidate: Candidate, figures: Mapping[str, Figure]) -> None:
        """Put figures into the row that they were measured for; one that is gone wants none."""
        entries = [*self._open.values(), *(entry for rows in self._entries.values() for entry in rows)]
        for entry in entries:
            if entry.candidate is candidate:
                entry.row = entry.row.with_figures(figures)
        self._experiment.touch()
        self.changed.emit()

    def cancel(self) -> None:
        """Stop measuring; what has been measured stays."""
        self.measuring.cancel()
        self.changed.emit()

    def export(self, path: Path) -> Path:
        """Write the table as it is shown: .csv, .md or .png."""
        name, descending = self.sort
        table = self.table
        if name:
            table = replace(table, rows=table.sorted_by(name, descending))
        written = write_table(table, path)
        self._experiment.say(f"Wrote {written.name}.")
        return written

    def close(self) -> None:
        """End the threads that measure."""
        self.measuring.close()
        self.tradeoffs.close()


def _alike(a: ScoreRow, b: ScoreRow) -> bool:
    """Whether b is the same result as a, which may have been measured more since."""
    same = (a.title, a.model, a.step, a.data) == (b.title, b.model, b.step, b.data)
    return same and all(a.figures.get(id) == figure for id, figure in b.figures.items())


def _same(a: RunPlan, b: RunPlan) -> bool:
    """Whether a run that came back is the one that was left."""
    return (a.card.id, a.world, a.objective, a.seed, a.data.spec, a.model_knobs) == (
        b.card.id, b.world, b.objective, b.seed, b.data.spec, b.model_knobs,
    )  # fmt: skip


def _pass_on(future: Future[None], out: Future[None]) -> None:
    def tell(_: Future[None]) -> None:
        if not out.done():
            out.set_result(None)

    future.add_done_callback(tell)
