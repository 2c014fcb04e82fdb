"""What is recognised as exploding, and what is not."""

from __future__ import annotations

import numpy as np
import torch

from genplay.errors import Failure
from genplay.training.health import explain, exploding
from genplay.training.history import History


def run(values: np.ndarray, name: str = "loss") -> History:
    history = History()
    steps = np.arange(1, len(values) + 1)
    history.extend(steps, steps * 1.0, (name,), values[:, None])
    return history


def test_an_exploding_loss_is_named() -> None:
    falling = np.exp(-np.arange(300) / 50) * 3
    rising = np.exp(np.arange(200) / 20)
    finding = exploding(run(np.concatenate([falling, rising]), "generator_loss"))
    assert finding is not None
    assert finding.id == "exploding-loss"
    assert "generator loss" in finding.text
    assert "learning rate" in finding.text


def test_ordinary_losses_are_left_alone() -> None:
    rng = np.random.default_rng(0)
    t = np.arange(3000)
    for values in (
        3 * np.exp(-t / 300) + 0.3 * rng.standard_normal(len(t)),
        rng.standard_cauchy(len(t)).clip(-1000, 1000),
        5 * np.sin(t / 100) + rng.standard_normal(len(t)),
        np.linspace(1000, 2, len(t)),
    ):
        assert exploding(run(values)) is None
    assert exploding(run(np.full(10, 1e9))) is None
    assert exploding(run(np.exp(t / 100), "distance")) is None


def test_errors_in_words() -> None:
    assert explain(Failure("as it is")) == "as it is"
    assert explain(torch.OutOfMemoryError("x")).startswith("Out of memory")
    assert (
        explain(RuntimeError("two\n lines"))
        == "Training stopped by an error in the model: RuntimeError: two lines"
    )
