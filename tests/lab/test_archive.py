"""Files from anywhere: nothing in one may run, fill the memory, or leave its folder."""

from __future__ import annotations

import io
import os
import pickle
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest

from genplay.errors import BadInput, Failure
from genplay.lab import archive
from genplay.lab.archive import array_bytes, read_archive, read_array, write_archive, write_atomically


def zipped(path: Path, *entries: tuple[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in entries:
            file.writestr(name, content)
    return path


def test_round_trip(tmp_path: Path) -> None:
    entries = {"manifest.json": b"{}", "data/array-0.npy": array_bytes(np.arange(4.0))}
    write_archive(tmp_path / "x.genplay", entries)
    assert read_archive(tmp_path / "x.genplay") == entries


@pytest.mark.parametrize(
    "name",
    [
        "../evil.npy",
        "/etc/passwd",
        "data/../../x.npy",
        "data/x.py",
        "x.npy",
        "data/sub/x.npy",
        "data\\x.npy",
        "data/x.pkl",
    ],
)
def test_foreign_names_are_refused(tmp_path: Path, name: str) -> None:
    path = zipped(tmp_path / "x.genplay", ("manifest.json", b"{}"), (name, b"x"))
    with pytest.raises(BadInput, match=r"no \.genplay file has"):
        read_archive(path)
    with pytest.raises(ValueError, match="not a name"):
        write_archive(path, {name: b""})


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = zipped(tmp_path / "x.genplay", ("manifest.json", b"{}"), ("data/a.npy", bytes(20 << 20)))
    assert path.stat().st_size < 100_000
    monkeypatch.setattr(archive, "MOST_BYTES", 10 << 20)
    monkeypatch.setattr(zipfile.ZipFile, "read", lambda *_: pytest.fail("unpacked"))
    with pytest.raises(BadInput, match="would unpack to 20 MB"):
        read_archive(path)


def test_a_size_that_lies_is_refused(tmp_path: Path) -> None:
    path = zipped(tmp_path / "x.genplay", ("manifest.json", b" " * 100_000))
    raw = bytearray(path.read_bytes())
    # The central directory says 10 bytes; there are 100,000.
    at = raw.rindex(b"PK\x01\x02")
    raw[at + 24 : at + 28] = struct.pack("<I", 10)
    path.write_bytes(raw)
    with pytest.raises(BadInput, match="damaged"):
        read_archive(path)


def test_other_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no file"):
        read_archive(tmp_path / "none.genplay")
    with pytest.raises(BadInput, match="folder"):
        read_archive(tmp_path)
    text = tmp_path / "x.genplay"
    text.write_text("hello")
    with pytest.raises(BadInput, match=r"not a \.genplay file"):
        read_archive(text)
    with pytest.raises(BadInput, match=r"no manifest\.json"):
        read_archive(zipped(tmp_path / "y.genplay", ("data/a.npy", b"")))
    with pytest.warns(UserWarning, match="Duplicate"):
        twice = zipped(tmp_path / "z.genplay", ("manifest.json", b"{}"), ("manifest.json", b"{}"))
    with pytest.raises(BadInput, match="same name"):
        read_archive(twice)
    whole = zipped(tmp_path / "w.genplay", ("manifest.json", os.urandom(4000))).read_bytes()
    for cut in (10, 2000, len(whole) - 30):
        text.write_bytes(whole[:cut])
        with pytest.raises(BadInput):
            read_archive(text)
    flipped = bytearray(whole)
    flipped[1000] ^= 0xFF
    text.write_bytes(flipped)
    with pytest.raises(BadInput, match="damaged"):
        read_archive(text)


def test_too_large_to_save_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MOST_BYTES", 10)
    with pytest.raises(Failure, match="too large"):
        write_archive(tmp_path / "x.genplay", {"manifest.json": bytes(11)})


class Evil:
    def __reduce__(self):
        return (os.system, ("echo evil",))


def test_arrays_are_never_unpickled() -> None:
    buffer = io.BytesIO()
    np.save(buffer, np.array([Evil()], dtype=object), allow_pickle=True)
    for content in (buffer.getvalue(), pickle.dumps(Evil()), b"", b"\x93NUMPY", array_bytes(np.ones(3))[:-1]):
        with pytest.raises(BadInput, match="is damaged"):
            read_array(content, "data/a.npy")


def test_an_array_that_promises_more_than_there_is() -> None:
    content = array_bytes(np.ones(3)).replace(b"(3,)", b"(9,)")
    with pytest.raises(BadInput, match="damaged"):
        read_array(content, "a")
    huge = array_bytes(np.ones(3)).replace(b"(3,), }    ", b"(10**12,), }"[:12])
    with pytest.raises(BadInput):
        read_array(huge, "a")


def test_writing_is_all_or_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x"
    write_atomically(path, b"old")

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(BadInput, match="No space left"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cannot be written"):
        write_atomically(tmp_path / "none" / "x", b"")
