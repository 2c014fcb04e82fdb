"""Toasts: problems and news told in a corner of the window, never in the way; errors stay until they are dismissed."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QAccessible, QAccessibleEvent, QEnterEvent, QGuiApplication
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from genplay.lab.state import Notice
from genplay.ui.theme import Theme

__all__ = ["Toast", "Toasts"]

_ICONS = {
    "info": ("info", "accent"),
    "warning": ("triangle-alert", "warning"),
    "error": ("octagon-alert", "danger"),
}
_SECONDS = {"info": 5.0, "warning": 10.0, "error": 0.0}
_WORDS = {"info": "Note", "warning": "Warning", "error": "Problem"}
MOST = 4
"""How many toasts are shown at once; older ones wait below and come back as newer ones are dismissed."""


class Toast(QFrame):
    """One notice with its full text, a copy button, a close button and at most a few answers."""

    closed = Signal(object)

    def __init__(
        self,
        notice: Notice,
        theme: Theme,
        answers: tuple[tuple[str, Callable[[], object]], ...],
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self.notice = notice
        self.times = 1
        self._stays = bool(answers) or not _SECONDS[notice.level]
        self._theme = theme
        self.setProperty("role", "toast")
        self.setAccessibleName(f"{_WORDS[notice.level]}: {notice.text}")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self.dismiss)
        self._build(answers)
        self._dress()
        theme.changed.connect(self._dress)
        self._start_timer()

    def _build(self, answers: tuple[tuple[str, Callable[[], object]], ...]) -> None:
        self._icon = QLabel()
        self.label = QLabel(self.notice.text)
        self.label.setWordWrap(True)
        self.label.setTextFormat(Qt.TextFormat.PlainText)
        self.label.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setWidget(self.label)
        self._count = QLabel()
        self._count.setProperty("role", "small")
        self._count.hide()
        self.copy_button = QToolButton()
        self.copy_button.setToolTip("Copy the text")
        self.copy_button.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.notice.text))
        self.close_button = QToolButton()
        self.close_button.setToolTip("Dismiss (Esc)")
        self.close_button.clicked.connect(self.dismiss)
        for button, name in ((self.copy_button, "Copy the text"), (self.close_button, "Dismiss")):
            button.setProperty("role", "quiet")
            button.setAccessibleName(name)
        self._top = QHBoxLayout()
        self._top.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        self._top.addWidget(self._scroll, 1)
        self._top.addWidget(self._count, 0, Qt.AlignmentFlag.AlignTop)
        self._top.addWidget(self.copy_button, 0, Qt.AlignmentFlag.AlignTop)
        self._top.addWidget(self.close_button, 0, Qt.AlignmentFlag.AlignTop)
        self._column = QVBoxLayout(self)
        self._column.addLayout(self._top)
        if answers:
            row = QHBoxLayout()
            row.addStretch(1)
            for text, callback in answers:
                answer = QPushButton(text)
                answer.clicked.connect(lambda _=False, run=callback: self._answer(run))
                row.addWidget(answer)
            self._column.addLayout(row)

    def _answer(self, run: Callable[[], object]) -> None:
        self.dismiss()
        run()

    def _dress(self) -> None:
        theme = self._theme
        icon, token = _ICONS[self.notice.level]
        self._icon.setPixmap(theme.icon(icon, token).pixmap(theme.px(20), theme.px(20)))
        self.copy_button.setIcon(theme.icon("copy"))
        self.close_button.setIcon(theme.icon("x"))
        self._column.setContentsMargins(theme.space(3), theme.space(2), theme.space(2), theme.space(2))
        self._column.setSpacing(theme.space(2))
        self._top.setSpacing(theme.space(2))

    def fit(self, width: int, most_height: int) -> None:
        """Take this width and the height that the text needs, scrolled if it needs more than there is."""
        self.setFixedWidth(width)
        theme = self._theme
        taken = theme.px(20) + 2 * self.copy_button.sizeHint().width() + theme.space(13)
        if self._count.isVisibleTo(self):
            taken += self._count.sizeHint().width() + theme.space(2)
        text_height = self.label.heightForWidth(max(width - taken, 50)) + theme.space(1)
        self._scroll.setFixedHeight(max(min(text_height, most_height), theme.px(20)))
        self.setFixedHeight(self._column.totalSizeHint().height())

    def again(self) -> None:
        """The same notice came once more."""
        self.times += 1
        self._count.setText(f"×{self.times}")
        self._count.show()
        self._start_timer()

    def dismiss(self) -> None:
        self._timer.stop()
        self.closed.emit(self)

    def _start_timer(self) -> None:
        if not self._stays:
            self._timer.start(int(_SECONDS[self.notice.level] * 1000))

    def enterEvent(self, event: QEnterEvent) -> None:
        self._timer.stop()
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        self._start_timer()
        super().leaveEvent(event)


class Toasts(QObject):
    """The stack of toasts in the lower right corner of a window."""

    def __init__(self, window: QWidget, theme: Theme) -> None:
        super().__init__(window)
        self._window = window
        self._theme = theme
        self.toasts: list[Toast] = []
        self.bottom = 0
        window.installEventFilter(self)
        theme.changed.connect(self.place)

    def show(self, notice: Notice, *answers: tuple[str, Callable[[], object]]) -> Toast:
        """Show a notice; the same one again only counts up."""
        for toast in self.toasts:
            if toast.notice == notice:
                toast.again()
                self.place()
                return toast
        toast = Toast(notice, self._theme, answers, self._window)
        toast.closed.connect(self._remove)
        self.toasts.append(toast)
        self.place()
        QAccessible.updateAccessibility(QAccessibleEvent(toast, QAccessible.Event.Alert))
        return toast

    def dismiss_newest(self) -> bool:
        """Esc: take the newest toast away; False if there is none."""
        if not self.toasts:
            return False
        self.toasts[-1].dismiss()
        return True

    def texts(self) -> list[str]:
        """What the toasts say, oldest first."""
        return [toast.notice.text for toast in self.toasts]

    def _remove(self, toast: Toast) -> None:
        if toast in self.toasts:
            self.toasts.remove(toast)
            toast.hide()
            toast.deleteLater()
            self.place()

    def place(self) -> None:
        """Stack the newest toasts upwards from the lower right corner."""
        theme, window = self._theme, self._window
        margin = theme.space(4)
        width = min(theme.px(440), window.width() - 2 * margin)
        y = window.height() - margin - self.bottom
        for index, toast in enumerate(reversed(self.toasts)):
            toast.fit(width, max(window.height() // 4, theme.px(40)))
            y -= toast.height()
            shown = index < MOST and (y >= 0 or index == 0)
            toast.move(window.width() - margin - width, y)
            toast.setVisible(shown)
            toast.raise_()
            y -= theme.space(2)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and self.toasts:
            self.place()
        return False
