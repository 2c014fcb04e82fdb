import io
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from genplay.datasets import delimited, files
from genplay.datasets.base import DataSpec
from genplay.datasets.files import read_table
from genplay.datasets.glyphs import glyphs
from genplay.datasets.picture import Picture, PictureLaw
from genplay.datasets.registry import build
from genplay.datasets.table import AffineMap
from genplay.errors import BadInput
from genplay.spaces.plane import HOME
from tests.datasets.agreement import off_by, plane_p

ROWS = np.array([[1.0, 2.0], [3.5, -4.0], [5.0, 6e-1]])


def write(path, content):
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


GOOD = {
    "header.csv": "x,y\n1,2\n3.5,-4\n5,0.6\n",
    "bare.csv": "1,2\n3.5,-4\n5,0.6",
    "tabs.tsv": "x\ty\n1\t2\n3.5\t-4\n5\t6e-1\n",
    "semicolons.csv": "x;y\n1;2\n3,5;-4\n5;0,6\n",
    "bars.txt": "x|y\n1|2\n3.5|-4\n5|0.6\n",
    "spaces.txt": "# made by numpy\n1.0   2.0\n 3.5  -4.0\n5.0   0.6\n",
    "quoted.csv": '"x","y"\r\n"1","2"\r\n"3.5","-4"\r\n"5","0.6"\r\n',
    "padded.csv": "x, y\n1, 2\n\n  3.5 , -4\n# a remark, here\n5,0.6\n\n",
    "bom.csv": b"\xef\xbb\xbfx,y\n1,2\n3.5,-4\n5,0.6\n",
    "wide.csv": "x,y\n1,2\n3.5,-4\n5,0.6\n".encode("utf-16"),
    "more.csv": "id,x,y,z\na,1,2,9\nb,3.5,-4,9\nb,5,0.6,9\n",
}


@pytest.mark.parametrize("name", GOOD)
def test_text_tables_of_every_dialect_are_read(tmp_path, name):
    table = read_table(write(tmp_path / name, GOOD[name]))
    np.testing.assert_array_equal(table.x, ROWS)
    assert table.world == "plane"
    assert table.source == name


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.tuples(st.floats(-1e9, 1e9), st.floats(-1e9, 1e9)), min_size=2, max_size=20),
    st.sampled_from([",", "\t", ";", "|", " "]),
    st.booleans(),
)
def test_what_numpy_and_csv_write_is_read_back_exactly(tmp_path_factory, rows, delimiter, header):
    path = tmp_path_factory.mktemp("csv") / "t.csv"
    lines = [delimiter.join(map(repr, row)) for row in rows]
    write(path, "\n".join([delimiter.join(("first", "second"))] * header + lines))
    np.testing.assert_array_equal(read_table(path).x, rows)


def test_columns_are_chosen_by_name_or_by_number_from_one(tmp_path):
    path = write(tmp_path / "t.csv", "a,b,c,2\n1,2,3,10\n4,5,6,11\n")
    assert read_table(path, columns=["c", "a"]).x.tolist() == [[3, 1], [6, 4]]
    assert read_table(path, columns=[3, 1]).x.tolist() == [[3, 1], [6, 4]]
    # A name wins over a number.
    assert read_table(path, columns=["2", "1"]).x.tolist() == [[10, 1], [11, 4]]
    assert read_table(path, columns=["c", "a"]).columns == ("c", "a")
    assert read_table(path).notes == ("Of 4 numeric columns the first 2 were taken.",)


def test_labels_are_text_or_numbers_asked_for_or_found(tmp_path):
    text = write(tmp_path / "t.csv", "x,y,kind\n1,2,moon\n3,4,arc\n5,6,moon\n")
    table = read_table(text)
    assert (table.class_names, table.labels.tolist()) == (("arc", "moon"), [1, 0, 1])
    assert "label" in table.notes[0]
    number = write(tmp_path / "n.csv", "x,y,n\n1,2,10\n3,4,9\n5,6,10.0\n")
    table = read_table(number, label="n")
    assert (table.class_names, table.labels.tolist()) == (("9", "10"), [1, 0, 1])
    assert read_table(number, label=3) == table
    assert read_table(number, columns=["x", "n"]).class_names == ("all",)
    named = write(tmp_path / "l.csv", "label,x,y\n1,1,2\n0,3,4\n")
    assert read_table(named).x.tolist() == [[1, 2], [3, 4]]


