"""Knobs: settings as frozen dataclasses that know their ranges.

The form in the window, ``--set`` on the command line and the project file are all made from these.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Self

from genplay.errors import BadInput, suggest

__all__ = ["KnobInfo", "Knobs", "Value", "again", "knob", "range_in_words"]

Value = bool | int | float | str
Type = Literal["bool", "int", "float", "choice"]


def range_in_words(whole: bool, low: float | None, high: float | None) -> str:
    """Which numbers are allowed: 'a whole number from 1 to 24', 'a number, at least 0'."""
    kind = "a whole number" if whole else "a number"
    if low is not None and high is not None:
        return f"{kind} from {low:g} to {high:g}"
    if low is not None:
        return f"{kind}, at least {low:g}"
    if high is not None:
        return f"{kind}, at most {high:g}"
    return kind


@dataclass(frozen=True, slots=True)
class KnobInfo:
    """What a form needs to know about one knob.

    ``live``: a change applies to the running model; otherwise it needs a restart.
    ``log``: a slider moves in ratios. ``worlds``/``objectives``: where the knob means anything (None: everywhere).
    """

    name: str
    type: Type
    default: Value
    low: float | None
    high: float | None
    choices: tuple[str, ...]
    log: bool
    live: bool
    label: str
    help: str
    unit: str
    worlds: tuple[str, ...] | None
    objectives: tuple[str, ...] | None

    def applies(self, world: str, objective: str | None = None) -> bool:
        """Whether the knob means anything in this world and under this objective."""
        if self.worlds is not None and world not in self.worlds:
            return False
        return self.objectives is None or objective is None or objective in self.objectives

    def allowed(self) -> str:
        """The allowed values in words."""
        if self.type == "choice":
            return ", ".join(self.choices)
        if self.type == "bool":
            return "true, false"
        return range_in_words(self.type == "int", self.low, self.high)

    def parse(self, raw: object) -> Value:
        """Turn text or a number into a checked value; raise ``BadInput`` naming the allowed values."""
        try:
            value = self._convert(raw)
        except (TypeError, ValueError, OverflowError):
            raise self._refusal(raw) from None
        if self.type == "choice":
            if value not in self.choices:
                raise self._refusal(raw, suggest(str(raw), self.choices))
        elif self.type in ("int", "float"):
            number = float(value)
            if (
                not math.isfinite(number)
                or (self.low is not None and number < self.low)
                or (self.high is not None and number > self.high)
            ):
                raise self._refusal(raw)
        return value

    def _convert(self, raw: object) -> Value:
        if self.type == "choice":
            return str(raw)
        if self.type == "bool":
            if isinstance(raw, bool):
                return raw
            words = {"true": True, "yes": True, "on": True, "1": True}
            words |= {"false": False, "no": False, "off": False, "0": False}
            text = str(raw).strip().lower()
            if text not in words:
                raise ValueError(text)
            return words[text]
        if isinstance(raw, bool):
            raise TypeError(raw)
        number = float(raw) if isinstance(raw, int | float) else float(str(raw))
        if self.type == "float":
            return number
        if number != int(number):
            raise ValueError(raw)
        return int(number)

    def _refusal(self, raw: object, extra: str = "") -> BadInput:
        return BadInput(f"{self.name} cannot be '{raw}'.{extra} Allowed: {self.allowed()}.")


def knob(
    default: Value,
    help: str,
    *,
    low: float | None = None,
    high: float | None = None,
    choices: tuple[str, ...] = (),
    log: bool = False,
    live: bool = False,
    label: str = "",
    unit: str = "",
    worlds: tuple[str, ...] | None = None,
    objectives: tuple[str, ...] | None = None,
) -> Any:
    """Declare one knob of a ``Knobs`` dataclass; its type is that of ``default`` (text means a choice)."""
    kind: Type
    if choices:
        kind = "choice"
    elif isinstance(default, bool):
        kind = "bool"
    elif isinstance(default, int):
        kind = "int"
    else:
        kind = "float"
    meta = {
        "type": kind, "low": low, "high": high, "choices": choices, "log": log, "live": live,
        "label": label, "help": help, "unit": unit, "worlds": worlds, "objectives": objectives,
    }  # fmt: skip
    return field(default=default, metadata=meta)


def again(base: type[Knobs], name: str, default: Value | None = None, **changes: object) -> Any:
    """A knob of a base class once more, with another default or other properties (``help``, ``low``, ``objectives`` …)."""
    (known,) = (f for f in dataclasses.fields(base) if f.name == name)
    strange = set(changes) - set(known.metadata)
    if strange:
        raise TypeError(f"a knob has no {', '.join(sorted(strange))}")
    value = known.default if default is None else default
    return field(default=value, metadata={**known.metadata, **changes})


@dataclass(frozen=True)
class Knobs:
    """Base of every settings dataclass; values are checked when one is made."""

    def __post_init__(self) -> None:
        for info in self.infos():
            object.__setattr__(self, info.name, info.parse(getattr(self, info.name)))

    @classmethod
    def infos(cls) -> tuple[KnobInfo, ...]:
        """The knobs in the order of their declaration."""
        return tuple(
            KnobInfo(
                name=f.name,
                default=f.default,  # type: ignore[arg-type]
                **{**f.metadata, "label": f.metadata["label"] or f.name.replace("_", " ")},
            )
            for f in dataclasses.fields(cls)
        )

    @classmethod
    def info(cls, name: str) -> KnobInfo:
        """One knob by name; raise ``BadInput`` naming the nearest."""
        infos = {info.name: info for info in cls.infos()}
        if name not in infos:
            listed = ", ".join(infos) or "none"
            raise BadInput(f"There is no knob '{name}'.{suggest(name, infos)} Allowed: {listed}.")
        return infos[name]

    @classmethod
    def parse(cls, values: Mapping[str, object]) -> Self:
        """Build from text or numbers by name; anything not named keeps its default."""
        return cls(**{name: cls.info(name).parse(raw) for name, raw in values.items()})

    def replace(self, **changes: object) -> Self:
        """A copy with some knobs changed and checked."""
        parsed = {name: self.info(name).parse(raw) for name, raw in changes.items()}
        return dataclasses.replace(self, **parsed)

    @classmethod
    def carried(cls, other: Knobs) -> Self:
        """The defaults with what was changed in another set of knobs, as far as it has a place and is allowed here."""
        out = cls()
        for name, value in other.changed().items():
            try:
                out = out.replace(**{name: value})
            except BadInput:
                continue
        return out

    def as_dict(self) -> dict[str, Value]:
        """Name to value, ready for JSON."""
        return {info.name: getattr(self, info.name) for info in self.infos()}

    def changed(self) -> dict[str, Value]:
        """Only the knobs that differ from their default."""
        return {i.name: v for i in self.infos() if (v := getattr(self, i.name)) != i.default}
