"""A number that says what it is: exact, a bound, or an estimate with its standard error."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

__all__ = ["Kind", "Quantity", "bound", "estimate", "exact"]

Kind = Literal["exact", "bound", "estimate"]
Direction = Literal["lower", "upper"]
_TINY = 1e-4
"""Below this a value is written with a power of ten: six decimals would not show it."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """A value with its kind, its standard error where it has one, and the method that gave it.

    ``direction`` belongs to bounds only: a ``lower`` bound says *the truth is at least this*.
    """

    value: float
    kind: Kind
    stderr: float | None = None
    method: str = ""
    unit: str = "nats"
    direction: Direction | None = None

    def __post_init__(self) -> None:
        if self.kind == "bound" and self.direction is None:
            raise ValueError("a bound says which way it bounds: direction 'lower' or 'upper'")
        if self.kind != "bound" and self.direction is not None:
            raise ValueError("only a bound has a direction")
        if self.kind == "exact" and self.stderr is not None:
            raise ValueError("an exact value has no standard error")

    @property
    def symbol(self) -> str:
        """The sign read before the value: = exact, ≥ or ≤ bound, ≈ estimate."""
        if self.kind == "exact":
            return "="
        if self.kind == "bound":
            return "≥" if self.direction == "lower" else "≤"
        return "≈"

    def negated(self, method: str | None = None) -> Quantity:
        """−value; a lower bound becomes an upper one."""
        flipped: Direction | None = None
        if self.direction is not None:
            flipped = "upper" if self.direction == "lower" else "lower"
        return Quantity(-self.value, self.kind, self.stderr, method or self.method, self.unit, flipped)

    def to_json(self) -> dict[str, object]:
        """The object that ``--json`` prints; a value that is not finite becomes null with a word why."""
        finite = math.isfinite(self.value)
        out: dict[str, object] = {
            "value": self.value if finite else None,
            "kind": self.kind,
            "stderr": self.stderr,
            "method": self.method if finite else f"{self.method} (value is {self.value})",
            "unit": self.unit,
        }
        if self.direction is not None:
            out["direction"] = self.direction
        return out

    def digits(self) -> int:
        """Decimals worth showing: two significant digits of the standard error, else three decimals."""
        if self.stderr is not None and self.stderr > 0 and math.isfinite(self.stderr):
            return max(0, min(6, 1 - math.floor(math.log10(self.stderr))))
        return 3

    def __str__(self) -> str:
        if not math.isfinite(self.value):
            number = "∞" if self.value > 0 else "−∞" if self.value < 0 else "not a number"
            return f"{self.symbol} {number}"
        if self.stderr is not None and 0 < abs(self.value) < _TINY:
            number, error = f"{self.value:.2g}", f" ± {self.stderr:.2g}"
        else:
            number = f"{self.value:.{self.digits()}f}"
            error = f" ± {self.stderr:.{self.digits()}f}" if self.stderr is not None else ""
        if self.unit == "images" and self.stderr is None and float(self.value).is_integer():
            number = f"{self.value:,.0f}"
        number, error = number.replace("-", "−"), error.replace("e-", "e−")
        unit = f" {self.unit}" if self.unit else ""
        return f"{self.symbol} {number}{error}{unit}"


def exact(value: float, method: str, unit: str = "nats") -> Quantity:
    """A closed form, or a sum or integral over the whole space."""
    return Quantity(float(value), "exact", None, method, unit)


def bound(
    value: float,
    direction: Direction,
    method: str,
    stderr: float | None = None,
    unit: str = "nats",
) -> Quantity:
    """A number the truth is certainly not below (``lower``) or above (``upper``)."""
    return Quantity(float(value), "bound", stderr, method, unit, direction)


def estimate(value: float, stderr: float | None, method: str, unit: str = "nats") -> Quantity:
    """A number with a standard error."""
    return Quantity(float(value), "estimate", stderr, method, unit)
