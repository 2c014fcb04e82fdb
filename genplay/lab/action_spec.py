"""One action as data: its id, words, parameters, place in the menus, shortcut and condition."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from genplay.errors import BadInput, suggest
from genplay.lab.params import Param

__all__ = ["ActionSpec", "Condition", "Menu"]

Menu = Literal["File", "Edit", "Data", "Model", "Train", "Latent", "Sample", "Evaluate", "View", "Help", ""]
Condition = Literal[
    "always",
    "plane",
    "digits",
    "drawable",
    "latent",
    "anchors",
    "labels",
    "table",
    "census",
    "mixture",
    "race",
    "undo",
    "redo",
]


@dataclass(frozen=True)
class ActionSpec:
    """One action as data. ``when`` names the condition under which it can be run; ``menu`` '' keeps it out of the menus."""

    id: str
    title: str
    help: str
    params: tuple[Param, ...] = ()
    menu: Menu = ""
    shortcut: str = ""
    when: Condition = "always"

    def to_json(self) -> dict[str, object]:
        """What ``list actions --json`` prints."""
        return {
            "id": self.id,
            "title": self.title,
            "help": self.help,
            "shortcut": self.shortcut,
            "params": [param.to_json() for param in self.params],
        }

    def parse(self, given: dict[str, object]) -> dict[str, object]:
        """Check the arguments and fill in defaults; raises ``BadInput`` naming the action and the argument."""
        known = {param.name: param for param in self.params}
        for name in given:
            if name not in known:
                listed = ", ".join(known) or "none"
                raise BadInput(
                    f"{self.id} takes no '{name}'.{suggest(name, known)} Its parameters: {listed}."
                )
        out: dict[str, object] = {}
        for param in self.params:
            if param.name in given:
                try:
                    out[param.name] = param.parse(given[param.name])
                except BadInput as error:
                    raise BadInput(f"{self.id}: {error}") from None
            elif param.required:
                raise BadInput(f"{self.id} needs '{param.name}': {param.help}")
            else:
                out[param.name] = param.default
        return out
