"""Points and samples in files: reading .npy safely, writing .npy, .csv and a picture."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from genplay.errors import BadInput
from genplay.lab.archive import array_bytes, write_atomically
from genplay.spaces import World
from genplay.spaces.binary import PIXELS, SIDE
from genplay.spaces.plane import Box

__all__ = ["SUFFIXES", "checked_output", "read_points", "write_array", "write_samples"]

Array = NDArray[np.float64]
SUFFIXES = (".npy", ".csv", ".png")
PICTURE = 800
MOST_TILES = 400


def checked_output(path: Path, suffixes: tuple[str, ...]) -> Path:
    """The path, if a file can be written there; raises ``BadInput`` before any work is done in vain."""
    if path.suffix.lower() not in suffixes:
        raise BadInput(f"{path} has no suffix that can be written. Allowed: {', '.join(suffixes)}.")
    if path.is_dir():
        raise BadInput(f"{path} is a folder, not a file.")
    if not path.parent.is_dir():
        raise BadInput(f"There is no folder {path.parent}.")
    return path


def read_points(path: Path) -> Array:
    """The numbers of an .npy file, never unpickled; raises ``BadInput``."""
    try:
        array = np.load(path, allow_pickle=False, mmap_mode="r")
    except FileNotFoundError:
        raise BadInput(f"There is no file {path}.") from None
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror or error}.") from None
    except (ValueError, EOFError, SyntaxError) as error:
        raise BadInput(f"{path} is not an .npy file of numbers ({str(error).splitlines()[0]}).") from None
    if not isinstance(array, np.ndarray):
        raise BadInput(f"{path} holds several arrays (.npz); give one array as .npy.")
    if not (np.issubdtype(array.dtype, np.number) or array.dtype == np.bool_) or np.iscomplexobj(array):
        raise BadInput(f"{path} holds {array.dtype}, not real numbers.")
    return np.asarray(array, np.float64)


def write_array(array: NDArray[np.generic], path: Path) -> None:
    """Write an .npy file, atomically."""
    write_atomically(path, array_bytes(array))


def write_samples(x: Array, path: Path, world: World, box: Box) -> None:
    """Write samples (n, d) as .npy, .csv with a header, or .png: dots in the box, or tiles (400 at most)."""
    suffix = path.suffix.lower()
    if suffix == ".npy":
        write_array(x, path)
    elif suffix == ".csv":
        names = ["x", "y"] if world == "plane" else [f"pixel{i}" for i in range(PIXELS)]
        pattern = "%.9g" if world == "plane" else "%d"
        rows = [",".join(names), *(",".join(pattern % v for v in row) for row in x.tolist())]
        write_atomically(path, ("\n".join(rows) + "\n").encode())
    else:
        write_atomically(path, _png(_dots(x, box) if world == "plane" else _tiles(x)))


def _png(grey: NDArray[np.uint8]) -> bytes:
    import io

    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(grey).save(buffer, format="PNG")
    return buffer.getvalue()


def _dots(x: Array, box: Box) -> NDArray[np.uint8]:
    """A dark dot for every sample inside the box on a light square, y upwards; dots that meet grow darker."""
    column = np.floor((x[:, 0] - box.x0) / box.width * PICTURE)
    row = np.floor((box.y1 - x[:, 1]) / box.height * PICTURE)
    inside = (column >= 1) & (column < PICTURE - 1) & (row >= 1) & (row < PICTURE - 1)
    r, c = row[inside].astype(np.int64), column[inside].astype(np.int64)
    ink = np.zeros((PICTURE, PICTURE))
    for dr, dc, weight in ((0, 0, 1.0), (-1, 0, 0.7), (1, 0, 0.7), (0, -1, 0.7), (0, 1, 0.7)):
        np.add.at(ink, (r + dr, c + dc), weight)
    return np.asarray(np.round(255 * np.exp(-ink)), np.uint8)


def _tiles(x: Array, scale: int = 8, gap: int = 4) -> NDArray[np.uint8]:
    """The images side by side, about as many across as down, dark ink on white."""
    shown = x[:MOST_TILES]
    across = math.ceil(math.sqrt(len(shown)))
    down = math.ceil(len(shown) / across)
    side = SIDE * scale + gap
    picture = np.full((down * side + gap, across * side + gap), 225, np.uint8)
    for i, image in enumerate(shown):
        top, left = i // across * side + gap, i % across * side + gap
        tile = np.round(255 * (1 - np.clip(image, 0, 1))).astype(np.uint8).reshape(SIDE, SIDE)
        picture[top : top + SIDE * scale, left : left + SIDE * scale] = np.kron(
            tile, np.ones((scale, scale), np.uint8)
        )
    return picture
