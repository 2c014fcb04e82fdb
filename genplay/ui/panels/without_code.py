"""What the latent panel shows for a model without a latent code: why, and models that have one."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from genplay.ui.emptying import empty
from genplay.ui.stage.titled import let_wrap

__all__ = ["WithoutCode"]


class WithoutCode(QWidget):
    """A sentence, and a button for each model of this world that has a code."""

    def __init__(self, experiment: Any, actions: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._experiment, self._actions = experiment, actions
        self.why = QLabel("", self)
        let_wrap(self.why)
        self._buttons: list[QPushButton] = []
        self._offers = QGridLayout()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.why)
        column.addLayout(self._offers)
        column.addStretch(1)

    def offer(self) -> None:
        """Offer the models that can be chosen instead of the open one."""
        from genplay.models.registry import cards

        experiment = self._experiment
        fit = [
            c
            for c in cards().values()
            if experiment.world in c.worlds and "latent" in c.capabilities_in(experiment.world)
        ]
        self.why.setText(
            f"{experiment.card.title} has no latent code: its samples are not decodes of a point that could be moved."
            + (" These models have one:" if fit else "")
        )
        empty(self._offers)
        self._buttons = []
        for card in fit:
            button = QPushButton(card.title.partition(" (")[0], self)
            button.setToolTip(f"Choose {card.title}. {card.summary}")
            button.setAccessibleName(f"Choose {card.title}")
            button.clicked.connect(lambda _=False, name=card.id: self._actions.run("model.choose", name=name))
            self._buttons.append(button)
        self._arrange()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def minimumSizeHint(self) -> QSize:
        """The width of one button: several in a row may not keep the panel from being narrow."""
        least = super().minimumSizeHint()
        widest = max((button.sizeHint().width() for button in self._buttons), default=0)
        return QSize(min(widest, least.width()), least.height())

    def _arrange(self) -> None:
        """As many buttons in a row as the width has room for."""
        widest = max((button.sizeHint().width() for button in self._buttons), default=1)
        columns = max(1, (self.width() + self._offers.spacing()) // (widest + self._offers.spacing()))
        for i, button in enumerate(self._buttons):
            self._offers.addWidget(button, i // columns, i % columns, Qt.AlignmentFlag.AlignLeft)
        for column in range(self._offers.columnCount()):
            self._offers.setColumnStretch(column, 0)
        self._offers.setColumnStretch(columns, 1)
