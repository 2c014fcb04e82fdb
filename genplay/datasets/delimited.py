"""Text tables: CSV, TSV and their relatives, read into cells that remember their line."""

from __future__ import annotations

import csv
import io
import itertools
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from genplay.errors import BadInput

__all__ = ["MOST_ROWS", "Cells", "is_number", "read_cells"]

MOST_ROWS = 2_000_000
_DELIMITERS = {"\t": "tab", ";": "semicolon", ",": "comma", "|": "bar", " ": "space"}
_SIGNATURES = {
    b"\x89PNG": "a PNG picture", b"\xff\xd8\xff": "a JPEG picture", b"PK\x03\x04": "a ZIP archive",
    b"\x93NUMPY": "a NumPy array", b"%PDF": "a PDF document", b"\x1f\x8b": "a gzip archive", b"PAR1": "a Parquet table",
}  # fmt: skip


@dataclass(frozen=True)
class Cells:
    """Rows of equally many texts, the line each one came from, and the header if there is one."""

    header: tuple[str, ...] | None
    rows: list[list[str]]
    lines: list[int]
    delimiter: str

    @property
    def width(self) -> int:
        return len(self.rows[0])

    def name(self, column: int) -> str:
        """A column by number and name, as errors tell it."""
        if self.header is None:
            return f"column {column + 1}"
        return f"column {column + 1} ('{self.header[column]}')"


def is_number(text: str) -> bool:
    """Whether a cell reads as a number (``nan`` and ``inf`` do)."""
    try:
        float(text)
    except ValueError:
        return False
    return True


def read_cells(path: Path) -> Cells:
    """Read a text table; delimiter and header are found out. Raises ``BadInput`` naming file and line.

    Blank lines and lines that start with # are passed over.
    """
    text = _decoded(path)
    delimiter = _sniffed(text, prefer="\t" if path.suffix.lower() == ".tsv" else None)
    rows, numbers = _split(path, text, delimiter)
    if not rows:
        raise BadInput(f"{path} is empty: it has no line with values. Give it at least two rows of numbers.")
    header = None
    if _is_header(rows):
        header = tuple(cell or f"column {i + 1}" for i, cell in enumerate(rows[0]))
        rows, numbers = rows[1:], numbers[1:]
    if not rows:
        raise BadInput(f"{path} has a header but no rows of values. Give it at least two rows of numbers.")
    _check_width(path, rows, numbers, header)
    return Cells(header, rows, numbers, delimiter)


def _decoded(path: Path) -> str:
    raw = path.read_bytes()
    for signature, what in _SIGNATURES.items():
        if raw.startswith(signature):
            raise BadInput(
                f"{path} is not a text table but {what}. Give it the ending that says so, or export it as CSV."
            )
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = "utf-16"
    elif b"\0" in raw:
        line = raw[: raw.index(b"\0")].count(b"\n") + 1
        raise BadInput(
            f"{path}, line {line}: this is not a text table (it holds binary data). Export the table as CSV."
        )
    else:
        encoding = "utf-8-sig"
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as error:
        before = raw[: error.start]
        line, column = before.count(b"\n") + 1, error.start - (before.rfind(b"\n") + 1) + 1
        raise BadInput(
            f"{path}, line {line}, character {column}: byte 0x{raw[error.start]:02x} is not {encoding.upper().removesuffix('-SIG')} text. "
            "Save the file with the encoding UTF-8."
        ) from None


def _sniffed(text: str, prefer: str | None) -> str:
    """The delimiter that splits most of the first lines into the same number of cells, at least two."""
    head = [line for line in itertools.islice(_lines(text), 200) if line.strip()][:30]
    order = [prefer, *_DELIMITERS] if prefer else list(_DELIMITERS)
    for delimiter in order:
        try:
            widths = [len(row) for _, row in _parsed(head, delimiter)]
        except csv.Error:
            continue
        if widths:
            width, count = Counter(widths).most_common(1)[0]
            if width > 1 and 2 * count > len(widths):
                return delimiter
    return ","


def _lines(text: str) -> Iterator[str]:
    """The lines, comments blanked so that the count stays right."""
    return ("\n" if line.lstrip().startswith("#") else line for line in io.StringIO(text, newline=""))


def _parsed(lines: Iterable[str], delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """(number of its first line, cells) of every row that is not blank."""
    if delimiter == " ":
        lines = (" ".join(line.split()) + "\n" for line in lines)
    reader = csv.reader(lines, delimiter=delimiter, skipinitialspace=True, strict=True)
    first = 1
    for row in reader:
        if len(row) > 1 or any(row):
            yield first, [cell.strip() for cell in row]
        first = reader.line_num + 1


def _split(path: Path, text: str, delimiter: str) -> tuple[list[list[str]], list[int]]:
    rows: list[list[str]] = []
    numbers: list[int] = []
    try:
        for line, cells in _parsed(_lines(text), delimiter):
            if len(rows) > MOST_ROWS:
                raise BadInput(f"{path} has more than {MOST_ROWS:,} rows. Give a sample of them.")
            rows.append(cells)
            numbers.append(line)
    except csv.Error as error:
        after = f"after line {numbers[-1]}" if numbers else "line 1"
        raise BadInput(
            f"{path}, {after}: the text cannot be split into cells ({error}). Check its quotation marks."
        ) from None
    return rows, numbers


def _is_header(rows: list[list[str]]) -> bool:
    """Whether the first row names the columns: no number in it, or mostly words above numbers."""
    if not any(is_number(cell) for cell in rows[0]):
        return any(rows[0])
    below = rows[1] if len(rows) > 1 else []
    words = sum(not is_number(a) and is_number(b) for a, b in zip(rows[0], below, strict=False))
    return 2 * words > len(rows[0])


def _check_width(
    path: Path, rows: list[list[str]], numbers: list[int], header: tuple[str, ...] | None
) -> None:
    """Every row as wide as the header, or without one as the most common row."""
    width = len(header) if header is not None else Counter(map(len, rows)).most_common(1)[0][0]
    for row, line in zip(rows, numbers, strict=True):
        if len(row) != width:
            like = "the header has" if header is not None else "most lines have"
            first = min(len(row), width)
            name = f" ('{header[first]}')" if header is not None and first < width else ""
            wrong, mend = (
                ("is missing", "Fill it in") if len(row) < width else ("is too much", "Take it away")
            )
            raise BadInput(
                f"{path}, line {line}: column {first + 1}{name} {wrong}: {like} {width}, this line {len(row)}. {mend}."
            )
