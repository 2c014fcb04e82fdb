"""Python in the theme's colours: Python's own tokenizer finds the words, a highlighter paints them."""

from __future__ import annotations

import builtins
import io
import keyword
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass

from PySide6.QtGui import QColor, QFont, QSyntaxHighlighter, QTextCharFormat, QTextDocument

from genplay.ui.theme import Theme

__all__ = ["COLOURS", "PythonColours", "Span", "spans"]

COLOURS = {
    "keyword": "model",
    "text": "truth",
    "docstring": "text_dim",
    "comment": "text_dim",
    "number": "data",
    "name": "accent",
    "builtin": "error_negative",
    "decorator": "error_negative",
}
"""The token of the theme for each kind of word; all are made to be read on the panel's paper."""

_TEXTS = {tokenize.STRING} | {
    getattr(tokenize, name)
    for name in ("FSTRING_START", "FSTRING_MIDDLE", "FSTRING_END")
    if hasattr(tokenize, name)
}
"""Python 3.12 and later cut a formatted text into pieces."""


@dataclass(frozen=True)
class Span:
    """A word of one line (from 0): where it begins, how long it is, and of what kind."""

    line: int
    start: int
    length: int
    kind: str


def spans(source: str) -> list[Span]:
    """All coloured words of a source; of one that is not Python, those before the place where it stops being so."""
    found: list[Span] = []
    lines = source.splitlines()
    before: tokenize.TokenInfo | None = None
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            kind = _kind(token, before)
            if kind:
                found += _cut(token, kind, lines)
            if token.type not in (tokenize.NL, tokenize.COMMENT):
                before = token
    except (tokenize.TokenError, SyntaxError):
        pass
    return found


def _kind(token: tokenize.TokenInfo, before: tokenize.TokenInfo | None) -> str:
    if token.type == tokenize.COMMENT:
        return "comment"
    if token.type == tokenize.NUMBER:
        return "number"
    if token.type in _TEXTS:
        alone = before is None or before.type in (tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT)
        return "docstring" if alone and token.type == tokenize.STRING else "text"
    if token.type == tokenize.OP and token.string == "@" and (before is None or before.type in _STARTS):
        return "decorator"
    if token.type != tokenize.NAME:
        return ""
    if before is not None and before.string in ("def", "class"):
        return "name"
    if before is not None and before.string == "@" and token.line.lstrip().startswith("@"):
        return "decorator"
    if keyword.iskeyword(token.string):
        return "keyword"
    attribute = before is not None and before.string == "."
    return "builtin" if not attribute and (token.string in _BUILTINS or token.string == "self") else ""


_STARTS = (tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT)
_BUILTINS = frozenset(name for name in dir(builtins) if not name.startswith("_"))


def _cut(token: tokenize.TokenInfo, kind: str, lines: list[str]) -> Iterator[Span]:
    """A token in pieces of one line each."""
    (first, left), (last, right) = token.start, token.end
    for row in range(first, last + 1):
        start = left if row == first else 0
        stop = right if row == last else len(lines[row - 1])
        if stop > start:
            yield Span(row - 1, start, stop - start, kind)


class PythonColours(QSyntaxHighlighter):
    """Paints a document that holds one source. ``read`` is called with each new text before it is put in."""

    def __init__(self, document: QTextDocument, theme: Theme) -> None:
        super().__init__(document)
        self._theme = theme
        self._spans: dict[int, list[Span]] = {}
        theme.changed.connect(self.rehighlight)

    def read(self, source: str) -> None:
        """Find the words of a source."""
        self._spans = {}
        for span in spans(source):
            self._spans.setdefault(span.line, []).append(span)

    def highlightBlock(self, text: str) -> None:
        for span in self._spans.get(self.currentBlock().blockNumber(), ()):
            look = QTextCharFormat()
            look.setForeground(QColor(getattr(self._theme.tokens, COLOURS[span.kind])))
            if span.kind == "name":
                look.setFontWeight(QFont.Weight.DemiBold)
            if span.kind in ("comment", "docstring"):
                look.setFontItalic(True)
            # Qt counts in UTF-16 units, Python in characters: they differ for signs such as 𝒩.
            start, stop = (
                len(text[:at].encode("utf-16-le")) // 2 for at in (span.start, span.start + span.length)
            )
            self.setFormat(start, stop - start, look)
