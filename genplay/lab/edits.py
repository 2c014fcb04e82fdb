"""Edits with inverses: applying an edit returns the edit that takes it back, so undo is one class for everything."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from genplay.lab.state import Desk
from genplay.spaces import World

__all__ = ["MERGE_SECONDS", "Desks", "Edit", "UndoStack"]

MERGE_SECONDS = 0.5
MOST_ENTRIES = 500


class Desks(Protocol):
    """What an edit needs of the experiment: to read a desk and to put another in its place, or to refuse it."""

    def desk(self, world: World) -> Desk:
        """The desk of a world."""
        ...

    def put_desk(self, world: World, desk: Desk) -> None:
        """Replace a desk; raises ``BadInput`` and changes nothing if it cannot be."""
        ...


@dataclass(frozen=True)
class Edit:
    """Replace some fields of one world's desk.

    Edits with the same ``merge`` key (not empty) that follow each other within half a second are one entry of the undo
    list: a slider that is dragged is one edit.
    """

    label: str
    world: World
    changes: Mapping[str, object]
    merge: str = ""

    def apply(self, desks: Desks) -> Edit:
        """Make the change and return its inverse; raises ``BadInput`` with nothing changed."""
        before = desks.desk(self.world)
        desks.put_desk(self.world, replace(before, **self.changes))  # type: ignore[arg-type]
        return replace(self, changes={name: getattr(before, name) for name in self.changes})


class UndoStack:
    """What was done and undone in one world, bounded; holds inverses only."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, most: int = MOST_ENTRIES) -> None:
        self._clock = clock
        self._most = most
        self._undo: list[Edit] = []
        self._redo: list[Edit] = []
        self._last = -float("inf")

    def do(self, edit: Edit, desks: Desks) -> None:
        """Apply a new edit and remember its inverse; what had been undone is forgotten."""
        inverse = edit.apply(desks)
        now = self._clock()
        previous = self._undo[-1] if self._undo else None
        close = now - self._last <= MERGE_SECONDS
        if edit.merge and previous is not None and previous.merge == edit.merge and close:
            # The older inverse wins: undo goes back to before the drag began.
            self._undo[-1] = replace(previous, changes={**inverse.changes, **previous.changes})
        else:
            self._undo.append(inverse)
            del self._undo[: -self._most]
        self._redo.clear()
        self._last = now

    def undo(self, desks: Desks) -> str:
        """Take back the last edit and return its label; ``''`` if there is none."""
        return self._move(self._undo, self._redo, desks)

    def redo(self, desks: Desks) -> str:
        """Do again what was taken back last and return its label; ``''`` if there is none."""
        return self._move(self._redo, self._undo, desks)

    def _move(self, source: list[Edit], target: list[Edit], desks: Desks) -> str:
        if not source:
            return ""
        edit = source[-1]
        target.append(edit.apply(desks))
        source.pop()
        self._last = -float("inf")
        return edit.label

    def clear(self) -> None:
        """Forget everything."""
        self._undo.clear()
        self._redo.clear()

    @property
    def undo_label(self) -> str:
        """What undo would take back, or ``''``."""
        return self._undo[-1].label if self._undo else ""

    @property
    def redo_label(self) -> str:
        """What redo would do again, or ``''``."""
        return self._redo[-1].label if self._redo else ""

    def __len__(self) -> int:
        return len(self._undo)
