"""Ticks at round numbers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genplay.ui.stage.axes import log_ticks, tick_text, ticks
from genplay.ui.stage.colour_bar import number
from genplay.ui.stage.scales import round_up


@given(st.floats(-1e4, 1e4), st.floats(1e-3, 1e4), st.integers(2, 12))
def test_ticks_are_round_even_and_inside(low: float, span: float, most: int) -> None:
    high = low + span
    found = ticks(low, high, most)
    assert len(found) <= most + 1
    assert all(low - 1e-6 * span <= t <= high + 1e-6 * span for t in found)
    if len(found) > 1:
        steps = np.diff(found)
        assert steps == pytest.approx(steps[0], rel=1e-6)
        digits = f"{steps[0]:.3e}".split("e")[0].rstrip("0").rstrip(".")
        assert digits in ("1", "2", "5")
        texts = [tick_text(t, steps[0]) for t in found]
        assert len(set(texts)) == len(texts), "no two ticks read alike"


def test_texts() -> None:
    assert tick_text(-0.5, 0.5) == "−0.5"
    assert tick_text(1e-17, 0.5) == "0.0"
    assert tick_text(12000.0, 2000.0) == "12,000"
    assert [text for _, text in log_ticks(0.0, 3.0, 4)] == ["1", "10", "100", "1,000"]
    assert [text for _, text in log_ticks(-1.0, 0.0, 9)] == ["0.1", "0.2", "0.5", "1"]
    assert number(-0.0123) == "−0.0123"
    assert number(0.0) == "0"


@given(st.floats(1e-12, 1e12))
def test_round_up_is_little_more(value: float) -> None:
    assert value * (1 - 1e-6) <= round_up(value) <= 2 * value
