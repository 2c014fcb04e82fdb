"""A slider and a number for every dimension of the latent code."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from genplay.knobs import KnobInfo
from genplay.ui.fields import NumberBox, PatientSlider
from genplay.ui.theme import Theme

__all__ = ["REACH", "LatentSliders", "dimension_name"]

REACH = 4.0
"""Sliders go from −4 to 4: a standard normal prior has all but 6 in 100,000 of its mass there."""

_TICKS = 100
_BELOW = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def dimension_name(index: int) -> str:
    """z₁, z₂ …"""
    return "z" + str(index + 1).translate(_BELOW)


def _info(index: int) -> KnobInfo:
    return KnobInfo(
        name=f"z{index + 1}", type="float", default=0.0, low=-100.0, high=100.0, choices=(), log=False, live=True,
        label=dimension_name(index), help="", unit="", worlds=None, objectives=None,
    )  # fmt: skip


class LatentSliders(QWidget):
    """``moved`` carries the dimension and the value that the user chose."""

    moved = Signal(int, float)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.sliders: list[PatientSlider] = []
        self.boxes: list[NumberBox] = []
        self._labels: list[QLabel] = []
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setColumnStretch(1, 1)
        theme.changed.connect(self._restyle)

    def set_count(self, count: int) -> None:
        """Have so many dimensions."""
        while len(self.sliders) > count:
            for row in (self.sliders, self.boxes, self._labels):
                gone = row.pop()
                self._grid.removeWidget(gone)
                gone.hide()
                gone.deleteLater()
        while len(self.sliders) < count:
            self._add(len(self.sliders))
        self._restyle()

    def _add(self, index: int) -> None:
        name = dimension_name(index)
        label = QLabel(name, self)
        slider = PatientSlider(Qt.Orientation.Horizontal, self)
        slider.setRange(-round(REACH * _TICKS), round(REACH * _TICKS))
        slider.setSingleStep(_TICKS // 10)
        slider.setPageStep(_TICKS // 2)
        box = NumberBox(_info(index), self)
        for widget in (slider, box):
            widget.setAccessibleName(f"Latent dimension {name}")
            widget.setToolTip(f"{name}: dimension {index + 1} of the latent code; its decode is drawn live.")
        label.setBuddy(slider)
        slider.valueChanged.connect(lambda ticks: self.moved.emit(index, ticks / _TICKS))
        box.entered.connect(lambda raw: self._typed(index, raw))
        row = self._grid.rowCount()
        self._grid.addWidget(label, row, 0)
        self._grid.addWidget(slider, row, 1)
        self._grid.addWidget(box, row, 2)
        self.sliders.append(slider)
        self.boxes.append(box)
        self._labels.append(label)

    def _typed(self, index: int, raw: object) -> None:
        try:
            value = float(str(raw))
        except ValueError:
            self.boxes[index].show_value(self.sliders[index].value() / _TICKS)
            return
        self.moved.emit(index, value)

    def show_code(self, z: tuple[float, ...]) -> None:
        """Show a code without telling."""
        for slider, box, value in zip(self.sliders, self.boxes, z, strict=False):
            ticks = round(min(max(value, -REACH), REACH) * _TICKS)
            if not slider.isSliderDown() and slider.value() != ticks:
                slider.blockSignals(True)
                slider.setValue(ticks)
                slider.blockSignals(False)
            if not box.hasFocus() or box.untouched:
                box.show_value(round(value, 3))

    def _restyle(self) -> None:
        self._grid.setHorizontalSpacing(self._theme.space(2))
        self._grid.setVerticalSpacing(self._theme.space(1))
        for slider, box, label in zip(self.sliders, self.boxes, self._labels, strict=True):
            slider.setMinimumWidth(self._theme.px(70))
            box.setFixedWidth(self._theme.px(84))
            label.setMinimumWidth(self._theme.px(18))
