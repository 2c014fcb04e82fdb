"""Python's words in the theme's colours."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtGui import QColor, QTextDocument
from PySide6.QtWidgets import QPlainTextEdit

import genplay
from genplay.ui.python_colours import COLOURS, PythonColours, spans
from genplay.ui.theme import DARK, LIGHT
from genplay.ui.tokens import contrast

SOURCE = '''"""Two lines,
both doc."""

import math  # why


@cached
class Ring(Base):
    def grow(self, by: float = 1.5) -> str:
        """More."""
        return f"𝒩 {by:.1f}" + 'x' + str(len(self.list))
'''


def words(source: str) -> set[tuple[str, str]]:
    lines = source.splitlines()
    return {(lines[s.line][s.start : s.start + s.length].strip(), s.kind) for s in spans(source)}


def test_kinds() -> None:
    found = words(SOURCE)
    assert {
        ('"""Two lines,', "docstring"), ('both doc."""', "docstring"), ("import", "keyword"), ("# why", "comment"),
        ("@", "decorator"), ("cached", "decorator"), ("class", "keyword"), ("Ring", "name"), ("grow", "name"),
        ("self", "builtin"), ("1.5", "number"), ('"""More."""', "docstring"), ("'x'", "text"), ("len", "builtin"),
    } <= found  # fmt: skip
    assert ("list", "builtin") not in found, "an attribute of that name is not the builtin"
    assert not {word for word, kind in found if word in ("math", "Base", "by")}


@pytest.mark.parametrize(
    "path", sorted((Path(genplay.__file__).parent / "models").glob("*.py"))[:12], ids=lambda p: p.name
)
def test_spans_lie_in_their_lines_and_do_not_overlap(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    taken: dict[int, int] = {}
    for span in sorted(spans("\n".join(lines)), key=lambda s: (s.line, s.start)):
        assert span.start >= taken.get(span.line, 0)
        taken[span.line] = span.start + span.length
        assert taken[span.line] <= len(lines[span.line])


def test_what_is_not_python_is_coloured_as_far_as_it_goes() -> None:
    assert ("def", "keyword") in words("def f(:\n  '''never closed\n")
    assert spans("") == []


def test_the_document_is_painted_by_the_theme(theme) -> None:
    view = QPlainTextEdit()
    document = view.document()
    colours = PythonColours(document, theme)
    colours.read(SOURCE)
    view.setPlainText(SOURCE)
    assert painted(document)["class"] == QColor(LIGHT.model).name()
    assert painted(document)["'x'"] == QColor(LIGHT.truth).name(), (
        "a sign beyond the first plane moves nothing"
    )
    theme.set("dark")
    assert painted(document)["class"] == QColor(DARK.model).name()


def painted(document: QTextDocument) -> dict[str, str]:
    found = {}
    block = document.begin()
    while block.isValid():
        raw = block.text().encode("utf-16-le")
        for span in block.layout().formats():
            word = raw[2 * span.start : 2 * (span.start + span.length)].decode("utf-16-le")
            found[word] = span.format.foreground().color().name()
        block = block.next()
    return found


@pytest.mark.parametrize("tokens", [LIGHT, DARK])
def test_every_colour_can_be_read(tokens) -> None:
    for name in COLOURS.values():
        assert contrast(getattr(tokens, name), tokens.surface) >= 4.5, name
