"""Forms made from knobs, used by hand: sliders, typing, choices, switches."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from genplay.knobs import Knobs, knob
from genplay.ui.fields import ChoiceField, NumberField, SwitchField
from genplay.ui.forms import Form
from genplay.ui.theme import Theme


@dataclass(frozen=True)
class Sample(Knobs):
    rate: float = knob(1e-3, "How far.", low=1e-6, high=1.0, log=True, live=True)
    layers: int = knob(3, "How many.", low=1, high=8)
    decay: float = knob(0.0, "Log from zero.", low=0.0, high=1.0, log=True, live=True)
    size: int = knob(256, "Batch.", low=1, high=8192, log=True, live=True)
    kind: str = knob("adam", "Which.", choices=("adam", "sgd"))
    warm: bool = knob(False, "Whether.", live=True)
    seed: int = knob(0, "Any.", low=0, high=2**31 - 1)


class Hand:
    """A form on the screen and what it told."""

    def __init__(self, theme: Theme, qtbot: QtBot) -> None:
        self.told: list[tuple[str, object]] = []
        self.form = Form(theme, lambda name, value: self.told.append((name, value)), parts=True)
        qtbot.addWidget(self.form)
        self.form.show_knobs(Sample.infos(), Sample().as_dict())
        self.form.resize(300, 700)
        self.form.show()
        qtbot.waitExposed(self.form)

    def number(self, name: str) -> NumberField:
        field = self.form.fields[name]
        assert isinstance(field, NumberField)
        return field

    def type(self, name: str, text: str) -> None:
        line = self.number(name).box.lineEdit()
        line.setFocus()
        line.selectAll()
        QTest.keyClicks(line, text)
        QTest.keyClick(line, Qt.Key.Key_Return)


@pytest.fixture
def hand(theme: Theme, qtbot: QtBot) -> Hand:
    return Hand(theme, qtbot)


def test_typing_a_number(hand: Hand) -> None:
    hand.type("rate", "0.02")
    assert hand.told == [("rate", 0.02)]


def test_a_comma_is_a_decimal_point(hand: Hand) -> None:
    hand.type("rate", "0,5")
    assert hand.told == [("rate", 0.5)]


@pytest.mark.parametrize(
    ("name", "text"), [("rate", "7"), ("rate", "abc"), ("layers", "2.5"), ("layers", "-1"), ("rate", "nan")]
)
def test_what_is_not_allowed_shows_the_range_and_changes_nothing(hand: Hand, name: str, text: str) -> None:
    hand.type(name, text)
    field = hand.number(name)
    assert hand.told == []
    assert field.error.isVisible()
    assert "from" in field.error.text()
    assert field.box.property("invalid")
    hand.type(name, "1")
    assert not field.error.isVisible()
    assert not field.box.property("invalid")


def test_escape_takes_a_bad_entry_back(hand: Hand) -> None:
    hand.type("layers", "99")
    line = hand.number("layers").box.lineEdit()
    QTest.keyClick(hand.number("layers").box, Qt.Key.Key_Escape)
    assert line.text() == "3"
    assert not hand.number("layers").error.isVisible()
    assert hand.told == []


def test_a_log_slider_goes_in_ratios(hand: Hand) -> None:
    field = hand.number("rate")
    for value in (1e-6, 1e-5, 1e-3, 0.1, 1.0):
        assert field.from_position(field.to_position(value)) == pytest.approx(value, rel=0.02)
    middle = (field.to_position(1e-6) + field.to_position(1.0)) // 2
    assert field.from_position(middle) == pytest.approx(1e-3, rel=0.05)


def test_a_log_slider_that_begins_at_zero_reaches_it(hand: Hand) -> None:
    field = hand.number("decay")
    assert field.from_position(0) == 0.0
    assert field.from_position(1) > 0.0
    assert field.from_position(field.slider.maximum()) == 1.0


def test_keys_on_the_slider_are_told_once_they_rest(hand: Hand, qtbot: QtBot) -> None:
    slider = hand.number("layers").slider
    slider.setFocus()
    for _ in range(3):
        QTest.keyClick(slider, Qt.Key.Key_Right)
    assert hand.told == []
    qtbot.waitUntil(lambda: bool(hand.told))
    assert hand.told == [("layers", 6)]


def test_a_knob_that_needs_a_restart_is_told_of_when_the_hand_lets_go(hand: Hand, qtbot: QtBot) -> None:
    slider = hand.number("layers").slider
    slider.setSliderDown(True)
    slider.setSliderPosition(7)
    qtbot.wait(150)
    assert hand.told == []
    slider.setSliderDown(False)
    assert hand.told == [("layers", 8)]


def test_a_live_knob_is_told_of_while_it_is_dragged_but_not_at_every_move(hand: Hand, qtbot: QtBot) -> None:
    slider = hand.number("rate").slider
    slider.setSliderDown(True)
    for position in range(400, 500, 2):
        slider.setSliderPosition(position)
    qtbot.waitUntil(lambda: bool(hand.told))
    assert len(hand.told) <= 2
    slider.setSliderDown(False)
    assert hand.told[-1][1] == hand.number("rate").from_position(498)


def test_values_from_elsewhere_are_shown_and_told_to_nobody(hand: Hand) -> None:
    hand.form.set_values({"rate": 0.1, "layers": 5, "kind": "sgd", "warm": True, "size": 32})
    assert hand.told == []
    assert hand.number("rate").box.lineEdit().text() == "0.1"
    assert hand.number("layers").slider.value() == hand.number("layers").to_position(5)
    kind, warm = hand.form.fields["kind"], hand.form.fields["warm"]
    assert isinstance(kind, ChoiceField)
    assert isinstance(warm, SwitchField)
    assert kind.combo.currentData() == "sgd"
    assert warm.check.isChecked()


def test_a_switch_and_a_choice(hand: Hand) -> None:
    warm, kind = hand.form.fields["warm"], hand.form.fields["kind"]
    assert isinstance(warm, SwitchField)
    assert isinstance(kind, ChoiceField)
    warm.check.setFocus()
    QTest.keyClick(warm.check, Qt.Key.Key_Space)
    kind.combo.setFocus()
    QTest.keyClick(kind.combo, Qt.Key.Key_Down)
    assert ("warm", True) in hand.told
    hand.form.fields["kind"].submit(kind.combo.currentData())
    assert ("kind", "sgd") in hand.told


def test_steps_of_the_box_follow_the_kind_of_knob(hand: Hand) -> None:
    hand.number("layers").box.stepUp()
    hand.number("rate").box.stepUp()
    hand.number("size").box.stepDown()
    assert dict(hand.told) == {"layers": 4, "rate": pytest.approx(1.2e-3), "size": 213}
    for _ in range(20):
        hand.number("layers").box.stepUp()
    assert hand.number("layers").value == 8


def test_a_seed_has_no_slider(hand: Hand) -> None:
    assert hand.number("seed").slider is None
