"""A run on its way into a race. Nothing of torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from genplay.training.checkpoint import Checkpoint
    from genplay.training.plan import RunPlan

__all__ = ["Entrant"]


@dataclass(frozen=True, eq=False)
class Entrant:
    """A plan, ``at``: where it goes on (None: it has not begun), and ``start``: where a reset takes it (None: to its beginning)."""

    plan: RunPlan
    at: Checkpoint | None = None
    start: Checkpoint | None = None
