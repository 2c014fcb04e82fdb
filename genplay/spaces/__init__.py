"""The two worlds, small enough to know the truth: the plane, and all 2^25 binary 5×5 images."""

from __future__ import annotations

from typing import Literal

__all__ = ["DIMENSIONS", "WORLDS", "World"]

World = Literal["plane", "digits"]
WORLDS: tuple[World, ...] = ("plane", "digits")
DIMENSIONS: dict[World, int] = {"plane": 2, "digits": 25}
