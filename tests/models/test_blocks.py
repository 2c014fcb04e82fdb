"""Blocks of the 2^25 images, of every model that has them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import genplay
from genplay.models.base import HasBlocks, HasEnergyBlocks
from genplay.models.registry import cards

CASES = [
    (card.id, objective.id)
    for card in cards().values()
    if "digits" in card.density and card.id != "run-mixture"
    # The objective matters to the energy of an EBM only: one that can be summed exactly is another net.
    for objective in card.objectives_in("digits")[: None if card.id == "ebm" else 1]
]


@pytest.mark.parametrize(("name", "objective"), CASES)
def test_blocks_are_the_same_when_several_threads_ask_for_them(name: str, objective: str) -> None:
    run = genplay.fit("glyphs", name, objective=objective, steps=2, n=60)
    with run.trainer.viewing() as model:
        offered = []
        if isinstance(model, HasBlocks):
            offered.append(model.log_prob_blocks())
        if isinstance(model, HasEnergyBlocks):
            offered.append(model.minus_energy_blocks())
        if not offered:
            pytest.skip("cannot be visited block by block")
        places = [(start, start + 8) for start in range(0, 8000, 999)]
        for block in offered:
            alone = [np.array(block(*place)) for place in places]
            with ThreadPoolExecutor(4) as pool:
                together = list(pool.map(lambda place, block=block: np.array(block(*place)), places))
            for a, b in zip(alone, together, strict=True):
                np.testing.assert_array_equal(a, b)
