"""The recipe: schedules against their formulas, card defaults, and no torch."""

from __future__ import annotations

import math
import subprocess
import sys
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genplay.errors import BadInput
from genplay.training.recipe import Recipe
from tests.training import fakes


def test_schedules_follow_their_formulas() -> None:
    make = Recipe(learning_rate=0.1, horizon=100, floor=0.2).replace
    assert make(schedule="constant").rate(70) == pytest.approx(0.1)
    assert make(schedule="cosine").rate(50) == pytest.approx(0.1 * (0.2 + 0.8 * 0.5))
    assert make(schedule="exponential").rate(50) == pytest.approx(0.1 * math.sqrt(0.2))
    assert make(schedule="polynomial", power=2).rate(25) == pytest.approx(0.1 * (0.2 + 0.8 * 0.75**2))


@given(
    st.sampled_from(["constant", "cosine", "exponential", "polynomial"]),
    st.integers(1, 1000),
    st.floats(0, 1),
    st.integers(0, 50),
)
def test_a_schedule_starts_at_the_rate_never_rises_and_ends_at_the_floor(
    schedule: str, horizon: int, floor: float, warmup: int
) -> None:
    recipe = Recipe(learning_rate=1e-2, schedule=schedule, horizon=horizon, floor=floor, warmup=warmup)
    rates = [recipe.rate(t) for t in range(warmup, warmup + 50)]
    assert all(a >= b * (1 - 1e-12) for a, b in pairwise(rates))
    end = 1.0 if schedule == "constant" else max(floor, 1e-4) if schedule == "exponential" else floor
    assert recipe.rate(horizon + warmup + 5) == pytest.approx(1e-2 * end)
    if warmup:
        assert recipe.rate(0) <= 1e-2 / warmup * (1 + 1e-12)


def test_card_overrides_are_checked() -> None:
    assert Recipe.for_card(fakes.card("Normal")).learning_rate == 0.01
    with pytest.raises(BadInput, match="learning_rate"):
        Recipe.for_card(fakes.card("Normal", recipe={"learnin_rate": 0.1}))


def test_the_recipe_and_the_plan_load_no_torch() -> None:
    code = (
        "import sys, genplay.training.recipe, genplay.training.plan, genplay.training.snapshot, "
        "genplay.training.checkpoint; sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0
