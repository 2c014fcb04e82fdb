"""The MODEL panel: families as cards, the model's formula, its objective and knobs, its recipe, and what it can do."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from genplay.lab.experiment import Experiment
from genplay.training.recipe import Recipe
from genplay.ui.dispatch import Dispatch
from genplay.ui.emptying import empty
from genplay.ui.fields import Combo
from genplay.ui.forms import Form
from genplay.ui.formula import FormulaView
from genplay.ui.panels.abilities import abilities
from genplay.ui.panels.families import Families
from genplay.ui.section import Section
from genplay.ui.theme import Theme

__all__ = ["ModelPanel"]


class ModelPanel(QScrollArea):
    """Everything about the model, from top to bottom; scrolls where the window is low."""

    def __init__(
        self, experiment: Experiment, actions: Dispatch, theme: Theme, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._experiment = experiment
        self._actions = actions
        self._theme = theme
        self._shown: tuple[str, str] = ("", "")
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.families = Families(theme, self._choose)
        self._about()
        self.knobs = Form(theme, self._set_knob, parts=True)
        self.recipe = Form(theme, self._set_recipe, parts=True)
        self._recipe_part = Section("How it is trained", theme, opened=False)
        self._recipe_part.add(self.recipe)
        # Folded parts are filled when they are opened: that keeps the start quick.
        self._recipe_part.toggled.connect(self.refresh)
        self._table_part = Section("What it can do", theme, opened=False)
        self._table = QWidget()
        self._grid = QGridLayout(self._table)
        self._table_part.add(self._table)
        self._table_part.toggled.connect(self._show_abilities)
        self.defaults = QPushButton("Default knobs")
        self.defaults.setToolTip(actions.tip("model.defaults"))
        self.defaults.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.defaults.clicked.connect(lambda: actions.run("model.defaults"))
        inner = QWidget()
        self._column = QVBoxLayout(inner)
        for widget in (
            self.families, self.title, self.formula, self.reference, self._objective_row, self.objective_help,
            self.knobs, self._recipe_part, self._table_part, self.defaults,
        ):  # fmt: skip
            self._column.addWidget(widget)
        self._column.addStretch(1)
        self.setWidget(inner)
        experiment.model_changed.connect(self.refresh)
        experiment.world_changed.connect(self.refresh)
        experiment.run_changed.connect(self._mark)
        theme.changed.connect(self._dress)
        self._dress()

    def _about(self) -> None:
        self.title = QLabel()
        self.title.setProperty("role", "title")
        self.title.setWordWrap(True)
        self.formula = FormulaView(self._theme)
        self.reference = QLabel()
        self.reference.setProperty("role", "small")
        self.reference.setWordWrap(True)
        self._objective_row = QWidget()
        row = QHBoxLayout(self._objective_row)
        row.setContentsMargins(0, 0, 0, 0)
        label = QLabel("Objective")
        self.objective = Combo()
        self.objective.setAccessibleName("Objective")
        self.objective.setToolTip(self._actions.tip("model.objective"))
        label.setBuddy(self.objective)
        row.addWidget(label)
        row.addWidget(self.objective, 1)
        self.objective.activated.connect(self._choose_objective)
        self.objective_help = QLabel()
        self.objective_help.setProperty("role", "small")
        self.objective_help.setWordWrap(True)

    def render(self, snapshot: object) -> None:  # type: ignore[override]
        """The panel shows what is asked for, not how the run goes."""

    def refresh(self, *_: object) -> None:
        """Show the experiment's model, knobs and recipe."""
        experiment = self._experiment
        card, world = experiment.card, experiment.world
        self.families.show_model(world, card.id)
        if (card.id, world) != self._shown:
            self._shown = (card.id, world)
            self.title.setText(card.title)
            self.formula.show_formula(card.formula)
            self.reference.setText(card.reference)
            self._show_objectives()
            self._show_abilities()
        chosen = card.objective(world, experiment.objective)
        self.objective.setCurrentIndex(self.objective.findData(chosen.id))
        self.objective_help.setText(chosen.help)
        infos = [info for info in experiment.knobs.infos() if info.applies(world, experiment.objective)]
        self.knobs.show_knobs(infos, experiment.knobs.as_dict())
        self.knobs.setVisible(bool(infos))
        if self._recipe_part.opened:
            self.recipe.show_knobs(Recipe.infos(), experiment.recipe.as_dict())
        recipe = experiment.recipe
        self._recipe_part.set_note(f"{recipe.optimiser}, {recipe.learning_rate:g}")
        self._mark()

    def _mark(self) -> None:
        pending = self._experiment.pending_restart
        self.knobs.mark_pending(pending)
        self.recipe.mark_pending(pending)

    def _show_objectives(self) -> None:
        self.objective.blockSignals(True)
        self.objective.clear()
        for objective in self._experiment.objectives:
            self.objective.addItem(objective.title, objective.id)
            index = self.objective.count() - 1
            self.objective.setItemData(index, objective.help, Qt.ItemDataRole.ToolTipRole)
        self.objective.blockSignals(False)
        self._objective_row.setVisible(self.objective.count() > 1)

    def _show_abilities(self, *_: object) -> None:
        if not self._table_part.opened:
            return
        empty(self._grid)
        for row, ability in enumerate(abilities(self._experiment.card, self._experiment.world)):
            name, word, help = QLabel(ability.name), QLabel(ability.word), QLabel(ability.help)
            if not ability.there:
                word.setProperty("role", "dim")
            else:
                word.setProperty("role", "strong")
            help.setProperty("role", "small")
            for label in (name, word, help):
                label.setWordWrap(True)
                label.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
            self._grid.addWidget(name, 2 * row, 0)
            self._grid.addWidget(word, 2 * row, 1)
            self._grid.addWidget(help, 2 * row + 1, 0, 1, 2)
        self._grid.setColumnStretch(1, 1)

    def _choose(self, model: str) -> None:
        self._actions.run("model.choose", name=model)
        self.refresh()

    def _choose_objective(self, index: int) -> None:
        self._actions.run("model.objective", name=self.objective.itemData(index))
        self.refresh()

    def _set_knob(self, name: str, value: object) -> None:
        if not self._actions.run("model.set", name=name, value=value):
            self.refresh()

    def _set_recipe(self, name: str, value: object) -> None:
        if not self._actions.run("recipe.set", name=name, value=value):
            self.refresh()

    def _dress(self) -> None:
        theme = self._theme
        gap = theme.space(3)
        self._column.setContentsMargins(gap, theme.space(2), gap, gap)
        self._column.setSpacing(theme.space(2))
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setVerticalSpacing(theme.space(0.5))
        self._grid.setHorizontalSpacing(theme.space(3))
        self.defaults.setIcon(theme.icon("rotate-ccw"))
