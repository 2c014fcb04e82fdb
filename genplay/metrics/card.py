"""A measure's card: what is known of it without measuring anything. No torch."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from genplay.quantity import Quantity
from genplay.spaces import WORLDS, World

if TYPE_CHECKING:
    from genplay.metrics.evaluation import Evaluation

__all__ = ["Better", "Effort", "Measure", "MetricCard", "Missing", "Need"]

Better = Literal["lower", "higher", "neither"]
Effort = Literal["quick", "slow"]
Need = Literal[
    "draws", "density", "density or bound", "bound", "log_z", "score", "code", "law", "law density", "test", "classes"
]  # fmt: skip


class Missing(Exception):
    """There is no such number; ``reason`` is a sentence that says why."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


Measure = Callable[["Evaluation"], Quantity]
"""Measures, or raises ``Missing``."""


@dataclass(frozen=True)
class MetricCard:
    """One measure: what it says, in which unit, which way is better, and how it is taken.

    ``method`` is a sentence for whoever points at the number. ``needs`` is what model and data must offer. ``target`` is
    ``module:function`` within ``genplay.metrics``, a function of an ``Evaluation``, imported when first measured.
    """

    id: str
    title: str
    summary: str
    unit: str
    better: Better
    method: str
    target: str
    needs: tuple[Need, ...] = ()
    worlds: tuple[World, ...] = WORLDS
    cost: Effort = "quick"
    reference: str = ""

    def load(self) -> Measure:
        """Import the function that measures it."""
        module, _, name = self.target.partition(":")
        measure: Measure = getattr(importlib.import_module(f"genplay.metrics.{module}"), name)
        return measure
