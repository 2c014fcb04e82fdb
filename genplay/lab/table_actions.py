"""What the actions of the small table of naive Bayes do: edits of the desk, so that each can be taken back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from genplay.lab.actions import ActionRegistry
from genplay.lab.experiment import Experiment
from genplay.lab.small_table import SPAM, SmallTable, read_small_table

__all__ = ["bind_table"]


def bind_table(registry: ActionRegistry, experiment: Experiment) -> None:
    """Bind every action of the small table."""

    def put(label: str, table: SmallTable, merge: str = "") -> None:
        if table != experiment.desk().table:
            experiment.edit(label, merge=merge, table=table)

    def count(row: tuple[str, ...], label: str, n: int) -> None:
        put("Count", experiment.desk().table.with_count(row, label, n), f"table.count {row} {label}")

    def features(n: int) -> None:
        put("Columns of the small table", experiment.desk().table.with_features(n))

    def smoothing(alpha: float) -> None:
        put(
            "Smoothing of the small table",
            replace(experiment.desk().table, smoothing=alpha),
            "table.smoothing",
        )

    def open_file(path: Path, label: str | None) -> None:
        put(f"Open {path.name}", read_small_table(path, label))

    registry.bind("table.count", count)
    registry.bind("table.features", features)
    registry.bind("table.smoothing", smoothing)
    registry.bind("table.open", open_file)
    registry.bind("table.example", lambda: put("Table of mails", SPAM))
    registry.bind("table.row", experiment.subject.choose_row)
