"""Curves: every loss term, and the negative log-likelihood over its floor, the entropy of the data."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QLayout, QToolButton, QVBoxLayout, QWidget

from genplay.training.history import History
from genplay.training.snapshot import Snapshot
from genplay.ui.labels import ElidedLabel
from genplay.ui.panels.curve_plot import Curve, CurvePlot
from genplay.ui.seen import seen
from genplay.ui.stage.layers import Word
from genplay.ui.stage.sentence import Sentence
from genplay.ui.theme import Theme

__all__ = ["CurvesPanel"]

_LIKELIHOOD = ("nll_train", "nll_test")
_WORDS = {"nll_train": "training points", "nll_test": "test points", "entropy": "entropy floor"}
_POINTS = 600
_PAUSE_MS = 100
"""Curves are drawn at most ten times a second."""


def _is_loss(name: str) -> bool:
    """Gradient norms and the learning rate have a switch too, but beside the losses they would flatten them."""
    return not name.endswith("gradient_norm") and name != "learning_rate"


class _Half(QWidget):
    """A sentence whose words switch curves, a plot, and a line that is read."""

    def __init__(self, theme: Theme, name: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.sentence = Sentence(theme, self)
        self.sentence.setAccessibleName(name)
        self.plot = CurvePlot(theme, name, self)
        self.readout = ElidedLabel("", self)
        self.readout.setProperty("role", "small")
        self.readout.setAccessibleName(f"{name}: values")
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.addWidget(self.sentence)
        self.column.addWidget(self.plot, 1)
        self.foot = QHBoxLayout()
        self.foot.addWidget(self.readout, 1)
        self.column.addLayout(self.foot)


class CurvesPanel(QWidget):
    """Loss terms on the left, likelihood on the right; one above the other where the panel is narrow."""

    def __init__(self, experiment: Any, actions: Any, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._experiment, self._actions, self._theme = experiment, actions, theme
        self.setAccessibleName("Curves")
        self._snapshot: Snapshot | None = None
        self._switched: dict[str, bool] = {}
        self._drawn_at = 0.0
        self._curves: dict[str, Curve] = {}
        self._said: tuple[object, ...] = ()
        self._read = {"loss": -1.0, "nll": -1.0}
        self.loss = _Half(theme, "Loss terms", self)
        self.nll = _Half(theme, "Negative log-likelihood", self)
        self.nll.plot.unit = "nats per point"
        self.loss.plot.unit = "loss"
        self.log_steps = self._toggle(
            "log x", "log steps", "Steps on a logarithmic axis: the beginning gets more room."
        )
        self.log_loss = self._toggle(
            "log y",
            "log loss",
            "Loss on a logarithmic axis; values that are not positive have no place on it.",
        )
        self.show_loss, self.show_nll = self._choice("Loss"), self._choice("Likelihood")
        self._head = QHBoxLayout()
        self._head.setContentsMargins(0, 0, 0, 0)
        for button in (self.show_nll, self.show_loss):
            self._head.addWidget(button)
        self._head.addStretch(1)
        self._halves = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._halves.addWidget(self.loss, 1)
        self._halves.addWidget(self.nll, 1)
        self._layout = QVBoxLayout(self)
        self._layout.setSizeConstraint(QLayout.SizeConstraint.SetNoConstraint)
        self._layout.addLayout(self._head)
        self._layout.addLayout(self._halves, 1)
        self._later = QTimer(self, singleShot=True)
        self._later.timeout.connect(self._draw)
        self.show_nll.setChecked(True)
        self.show_nll.toggled.connect(self._draw)
        for key, half in (("loss", self.loss), ("nll", self.nll)):
            half.sentence.switched.connect(self._switch)
            half.plot.read.connect(lambda step, key=key: self._read_at(key, step))
        experiment.run_changed.connect(self._new_run)
        experiment.model_changed.connect(self._new_run)
        theme.changed.connect(self._restyle)
        self._restyle()
        self._draw()

    def _toggle(self, text: str, name: str, tip: str) -> QToolButton:
        button = QToolButton(self)
        button.setText(text)
        button.setCheckable(True)
        button.setProperty("role", "quiet")
        button.setToolTip(tip)
        button.setAccessibleName(name)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        button.toggled.connect(self._draw)
        return button

    def _choice(self, text: str) -> QToolButton:
        button = QToolButton(self)
        button.setText(text)
        button.setCheckable(True)
        button.setAutoExclusive(True)
        button.setProperty("role", "segment")
        button.setToolTip(f"Show the plot: {text.lower()}.")
        button.setAccessibleName(text)
        return button

    def _restyle(self) -> None:
        gap = self._theme.space(2)
        self._layout.setContentsMargins(gap, gap, gap, gap)
        self._layout.setSpacing(self._theme.space(1))
        self._halves.setSpacing(self._theme.space(4))
        for half in (self.loss, self.nll):
            half.column.setSpacing(self._theme.space(1))
            half.foot.setSpacing(self._theme.space(1))
            # Whichever half the switches stand in, both plots end at the same height.
            half.readout.setMinimumHeight(self.log_steps.sizeHint().height())
        self._said = ()
        self._draw()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        """Side by side where there is width, one above the other where there is height, else one of the two."""
        wide = self.width() >= self._theme.px(560)
        self._halves.setDirection(
            QBoxLayout.Direction.LeftToRight if wide else QBoxLayout.Direction.TopToBottom
        )
        has_density = self._experiment.world in self._experiment.card.density
        single = not wide and self.height() < self._theme.px(520) and has_density
        for button in (self.show_loss, self.show_nll):
            button.setVisible(single)
        self.loss.setVisible(not single or self.show_loss.isChecked())
        self.nll.setVisible(has_density and (not single or self.show_nll.isChecked()))
        home = self.nll.foot if single and self.show_nll.isChecked() else self.loss.foot
        if home.indexOf(self.log_steps) < 0:
            for button in (self.log_steps, self.log_loss):
                for half in (self.loss, self.nll):
                    half.foot.removeWidget(button)
                home.addWidget(button)
        self.log_loss.setVisible(home is self.loss.foot)

    def minimumSizeHint(self) -> QSize:
        """The room of one half: neither side by side nor one above the other may keep the panel from being small."""
        margins = self._layout.contentsMargins()
        least = [half.minimumSizeHint() for half in (self.loss, self.nll)]
        width = max(size.width() for size in least) + margins.left() + margins.right()
        height = max(size.height() for size in least) + self._head.minimumSize().height()
        return QSize(width, height + margins.top() + margins.bottom() + self._layout.spacing())

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._draw()

    # Drawing

    def render(self, snapshot: Snapshot) -> None:  # type: ignore[override]
        """Take a snapshot; it is drawn now, or when a tenth of a second has passed since the last drawing."""
        self._snapshot = snapshot
        if not seen(self) or self._later.isActive():
            return
        wait = _PAUSE_MS - 1000 * (time.monotonic() - self._drawn_at)
        if wait <= 0:
            self._draw()
        else:
            self._later.start(int(wait) + 1)

    def _new_run(self, *_: object) -> None:
        if self._snapshot is not None and self._snapshot.run_id != self._experiment.run_id:
            self._snapshot = None
        self._draw()

    def _terms(self, history: History | None) -> list[str]:
        names = history.names() if history is not None else ()
        terms = [name for name in names if name not in _LIKELIHOOD]
        return sorted(terms, key=lambda name: name != "loss")

    def _colour(self, name: str, terms: list[str]) -> str:
        tokens = self._theme.tokens
        if name in _LIKELIHOOD:
            return tokens.model
        if name == "loss" or name not in terms:
            return tokens.text
        return tokens.classes[(terms.index(name) - ("loss" in terms)) % len(tokens.classes)]

    def _draw(self, *_: object) -> None:
        self._later.stop()
        self._drawn_at = time.monotonic()
        snapshot = self._snapshot
        history = snapshot.history if snapshot is not None else None
        terms = self._terms(history)
        self._say_anew(terms)
        last = snapshot.step if snapshot is not None else 1
        marks = history.marks if history is not None else ()
        self._curves = {}
        if history is not None:
            for name in (*terms, *_LIKELIHOOD):
                if self._on(name):
                    steps, values = history.decimated(name, _POINTS)
                    self._curves[name] = Curve(
                        steps.astype(np.float64), values, self._colour(name, terms), name == "nll_train"
                    )
        for half in (self.loss, self.nll):
            half.plot.log_x = self.log_steps.isChecked()
        self.loss.plot.log_y = self.log_loss.isChecked()
        losses = {name: curve for name, curve in self._curves.items() if name not in _LIKELIHOOD}
        likelihoods = {name: curve for name, curve in self._curves.items() if name in _LIKELIHOOD}
        self.loss.plot.show_curves(losses, None, marks, last)
        floor = snapshot.entropy if snapshot is not None and self._on("entropy") else None
        if floor is not None:
            self.nll.plot.floor_text = f"H {floor}, {floor.kind}"
        self.nll.plot.show_curves(likelihoods, floor.value if floor is not None else None, marks, last)
        self._tell("loss")
        self._tell("nll")

    def _say_anew(self, terms: list[str]) -> None:
        """Words and their arrangement change far more seldom than the curves."""
        experiment = self._experiment
        has_density = experiment.world in experiment.card.density
        on = tuple(name for name in (*terms, *_WORDS) if self._on(name))
        said = (
            terms, on, experiment.world, experiment.card.id, experiment.data.law is None, self.show_nll.isChecked()
        )  # fmt: skip
        if said != self._said:
            self._said = said
            self._say(terms, has_density)
            self._arrange()

    def _say(self, terms: list[str], has_density: bool) -> None:
        words: list[str | Word] = []
        for name in terms:
            look = "text" if name == "loss" else f"#{name}"
            words.append(
                Word(name, name.replace("_", " "), look, "curve", f"Show or hide the curve of {name}.")
            )
        self.loss.sentence.colours = {f"#{name}": self._colour(name, terms) for name in terms}
        self.loss.sentence.say(words or ["Loss terms appear here as soon as training begins."])
        self.loss.sentence.set_on(frozenset(name for name in terms if self._on(name)))
        if has_density:
            kind = self._experiment.card.density[self._experiment.world]
            word = {"exact": "", "bound": " (a bound)", "estimate": " (an estimate)"}[kind]
            spoken: list[str | Word] = [
                f"Negative log-likelihood{word} of",
                Word(
                    "nll_train",
                    _WORDS["nll_train"],
                    "model",
                    "dashed",
                    "The mean −log p(x) of the training points.",
                ),
                "and",
                Word(
                    "nll_test",
                    _WORDS["nll_test"],
                    "model",
                    "curve",
                    "The mean −log p(x) of points never trained on.",
                ),
            ]
            if self._experiment.data.law is not None:
                spoken += [
                    "over the",
                    Word(
                        "entropy", _WORDS["entropy"], "truth", "dashed",
                        "The entropy of the data: no model can do better on fresh points. The gap to it is KL(p‖q).",
                    ),
                ]  # fmt: skip
            self.nll.sentence.say([*spoken, "."])
            self.nll.sentence.set_on(frozenset(name for name in _WORDS if self._on(name)))

    def _on(self, name: str) -> bool:
        return self._switched.get(name, _is_loss(name))

    def _switch(self, name: str, on: bool) -> None:
        self._switched[name] = on
        self._draw()

    # Reading

    def _read_at(self, key: str, step: float) -> None:
        self._read[key] = step
        self._tell(key)

    def _tell(self, key: str) -> None:
        half = self.loss if key == "loss" else self.nll
        step = self._read[key]
        names = [
            n for n in self._curves if (n in _LIKELIHOOD) == (key == "nll") and len(self._curves[n].steps)
        ]
        if not names:
            half.readout.setText("")
            return
        parts = []
        at = step if step >= 0 else float(max(self._curves[n].steps[-1] for n in names))
        for name in names:
            curve = self._curves[name]
            i = min(int(np.searchsorted(curve.steps, at)), len(curve.steps) - 1)
            label = _WORDS.get(name, name.replace("_", " "))
            parts.append(f"{label} {curve.values[i]:.3f}".replace("-", "−"))
        text = f"step {at:,.0f}:  " + " · ".join(parts)
        mark = half.plot.mark_near(step) if step >= 0 else None
        if mark is not None:
            text = f"step {mark.step:,}: {mark.text}"
        half.readout.setText(text)
