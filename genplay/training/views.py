"""What the visible views want of a model: fields on a grid of the plane, frozen-noise samples, galleries of images.

Every result is a read-only numpy array that the training thread will not touch again.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from genplay.models.base import (
    HasDensity,
    HasDiscriminator,
    HasEnergy,
    HasGridDensity,
    HasLabels,
    HasPosterior,
    HasScore,
    HasVelocity,
    Model,
)
from genplay.quantity import Kind
from genplay.spaces.plane import Grid
from genplay.training.chunks import Chunked
from genplay.training.device import flushed_denormals, placed
from genplay.training.snapshot import Field, FieldName, FieldRequest, Gallery

__all__ = ["FieldWork", "classes_of", "field_source", "frozen", "gallery", "of_class", "samples"]

T = TypeVar("T", bound=np.generic)


def frozen(tensor: Tensor, dtype: type[T]) -> NDArray[T]:
    """A read-only copy of a tensor as a numpy array."""
    array = np.array(tensor.detach().cpu().numpy(), dtype=dtype)
    array.setflags(write=False)
    return array


@dataclass(frozen=True, slots=True)
class Source:
    """Where a field's values come from: f: (n, 2) → (n,) or (n, 2), and what kind of number they are."""

    f: Callable[[Tensor], Tensor]
    kind: Kind
    method: str
    whole: Callable[[Tensor, Tensor], Tensor] | None = None


SURE = 1 - 2**-12
"""The greatest probability of a class in a field: as a fraction it must stay below 1, also in float32."""


def field_source(model: Model, name: FieldName, t: float = 1.0) -> Source | None:
    """How this model gives a field; None if it cannot, or lives in another world than the plane."""
    if model.world != "plane":
        return None
    if name == "density" and isinstance(model, HasDensity):
        whole = model.log_prob_grid if isinstance(model, HasGridDensity) else None
        return Source(model.log_prob, model.density_kind, model.density_method, whole)
    if name == "energy" and isinstance(model, HasEnergy):
        return Source(model.energy, "exact", "E(x), with p ∝ exp(−E)")
    if name == "score" and isinstance(model, HasScore):
        return Source(model.score, "exact", "the model's own ∇ log p(x)")
    if name == "discriminator" and isinstance(model, HasDiscriminator):
        return Source(model.discriminator, "exact", "the discriminator's output D(x)")
    if name == "velocity" and isinstance(model, HasVelocity):
        velocity = model.velocity
        return Source(
            lambda x: velocity(x, x.new_full((len(x),), t)), "exact", f"the model's own dx/dt at t = {t:.2f}"
        )
    if name == "posterior" and isinstance(model, HasPosterior):
        posterior = model.class_posterior
        return Source(lambda x: _likeliest(posterior(x)), "exact", "the class with the greatest P(class | x)")
    return None


def _likeliest(posterior: Tensor) -> Tensor:
    """Class and probability in one number, (n, classes) → (n,)."""
    probability, label = posterior.max(dim=1)
    return label + probability.clamp(max=SURE)


class FieldWork:
    """A field in the making, worked on for a few milliseconds at a time.

    ``per_point`` is the expected seconds of one point (None: not known). The model must be as a view sees it (see
    ``Trainer.viewing``) during ``work``, and must not change between its calls.
    """

    def __init__(
        self, model: Model, source: Source, request: FieldRequest, n: int, step: int, per_point: float | None
    ) -> None:
        self.request = request
        self.n = n
        self._grid = Grid(request.box, n)
        self._source = source
        self._step = step
        self._model = model
        self._whole: Tensor | None = None
        self._chunks: Chunked | None = None
        if source.whole is None:
            points = placed(self._grid.points(), model)
            self._chunks = Chunked(source.f, points, per_point)
        self.seconds = 0.0

    @property
    def per_point(self) -> float:
        """Measured seconds a point, for the next field of this kind."""
        return self._chunks.per_point if self._chunks is not None else self.seconds / self.n**2

    def work(self, seconds: float = math.inf) -> bool:
        """Go on for about so long; True when the field is done."""
        with flushed_denormals():
            if self._chunks is not None:
                done = self._chunks.work(seconds)
                self.seconds = self._chunks.seconds
                return done
            return self._work_whole()

    def _work_whole(self) -> bool:
        began = time.perf_counter()
        assert self._source.whole is not None
        xs, ys = (placed(side, self._model) for side in (self._grid.xs, self._grid.ys))
        self._whole = self._source.whole(xs, ys)
        self.seconds = time.perf_counter() - began
        return True

    def result(self) -> Field:
        values = self._chunks.result() if self._chunks is not None else self._whole
        assert values is not None
        shape = (self.n, self.n, 2) if self.request.name in ("score", "velocity") else (self.n, self.n)
        array = frozen(values.reshape(shape), np.float32)
        return Field(self.request.name, self._grid, array, self._source.kind, self._source.method, self._step)


def samples(model: Model, noise: Tensor) -> NDArray[np.float32]:
    """Samples (n, d) made from frozen noise (n, k): the same noise, so the same sample can be followed."""
    with flushed_denormals():
        return frozen(model.sample_from(noise), np.float32)


def classes_of(model: Model) -> int:
    """How many classes the model can be asked for; 0 where it cannot, or knows one alone."""
    told = model.classes if isinstance(model, HasLabels) else 0
    return told if told > 1 and model.draws else 0


def of_class(model: Model, label: int | None) -> Callable[[Tensor], Tensor]:
    """Noise (n, k) → samples (n, d) of one class; of all (None, or a class the model does not know) as it draws them."""
    if label is None or label >= classes_of(model) or not isinstance(model, HasLabels):
        return model.sample_from
    sample_class = model.sample_class
    return lambda noise: sample_class(noise, noise.new_full((len(noise),), label, dtype=torch.int64))


def gallery(model: Model, images: NDArray[np.float32]) -> Gallery:
    """Images with their log p(x) where the model knows it."""
    log_prob = None
    if isinstance(model, HasDensity):
        x = placed(images, model)
        log_prob = frozen(model.log_prob(x).double(), np.float64)
    return Gallery(images, log_prob)
