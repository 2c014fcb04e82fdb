"""What the actions on all images of the digit world do."""

from __future__ import annotations

from genplay.lab.actions import ActionRegistry
from genplay.lab.experiment import Experiment

__all__ = ["bind_world"]


def bind_world(registry: ActionRegistry, experiment: Experiment) -> None:
    """Bind them, and say when there is a census."""
    census = experiment.census
    registry.bind_condition("census", census.why_not)
    registry.bind("world.compute", lambda of: census.compute(of))
    registry.bind("world.stop", census.stop)
    registry.bind("world.minimum", census.choose_minimum)
    registry.bind("world.walk", census.walk)
    registry.bind("world.cross", census.cross)
    registry.bind("world.step", census.go)
    registry.bind("world.know", lambda pixels: census.know(pixels))
    registry.bind("world.complete", census.complete)
