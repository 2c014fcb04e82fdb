"""The theme: one of two token tables times a scale, turned into fonts, lengths, icons, a palette and a style sheet."""

from __future__ import annotations

from functools import cache

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QIcon, QPalette
from PySide6.QtWidgets import QApplication

from genplay.errors import BadInput, unknown_name
from genplay.paths import resource
from genplay.ui.icons import IconSet
from genplay.ui.stylesheet import stylesheet
from genplay.ui.tokens import DARK, LIGHT, THEMES, Tokens

__all__ = ["DARK", "LIGHT", "SCALES", "Theme", "Tokens"]

SCALES = (0.75, 2.5)
"""The least and the greatest font scale."""

GRID = 4
"""All lengths are multiples of this many pixels at scale 1."""

_SIZES = {"small": 12, "body": 13, "mono": 13, "title": 14, "heading": 17, "display": 24}
_BOLD = ("title", "heading", "display")
_SANS = "Inter"
_SEMIBOLD = "Inter SemiBold"
_MONO = "JetBrains Mono"


class Theme(QObject):
    """What everything on the screen asks for its looks; ``changed`` is emitted after the theme or the scale changed."""

    changed = Signal()

    def __init__(self, name: str = "light", scale: float = 1.0, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.tokens: Tokens = THEMES[name]
        self.scale = min(max(scale, SCALES[0]), SCALES[1])
        self._app: QApplication | None = None
        self._families = _load_fonts()
        self._icons = IconSet()

    @property
    def name(self) -> str:
        return self.tokens.name

    def set(self, name: str) -> None:
        """Switch to ``light`` or ``dark``; raise ``BadInput`` for another name."""
        if name not in THEMES:
            raise unknown_name("theme", name, THEMES)
        if name != self.tokens.name:
            self.tokens = THEMES[name]
            self._refresh()

    def set_scale(self, factor: float) -> None:
        """Scale fonts, spacing and icons; raise ``BadInput`` outside 0.75 to 2.5."""
        if not SCALES[0] <= factor <= SCALES[1]:
            raise BadInput(
                f"The scale cannot be {factor:g}. Allowed: a number from {SCALES[0]:g} to {SCALES[1]:g}."
            )
        if factor != self.scale:
            self.scale = factor
            self._refresh()

    def apply(self, app: QApplication) -> None:
        """Dress the application now and after every later change."""
        self._app = app
        app.setStyle("Fusion")
        self._dress(app)

    def color(self, name: str) -> QColor:
        """A token by name."""
        return QColor(getattr(self.tokens, name))

    def class_color(self, label: int) -> QColor:
        """The hue of a class; hues repeat after ten."""
        return QColor(self.tokens.classes[label % len(self.tokens.classes)])

    def space(self, n: float = 1) -> int:
        """n steps of the 4-pixel grid, scaled."""
        return round(GRID * n * self.scale)

    def px(self, length: float) -> int:
        """A length in pixels at scale 1, scaled; at least 1."""
        return max(1, round(length * self.scale))

    def font(self, role: str = "body") -> QFont:
        """A font by role: body, small, title, heading, display or mono (tabular figures)."""
        family = "mono" if role == "mono" else "semibold" if role in _BOLD else "sans"
        font = QFont(self._families[family])
        font.setPixelSize(self.px(_SIZES[role]))
        font.setWeight(QFont.Weight.DemiBold if role in _BOLD else QFont.Weight.Normal)
        font.setFeature(QFont.Tag("tnum"), 1)
        return font

    def icon(self, name: str, token: str = "text") -> QIcon:
        """An icon of resources/icons in a token's colour, dimmed where disabled, crisp at any scale."""
        tokens = self.tokens
        disabled = tokens.border_strong if token != "text_on_accent" else _colour(tokens, token)
        return self._icons.icon(name, _colour(tokens, token), disabled)

    def _refresh(self) -> None:
        if self._app is not None:
            self._dress(self._app)
        self.changed.emit()

    def _dress(self, app: QApplication) -> None:
        app.setPalette(_palette(self.tokens))
        app.setFont(self.font("body"))
        app.setStyleSheet(stylesheet(self.tokens, self.px, self.font, self._icons.file))


def _colour(tokens: Tokens, name: str) -> str:
    """A token's colour, or the name itself where it already is ``#RRGGBB``."""
    return name if name.startswith("#") else str(getattr(tokens, name))


@cache
def _load_fonts() -> dict[str, str]:
    """Register the bundled fonts and say which families there are, falling back to the system's."""
    for file in sorted(resource("fonts").glob("*.ttf")):
        QFontDatabase.addApplicationFont(str(file))
    known = QFontDatabase.families()
    system = QFontDatabase.SystemFont
    sans = _SANS if _SANS in known else QFontDatabase.systemFont(system.GeneralFont).family()
    return {
        "sans": sans,
        "semibold": _SEMIBOLD if _SEMIBOLD in known else sans,
        "mono": _MONO if _MONO in known else QFontDatabase.systemFont(system.FixedFont).family(),
    }


def _palette(tokens: Tokens) -> QPalette:
    """The palette that widgets without a rule of their own fall back to."""
    roles = {
        QPalette.ColorRole.Window: tokens.background,
        QPalette.ColorRole.WindowText: tokens.text,
        QPalette.ColorRole.Base: tokens.surface,
        QPalette.ColorRole.AlternateBase: tokens.sunken,
        QPalette.ColorRole.Text: tokens.text,
        QPalette.ColorRole.PlaceholderText: tokens.text_dim,
        QPalette.ColorRole.Button: tokens.raised,
        QPalette.ColorRole.ButtonText: tokens.text,
        QPalette.ColorRole.BrightText: tokens.danger,
        QPalette.ColorRole.Highlight: tokens.selection,
        QPalette.ColorRole.HighlightedText: tokens.text,
        QPalette.ColorRole.ToolTipBase: tokens.raised,
        QPalette.ColorRole.ToolTipText: tokens.text,
        QPalette.ColorRole.Link: tokens.accent,
        QPalette.ColorRole.LinkVisited: tokens.accent,
        QPalette.ColorRole.Light: tokens.raised,
        QPalette.ColorRole.Midlight: tokens.border,
        QPalette.ColorRole.Mid: tokens.border,
        QPalette.ColorRole.Dark: tokens.border_strong,
        QPalette.ColorRole.Shadow: tokens.sunken,
        QPalette.ColorRole.Accent: tokens.accent,
    }
    palette = QPalette()
    for role, colour in roles.items():
        palette.setColor(role, QColor(colour))
    dim = QColor(tokens.border_strong)
    for role in (QPalette.ColorRole.WindowText, QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, role, dim)
    return palette
