"""The one style sheet, generated from the tokens and the scale.

Widgets choose a look by the dynamic property ``role``: ``primary`` and ``quiet`` buttons, ``segment`` buttons of a segmented
control, ``title``, ``heading``, ``dim``, ``small``, ``mono`` and ``error`` labels, ``card``, ``bar`` and ``sunken`` frames.
"""

from __future__ import annotations

from collections.abc import Callable
from string import Template

from PySide6.QtGui import QFont

from genplay.ui.tokens import Tokens

__all__ = ["stylesheet"]


def stylesheet(
    tokens: Tokens,
    px: Callable[[float], int],
    font: Callable[[str], QFont],
    icon: Callable[[str, str], str],
) -> str:
    """The sheet for one theme and scale; ``icon`` gives the path of a recoloured SVG."""
    lengths = {
        f"p{n}": f"{px(n)}px" for n in (1, 2, 3, 4, 6, 8, 10, 12, 14, 16, 18, 20, 24, 28, 32, 36, 40, 64)
    }
    # A handle is as high as its groove and margins; its radius may not be more than half of that, or Qt drops it.
    knob = px(4) + 2 * px(6)
    lengths |= {"knob_inner": f"{knob - 4}px", "knob_radius": f"{knob // 2}px"}
    colours = {
        name: value
        for name, value in vars(tokens).items()
        if isinstance(value, str) and value.startswith("#")
    }
    roles = ("small", "body", "mono", "title", "heading", "display")
    sizes = {f"size_{role}": f"{font(role).pixelSize()}px" for role in roles}
    images = {
        "arrow_down": icon("chevron-down", tokens.text_dim),
        "arrow_up": icon("chevron-up", tokens.text_dim),
        "arrow_right": icon("chevron-right", tokens.text_dim),
        "arrow_left": icon("chevron-left", tokens.text_dim),
        "check": icon("check", tokens.text_on_accent),
        "close": icon("x", tokens.text_dim),
    }
    family = {"semibold": font("title").family(), "mono": font("mono").family()}
    return Template(_SHEET).substitute(lengths | colours | sizes | images | family)


