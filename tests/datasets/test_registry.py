import subprocess
import sys
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genplay.datasets import registry
from genplay.datasets.base import DataSettings, DataSpec, has_density
from genplay.datasets.drawn import DrawnDigits
from genplay.datasets.picture import Picture
from genplay.datasets.registry import build, card, cards
from genplay.datasets.strokes import Stroke, Strokes
from genplay.datasets.table import Table
from genplay.errors import BadInput
from genplay.spaces.plane import HOME
from tests.datasets.agreement import off_by, plane_p

CATALOGUE = [
    "gaussian-blob", "bimodal", "eight-gaussians", "grid-gaussians", "two-moons", "rings", "pinwheel", "spiral",
    "s-curve", "checkerboard", "line", "strokes", "glyphs", "bars-and-stripes", "handwritten", "drawn-digits", "file",
]  # fmt: skip
CONTENT = {
    "strokes": Strokes((Stroke(((-1.0, 0.0), (1.0, 0.5))), Stroke(((0.0, -1.0),), label=1))),
    "drawn-digits": DrawnDigits().added("#" * 25, 8).added("." * 25, 0),
    "file": Table(
        np.random.default_rng(0).normal(size=(100, 2)),
        np.arange(100) % 2,
        ("a", "b"),
        ("x", "y"),
        "f.csv",
        "plane",
    ),
}


def spec(name, settings=None, **knobs):
    return DataSpec(name, knobs, settings or DataSettings(), CONTENT.get(name))


def same(a, b):
    return all(
        np.array_equal(getattr(a, k), getattr(b, k)) for k in ("x_train", "y_train", "x_test", "y_test")
    )


def test_every_data_set_of_the_catalogue_is_there_in_its_order():
    assert list(cards()) == CATALOGUE


@pytest.mark.parametrize("name", CATALOGUE)
def test_every_card_says_what_it_is_and_every_knob_what_it_does(name):
    c = card(name)
    assert c.id == name
    assert c.title[0].isupper()
    assert c.summary.endswith(".")
    assert len(c.summary) < 130
    for info in c.knobs.infos():
        assert info.help.endswith(".")
        assert info.type in ("bool", "choice") or (info.low is not None and info.high is not None)
        assert info.name not in {i.name for i in DataSettings.infos()}


@pytest.mark.parametrize("name", CATALOGUE)
def test_building_gives_samples_of_the_right_shape(name):
    data = build(spec(name))
    dim = 2 if card(name).world == "plane" else 25
    bare = name in ("handwritten", "file")
    if not bare:
        assert (len(data.x_train), len(data.x_test)) == (2000, 1000)
    for x, y in ((data.x_train, data.y_train), (data.x_test, data.y_test)):
        assert x.shape == (len(y), dim)
        assert (x.dtype, y.dtype) == (np.float64, np.int64)
        assert y.min() >= 0
        assert y.max() < data.classes
        if dim == 25:
            assert np.isin(x, (0, 1)).all()
        else:
            assert np.isfinite(x).all()
            assert data.box.grown(1.3).contains(x).all()
    assert (data.law is None) == bare
    assert has_density(data.law) == (not bare)
    if data.law is not None:
        assert data.law.classes == data.classes


@pytest.mark.parametrize("name", CATALOGUE)
def test_building_is_deterministic_and_fast(name):
    build(spec(name))
    seconds = []
    for _ in range(3):
        registry._made.cache_clear()
        registry._reshaped.cache_clear()
        start = time.thread_time()
        data = build(spec(name))
        seconds.append(time.thread_time() - start)
    assert min(seconds) < 0.1
    registry._made.cache_clear()
    registry._reshaped.cache_clear()
    assert same(data, build(spec(name)))
    assert not same(data, build(spec(name, DataSettings(seed=1))))


def test_changing_the_size_keeps_the_test_points():
    a, b = build(spec("two-moons")), build(spec("two-moons", DataSettings(n=100)))
    np.testing.assert_array_equal(a.x_test, b.x_test)
    assert not np.isin(a.x_test, a.x_train).any()


