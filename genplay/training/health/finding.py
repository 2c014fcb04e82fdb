"""What a rule has seen of a run: plain words, numbers that say what they are, and the evidence as pictures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from genplay.knobs import Value
from genplay.models.exhibits import Exhibit
from genplay.quantity import Quantity

__all__ = ["Figures", "Finding", "Reading", "Remedy", "State"]

State = Literal["ill", "well", "open"]
Figures = tuple[tuple[str, Quantity], ...]


@dataclass(frozen=True)
class Reading:
    """What one look by one rule gave. ``open``: too little is known yet, and ``seen`` says what is lacking."""

    state: State
    seen: str
    figures: Figures = ()
    evidence: tuple[Exhibit, ...] = ()


@dataclass(frozen=True)
class Remedy:
    """A change of knobs that mends a condition. ``restart``: it counts only for a run that begins anew.

    ``data`` are knobs of ``DataSettings``; ``objective`` None leaves it as it is.
    """

    words: str
    knobs: Mapping[str, Value] = field(default_factory=dict)
    recipe: Mapping[str, Value] = field(default_factory=dict)
    objective: str | None = None
    data: Mapping[str, Value] = field(default_factory=dict)
    restart: bool = False


@dataclass(frozen=True)
class Finding:
    """One condition in one run, at one step: its ``title``, whether it is there (``ill``), and what mends it here.

    ``show_me`` says in a sentence what the experiment shows that brings the condition about (see ``conditions``).
    """

    id: str
    title: str
    step: int
    state: State
    seen: str
    figures: Figures
    evidence: tuple[Exhibit, ...]
    show_me: str
    fix: Remedy | None

    @property
    def text(self) -> str:
        """The finding in one or two sentences."""
        return f"{self.title}: {self.seen}"

    def to_json(self) -> dict[str, Any]:
        """What ``train --json`` prints."""
        return {
            "id": self.id,
            "title": self.title,
            "state": self.state,
            "step": self.step,
            "seen": self.seen,
            "figures": {name: quantity.to_json() for name, quantity in self.figures},
            "fix": self.fix.words if self.fix is not None else None,
        }
