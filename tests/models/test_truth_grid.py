"""The divergences from a known truth where they can be worked out by hand: the truth itself, and mass out of the picture."""

from __future__ import annotations

import math

import pytest
import torch

from genplay.models.truth_grid import TruthGrid
from genplay.spaces.plane import HOME
from tests.models.harness import two_moons_law


def test_the_truth_is_at_no_distance_from_itself() -> None:
    truth = TruthGrid(two_moons_law(), HOME)
    assert float(truth.log_p.double().exp().sum()) * truth.grid.cell_area == pytest.approx(1, abs=1e-5)
    for divergence in (truth.forward_kl, truth.reverse_kl, truth.js):
        assert float(divergence(truth.log_p)) == pytest.approx(0, abs=1e-4)


@pytest.mark.parametrize("share", [1.0, 0.25])
def test_mass_beyond_the_picture_is_not_forgotten(share: float) -> None:
    """q = (1 − share) p inside, the rest far outside, where p counts as e^−100.

    JS = ½ Σ p log(2/(2 − s)) + ½ (1 − s) Σ p log(2(1 − s)/(2 − s)) + ½ s log 2.
    """
    truth = TruthGrid(two_moons_law(), HOME)
    kept = 1 - share
    log_q = truth.log_p + math.log(kept) if kept else torch.full_like(truth.log_p, -300.0)
    inner = kept * math.log(2 * kept / (1 + kept)) if kept else 0.0
    js = 0.5 * (math.log(2 / (1 + kept)) + inner + share * math.log(2))
    assert float(truth.js(log_q)) == pytest.approx(js, abs=1e-4)
    reverse = (kept * math.log(kept) if kept else 0.0) + 100 * share
    assert float(truth.reverse_kl(log_q)) == pytest.approx(reverse, abs=2e-2)
