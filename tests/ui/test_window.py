"""The window by hand: keys and mouse on the real wiring."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt, QTimer, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QMouseEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QPushButton, QWidget

from genplay.ui.app import App
from genplay.ui.fields import NumberField
from genplay.ui.heart import BEAT_MS, IDLE_MS
from genplay.ui.main_window import MainWindow
from tests.ui.support import Until

LEFT = Qt.MouseButton.LeftButton


def drag(widget: QWidget, path: list[QPoint]) -> None:
    """Press, move along and let go."""
    QTest.mousePress(widget, LEFT, pos=path[0])
    for point in path[1:]:
        where = QPointF(point)
        move = QMouseEvent(
            QEvent.Type.MouseMove, where, widget.mapToGlobal(where), Qt.MouseButton.NoButton, LEFT,
            Qt.KeyboardModifier.NoModifier,
        )  # fmt: skip
        QApplication.sendEvent(widget, move)
    QTest.mouseRelease(widget, LEFT, pos=path[-1])


def state(window: MainWindow) -> str:
    snapshot = window.experiment.snapshot()
    return snapshot.state if snapshot is not None else ""


# Training


def test_space_starts_and_pauses(window: MainWindow, until: Until) -> None:
    QTest.keyClick(window, Qt.Key.Key_Space)
    until(lambda: state(window) == "running" and window.experiment.snapshot().step > 3, "for steps")
    until(lambda: window.transport.play.text() == "Pause")
    QTest.keyClick(window, Qt.Key.Key_Space)
    until(lambda: state(window) == "paused")
    until(lambda: "step" in window.status.parts["step"].text() and window.transport.play.text() == "Train")


def test_space_in_a_text_field_is_a_space(window: MainWindow, until: Until) -> None:
    line = QLineEdit(window)
    line.show()
    line.setFocus()
    QTest.keyClick(line, Qt.Key.Key_Space)
    assert line.text() == " "
    assert state(window) == "ready"
    line.deleteLater()


def test_space_on_a_button_trains_and_enter_presses_it(window: MainWindow, until: Until) -> None:
    window.top_bar.theme_button.setFocus(Qt.FocusReason.TabFocusReason)
    QTest.keyClick(window.top_bar.theme_button, Qt.Key.Key_Return)
    assert window.theme.name == "dark"
    QTest.keyClick(window.top_bar.theme_button, Qt.Key.Key_Space)
    assert window.theme.name == "dark"
    until(lambda: state(window) == "running")
    QTest.keyClick(window, Qt.Key.Key_Space)


def test_right_makes_a_step_but_moves_a_slider_that_has_the_keyboard(
    window: MainWindow, until: Until
) -> None:
    QTest.keyClick(window, Qt.Key.Key_Right)
    until(lambda: window.experiment.snapshot().step == 1, "for one step")
    slider = window.transport.speed
    slider.setFocus()
    QTest.keyClick(slider, Qt.Key.Key_Left)
    assert window.transport.speed_value.text() == "100/s"
    assert window.experiment.snapshot().step == 1


def test_what_needs_a_restart_waits_and_is_told(window: MainWindow, until: Until) -> None:
    QTest.keyClick(window, Qt.Key.Key_Right)
    until(lambda: window.experiment.snapshot().step == 1)
    name, field = next(
        (n, f) for n, f in window.model.knobs.fields.items() if not f.info.live and f.info.type == "int"
    )
    assert isinstance(field, NumberField)
    field.box.stepUp()
    assert window.experiment.pending_restart == (name,)
    assert window.transport.restart.isVisible()
    assert window.transport.pending.text() == "1 change needs a restart"
    assert field.label.property("role") == "restart"
    run = window.experiment.run_id
    QTest.mouseClick(window.transport.restart, LEFT)
    until(lambda: window.experiment.run_id != run, "for the new run")
    until(lambda: not window.transport.restart.isVisible())
    assert window.experiment.pending_restart == ()


def test_a_slider_changes_the_recipe_and_undo_moves_it_back(window: MainWindow, until: Until) -> None:
    window.model._recipe_part.open()
    field = window.model.recipe.fields["learning_rate"]
    assert isinstance(field, NumberField)
    assert field.slider is not None
    before = window.experiment.recipe.learning_rate
    field.slider.setFocus()
    for _ in range(4):
        QTest.keyClick(field.slider, Qt.Key.Key_Right)
    until(lambda: window.experiment.recipe.learning_rate > before)
    QTest.mouseClick(window.top_bar.undo, LEFT)
    assert window.experiment.recipe.learning_rate == before
    assert field.value == before


def test_an_idle_window_hardly_beats(window: MainWindow, until: Until) -> None:
    until(lambda: window.heart.interval == IDLE_MS, "for rest", 10)
    QTest.keyClick(window, Qt.Key.Key_Space)
    assert window.heart.interval == BEAT_MS
    QTest.keyClick(window, Qt.Key.Key_Space)


# Data


def test_one_drag_is_one_stroke_and_one_undo(window: MainWindow) -> None:
    experiment, canvas = window.experiment, window.data.plane.canvas
    before = len(experiment.undo_stack)
    middle = canvas.rect().center()
    drag(canvas, [middle + QPoint(dx, dx // 2) for dx in range(-60, 61, 10)])
    assert experiment.data_spec.name == "strokes"
    assert len(experiment.undo_stack) == before + 1
    x = experiment.data.x_train
    assert abs(x[:, 0]).max() > 0.8
    assert window.strip.tiles["strokes"].isChecked()
    QTest.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert experiment.data_spec.name == "two-moons"
    QTest.keyClick(
        window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    )
    assert experiment.data_spec.name == "strokes"


def test_eraser_and_label(window: MainWindow) -> None:
    experiment, plane = window.experiment, window.data.plane
    canvas = plane.canvas
    middle = canvas.rect().center()
    drag(canvas, [middle + QPoint(dx, -40) for dx in range(-60, 61, 10)])
    plane.picker.setFocus()
    QTest.keyClick(plane.picker, Qt.Key.Key_3)
    drag(canvas, [middle + QPoint(dx, 40) for dx in range(-60, 61, 10)])
    assert experiment.data.classes == 4
    QTest.mouseClick(plane.tools["eraser"], LEFT)
    drag(canvas, [middle + QPoint(dx, -40) for dx in range(-70, 71, 5)])
    assert len(experiment.data_spec.content.strokes) == 1
    assert experiment.data_spec.content.strokes[0].label == 3


def test_the_canvas_keeps_its_zoom_while_the_data_change(window: MainWindow) -> None:
    canvas = window.data.plane.canvas
    here = canvas.to_plane(QPointF(50, 50))
    wheel = QWheelEvent(
        QPointF(50, 50), canvas.mapToGlobal(QPointF(50, 50)), QPoint(), QPoint(0, 120), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(canvas, wheel)
    assert canvas.to_plane(QPointF(50, 50)) == pytest.approx(here)
    box = canvas.box
    assert box.width < 4
    window.dispatch.run("data.set", name="noise", value=0.2)
    assert canvas.box == box
    QTest.mouseClick(window.data.plane.home, LEFT)
    assert canvas.box == window.experiment.data.box


def test_a_digit_is_drawn_by_mouse_and_keys(window: MainWindow) -> None:
    QTest.mouseClick(window.top_bar.worlds["digits"], LEFT)
    assert window.experiment.world == "digits"
    digits = window.data.digits
    canvas = digits.canvas
    assert canvas.isVisible()
    drag(canvas, [canvas.cell(row, 2).center().toPoint() for row in range(5)])
    assert canvas.pixels() == [1 if i % 5 == 2 else 0 for i in range(25)]
    canvas.setFocus()
    QTest.keyClick(canvas, Qt.Key.Key_Right)
    QTest.keyClick(canvas, Qt.Key.Key_Space)
    assert canvas.pixels()[23] == 1
    digits.label.setValue(7)
    QTest.mouseClick(digits.add, LEFT)
    content = window.experiment.data_spec.content
    assert content.labels == (7,)
    assert list(content.images[0]) == canvas.pixels()
    assert digits.list.count() == 1
    digits.list.setCurrentRow(0)
    canvas.invert()
    QTest.mouseClick(digits.change, LEFT)
    assert window.experiment.data_spec.content.images[0][0] == 1
    window.dispatch.run("edit.undo")
    assert window.experiment.data_spec.content.images[0][0] == 0


def drop(window: MainWindow, file: Path) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(file))])
    where = window.rect().center()
    args = (Qt.DropAction.CopyAction, mime, LEFT, Qt.KeyboardModifier.NoModifier)
    enter = QDragEnterEvent(where, *args)
    QApplication.sendEvent(window, enter)
    assert enter.isAccepted()
    QApplication.sendEvent(window, QDropEvent(QPointF(where), *args))


def test_a_dropped_file_with_a_fault_is_told_and_changes_nothing(window: MainWindow, tmp_path: Path) -> None:
    before = window.experiment.data_spec
    file = tmp_path / "points.csv"
    file.write_text("x,y\n1,2\n3,four\n5,6\n")
    drop(window, file)
    (text,) = window.toasts.texts()
    assert "points.csv" in text
    assert "line 3" in text
    assert window.experiment.data_spec is before
    QTest.keyClick(window, Qt.Key.Key_Escape)
    assert window.toasts.texts() == []


def test_a_dropped_file_becomes_the_data(window: MainWindow, tmp_path: Path) -> None:
    file = tmp_path / "points.csv"
    file.write_text("x,y\n" + "".join(f"{i},{i * i % 7}\n" for i in range(50)))
    drop(window, file)
    assert window.experiment.data_spec.name == "file"
    assert len(window.experiment.data.x_train) == 40


# Finding things


def test_the_palette_runs_what_is_typed(window: MainWindow) -> None:
    QTest.keyClick(window, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    palette = window.palette_panel
    assert palette.isVisible()
    QTest.keyClicks(palette.input, "data rings")
    assert palette.titles()[0].startswith("Choose a data set: Rings")
    QTest.keyClick(palette.input, Qt.Key.Key_Return)
    assert not palette.isVisible()
    assert window.experiment.data_spec.name == "rings"


def test_the_palette_asks_for_what_is_missing(window: MainWindow) -> None:
    palette = window.palette_panel
    palette.open()
    QTest.keyClicks(palette.input, "steps a second")
    QTest.keyClick(palette.input, Qt.Key.Key_Return)
    assert palette.isVisible()
    assert "steps a second" in palette.help.text()
    QTest.keyClicks(palette.input, "many")
    QTest.keyClick(palette.input, Qt.Key.Key_Return)
    assert "steps_per_second cannot be 'many'" in window.toasts.texts()[0]


def test_escape_closes_the_palette_and_gives_the_keyboard_back(window: MainWindow) -> None:
    window.transport.speed.setFocus()
    window.palette_panel.open()
    QTest.keyClick(window.palette_panel.input, Qt.Key.Key_Escape)
    assert not window.palette_panel.isVisible()
    assert QApplication.focusWidget() is window.transport.speed


def test_every_action_with_a_menu_is_in_it(window: MainWindow) -> None:
    for spec in window.dispatch.specs():
        if spec.menu:
            titles = [entry.text() for entry in window.menus.menus[spec.menu].actions()]
            assert spec.title in titles
    shortcuts = [e.shortcut().toString() for e in window.menus.entries.values() if not e.shortcut().isEmpty()]
    assert len(shortcuts) == len(set(shortcuts))


def test_what_cannot_be_done_is_said(window: MainWindow) -> None:
    QTest.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert window.toasts.texts() == ["Nothing to undo."]


def test_thumbnails_come_from_the_generators(window: MainWindow, until: Until) -> None:
    tiles = window.strip.tiles
    until(
        lambda: tiles["rings"]._picture is not None and tiles["line"]._picture is not None, "for thumbnails"
    )
    assert tiles["strokes"]._picture is None
    QTest.mouseClick(tiles["rings"], LEFT)
    assert window.experiment.data_spec.name == "rings"
    assert tiles["rings"].isChecked()
    assert not tiles["two-moons"].isChecked()


def test_choosing_a_model_shows_its_knobs(window: MainWindow, until: Until) -> None:
    window.model.families.sections["Classical"].open()
    QTest.mouseClick(window.model.families.rows["gmm"], LEFT)
    assert window.experiment.model_id == "gmm"
    wanted = {
        info.name
        for info in window.experiment.knobs.infos()
        if info.applies("plane", window.experiment.objective)
    }
    assert set(window.model.knobs.fields) == wanted
    until(lambda: window.experiment.snapshot().model == "gmm" and state(window) == "ready")


# Staying alive


def test_an_unexpected_error_is_told_and_the_window_goes_on(session: App, until: Until) -> None:
    window = session.window

    def fail() -> None:
        raise RuntimeError("a fault of ours")

    QTimer.singleShot(0, fail)
    until(lambda: session.crashes.count == 1)
    session.crashes.count = 0
    until(lambda: any("a fault of ours" in text for text in window.toasts.texts()))
    QTest.keyClick(window, Qt.Key.Key_Right)
    until(lambda: window.experiment.snapshot().step == 1)


def test_panels_hide_float_and_come_back(window: MainWindow) -> None:
    dispatch, docks = window.dispatch, window.docks.docks
    dispatch.run("window.panel", name="model", shown=False)
    assert not docks["model"].isVisible()
    dispatch.run("window.panel", name="model")
    assert docks["model"].isVisible()
    docks["data"].setFloating(True)
    assert docks["data"].isFloating()
    window.docks.arrange()
    assert not docks["data"].isFloating()
    dispatch.run("window.panel", name="modle", shown=False)
    assert "Did you mean 'model'" in window.toasts.texts()[0]


def test_panels_that_float_or_are_hidden_leave_the_others_their_sizes(window: MainWindow, qtlog) -> None:
    docks = window.docks.docks
    model = docks["model"].width()
    docks["data"].setFloating(True)
    docks["curves"].setFloating(True)
    window.dispatch.run("window.panel", name="gallery")
    window.docks.resize()
    assert docks["model"].width() == model
    # As after a change of the window's size or the text's.
    window.docks.arrange(keep=True)
    window.dispatch.run("window.panel", name="evaluate")
    assert [r.message for r in qtlog.records if "part of the layout" in r.message] == []
    window.docks.arrange()


def test_focus_goes_into_a_panel(window: MainWindow) -> None:
    window.dispatch.run("window.focus", name="model")
    focused = QApplication.focusWidget()
    assert focused is not None
    assert window.docks.docks["model"].isAncestorOf(focused)


def test_the_page_of_shortcuts(window: MainWindow) -> None:
    QTest.keyClick(window, Qt.Key.Key_F1)
    button = next(b for b in window.findChildren(QPushButton) if b.text() == "Close" and b.isVisible())
    QTest.mouseClick(button, LEFT)
    assert not button.isVisible()


def test_the_speed_is_that_of_the_next_run_too(window: MainWindow, until: Until) -> None:
    window.dispatch.run("train.speed", steps_per_second=20)
    until(lambda: window.transport.speed_value.text() == "20/s")
    window.dispatch.run("model.choose", name="gmm")
    until(lambda: window.experiment.snapshot().model == "gmm" and state(window) == "ready")
    assert window.transport.speed_value.text() == "20/s"
    assert window.experiment.bench.speed_limit == 20


def test_the_panel_world_is_there_among_the_digits_only(session, window, until) -> None:
    dock = window.docks.dock("world")
    assert not dock.toggleViewAction().isVisible()
    assert not dock.toggleViewAction().isChecked()
    assert not session.dispatch.run("window.panel", name="world", shown=True)
    session.dispatch.run("world.choose", name="digits")
    assert dock.toggleViewAction().isVisible()
    assert dock.toggleViewAction().isChecked()
    session.dispatch.run("window.panel", name="world", shown=True)
    until(lambda: window.world.go.isVisible(), "for the panel")
    session.dispatch.run("world.choose", name="plane")
    assert not dock.isVisible()
    window.docks.arrange()
    assert not dock.isVisible()
