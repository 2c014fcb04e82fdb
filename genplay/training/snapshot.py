"""What the training thread publishes: one frozen picture of a run, all arrays numpy, nothing of torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from genplay.quantity import Kind, Quantity
from genplay.spaces import World
from genplay.spaces.plane import Box, Grid
from genplay.training.health.finding import Finding
from genplay.training.history import History

__all__ = ["Field", "FieldName", "FieldRequest", "Gallery", "RunState", "Snapshot", "ViewRequest"]

FieldName = Literal["density", "energy", "score", "discriminator", "velocity", "posterior"]
RunState = Literal["building", "ready", "running", "paused", "finished", "failed", "closed"]


@dataclass(frozen=True, slots=True)
class FieldRequest:
    """Ask for a function of the plane on an n × n grid of a box; a velocity at the moment t from noise (0) to data (1)."""

    name: FieldName
    box: Box
    n: int
    t: float = 1.0

    @property
    def place(self) -> tuple[Box, float]:
        """Where and when the function is looked at."""
        return self.box, self.t


@dataclass(frozen=True, slots=True)
class ViewRequest:
    """What the visible views want computed between slices of training.

    ``samples``: how many frozen-noise samples; ``evaluate``: whether train and test NLL are wanted; ``refine``: when
    the run rests, fields are computed again at this many cells a side (0: as asked). ``label``: samples of this class
    alone, where the model can be asked for one. ``boost``: how many times the usual share of the time of training all this
    may take; lanes that get a quarter of a thread each would else be seen too seldom.
    """

    fields: tuple[FieldRequest, ...] = ()
    samples: int = 0
    evaluate: bool = True
    refine: int = 0
    label: int | None = None
    boost: float = 1.0


@dataclass(frozen=True, slots=True)
class Field:
    """A function of the plane on a grid, values (n, n) or for vectors (n, n, 2), indexed [row y, column x].

    ``density`` holds log p(x) in nats, ``energy`` E(x), ``discriminator`` D(x) in (0, 1), ``score`` ∇ log p(x), ``velocity``
    dx/dt, ``posterior`` the likeliest class as the whole part and its probability (below 1) as the fraction.
    """

    name: FieldName
    grid: Grid
    values: NDArray[np.float32]
    kind: Kind
    method: str
    step: int


@dataclass(frozen=True, slots=True)
class Gallery:
    """Frozen-noise samples of the digit world, (n, 25), with their log p(x) in nats where the model knows it."""

    images: NDArray[np.float32]
    log_prob: NDArray[np.float64] | None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One frozen picture of a run. A new run has a new ``run_id``; a view never draws a snapshot of another run.

    ``classes``: so many classes the model can be asked for (0: none); ``samples_label``: the class of the samples (None: all).
    ``test_log_prob``: log p (or its bound) of each test point that ``nll_test`` is the mean of; of so many points of one data
    set they are always the same points, so that runs can be compared point by point. ``made_at``: when, by
    ``time.perf_counter``, so that speeds can be told to the step.
    """

    run_id: int
    state: RunState
    world: World
    model: str
    step: int
    seconds: float
    steps_per_second: float
    device: str
    terms: Mapping[str, float]
    history: History
    nll_train: Quantity | None = None
    nll_test: Quantity | None = None
    entropy: Quantity | None = None
    fields: Mapping[FieldName, Field] = field(default_factory=dict)
    samples: NDArray[np.float32] | None = None
    samples_step: int = 0
    samples_label: int | None = None
    classes: int = 0
    gallery: Gallery | None = None
    phase: str = ""
    message: str = ""
    health: tuple[Finding, ...] = ()
    test_log_prob: NDArray[np.float32] | None = None
    made_at: float = 0.0
