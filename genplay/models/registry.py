"""Every model by id, without importing torch: our own, installed ones, and those opened from a user's file.

An installed package adds models through the entry-point group ``genplay.models``, each a ``Card``.
"""

from __future__ import annotations

import importlib.metadata
import logging
from functools import cache

from genplay.errors import BadInput, unknown_name
from genplay.models.card import Card
from genplay.spaces import World

__all__ = ["GROUP", "add", "card", "cards"]

GROUP = "genplay.models"
_log = logging.getLogger("genplay")
_opened: dict[str, Card] = {}
"""Models from the user's files: like modules, they belong to the process that has run them."""


@cache
def _installed() -> dict[str, Card]:
    """Our own cards, then those of installed packages; one that cannot be had is left out and logged."""
    from genplay.models.cards import ALL

    found = {c.id: c for c in ALL}
    for entry in importlib.metadata.entry_points(group=GROUP):
        try:
            more = entry.load()
        except Exception:
            _log.exception("the model '%s' of an installed package cannot be loaded", entry.name)
            continue
        if isinstance(more, Card) and more.id not in found:
            found[more.id] = more
        else:
            _log.error("the entry point '%s' is not a Card with an id of its own", entry.name)
    return found


def cards() -> dict[str, Card]:
    """All cards by id, in the order in which families are shown."""
    return {**_installed(), **_opened}


def add(card: Card) -> None:
    """Make a model of the user's known, or a new version of it; raises ``BadInput`` if its id is taken by another."""
    if card.id in _installed():
        raise BadInput(f"There is a model '{card.id}' already: give the file another name.")
    _opened[card.id] = card


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
