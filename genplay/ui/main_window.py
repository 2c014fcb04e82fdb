"""The main window: the bars, the stage in the middle, the panels around it, and the wiring between them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QByteArray, QEvent, QSettings, Qt, QTimer, Signal
from PySide6.QtGui import (
    QCloseEvent,
    QDragEnterEvent,
    QDropEvent,
    QKeyEvent,
    QKeySequence,
    QResizeEvent,
    QShortcut,
)
from PySide6.QtWidgets import QFileDialog, QMainWindow, QVBoxLayout, QWidget

from genplay.lab.action_spec import ActionSpec
from genplay.lab.experiment import Experiment
from genplay.lab.state import Notice
from genplay.paths import settings_dir
from genplay.training.snapshot import Snapshot, ViewRequest
from genplay.ui.choices import Choices
from genplay.ui.dispatch import Dispatch
from genplay.ui.docks import Docks
from genplay.ui.heart import Heart
from genplay.ui.menus import Menus, PanelMenu
from genplay.ui.middle import Middle
from genplay.ui.notify import Toasts
from genplay.ui.palette import Palette
from genplay.ui.panels.code import CodePanel
from genplay.ui.panels.compare import ComparePanel
from genplay.ui.panels.curves import CurvesPanel
from genplay.ui.panels.data import DataPanel
from genplay.ui.panels.dataset_strip import DatasetStrip
from genplay.ui.panels.estimators import EstimatorsPanel
from genplay.ui.panels.evaluate import EvaluatePanel
from genplay.ui.panels.gallery import GalleryPanel
from genplay.ui.panels.health import HealthPanel
from genplay.ui.panels.inside import InsidePanel
from genplay.ui.panels.latent import LatentPanel
from genplay.ui.panels.model import ModelPanel
from genplay.ui.panels.sampling import SamplingPanel
from genplay.ui.panels.world import WorldPanel
from genplay.ui.status import StatusBar
from genplay.ui.theme import Theme
from genplay.ui.top_bar import TopBar, next_scale

__all__ = ["LAYOUT_VERSION", "MainWindow"]

LAYOUT_VERSION = 1
COMPACT = 860
"""Below this height, in pixels at scale 1, the strip of data sets is one line of small tiles."""
REFINE = 192
"""Cells a side of the fields when the run rests."""


class MainWindow(QMainWindow):
    """Everything on the screen. ``closed`` is emitted once, when the user or an action closes the window."""

    closed = Signal()

    def __init__(
        self, experiment: Experiment, actions: Dispatch, theme: Theme, *, remember: bool = True
    ) -> None:
        super().__init__()
        self.experiment = experiment
        self.dispatch = actions
        self.theme = theme
        self._remember = remember
        self._ended = False
        self._arranged_for = ""
        self._scaled_for = 0.0
        self._dialog: QFileDialog | None = None
        self.setWindowTitle("genplay")
        self.setAcceptDrops(True)
        self.setMinimumSize(640, 400)
        self.choices = Choices(experiment)
        self.menus = Menus(actions, self.choices, self)
        self._build()
        self.toasts = Toasts(self, theme)
        self.palette_panel = Palette(actions, theme, self.choices, self.ask_path, self)
        self.heart = Heart(
            experiment,
            (self.stage, self.gallery, self.latent, self.transport, self.status),
            (self.curves, self.inside, self.compare, self.world, self.evaluate, self.health),
            self,
        )
        self._connect()
        self._dress()
        for panel in (self.strip, self.data, self.model):
            panel.refresh()

    def _build(self) -> None:
        experiment, actions, theme = self.experiment, self.dispatch, self.theme
        self.top_bar = TopBar(experiment, actions, theme, self.menus)
        self.strip = DatasetStrip(experiment, actions, theme)
        head = QWidget()
        head_column = QVBoxLayout(head)
        head_column.setContentsMargins(0, 0, 0, 0)
        head_column.setSpacing(1)
        head_column.addWidget(self.top_bar)
        head_column.addWidget(self.strip)
        self.setMenuWidget(head)
        self.middle = Middle(experiment, actions, theme)
        self.stage, self.transport = self.middle.stage, self.middle.transport
        self.setCentralWidget(self.middle)
        self.middle.setFocus()
        self.data = DataPanel(experiment, actions, theme)
        self.model = ModelPanel(experiment, actions, theme)
        self.curves = CurvesPanel(experiment, actions, theme)
        self.gallery = GalleryPanel(experiment, actions, theme)
        self.latent = LatentPanel(experiment, actions, theme)
        self.inside = InsidePanel(experiment, actions, theme)
        self.compare = ComparePanel(experiment, actions, theme)
        self.health = HealthPanel(experiment, actions, theme)
        self.code = CodePanel(experiment, actions, theme)
        self.sampling = SamplingPanel(experiment, actions, theme)
        self.world = WorldPanel(experiment, actions, theme)
        self.estimators = EstimatorsPanel(experiment, actions, theme)
        self.evaluate = EvaluatePanel(experiment, actions, theme)
        bodies: dict[str, QWidget] = {
            "data": self.data, "model": self.model, "curves": self.curves, "gallery": self.gallery,
            "latent": self.latent, "inside": self.inside, "sampling": self.sampling,
            "world": self.world, "estimators": self.estimators, "evaluate": self.evaluate, "health": self.health,
            "compare": self.compare,
            "code": self.code,
        }  # fmt: skip
        self.docks = Docks(self, theme, bodies)
        self.menus.menus["View"].addMenu(PanelMenu(self.docks, actions, self))
        self.status = StatusBar(experiment, actions, theme)
        self.setStatusBar(self.status)

    def _connect(self) -> None:
        experiment, heart = self.experiment, self.heart
        for signal in (
            experiment.data_changed, experiment.model_changed, experiment.world_changed, experiment.run_changed,
            experiment.stage_changed, experiment.latent_changed, experiment.subject.changed,
            experiment.subject.labelled,
        ):  # fmt: skip
            signal.connect(heart.wake)
        for signal in (experiment.world_changed, experiment.run_changed, experiment.dirty_changed):
            signal.connect(self._retitle)
        experiment.notice.connect(self.tell)
        experiment.run_changed.connect(self._new_run)
        self.dispatch.noticed.connect(self.tell)
        self.dispatch.ran.connect(heart.wake)
        self.dispatch.requested.connect(self._ask)
        self.theme.changed.connect(self._dress)
        self.theme.changed.connect(heart.redraw)
        self.stage.request_changed.connect(self._want)
        self.gallery.request_changed.connect(self._want)
        race = self.middle.race
        race.request_changed.connect(lambda: experiment.race.want(race.request()))
        race.drew.connect(heart.drew)
        heart.each(0.0, race.beat)
        experiment.race.changed.connect(heart.redraw)
        self.middle.switched.connect(self._want)
        experiment.subject.labelled.connect(self._want)
        self.sampling.awake.connect(heart.wake)
        self.estimators.awake.connect(heart.wake)
        heart.each(0.0, self.sampling.beat)
        heart.each(0.1, self.estimators.beat)
        self.evaluate.awake.connect(heart.wake)
        heart.each(0.1, self.evaluate.beat)
        self.stage.sample_marked.connect(self.gallery.mark)
        self.gallery.sample_marked.connect(self.stage.mark)
        self.inside.about_shown.connect(self.stage.plane.show_subject)
        for dock in self.docks.docks.values():
            dock.visibilityChanged.connect(self._panel_shown)
        for keys, larger in (("Ctrl++", True), ("Ctrl+=", True), ("Ctrl+-", False)):
            shortcut = QShortcut(QKeySequence(keys), self)
            shortcut.activated.connect(lambda larger=larger: self._resize_text(larger))
        QShortcut(QKeySequence("Ctrl+0"), self).activated.connect(
            lambda: self.dispatch.run("window.scale", factor=1.0)
        )
        experiment.world_changed.connect(self._fit_world)
        experiment.census.changed.connect(heart.wake)
        self._fit_world()
        self._retitle()

    def _fit_world(self) -> None:
        here = self.experiment.world == "digits"
        self.docks.set_absent(
            "world",
            "" if here else "The panel World belongs to the world of 5×5 digits; choose that world first.",
        )

    # What is wanted of the run

    def _want(self) -> None:
        samples = max(self.stage.samples_wanted(), self.gallery.samples_wanted())
        label = self.experiment.subject.label
        self.experiment.want(ViewRequest(self.stage.fields(), samples, True, REFINE, label))

    def _panel_shown(self, _shown: bool) -> None:
        # A tab that comes to the front is put in its place only after this.
        QTimer.singleShot(0, self, self._want)
        # It has been raised above everything, notices included.
        QTimer.singleShot(0, self.toasts, self.toasts.place)
        self.heart.redraw()

    def _new_run(self) -> None:
        self._want()
        self.heart.redraw()

    # Telling and asking

    def tell(self, notice: Notice) -> None:
        """Show a notice."""
        self.toasts.show(notice)

    def ask_path(self, spec: ActionSpec, then: Callable[[str], object]) -> None:
        """Ask for the path that an action needs; nothing else waits meanwhile."""
        kind = next(param for param in spec.params if param.type == "path")
        dialog = QFileDialog(self, spec.title.removesuffix(" …"))
        dialog.setOption(QFileDialog.Option.DontUseNativeDialog)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        saves = spec.id not in (
            "file.open",
            "data.open",
            "model.open_file",
            "table.open",
            "evaluate.open",
            "mixture.add",
        )
        dialog.setAcceptMode(
            QFileDialog.AcceptMode.AcceptSave if saves else QFileDialog.AcceptMode.AcceptOpen
        )
        dialog.setFileMode(QFileDialog.FileMode.AnyFile if saves else QFileDialog.FileMode.ExistingFile)
        filters = {
            "data.open": "Data (*.csv *.tsv *.txt *.npy *.npz *.png *.jpg *.jpeg);;All files (*)",
            "model.open_file": "Python files (*.py)",
            "table.open": "Tables (*.csv *.tsv *.txt);;All files (*)",
            "model.new_file": "Python files (*.py)",
            "window.screenshot": "PNG pictures (*.png)",
            "diagnostics.write": "JSON (*.json)",
            "evaluate.export": "Tables (*.csv *.md *.png)",
            "tradeoffs.export": "Tables (*.csv)",
        }
        dialog.setNameFilter(filters.get(spec.id, "genplay files (*.genplay)"))
        if saves:
            suffixes = {
                "window.screenshot": "png",
                "diagnostics.write": "json",
                "model.new_file": "py",
                "evaluate.export": "csv",
                "tradeoffs.export": "csv",
            }
            dialog.setDefaultSuffix(suffixes.get(spec.id, "genplay"))
        dialog.setAccessibleDescription(kind.help)
        dialog.fileSelected.connect(then)
        self._dialog = dialog
        dialog.open()

    def _ask(self, id: str) -> None:
        """Ask for the arguments an action lacks: a path by a file dialog, others in the palette."""
        spec = self.dispatch.spec(id)
        reason = self.dispatch.why_not(id)
        if reason:
            self.tell(Notice("info", reason))
            return
        missing = [param for param in spec.params if param.required]
        if len(missing) == 1 and missing[0].type == "path":
            self.ask_path(spec, lambda path: self.dispatch.run(id, **{missing[0].name: path}))
        else:
            self.palette_panel.open(id)

    # The window itself

    def _resize_text(self, larger: bool) -> None:
        self.dispatch.run("window.scale", factor=next_scale(self.theme.scale, larger))

    def _retitle(self, *_: object) -> None:
        path = self.experiment.path
        name = path.name if path is not None else "untitled"
        self.setWindowTitle(f"{name}{' •' if self.experiment.dirty else ''} — genplay")

    def _dress(self) -> None:
        self._fit_bars()
        if self.isVisible():
            QTimer.singleShot(0, self, self._fit_docks)

    def _fit_bars(self) -> None:
        self.toasts.bottom = self.status.height() + self.transport.height()
        self.strip.set_compact(self.height() / self.theme.scale < COMPACT)

    def _fit_docks(self) -> None:
        """Rearrange the panels when the size has come to ask for it; what was hidden or floats stays so."""
        mode, scale = self.docks.fitting_mode(), self.theme.scale
        if mode != self._arranged_for:
            self.docks.arrange(keep=bool(self._arranged_for))
        elif scale != self._scaled_for:
            self.docks.resize()
        self._arranged_for, self._scaled_for = mode, scale

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_bars()
        if self.docks.fitting_mode() != self._arranged_for and self.isVisible():
            QTimer.singleShot(0, self, self._fit_docks)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.toasts.dismiss_newest():
            return
        super().keyPressEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.WindowStateChange:
            self.heart.redraw()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        files = [url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()]
        if not files:
            return
        event.acceptProposedAction()
        if len(files) > 1:
            self.tell(Notice("info", f"{len(files)} files were dropped; the first one is opened."))
        id = "file.open" if Path(files[0]).suffix == ".genplay" else "data.open"
        self.dispatch.run(id, path=files[0])

    # What is remembered

    def settings(self) -> QSettings:
        """Where the layout is kept."""
        return QSettings(str(settings_dir() / "window.ini"), QSettings.Format.IniFormat)

    def settle(self) -> None:
        """Put the panels where they belong at the present size, before the window is shown."""
        self._fit_bars()
        self._fit_docks()

    def restore(self, *, keep_size: bool = False) -> None:
        """Bring back size and layout of the last time; before the window is shown, at its size."""
        settings = self.settings()
        geometry, state = settings.value("geometry"), settings.value("state")
        if isinstance(geometry, QByteArray) and not keep_size:
            self.restoreGeometry(geometry)
        mode = self.docks.fitting_mode()
        self.docks.arrange()
        self._arranged_for, self._scaled_for = mode, self.theme.scale
        known = isinstance(state, QByteArray) and settings.value("mode") == mode
        if known:
            self.restoreState(state, LAYOUT_VERSION)
            self._fit_world()

    def remember(self) -> None:
        """Keep size, layout, theme and text size for the next time."""
        settings = self.settings()
        settings.setValue("geometry", self.saveGeometry())
        settings.setValue("state", self.saveState(LAYOUT_VERSION))
        settings.setValue("mode", self.docks.mode)
        settings.setValue("theme", self.theme.name)
        settings.setValue("scale", self.theme.scale)
        settings.sync()

    def closeEvent(self, event: QCloseEvent) -> None:
        if not self._ended:
            self._ended = True
            self.heart.stop()
            if self._remember:
                self.remember()
            self.closed.emit()
        event.accept()

    def close_threads(self) -> None:
        """End what works in the background for the views."""
        self.middle.close_threads()
        self.compare.close_measuring()

    def render_now(self, snapshot: Snapshot) -> None:
        """Draw a snapshot in every view at once (for pictures)."""
        self.middle.render_now(snapshot)
        for view in (self.gallery, self.latent, self.inside, self.status, self.curves, self.health):
            view.render(snapshot)
