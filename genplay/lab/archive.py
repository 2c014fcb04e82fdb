"""Safe zip files: names and sizes are checked before anything is unpacked, nothing is executed, writing is atomic."""

from __future__ import annotations

import io
import os
import re
import tempfile
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from genplay.errors import BadInput, Failure

__all__ = ["MOST_BYTES", "array_bytes", "read_archive", "read_array", "write_archive", "write_atomically"]

MOST_BYTES = 512 << 20
MOST_ENTRIES = 4096
_NAME = re.compile(r"manifest\.json|(?:data|runs)/[a-z0-9-]{1,80}\.(?:npy|safetensors)")
_DTYPES = ("float32", "float64", "int64", "int32", "uint8", "bool")


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file so that it is either the old one or the whole new one, whatever happens meanwhile."""
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:60]}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.chmod(temporary, 0o644)
            os.replace(temporary, path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise BadInput(f"{path} cannot be written: {error.strerror or error}.") from None


def write_archive(path: Path, entries: Mapping[str, bytes]) -> None:
    """Write the entries as a zip, atomically; raises ``Failure`` if they could not be read back."""
    for name in entries:
        if _NAME.fullmatch(name) is None:
            raise ValueError(f"not a name for an entry: {name}")
    if sum(map(len, entries.values())) > MOST_BYTES:
        raise Failure(f"The experiment is too large to be saved: more than {MOST_BYTES >> 20} MB.")
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    write_atomically(path, buffer.getvalue())


def read_archive(path: Path) -> dict[str, bytes]:
    """All entries by name; raises ``BadInput`` for a file that is not there, not a zip, damaged, too large or foreign."""
    try:
        with zipfile.ZipFile(path) as archive:
            infos = archive.infolist()
            _check(path, infos)
            return {info.filename: archive.read(info) for info in infos}
    except FileNotFoundError:
        raise BadInput(f"There is no file {path}.") from None
    except IsADirectoryError:
        raise BadInput(f"{path} is a folder, not a .genplay file.") from None
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror or error}.") from None
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        raise BadInput(f"{path} is not a .genplay file, or is damaged: {error}.") from None


def _check(path: Path, infos: list[zipfile.ZipInfo]) -> None:
    names = [info.filename for info in infos]
    if len(names) > MOST_ENTRIES:
        raise BadInput(f"{path} has {len(names)} entries; a .genplay file has at most {MOST_ENTRIES}.")
    for info in infos:
        if _NAME.fullmatch(info.filename) is None:
            raise BadInput(f"{path} has an entry that no .genplay file has: {info.filename[:80]!r}.")
        if info.flag_bits & 0x1:
            raise BadInput(f"{path} is encrypted; a .genplay file never is.")
    if len(set(names)) != len(names):
        raise BadInput(f"{path} has two entries of the same name.")
    total = sum(info.file_size for info in infos)
    if total > MOST_BYTES:
        raise BadInput(
            f"{path} would unpack to {total >> 20} MB; a .genplay file has at most {MOST_BYTES >> 20} MB."
        )
    if "manifest.json" not in names:
        raise BadInput(f"{path} is not a .genplay file: it has no manifest.json.")


def array_bytes(array: NDArray[np.generic]) -> bytes:
    """An array as the bytes of an .npy file."""
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return buffer.getvalue()


def read_array(content: bytes, name: str) -> NDArray[np.generic]:
    """The array of an .npy file's bytes, never unpickled; its header must fit its size. Raises ``BadInput``."""
    file = io.BytesIO(content)
    try:
        version = np.lib.format.read_magic(file)
        read = (
            np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        )
        shape, _, dtype = read(file)
        # A header may promise more than there is: nothing is allocated before that is known.
        if dtype.name not in _DTYPES or int(np.prod(shape, dtype=object)) * dtype.itemsize != len(content) - (
            file.tell()
        ):
            raise ValueError(f"an array of {dtype} with shape {shape} in {len(content)} bytes")
        return np.asarray(np.load(io.BytesIO(content), allow_pickle=False))
    except (ValueError, EOFError, OSError, SyntaxError, TypeError, MemoryError) as error:
        raise BadInput(f"The entry {name} is damaged: {error}.") from None
