"""A model that is known in closed form, snapshots of it, and views wired to a real experiment."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from types import SimpleNamespace

import numpy as np
import torch
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from genplay.datasets.base import DataSettings, DataSpec
from genplay.lab.actions import ActionRegistry
from genplay.lab.core_actions import bind_core
from genplay.lab.experiment import Experiment
from genplay.lab.state import Desk, ModelChoice
from genplay.models.base import Model
from genplay.quantity import exact
from genplay.spaces.plane import Grid
from genplay.training.history import History
from genplay.training.snapshot import Field, Gallery, Snapshot, ViewRequest
from genplay.ui.dispatch import Dispatch
from genplay.ui.theme import Theme

DOUBLE = 2.0
"""The toy's decoder on the plane: x = 2 z."""


class Toy(Model):
    """x = 2 z with z standard normal on the plane; independent pixels with p = sigmoid of the codes for images."""

    density_kind = "exact"
    density_method = "closed form"

    def __init__(self, world: str) -> None:
        torch.nn.Module.__init__(self)
        self.world = world
        self.card = SimpleNamespace(id="toy")
        self.latent_dim = 2 if world == "plane" else 25
        self.log_odds = torch.nn.Parameter(torch.linspace(-3, 3.5, 25))

    def log_prob(self, x: torch.Tensor) -> torch.Tensor:
        if self.world == "plane":
            return torch.distributions.Normal(0.0, DOUBLE).log_prob(x).sum(1)
        return torch.distributions.Bernoulli(logits=self.log_odds).log_prob(x).sum(1)

    def energy(self, x: torch.Tensor) -> torch.Tensor:
        return (x**2).sum(1) / (2 * DOUBLE**2)

    def encode(self, x: torch.Tensor) -> torch.Tensor:
        return x / DOUBLE if self.world == "plane" else 4 * x - 2

    def decode(self, z: torch.Tensor) -> torch.Tensor:
        return z * DOUBLE if self.world == "plane" else torch.sigmoid(z)

    def log_prob_blocks(self) -> Callable[[int, int], np.ndarray]:
        from genplay.spaces.binary import half_sums

        odds = self.log_odds.detach().double().numpy()
        low, high = half_sums(odds[:, None])
        base = -np.logaddexp(0.0, odds).sum()
        return lambda start, stop: high[start:stop] + low.T + base


class Worker:
    """Answers questions at once, from the toy."""

    def __init__(self) -> None:
        self.run_id = 0
        self.model: Toy | None = None
        self.snapshot: Snapshot | None = None
        self.view = ViewRequest()
        self.asked = 0
        self.waiting: list[tuple[Future, Callable]] | None = None

    def open(self, plan: object, checkpoint: object = None) -> int:
        self.run_id += 1
        self.model = Toy(plan.world)
        self.snapshot = None
        return self.run_id

    def want(self, view: ViewRequest) -> None:
        self.view = view

    def latest(self) -> Snapshot | None:
        return self.snapshot

    def ask(self, fn: Callable) -> Future:
        self.asked += 1
        future: Future = Future()
        if self.waiting is not None:
            self.waiting.append((future, fn))
        else:
            self._settle(future, fn)
        return future

    def _settle(self, future: Future, fn: Callable) -> None:
        with torch.no_grad():
            try:
                future.set_result(fn(self.model))
            except Exception as error:  # as the training thread does
                future.set_exception(error)

    def answer(self) -> None:
        """Answer what waits."""
        for future, fn in self.waiting or []:
            self._settle(future, fn)
        self.waiting = []

    def copied(self) -> Future:
        step = self.snapshot.step if self.snapshot is not None else 0
        return self.ask(lambda model: (model, step))

    def checkpoint(self) -> Future:
        return Future()

    def obeyed(self) -> Callable[[], bool]:
        return lambda: True

    def close(self) -> None:
        pass


