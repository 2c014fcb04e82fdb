import numpy as np
import pytest

from genplay.datasets.glyphs import GlyphKnobs, designed, glyphs
from genplay.datasets.handwritten import CARD as HANDWRITTEN
from genplay.datasets.handwritten import resampled

ALL = GlyphKnobs(left=True, right=True, up=True, down=True)


def pixels(chosen):
    return np.array([g.pixels for g in chosen])


def test_every_digit_has_at_least_three_variants_and_a_thick_one():
    chosen = glyphs()
    for digit in range(10):
        mine = [g for g in chosen if g.digit == digit]
        assert len(mine) >= 3
        assert len({g.pixels for g in mine}) == len(mine)
        assert any("thick" in g.attributes for g in mine)


def test_no_image_stands_for_two_digits():
    chosen = glyphs(ALL)
    x, digit = pixels(chosen), np.array([g.digit for g in chosen])
    distance = (x[:, None] != x[None]).sum(axis=2)
    assert distance[digit[:, None] != digit[None]].min() >= 1
    base = glyphs(GlyphKnobs(thick=False))
    x, digit = pixels(base), np.array([g.digit for g in base])
    distance = (x[:, None] != x[None]).sum(axis=2)
    assert distance[digit[:, None] != digit[None]].min() >= 1


def test_a_glyph_is_drawn_as_text():
    text = str(next(g for g in glyphs() if g.digit == 0))
    assert text == ".###.\n#...#\n#...#\n#...#\n.###."


@pytest.mark.parametrize(("attribute", "digit"), [("slashed", 0), ("barred", 7)])
def test_a_special_attribute_belongs_to_one_digit_and_can_be_left_out(attribute, digit):
    special = [g for g in glyphs() if attribute in g.attributes]
    assert len(special) >= 2
    assert {g.digit for g in special} == {digit}
    assert not [g for g in glyphs(GlyphKnobs(**{attribute: False})) if attribute in g.attributes]
    assert len({g.digit for g in glyphs(GlyphKnobs(slashed=False, barred=False, thick=False))}) == 10


@pytest.mark.parametrize(("direction", "axis", "step"), [("left", 1, -1), ("right", 1, 1)])
def test_shifts_move_glyphs_without_cutting_them(direction, axis, step):
    plain = glyphs()
    more = [g for g in glyphs(GlyphKnobs(**{direction: True})) if direction in g.attributes]
    assert {g.digit for g in more} == set(range(10))
    for glyph in more:
        back = np.roll(np.array(glyph.pixels).reshape(5, 5), -step, axis=axis).ravel()
        original = [g for g in plain if g.name == glyph.name and g.digit == glyph.digit]
        assert tuple(back) == original[0].pixels
    wide = next(g for g in plain if g.digit == 0)
    assert wide.shifted(direction) is None


def test_up_and_down_are_the_same_small_glyphs_one_row_apart():
    up = {(g.digit, g.name): g for g in glyphs(GlyphKnobs(up=True)) if "up" in g.attributes}
    down = {(g.digit, g.name): g for g in glyphs(GlyphKnobs(down=True)) if "down" in g.attributes}
    assert up.keys() == down.keys()
    assert len(up) >= 6
    for key, glyph in up.items():
        a, b = (np.array(g.pixels).reshape(5, 5) for g in (glyph, down[key]))
        np.testing.assert_array_equal(a[:-1], b[1:])
    assert not any("small" in g.attributes for g in glyphs())


def test_inverted_glyphs_are_added():
    chosen = glyphs(GlyphKnobs(inverted=True))
    inverted = [g for g in chosen if "inverted" in g.attributes]
    assert 2 * len(inverted) == len(chosen)
    assert {tuple(1 - p for p in g.pixels) for g in inverted} == {g.pixels for g in glyphs()}


def test_the_resource_holds_small_glyphs_too():
    assert any("small" in g.attributes for g in designed())


def test_handwritten_are_scikit_learns_digits():
    from sklearn.datasets import load_digits

    bunch = load_digits()
    table = HANDWRITTEN.make(HANDWRITTEN.knobs(), None)
    np.testing.assert_array_equal(table.labels, bunch.target)
    expected = resampled(bunch.images / 16, 2.0) > 0.6
    np.testing.assert_array_equal(table.x, expected.reshape(-1, 25))


def test_handwritten_digits_stay_legible():
    """A nearest-neighbour reader, which has seen the other half, reads nine of ten; from the labels shuffled it reads none."""
    table = HANDWRITTEN.make(HANDWRITTEN.knobs(), None)
    rng = np.random.default_rng(0)
    order = rng.permutation(len(table.x))
    train, test = order[::2], order[1::2]
    distance = table.x[test] @ (1 - 2 * table.x[train].T) + table.x[train].sum(axis=1)
    nearest = np.argsort(distance, axis=1, kind="stable")[:, :5]

    def accuracy(labels):
        votes = np.array([np.bincount(row, minlength=10).argmax() for row in labels[train][nearest]])
        return (votes == labels[test]).mean()

    assert accuracy(table.labels) > 0.82
    assert accuracy(rng.permutation(table.labels)) < 0.2
    lit = table.x.mean()
    assert 0.35 < lit < 0.6


def test_a_blocky_digit_is_found_wherever_it_stands():
    image = np.zeros((1, 8, 8))
    image[0, 1:7, 2:4] = 1.0
    moved = np.roll(image, (1, 3), axis=(1, 2))
    np.testing.assert_allclose(resampled(image, 0.0), resampled(moved, 0.0))
    # Six rows and two columns: the box is padded to four columns, and the stroke stays one side of the middle.
    ink = resampled(image, 0.0)[0]
    assert ink.mean() == pytest.approx(0.5)
    np.testing.assert_allclose(ink, np.broadcast_to(ink[0], (5, 5)))


def test_the_threshold_takes_ink_away():
    lit = [HANDWRITTEN.make(HANDWRITTEN.knobs(threshold=t), None).x.mean() for t in (0.2, 0.5, 0.9)]
    assert lit[0] > lit[1] > lit[2]
