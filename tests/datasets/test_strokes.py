import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genplay.datasets.content import from_json, to_json
from genplay.datasets.stroke_edits import erased, moved
from genplay.datasets.strokes import Stroke, Strokes, strokes_law
from genplay.errors import BadInput
from genplay.spaces.plane import HOME
from tests.datasets.agreement import off_by, plane_p

BENT = Stroke(((-1.0, -1.0), (0.0, 0.5), (1.2, 0.4)), size=0.3)
SPRAY = Stroke(((-1.0, 1.0), (1.0, 1.0)), size=0.4, label=1, spray=True, seed=7)
DAB = Stroke(((0.5, -1.0),), size=0.5, softness=1.0, label=2, weight=3.0)
DRAWING = Strokes((BENT, SPRAY, DAB))

POINTS = st.lists(st.tuples(st.floats(-1.5, 1.5), st.floats(-1.5, 1.5)), min_size=1, max_size=6)
STROKES = st.builds(
    Stroke,
    points=POINTS.map(tuple),
    size=st.floats(0.05, 0.6),
    softness=st.floats(0, 1),
    weight=st.floats(0.1, 5),
    label=st.integers(0, 9),
    spray=st.booleans(),
    seed=st.integers(0, 100),
)


@pytest.mark.parametrize("noise", [0.0, 0.2])
def test_a_drawing_is_a_law(noise):
    law = strokes_law(DRAWING, noise)
    x, w = law.quadrature(HOME)
    assert w @ np.exp(law.log_prob(x)) == pytest.approx(1, abs=1e-7)
    samples, y = law.sample(20_000, np.random.default_rng(0))
    assert plane_p(law.log_prob, samples, HOME.grown(1.5)) > 1e-3
    assert off_by(law, samples) < 4
    assert set(np.unique(y)) == {0, 1, 2}
    assert law.class_names == ("class 0", "class 1", "class 2")


@settings(max_examples=12, deadline=None)
@given(st.lists(STROKES, min_size=1, max_size=2))
def test_every_drawing_integrates_to_one(strokes):
    law = strokes_law(Strokes(tuple(strokes)))
    x, w = law.quadrature(HOME)
    assert w @ np.exp(law.log_prob(x)) == pytest.approx(1, abs=1e-5)


def test_ink_goes_by_length_and_weight():
    short, long = Stroke(((0, 0), (0.5, 0))), Stroke(((0, 1), (1.5, 1)), label=1)
    shares = strokes_law(Strokes((short, long))).class_shares()
    assert shares[1] / shares[0] == pytest.approx(1.65 / 0.65)
    heavy = Strokes((short, Stroke(short.points, weight=3.0, label=1)))
    np.testing.assert_allclose(strokes_law(heavy).class_shares(), [0.25, 0.75])


def test_a_long_thin_line_stays_cheap_and_as_wide_as_the_brush():
    t = np.linspace(0, 40, 400)
    long = Stroke(tuple(zip(t / 20 - 1, np.sin(t), strict=True)), size=0.05, softness=0.0)
    short = Stroke(long.points[:3], size=0.05, softness=0.0)
    means, weights, std = long.components()
    assert len(means) <= 2000
    assert weights.sum() == pytest.approx(long.length + 0.05)
    across = [np.hypot(std, 0.0), np.hypot(short.components()[2], 0.7 * 0.025 / 2)]
    assert across[0] == pytest.approx(across[1], rel=1e-9)


def test_samples_stay_under_the_brush_and_fill_it():
    line = Stroke(((-1.0, 0.0), (1.0, 0.0)), size=0.4, softness=0.0)
    x, _ = strokes_law(Strokes((line,))).sample(20_000, np.random.default_rng(0))
    assert (np.abs(x[:, 1]) < 0.25).mean() > 0.98
    assert np.quantile(np.abs(x[:, 1]), 0.9) > 0.12
    inner = np.abs(x[:, 0]) < 0.8
    counts = np.histogram(x[inner, 0], 8)[0]
    assert counts.min() > 0.93 * counts.mean()


def test_a_spray_is_the_same_for_the_same_seed_and_another_for_another():
    again = Stroke(SPRAY.points, 0.4, label=1, spray=True, seed=7)
    other = Stroke(SPRAY.points, 0.4, label=1, spray=True, seed=8)
    assert SPRAY.settled() == again.settled()
    assert SPRAY.settled() != other.settled()
    np.testing.assert_array_equal(SPRAY.components()[0], SPRAY.settled().components()[0])


def test_an_empty_drawing_says_so():
    with pytest.raises(BadInput, match="Nothing is drawn yet"):
        strokes_law(Strokes())


@pytest.mark.parametrize(
    ("bad", "named"),
    [
        ({"points": ()}, "at least one point"),
        ({"points": ((0, 0), (float("nan"), 0))}, "Point 2"),
        ({"points": ((1e9, 0),)}, "Point 1"),
        ({"size": 0}, "size"),
        ({"size": float("nan")}, "size"),
        ({"softness": 1.2}, "softness"),
        ({"weight": -1}, "weight"),
        ({"label": 10}, "label"),
        ({"label": -1}, "label"),
        ({"seed": -1}, "seed"),
    ],
)
def test_an_impossible_brush_is_refused_with_what_is_allowed(bad, named):
    with pytest.raises(BadInput, match=named) as refused:
        Stroke(**{"points": ((0, 0),), **bad})
    assert "\n" not in str(refused.value)


