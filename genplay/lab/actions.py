"""Actions: the one way in. Menus, buttons, shortcuts, the command palette and demo scripts all run them by id."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from genplay.errors import BadInput, suggest, unknown_name
from genplay.lab.action_list import ALL
from genplay.lab.action_spec import ActionSpec, Condition

__all__ = ["ActionRegistry"]


class ActionRegistry:
    """All actions by id, the callbacks bound to them, and the conditions under which they can be run."""

    def __init__(self, specs: Iterable[ActionSpec] = ALL) -> None:
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
