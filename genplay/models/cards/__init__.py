"""The cards of all models, one file each, in the order in which the window shows them."""

from __future__ import annotations

from genplay.models.card import Card

__all__ = ["ALL"]

ALL: tuple[Card, ...] = ()
