"""A table of runs and measures as a file: CSV with every number apart, Markdown, or a picture."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from genplay.errors import BadInput
from genplay.lab.archive import write_atomically
from genplay.lab.sample_files import checked_output
from genplay.lab.score_gaps import gaps
from genplay.lab.score_table import Figure, ScoreRow, ScoreTable, head, kind_words
from genplay.metrics.registry import MetricCard

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont

__all__ = ["SUFFIXES", "as_csv", "as_markdown", "as_png", "checked_table_path", "write_table"]

SUFFIXES = (".csv", ".md", ".png")
_MEASURED = ("value", "kind", "stderr", "step", "method")
_PAPER, _INK, _DIM, _LINE, _BEST = "#FFFFFF", "#1A2130", "#4F5868", "#DADEE6", "#0B6E69"


def checked_table_path(path: Path) -> Path:
    """The path, if a table can be written there; raises ``BadInput`` before any work is done in vain."""
    return checked_output(path, SUFFIXES)


def write_table(table: ScoreTable, path: Path) -> Path:
    """Write the table in the form that the suffix asks for (.csv, .md, .png), atomically; raises ``BadInput``."""
    checked_table_path(path)
    if not table.rows:
        raise BadInput("The table is empty: measure a run first.")
    writers: dict[str, Callable[[ScoreTable], bytes]] = {
        ".csv": lambda t: as_csv(t).encode("utf-8"),
        ".md": lambda t: as_markdown(t).encode("utf-8"),
        ".png": as_png,
    }
    write_atomically(path, writers[path.suffix.lower()](table))
    return path


def as_csv(table: ScoreTable) -> str:
    """One line a run; for each measure its value, kind, standard error, step and method in columns of their own."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    measured = [
        f"{column.id}_{part}" if part != "value" else column.id
        for column in table.columns
        for part in _MEASURED
    ]
    writer.writerow(["run", "kind", "model", "data", "world", "step", *measured])
    for row in table.rows:
        cells: list[object] = [row.title, row.kind, row.model, row.data.name, row.world, row.step]
        for column in table.columns:
            figure = row.figure(column.id)
            quantity = figure.quantity if figure is not None else None
            if figure is None or quantity is None:
                cells += _no_number(figure)
            else:
                kind = f"{quantity.kind} ({quantity.direction})" if quantity.direction else quantity.kind
                error = "" if quantity.stderr is None else repr(quantity.stderr)
                cells += [repr(quantity.value), kind, error, figure.step, quantity.method]
        writer.writerow(cells)
    return out.getvalue()


def _no_number(figure: Figure | None) -> list[object]:
    """The cells of a measure that was not taken (all empty) or gave nothing: which of the two, and in ``method`` the reason."""
    if figure is None:
        return [""] * len(_MEASURED)
    return ["", "failed" if figure.trouble else "missing", "", figure.step, figure.why_not]


def as_markdown(table: ScoreTable) -> str:
    """A Markdown table with the surely best figure of each column in bold, and a line that says what the signs mean."""
    heads = ["Run", "Step", *(head(column) for column in table.columns)]
    lines = [_line(heads), _line(["---", *["---:"] * (len(heads) - 1)])]
    for row in table.rows:
        cells = [row.title, f"{row.step:,}"]
        for column in table.columns:
            text = table.text(row, column.id)
            if row.stale(column.id):
                text += f" (step {row.figures[column.id].step:,})"
            cells.append(f"**{text}**" if table.best(column) == row.key else text)
        lines.append(_line(cells))
    return "\n".join([*lines, "", *_paragraphs(_legend(table)), ""])


def _paragraphs(lines: list[str]) -> list[str]:
    """The lines with an empty one between, which Markdown needs to keep them apart."""
    return [part for line in lines for part in (line, "")][:-1]


def _line(cells: list[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def _legend(table: ScoreTable) -> list[str]:
    seen = {}
    for row in table.rows:
        for column in table.columns:
            figure = row.figure(column.id)
            if figure is not None and figure.quantity is not None:
                seen[figure.quantity.symbol] = kind_words(figure.quantity)
    signs = "; ".join(f"{sign} {words}" for sign, words in seen.items())
    bold = "Bold: the best, by more than the errors." if len(table.rows) > 1 else ""
    said = [f"{signs[:1].upper()}{signs[1:]}. {bold}".strip()] if seen else []
    return [*said, *(str(gap) for gap in gaps(table))]


# The picture


@dataclass(frozen=True)
class _Cell:
    text: str
    bold: bool = False
    dim: bool = False


def _cells(table: ScoreTable) -> list[list[_Cell]]:
    rows = [
        [_Cell("Run", dim=True), _Cell("Step", dim=True), *(_Cell(head(c), dim=True) for c in table.columns)]
    ]
    for row in table.rows:
        rows.append(
            [_Cell(row.title), _Cell(f"{row.step:,}"), *(_figure_cell(table, row, c) for c in table.columns)]
        )
    return rows


def _figure_cell(table: ScoreTable, row: ScoreRow, column: MetricCard) -> _Cell:
    stale = row.stale(column.id)
    text = table.text(row, column.id) + (f" (step {row.figures[column.id].step:,})" if stale else "")
    return _Cell(text, table.best(column) == row.key, stale)


def as_png(table: ScoreTable, size: int = 22) -> bytes:
    """The table as a picture, dark on white, letters of ``size`` pixels."""
    from PIL import Image, ImageDraw

    body, strong = _font("Inter-Regular.ttf", size), _font("Inter-SemiBold.ttf", size)
    rows, pad, high = _cells(table), size, round(size * 2.1)

    def width(cell: _Cell) -> int:
        return math.ceil((strong if cell.bold else body).getlength(cell.text))

    widths = [max(width(row[j]) for row in rows) + pad for j in range(len(rows[0]))]
    room = max(sum(widths), 30 * size)
    legend = [line for said in _legend(table) for line in _wrapped(said, body, room)]
    across = max(sum(widths), max((math.ceil(body.getlength(line)) for line in legend), default=0)) + 2 * pad
    picture = Image.new("RGB", (across, high * len(rows) + round(1.5 * size) * len(legend) + 3 * pad), _PAPER)
    pen = ImageDraw.Draw(picture)
    y = pad
    for i, row in enumerate(rows):
        x = pad
        for j, cell in enumerate(row):
            # The names stand left, figures right under one another.
            at = x if j == 0 else x + widths[j] - pad / 2 - width(cell)
            ink = _BEST if cell.bold else _DIM if cell.dim else _INK
            pen.text((at, y + high / 2), cell.text, ink, strong if cell.bold else body, "lm")
            x += widths[j]
        y += high
        pen.line([(pad, y), (across - pad, y)], _DIM if i == 0 else _LINE, 1)
    for i, line in enumerate(legend):
        pen.text((pad, y + pad + round(1.5 * size) * i), line, _DIM, body, "lm")
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def _font(name: str, size: int) -> FreeTypeFont:
    from PIL import ImageFont

    from genplay.paths import resource

    return ImageFont.truetype(str(resource("fonts") / name), size)


def _wrapped(text: str, font: FreeTypeFont, width: float) -> list[str]:
    lines: list[str] = []
    for word in text.split():
        if lines and font.getlength(f"{lines[-1]} {word}") <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines
