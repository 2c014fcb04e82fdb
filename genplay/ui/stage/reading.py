"""What is read under the mouse, in one line."""

from __future__ import annotations

from dataclasses import dataclass

from genplay.quantity import Kind
from genplay.ui.stage.image_card import log_p_text
from genplay.ui.tokens import Tokens

__all__ = ["Reading", "reading_html"]


@dataclass(frozen=True, slots=True)
class Reading:
    """A place and the values there; ``waiting``: the model's values still belong to the place before."""

    x: float
    y: float
    true: float | None
    learned: float | None
    energy: float | None
    waiting: bool


def reading_html(reading: Reading, density: Kind | None, tokens: Tokens) -> str:
    """x, y, log p with its kind, true log p, energy, as rich text."""
    parts = [f"({reading.x:.2f}, {reading.y:.2f})".replace("-", "−")]
    if density is not None and reading.learned is not None:
        parts.append(_span("log p", tokens.model) + " " + log_p_text(reading.learned, density))
    if reading.true is not None:
        parts.append(_span("true log p", tokens.truth) + " " + log_p_text(reading.true, "exact"))
    if reading.energy is not None:
        parts.append(f"energy = {reading.energy:.3f}".replace("-", "−"))
    colour = tokens.text_dim if reading.waiting else tokens.text
    return f'<span style="color:{colour}">' + " &nbsp;·&nbsp; ".join(parts) + "</span>"


def _span(text: str, colour: str) -> str:
    return f'<span style="color:{colour}">{text}</span>'
