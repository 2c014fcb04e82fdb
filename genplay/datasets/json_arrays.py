"""Arrays and lists of names as JSON.

An array goes as base64 of its little-endian bytes with shape and type, so that it comes back bit for bit.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

__all__ = ["array_from_json", "array_to_json", "strings"]

_TYPES = {"float64": "<f8", "float32": "<f4", "int64": "<i8"}
_MOST_VALUES = 100_000_000


def array_to_json(a: NDArray[np.generic]) -> dict[str, object]:
    """An array of float64, float32 or int64 as a JSON object."""
    kind = a.dtype.name
    raw = np.ascontiguousarray(a, dtype=_TYPES[kind]).tobytes()
    return {"type": kind, "shape": list(a.shape), "base64": base64.b64encode(raw).decode("ascii")}


def array_from_json(data: object) -> NDArray[np.float64] | NDArray[np.int64]:
    """The array back; ``ValueError`` if shape and bytes do not fit together."""
    if not isinstance(data, Mapping):
        raise ValueError("an array is missing")
    shape = tuple(int(n) for n in data["shape"])
    if any(n < 0 for n in shape) or int(np.prod(shape, dtype=object)) > _MOST_VALUES:
        raise ValueError(f"an array of shape {shape}")
    raw = base64.b64decode(str(data["base64"]), validate=True)
    flat: NDArray[np.float64] | NDArray[np.int64] = np.frombuffer(raw, dtype=_TYPES[str(data["type"])])
    return flat.reshape(shape).astype(str(data["type"]))


def strings(data: object) -> tuple[str, ...]:
    """A JSON list of texts."""
    if not isinstance(data, list) or not all(isinstance(item, str) for item in data):
        raise ValueError("a list of names is missing")
    return tuple(data)
