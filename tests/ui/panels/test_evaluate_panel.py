"""The page Evaluate in its window: real clicks and keys, figures that come in, what is bold, dimmed and explained."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from genplay.datasets.base import DataSpec
from genplay.lab.candidates import Candidate
from genplay.lab.evaluation import OPEN, _Entry
from genplay.lab.score_table import Figure, ScoreRow
from genplay.metrics import registry
from genplay.quantity import Quantity, bound, estimate, exact
from genplay.ui.app import App
from genplay.ui.panels.evaluate import EvaluatePanel
from genplay.ui.theme import Theme
from genplay.ui.tokens import DARK, LIGHT
from tests.ui.pictures import Scene, near, shown
from tests.ui.support import Until

LEFT = Qt.MouseButton.LeftButton


class Alone:
    """The page without the rest of the window, beside a run that rests at step 5."""

    def __init__(self, qtbot, theme: Theme) -> None:
        self.scene = Scene(theme)
        self.experiment, self.dispatch, self.theme = self.scene.experiment, self.scene.actions, theme
        self.scene.snapshot(5, "paused")
        self.dispatch.run("evaluate.columns", names=["nll", "nll_train", "kl"])
        self.panel: EvaluatePanel = shown(
            qtbot, EvaluatePanel(self.experiment, self.dispatch, theme), 1000, 420
        )
        self.dispatch.registry.bind("evaluate.page", self.panel.show_page)
        settle()


@pytest.fixture
def alone(qtbot, theme: Theme) -> Iterator[Alone]:
    made = Alone(qtbot, theme)
    yield made
    made.experiment.close()


@pytest.fixture
def front(session: App, until: Until) -> EvaluatePanel:
    """The page at the front of the real window."""
    session.dispatch.run("evaluate.columns", names=["nll", "nll_train", "kl"])
    session.dispatch.run("window.focus", name="evaluate")
    until(lambda: session.window.evaluate.grid.rowCount() == 1, "for the open run's row")
    return session.window.evaluate


def settle() -> None:
    """Let timers of 0 ms and the layouts that they ask for come to an end."""
    for _ in range(5):
        QApplication.processEvents()


def put(session: App | Alone, title: str, **figures: Quantity | Figure) -> str:
    """A row with such figures."""
    page = session.experiment.evaluation
    spec = session.experiment.data_spec
    step = 5
    found = {n: f if isinstance(f, Figure) else Figure(f, step) for n, f in figures.items()}
    key = page._key("kept")
    row = ScoreRow(key, title, "kept", "gmm", "plane", spec, step, found)
    page._add(_Entry(row, Candidate(session.experiment.plan())))
    settle()
    return key


def e(value: float) -> Quantity:
    return exact(value, "by hand")


def test_the_button_measures_beside_the_window_and_figures_come_in(
    session: App, front: EvaluatePanel, until: Until
) -> None:
    panel = front
    session.dispatch.run("evaluate.columns", names=["nll", "nll_train"])
    until(lambda: panel.grid.columnCount() == 2)
    assert panel.grid.text_of(OPEN, "nll") == ""
    assert "Press Measure" in panel.words.text()
    QTest.mouseClick(panel.go, LEFT)
    until(lambda: panel.grid.text_of(OPEN, "nll_train").startswith("= "), "for the last figure")
    assert panel.grid.text_of(OPEN, "nll").startswith("= ")
    until(lambda: panel.go.text() == "Measure")
    assert "by" not in panel.words.text()
    assert panel.progress.isHidden()
    session.dispatch.run("train.step", n=1)
    until(lambda: "→ 1" in panel.grid.verticalHeaderItem(0).text(), "for the figures to go stale")
    item = panel.grid.item(0, 0)
    assert item.font().italic()
    assert item.foreground().color() == session.theme.color("text_dim")
    assert "Stale: measured at step 0" in item.toolTip()
    assert "stale" in panel.words.text()


def test_measuring_is_stopped_by_the_same_button(
    session: App, front: EvaluatePanel, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    panel = front

    def endless(model, data, names, seed, progress, cancelled):
        progress(0.25, "counting sheep")
        while not cancelled():
            pass
        registry.Watch.of(None, cancelled).at(0.0, "")

    monkeypatch.setattr(registry, "measure", endless)
    QTest.mouseClick(panel.go, LEFT)
    until(lambda: "counting sheep" in panel.words.text())
    assert panel.go.text() == "Stop"
    assert panel.progress.isVisible()
    QTest.mouseClick(panel.go, LEFT)
    until(lambda: panel.go.text() == "Measure")
    assert panel.grid.text_of(OPEN, "nll") == ""


def test_the_best_is_bold_only_where_it_is_sure(alone: Alone) -> None:
    session, panel = alone, alone.panel
    good = put(session, "good", nll=e(1.0), nll_train=estimate(1.0, 0.1, "m"), kl=e(0.2))
    bad = put(session, "bad", nll=e(2.0), nll_train=estimate(1.1, 0.1, "m"), kl=bound(0.3, "upper", "m"))
    bold = {
        (row, metric)
        for row in (good, bad)
        for metric in ("nll", "nll_train", "kl")
        if _item(panel, row, metric).font().bold()
        or _item(panel, row, metric).background().color().name() == session.theme.tokens.accent_soft.lower()
    }
    assert bold == {(good, "nll")}
    assert "by hand" in _item(panel, good, "nll").toolTip()
    assert panel.grid.text_of(bad, "kl") == "≤ 0.300"


def _item(panel: EvaluatePanel, row: str, metric: str):
    at = panel.grid.cell_centre(row, metric)
    return panel.grid.itemAt(at)


def test_a_click_on_a_head_sorts_and_again_the_other_way(alone: Alone) -> None:
    session, panel = alone, alone.panel
    a, b = put(session, "a", nll=e(2.0)), put(session, "b", nll=e(1.0))

    def click() -> list[str]:
        header = panel.grid.horizontalHeader()
        at = QPoint(header.sectionViewportPosition(0) + 20, header.height() // 2)
        QTest.mouseClick(header.viewport(), LEFT, pos=at)
        settle()
        return [row.key for row in panel.grid.order]

    assert click() == [b, a, OPEN]
    assert click() == [a, b, OPEN]
    assert click() == [OPEN, a, b]


def test_keys_sort_remove_and_let_go(alone: Alone) -> None:
    session, panel = alone, alone.panel
    a, _ = put(session, "a", nll=e(2.0)), put(session, "b", nll=e(1.0))
    panel.grid.setFocus()
    panel.grid.setCurrentCell(0, 0)
    assert panel._picked == "", "the focus alone chooses nothing"
    QTest.keyClick(panel.grid, Qt.Key.Key_Down)
    assert panel._picked == a
    QTest.keyClick(panel.grid, Qt.Key.Key_Return)
    settle()
    assert [row.title for row in panel.grid.order][:2] == ["b", "a"]
    panel.grid.setCurrentCell(1, 0)
    QTest.keyClick(panel.grid, Qt.Key.Key_Delete)
    settle()
    assert next(row.title for row in panel.grid.order) == "b"
    assert len(panel.grid.order) == 2
    QTest.keyClick(panel.grid, Qt.Key.Key_Escape)
    assert panel._picked == ""


def test_why_is_told_of_the_table_a_row_and_a_cell(alone: Alone) -> None:
    session, panel = alone, alone.panel
    assert "Nothing measured yet" in panel.why.text()
    put(session, "plain", nll=e(1.0), nll_train=e(1.0))
    heart = put(session, "heart", nll=e(9.0), nll_train=e(-2.0))
    assert "learned them by heart" in panel.why.text()
    QTest.mouseClick(panel.grid.viewport(), LEFT, pos=panel.grid.cell_centre(heart, "nll_train"))
    settle()
    text = panel.why.text()
    assert text.index("NLL (training) of heart") < text.index("11.00 nats more surprising")
    assert "by hand" in text


def test_the_profile_puts_the_better_up(alone: Alone, until: Until) -> None:
    session, panel = alone, alone.panel
    good = put(session, "good", nll=e(1.0), kl=e(0.01))
    bad = put(session, "bad", nll=e(2.0), kl=e(3.0))
    QTest.mouseClick(panel.pages["profile"], LEFT)
    until(panel.profile.isVisible)
    settle()
    rows = {row.key: row for row in panel.grid.order}
    up, down = (panel.profile._points(rows[key]) for key in (good, bad))
    assert [k for k, *_ in up] == [0, 1]
    assert all(p.y() < q.y() for (_, p, _), (_, q, _) in zip(up, down, strict=True))
    found = panel.profile.row_at(up[1][1] + QPointF(2, 2))
    assert found is not None
    assert (found[0].key, found[1].id) == (good, "kl")
    assert panel.profile.row_at(QPointF(-100, -100)) is None
    image = panel.profile.grab().toImage()
    ratio = image.devicePixelRatio()
    at = up[0][1]
    colour = image.pixelColor(round(at.x() * ratio), round(at.y() * ratio))
    index = [row.key for row in panel.grid.order].index(good)
    assert near(colour, session.theme.class_color(index), 40)


def test_boxes_choose_the_measures(alone: Alone, until: Until) -> None:
    session, panel = alone, alone.panel
    QTest.mouseClick(panel.pages["measures"], LEFT)
    until(panel.choice.isVisible)
    assert panel.choice.boxes["nll"].isChecked()
    assert not panel.choice.boxes["js"].isChecked()
    panel.choice.boxes["js"].setFocus()
    QTest.keyClick(panel.choice.boxes["js"], Qt.Key.Key_Space)
    until(lambda: panel.grid.columnCount() == 4)
    assert "js" in session.experiment.evaluation.columns
    QTest.mouseClick(panel.choice.all, LEFT)
    until(lambda: panel.grid.columnCount() == len(panel.choice.boxes))
    session.dispatch.run("world.choose", name="digits")
    until(lambda: "perplexity" in panel.choice.boxes)


def test_all_columns_scroll_inside_the_table_only(alone: Alone, until: Until) -> None:
    session, panel = alone, alone.panel
    many = [card for card in registry.cards().values() if "plane" in card.worlds]
    assert len(many) > 30
    QTest.mouseClick(panel.pages["measures"], LEFT)
    panel.choice.boxes.clear()
    session.dispatch.run("evaluate.columns", names=[card.id for card in many])
    until(lambda: panel.grid.columnCount() == len(many))
    put(session, "row", **{card.id: e(1.0) for card in many})
    assert panel.grid.horizontalScrollBar().maximum() > 0
    assert panel.grid.width() <= panel.width()
    assert len(panel.profile._fitting()) < len(many)
    assert set(panel.choice.boxes) >= {card.id for card in many}


def test_what_failed_says_so_in_its_cell(alone: Alone) -> None:
    session, panel = alone, alone.panel
    key = put(
        session,
        "odd",
        nll=Figure(None, 5, "ValueError: odd"),
        kl=Figure(None, 5, missing="it has no density."),
    )
    assert panel.grid.text_of(key, "nll") == "failed"
    assert "ValueError: odd" in _item(panel, key, "nll").toolTip()
    assert panel.grid.text_of(key, "kl") == "–"
    assert "it has no density." in _item(panel, key, "kl").toolTip()
    assert "– KL(p‖q) of odd: it has no density." in panel.why.text()
    assert _item(panel, key, "nll").foreground().color() == session.theme.color("danger")


def test_a_row_of_other_data_is_dimmed(alone: Alone) -> None:
    session, panel = alone, alone.panel
    put(session, "same", nll=e(1.0))
    key = put(session, "other", nll=e(0.5))
    page = session.experiment.evaluation
    entry = page._entry(key)
    assert entry is not None
    entry.row = replace(entry.row, data=DataSpec("rings"))
    page.changed.emit()
    settle()
    assert _item(panel, key, "nll").foreground().color() == session.theme.color("text_dim")
    assert "not compared" in _item(panel, key, "nll").toolTip()


def test_the_buttons_and_the_menu_run_the_actions(
    session: App, front: EvaluatePanel, until: Until, tmp_path: Path
) -> None:
    panel = front
    QTest.mouseClick(panel.keep, LEFT)
    until(lambda: len(panel.grid.order) == 2)
    titles = [entry.text() for entry in panel._add_menu.actions() if entry.text()]
    assert titles[0] == "A saved run …"
    assert titles[1:] == ["Trap: good likelihood, bad samples", "Trap: good samples, bad likelihood"]
    session.dispatch.run("evaluate.columns", names=["nll", "nll_train"])
    panel._add_menu.actions()[-1].trigger()
    until(
        lambda: any(row.kind == "trap" and len(row.figures) == 2 for row in panel.grid.order), "for the trap"
    )
    until(lambda: "Good samples that hide bad likelihood" in panel.why.text())
    out = tmp_path / "t.png"
    session.dispatch.run("evaluate.export", path=str(out))
    assert out.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("scale", [1.0, 1.75])
def test_both_themes_and_scales(session: App, front: EvaluatePanel, until: Until, scale: float) -> None:
    panel = front
    key = put(session, "kept", nll=e(1.0), kl=e(0.2))
    session.dispatch.run("window.scale", factor=scale)
    for tokens in (DARK, LIGHT):
        session.dispatch.run("window.theme", name=tokens.name)
        session.dispatch.run("window.focus", name="evaluate")
        until(lambda: panel.grid.columnCount() == 3)
        assert _item(panel, key, "nll").foreground().color().name().upper() == tokens.text
        assert panel.go.width() >= panel.go.sizeHint().width()
        for button in panel.pages.values():
            assert button.width() >= button.sizeHint().width()
