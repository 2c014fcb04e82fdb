"""Markov chains: tables against counting words by hand, leave-one-out against counting again, the table of all images."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest
import torch
from torch import Tensor

from genplay.models.base import About, Batch
from genplay.models.exhibits import Curves, Matrix
from genplay.models.markov import Markov, context_lengths, leave_one_out
from genplay.spaces.binary import images, log_sum_exp
from tests.models.harness import build, few_images, train


def chain(x: Tensor, objective: str = "pixels", **knobs: object) -> Markov:
    model = build("markov", x, world="digits", objective=objective, knobs=knobs)
    assert isinstance(model, Markov)
    train(model, x, 2)
    return model


def by_hand(x: Tensor, test: Tensor, symbol: int, k: int, alpha: float, stationary: bool) -> np.ndarray:
    """log p of images as sequences of words of ``symbol`` pixels, from counts in a dictionary."""
    words = [["".join(str(int(b)) for b in row[i : i + symbol]) for i in range(0, 25, symbol)] for row in x]
    asked = [
        ["".join(str(int(b)) for b in row[i : i + symbol]) for i in range(0, 25, symbol)] for row in test
    ]
    counts: Counter[object] = Counter()

    def key(row: list[str], i: int) -> tuple[object, ...]:
        place = "any" if stationary and i >= k else i
        return (place, tuple(row[max(0, i - k) : i]))

    for row in words:
        for i, word in enumerate(row):
            counts[key(row, i)] += 1
            counts[(key(row, i), word)] += 1
    return np.array(
        [
            sum(
                math.log((counts[(key(row, i), w)] + alpha) / (counts[key(row, i)] + alpha * 2**symbol))
                for i, w in enumerate(row)
            )
            for row in asked
        ]
    )


@pytest.mark.parametrize("stationary", [False, True])
@pytest.mark.parametrize(
    ("objective", "k"), [("pixels", 0), ("pixels", 3), ("rows", 0), ("rows", 1), ("rows", 2)]
)
def test_log_prob_equals_counting_words_by_hand(objective: str, k: int, stationary: bool) -> None:
    x, test = few_images(80), few_images(30, seed=1)
    name = "order" if objective == "pixels" else "row_order"
    model = chain(x, objective, stationary=stationary, smoothing=0.7, **{name: k})
    truth = by_hand(x, test, 1 if objective == "pixels" else 5, k, 0.7, stationary)
    np.testing.assert_allclose(model.log_prob(test).double().numpy(), truth, atol=1e-4)


@pytest.mark.parametrize(
    ("objective", "knobs"), [("pixels", {"order": 4, "scan": "snake"}), ("rows", {"scan": "column"})]
)
def test_all_images_sum_to_one_and_agree_with_log_prob(objective: str, knobs: dict[str, object]) -> None:
    model = chain(few_images(60), objective, **knobs)
    block = model.log_prob_blocks()
    assert log_sum_exp(block, rows=64) == pytest.approx(0.0, abs=1e-5)
    some = images(np.arange(4000 * 4096, 4001 * 4096))
    direct = model.log_prob(torch.tensor(some, dtype=torch.float32)).numpy()
    np.testing.assert_allclose(block(4000, 4001).ravel(), direct, atol=1e-4)


@pytest.mark.parametrize("objective", ["pixels", "rows"])
def test_leave_one_out_equals_counting_again_without_the_example(objective: str) -> None:
    x = few_images(12)
    model = chain(x, objective)
    seen, held_out = leave_one_out(*model._statistics(model._bits(x), 1))
    name = "order" if objective == "pixels" else "row_order"
    assert seen == pytest.approx(float(-chain(x, objective, **{name: 1}).log_prob(x).mean()), abs=1e-4)
    again = [
        -float(chain(torch.cat([x[:i], x[i + 1 :]]), objective, **{name: 1}).log_prob(x[i : i + 1]))
        for i in range(len(x))
    ]
    assert held_out == pytest.approx(np.mean(again), abs=1e-4)
    assert held_out > seen


def test_a_longer_memory_fits_the_data_better_but_not_what_was_left_out() -> None:
    seen, held_out = chain(few_images(150), smoothing=0.1).by_order.numpy()
    assert (np.diff(seen) < 1e-3).all()
    assert held_out.argmin() < 12
    assert held_out[12] > held_out.min() + 0.3


def test_samples_have_the_frequencies_of_neighbours_and_a_wrong_memory_spoils_them() -> None:
    x = few_images(300)
    model = chain(x, order=1, smoothing=0.0)

    def error() -> float:
        drawn = model.sample(20_000, torch.Generator().manual_seed(0))
        return float(
            ((drawn[:, :-1] * drawn[:, 1:]).mean(dim=0) - (x[:, :-1] * x[:, 1:]).mean(dim=0)).abs().max()
        )

    assert error() < 0.02
    model.counts.copy_(model.counts.flip(1))
    assert error() > 0.1


def test_the_conditionals_are_the_chance_of_light() -> None:
    x = few_images(50)
    model = chain(x, order=2)
    lit = x.clone()
    lit[:, 7] = 1.0
    torch.testing.assert_close(model.conditionals(x)[:, 7], model.log_conditionals(lit)[:, 7].exp())


def test_what_was_never_seen_is_impossible_without_smoothing_and_the_exhibits_stay_finite() -> None:
    x = torch.zeros(4, 25)
    x[:2] = 1.0
    model = chain(x, smoothing=0.0)
    assert float(model.log_prob(few_images(1))) == -math.inf
    about = About(x[:1], x, torch.zeros(4), torch.Generator().manual_seed(0))
    shown = model.exhibits(about)
    assert all(np.isfinite(y).all() for e in shown if isinstance(e, Curves) for _, y in e.lines.values())
    (table,) = (e for e in shown if isinstance(e, Matrix))
    assert np.isnan(table.values).any()
    # Reading "…1111" after light: light follows for certain.
    assert table.values[-1, 10] == 1.0


def test_another_order_is_counted_anew() -> None:
    x = few_images(40)
    model = chain(x, order=1)
    model.configure(model.options.replace(order=6))
    assert not model.finished
    (phase,) = model.phases()
    phase.run(Batch(x, torch.zeros(40), torch.Generator()))
    torch.testing.assert_close(model.log_prob(x), chain(x, order=6).log_prob(x))


def test_memory_never_reaches_before_the_start() -> None:
    assert context_lengths("pixels", 3, 25)[:5] == [0, 1, 2, 3, 3]
    assert context_lengths("rows", 1, 25)[:12] == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 5, 6]
