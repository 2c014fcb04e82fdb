"""Editors of single values: a number with a slider, a choice, a switch. Each checks with its knob before it tells."""

from __future__ import annotations

import math

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QPaintEvent, QValidator, QWheelEvent
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QSlider,
    QStyle,
    QStyleOptionComboBox,
    QStylePainter,
    QVBoxLayout,
    QWidget,
)

from genplay.errors import BadInput
from genplay.knobs import KnobInfo, Value
from genplay.ui.labels import ElidedLabel, repolish
from genplay.ui.theme import Theme

__all__ = [
    "ChoiceField",
    "Combo",
    "Field",
    "NumberBox",
    "NumberField",
    "SwitchField",
    "field_for",
    "number_text",
]

POSITIONS = 1000
"""Places of a slider over a range of real numbers."""

DRAG_MS = 60
"""A dragged slider tells of its value at most this often."""


def number_text(value: float, whole: bool) -> str:
    """A number as it is typed: whole, or with as many digits as it needs up to six."""
    if whole:
        return str(int(value))
    return f"{value:.6g}"


class PatientSlider(QSlider):
    """A slider that leaves the wheel to the page around it unless it has the focus."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


class Combo(QComboBox):
    """A combo box that cuts a long text short with an ellipsis and leaves the wheel to the page around it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(6)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QStylePainter(self)
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        field = self.style().subControlRect(
            QStyle.ComplexControl.CC_ComboBox, option, QStyle.SubControl.SC_ComboBoxEditField, self
        )
        room = field.width() - self.fontMetrics().averageCharWidth()
        option.currentText = self.fontMetrics().elidedText(
            option.currentText, Qt.TextElideMode.ElideRight, room
        )
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)
        painter.end()


