"""The ready experiments that an empty program opens on, one a world: Space starts training at once."""

from __future__ import annotations

from genplay.datasets.base import DataSpec
from genplay.lab.state import Desk, ModelChoice
from genplay.spaces import World

__all__ = ["default_desk"]

_READY: dict[World, tuple[str, str]] = {"plane": ("two-moons", "nsf"), "digits": ("glyphs", "vae")}


def default_desk(world: World) -> Desk:
    """The ready experiment of a world: two moons and a spline flow, or glyphs and a variational autoencoder."""
    data, model = _READY[world]
    return Desk(DataSpec(data), ModelChoice.default(model, world))
