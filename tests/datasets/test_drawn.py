import json

import numpy as np
import pytest

from genplay.datasets.content import from_json, to_json
from genplay.datasets.drawn import DrawnDigits, drawn_law, pixels_of
from genplay.datasets.picture import Picture
from genplay.datasets.strokes import Stroke, Strokes
from genplay.datasets.table import Table
from genplay.errors import BadInput

SEVEN = "##### ....# ...#. ..#.. ..#.."
ONE = ["..#..", ".##..", "..#..", "..#..", ".###."]


def test_pixels_are_read_from_text_rows_and_lists():
    flat = pixels_of(SEVEN)
    assert flat == pixels_of([c == "#" for c in SEVEN.replace(" ", "")])
    assert flat == pixels_of(np.array(flat).reshape(5, 5).tolist())
    assert flat == pixels_of(np.array(flat, dtype=float))
    assert sum(pixels_of(ONE)) == 8


@pytest.mark.parametrize(
    ("bad", "said"),
    [(SEVEN[:-1], "25 pixels"), ([0] * 26, "not 26"), ([2] + [0] * 24, "'2'"), ("?" + SEVEN[1:], r"'\?'")],
)
def test_bad_pixels_are_refused(bad, said):
    with pytest.raises(BadInput, match=said):
        pixels_of(bad)


def test_images_are_added_edited_and_removed_without_touching_the_old():
    one = DrawnDigits().added(SEVEN, 7)
    two = one.added(ONE, 1)
    assert (len(one.images), len(two.images)) == (1, 2)
    assert two.edited(0, ONE, 1).images == (pixels_of(ONE),) * 2
    assert two.removed(0) == DrawnDigits().added(ONE, 1)
    with pytest.raises(BadInput, match="0 to 1"):
        two.removed(2)
    with pytest.raises(BadInput, match="nothing is drawn"):
        DrawnDigits().removed(0)
    with pytest.raises(BadInput, match="label cannot be '10'"):
        one.added(SEVEN, 10)
    with pytest.raises(BadInput, match="1 images but 0 labels"):
        DrawnDigits((pixels_of(SEVEN),), ())


def test_the_law_is_the_drawn_images_with_flips():
    drawing = DrawnDigits().added(SEVEN, 2).added(ONE, 0).added(ONE, 0)
    law = drawn_law(drawing, 0.1)
    x = np.array([pixels_of(SEVEN), pixels_of(ONE)])
    apart = (x[0] != x[1]).sum()
    far = 0.1**apart * 0.9 ** (25 - apart)
    expected = [(0.9**25 + 2 * far) / 3, (2 * 0.9**25 + far) / 3]
    np.testing.assert_allclose(np.exp(law.log_prob(x)), expected)
    assert law.class_names == ("0", "1", "2")
    assert law.balanced(0.5).class_shares()[1] == 0


def test_nothing_drawn_is_said():
    with pytest.raises(BadInput, match="Nothing is drawn yet"):
        drawn_law(DrawnDigits(), 0.02)


CONTENTS = [
    DrawnDigits().added(SEVEN, 7).added(ONE, 1),
    Strokes((Stroke(((0.1, 0.2), (1 / 3, -0.7)), label=2, spray=True, seed=5),)),
    Table(
        np.array([[0.1, 1 / 3], [1e-300, -5.0]]),
        np.array([1, 0]),
        ("a", "b"),
        ("x", "y"),
        "f.csv",
        "plane",
        ("note",),
    ),
    Picture(np.array([[0.0, 0.25], [1 / 3, 1.0]]), "p.png", ("Dark pixels were taken as ink.",)),
]


@pytest.mark.parametrize("content", CONTENTS, ids=lambda c: type(c).__name__)
def test_every_content_comes_back_from_json_text_bit_for_bit(content):
    back = from_json(json.loads(json.dumps(to_json(content))))
    assert back == content
    assert hash(back) == hash(content)
    assert type(back) is type(content)


def test_no_content_stays_none():
    assert to_json(None) is None
    assert from_json(None) is None


def test_only_contents_are_written():
    with pytest.raises(TypeError, match="not the content"):
        to_json({"x": 1})


def damaged():
    for content in CONTENTS:
        whole = json.loads(json.dumps(to_json(content)))
        for key in whole:
            for value in (
                "nonsense",
                None,
                -1,
                [[None]],
                {"shape": [10**9, 10**9], "type": "float64", "base64": ""},
            ):
                if key == "source" or (key == "content" and value == "nonsense"):
                    continue
                yield pytest.param({**whole, key: value}, id=f"{whole['content']}-{key}-{str(value)[:12]}")
        yield pytest.param({"content": whole["content"]}, id=f"{whole['content']}-empty")


@pytest.mark.parametrize("data", [*damaged(), "text", 5, [], {"content": "code"}, {"content": ["x"]}])
def test_damaged_content_is_refused_in_one_line(data):
    with pytest.raises(BadInput) as refused:
        from_json(data)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "change",
    [
        {"labels": {"type": "int64", "shape": [1], "base64": "AAAAAAAAAAA="}},
        {"labels": {"type": "int64", "shape": [2], "base64": "BQAAAAAAAAAAAAAAAAAAAA=="}},
        {"x": {"type": "float64", "shape": [1, 2], "base64": "AAAAAAAA+H8AAAAAAAAAAA=="}},
        {"world": "digits"},
        {"world": "moon"},
        {"x": {"type": "object", "shape": [1, 2], "base64": "AAAAAAAA+H8AAAAAAAAAAA=="}},
    ],
)
def test_a_table_whose_parts_do_not_fit_is_refused(change):
    whole = json.loads(json.dumps(to_json(CONTENTS[2])))
    with pytest.raises(BadInput, match="saved table are damaged"):
        from_json({**whole, **change})
