"""What a data set is: a law with an exact density where there is one, and the samples a model is trained on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from genplay.knobs import Knobs, knob
from genplay.quantity import Quantity
from genplay.spaces import World
from genplay.spaces.plane import HOME, Box

__all__ = ["Data", "DataSettings", "DataSpec", "DatasetCard", "Law", "has_density"]

Array = NDArray[np.float64]
Labels = NDArray[np.int64]


class Law(Protocol):
    """A distribution known exactly. x is (n, d), float64; d is 2 on the plane and 25 (pixels 0 or 1) for images."""

    @property
    def classes(self) -> int:
        """How many labels there are; 1 means the data have none."""
        ...

    def sample(self, n: int, rng: np.random.Generator) -> tuple[Array, Labels]:
        """n independent draws and their labels."""
        ...

    def log_prob(self, x: Array) -> Array:
        """log p(x) in nats, (n,); −inf where the density is 0."""
        ...

    def entropy(self) -> Quantity:
        """H(p) = −E log p(x) in nats, exact."""
        ...


@dataclass(frozen=True)
class DataSettings(Knobs):
    """What every data set can be asked: how much, how split, how spoilt."""

    n: int = knob(2000, "How many points to train on.", low=1, high=200_000, log=True)
    test: int = knob(1000, "How many fresh points to test on.", low=1, high=200_000, log=True)
    seed: int = knob(0, "Another seed draws other points from the same law.", low=0, high=2**31 - 1)
    outliers: float = knob(
        0.0, "This share of the points is spread evenly over the world.", low=0.0, high=0.9
    )
    label_noise: float = knob(0.0, "This share of the labels is drawn at random.", low=0.0, high=1.0)
    balance: float = knob(
        0.0,
        "0: classes as the data set has them; towards 1 the first class outweighs the others.",
        low=0.0,
        high=0.95,
    )


@dataclass(frozen=True)
class DataSpec:
    """All that is needed to build a data set again: it goes into undo and into the project file.

    ``content`` holds what no generator can make again, by name: strokes, drawn digits, an imported table. Its values
    are frozen dataclasses of the module that reads them.
    """

    name: str
    knobs: Mapping[str, bool | int | float | str] = field(default_factory=dict)
    settings: DataSettings = field(default_factory=DataSettings)
    content: object | None = None


@dataclass(frozen=True)
class Data:
    """A built data set: training and test samples, and the law they came from (None for imported tables)."""

    spec: DataSpec
    world: World
    x_train: Array
    y_train: Labels
    x_test: Array
    y_test: Labels
    law: Law | None
    class_names: tuple[str, ...]
    box: Box = HOME
    notes: tuple[str, ...] = ()

    @property
    def classes(self) -> int:
        return len(self.class_names)


@dataclass(frozen=True)
class DatasetCard:
    """One row of ``list datasets``: what it is, without building it.

    ``make(knobs, content)`` returns a law, or for bare samples a ``datasets.table.Table``. ``drawable``: the user draws
    its content. ``also``: a second world it can live in (an imported file).
    """

    id: str
    title: str
    world: World
    summary: str
    knobs: type[Knobs]
    make: Callable[[Knobs, object | None], object]
    drawable: bool = False
    also: tuple[World, ...] = ()

    @property
    def worlds(self) -> tuple[World, ...]:
        """Every world this data set can live in."""
        return (self.world, *self.also)


def has_density(law: Law | None) -> bool:
    """Whether ``log_prob`` means anything: not for bare samples, nor for a curve without thickness."""
    return law is not None and getattr(law, "singular", False) is False