class NumberBox(QAbstractSpinBox):
    """A number typed or stepped; what is typed is judged by the knob only when it is entered.

    ``entered`` carries the raw text or number; steps go in ratios for logarithmic knobs.
    """

    entered = Signal(object)

    def __init__(self, info: KnobInfo, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._info = info
        self._value = float(info.default)
        self._shown = ""
        self.setKeyboardTracking(False)
        self.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.editingFinished.connect(self._finish)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def show_value(self, value: float) -> None:
        """Show a value without telling anyone."""
        self._value = value
        self._shown = number_text(value, self._info.type == "int")
        if self.lineEdit().text() != self._shown:
            self.lineEdit().setText(self._shown)

    @property
    def untouched(self) -> bool:
        """Whether nothing is typed that has not been entered."""
        return self.lineEdit().text() == self._shown

    def stepBy(self, steps: int) -> None:
        info = self._info
        if info.type == "int" and not info.log:
            new: float = self._value + steps
        elif info.log:
            new = self._value * 1.2**steps if self._value > 0 else max(info.low or 0.0, 1e-6)
            if info.type == "int" and round(new) == round(self._value):
                new = self._value + steps
        else:
            span = (
                (info.high - info.low)
                if info.low is not None and info.high is not None
                else abs(self._value) or 1.0
            )
            new = self._value + steps * _nice(span / 100)
        low = -math.inf if info.low is None else info.low
        high = math.inf if info.high is None else info.high
        new = min(max(new, low), high)
        self.entered.emit(
            round(new) if info.type == "int" else float(f"{new:.3g}" if info.log else f"{new:.6g}")
        )

    def stepEnabled(self) -> QAbstractSpinBox.StepEnabledFlag:
        return (
            QAbstractSpinBox.StepEnabledFlag.StepUpEnabled | QAbstractSpinBox.StepEnabledFlag.StepDownEnabled
        )

    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        return QValidator.State.Acceptable, text, position

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and not self.untouched:
            self.show_value(self._value)
            self.entered.emit(self._value)
            return
        super().keyPressEvent(event)

    def _finish(self) -> None:
        if not self.untouched:
            self.entered.emit(self.lineEdit().text().strip().replace(",", "."))


def _nice(step: float) -> float:
    """The nearest 1, 2 or 5 times a power of ten below a step."""
    power = 10.0 ** math.floor(math.log10(step)) if step > 0 else 1.0
    return max(m for m in (1, 2, 5) if m * power <= step * 1.0001) * power


class Field(QWidget):
    """One knob on the screen. ``changed`` carries its checked value after the user changed it, never otherwise."""

    changed = Signal(str, object)

    def __init__(self, info: KnobInfo, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.info = info
        self.theme = theme
        self.value: Value = info.default
        self.label = ElidedLabel(self._title())
        self.error = QLabel()
        self.error.setProperty("role", "error")
        self.error.setWordWrap(True)
        self.error.hide()
        unit = f" ({info.unit})" if info.unit else ""
        self.setToolTip(f"{info.help}{unit}\nAllowed: {info.allowed()}. Default: {info.default}.")

    def _title(self) -> str:
        label = self.info.label
        if label[:1].isascii():  # a Greek letter is a symbol: β is not Β
            label = label[:1].upper() + label[1:]
        return f"{label}, {self.info.unit}" if self.info.unit else label

    def set_value(self, value: Value) -> None:
        """Show a value that came from elsewhere; tells nobody, and leaves alone what is being typed."""
        raise NotImplementedError

    def submit(self, raw: object) -> None:
        """Check what the user gave; tell of it, or show the allowed values and keep the old one."""
        try:
            value = self.info.parse(raw)
        except BadInput:
            self.refuse(f"Allowed: {self.info.allowed()}.")
            return
        self.refuse("")
        if value != self.value:
            self.value = value
            self.changed.emit(self.info.name, value)
        self.set_value(value)

    def refuse(self, text: str) -> None:
        """Show what is wrong under the field, or nothing."""
        self.error.setText(text)
        self.error.setVisible(bool(text))

    def dress(self) -> None:
        """Take lengths from the theme."""


class NumberField(Field):
    """A label, a number box and, where the knob has a range, a slider below."""

    def __init__(self, info: KnobInfo, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(info, theme, parent)
        self.box = NumberBox(info)
        self.box.setAccessibleName(info.label)
        self.label.setBuddy(self.box)
        self.slider: QSlider | None = None
        self._column = column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        self._row = QHBoxLayout()
        self._row.addWidget(self.label, 1)
        self._row.addWidget(self.box)
        column.addLayout(self._row)
        if info.low is not None and info.high is not None and info.name != "seed":
            self.slider = PatientSlider(Qt.Orientation.Horizontal)
            self.slider.setRange(0, self._positions())
            self.slider.setPageStep(max(1, self._positions() // 10))
            self.slider.setSingleStep(max(1, self._positions() // 100))
            self.slider.setAccessibleName(info.label)
            self.slider.valueChanged.connect(self._slid)
            self.slider.sliderReleased.connect(self._settle)
            column.addWidget(self.slider)
        column.addWidget(self.error)
        self._timer = QTimer(self, singleShot=True, interval=DRAG_MS)
        self._timer.timeout.connect(self._settle)
        self.box.entered.connect(self.submit)
        self.set_value(info.default)
        self.dress()

    def _positions(self) -> int:
        info = self.info
        span = int(info.high or 0) - int(info.low or 0)
        return span if info.type == "int" and not info.log and 0 < span <= POSITIONS else POSITIONS

    def _least(self) -> float:
        """Where a logarithmic slider that begins at 0 leaves it."""
        low, high = self.info.low or 0.0, self.info.high or 1.0
        return low if low > 0 else (1.0 if self.info.type == "int" else high * 1e-6)

    def to_position(self, value: float) -> int:
        """The slider's place for a value."""
        low, high, top = self.info.low or 0.0, self.info.high or 1.0, self._positions()
        if self.info.log:
            least = self._least()
            if value < least:
                return 0
            return round(top * math.log(value / least) / math.log(high / least))
        return round(top * (value - low) / (high - low))

    def from_position(self, position: int) -> float:
        """The value at a place of the slider, rounded to what a hand can mean."""
        low, high, top = self.info.low or 0.0, self.info.high or 1.0, self._positions()
        if position <= 0:
            return low
        if position >= top:
            return high
        if self.info.log:
            least = self._least()
            value = least * (high / least) ** (position / top)
            return float(round(value)) if self.info.type == "int" else float(f"{value:.2g}")
        value = low + (high - low) * position / top
        if self.info.type == "int":
            return float(round(value))
        step = _nice((high - low) / 200)
        return min(max(float(f"{round(value / step) * step:.6g}"), low), high)

    def set_value(self, value: Value) -> None:
        self.value = value
        number = float(value)
        if self.box.untouched or not self.box.hasFocus():
            self.box.show_value(number)
            self.refuse("")
        if self.slider is not None and not self.slider.isSliderDown():
            self.slider.blockSignals(True)
            self.slider.setValue(self.to_position(number))
            self.slider.blockSignals(False)

    def submit(self, raw: object) -> None:
        super().submit(raw)
        if not self.error.text():
            self.box.show_value(float(self.value))

    def refuse(self, text: str) -> None:
        super().refuse(text)
        if bool(self.box.property("invalid")) != bool(text):
            self.box.setProperty("invalid", bool(text))
            repolish(self.box)

    def _slid(self, position: int) -> None:
        self.box.show_value(self.from_position(position))
        dragging = self.slider is not None and self.slider.isSliderDown()
        # A knob that needs a restart is told of when the hand lets go; a live one while it moves.
        if not dragging or (self.info.live and not self._timer.isActive()):
            self._timer.start()

    def _settle(self) -> None:
        self._timer.stop()
        if self.slider is not None:
            self.submit(self.from_position(self.slider.value()))

    def dress(self) -> None:
        self.box.setFixedWidth(self.theme.px(92))
        self._row.setSpacing(self.theme.space(2))
        self._column.setSpacing(self.theme.space(0.5))


class ChoiceField(Field):
    """A label and a combo box of the allowed values."""

    def __init__(self, info: KnobInfo, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(info, theme, parent)
        self.combo = Combo()
        self.combo.setAccessibleName(info.label)
        for choice in info.choices:
            self.combo.addItem(choice.replace("_", " "), choice)
        self.label.setBuddy(self.combo)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        self._row = QHBoxLayout()
        self._row.addWidget(self.label)
        self._row.addWidget(self.combo, 1)
        column.addLayout(self._row)
        column.addWidget(self.error)
        self.combo.activated.connect(lambda index: self.submit(self.combo.itemData(index)))
        self.set_value(info.default)
        self.dress()

    def set_value(self, value: Value) -> None:
        self.value = value
        self.combo.setCurrentIndex(self.combo.findData(value))

    def dress(self) -> None:
        self._row.setSpacing(self.theme.space(2))


class SwitchField(Field):
    """A check box."""

    def __init__(self, info: KnobInfo, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(info, theme, parent)
        self.check = QCheckBox(self._title())
        self.label.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.check)
        column.addWidget(self.error)
        self.check.clicked.connect(self.submit)
        self.set_value(info.default)

    def set_value(self, value: Value) -> None:
        self.value = value
        self.check.setChecked(bool(value))


def field_for(info: KnobInfo, theme: Theme) -> Field:
    """The fitting editor of a knob."""
    kinds: dict[str, type[Field]] = {"choice": ChoiceField, "bool": SwitchField}
    return kinds.get(info.type, NumberField)(info, theme)