class Scene:
    """An experiment on two moons with the spline flow's card (or glyphs with the VAE's), and the toy behind it."""

    def __init__(
        self, theme: Theme, world: str = "plane", model: str | None = None, data: str | None = None
    ) -> None:
        settings = DataSettings(n=300, test=50)
        desks = {
            "plane": Desk(
                DataSpec(data or "two-moons", {}, settings), ModelChoice.default(model or "nsf", "plane")
            ),
            "digits": Desk(DataSpec("glyphs", {}, settings), ModelChoice.default("vae", "digits")),
        }
        self.theme = theme
        self.worker = Worker()
        self.experiment = Experiment(self.worker, desks=desks)
        registry = ActionRegistry()
        bind_core(registry, self.experiment)
        self.actions = Dispatch(registry)
        self.notices: list = []
        self.actions.noticed.connect(self.notices.append)
        self.history = History()
        if world == "digits":
            self.actions.run("world.choose", name="digits")
        self.experiment.ready()
        self.experiment.poll()
        self.experiment.poll()

    def snapshot(self, step: int = 100, state: str = "running", wanted: tuple = (), n: int = 64) -> Snapshot:
        """A snapshot of the toy with the fields that are wanted."""
        experiment, model = self.experiment, self.worker.model
        fields = {}
        for request in wanted:
            grid = Grid(request.box, n)
            points = torch.as_tensor(grid.points(), dtype=torch.float32)
            with torch.no_grad():
                values = {"density": model.log_prob, "energy": model.energy}[request.name](points)
            fields[request.name] = Field(
                request.name, grid, values.reshape(n, n).numpy(), "exact", "closed form", step
            )
        samples = gallery = None
        rng = np.random.default_rng(1)
        if experiment.world == "plane":
            samples = (DOUBLE * rng.standard_normal((200, 2))).astype(np.float32)
        else:
            odds = model.log_odds.detach().numpy()
            images = (rng.random((40, 25)) < 1 / (1 + np.exp(-odds))).astype(np.float32)
            gallery = Gallery(images, model.log_prob(torch.from_numpy(images)).detach().double().numpy())
        made = Snapshot(
            self.worker.run_id, state, experiment.world, experiment.model_id, step, 1.0, 50.0, "cpu", {}, self.history,
            entropy=exact(0.29, "quadrature"), fields=fields, samples=samples, samples_step=step, gallery=gallery,
        )  # fmt: skip
        self.worker.snapshot = made
        return made


def shown(qtbot, widget: QWidget, width: int, height: int) -> QWidget:
    """Show a widget at a size."""
    qtbot.addWidget(widget)
    widget.resize(width, height)
    widget.show()
    qtbot.waitExposed(widget)
    QApplication.processEvents()
    return widget


def pixel(widget: QWidget, at: QPoint | QPointF) -> QColor:
    """The colour that a widget shows at one of its pixels."""
    image = widget.grab().toImage()
    x, y = (at.x(), at.y()) if isinstance(at, QPoint) else (int(at.x()), int(at.y()))
    return image.pixelColor(x, y)


def near(one: QColor, other: QColor | str, within: int = 12) -> bool:
    """Whether two colours look the same."""
    other = QColor(other)
    return all(abs(a - b) <= within for a, b in zip(one.getRgb()[:3], other.getRgb()[:3], strict=True))


def drag(widget: QWidget, start: QPoint, stop: QPoint) -> None:
    """Press, move and release the left button, with real events."""
    QTest.mousePress(widget, Qt.MouseButton.LeftButton, pos=start)
    for share in (0.3, 0.6, 1.0):
        at = start + (stop - start) * share
        event = QMouseEvent(
            QMouseEvent.Type.MouseMove, QPointF(at), QPointF(widget.mapToGlobal(at)),
            Qt.MouseButton.NoButton, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier,
        )  # fmt: skip
        QApplication.sendEvent(widget, event)
    QTest.mouseRelease(widget, Qt.MouseButton.LeftButton, pos=stop)
