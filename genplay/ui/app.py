"""The program with its window: everything is made and wired here, and ended here.

The window stands before torch is imported; the experiment opens its run as soon as the import in the background has
ended. Nothing below blocks the event loop.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import sys
import time
import traceback
from collections.abc import Coroutine
from typing import Any

import pyqtgraph as pg
import qasync
from PySide6.QtCore import QEvent, QObject, QSettings
from PySide6.QtWidgets import QApplication

from genplay.errors import GenplayError
from genplay.lab.actions import ActionRegistry
from genplay.lab.autosave import Autosave, Recovery, recoverable
from genplay.lab.core_actions import bind_core
from genplay.lab.experiment import Experiment
from genplay.lab.options import GuiOptions
from genplay.lab.script import Script, ScriptError
from genplay.lab.state import Notice
from genplay.paths import settings_dir
from genplay.ui.crash import Crashes
from genplay.ui.diagnostics import Diagnostics
from genplay.ui.dispatch import Dispatch
from genplay.ui.keys import KeyGuard
from genplay.ui.main_window import MainWindow
from genplay.ui.theme import SCALES, Theme
from genplay.ui.window_actions import SETTLE_MS, bind_window, save_picture

__all__ = ["App", "run_gui"]

_log = logging.getLogger("genplay")
SWITCH_INTERVAL = 0.0005
"""How long a Python thread keeps the interpreter: short, so that the window never waits long for the trainer."""
DEFAULT_SIZE = (1440, 900)
FREEZE_AFTER = 1.0
AUTOSAVE_EVERY = 1.0
LOOK_EVERY = 0.5
"""Seconds between looks whether a model file of the user's has been saved."""


