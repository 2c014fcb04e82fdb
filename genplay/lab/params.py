"""Parameters of actions: typed, checked, with the allowed values in every refusal."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from genplay.errors import BadInput, suggest
from genplay.knobs import range_in_words
from genplay.spaces.binary import PIXELS, SIDE

__all__ = ["REQUIRED", "KnownPixels", "Param", "ParamType", "Pixels", "Points"]

ParamType = Literal[
    "int", "float", "str", "bool", "path", "points", "pixels", "known", "choice", "value", "names"
]
Points = tuple[tuple[float, float], ...]
Pixels = tuple[int, ...]
KnownPixels = tuple[int | None, ...]


class _Required:
    def __repr__(self) -> str:
        return "required"


REQUIRED = _Required()


@dataclass(frozen=True)
class Param:
    """One parameter of an action.

    ``value`` is a bool, number or text as it comes (a knob checks it); ``points`` is a list of [x, y]; ``pixels`` is 25
    numbers 0 or 1, or 5 rows of text with ``#`` or ``1`` for ink, ``known`` the same with null or ``?`` where nothing is known; ``names`` is a list of texts or one with commas.
    """

    name: str
    type: ParamType
    help: str
    default: object = REQUIRED
    choices: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None

    @property
    def required(self) -> bool:
        return self.default is REQUIRED

    def to_json(self) -> dict[str, object]:
        """What ``list actions --json`` prints."""
        out: dict[str, object] = {
            "name": self.name,
            "type": self.type,
            "help": self.help,
            "required": self.required,
        }
        if not self.required:
            out["default"] = self.default
        if self.choices:
            out["choices"] = list(self.choices)
        if self.low is not None:
            out["low"] = self.low
        if self.high is not None:
            out["high"] = self.high
        return out

    def parse(self, raw: object) -> object:
        """The checked value; raises ``BadInput`` saying what is allowed. None stands for a default that is None."""
        if raw is None and self.default is None:
            return None
        match self.type:
            case "int" | "float":
                return self._number(raw)
            case "bool":
                return self._bool(raw)
            case "choice":
                if raw not in self.choices:
                    near = suggest(str(raw), self.choices)
                    raise BadInput(
                        f"{self.name} cannot be '{raw}'.{near} Allowed: {', '.join(self.choices)}."
                    )
                return raw
            case "points":
                return self._points(raw)
            case "pixels":
                return self._pixels(raw)
            case "known":
                return self._pixels(raw, unknown=True)
            case "names":
                return self._names(raw)
            case "value":
                if not isinstance(raw, bool | int | float | str):
                    raise self._refusal(raw, "true, false, a number or text")
                return raw
            case "path":
                if not isinstance(raw, str | Path) or not str(raw).strip():
                    raise self._refusal(raw, "the path of a file")
                return Path(raw).expanduser()
            case "str":
                if not isinstance(raw, str):
                    raise self._refusal(raw, "text")
                return raw

    def _refusal(self, raw: object, allowed: str) -> BadInput:
        shown = str(raw)
        return BadInput(
            f"{self.name} cannot be '{shown if len(shown) <= 60 else shown[:57] + '…'}'. Allowed: {allowed}."
        )

    def _range(self) -> str:
        return range_in_words(self.type == "int", self.low, self.high)

    def _number(self, raw: object) -> int | float:
        if isinstance(raw, bool) or not isinstance(raw, int | float | str):
            raise self._refusal(raw, self._range())
        try:
            number = float(raw)
        except (ValueError, OverflowError):
            raise self._refusal(raw, self._range()) from None
        outside = (self.low is not None and number < self.low) or (
            self.high is not None and number > self.high
        )
        fraction = self.type == "int" and number != math.floor(number) if math.isfinite(number) else True
        if outside or (self.type == "int" and fraction) or not math.isfinite(number):
            raise self._refusal(raw, self._range())
        return int(number) if self.type == "int" else number

    def _bool(self, raw: object) -> bool:
        if isinstance(raw, bool):
            return raw
        words = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
        if isinstance(raw, str) and raw.strip().lower() in words:
            return words[raw.strip().lower()]
        raise self._refusal(raw, "true, false")

    def _points(self, raw: object) -> Points:
        allowed = "a list of points [x, y], at least one, all numbers finite"
        if hasattr(raw, "tolist"):
            raw = raw.tolist()
        if not isinstance(raw, list | tuple) or not raw:
            raise self._refusal(raw, allowed)
        if len(raw) == 2 and all(isinstance(v, int | float) for v in raw):
            raw = [raw]
        out: list[tuple[float, float]] = []
        for row in raw:
            if not isinstance(row, list | tuple) or len(row) != 2:
                raise self._refusal(row, allowed)
            if not all(isinstance(v, int | float) and not isinstance(v, bool) for v in row):
                raise self._refusal(row, allowed)
            x, y = float(row[0]), float(row[1])
            if not (math.isfinite(x) and math.isfinite(y)):
                raise self._refusal(row, allowed)
            out.append((x, y))
        return tuple(out)

    def _pixels(self, raw: object, unknown: bool = False) -> KnownPixels:
        also = ", null or ? where it is not known" if unknown else ""
        allowed = f"{PIXELS} numbers 0 or 1{also}, or {SIDE} rows of text with # for ink"
        if hasattr(raw, "tolist"):
            raw = raw.tolist()
        if isinstance(raw, str):
            raw = raw.split("\n") if "\n" in raw else [raw]
        if not isinstance(raw, list | tuple):
            raise self._refusal(raw, allowed)
        if raw and all(isinstance(row, str) for row in raw):
            text = "".join(str(row).ljust(SIDE) if len(raw) == SIDE else str(row) for row in raw)
            marks = {"#": 1, "1": 1, "X": 1, " ": 0, ".": 0, "0": 0, "?": None}
            raw = [marks.get(mark, -1) for mark in text]
        flat: list[object] = []
        for row in raw:
            flat.extend(row if isinstance(row, list | tuple) else [row])
        if len(flat) != PIXELS or any(value not in ((0, 1, None) if unknown else (0, 1)) for value in flat):
            raise self._refusal(raw, allowed)
        return tuple(None if value is None else int(bool(value)) for value in flat)

    def _names(self, raw: object) -> tuple[str, ...]:
        if isinstance(raw, str):
            raw = [part.strip() for part in raw.split(",")]
        if not isinstance(raw, list | tuple) or not raw or not all(isinstance(v, str | int) for v in raw):
            raise self._refusal(raw, "a list of names, or names with commas between them")
        return tuple(str(value) for value in raw)
