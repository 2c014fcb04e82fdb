"""Every model by id, without importing torch."""

from __future__ import annotations

from functools import cache

from genplay.errors import BadInput, unknown_name
from genplay.models.card import Card
from genplay.spaces import World

__all__ = ["card", "cards"]


@cache
def cards() -> dict[str, Card]:
    """All cards by id, in the order in which families are shown."""
    from genplay.models.cards import ALL

    return {c.id: c for c in ALL}


def card(name: str, world: World | None = None) -> Card:
    """One card by id; raise ``BadInput`` if there is none, or none in this world."""
    known = cards()
    if name not in known:
        raise unknown_name("model", name, known)
    found = known[name]
    if world is not None and world not in found.worlds:
        fitting = ", ".join(c.id for c in known.values() if world in c.worlds)
        raise BadInput(f"The model '{name}' does not work in the world '{world}'. There: {fitting}.")
    return found