def test_importing_the_registry_and_building_load_none_of_the_heavy_libraries():
    program = """
import sys
from genplay.datasets import registry
from genplay.datasets.base import DataSpec
from genplay.datasets.content import from_json
from genplay.datasets.files import read_table
for name in registry.cards():
    if name not in ("strokes", "drawn-digits", "file"):
        data = registry.build(DataSpec(name))
        if data.law is not None and data.world == "plane":
            data.law.log_prob(data.x_train)
heavy = {"torch", "scipy", "sklearn", "PIL", "PySide6"} & set(sys.modules)
assert not heavy, heavy
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_unknown_names_and_wrong_worlds_are_told():
    with pytest.raises(BadInput, match=r"no data set 'two-moon'\. Did you mean 'two-moons'"):
        card("two-moon")
    with pytest.raises(BadInput, match=r"'glyphs' is not in the world 'plane'\. There: gaussian-blob"):
        card("glyphs", "plane")
    assert card("file", "digits").worlds == ("plane", "digits")
    with pytest.raises(BadInput, match="noise cannot be '9'"):
        build(DataSpec("two-moons", {"noise": 9}))
    with pytest.raises(BadInput, match=r"no knob 'nois'\. Did you mean 'noise'"):
        build(DataSpec("two-moons", {"nois": 0.1}))
    with pytest.raises(BadInput, match="no data set 'moons'"):
        build(DataSpec("moons"))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("strokes", "Nothing is drawn yet"),
        ("drawn-digits", "Nothing is drawn yet"),
        ("file", "No file is open"),
    ],
)
def test_what_has_no_content_yet_says_so(name, said):
    with pytest.raises(BadInput, match=said):
        build(DataSpec(name))


@pytest.mark.parametrize("name", ["strokes", "drawn-digits", "file", "two-moons"])
def test_content_of_another_kind_is_refused(name):
    for other, content in CONTENT.items():
        if other != name:
            with pytest.raises(BadInput, match=name):
                build(DataSpec(name, content=content))


@settings(max_examples=25, deadline=None)
@given(
    st.sampled_from(
        ["two-moons", "glyphs", "bars-and-stripes", "handwritten", "file", "strokes", "checkerboard", "line"]
    ),
    st.builds(
        DataSettings,
        n=st.integers(1, 300),
        test=st.integers(1, 300),
        seed=st.integers(0, 2**31 - 1),
        outliers=st.floats(0, 0.9),
        label_noise=st.floats(0, 1),
        balance=st.floats(0, 0.95),
    ),
)
def test_any_settings_build(name, chosen):
    data = build(spec(name, chosen))
    assert 1 <= len(data.x_train) <= chosen.n
    assert 1 <= len(data.x_test) <= chosen.test
    assert len(data.y_train) == len(data.x_train)
    if data.law is not None:
        assert np.isfinite(data.law.log_prob(data.x_train)).all()
    assert same(data, build(spec(name, chosen)))


def test_outliers_are_part_of_the_law_and_of_the_notes():
    data = build(spec("two-moons", DataSettings(n=20_000, outliers=0.2)))
    assert plane_p(data.law.log_prob, data.x_train, HOME) > 1e-3
    assert off_by(data.law, data.x_train) < 4
    assert any("20% of the points are outliers" in note for note in data.notes)
    digits = build(spec("bars-and-stripes", DataSettings(n=20_000, outliers=0.2)))
    assert off_by(digits.law, digits.x_train) < 4


def test_label_noise_spoils_training_labels_only():
    clean, noisy = (build(spec("two-moons", DataSettings(n=20_000, label_noise=e))) for e in (0.0, 0.4))
    assert (clean.y_train != noisy.y_train).mean() == pytest.approx(0.2, abs=0.02)
    np.testing.assert_array_equal(clean.y_test, noisy.y_test)
    np.testing.assert_array_equal(clean.x_train, noisy.x_train)
    assert any("40% of the training labels" in note for note in noisy.notes)


@pytest.mark.parametrize("name", ["two-moons", "glyphs", "handwritten", "file"])
def test_balance_reweights_classes_also_where_there_is_no_law(name):
    data = build(spec(name, DataSettings(n=20_000, balance=0.5)))
    expected = 0.5 + 0.5 / data.classes
    assert (data.y_train == 0).mean() == pytest.approx(expected, abs=0.09)


def test_balance_without_classes_changes_nothing():
    assert same(build(spec("line")), build(spec("line", DataSettings(balance=0.5))))


def test_a_table_is_split_once_with_nothing_lost():
    table = CONTENT["file"]
    data = build(spec("file", scale=False))
    rows = np.vstack([data.x_train, data.x_test])
    assert sorted(map(tuple, rows)) == sorted(map(tuple, table.x))
    assert len(data.x_test) == 20
    label_of = {tuple(row): y for row, y in zip(table.x, table.labels, strict=True)}
    assert all(label_of[tuple(r)] == y for r, y in zip(rows, np.r_[data.y_train, data.y_test], strict=True))
    fewer = build(spec("file", DataSettings(n=30, test=5), scale=False))
    assert (len(fewer.x_train), len(fewer.x_test)) == (30, 5)
    assert any("30 of 80 train, 5 of 20 test" in note for note in fewer.notes)


def test_outliers_replace_rows_of_a_table():
    clean, spoilt = (build(spec("file", DataSettings(outliers=e))) for e in (0.0, 0.5))
    changed = (clean.x_train != spoilt.x_train).any(axis=1)
    assert 0.3 < changed.mean() < 0.7
    assert HOME.contains(spoilt.x_train[changed]).all()


def test_two_rows_are_enough():
    table = Table(np.eye(2), np.zeros(2), ("all",), ("x", "y"), "t.csv", "plane")
    data = build(DataSpec("file", content=table))
    assert (len(data.x_train), len(data.x_test)) == (1, 1)


def test_a_drawing_beyond_home_has_a_larger_box():
    far = Strokes((Stroke(((0.0, 0.0), (5.0, 1.0))),))
    data = build(DataSpec("strokes", content=far))
    assert data.box.contains(np.array([[5.0, 1.0], [-2.0, -2.0], [2.0, 2.0]])).all()
    assert data.box.width == pytest.approx(data.box.height)
    spoilt = build(DataSpec("strokes", {}, DataSettings(n=20_000, outliers=0.3), far))
    assert off_by(spoilt.law, spoilt.x_train) < 4
    assert data.box.contains(spoilt.x_train).mean() > 0.99


def test_a_picture_on_the_plane_is_built_with_its_law():
    data = build(DataSpec("file", content=Picture(np.eye(8), "p.png")))
    assert data.law.entropy().kind == "exact"
    assert off_by(data.law, data.x_train) < 4


def test_another_seed_keeps_the_law_and_the_entropy_it_has_computed():
    a, b = build(spec("glyphs")), build(spec("glyphs", DataSettings(seed=5, n=10)))
    assert a.law is b.law
