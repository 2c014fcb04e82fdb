"""Actions: the one way in. Menus, buttons, shortcuts, the command palette and demo scripts all run them by id."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal

from genplay.errors import BadInput, suggest, unknown_name
from genplay.lab.params import Param

__all__ = ["ActionRegistry", "ActionSpec", "Condition", "Menu"]

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


class ActionRegistry:
    """All actions by id, the callbacks bound to them, and the conditions under which they can be run."""

    def __init__(self, specs: Iterable[ActionSpec] | None = None) -> None:
        if specs is None:
            from genplay.lab.action_list import ALL

            specs = ALL
        self._specs = {spec.id: spec for spec in specs}
        self._callbacks: dict[str, Callable[..., Any]] = {}
        self._conditions: dict[str, Callable[[], str]] = {}

    def specs(self) -> tuple[ActionSpec, ...]:
        """All actions in the order of the menus."""
        return tuple(self._specs.values())

    def spec(self, id: str) -> ActionSpec:
        """One action by id; raises ``BadInput`` naming the nearest."""
        if id not in self._specs:
            nearest = suggest(id, self._specs)
            if nearest:
                raise BadInput(f"There is no action '{id}'.{nearest} `genplay list actions` shows all.")
            raise unknown_name("action", id, self._specs)
        return self._specs[id]

    def bind(self, id: str, callback: Callable[..., Any]) -> None:
        """Say what an action does; its parameters are passed by name. A later call replaces an earlier one."""
        self._callbacks[self.spec(id).id] = callback

    def bind_condition(self, name: Condition, reason: Callable[[], str]) -> None:
        """Say when a condition holds: ``reason()`` is ``''`` then, else one sentence why not."""
        self._conditions[name] = reason

    def why_not(self, id: str) -> str:
        """Why the action cannot be run now, as a sentence; ``''`` if it can."""
        spec = self.spec(id)
        if id not in self._callbacks:
            return f"'{spec.title}' needs the window."
        reason = self._conditions.get(spec.when)
        return reason() if reason is not None else ""

    def available(self, id: str) -> bool:
        """Whether the action can be run now."""
        return not self.why_not(id)

    def run(self, id: str, /, **args: object) -> Any:
        """Check the arguments and run an action; returns what its callback returns (a future, if it ends later).

        Raises ``BadInput`` for an unknown action, a wrong argument, or an action that cannot be run now.
        """
        parsed = self.spec(id).parse(dict(args))
        reason = self.why_not(id)
        if reason:
            raise BadInput(reason)
        return self._callbacks[id](**parsed)