BAD = {
    "a text cell": ("t.csv", "x,y\n1,2\n3,abc\n5,6\n", {}, ["t.csv", "line 3", "column 2 ('y')", "'abc' is not a number"]),
    "a text cell after blank lines": ("t.csv", "x,y\n\n1,2\n\n\n3,4\n5,oops\n", {}, ["line 7", "'oops'"]),
    "a text cell after a long one": ("t.csv", '"x","the\ny"\n1,2\n3,4\nbad,6\n', {}, ["line 5", "column 1"]),
    "too few cells": ("t.csv", "x,y\n1,2\n3\n5,6\n", {}, ["line 3", "column 2 ('y') is missing", "the header has 2, this line 1", "Fill it in"]),
    "too many cells": ("t.csv", "1,2\n3,4\n3,4,5\n5,6\n", {}, ["line 3", "column 3 is too much: most lines have 2, this line 3", "Take it away"]),
    "nan": ("t.csv", "x,y\n1,2\n3,nan\n5,6\n", {}, ["line 3", "column 2 ('y')", "missing", "skip_missing=true"]),
    "an empty cell": ("t.csv", "x,y\n1,2\n,4\n5,6\n", {}, ["line 3", "column 1 ('x')", "missing", "skip_missing=true"]),
    "NA": ("t.csv", "x,y\n1,2\nNA,4\n5,6\n", {}, ["line 3", "'NA'", "skip_missing=true"]),
    "infinity": ("t.csv", "x,y\n1,2\ninf,4\n5,6\n", {"skip_missing": True}, ["line 3", "'inf' is not a finite number"]),
    "huge numbers": ("t.csv", "1,2\n3,1e300\n", {}, ["1e+300", "1e100"]),
    "only text": ("t.csv", "a,b\nred,blue\ngreen,grey\n", {}, ["t.csv", "line 2", "no numeric column", "'red'", "Needed: 2"]),
    "one numeric column": ("t.csv", "a,b\n1,blue\n2,grey\n", {"columns": None}, ["1 numeric column", "Needed: 2"]),
    "one row": ("t.csv", "x,y\n1,2\n", {}, ["t.csv", "one row", "at least two"]),
    "one row left": ("t.csv", "x,y\n1,2\n,2\n", {"skip_missing": True}, ["one row", "left"]),
    "no row left": ("t.csv", "x,y\n1,\n,2\n,3\n4,\n", {"skip_missing": True}, ["no row of values left"]),
    "only a header": ("t.csv", "x,y\n", {}, ["t.csv", "no rows"]),
    "nothing": ("t.csv", "", {}, ["t.csv", "empty"]),
    "only blank lines": ("t.csv", "\n \n\n", {}, ["t.csv", "empty"]),
    "a picture": ("t.csv", b"\x89PNG\r\n\x1a\n\0\0\0", {}, ["t.csv", "PNG picture"]),
    "a spreadsheet": ("t.csv", b"PK\x03\x04junk", {}, ["ZIP archive"]),
    "binary": ("t.csv", b"1,2\n3,4\n\x01\x00\x02", {}, ["line 3", "binary"]),
    "another encoding": ("t.csv", "x,y\n1,2\ncaf\u00e9,4\n".encode("latin-1"), {}, ["line 3", "character 4", "0xe9", "UTF-8"]),
    "half of UTF-16": ("t.csv", b"\xff\xfe1\x00,\x00\xd8", {}, ["t.csv", "not UTF-16"]),
    "an open quote": ("t.csv", 'x,y\n1,2\n"3,4\n5,6\n', {}, ["after line 2", "quotation"]),
    "an unknown column": ("t.csv", "first,second\n1,2\n3,4\n", {"columns": ["frist", "second"]}, ["no column 'frist'", "Did you mean 'first'", "1 to 2"]),
    "a column number too far": ("t.csv", "1,2\n3,4\n", {"columns": [1, 3]}, ["'3'", "1 to 2"]),
    "column zero": ("t.csv", "1,2\n3,4\n", {"columns": [0, 1]}, ["'0'", "1 to 2"]),
    "one column twice": ("t.csv", "1,2\n3,4\n", {"columns": [1, 1]}, ["different"]),
    "three columns": ("t.csv", "1,2,3\n3,4,5\n", {"columns": [1, 2, 3]}, ["3 columns", "x and y"]),
    "an unknown label": ("t.csv", "x,y\n1,2\n3,4\n", {"label": "kind"}, ["no label column 'kind'"]),
    "a missing label": ("t.csv", "x,y,label\n1,2,a\n3,4,\n5,6,b\n", {}, ["line 3", "column 3 ('label')", "missing"]),
    "a measurement as label": ("t.csv", "\n".join(f"{i},1,{i}" for i in range(200)), {"label": 3, "columns": [1, 2]}, ["200 different"]),
    "no such world": ("t.csv", "1,2\n3,4\n", {"world": "planes"}, ["'planes'", "Did you mean 'plane'"]),
    "too few pixels": ("t.csv", "1,2\n3,4\n", {"world": "digits"}, ["2 numeric columns", "Needed: 25"]),
    "too many pixels": ("t.csv", ",".join(["1"] * 26) + "\n" + ",".join(["0"] * 26), {"world": "digits"}, ["26 numeric columns", "label"]),
    "negative ink": ("t.csv", "\n".join([",".join(["-1"] * 25)] * 2), {"world": "digits"}, ["-1", "0 to 1"]),
    "an unknown ending": ("t.xlsx", "1,2", {}, ["'.xlsx'", ".csv", ".png"]),
    "no ending": ("table", "1,2", {}, ["table", ".csv"]),
    "not a numpy file": ("t.npy", "1,2\n", {}, ["t.npy", "numpy.save"]),
    "half a numpy file": ("t.npy", b"\x93NUMPY\x01\x00\x76\x00{", {}, ["t.npy", "not a readable NumPy file"]),
    "no picture": ("t.png", "hello", {}, ["t.png", "no picture"]),
    "half a picture": ("t.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", {}, ["t.png", "PNG or JPEG"]),
    "columns of a picture": ("t.png", "x", {"columns": [1, 2]}, ["picture", "no columns"]),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_a_bad_file_is_one_line_that_says_where_and_what(tmp_path, case):
    name, content, options, said = BAD[case]
    path = write(tmp_path / name, content)
    with pytest.raises(BadInput) as refused:
        read_table(path, **options)
    text = str(refused.value)
    assert "\n" not in text
    assert len(text) < 400 + len(str(path))
    for part in said:
        assert part in text
    if case != "no such world":
        assert str(path) in text


def test_what_is_no_file_at_all_is_said(tmp_path):
    write(tmp_path / "points.csv", "1,2\n3,4\n")
    with pytest.raises(BadInput, match=r"There is no file .*point\.csv\. Did you mean 'points\.csv'"):
        read_table(tmp_path / "point.csv")
    with pytest.raises(BadInput, match="There is no file"):
        read_table(tmp_path / "nowhere" / "point.csv")
    with pytest.raises(BadInput, match="is a folder"):
        read_table(tmp_path)
    with pytest.raises(BadInput, match="cannot be opened"):
        read_table("a" * 5000 + ".csv")
    with pytest.raises(BadInput, match=r"no file|cannot be opened"):
        read_table("bad\0name.csv")


def test_huge_files_are_refused_before_they_are_read(tmp_path, monkeypatch):
    path = tmp_path / "t.csv"
    with path.open("wb") as file:
        file.truncate(60_000_000)
    with pytest.raises(BadInput, match=r"60 MB\. Allowed: at most 50 MB"):
        read_table(path)
    monkeypatch.setattr(delimited, "MOST_ROWS", 3)
    with pytest.raises(BadInput, match="more than 3 rows"):
        read_table(write(tmp_path / "r.csv", "1,2\n" * 5))
    read_table(write(tmp_path / "s.csv", "1,2\n" * 3))


def test_rows_with_missing_values_can_be_left_out_and_are_counted(tmp_path):
    path = write(tmp_path / "t.csv", "x,y,label\n1,2,a\n,3,a\nnan,4,b\n5,6,b\n7,8,\n")
    table = read_table(path, skip_missing=True)
    assert table.x.tolist() == [[1, 2], [5, 6]]
    assert table.labels.tolist() == [0, 1]
    assert "3 rows with a missing value left out." in table.notes


def test_a_table_is_built_into_data_scaled_and_split(tmp_path):
    rng = np.random.default_rng(0)
    x = rng.normal([100, -3], [20, 1], (500, 2))
    path = tmp_path / "t.npy"
    np.save(path, x)
    table = read_table(path)
    data = build(DataSpec("file", content=table))
    assert (len(data.x_train), len(data.x_test), data.law) == (400, 100, None)
    everything = np.vstack([data.x_train, data.x_test])
    assert HOME.contains(everything).all()
    assert np.abs(everything).max() == pytest.approx(1.7)
    fit = table.map_into(HOME)
    back = fit.to_file(everything)
    order = np.lexsort(back.T)
    np.testing.assert_allclose(back[order], x[np.lexsort(x.T)])
    spread = everything.std(axis=0)
    assert spread[0] / spread[1] == pytest.approx(x[:, 0].std() / x[:, 1].std())
    assert any("Scaled" in note for note in data.notes)
    assert any("400 of 400 train" in note for note in data.notes)
    raw = build(DataSpec("file", {"scale": False}, content=table))
    assert raw.box.contains(np.vstack([raw.x_train, raw.x_test])).all()
    assert np.isin(raw.x_train, x).all()


def test_a_single_spot_is_only_centred():
    fit = AffineMap.into(HOME, np.full((3, 2), 7.0))
    np.testing.assert_array_equal(fit.to_box(np.full((3, 2), 7.0)), np.zeros((3, 2)))


def test_numpy_files(tmp_path):
    y = np.array([3, 1, 3])
    np.savez(tmp_path / "a.npz", x=ROWS, y=y)
    table = read_table(tmp_path / "a.npz")
    np.testing.assert_array_equal(table.x, ROWS)
    assert (table.class_names, table.labels.tolist()) == (("1", "3"), [1, 0, 1])
    np.savez(tmp_path / "b.npz", stuff=ROWS, kind=y)
    assert read_table(tmp_path / "b.npz", label="kind").labels.tolist() == [1, 0, 1]
    assert read_table(tmp_path / "b.npz").class_names == ("all",)
    np.save(tmp_path / "c.npy", np.column_stack([ROWS, y]).astype(np.float32))
    table = read_table(tmp_path / "c.npy", columns=[2, 1], label=3)
    np.testing.assert_allclose(table.x, ROWS[:, ::-1], rtol=1e-6)
    assert table.labels.tolist() == [1, 0, 1]
    np.save(tmp_path / "d.npy", np.array([g.pixels for g in glyphs()]).reshape(-1, 5, 5).astype(bool))
    assert read_table(tmp_path / "d.npy", world="digits").x.shape == (len(glyphs()), 25)
    missing = ROWS.copy()
    missing[1, 0] = np.nan
    np.save(tmp_path / "e.npy", missing)
    np.testing.assert_array_equal(read_table(tmp_path / "e.npy", skip_missing=True).x, ROWS[[0, 2]])
    with pytest.raises(BadInput, match=r"e\.npy, row 2, column 1: nan .*skip_missing"):
        read_table(tmp_path / "e.npy")


@pytest.mark.parametrize(
    ("array", "said"),
    [
        (np.array([{"a": 1}, None], dtype=object), "Python objects"),
        (np.array(["a", "b"]), "type <U1"),
        (np.zeros(5), r"shape \(5,\)"),
        (np.zeros((0, 2)), "shape"),
        (np.zeros((4, 1)), "1 numeric column"),
        (np.array([[1.0, np.inf], [2.0, 3.0]]), "row 1, column 2"),
        (np.ones((3, 2), dtype=complex), "complex"),
        (np.zeros((1, 2)), "one row"),
        (np.zeros((2_000_001, 2), dtype=np.int8), "2,000,001 rows"),
    ],
)
def test_arrays_that_are_no_table_are_refused(tmp_path, array, said):
    path = tmp_path / "t.npy"
    np.save(path, array, allow_pickle=True)
    with pytest.raises(BadInput, match=said) as refused:
        read_table(path)
    assert "\n" not in str(refused.value)


def test_archives_that_are_no_table_are_refused(tmp_path):
    np.savez(tmp_path / "two.npz", a=ROWS, b=ROWS)
    with pytest.raises(BadInput, match="which array holds the points"):
        read_table(tmp_path / "two.npz")
    np.savez(tmp_path / "short.npz", x=ROWS, y=np.zeros(2))
    with pytest.raises(BadInput, match="2 labels"):
        read_table(tmp_path / "short.npz")
    bomb = io.BytesIO()
    np.save(bomb, np.zeros(1))
    with zipfile.ZipFile(tmp_path / "bomb.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.npy", bomb.getvalue() + bytes(450_000_000))
    with pytest.raises(BadInput, match="unpacks to 450 MB"):
        read_table(tmp_path / "bomb.npz")
    write(tmp_path / "not.npz", "PK nothing")
    with pytest.raises(BadInput, match="not a readable NumPy file"):
        read_table(tmp_path / "not.npz")


def test_a_table_of_digits(tmp_path):
    images = [g.pixels for g in glyphs()]
    lines = [",".join(map(str, [g.digit, *g.pixels])) for g in glyphs()]
    header = ",".join(["digit", *(f"p{i}" for i in range(25))])
    table = read_table(write(tmp_path / "t.csv", "\n".join([header, *lines])), world="digits")
    np.testing.assert_array_equal(table.x, images)
    assert table.class_names == tuple("0123456789")
    grey = write(tmp_path / "g.csv", "\n".join(",".join(str(16 * p) for p in image) for image in images))
    table = read_table(grey, world="digits")
    np.testing.assert_array_equal(table.x, images)
    assert "above 8" in table.notes[0]
    data = build(DataSpec("file", content=table))
    assert data.world == "digits"
    assert set(np.unique(data.x_train)) == {0, 1}


def picture(path, dark=True, size=(60, 40), **save):
    h, w = size[1], size[0]
    yy, xx = np.mgrid[:h, :w]
    blob = np.exp(-(((xx - w / 3) / 6) ** 2 + ((yy - h / 4) / 4) ** 2))
    grey = (255 * (1 - blob if dark else blob)).astype(np.uint8)
    Image.fromarray(grey).save(path, **save)
    return path


def test_a_picture_is_a_law_with_its_ink_where_it_was(tmp_path):
    content = read_table(picture(tmp_path / "p.png"))
    assert isinstance(content, Picture)
    law = build(DataSpec("file", content=content)).law
    assert isinstance(law, PictureLaw)
    x, _ = law.sample(20_000, np.random.default_rng(0))
    # A third from the left and a quarter from the top of 60 × 40 pixels that span [−1.7, 1.7] sideways.
    np.testing.assert_allclose(x.mean(axis=0), [-1.7 / 3, 3.4 * 40 / 60 / 4], atol=0.05)
    nodes, w = law.quadrature(HOME)
    assert w @ np.exp(law.log_prob(nodes)) == pytest.approx(1, abs=1e-7)
    assert plane_p(law.log_prob, x, HOME) > 1e-3
    assert off_by(law, x) < 4
    assert plane_p(law.log_prob, x + 0.05, HOME) < 1e-6


def test_the_factored_density_is_the_plain_mixture_even_far_away():
    ink = np.zeros((9, 7))
    ink[[0, 8], [0, 6]] = 1.0, 0.3
    law = PictureLaw(Picture(ink, "p.png"), 0.4)
    x = np.vstack([np.random.default_rng(0).uniform(-2, 2, (500, 2)), [[30.0, -40.0], [1.7, 1.7]]])
    np.testing.assert_allclose(law.log_prob(x), super(PictureLaw, law).log_prob(x), rtol=1e-10)


def test_light_on_dark_colour_and_jpeg_give_the_same_picture(tmp_path):
    dark = read_table(picture(tmp_path / "d.png"))
    light = read_table(picture(tmp_path / "l.png", dark=False))
    np.testing.assert_allclose(dark.ink, light.ink, atol=0.03)
    assert "Light" in light.notes[0]
    jpeg = read_table(picture(tmp_path / "j.jpg", quality=95))
    assert np.abs(jpeg.ink - dark.ink).max() < 0.1
    with Image.open(tmp_path / "d.png") as image:
        clear = Image.new("RGBA", image.size, (0, 0, 0, 0))
        clear.putalpha(image.point(lambda v: 255 - v))
    clear.save(tmp_path / "a.png")
    np.testing.assert_allclose(read_table(tmp_path / "a.png").ink, dark.ink, atol=0.03)


def test_a_large_picture_is_brought_down(tmp_path):
    assert read_table(picture(tmp_path / "p.png", size=(900, 300))).ink.shape == (43, 128)


def sheet(path, scale=1, per_row=7):
    chosen = [g.pixels for g in glyphs()][:21]
    cells = np.array(chosen).reshape(-1, per_row, 5, 5).swapaxes(1, 2).reshape(-1, 5 * per_row)
    blank = np.zeros((5, 5 * per_row), dtype=int)
    grey = 255 - 255 * np.vstack([cells, blank]).astype(np.uint8)
    Image.fromarray(np.kron(grey, np.ones((scale, scale), dtype=np.uint8))).save(path)
    return path, np.array(chosen)


@pytest.mark.parametrize("scale", [1, 3, 10])
def test_a_sheet_of_digits_is_sliced_whatever_its_enlargement(tmp_path, scale):
    path, images = sheet(tmp_path / "s.png", scale)
    table = read_table(path, world="digits")
    np.testing.assert_array_equal(table.x, images)
    assert any("7 blank cells" in note for note in table.notes)


def test_pictures_that_cannot_be_used_are_refused(tmp_path, monkeypatch):
    Image.new("L", (30, 30), 255).save(tmp_path / "white.png")
    with pytest.raises(BadInput, match="blank"):
        read_table(tmp_path / "white.png")
    with pytest.raises(BadInput, match="60 × 43 pixels"):
        read_table(picture(tmp_path / "p.png", size=(60, 43)), world="digits")
    monkeypatch.setattr("genplay.datasets.pictures._MOST_PIXELS", 100)
    with pytest.raises(BadInput, match="60 × 40 pixels"):
        read_table(picture(tmp_path / "big.png"))


def test_every_ending_that_is_offered_can_be_read(tmp_path):
    for suffix in files.SUFFIXES:
        path = tmp_path / f"t{suffix}"
        if suffix == ".npy":
            np.save(path, ROWS)
        elif suffix == ".npz":
            np.savez(path, ROWS)
        elif suffix in (".png", ".jpg", ".jpeg"):
            picture(path)
        else:
            write(path, GOOD["tabs.tsv"])
        assert read_table(path).source == path.name
