"""Which functions of the plane the layers of the stage need from the model."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from genplay.spaces.plane import Box
from genplay.training.snapshot import FieldName, FieldRequest
from genplay.ui.stage.layers import background

__all__ = ["fields_of"]


def fields_of(layers: AbstractSet[str], box: Box, n: int, t: float) -> tuple[FieldRequest, ...]:
    """One request for each function, on n × n cells of the box in view; the velocity at the moment t."""
    shown = background(layers)
    wanted: list[FieldName] = []
    if shown in ("density", "error") or "contours" in layers:
        wanted.append("density")
    if shown == "energy":
        wanted.append("energy")
    if shown == "discriminator":
        wanted.append("discriminator")
    if shown == "posterior":
        wanted.append("posterior")
    if "score" in layers:
        wanted.append("score")
    if "velocity" in layers:
        wanted.append("velocity")
    return tuple(FieldRequest(name, box, n, t if name == "velocity" else 1.0) for name in wanted)
