"""What goes wrong, said in one line: what, where, and what to do."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

__all__ = ["BadInput", "Failure", "GenplayError", "suggest", "unknown_name"]


class GenplayError(Exception):
    """A problem that is told to the user as one plain line; ``exit_code`` is the command line's."""

    exit_code = 1


class BadInput(GenplayError):
    """What the user gave cannot be used: a file, a name, a number out of range."""

    exit_code = 2


class Failure(GenplayError):
    """The input was fine, but the work could not be finished."""


def suggest(name: str, allowed: Iterable[str]) -> str:
    """Return ``' Did you mean …?'`` for the nearest allowed name, or ``''``."""
    close = difflib.get_close_matches(name, list(allowed), n=1, cutoff=0.5)
    return f" Did you mean '{close[0]}'?" if close else ""


def unknown_name(what: str, name: str, allowed: Iterable[str]) -> BadInput:
    """An error that names the thing, the nearest match and the allowed values."""
    names = sorted(allowed)
    listed = ", ".join(names) if names else "none"
    return BadInput(f"There is no {what} '{name}'.{suggest(name, names)} Allowed: {listed}.")