_SHEET = """
QWidget { color: $text; }
QPushButton, QToolButton, QCheckBox, QListView, QTabBar { icon-size: $p16; }
QMainWindow, QWidget[role="background"] { background: $background; }
QToolTip { background: $raised; color: $text; border: 1px solid $border_strong; padding: $p4; }

QLabel, QCheckBox, QRadioButton { background: transparent; }
QLabel[role="title"] { font-size: $size_title; font-family: "$semibold"; font-weight: 600; }
QLabel[role="heading"] { font-size: $size_heading; font-family: "$semibold"; font-weight: 600; }
QLabel[role="dim"] { color: $text_dim; }
QLabel[role="small"] { color: $text_dim; font-size: $size_small; }
QLabel[role="strong"] { font-family: "$semibold"; font-weight: 600; }
QLabel[role="mono"] { font-family: "$mono"; font-size: $size_mono; }
QLabel[role="error"] { color: $danger; font-size: $size_small; }
QLabel[role="live"] { color: $accent; font-size: $size_small; }
QLabel[role="restart"] { color: $warning; font-size: $size_small; }

QFrame[role="card"] { background: $surface; border: 1px solid $border; border-radius: $p6; }
QFrame[role="bar"] { background: $surface; border: none; }
QFrame[role="sunken"] { background: $sunken; border: none; border-radius: $p6; }
QFrame[role="line"] { background: $border; border: none; max-height: 1px; min-height: 1px; }
QFrame[role="toast"] { background: $raised; border: 1px solid $border_strong; border-radius: $p6; }

QPushButton, QToolButton {
    background: $raised; color: $text; border: 1px solid $border; border-radius: $p6;
    padding: $p4 $p10; min-height: $p18;
}
QToolButton { padding: $p4; }
QPushButton:hover, QToolButton:hover { background: $sunken; border-color: $border_strong; }
QPushButton:pressed, QToolButton:pressed { background: $accent_soft; }
QPushButton:checked, QToolButton:checked { background: $accent_soft; border-color: $accent; }
QPushButton:disabled, QToolButton:disabled { color: $border_strong; border-color: $border; background: transparent; }
QPushButton:focus, QToolButton:focus { outline: none; border: 2px solid $focus; padding: $p3 $p8; }
QToolButton:focus { padding: $p3; }
QPushButton[role="primary"], QToolButton[role="primary"] {
    background: $accent; color: $text_on_accent; border: 1px solid $accent; font-family: "$semibold"; font-weight: 600;
    padding: $p6 $p16; min-height: $p20;
}
QPushButton[role="primary"]:hover, QToolButton[role="primary"]:hover { background: $accent_hover; }
QPushButton[role="primary"]:focus, QToolButton[role="primary"]:focus { border: 2px solid $text; }
QPushButton[role="quiet"], QToolButton[role="quiet"] { background: transparent; border: 1px solid transparent; }
QPushButton[role="quiet"]:hover, QToolButton[role="quiet"]:hover { background: $sunken; }
QPushButton[role="quiet"]:checked, QToolButton[role="quiet"]:checked { background: $accent_soft; border-color: $accent; }
QPushButton[role="quiet"]:focus, QToolButton[role="quiet"]:focus { border: 2px solid $focus; }
QPushButton[role="segment"], QToolButton[role="segment"] {
    background: transparent; border: 1px solid transparent; padding: $p4 $p12; border-radius: $p4;
}
QPushButton[role="segment"][dense="true"] { padding: $p4 $p6; }
QPushButton[role="segment"]:checked, QToolButton[role="segment"]:checked {
    background: $raised; border-color: $border; font-family: "$semibold"; font-weight: 600;
}
QPushButton[role="segment"]:focus, QToolButton[role="segment"]:focus { border: 2px solid $focus; }
QPushButton[role="warning"] { background: transparent; border: 1px solid $warning; color: $warning; font-family: "$semibold"; font-weight: 600; }
QToolButton[role="title-button"] { background: transparent; border: 1px solid transparent; padding: $p2; min-height: 0; }
QToolButton[role="title-button"]:hover { background: $sunken; }
QToolButton[role="title-button"]:focus { border: 1px solid $focus; }
QPushButton[role="link"] { background: transparent; border: none; color: $accent; padding: $p2; text-align: left; }
QPushButton[role="link"]:hover { color: $accent_hover; text-decoration: underline; }
QPushButton[role="link"]:focus { border: 1px solid $focus; }
QPushButton[role="chip"] {
    background: transparent; color: $warning; border: 1px solid transparent; font-size: $size_small; padding: 0 $p4; min-height: 0;
}
QPushButton[role="chip"]:hover { background: $sunken; }
QPushButton[role="chip"]:focus { border: 1px solid $focus; padding: 0 $p4; }
QPushButton[role="disclosure"] {
    background: transparent; border: 1px solid transparent; text-align: left; padding: $p6 0; font-family: "$semibold"; font-weight: 600;
}
QPushButton[role="disclosure"]:hover { background: $sunken; }
QPushButton[role="disclosure"]:focus { border: 2px solid $focus; }
QToolButton::menu-indicator { image: none; width: 0; }
QToolButton[popupMode="1"] { padding-right: $p20; }
QToolButton::menu-button { border: none; width: $p18; border-radius: $p6; }
QToolButton::menu-button:hover { background: $sunken; }
QToolButton::menu-arrow { image: url($arrow_down); width: $p14; height: $p14; }

QLineEdit, QAbstractSpinBox, QComboBox, QPlainTextEdit, QTextEdit {
    background: $surface; color: $text; border: 1px solid $border; border-radius: $p4;
    padding: $p2 $p6; min-height: $p20; selection-background-color: $selection; selection-color: $text;
}
QLineEdit:hover, QAbstractSpinBox:hover, QComboBox:hover { border-color: $border_strong; }
QLineEdit:focus, QAbstractSpinBox:focus, QComboBox:focus, QPlainTextEdit:focus {
    border: 2px solid $focus; padding: $p1 $p4;
}
QLineEdit[invalid="true"], QAbstractSpinBox[invalid="true"] { border: 2px solid $danger; }
QAbstractSpinBox QLineEdit, QAbstractSpinBox QLineEdit:focus, QAbstractSpinBox QLineEdit:hover {
    background: transparent; border: none; padding: 0 $p6; min-height: 0;
}
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button {
    background: transparent; border: none; width: $p16;
}
QAbstractSpinBox::up-arrow { image: url($arrow_up); width: $p10; height: $p10; }
QAbstractSpinBox::down-arrow { image: url($arrow_down); width: $p10; height: $p10; }
QComboBox::drop-down { border: none; width: $p20; }
QComboBox::down-arrow { image: url($arrow_down); width: $p14; height: $p14; }
QComboBox QAbstractItemView {
    background: $raised; color: $text; border: 1px solid $border_strong; selection-background-color: $selection;
    selection-color: $text; outline: none; padding: $p4;
}

QCheckBox, QRadioButton { spacing: $p8; min-height: $p20; border: 1px solid transparent; border-radius: $p4; }
QCheckBox:focus, QRadioButton:focus { border-color: $focus; }
QCheckBox::indicator {
    width: $p16; height: $p16; border: 1px solid $border_strong; border-radius: $p4; background: $surface;
}
QCheckBox::indicator:checked { background: $accent; border-color: $accent; image: url($check); }
QCheckBox::indicator:disabled { border-color: $border; }

QSlider:horizontal { min-height: $p20; }
QSlider::groove:horizontal { height: $p4; background: $border; border-radius: $p2; }
QSlider::sub-page:horizontal { height: $p4; background: $accent; border-radius: $p2; }
QSlider::handle:horizontal {
    width: $knob_inner; margin: -$p6 0; border-radius: $knob_radius; background: $surface; border: 2px solid $accent;
}
QSlider::handle:horizontal:hover { background: $accent_soft; }
QSlider::handle:horizontal:focus { background: $accent; border-color: $text; }
QSlider::sub-page:horizontal:disabled, QSlider::handle:horizontal:disabled { background: $border; border-color: $border; }

QScrollArea, QScrollArea > QWidget > QWidget { background: transparent; border: none; }
QAbstractScrollArea::corner { background: transparent; border: none; }
QScrollBar:vertical { background: transparent; width: $p10; margin: 0; }
QScrollBar:horizontal { background: transparent; height: $p10; margin: 0; }
QScrollBar::handle { background: $border; border-radius: $p4; margin: $p1; }
QScrollBar::handle:vertical { min-height: $p28; }
QScrollBar::handle:horizontal { min-width: $p28; }
QScrollBar::handle:hover { background: $border_strong; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }

QMenuBar { background: transparent; padding: 0; spacing: $p2; }
QMenuBar::item { background: transparent; padding: $p6 $p8; border-radius: $p4; }
QMenuBar::item:selected { background: $sunken; }
QMenu { background: $raised; border: 1px solid $border_strong; padding: $p4; }
QMenu::item { padding: $p6 $p24 $p6 $p12; border-radius: $p4; }
QMenu::item:selected { background: $selection; }
QMenu::item:disabled { color: $border_strong; }
QMenu::separator { height: 1px; background: $border; margin: $p4 $p8; }
QMenu::icon { padding-left: $p8; }

QDockWidget { titlebar-close-icon: url($close); }
QMainWindow::separator { background: $background; width: $p6; height: $p6; }
QMainWindow::separator:hover { background: $accent; }
QTabBar { background: transparent; }
QTabBar::tab {
    background: transparent; color: $text_dim; padding: $p6 $p4; margin: 0 $p1; border: none;
    border-bottom: 2px solid transparent;
}
QTabBar::tab:selected { color: $text; border-bottom: 2px solid $accent; font-family: "$semibold"; font-weight: 600; }
QTabBar::tab:hover { color: $text; background: $sunken; }
QTabBar::tab:focus { background: $accent_soft; }
QTabBar::scroller { width: $p20; }
QTabBar::tear { image: none; width: 0; }
QTabBar QToolButton { background: $background; border: none; border-radius: 0; padding: 0; min-height: 0; }
QTabBar QToolButton:hover { background: $sunken; }
QTabBar QToolButton::left-arrow { image: url($arrow_left); width: $p14; height: $p14; }
QTabBar QToolButton::right-arrow { image: url($arrow_right); width: $p14; height: $p14; }
QTabWidget::pane { border: none; }

QStatusBar { background: $surface; }
QStatusBar::item { border: none; }
QProgressBar {
    background: $sunken; border: none; border-radius: $p2; min-height: $p4; max-height: $p4; text-align: center;
}
QProgressBar::chunk { background: $accent; border-radius: $p2; }
QListView, QListWidget, QTableView {
    background: $surface; border: 1px solid $border; border-radius: $p4; outline: none; selection-background-color: $selection;
    selection-color: $text;
}
QListWidget::item { padding: $p4; border-radius: $p4; }
QListWidget::item:selected { background: $selection; color: $text; }
QHeaderView { background: $sunken; border: none; }
QHeaderView::up-arrow, QHeaderView::down-arrow { subcontrol-origin: padding; subcontrol-position: center left; left: $p12; width: $p8; height: $p8; }
QHeaderView::section, QTableView QTableCornerButton::section { background: $sunken; color: $text_dim; border: none; padding: $p4; }
QGroupBox { border: none; margin-top: $p16; font-family: "$semibold"; font-weight: 600; }
QGroupBox::title { subcontrol-origin: margin; left: 0; }
"""