def far_from(drawing, centre):
    """The distance of the nearest bit of any stroke, on a fine polyline."""
    best = np.inf
    for stroke in drawing.strokes:
        path = stroke.settled().path
        if not stroke.settled().dots and len(path) > 1:
            t = np.linspace(0, len(path) - 1, 2000)
            path = np.stack([np.interp(t, np.arange(len(path)), path[:, i]) for i in (0, 1)], axis=1)
        best = min(best, np.hypot(*(path - centre).T).min())
    return best


@settings(max_examples=60, deadline=None)
@given(
    st.lists(STROKES, min_size=1, max_size=3),
    st.tuples(st.floats(-1.5, 1.5), st.floats(-1.5, 1.5)),
    st.floats(0.05, 1),
)
def test_the_eraser_leaves_nothing_inside_and_everything_outside(strokes, centre, radius):
    before = Strokes(tuple(strokes))
    after = erased(before, [centre], radius)
    assert far_from(after, np.array(centre)) >= radius * (1 - 1e-6)
    if far_from(before, np.array(centre)) > radius * 1.001:
        assert after == before
    lines = [s for s in before.strokes if not s.spray and len(s.points) > 1]
    kept = sum(s.length for s in after.strokes if not (s.dots or s.spray))
    expected = 0.0
    for stroke in lines:
        path = stroke.path
        t = np.linspace(0, len(path) - 1, 20_001)
        fine = np.stack([np.interp(t, np.arange(len(path)), path[:, i]) for i in (0, 1)], axis=1)
        middle, step = (fine[1:] + fine[:-1]) / 2, np.hypot(*np.diff(fine, axis=0).T)
        expected += step[np.hypot(*(middle - centre).T) > radius].sum()
    assert kept == pytest.approx(expected, abs=0.01)


def test_an_eraser_through_the_middle_splits_a_line_exactly_at_its_rim():
    line = Strokes((Stroke(((-1.0, 0.0), (1.0, 0.0)), label=3),))
    left, right = erased(line, [(0.0, 0.0)], 0.25).strokes
    np.testing.assert_allclose(left.points, [(-1, 0), (-0.25, 0)], atol=1e-12)
    np.testing.assert_allclose(right.points, [(0.25, 0), (1, 0)], atol=1e-12)
    assert left.label == right.label == 3


def test_an_eraser_dragged_along_takes_all_between_its_points():
    line = Strokes((Stroke(((-1.0, 0.0), (1.0, 0.0))),))
    assert erased(line, [(-1.2, 0.0), (1.2, 0.0)], 0.2) == Strokes()


def test_an_eraser_takes_single_dots_out_of_a_spray():
    after = erased(Strokes((SPRAY,)), [(0.0, 1.0)], 0.2)
    before, left = set(SPRAY.settled().points), set(after.strokes[0].points)
    assert left < before
    assert all(np.hypot(x, y - 1) <= 0.2 for x, y in before - left)


def test_moving_bends_what_is_near_and_leaves_the_rest():
    line = Strokes((Stroke(((-1.0, 0.0), (1.0, 0.0))), DAB))
    after = moved(line, (0.0, 0.0), (0.0, 0.3), 0.5)
    path = after.strokes[0].path
    assert path[:, 1].max() == pytest.approx(0.3, abs=0.02)
    assert (path[np.abs(path[:, 0]) >= 0.5, 1] == 0).all()
    np.testing.assert_allclose(path[[0, -1]], [[-1, 0], [1, 0]])
    assert after.strokes[1] == DAB


def test_moving_a_spray_moves_its_dots():
    after = moved(Strokes((SPRAY,)), (0.0, 1.0), (0.0, 1.5), 0.6).strokes[0]
    shift = after.path - SPRAY.settled().path
    assert (shift[:, 0] == 0).all()
    assert shift[:, 1].max() > 0.4
    assert (shift[np.hypot(*(SPRAY.settled().path - [0, 1]).T) >= 0.6] == 0).all()


@pytest.mark.parametrize("radius", [0.0, -1.0, float("nan"), 99.0])
def test_impossible_tools_are_refused(radius):
    with pytest.raises(BadInput, match="eraser's radius"):
        erased(DRAWING, [(0, 0)], radius)
    with pytest.raises(BadInput, match="move tool's radius"):
        moved(DRAWING, (0, 0), (1, 1), radius)


def test_an_eraser_needs_finite_numbers():
    with pytest.raises(BadInput, match="finite"):
        erased(DRAWING, [(0, float("inf"))], 0.2)


@given(st.lists(STROKES, max_size=4))
def test_a_drawing_comes_back_from_json(strokes):
    drawing = Strokes(tuple(strokes))
    assert from_json(to_json(drawing)) == drawing
