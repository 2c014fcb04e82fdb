"""Demo scripts: JSON lines that run actions and wait for training.

``{"do": "data.choose", "name": "rings"}`` runs an action with its parameters;
``{"wait": {"steps": 500}}`` waits until the run has made so many steps, ``{"seconds": 2}`` for a time,
``{"race": 500}`` until every lane of the race has made so many steps, ``{"state": "paused"}`` for a state of the run, ``{"snapshot": true}`` for a picture of the open run, ``{"health":
"mode-collapse"}`` until that condition is seen. A wait gives up after ``"timeout"`` seconds (120). Every line is checked before the first one is run.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from genplay.errors import BadInput, GenplayError, suggest, unknown_name
from genplay.lab.actions import ActionRegistry
from genplay.training.health.conditions import CONDITIONS

if TYPE_CHECKING:
    from genplay.lab.experiment import Experiment

__all__ = ["Script", "ScriptError", "ScriptLine"]

TIMEOUT = 120.0
STATES = ("ready", "running", "paused", "finished")
WAITS = ("steps", "seconds", "state", "snapshot", "health", "race")
_TICK = 0.02
_LONG_TICK = 0.1
"""Seconds between looks at what will be a while: each one wakes the window, which costs training time."""


class ScriptError(GenplayError):
    """A line of a script that cannot be read or that failed; its number is in the message and in ``line``."""

    def __init__(self, source: str, line: int, text: str) -> None:
        super().__init__(f"{source}, line {line}: {text}")
        self.line = line


@dataclass(frozen=True)
class ScriptLine:
    """One line: an action with its arguments, or a wait."""

    number: int
    do: str
    args: Mapping[str, object]
    wait: Mapping[str, Any]


class Script:
    """A demo script, read and ready to be run."""

    def __init__(self, lines: tuple[ScriptLine, ...], source: str = "script") -> None:
        self.lines = lines
        self.source = source

    @staticmethod
    def load(path: Path) -> Script:
        """Read a script file; raises ``BadInput`` if it cannot be read, ``ScriptError`` for a bad line."""
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
            raise BadInput(f"The script {path} cannot be read: {reason}.") from None
        return Script.parse(text, path.name)

    @staticmethod
    def parse(text: str, source: str = "script") -> Script:
        """Read JSON lines; empty lines are skipped."""
        lines = []
        for number, row in enumerate(text.splitlines(), start=1):
            if row.strip():
                try:
                    lines.append(_line(number, row))
                except BadInput as error:
                    raise ScriptError(source, number, str(error)) from None
        return Script(tuple(lines), source)

    def check(self, registry: ActionRegistry) -> None:
        """Check every action's name and arguments; raises ``ScriptError``."""
        for line in self.lines:
            if line.do:
                try:
                    registry.spec(line.do).parse(dict(line.args))
                except BadInput as error:
                    raise ScriptError(self.source, line.number, str(error)) from None

    async def run(
        self,
        registry: ActionRegistry,
        experiment: Experiment,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Run all lines in order; raises ``ScriptError`` at the first that fails. ``app.quit`` ends the script."""
        self.check(registry)
        for line in self.lines:
            try:
                if line.do:
                    result = registry.run(line.do, **line.args)
                    if isinstance(result, Future):
                        await _finish(result, experiment, sleep)
                else:
                    await _wait(line.wait, experiment, sleep)
            except GenplayError as error:
                raise ScriptError(self.source, line.number, str(error)) from error
            if line.do == "app.quit":
                return
            await sleep(0)


def _line(number: int, row: str) -> ScriptLine:
    try:
        given = json.loads(row)
    except json.JSONDecodeError as error:
        raise BadInput(f"this is not JSON ({error.msg} at column {error.colno}).") from None
    if not isinstance(given, dict):
        raise BadInput('a line is an object such as {"do": "train.start"}.')
    if ("do" in given) == ("wait" in given):
        raise BadInput('a line has either "do" or "wait".')
    if "do" in given:
        do = given.pop("do")
        if not isinstance(do, str):
            raise BadInput('"do" names an action, such as "train.start".')
        return ScriptLine(number, do, given, {})
    wait = given.pop("wait")
    if given:
        raise BadInput(f'beside "wait" there is nothing else; found "{next(iter(given))}".')
    return ScriptLine(number, "", {}, _checked_wait(wait))


def _checked_wait(wait: object) -> dict[str, Any]:
    if not isinstance(wait, dict):
        raise BadInput('"wait" is an object such as {"steps": 500}.')
    kinds = [name for name in wait if name != "timeout"]
    for name in kinds:
        if name not in WAITS:
            raise BadInput(f"cannot wait for '{name}'.{suggest(name, WAITS)} Allowed: {', '.join(WAITS)}.")
    if len(kinds) != 1:
        raise BadInput(f"a wait has exactly one of {', '.join(WAITS)}.")
    for name in ("steps", "seconds", "race", "timeout"):
        value = wait.get(name, 1)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1e7:
            raise BadInput(f"{name} cannot be '{value}'. Allowed: a number, at least 0.")
    if "state" in wait and wait["state"] not in STATES:
        near = suggest(str(wait["state"]), STATES)
        raise BadInput(f"there is no state '{wait['state']}'.{near} Allowed: {', '.join(STATES)}.")
    if "health" in wait and str(wait["health"]) not in CONDITIONS:
        raise unknown_name("condition", str(wait["health"]), CONDITIONS)
    if "snapshot" in wait and wait["snapshot"] is not True:
        raise BadInput('"snapshot" is true.')
    return dict(wait)


async def _finish(
    future: Future[Any], experiment: Experiment, sleep: Callable[[float], Awaitable[None]]
) -> None:
    """Wait for an action that ends later, then let it take effect."""
    begin = time.monotonic()
    while not future.done():
        waited = time.monotonic() - begin
        if waited > TIMEOUT:
            raise BadInput(f"no answer within {TIMEOUT:g} seconds.")
        experiment.poll()
        await sleep(min(max(_TICK, 0.1 * waited), _LONG_TICK))
    error = future.exception()
    if isinstance(error, GenplayError):
        raise error
    if error is not None:
        raise BadInput(f"the action failed: {error}")
    experiment.poll()


async def _wait(
    wait: Mapping[str, Any], experiment: Experiment, sleep: Callable[[float], Awaitable[None]]
) -> None:
    if "seconds" in wait:
        end = time.monotonic() + wait["seconds"]
        while (left := end - time.monotonic()) > 0:
            experiment.poll()
            await sleep(min(left, _LONG_TICK))
        return
    limit = float(wait.get("timeout", TIMEOUT))
    end = time.monotonic() + limit
    while True:
        snapshot = experiment.snapshot()
        if "race" in wait:
            if _raced(experiment, wait["race"]):
                return
        elif snapshot is not None:
            if any(f.id == wait.get("health") and f.state == "ill" for f in snapshot.health):
                return
            if snapshot.state == "failed":
                raise BadInput(f"training failed: {snapshot.message}")
            if "snapshot" in wait:
                return
            # A model that has finished makes no further steps; waiting longer would change nothing.
            if "steps" in wait and (snapshot.step >= wait["steps"] or snapshot.state == "finished"):
                return
            state = wait.get("state")
            if snapshot.state == state or (state == "paused" and snapshot.state == "finished"):
                return
        if time.monotonic() > end:
            at = f"step {snapshot.step}, {snapshot.state}" if snapshot is not None else "no run is open"
            if "race" in wait:
                at = (
                    ", ".join(f"step {s.step}, {s.state}" for s in experiment.race.snapshots())
                    or "no race is open"
                )
            raise BadInput(f"still waiting after {limit:g} seconds ({at}).")
        await sleep(_TICK)


def _raced(experiment: Experiment, steps: float) -> bool:
    """Whether every lane of the race has made so many steps, or makes no more."""
    lanes = experiment.race.snapshots()
    return bool(lanes) and all(s.step >= steps or s.state in ("finished", "failed") for s in lanes)