class _FirstPaint(QObject):
    """Sets an event when a widget has been painted for the first time."""

    def __init__(self, widget: QObject) -> None:
        super().__init__(widget)
        self.done = asyncio.Event()
        widget.installEventFilter(self)

    def eventFilter(self, widget: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint:
            widget.removeEventFilter(self)
            self.done.set()
        return False


class App:
    """One session of the window. ``run`` is the whole of it; the exit code is 0, or 1 if a script line failed."""

    def __init__(self, app: QApplication, options: GuiOptions, script: Script | None = None) -> None:
        self.app = app
        self.options = options
        self.script = script
        self.scripted = script is not None or options.screenshot is not None or options.quit_after is not None
        settings = QSettings(str(settings_dir() / "window.ini"), QSettings.Format.IniFormat)
        self.theme = Theme(*_looks(options, settings))
        self.theme.apply(app)
        self.registry = ActionRegistry()
        self.experiment = Experiment()
        self.own_models = bind_core(self.registry, self.experiment)
        self.dispatch = Dispatch(self.registry)
        self.keys = KeyGuard(app)
        self.window = MainWindow(self.experiment, self.dispatch, self.theme, remember=not self.scripted)
        self.crashes = Crashes(self.window.tell)
        self.diagnostics = Diagnostics(
            self.experiment, self.window.heart, self.window.data.plane.canvas, self.window
        )
        bind_window(self.registry, self.window, self.diagnostics, self.own_models)
        if script is not None:
            script.check(self.registry)
        self.autosave = Autosave(self.experiment)
        self.window.heart.each(AUTOSAVE_EVERY, self.autosave.tick)
        self.window.heart.each(LOOK_EVERY, self.own_models.poll)
        self.code = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._ended = asyncio.Event()
        self._pictured = False
        # While the window is still in view: a hidden one wants nothing of the run, and soon shows nothing of it.
        self.window.closed.connect(self._picture)
        self.window.closed.connect(self._ended.set)

    def show(self) -> None:
        """Show the window and begin loading what takes long."""
        width, height = self.options.size or DEFAULT_SIZE
        screen = self.app.primaryScreen().availableGeometry()
        if self.options.size is None:
            width, height = min(width, screen.width()), min(height, screen.height())
        self.window.resize(width, height)
        if not self.scripted:
            self.window.restore(keep_size=self.options.size is not None)
        self.window.settle()
        self.crashes.install()
        self.window.show()
        self.window.heart.start()

    async def run(self) -> int:
        """Show the window, do what the options ask, and wait until it is closed."""
        painted = _FirstPaint(self.window)
        self.show()
        await painted.done.wait()
        gc.enable()
        self.experiment.warm_up()
        if self.options.file is not None:
            self.dispatch.run("file.open", path=str(self.options.file))
        if self.experiment.run_id is None and not self.experiment.bench.opening:
            self.experiment.ready()
        self._offer_recovery()
        self._start(self._settle())
        if self.script is not None:
            self._start(self._run_script(self.script))
        if self.options.quit_after is not None:
            self._start(self._quit_later(self.options.quit_after))
        await self._ended.wait()
        return self.code

    def close(self) -> None:
        """End everything that runs in the background, and give the interpreter back as it was."""
        self._picture()
        for task in self._tasks:
            task.cancel()
        self.diagnostics.stop()
        self.window.heart.stop()
        if self.scripted:
            # What a script did is on show, not the user's work.
            self.experiment.set_dirty(False)
        self.autosave.close()
        self.window.close_threads()
        self.experiment.close()
        self.crashes.uninstall()
        self.window.close()
        self.window.deleteLater()

    # What goes on beside

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        # The loop holds its tasks weakly; this set keeps them.
        task = asyncio.get_event_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._task_ended)

    def _task_ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            self.crashes.hook(type(error), error, error.__traceback__)

    async def _settle(self) -> None:
        """Once the first picture of the run stands: freeze what will live for ever, and take the screenshot."""
        end = time.monotonic() + 60
        while time.monotonic() < end:
            snapshot = self.experiment.bench.latest()
            if snapshot is not None and snapshot.state not in ("building",) and self._complete():
                break
            await asyncio.sleep(0.05)
        await asyncio.sleep(FREEZE_AFTER)
        gc.collect()
        gc.freeze()
        if self.script is None and self.options.quit_after is None:
            self._picture()
            self._pictured = False

    def _complete(self) -> bool:
        """Whether the views have what they asked for."""
        snapshot = self.experiment.bench.latest()
        wanted = {request.name for request in self.window.stage.fields()}
        return snapshot is not None and wanted <= set(snapshot.fields)

    async def _run_script(self, script: Script) -> None:
        try:
            await script.run(self.registry, self.experiment)
        except ScriptError as error:
            sys.stderr.write(f"{error}\n")
            self._fail()
        except Exception as error:
            sys.stderr.write(traceback.format_exc())
            sys.stderr.write(f"{script.source}: {type(error).__name__}: {error}\n")
            self._fail()

    def _fail(self) -> None:
        self.code = 1
        self._picture()
        self.window.close()
        self._ended.set()

    async def _quit_later(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        await asyncio.sleep(SETTLE_MS / 1000)
        self._picture()
        self.window.close()

    def _picture(self) -> None:
        """Write the screenshot the command line asked for, once."""
        path = self.options.screenshot
        if path is None or self._pictured:
            return
        self._pictured = True
        try:
            save_picture(self.window, path)
        except GenplayError as error:
            sys.stderr.write(f"{error}\n")
            self.code = 1

    def _offer_recovery(self) -> None:
        if self.scripted or self.options.file is not None:
            return
        found = recoverable()
        if not found:
            return
        newest = found[0]
        when = time.strftime("%d %B, %H:%M", time.localtime(newest.saved))
        self.window.toasts.show(
            Notice("info", f"There is unsaved work from {when}."),
            ("Restore", lambda: self._recover(newest)),
            ("Discard", newest.discard),
        )

    def _recover(self, recovery: Recovery) -> None:
        try:
            recovery.into(self.experiment)
        except GenplayError as error:
            self.window.tell(Notice("error", str(error)))
            return
        recovery.discard()


def _looks(options: GuiOptions, settings: QSettings) -> tuple[str, float]:
    """Theme and scale: what the command line asks for, else what was used last."""
    name = options.theme or str(settings.value("theme", "light"))
    if options.scale is not None:
        return name, options.scale
    try:
        scale = float(str(settings.value("scale", 1.0)))
    except ValueError:
        scale = 1.0
    return (name if name in ("light", "dark") else "light"), min(max(scale, SCALES[0]), SCALES[1])


def run_gui(options: GuiOptions) -> int:
    """Open the window and return the exit code when it has been closed; raises for a script that cannot be read."""
    script = Script.load(options.script) if options.script is not None else None
    app = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(app, QApplication)
    app.setApplicationName("genplay")
    app.setApplicationDisplayName("genplay")
    app.setDesktopFileName("genplay")
    # Closing the window must not end the loop before everything has been put away.
    app.setQuitOnLastWindowClosed(False)
    pg.setConfigOptions(antialias=False, useOpenGL=False)
    interval = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_INTERVAL)
    # Nothing made before the first picture is garbage; looking for it would only delay the window.
    gc.disable()
    loop = qasync.QEventLoop(app)
    asyncio.set_event_loop(loop)
    try:
        with loop:
            return int(loop.run_until_complete(_session(app, options, script)))
    finally:
        asyncio.set_event_loop(None)
        sys.setswitchinterval(interval)
        gc.enable()
        gc.unfreeze()


async def _session(app: QApplication, options: GuiOptions, script: Script | None) -> int:
    session = App(app, options, script)
    asyncio.get_event_loop().set_exception_handler(lambda _loop, context: _loop_error(session, context))
    try:
        code = await session.run()
    finally:
        session.close()
    # A screenshot that cannot be written is found out at the end.
    return max(int(code), session.code)


def _loop_error(session: App, context: dict[str, Any]) -> None:
    error = context.get("exception")
    if isinstance(error, BaseException):
        session.crashes.hook(type(error), error, error.__traceback__)
    else:
        _log.error("event loop: %s", context.get("message"))
