"""What a frame costs on the window's thread; not a test. Run: ``python tests/benchmarks/bench_paint.py``.

Medians in milliseconds, offscreen; ratios against pyqtgraph's standard items in the same run. Absolute times drift with the
machine: compare ratios.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from statistics import median

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
import pyqtgraph as pg
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication, QWidget

from genplay.lab.actions import ActionRegistry
from genplay.lab.core_actions import bind_core
from genplay.lab.experiment import Experiment
from genplay.spaces.plane import HOME, Grid
from genplay.training.history import History
from genplay.training.snapshot import Field, Snapshot
from genplay.ui.dispatch import Dispatch
from genplay.ui.paint.contours import highest_density_levels
from genplay.ui.paint.heat import ink_table
from genplay.ui.paint.tiles import TileGrid, digit_tiles
from genplay.ui.panels.curves import CurvesPanel
from genplay.ui.stage.stage import Stage
from genplay.ui.theme import Theme

ROUNDS = 40
RUN = 1


def timed(frames: dict[str, Callable[[], None]]) -> dict[str, float]:
    """The median milliseconds of this thread's own time for each, taken in turns (A B A B)."""
    taken: dict[str, list[float]] = {name: [] for name in frames}
    for _ in range(ROUNDS):
        for name, frame in frames.items():
            began = time.thread_time()
            frame()
            taken[name].append(1000 * (time.thread_time() - began))
    return {name: median(values[3:]) for name, values in taken.items()}


class Frames:
    """Snapshots that all differ: nothing that is drawn was drawn before."""

    def __init__(self, experiment: Experiment, box: object, n: int, points: int) -> None:
        rng = np.random.default_rng(0)
        grid = Grid(box, n)  # type: ignore[arg-type]
        x = grid.points()
        self.fields = []
        for shift in np.linspace(0, 0.5, 8):
            centre = np.array([shift, 0.5])
            hills = [-0.5 * (((x + sign * centre) / 0.4) ** 2).sum(1) for sign in (1, -1)]
            log_p = (np.logaddexp(*hills) - 1.5).reshape(n, n).astype(np.float32)
            self.fields.append(Field("density", grid, log_p, "exact", "closed form", 0))
        self.clouds = [rng.normal(size=(points, 2)).astype(np.float32) for _ in range(8)]
        history = History()
        steps = np.arange(1, 20_001)
        history.extend(steps, steps * 0.01, ("loss", "kl", "rest"), rng.normal(size=(20_000, 3)) + 3)
        for step in range(0, 20_001, 50):
            history.record("nll_train", step, 1.0)
            history.record("nll_test", step, 1.1)
        self.base = Snapshot(
            RUN,
            "running",
            "plane",
            experiment.model_id,
            20_000,
            1.0,
            50.0,
            "cpu",
            {},
            history,
            samples_step=1,
        )
        self.i = 0

    def next(self) -> Snapshot:
        self.i += 1
        k = self.i % 8
        return replace(
            self.base, step=20_000 + self.i, fields={"density": self.fields[k]}, samples=self.clouds[k].copy()
        )


def stage_frame(stage: Stage, frames: Frames) -> Callable[[], None]:
    def frame() -> None:
        stage.render(frames.next())
        QApplication.processEvents()

    return frame


def standard_frame(frames: Frames) -> tuple[QWidget, Callable[[], None]]:
    """The same picture from pyqtgraph's own items."""
    view = pg.PlotWidget()
    view.resize(900, 600)
    image = pg.ImageItem(axisOrder="row-major")
    scatter = pg.ScatterPlotItem(size=4, pen=None, brush=pg.mkBrush(QColor("#1B62CC")))
    curves = [pg.IsocurveItem(pen=pg.mkPen("k")) for _ in range(3)]
    for item in (image, *curves, scatter):
        view.addItem(item)
    view.setRange(xRange=(-2, 2), yRange=(-2, 2))
    view.show()

    def frame() -> None:
        snapshot = frames.next()
        p = np.exp(snapshot.fields["density"].values)
        image.setImage(p, rect=(-2, -2, 4, 4), levels=(0.0, 0.3))
        for curve, level in zip(curves, highest_density_levels(p), strict=False):
            curve.setData(p, level)
        scatter.setData(pos=snapshot.samples)
        QApplication.processEvents()

    return view, frame


def main() -> int:
    app = QApplication.instance() or QApplication(sys.argv)
    theme = Theme("light")
    theme.apply(app)  # type: ignore[arg-type]
    experiment = Experiment()
    registry = ActionRegistry()
    bind_core(registry, experiment)
    actions = Dispatch(registry)
    stages, frames = {}, {}
    for name, layers, n, points in (
        ("stage: heat map 128², contours, 2,000 samples", ("density", "contours", "samples"), 128, 2000),
        ("stage: the same and 2,000 data points", ("density", "contours", "samples", "data"), 128, 2000),
        ("stage: heat map 256², contours, 10,000 samples", ("density", "contours", "samples"), 256, 10_000),
        ("stage: samples alone", ("samples",), 128, 2000),
    ):
        for layer in experiment.stage.layers - set(layers):
            actions.run("stage.layer", name=layer, on=False)
        for layer in layers:
            actions.run("stage.layer", name=layer, on=True)
        desk = experiment.stage
        stage = Stage(experiment, actions, theme)
        stage.resize(900, 640)
        stage.show()
        stages[name] = (stage, desk)
        app.processEvents()
        source = Frames(experiment, HOME, n, points)
        stage.render(source.next())
        frames[name] = stage_frame(stage, source)
        # Each stage keeps the layers it was opened with, whatever the next one asks for.
        experiment.stage_changed.disconnect(stage._open)
        stage.plane.__class__ = type("Fixed", (type(stage.plane),), {"layers": frozenset(layers)})
    view, standard = standard_frame(Frames(experiment, HOME, 128, 2000))
    frames["pyqtgraph's own items: heat map 128², 3 levels, 2,000 samples"] = standard
    panel = CurvesPanel(experiment, actions, theme)
    panel.resize(900, 240)
    panel.show()
    curves = Frames(experiment, HOME, 16, 10)

    def draw_curves() -> None:
        panel._snapshot = curves.next()
        panel._draw()
        QApplication.processEvents()

    frames["curves: 5 of 20,000 steps, at most 10 times a second"] = draw_curves
    grid = TileGrid(theme, "tiles")
    grid.resize(500, 300)
    grid.show()
    rng = np.random.default_rng(0)

    def draw_tiles() -> None:
        grid.show_tiles(
            digit_tiles((rng.random((64, 25)) > 0.5).astype(np.float32), ink_table("#FFFFFF", "#1B62CC"))
        )
        QApplication.processEvents()

    frames["64 digits"] = draw_tiles
    app.processEvents()
    time.sleep(1.0)
    app.processEvents()
    result = timed(frames)
    own = result["stage: heat map 128², contours, 2,000 samples"]
    for name, milliseconds in result.items():
        print(f"{milliseconds:8.2f} ms  {milliseconds / own:6.2f} ×  {name}")
    whole = own + result["curves: 5 of 20,000 steps, at most 10 times a second"] / 3
    print(f"{whole:8.2f} ms a frame at 30 Hz with curves at 10 Hz (budget 8)")
    for stage, _ in stages.values():
        stage.close_threads()
    view.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
