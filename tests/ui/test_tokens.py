"""Text can be read in both themes: WCAG 2.2 AA, computed from the table itself."""

from __future__ import annotations

import pytest

from genplay.ui.tokens import DARK, LIGHT, Tokens, contrast

SURFACES = ("background", "surface", "raised", "sunken", "canvas", "accent_soft")
TEXTS = (
    "text", "text_dim", "accent", "data", "model", "truth", "error_positive", "error_negative", "warning",
    "danger", "ok",
)  # fmt: skip


def test_contrast_of_known_pairs() -> None:
    assert contrast("#FFFFFF", "#000000") == pytest.approx(21.0)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)
    assert contrast("#123456", "#123456") == pytest.approx(1.0)


@pytest.mark.parametrize("tokens", [LIGHT, DARK], ids=lambda t: t.name)
def test_text_reaches_aa_on_every_surface(tokens: Tokens) -> None:
    weak = {
        (text, surface): round(ratio, 2)
        for surface in SURFACES
        for text in TEXTS
        if (ratio := contrast(getattr(tokens, text), getattr(tokens, surface))) < 4.5
    }
    assert not weak
    for surface in ("accent", "accent_hover"):
        assert contrast(tokens.text_on_accent, getattr(tokens, surface)) >= 4.5
    assert contrast(tokens.text, tokens.selection) >= 7


@pytest.mark.parametrize("tokens", [LIGHT, DARK], ids=lambda t: t.name)
def test_marks_reach_three_to_one(tokens: Tokens) -> None:
    for colour in (*tokens.classes, tokens.focus):
        assert contrast(colour, tokens.canvas) >= 3.0
    assert contrast(tokens.border_strong, tokens.surface) >= 3.0
    assert len(set(tokens.classes)) == len(set(tokens.markers)) == 10


def linear(colour: str) -> list[float]:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    return [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]


@pytest.mark.parametrize("tokens", [LIGHT, DARK], ids=lambda t: t.name)
def test_the_first_classes_differ_without_red_or_green_cones(tokens: Tokens) -> None:
    # Viénot, Brettel and Mollon 1999: linear RGB as a protanope and a deuteranope see it.
    views = {
        "protan": [[0.11238, 0.88762, 0.0], [0.11238, 0.88762, 0.0], [0.00401, -0.00401, 1.0]],
        "deutan": [[0.29275, 0.70725, 0.0], [0.29275, 0.70725, 0.0], [-0.02234, 0.02234, 1.0]],
    }
    for matrix in views.values():
        seen = [
            [sum(m * c for m, c in zip(row, linear(colour), strict=True)) for row in matrix]
            for colour in tokens.classes[:4]
        ]
        for i, one in enumerate(seen):
            for other in seen[:i]:
                assert sum((a - b) ** 2 for a, b in zip(one, other, strict=True)) ** 0.5 > 0.05
