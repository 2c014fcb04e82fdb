"""Does the window live through anything? Random actions, sizes and pauses, for as long as it is told; not a test.

    python -m tests.benchmarks.soak [--seconds 120] [--seed 0] [--log actions.txt]

Refusals are fine: half of what chance comes up with cannot be. Told are unexpected errors, with the actions that went before
in ``--log``, and every time that the window stood still for longer than ``STILL``. The exit code is 1 if there was an error.
Files are written to a folder of its own, and what the program remembers of its user is left alone.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

SKIPPED = ("app.quit", "diagnostics.write", "window.fullscreen")
STILL = 1.0
"""Seconds; text and colours of a thousand widgets change in half a second."""
SIZES = ((900, 600), (1280, 800), (1440, 900), (1920, 1080))
WORDS = (
    "density", "truth", "error", "samples", "two-moons", "full", "adam", "sgd", "no such thing", 0.1, 2, 64, True,
)  # fmt: skip


class Chance:
    """Actions as they come: some that lead somewhere more often, the others evenly."""

    def __init__(self, seed: int, folder: Path) -> None:
        self.rng = random.Random(seed)
        self._folder = folder

    def action(self, session: Any) -> tuple[str, dict[str, object]]:
        """An action's id and arguments for the window as it is."""
        from genplay.datasets.registry import cards as datasets
        from genplay.models.registry import cards as models

        rng, world = self.rng, session.experiment.world

        def one_of(cards: dict[str, Any]) -> str:
            return str(rng.choice([card.id for card in cards.values() if world in card.worlds]))

        likely: tuple[tuple[float, str, Callable[[], dict[str, object]]], ...] = (
            (0.12, "model.choose", lambda: {"name": one_of(models())}),
            (0.08, "data.choose", lambda: {"name": one_of(datasets())}),
            (0.10, "train.start", dict),
            (0.03, "world.choose", lambda: {"name": rng.choice(("plane", "digits"))}),
            (0.10, "window.panel", lambda: {"name": rng.choice(list(session.window.docks.docks)), "shown": rng.random() < 0.9}),
            (0.02, "file.open", lambda: {"path": self._path(".genplay")}),
        )  # fmt: skip
        at = rng.random()
        for share, id, args in likely:
            if at < share:
                return id, args()
            at -= share
        spec = rng.choice([spec for spec in session.registry.specs() if spec.id not in SKIPPED])
        given = [param for param in spec.params if param.required or rng.random() < 0.5]
        return spec.id, {param.name: self._value(param) for param in given}

    def _value(self, param: Any) -> object:
        rng = self.rng
        low = param.low if param.low is not None else 0
        high = min(param.high if param.high is not None else low + 20, low + rng.choice((1, 5, 50)))
        return {
            "int": lambda: rng.randint(int(low), int(high)),
            "float": lambda: rng.uniform(low, high),
            "bool": lambda: rng.random() < 0.5,
            "choice": lambda: rng.choice(param.choices),
            "points": lambda: [[rng.uniform(-3, 3), rng.uniform(-3, 3)] for _ in range(rng.choice((1, 2, 5, 12)))],
            "pixels": lambda: [rng.randint(0, 1) for _ in range(25)],
            "known": lambda: [rng.choice((0, 1, None)) for _ in range(25)],
            "path": lambda: self._path(rng.choice((".genplay", ".png", ".csv", ".md"))),
            "names": lambda: rng.sample(("nsf", "vae", "gmm", "rbm", "made", "ebm"), 2),
        }.get(param.type, lambda: rng.choice(WORDS))()  # fmt: skip

    def _path(self, suffix: str) -> str:
        return str(self._folder / f"file-{self.rng.randint(0, 2)}{suffix}")


class Soak:
    """Plays on an open session; ``errors`` counts what should not have been."""

    def __init__(self, session: Any, chance: Chance, log: Path | None) -> None:
        self.session, self.chance = session, chance
        self._log = log.open("w", encoding="utf-8") if log is not None else None
        self._waiting: list[tuple[str, Future[Any]]] = []
        self.done = self.refused = self.errors = 0

    async def play(self, seconds: float) -> None:
        """Act until the time is over."""
        from genplay.errors import GenplayError

        end, rng = time.monotonic() + seconds, self.chance.rng
        while time.monotonic() < end:
            if rng.random() < 0.02:
                self.session.window.resize(*rng.choice(SIZES))
            id, args = self.chance.action(self.session)
            if self._log is not None:
                print(id, args, file=self._log, flush=True)
            try:
                if self.session.registry.why_not(id):
                    self.refused += 1
                    continue
                self._remember(id, self.session.registry.run(id, **args))
                self.done += 1
            except GenplayError:
                self.refused += 1
            except Exception:
                self._tell(f"{id} {args}", traceback.format_exc())
            self._look()
            await asyncio.sleep(rng.choice((0.0, 0.0, 0.02, 0.1, 0.4)))

    def _remember(self, id: str, result: object) -> None:
        if isinstance(result, Future):
            self._waiting.append((id, result))

    def _look(self) -> None:
        """Whether what was begun has ended, and how."""
        from genplay.errors import GenplayError

        for id, future in [entry for entry in self._waiting if entry[1].done()]:
            self._waiting.remove((id, future))
            error = None if future.cancelled() else future.exception()
            if error is not None and not isinstance(error, GenplayError):
                self._tell(id, "".join(traceback.format_exception(error)))

    def _tell(self, what: str, trace: str) -> None:
        self.errors += 1
        print(f"unexpected, {what}:\n{trace}", flush=True)


class Still:
    """Tells when the event loop has stood still."""

    def __init__(self) -> None:
        self._last = time.perf_counter()

    async def watch(self) -> None:
        while True:
            await asyncio.sleep(0.02)
            now = time.perf_counter()
            if now - self._last > STILL:
                print(f"the window stood still for {now - self._last:.2f} s", flush=True)
            self._last = now


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--log", type=Path)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        os.environ["GENPLAY_HOME"] = name
        return _soak(args.seconds, Chance(args.seed, Path(name)), args.log)


def _soak(seconds: float, chance: Chance, log: Path | None) -> int:
    from genplay.lab.options import GuiOptions
    from genplay.ui import app

    played: list[Soak] = []
    usual = app.App.run

    async def run(session: app.App) -> int:
        async def play() -> None:
            await asyncio.sleep(2)
            soak = Soak(session, chance, log)
            played.append(soak)
            still = asyncio.create_task(Still().watch())
            await soak.play(seconds)
            still.cancel()
            session.window.close()

        playing = asyncio.create_task(play())
        code = await usual(session)
        playing.cancel()
        return code

    app.App.run = run  # type: ignore[method-assign]
    try:
        app.run_gui(GuiOptions(size=(1280, 800)))
    finally:
        app.App.run = usual  # type: ignore[method-assign]
    soak = played[0]
    print(
        f"{soak.done} actions done, {soak.refused} refused, {soak.errors} errors, {soak.session.crashes.count} crashes"
    )
    return 1 if soak.errors or soak.session.crashes.count else 0


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    # Threads in the middle of one long sum need not be waited for.
    os._exit(code)
