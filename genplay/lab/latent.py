"""Walking in the latent space: sliders, encoding, two anchors and the path between them.

Answers of the model come from the training thread; each method returns a future, and the experiment's latent state changes
at a heartbeat.
"""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from genplay.errors import BadInput
from genplay.lab.params import Pixels, Points
from genplay.lab.state import Anchor, Interpolation, InterpolationKind, LatentState
from genplay.lab.subject import given

if TYPE_CHECKING:
    from genplay.lab.experiment import Experiment
    from genplay.training.queries import Path

__all__ = ["LatentWalk"]

Array = NDArray[np.float64]


class LatentWalk:
    """The latent actions on an experiment."""

    def __init__(self, experiment: Experiment) -> None:
        self._experiment = experiment

    @property
    def state(self) -> LatentState:
        return self._experiment.latent

    def set(self, index: int, value: float) -> None:
        """Set one dimension of the latent point."""
        state = self.state
        if index >= state.dim:
            raise BadInput(
                f"The latent code has {state.dim} dimensions: index {index} is not one of 0 … {state.dim - 1}."
            )
        z = tuple(value if i == index else old for i, old in enumerate(state.z))
        self._experiment.set_latent(replace(state, z=z))

    def encode(self, point: Points | None = None, pixels: Pixels | None = None) -> Future[Any]:
        """Move the sliders to the code of a point or an image."""
        x = given(self._experiment, point, pixels, None)
        return self._experiment.later(self._experiment.query("encode", x), self._moved)

    def _moved(self, z: Array) -> None:
        self._experiment.set_latent(replace(self.state, z=tuple(float(v) for v in z[0])))

    def anchor(
        self,
        slot: str,
        sample: int | None = None,
        point: Points | None = None,
        pixels: Pixels | None = None,
    ) -> Future[Any]:
        """Set anchor ``a`` or ``b`` to a sample of the gallery, a point or an image."""
        x = given(self._experiment, point, pixels, sample)

        def placed(z: Array) -> None:
            anchor = Anchor(x[0], np.asarray(z[0], np.float64))
            state = self.state
            state = replace(state, a=anchor) if slot == "a" else replace(state, b=anchor)
            self._experiment.set_latent(replace(state, path=None, position=0.0))

        return self._experiment.later(self._experiment.query("encode", x), placed)

    def interpolate(self, steps: int, kind: InterpolationKind) -> Future[Any]:
        """Walk from anchor a to anchor b: ``path`` of the latent state holds the way when the answer is there."""
        state = self.state
        if state.a is None or state.b is None:
            raise BadInput("Set both anchors first: drag two samples onto a and b.")
        snapshot = self._experiment.bench.latest()
        step = snapshot.step if snapshot is not None else 0

        def walked(answer: Path) -> None:
            path = Interpolation(answer.z, answer.x, answer.log_prob, step)
            self._experiment.set_latent(replace(self.state, path=path, kind=kind, steps=steps))

        asked = self._experiment.query("interpolate", state.a.x, state.b.x, steps=steps, kind=kind)
        return self._experiment.later(asked, walked)

    def position(self, t: float) -> None:
        """Move along the path, t in [0, 1]; the sliders follow, between the nearest two points of the path."""
        state = self.state
        if state.path is None:
            self._experiment.set_latent(replace(state, position=t))
            return
        z = state.path.z
        place = t * (len(z) - 1)
        i = min(int(place), len(z) - 2)
        here = z[i] + (z[i + 1] - z[i]) * (place - i)
        self._experiment.set_latent(replace(state, position=t, z=tuple(float(v) for v in here)))
