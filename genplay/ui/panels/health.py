"""Health: the conditions of training that are looked for, what was seen of each, how it happens and what mends it."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QFrame,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from genplay.models.exhibits import Exhibit, Facts
from genplay.training.health.conditions import CONDITIONS
from genplay.training.health.finding import Finding
from genplay.training.snapshot import Snapshot
from genplay.ui.exhibits.kinds import view_of
from genplay.ui.labels import ElidedLabel
from genplay.ui.panels.fit import upright_scroll_area
from genplay.ui.seen import seen
from genplay.ui.stage.titled import Titled, let_wrap
from genplay.ui.theme import Theme

__all__ = ["HealthPanel"]

_ICONS = {
    "ill": ("triangle-alert", "warning"),
    "well": ("check", "ok"),
    "open": ("hourglass", "text_dim"),
    "": ("minus", "text_dim"),
}
_WORDS = {"ill": "seen", "well": "not seen", "open": "not known yet", "": "does not apply to this model"}
_WIDE, _LIST, _NARROWEST = 620, 210, 200
"""Widths at scale 1: from here on the conditions stand beside what is said of one; of their list; the least of all."""
_ABSENT = "This does not apply to the model that is open."
_NOT_YET = "Train the model: it is looked at about once a second."


class HealthPanel(QWidget):
    """The list of conditions, each with its state, and below or beside it what there is to say of the chosen one."""

    def __init__(self, experiment: Any, actions: Any, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._experiment, self._actions, self._theme = experiment, actions, theme
        self.setAccessibleName("Health of the training")
        self._findings: dict[str, Finding] = {}
        self._trained = False
        self._drawn: tuple[Finding, ...] | None = None
        self._said: Finding | None = None
        self._order = list(CONDITIONS)
        self.chosen = self._order[0]
        self.views: list[tuple[type, Titled, QWidget]] = []
        self._build()
        experiment.health.changed.connect(self._attend)
        experiment.run_changed.connect(self._new_run)
        theme.changed.connect(self._restyle)
        self._restyle()
        self._refresh()

    def _build(self) -> None:
        self.summary = QLabel("", self)
        let_wrap(self.summary)
        self.summary.setAccessibleName("Summary")
        self.list = QListWidget(self)
        self.list.setAccessibleName("Conditions")
        self.list.setToolTip("The conditions of training that are looked for. Choose one to read about it.")
        self.list.setFrameShape(QFrame.Shape.NoFrame)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setTextElideMode(Qt.TextElideMode.ElideRight)
        for id in CONDITIONS:
            QListWidgetItem(self.list).setData(Qt.ItemDataRole.UserRole, id)
        self.list.currentItemChanged.connect(self._choose)

        self.title = ElidedLabel("", self)
        self.title.setProperty("role", "heading")
        self.meaning, self.seen, self.remedy = (QLabel("", self) for _ in range(3))
        self.meaning.setProperty("role", "dim")
        for label, name in (
            (self.meaning, "What it means"),
            (self.seen, "What was seen"),
            (self.remedy, "What mends it"),
        ):
            let_wrap(label)
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            label.setAccessibleName(name)
        self.fix = self._button(
            "Fix it", "primary", lambda: self._actions.run("health.fix", condition=self.chosen)
        )
        self.show_me = self._button(
            "Show me how this happens", "", lambda: self._actions.run("health.show", condition=self.chosen)
        )
        self.dismiss = self._button(
            "Leave it as it is", "link", lambda: self._actions.run("health.dismiss", condition=self.chosen)
        )
        self.dismiss.setToolTip("Be quiet about it until it has gone away.")
        self._words = QVBoxLayout()
        for widget in (self.title, self.meaning, self.seen, self.remedy):
            self._words.addWidget(widget)
        for button in (self.fix, self.show_me, self.dismiss):
            self._words.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)
        self._words.addStretch(1)
        self._evidence = QVBoxLayout()
        self._evidence.addStretch(1)
        content = QWidget(self)
        self._detail = QBoxLayout(QBoxLayout.Direction.TopToBottom, content)
        self._detail.setContentsMargins(0, 0, 0, 0)
        self._detail.addLayout(self._words, 2)
        self._detail.addLayout(self._evidence, 3)
        self._scroll = upright_scroll_area(content, self)
        self._body = QBoxLayout(QBoxLayout.Direction.TopToBottom)
        self._body.addWidget(self.list)
        self._body.addWidget(self._scroll, 1)
        self._layout = QVBoxLayout(self)
        self._layout.addWidget(self.summary)
        self._layout.addLayout(self._body, 1)

    def _button(self, text: str, role: str, run: Any) -> QPushButton:
        button = QPushButton(text, self)
        if role:
            button.setProperty("role", role)
        button.setAccessibleName(text)
        button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        button.clicked.connect(lambda _=False: run())
        return button

    def _restyle(self) -> None:
        theme = self._theme
        gap = theme.space(2)
        self._layout.setContentsMargins(gap, gap, gap, gap)
        self._layout.setSpacing(gap)
        self._body.setSpacing(theme.space(3))
        self._detail.setSpacing(theme.space(4))
        self._words.setSpacing(gap)
        self._evidence.setSpacing(theme.space(3))
        self.list.setIconSize(QSize(theme.px(16), theme.px(16)))
        self._fit()
        self._refresh()

    # What is known

    def render(self, snapshot: Snapshot) -> None:  # type: ignore[override]
        """Take what the newest look found."""
        if snapshot.run_id != self._experiment.run_id:
            return
        trained = snapshot.step > 0
        if (snapshot.health is self._drawn and trained == self._trained) or not seen(self):
            return
        self._drawn, self._trained = snapshot.health, trained
        self._findings = {finding.id: finding for finding in snapshot.health}
        self._refresh()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        snapshot = self._experiment.bench.latest()
        if snapshot is not None:
            self.render(snapshot)

    def _new_run(self, *_: object) -> None:
        self._findings, self._drawn, self._trained = {}, None, False
        self._refresh()

    def _attend(self) -> None:
        """Something else calls for attention: it is what one wants to read about."""
        attention = self._experiment.health.attention
        self._findings = {finding.id: finding for finding in self._experiment.health.findings}
        if attention and self._state(self.chosen) != "ill":
            self.choose(attention[0].id)
        self._refresh()

    def choose(self, condition: str) -> None:
        """Say what there is to say of a condition."""
        self.list.setCurrentRow(self._order.index(condition))

    def _choose(self, item: QListWidgetItem | None, _before: object = None) -> None:
        if item is not None:
            self.chosen = item.data(Qt.ItemDataRole.UserRole)
            self._tell()

    def _state(self, id: str) -> str:
        finding = self._findings.get(id)
        return finding.state if finding is not None else ""

    # Writing

    def _refresh(self) -> None:
        self._fill()
        ill = [finding for finding in self._findings.values() if finding.state == "ill"]
        if not self._trained or not self._findings:
            self.summary.setText(_NOT_YET)
        elif not ill:
            looked = sum(finding.state == "well" for finding in self._findings.values())
            some = "1 condition is" if looked == 1 else f"{looked} conditions are"
            self.summary.setText(f"Nothing is wrong, as far as can be seen: {some} looked at.")
        else:
            first = " and ".join(finding.title.lower() for finding in ill[:2])
            more = f" and {len(ill) - 2} more" if len(ill) > 2 else ""
            self.summary.setText(f"To be looked at: {first}{more}.")
        self._tell()

    def _fill(self) -> None:
        """Write the list: what is seen stands first, all else in its usual order."""
        chosen, theme = self.chosen, self._theme
        self._order = sorted(CONDITIONS, key=lambda name: self._state(name) != "ill")
        self.list.blockSignals(True)
        for row, id in enumerate(self._order):
            item, condition = self.list.item(row), CONDITIONS[id]
            state = self._state(id) or ("" if self._findings else "open")
            icon, token = _ICONS[state]
            item.setText(condition.title)
            item.setIcon(theme.icon(icon, token))
            item.setToolTip(f"{condition.title}: {_WORDS[state]}. {condition.meaning}")
            item.setData(Qt.ItemDataRole.UserRole, id)
            item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{condition.title}: {_WORDS[state]}")
        self.choose(chosen)
        self.list.blockSignals(False)

    def _tell(self) -> None:
        condition, finding = CONDITIONS[self.chosen], self._findings.get(self.chosen)
        state = finding.state if finding is not None else ""
        self.title.setText(condition.title)
        self.meaning.setText(condition.meaning)
        said = finding.seen if finding is not None else _ABSENT if self._findings else _NOT_YET
        self.seen.setText(said[:1].upper() + said[1:])
        fix = finding.fix if finding is not None and state == "ill" else None
        self.remedy.setText(
            f"{fix.words}{' This begins the run anew; undo brings it back.' if fix.restart else ''}"
            if fix
            else ""
        )
        self.remedy.setVisible(fix is not None)
        self.fix.setVisible(fix is not None)
        self.fix.setToolTip(fix.words if fix else "")
        self.show_me.setToolTip(f"{condition.show_me.words} Your experiment is kept: undo brings it back.")
        quiet = any(f.id == self.chosen for f in self._experiment.health.attention)
        self.dismiss.setVisible(state == "ill" and quiet)
        self._show_evidence(finding)

    def _show_evidence(self, finding: Finding | None) -> None:
        said, self._said = self._said, finding
        # Findings are told anew at each look, also those that no rule has looked at since.
        if finding and said and finding.evidence is said.evidence and finding.figures is said.figures:
            return
        shown: list[Exhibit] = list(finding.evidence) if finding is not None else []
        if finding is not None and finding.figures:
            shown.append(Facts("Figures", finding.figures))
        if [type(exhibit) for exhibit in shown] != [kind for kind, _, _ in self.views]:
            for _, titled, _ in self.views:
                titled.hide()
                titled.deleteLater()
            self.views = []
            for at, exhibit in enumerate(shown):
                view = view_of(exhibit, self._theme, self)
                titled = Titled(exhibit.title, view, self._theme, self)
                titled.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
                self._evidence.insertWidget(at, titled)
                self.views.append((type(exhibit), titled, view))
        for (_, titled, view), exhibit in zip(self.views, shown, strict=True):
            titled.title(exhibit.title)
            titled.say(exhibit.help)
            view.show_exhibit(exhibit)  # type: ignore[attr-defined]

    # Fitting

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def minimumSizeHint(self) -> QSize:
        """The width of one column: standing beside each other, the parts may not keep the panel from being narrow."""
        return QSize(self._theme.px(_NARROWEST), super().minimumSizeHint().height())

    def _fit(self) -> None:
        """Beside each other where there is room, else one below the other, the list as high as its rows."""
        theme, width = self._theme, self.width()
        beside, below = QBoxLayout.Direction.LeftToRight, QBoxLayout.Direction.TopToBottom
        wide = width >= theme.px(_WIDE)
        self._body.setDirection(beside if wide else below)
        apart = width >= theme.px(_WIDE) + theme.px(_LIST)
        self._detail.setDirection(beside if apart else below)
        self._detail.setStretch(0, 2 if apart else 0)
        self._detail.setStretch(1, 3 if apart else 1)
        if wide:
            self.list.setMinimumHeight(0)
            self.list.setMaximumHeight(16777215)
            self.list.setFixedWidth(theme.px(_LIST))
        else:
            self.list.setMinimumWidth(0)
            self.list.setMaximumWidth(16777215)
            rows = sum(self.list.sizeHintForRow(i) for i in range(self.list.count()))
            self.list.setFixedHeight(min(rows + theme.px(4), max(self.height() // 3, theme.px(60))))
        self.list.scrollToItem(self.list.currentItem())
