"""Which class the samples are to be of: a choice that is there only where the model can be asked for a class."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from genplay.training.snapshot import Snapshot
from genplay.ui.fields import Combo
from genplay.ui.theme import Theme

__all__ = ["ClassChoice"]


class ClassChoice(QWidget):
    """All classes, or one of them by its name."""

    def __init__(self, experiment: Any, actions: Any, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._experiment, self._actions, self._theme = experiment, actions, theme
        self._offered: tuple[str, ...] | None = None
        self.box = Combo(self)
        self.box.setAccessibleName("Class of the samples")
        self.box.setToolTip(
            "Samples of one class alone, made from the same noise as those of all classes (Alt+C; a digit on the samples "
            "chooses its class, the star all)."
        )
        self.box.activated.connect(lambda i: self._choose(str(self.box.itemData(i))))
        self._label = QLabel("&Class", self)
        self._label.setBuddy(self.box)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.addWidget(self._label)
        self._row.addWidget(self.box)
        experiment.subject.labelled.connect(self._mark)
        theme.changed.connect(self._dress)
        self._dress()
        self.hide()

    def _dress(self) -> None:
        self._row.setSpacing(self._theme.space(2))

    def offer(self, snapshot: Snapshot | None) -> None:
        """Offer the classes of a run; hidden where it cannot be asked for one."""
        names = self._experiment.data.class_names if snapshot is not None and snapshot.classes > 1 else ()
        if names != self._offered:
            self._offered = names
            self.box.clear()
            self.box.addItem("all", "all")
            for name in names:
                self.box.addItem(name, name)
            self._mark()
        self.setVisible(bool(names))

    def press(self, key: str) -> bool:
        """Take a key that was pressed on the samples: the star for all classes, a digit for a class; True if it is one."""
        known = key == "*" or (key.isdigit() and len(key) == 1)
        if known and self._offered:
            self._choose("all" if key == "*" else key)
        return known

    def _choose(self, label: str) -> None:
        if not self._actions.run("gallery.label", label=label):
            self._mark()

    def _mark(self) -> None:
        label = self._experiment.subject.label
        self.box.setCurrentIndex(0 if label is None else label + 1)
