"""The formula on every card, of models and of samplers, can be set, and without a word that the typesetter does not know."""

from __future__ import annotations

import pytest
import ziamath
from latex2mathml.converter import convert

from genplay.models.cards import ALL
from genplay.sampling.cards import cards

FORMULAS = {card.id: card.formula for card in (*ALL, *cards().values())}


def unknown(formula: str) -> bool:
    """An unknown command is set as it stands, backslash and all."""
    return "\\" in convert(formula)


@pytest.mark.parametrize("name", FORMULAS)
def test_a_cards_formula_can_be_set(name: str) -> None:
    assert not unknown(FORMULAS[name])
    assert len(list(ziamath.Latex(FORMULAS[name]).svgxml().iter())) > 5


def test_an_unknown_command_would_be_noticed() -> None:
    assert unknown(r"\foo x")
