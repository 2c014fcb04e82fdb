"""Code: the open model's source file, as the program runs it, under the model's formula and reference."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import (
    QKeySequence,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QShortcut,
    QShowEvent,
    QTextCursor,
    QTextDocument,
)
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from genplay.errors import GenplayError
from genplay.lab.source import Source, source_of
from genplay.ui.formula import FormulaView
from genplay.ui.labels import ElidedLabel
from genplay.ui.python_colours import PythonColours
from genplay.ui.stage.titled import let_wrap
from genplay.ui.theme import Theme

__all__ = ["CodePanel"]


class _Numbers(QWidget):
    """The line numbers, in the margin of the text."""

    def __init__(self, text: SourceText) -> None:
        super().__init__(text)
        self._text = text

    def paintEvent(self, event: QPaintEvent) -> None:
        self._text.paint_numbers(event.rect())


class SourceText(QPlainTextEdit):
    """Source to be read, selected and copied, with line numbers."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setReadOnly(True)
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.setAccessibleName("Source of the model")
        # The arrow keys move through the text and Space scrolls it; nothing here trains.
        self.setProperty("ownKeys", True)
        self._numbers = _Numbers(self)
        self.colours = PythonColours(self.document(), theme)
        self.blockCountChanged.connect(self._lay)
        self.updateRequest.connect(self._scrolled)
        theme.changed.connect(self._restyle)
        self._restyle()

    def show_source(self, text: str) -> None:
        """Show another file from its top."""
        self.colours.read(text)
        self.setPlainText(text)

    def _restyle(self) -> None:
        # The style sheet dresses every text field in the body's font; only a sheet of its own overrides that.
        font = self._theme.font("mono")
        self.setStyleSheet(
            f'QPlainTextEdit {{ font-family: "{font.family()}"; font-size: {font.pixelSize()}px; }}'
        )
        self.document().setDefaultFont(font)
        self.setTabStopDistance(4 * self.fontMetrics().horizontalAdvance(" "))
        self._lay()

    def margin(self) -> int:
        """The width of the line numbers."""
        digits = len(str(max(self.blockCount(), 1)))
        return self.fontMetrics().horizontalAdvance("0" * digits) + self._theme.px(14)

    def _lay(self, *_: object) -> None:
        self.setViewportMargins(self.margin(), 0, 0, 0)
        inner = self.contentsRect()
        self._numbers.setGeometry(QRect(inner.left(), inner.top(), self.margin(), inner.height()))
        self._numbers.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._lay()

    def _scrolled(self, _rect: QRect, _by: int) -> None:
        self._numbers.update()

    def minimumSizeHint(self) -> QSize:
        return QSize(self._theme.px(120), self._theme.px(60))

    def paint_numbers(self, rect: QRect) -> None:
        """Write the numbers of the lines in view."""
        painter = QPainter(self._numbers)
        painter.fillRect(rect, self._theme.color("surface"))
        painter.setFont(self._theme.font("mono"))
        painter.setPen(self._theme.color("text_dim"))
        block, width = self.firstVisibleBlock(), self.margin() - self._theme.px(8)
        top = self.blockBoundingGeometry(block).translated(self.contentOffset()).top()
        while block.isValid() and top <= rect.bottom():
            height = self.blockBoundingRect(block).height()
            if top + height >= rect.top():
                place = QRect(0, round(top), width, round(height))
                flags = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
                painter.drawText(place, flags, str(block.blockNumber() + 1))
            block, top = block.next(), top + height
        painter.end()


