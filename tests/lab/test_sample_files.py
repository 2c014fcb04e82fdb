from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from genplay.errors import BadInput
from genplay.lab.sample_files import checked_output, read_points, write_samples
from genplay.spaces.plane import HOME


def test_csv_and_npy_come_back(tmp_path: Path) -> None:
    x = np.random.default_rng(0).normal(size=(10, 2))
    write_samples(x, tmp_path / "x.csv", "plane", HOME)
    assert np.loadtxt(tmp_path / "x.csv", delimiter=",", skiprows=1) == pytest.approx(x)
    write_samples(x, tmp_path / "x.npy", "plane", HOME)
    assert np.array_equal(read_points(tmp_path / "x.npy"), x)


def test_the_picture_has_each_sample_where_it_is(tmp_path: Path) -> None:
    path = tmp_path / "x.png"
    write_samples(np.array([[1.0, 1.5], [9.0, 9.0]]), path, "plane", HOME)
    picture = np.asarray(Image.open(path))
    row, column = np.unravel_index(picture.argmin(), picture.shape)
    assert (column + 0.5) / 800 * 4 - 2 == pytest.approx(1.0, abs=0.01)
    assert 2 - (row + 0.5) / 800 * 4 == pytest.approx(1.5, abs=0.01)
    assert (picture < 255).sum() == 5


def test_images_are_tiled(tmp_path: Path) -> None:
    x = np.zeros((5, 25))
    x[0, 0] = 1
    path = tmp_path / "x.png"
    write_samples(x, path, "digits", HOME)
    picture = np.asarray(Image.open(path))
    assert picture.shape == (2 * 44 + 4, 3 * 44 + 4)
    assert (picture[4:12, 4:12] == 0).all()
    assert (picture == 0).sum() == 64


def test_places_that_cannot_be_written_are_refused_first(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"Allowed: \.npy"):
        checked_output(tmp_path / "x.txt", (".npy",))
    with pytest.raises(BadInput, match="no folder"):
        checked_output(tmp_path / "none" / "x.npy", (".npy",))
    (tmp_path / "d.npy").mkdir()
    with pytest.raises(BadInput, match="is a folder"):
        checked_output(tmp_path / "d.npy", (".npy",))


def test_points_are_read_safely(tmp_path: Path) -> None:
    path = tmp_path / "x.npy"
    with pytest.raises(BadInput, match="no file"):
        read_points(path)
    path.write_text("1,2\n")
    with pytest.raises(BadInput, match=r"not an \.npy file"):
        read_points(path)
    np.save(path, np.array([{"a": 1}], dtype=object))
    with pytest.raises(BadInput, match=r"not an \.npy file"):
        read_points(path)
    np.save(path, np.array(["a"]))
    with pytest.raises(BadInput, match="not real numbers"):
        read_points(path)
    np.savez(tmp_path / "x.npz", a=np.ones(3))
    with pytest.raises(BadInput, match="several arrays"):
        read_points(tmp_path / "x.npz")
