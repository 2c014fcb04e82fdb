"""What the latent panel shows for a model without a latent code: why, and models that have one."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

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
        self._offers = QVBoxLayout()
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
        for card in fit:
            button = QPushButton(card.title, self)
            button.setToolTip(f"Choose this model. {card.summary}")
            button.clicked.connect(lambda _=False, name=card.id: self._actions.run("model.choose", name=name))
            self._offers.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)
