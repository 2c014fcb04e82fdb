"""The history: curves against plain lists, bounded memory, one writer beside readers."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genplay.training.history import History


def rows(history: History, first: int, last: int) -> None:
    steps = np.arange(first, last)
    history.extend(steps, steps * 0.5, ("loss", "kl"), np.stack([steps * 2.0, -steps * 1.0], axis=1))


def test_what_goes_in_comes_out() -> None:
    history = History()
    history.append(1, 0.1, {"loss": 3.0})
    history.append(2, 0.2, {"loss": 2.0, "kl": 5.0})
    history.record("nll_test", 2, 1.5)
    assert history.names() == ("loss", "kl", "nll_test")
    assert history.length == 2
    assert history.last_step == 2
    steps, values = history.decimated("loss")
    assert (steps.tolist(), values.tolist()) == ([1, 2], [3.0, 2.0])
    # A term that came later has no value before.
    assert history.curve("kl")[0].tolist() == [2]
    assert history.decimated("nll_test")[1].tolist() == [1.5]
    assert history.decimated("nothing")[0].size == 0
    assert history.seconds(np.array([1, 2])).tolist() == pytest.approx([0.1, 0.2])


@given(st.integers(1, 3000), st.integers(2, 700))
def test_decimation_keeps_the_mean_and_the_last_step(n: int, points: int) -> None:
    history = History()
    rows(history, 0, n)
    steps, values = history.decimated("loss", points)
    assert len(steps) == min(n, points)
    assert steps[-1] == n - 1
    assert np.all(np.diff(steps) > 0)
    weights = np.diff(np.concatenate([[-1], steps]))
    assert np.sum(values * weights) / n == pytest.approx(n - 1)


def test_a_range_of_steps() -> None:
    history = History()
    rows(history, 0, 100)
    assert history.decimated("kl", 600, start=10, stop=13)[0].tolist() == [10, 11, 12]


def test_numbers_that_are_not_finite_are_left_out() -> None:
    history = History()
    for step, value in enumerate([1.0, float("nan"), float("inf"), 3.0]):
        history.append(step, 0.0, {"loss": value})
    assert history.curve("loss")[1].tolist() == [1.0, 3.0]


def test_old_rows_are_averaged_when_there_are_too_many() -> None:
    history = History(most_rows=1000)
    for first in range(0, 20_000, 37):
        rows(history, first, first + 37)
    assert history.length <= 1000
    steps, values = history.curve("loss")
    assert np.all(np.diff(steps) > 0)
    assert np.diff(steps)[-200:].tolist() == [1] * 200
    assert values[-1] == 2.0 * steps[-1]
    # A row stands for all steps after the row before it: their mean is what it must hold.
    gaps = np.diff(steps)
    means = 2.0 * (steps[1:] - (gaps - 1) / 2)
    assert np.allclose(values[1:], means, rtol=0.02)
    assert history.nbytes < 200_000


def test_sparse_curves_are_bounded_too() -> None:
    history = History(most_points=100)
    for step in range(5000):
        history.record("nll_test", step, 1.0)
    assert len(history.curve("nll_test")[0]) <= 100


def test_marks_of_one_subject_at_one_step_replace_each_other() -> None:
    history = History()
    history.mark(5, "β = 2", "beta")
    history.mark(5, "β = 3", "beta")
    history.mark(6, "the data changed")
    assert [(m.step, m.text) for m in history.marks] == [(5, "β = 3"), (6, "the data changed")]


def test_keyframes_are_thinned_and_reach_from_start_to_end() -> None:
    history = History(most_frames=16)
    for step in range(0, 1000, 3):
        if history.wants_keyframe(step):
            history.keep(step, {"w": np.full(4, float(step))})
    frames = history.keyframes
    assert 5 <= len(frames) <= 16
    assert frames[0] == 0
    assert frames[-1] > 800
    assert max(np.diff(frames)) <= 4 * min(np.diff(frames)[:-1])
    frame = history.keyframe(500)
    assert frame is not None
    assert frame.step <= 500
    assert frame.state["w"][0] == frame.step


def test_keyframes_are_bounded_in_bytes() -> None:
    history = History(most_bytes=100_000)
    for step in range(100):
        history.keep(step, {"w": np.zeros(1000)})
    assert history.nbytes < 100_000 + 8_000 + 10_000


def test_readers_beside_a_writer_see_whole_rows() -> None:
    history = History(most_rows=2000)
    stop, wrong = threading.Event(), []

    def read() -> None:
        while not stop.is_set():
            steps, loss = history.curve("loss")
            # A row averages the steps since the row before, so its loss lies between theirs.
            before = np.concatenate([[-1], steps[:-1]])
            if ((loss < 2 * (before + 1)) | (loss > 2 * steps)).any() or np.isnan(loss).any():
                wrong.append((steps, loss))

    readers = [threading.Thread(target=read) for _ in range(2)]
    for thread in readers:
        thread.start()
    for first in range(0, 40_000, 50):
        rows(history, first, first + 50)
    stop.set()
    for thread in readers:
        thread.join()
    assert not wrong


def test_a_copy_is_the_same_until_now_and_its_own_from_then_on() -> None:
    history = History()
    rows(history, 1, 300)
    history.record("nll_test", 299, 1.0)
    history.mark(5, "a knob", "knob")
    history.keep(299, {"w": np.ones(3)})
    copy = history.copy()
    assert copy.names() == history.names()
    assert (copy.marks, copy.keyframes, copy.last_step) == (history.marks, history.keyframes, 299)
    rows(history, 300, 400)
    rows(copy, 300, 310)
    copy.record("nll_test", 309, 2.0)
    assert (history.last_step, copy.last_step) == (399, 309)
    assert history.curve("loss", 300, 310)[1].tolist() == copy.curve("loss", 300)[1].tolist()
    assert history.curve("nll_test")[1].tolist() == [1.0]
