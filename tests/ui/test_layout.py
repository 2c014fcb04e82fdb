"""Nothing is clipped, nothing overlaps, and the stage is the largest thing, at every size that matters."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from PySide6.QtCore import QRect
from PySide6.QtWidgets import (
    QAbstractButton,
    QComboBox,
    QLabel,
    QPushButton,
    QScrollArea,
    QToolButton,
    QWidget,
)

from genplay.models.registry import cards
from genplay.ui.labels import ElidedLabel
from genplay.ui.main_window import MainWindow
from tests.ui.support import Until

SIZES = [
    (1280, 800, 1.0),
    (1920, 1080, 1.0),
    (1280, 800, 1.75),
    (1920, 1080, 1.75),
    (1024, 700, 1.0),
    (1440, 900, 0.8),
]


def visible(window: MainWindow, kind: type[QWidget]) -> list[QWidget]:
    return [w for w in window.findChildren(kind) if w.isVisible() and w.window() is window]


def clipped(window: MainWindow) -> list[str]:
    """Texts that need more width than their widget has."""
    found = []
    for label in visible(window, QLabel):
        assert isinstance(label, QLabel)
        if isinstance(label, ElidedLabel) or label.wordWrap() or not label.text() or "<" in label.text():
            continue
        # An & before a letter of a label with a buddy marks its Alt key and is not drawn.
        drawn = label.text().replace("&", "") if label.buddy() is not None else label.text()
        if label.fontMetrics().horizontalAdvance(drawn) > label.width() + 1:
            found.append(f"label {label.text()!r}: {label.width()}")
    for button in visible(window, QAbstractButton):
        assert isinstance(button, QAbstractButton)
        shows_text = isinstance(button, QPushButton) or (
            isinstance(button, QToolButton) and button.toolButtonStyle().name != "ToolButtonIconOnly"
        )
        if (
            shows_text
            and button.text()
            and button.fontMetrics().horizontalAdvance(button.text()) > button.width()
        ):
            found.append(f"button {button.text()!r}: {button.width()}")
    for combo in visible(window, QComboBox):
        if combo.height() < combo.fontMetrics().height():
            found.append(f"combo: {combo.height()}")
    return found


def overlaps(window: MainWindow) -> list[str]:
    """Siblings in a layout whose rectangles meet."""
    found = []
    for parent in visible(window, QWidget):
        layout = parent.layout()
        if layout is None or isinstance(parent, QScrollArea):
            continue
        items = [layout.itemAt(i).widget() for i in range(layout.count())]
        shown = [w for w in items if w is not None and w.isVisible()]
        for i, one in enumerate(shown):
            for other in shown[:i]:
                both = one.geometry().intersected(other.geometry())
                if both.width() > 1 and both.height() > 1:
                    found.append(
                        f"{type(one).__name__} over {type(other).__name__} in {type(parent).__name__}"
                    )
    return found


def lasting(found: Callable[[], list[str]], qtbot: object, seconds: float = 10.0) -> list[str]:
    """What is still found when there has been time to lay everything out, on a busy machine too."""
    end = time.monotonic() + seconds
    while (last := found()) and time.monotonic() < end:
        qtbot.wait(50)  # type: ignore[attr-defined]
    return last


@pytest.mark.parametrize(("width", "height", "scale"), SIZES)
def test_nothing_is_clipped_or_overlaps(
    window: MainWindow, until: Until, qtbot: object, width: int, height: int, scale: float
) -> None:
    window.resize(width, height)
    window.dispatch.run("window.scale", factor=scale)
    for world in ("plane", "digits"):
        window.dispatch.run("world.choose", name=world)
        until(lambda: (s := window.experiment.snapshot()) is not None and s.state == "ready")
        qtbot.wait(150)  # type: ignore[attr-defined]
        assert (window.width(), window.height()) == (width, height), "a panel has forced the window wider"
        assert lasting(lambda: clipped(window), qtbot) == []
        assert lasting(lambda: overlaps(window), qtbot) == []
        stage = area(window.stage)
        others = [
            dock
            for dock in window.docks.docks.values()
            if dock.isVisible() and not dock.visibleRegion().isEmpty()
        ]
        assert all(area(dock) < stage for dock in others), "a panel is larger than the stage"
        outer = QRect(0, 0, width, height)
        for bar in (window.top_bar, window.strip, window.transport, window.status):
            corner = bar.mapTo(window, bar.rect().topLeft())
            assert outer.contains(QRect(corner, bar.size()))


@pytest.mark.parametrize(("width", "height", "scale"), [(1280, 800, 1.0), (1920, 1080, 1.75)])
def test_no_model_takes_room_from_the_stage(
    window: MainWindow, until: Until, qtbot: object, width: int, height: int, scale: float
) -> None:
    window.resize(width, height)
    window.dispatch.run("window.scale", factor=scale)
    until(lambda: window.experiment.snapshot() is not None)
    qtbot.wait(150)  # type: ignore[attr-defined]
    before = window.stage.width()
    for name in (card.id for card in cards().values() if "plane" in card.worlds):
        window.dispatch.run("model.choose", name=name)
        until(lambda: (s := window.experiment.snapshot()) is not None and s.state == "ready")
        qtbot.wait(50)  # type: ignore[attr-defined]
        assert window.stage.width() == before, name
        assert clipped(window) == []


def area(widget: QWidget) -> int:
    return widget.width() * widget.height()
