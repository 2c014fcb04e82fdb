"""Theme and scale reach everything: fonts, lengths, the palette, the style sheet, icons."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

import genplay.ui
from genplay.errors import BadInput
from genplay.paths import resource
from genplay.ui.theme import DARK, LIGHT, Theme


def test_switching_changes_palette_and_tells(theme: Theme, qapp: QApplication, qtbot: QtBot) -> None:
    assert qapp.palette().color(QPalette.ColorRole.Window) == QColor(LIGHT.background)
    with qtbot.waitSignal(theme.changed):
        theme.set("dark")
    assert qapp.palette().color(QPalette.ColorRole.Window) == QColor(DARK.background)
    assert DARK.surface in qapp.styleSheet()
    assert LIGHT.background not in qapp.styleSheet()


def test_a_scale_rescales_everything(theme: Theme, qtbot: QtBot) -> None:
    button = QPushButton("Train")
    qtbot.addWidget(button)
    button.show()
    small = (theme.font().pixelSize(), theme.space(2), theme.px(20), button.sizeHint().height())
    theme.set_scale(2.0)
    button.ensurePolished()
    large = (theme.font().pixelSize(), theme.space(2), theme.px(20), button.sizeHint().height())
    for before, after in zip(small, large, strict=True):
        assert after == pytest.approx(2 * before, rel=0.12)


def test_bundled_fonts_are_used(theme: Theme) -> None:
    assert theme.font("body").family() == "Inter"
    assert theme.font("title").family() == "Inter SemiBold"
    assert theme.font("mono").family() == "JetBrains Mono"


@pytest.mark.parametrize("scale", [0.1, 3.0])
def test_an_impossible_scale_is_refused(theme: Theme, scale: float) -> None:
    with pytest.raises(BadInput, match="Allowed"):
        theme.set_scale(scale)
    assert theme.scale == 1.0


def test_an_unknown_theme_is_refused(theme: Theme) -> None:
    with pytest.raises(BadInput, match="Did you mean 'dark'"):
        theme.set("drak")


def test_icons_take_the_colour_of_the_theme(theme: Theme) -> None:
    def colour() -> QColor:
        image = theme.icon("play").pixmap(32, 32).toImage()
        pixels = [image.pixelColor(x, y) for x in range(32) for y in range(32)]
        return max(pixels, key=lambda pixel: pixel.alpha())

    light = colour()
    theme.set("dark")
    dark = colour()
    assert light.lightness() < 60
    assert dark.lightness() > 200


def test_every_icon_that_is_asked_for_is_bundled() -> None:
    asked: set[str] = set()
    for file in Path(genplay.ui.__file__).parent.rglob("*.py"):
        asked |= set(re.findall(r"""icon\(\s*"([a-z0-9-]+)\"""", file.read_text(encoding="utf-8")))
    have = {file.stem for file in resource("icons").glob("*.svg")}
    assert asked
    assert asked <= have
