"""The window's door to the actions: runs them by id and tells of refusals as notices instead of raising."""

from __future__ import annotations

from concurrent.futures import Future
from functools import partial

from PySide6.QtCore import QObject, Signal

from genplay.errors import GenplayError
from genplay.lab.action_spec import ActionSpec
from genplay.lab.actions import ActionRegistry
from genplay.lab.state import Notice
from genplay.ui.inbox import door

__all__ = ["Dispatch"]


class Dispatch(QObject):
    """Runs actions for widgets. ``noticed`` carries a ``Notice``; ``ran`` the id of each action that was done.

    ``requested`` asks the window to find out the arguments that are missing (a file, a number) and then to run it.
    """

    noticed = Signal(object)
    ran = Signal(str)
    requested = Signal(str)

    def __init__(self, registry: ActionRegistry, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.registry = registry
        self._door = door(self)

    def run(self, id: str, /, **args: object) -> bool:
        """Run an action; say so in a notice and return False when it is refused or fails."""
        try:
            reason = self.registry.why_not(id)
            if reason:
                self.noticed.emit(Notice("info", reason))
                return False
            result = self.registry.run(id, **args)
        except GenplayError as error:
            self.noticed.emit(Notice("error", str(error)))
            return False
        if isinstance(result, Future):
            # The future ends in another thread.
            result.add_done_callback(partial(self._door, self._tell))
        self.ran.emit(id)
        return True

    def request(self, id: str) -> None:
        """Run an action whose arguments the user is to be asked for; one that needs none is run at once."""
        if any(param.required for param in self.spec(id).params):
            self.requested.emit(id)
        else:
            self.run(id)

    def spec(self, id: str) -> ActionSpec:
        """One action as data."""
        return self.registry.spec(id)

    def specs(self) -> tuple[ActionSpec, ...]:
        """All actions in the order of the menus."""
        return self.registry.specs()

    def why_not(self, id: str) -> str:
        """Why an action cannot be run now; ``''`` if it can."""
        return self.registry.why_not(id)

    def tip(self, id: str) -> str:
        """A tooltip: what the action does and its shortcut."""
        spec = self.spec(id)
        return f"{spec.help} ({spec.shortcut})" if spec.shortcut else spec.help

    def _tell(self, future: Future[object]) -> None:
        if future.cancelled():
            return
        error = future.exception()
        if isinstance(error, GenplayError):
            self.noticed.emit(Notice("error", str(error)))
        elif error is not None:
            raise error
