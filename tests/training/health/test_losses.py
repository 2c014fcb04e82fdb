"""What is recognised as exploding, and what is not; errors in words."""

from __future__ import annotations

import numpy as np
import torch

from genplay.errors import Failure
from genplay.training.health.explain import explain
from genplay.training.health.losses import exploding, no_number
from genplay.training.history import History


def run(values: np.ndarray, name: str = "loss") -> History:
    history = History()
    steps = np.arange(1, len(values) + 1)
    history.extend(steps, steps * 1.0, (name,), values[:, None])
    return history


def test_an_exploding_loss_is_named_with_its_curve() -> None:
    falling = np.exp(-np.arange(300) / 50) * 3
    rising = np.exp(np.arange(200) / 20)
    reading = exploding(run(np.concatenate([falling, rising]), "generator_loss"))
    assert reading.state == "ill"
    assert "generator loss" in reading.seen
    (curve,) = reading.evidence
    assert list(curve.lines) == ["generator loss"]
    assert curve.lines["generator loss"][1].max() > 1000


def test_ordinary_losses_are_left_alone() -> None:
    rng = np.random.default_rng(0)
    t = np.arange(3000)
    for values in (
        3 * np.exp(-t / 300) + 0.3 * rng.standard_normal(len(t)),
        rng.standard_cauchy(len(t)).clip(-1000, 1000),
        5 * np.sin(t / 100) + rng.standard_normal(len(t)),
        np.linspace(1000, 2, len(t)),
    ):
        assert exploding(run(values)).state == "well"
    assert exploding(run(np.full(10, 1e9))).state == "open"
    assert exploding(run(np.exp(t / 100), "distance")).state == "open"


def test_a_loss_that_is_no_number_is_told_with_the_curve_up_to_it() -> None:
    reading = no_number("The loss was no longer a finite number at step 12.", run(np.ones(11)))
    assert reading.state == "ill"
    assert "step 12" in reading.seen
    assert len(reading.evidence[0].lines["loss"][0]) == 11


def test_errors_in_words() -> None:
    assert explain(Failure("as it is")) == "as it is"
    assert explain(torch.OutOfMemoryError("x")).startswith("Out of memory")
    assert (
        explain(RuntimeError("two\n lines"))
        == "Training stopped by an error in the model: RuntimeError: two lines"
    )
