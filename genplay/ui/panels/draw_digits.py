"""Drawing digits: the pixel editor, the label, and the list of what has been drawn."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtGui import QIcon, QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QLabel,
    QListView,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from genplay.datasets.drawn import DrawnDigits
from genplay.lab.experiment import Experiment
from genplay.ui.dispatch import Dispatch
from genplay.ui.panels.canvas_digits import DigitCanvas
from genplay.ui.panels.thumbnails import digit_pixmap
from genplay.ui.theme import Theme

__all__ = ["DrawDigits"]

_SHIFTS = (
    ("arrow-left", "Shift left", (-1, 0)),
    ("arrow-right", "Shift right", (1, 0)),
    ("arrow-up", "Shift up", (0, -1)),
    ("arrow-down", "Shift down", (0, 1)),
)


class DrawDigits(QWidget):
    """The canvas of the digit world. *Add* appends to the drawn digits; with one of them chosen, *Change* replaces it."""

    def __init__(
        self, experiment: Experiment, actions: Dispatch, theme: Theme, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._experiment = experiment
        self._actions = actions
        self._theme = theme
        self._shown: object = None
        self.canvas = DigitCanvas(theme)
        self._buttons: list[tuple[QToolButton, str]] = []
        self._bar = QHBoxLayout()
        for icon, title, move in _SHIFTS:
            self._tool(icon, title).clicked.connect(
                lambda _checked=False, move=move: self.canvas.shift(*move)
            )
        self._bar.addStretch(1)
        self._tool("contrast", "Turn all pixels over").clicked.connect(self.canvas.invert)
        self._tool("eraser", "Take all ink away").clicked.connect(self.canvas.clear)
        self.label = QSpinBox()
        self.label.setRange(0, 9)
        self.label.setAccessibleName("Label")
        self.label.setToolTip("Which digit it is, from 0 to 9.")
        self.add = QPushButton("Add to data")
        self.add.setToolTip(actions.tip("data.draw_digit"))
        self.add.clicked.connect(self._add)
        self._row = QHBoxLayout()
        self._row.addWidget(QLabel("Label"))
        self._row.addWidget(self.label)
        self._row.addWidget(self.add, 1)
        self.title = QLabel()
        self.title.setProperty("role", "small")
        self.title.setWordWrap(True)
        self.list = QListWidget()
        self.list.setAccessibleName("Drawn digits")
        self.list.setToolTip("The digits you have added. Choose one to change it or to take it away.")
        self.list.setViewMode(QListView.ViewMode.IconMode)
        self.list.setMovement(QListView.Movement.Static)
        self.list.setResizeMode(QListView.ResizeMode.Adjust)
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.list.itemSelectionChanged.connect(self._pick)
        self.list.installEventFilter(self)
        self.change = QPushButton("Change")
        self.change.setToolTip(actions.tip("data.edit_digit"))
        self.change.clicked.connect(self._replace)
        self.remove = QPushButton("Remove")
        self.remove.setToolTip(f"{actions.tip('data.remove_digit')} (Delete)")
        self.remove.clicked.connect(self._remove)
        self._edit = QHBoxLayout()
        self._edit.addWidget(self.change, 1)
        self._edit.addWidget(self.remove, 1)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.addWidget(self.canvas)
        self._column.addLayout(self._bar)
        self._column.addLayout(self._row)
        self._column.addWidget(self.title)
        self._column.addWidget(self.list)
        self._column.addLayout(self._edit)
        theme.changed.connect(self._dress)
        self._dress()

    def show_data(self) -> None:
        """Show the drawn digits of the experiment."""
        if self._experiment.world != "digits":
            return
        content = self._content()
        if content is not self._shown:
            self._shown = content
            self._fill(content)

    def _content(self) -> DrawnDigits:
        desk = self._experiment.desk()
        spec = desk.data if desk.data.name == "drawn-digits" else desk.kept_data.get("drawn-digits")
        content = spec.content if spec is not None else None
        return content if isinstance(content, DrawnDigits) else DrawnDigits()

    def _fill(self, content: DrawnDigits) -> None:
        chosen = self.list.currentRow()
        side = self._theme.px(28)
        self.list.blockSignals(True)
        self.list.clear()
        for pixels, label in zip(content.images, content.labels, strict=True):
            icon = QIcon(digit_pixmap(pixels, side, self._theme, self.devicePixelRatioF()))
            item = QListWidgetItem(icon, str(label))
            item.setToolTip(f"A drawn {label}. Choose it to change or remove it.")
            self.list.addItem(item)
        if 0 <= chosen < self.list.count():
            self.list.setCurrentRow(chosen)
        self.list.blockSignals(False)
        count = len(content.images)
        self.title.setText(
            "Paint a digit, choose its label and add it: your own data set grows."
            if not count
            else "1 drawn digit" if count == 1 else f"{count} drawn digits"
        )  # fmt: skip
        self._show_editing()

    def _show_editing(self) -> None:
        open_here = self._experiment.data_spec.name == "drawn-digits"
        chosen = open_here and bool(self.list.selectedItems())
        self.list.setVisible(self.list.count() > 0)
        self.list.setEnabled(open_here)
        self.change.setVisible(chosen)
        self.remove.setVisible(chosen)

    def _pick(self) -> None:
        row = self.list.currentRow()
        content = self._content()
        if self.list.selectedItems() and 0 <= row < len(content.images):
            self.canvas.set_pixels(content.images[row])
            self.label.setValue(content.labels[row])
        self._show_editing()

    def _add(self) -> None:
        if self._actions.run("data.draw_digit", pixels=self.canvas.pixels(), label=self.label.value()):
            self.list.clearSelection()

    def _replace(self) -> None:
        self._actions.run(
            "data.edit_digit",
            index=self.list.currentRow(),
            pixels=self.canvas.pixels(),
            label=self.label.value(),
        )

    def _remove(self) -> None:
        self._actions.run("data.remove_digit", index=self.list.currentRow())

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            keys = (Qt.Key.Key_Delete, Qt.Key.Key_Backspace)
            if event.key() in keys and self.list.selectedItems():
                self._remove()
                return True
        return False

    def _tool(self, icon: str, title: str) -> QToolButton:
        button = QToolButton()
        button.setProperty("role", "quiet")
        button.setToolTip(title)
        button.setAccessibleName(title)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._buttons.append((button, icon))
        self._bar.addWidget(button)
        return button

    def _dress(self) -> None:
        theme = self._theme
        self._column.setSpacing(theme.space(2))
        self._bar.setSpacing(theme.space(0.5))
        self._row.setSpacing(theme.space(2))
        for button, icon in self._buttons:
            button.setIcon(theme.icon(icon))
        self.label.setFixedWidth(theme.px(64))
        self.list.setIconSize(QSize(theme.px(28), theme.px(28)))
        self.list.setFixedHeight(theme.px(112))
        self._shown = None
        self.show_data()
