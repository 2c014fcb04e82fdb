"""The panel Compare: one row a model, filled live, a click chooses."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
import torch
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from genplay.lab.family_table import COLUMNS
from genplay.models.registry import cards
from genplay.quantity import estimate
from genplay.ui.panels.compare import ComparePanel
from tests.ui.pictures import Scene, shown

LEFT = Qt.MouseButton.LeftButton
INDEX = {column.id: i for i, column in enumerate(COLUMNS)}


@pytest.fixture
def panels():
    made: list[ComparePanel] = []
    yield made
    for panel in made:
        panel.close_measuring()


def opened(qtbot, scene: Scene, panels: list, width: int = 1200, height: int = 420) -> ComparePanel:
    panel = shown(qtbot, ComparePanel(scene.experiment, scene.actions, scene.theme), width, height)
    panels.append(panel)
    settle(scene)
    return panel


def settle(scene: Scene) -> None:
    for _ in range(4):
        QApplication.processEvents()
        scene.experiment.poll()


def cell(panel: ComparePanel, model: str, column: str):
    i = [row.card.id for row in panel.table._rows].index(model)
    return panel.table.item(i, INDEX[column])


def with_noise(scene: Scene) -> None:
    """The toy draws samples too."""
    model = scene.worker.model
    model.noise = lambda n, generator: torch.randn(n, model.latent_dim, generator=generator)
    model.sample_from = model.decode


def test_one_row_a_model_and_a_click_chooses(qtbot, theme, panels) -> None:
    scene = Scene(theme)
    panel = opened(qtbot, scene, panels)
    assert [row.card.id for row in panel.table._rows] == [
        c.id for c in cards().values() if "plane" in c.worlds
    ]
    assert cell(panel, "nsf", "density").text() == "exact"
    assert cell(panel, "nsf", "kl").text() == "–"
    assert "train it" in cell(panel, "nsf", "kl").toolTip()
    chosen = cell(panel, "nsf", "density").background().color()
    assert chosen.name() == theme.tokens.accent_soft.lower()
    QTest.mouseClick(panel.table.viewport(), LEFT, pos=panel.table.cell_centre("gmm", "density"))
    settle(scene)
    assert scene.experiment.model_id == "gmm"
    assert cell(panel, "gmm", "density").background().color() == chosen
    assert cell(panel, "nsf", "density").background().color() != chosen
    names = panel.table.verticalHeader()
    at = QPoint(10, names.sectionViewportPosition(0) + names.sectionSize(0) // 2)
    QTest.mouseClick(names.viewport(), LEFT, pos=at)
    settle(scene)
    assert scene.experiment.model_id == panel.table._rows[0].card.id
    panel.table.setFocus()
    panel.table.setCurrentCell(2, 0)
    QTest.keyClick(panel.table, Qt.Key.Key_Return)
    settle(scene)
    assert scene.experiment.model_id == panel.table._rows[2].card.id
    scene.actions.run("world.choose", name="digits")
    settle(scene)
    assert [row.card.id for row in panel.table._rows] == [
        c.id for c in cards().values() if "digits" in c.worlds
    ]


def test_what_was_measured_is_filled_in_and_stays(qtbot, theme, panels) -> None:
    scene = Scene(theme)
    panel = opened(qtbot, scene, panels)
    with_noise(scene)
    nll = estimate(1.29, 0.03, "mean over the test points")
    panel.render(replace(scene.snapshot(50), nll_test=nll))
    settle(scene)
    assert cell(panel, "nsf", "steps_per_second").text() == "≈ 50"
    assert cell(panel, "nsf", "kl").text() == "≈ 1.000 ± 0.030"
    assert cell(panel, "nsf", "parameters").text() == "–", "a model that trains is not interrupted for it"
    panel.render(replace(scene.snapshot(60, "paused"), steps_per_second=0.0, nll_test=nll))
    settle(scene)
    assert cell(panel, "nsf", "parameters").text() == "= 25"
    assert "µs" in cell(panel, "nsf", "per_sample").text() or "ms" in cell(panel, "nsf", "per_sample").text()
    assert cell(panel, "nsf", "steps_per_second").text() == "≈ 50"
    qtbot.waitUntil(lambda: cell(panel, "nsf", "kl").text().startswith("= "), timeout=60_000)
    assert "exact, after 60 steps" in cell(panel, "nsf", "kl").toolTip()
    scene.actions.run("model.choose", name="gmm")
    settle(scene)
    assert cell(panel, "nsf", "parameters").text() == "= 25", "the last run of a model is remembered"
    assert cell(panel, "gmm", "parameters").text() == "–"


def test_hidden_it_measures_only_what_is_cheap(qtbot, theme, panels, monkeypatch) -> None:
    scene = Scene(theme)
    panel = opened(qtbot, scene, panels)
    panel.hide()
    with_noise(scene)
    before = scene.worker.asked
    for _ in range(3):
        panel.render(scene.snapshot(60, "paused"))
        settle(scene)
    assert scene.worker.asked == before + 1, "pace and size, once; no copy for a KL"
    assert panel._job is None
    monkeypatch.setattr(time, "monotonic", lambda: 1e9)
    panel.render(scene.snapshot(0, "ready"))
    assert scene.worker.asked == before + 1


def test_sorting_puts_what_is_not_known_last(qtbot, theme, panels) -> None:
    scene = Scene(theme)
    panel = opened(qtbot, scene, panels)
    with_noise(scene)
    panel.render(scene.snapshot(50))
    natural = [row.card.id for row in panel.table._rows]
    header = panel.table.horizontalHeader()

    def click(column: str) -> list[str]:
        at = header.sectionViewportPosition(INDEX[column]) + 12
        QTest.mouseClick(header.viewport(), LEFT, pos=QPoint(at, header.height() // 2))
        return [row.card.id for row in panel.table._rows]

    for _ in range(2):
        assert click("steps_per_second")[0] == "nsf"
    assert click("steps_per_second") == natural
    by_density = click("density")
    texts = [cell(panel, model, "density").text() for model in by_density]
    assert texts == sorted(texts)
    assert cell(panel, "nsf", "steps_per_second").text() == "≈ 50"


@pytest.mark.parametrize(("width", "scale"), [(272, 1.0), (1280, 1.0), (1280, 1.75), (480, 1.75)])
def test_texts_fit_their_cells(qtbot, theme, panels, width: int, scale: float) -> None:
    theme.set_scale(scale)
    scene = Scene(theme)
    panel = opened(qtbot, scene, panels, width)
    table = panel.table
    assert table.verticalHeader().width() <= 0.45 * table.width()
    for i in range(table.rowCount()):
        for j in range(len(COLUMNS)):
            item = table.item(i, j)
            rect = table.visualItemRect(item)
            fits = table.fontMetrics().horizontalAdvance(item.text()) + 8 <= rect.width()
            assert fits or item.text() in item.toolTip(), "what is cut is told by the tooltip"
            assert rect.height() >= table.fontMetrics().height()
    for j, column in enumerate(COLUMNS):
        assert table.horizontalHeader().fontMetrics().horizontalAdvance(column.title) < table.columnWidth(j)
