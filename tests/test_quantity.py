import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genplay.quantity import Quantity, bound, estimate, exact

NUMBERS = st.floats(-1e6, 1e6)


def test_each_kind_shows_its_own_sign():
    assert str(exact(1.5, "closed form")) == "= 1.500 nats"
    assert str(estimate(1.5, 0.02, "mean of samples")) == "≈ 1.500 ± 0.020 nats"
    assert str(bound(-2.0, "lower", "ELBO")) == "≥ −2.000 nats"
    assert str(bound(2.0, "upper", "negative ELBO", unit="")) == "≤ 2.000"


def test_digits_follow_the_standard_error():
    assert str(estimate(0.123456, 0.00012, "mean")) == "≈ 0.12346 ± 0.00012 nats"
    assert str(estimate(123.456, 7.0, "mean")) == "≈ 123.5 ± 7.0 nats"
    assert str(estimate(-2.14e-6, 4.2e-8, "mean", unit="s")) == "≈ −2.1e−06 ± 4.2e−08 s"


@given(NUMBERS, st.sampled_from(["lower", "upper"]))
def test_negating_a_bound_turns_it_around_and_back(value, direction):
    q = bound(value, direction, "m", stderr=0.1)
    assert q.negated().direction != direction
    assert q.negated().value == -value
    assert q.negated().negated() == q


@pytest.mark.parametrize(
    "arguments",
    [
        {"kind": "bound"},
        {"kind": "exact", "direction": "lower"},
        {"kind": "exact", "stderr": 0.1},
    ],
)
def test_a_quantity_that_contradicts_itself_cannot_be_made(arguments):
    with pytest.raises(ValueError, match=r"bound|standard error"):
        Quantity(1.0, **arguments)


@pytest.mark.parametrize(
    ("value", "shown"), [(math.inf, "= ∞"), (-math.inf, "= −∞"), (math.nan, "= not a number")]
)
def test_what_is_not_finite_is_null_in_json_and_a_word_on_screen(value, shown):
    q = exact(value, "by hand")
    assert str(q) == shown
    assert q.to_json()["value"] is None
    assert str(value) in q.to_json()["method"]


def test_json_has_what_the_command_line_promises():
    assert estimate(1.0, 0.1, "mean").to_json() == {
        "value": 1.0,
        "kind": "estimate",
        "stderr": 0.1,
        "method": "mean",
        "unit": "nats",
    }
    assert bound(1.0, "lower", "ELBO").to_json()["direction"] == "lower"


def test_counts_of_images_are_written_whole() -> None:
    assert str(exact(275639, "counted", "images")) == "= 275,639 images"
    assert str(exact(2.5, "e to the NLL", "images")) == "= 2.500 images"
