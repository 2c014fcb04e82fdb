"""The most probable images of a product of Bernoullis, whose order is known."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from genplay.errors import Failure
from genplay.spaces.binary import log_mixture_block
from genplay.training.enumeration import most_probable
from genplay.training.jobs import Cancelled
from genplay.training.trainer import Trainer
from tests.training import fakes


class Pixels(fakes.Normal):
    """Independent pixels with known probabilities."""

    p = 1 / (1 + np.exp(-np.linspace(-3, 4, 25)))

    def log_prob_blocks(self) -> Callable[[int, int], np.ndarray]:
        one, zero = np.log(self.p)[None], np.log1p(-self.p)[None]
        return lambda start, stop: log_mixture_block(np.zeros(1), one, zero, start, stop)


def test_best_images_first_and_all_mass_seen() -> None:
    fakes.CLASSES["Pixels"] = Pixels
    model = Trainer(fakes.plan("Pixels", world="digits")).model
    shares = []
    found = most_probable(model, 5, lambda share, text: shares.append(share))
    best = (Pixels.p > 0.5).astype(int)
    assert found.images[0].tolist() == best.tolist()
    # The next ones flip the pixels that cost least.
    costs = np.sort(np.abs(np.linspace(-3, 4, 25)))
    assert found.log_prob[0] - found.log_prob[1:4] == pytest.approx(
        sorted([costs[0], costs[1], costs[0] + costs[1], costs[2]])[:3]
    )
    assert np.all(np.diff(found.log_prob) <= 0)
    expected = (found.images * np.log(Pixels.p) + (1 - found.images) * np.log1p(-Pixels.p)).sum(axis=1)
    assert found.log_prob == pytest.approx(expected)
    assert found.mass == pytest.approx(1.0, abs=1e-9)
    assert shares[-1] == 1.0
    assert np.all(np.diff(shares) > 0)
    with pytest.raises(Cancelled):
        most_probable(model, 5, cancelled=lambda: True)


def test_a_model_without_blocks_says_so() -> None:
    model = Trainer(fakes.plan("TwoPlayers", world="digits")).model
    with pytest.raises(Failure, match="twoplayers"):
        most_probable(model, 3)