class CodePanel(QWidget):
    """Formula and reference, the source, and a line to find words in it (Ctrl+F)."""

    def __init__(self, experiment: Any, actions: Any, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._experiment, self._actions, self._theme = experiment, actions, theme
        self.setAccessibleName("Code")
        self._shown: tuple[str, str] = ("", "")
        self.source: Source | None = None
        self.formula = FormulaView(theme, self)
        self.reference = QLabel("", self)
        self.reference.setProperty("role", "small")
        let_wrap(self.reference)
        self.file = ElidedLabel("", self)
        self.file.setProperty("role", "dim")
        self.text = SourceText(theme, self)
        self.trouble = QLabel("", self)
        let_wrap(self.trouble)
        self.trouble.hide()
        self._build_find()
        self._head = QHBoxLayout()
        self._head.addWidget(self.file, 1)
        self._head.addWidget(self.find_button)
        self._layout = QVBoxLayout(self)
        self._layout.addWidget(self.formula)
        self._layout.addWidget(self.reference)
        self._layout.addLayout(self._head)
        self._layout.addWidget(self.find_row)
        self._layout.addWidget(self.trouble)
        self._layout.addWidget(self.text, 1)
        experiment.model_changed.connect(self._open)
        experiment.world_changed.connect(self._open)
        theme.changed.connect(self._restyle)
        self._restyle()

    def _build_find(self) -> None:
        self.find_button = self._button("Find in the source (Ctrl+F)", self.open_find)
        self.find_row = QWidget(self)
        row = QHBoxLayout(self.find_row)
        row.setContentsMargins(0, 0, 0, 0)
        self.word = QLineEdit(self.find_row)
        self.word.setPlaceholderText("Find")
        self.word.setAccessibleName("Find in the source")
        self.word.setToolTip("What to look for; Enter goes to the next place.")
        self.word.textChanged.connect(lambda: self._seek(anew=True))
        self.word.returnPressed.connect(self._seek)
        self.count = QLabel("", self.find_row)
        self.count.setProperty("role", "small")
        self.count.setAccessibleName("How many were found")
        self.previous = self._button("The one before (Shift+Enter)", lambda: self._seek(back=True))
        self.next = self._button("The next one (Enter)", self._seek)
        self.done = self._button("Close the search (Esc)", self.close_find)
        row.addWidget(self.word, 1)
        for widget in (self.count, self.previous, self.next, self.done):
            row.addWidget(widget)
        self.find_row.hide()
        within = Qt.ShortcutContext.WidgetWithChildrenShortcut
        for keys, act in (
            (QKeySequence(QKeySequence.StandardKey.Find), self.open_find),
            (QKeySequence("Shift+Return"), lambda: self._seek(back=True)),
        ):
            QShortcut(keys, self, context=within).activated.connect(act)
        QShortcut(QKeySequence("Esc"), self.find_row, context=within).activated.connect(self.close_find)

    def _button(self, tip: str, act: Any) -> QToolButton:
        button = QToolButton(self)
        button.setProperty("role", "title-button")
        button.setToolTip(tip)
        button.setAccessibleName(tip)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(lambda: act())
        return button

    def _restyle(self) -> None:
        theme, gap = self._theme, self._theme.space(2)
        self._layout.setContentsMargins(gap, gap, gap, gap)
        self._layout.setSpacing(theme.space(1))
        for button, icon in (
            (self.find_button, "search"), (self.previous, "arrow-up"), (self.next, "arrow-down"), (self.done, "x"),
        ):  # fmt: skip
            button.setIcon(theme.icon(icon, "text_dim"))

    # What is shown

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._open()

    def _open(self, *_: object) -> None:
        """Read the file when somebody looks."""
        card, world = self._experiment.card, self._experiment.world
        if not self.isVisible() or (card.id, world) == self._shown:
            return
        self._shown = (card.id, world)
        self.formula.show_formula(card.formula)
        self.reference.setText(card.reference)
        try:
            self.source = source_of(card, world)
        except GenplayError as error:
            self.source = None
            self.trouble.setText(str(error))
        found = self.source
        self.trouble.setVisible(found is None)
        self.text.setVisible(found is not None)
        self.find_button.setVisible(found is not None)
        self.file.setText(f"{found.path.name}, {len(found.text.splitlines())} lines" if found else "")
        self.file.set_tip(str(found.path) if found else "")
        self.text.show_source(found.text if found else "")
        self.close_find()

    # Finding

    def open_find(self) -> None:
        """Show the line that finds words; what is selected is looked for."""
        selected = self.text.textCursor().selectedText()
        self.find_row.show()
        if selected and "\u2029" not in selected:
            self.word.setText(selected)
        self.word.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.word.selectAll()

    def close_find(self) -> None:
        """Put the line away; the text keeps what was found."""
        if self.find_row.isVisible():
            self.find_row.hide()
            self.text.setFocus(Qt.FocusReason.OtherFocusReason)

    def _seek(self, *, back: bool = False, anew: bool = False) -> None:
        """Select the next place of the word, from the top again after the last one."""
        word, text = self.word.text(), self.text
        places = text.toPlainText().lower().count(word.lower()) if word else 0
        cursor = text.textCursor()
        if anew or not word:
            cursor.setPosition(cursor.selectionStart())
            text.setTextCursor(cursor)
        if places:
            flags = QTextDocument.FindFlag.FindBackward if back else QTextDocument.FindFlag(0)
            if not text.find(word, flags):
                text.moveCursor(QTextCursor.MoveOperation.End if back else QTextCursor.MoveOperation.Start)
                text.find(word, flags)
        before = (
            text.toPlainText()[: text.textCursor().selectionStart()].lower().count(word.lower())
            if word
            else 0
        )
        self.count.setText(f"{before + 1} of {places}" if places else "none" if word else "")
