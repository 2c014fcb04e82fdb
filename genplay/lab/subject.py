"""What the user looks at closely: one point or image x that the model's exhibits are about, in each world its own; the
moment t at which what is on its way from noise (t = 0) to data (t = 1) is shown; and the class that samples are to be of.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from psygnal import Signal

from genplay.errors import BadInput, suggest
from genplay.lab.params import Pixels, Points
from genplay.lab.small_table import Combination
from genplay.spaces import World

if TYPE_CHECKING:
    from genplay.lab.experiment import Experiment

__all__ = ["Subject", "given"]

Array = NDArray[np.float64]


class Subject:
    """The chosen x of the open world; until something is chosen, the first training point."""

    changed = Signal()
    timed = Signal()
    labelled = Signal()
    rowed = Signal()

    def __init__(self, experiment: Experiment) -> None:
        self._experiment = experiment
        self.t = 1.0
        self._chosen: dict[World, Array] = {}
        self._labels: dict[World, int] = {}
        self._rows: dict[World, Combination] = {}

    @property
    def chosen(self) -> Array | None:
        """What the user chose in this world, (d,)."""
        return self._chosen.get(self._experiment.world)

    @property
    def x(self) -> Array:
        """The chosen point, else the first training point, (1, d)."""
        chosen = self.chosen
        return np.asarray(self._experiment.data.x_train[:1], np.float64) if chosen is None else chosen[None]

    def choose(
        self, point: Points | None = None, pixels: Pixels | None = None, sample: int | None = None
    ) -> None:
        """Look at a point, an image or a sample of the gallery; given nothing, at the first training point again."""
        world = self._experiment.world
        if point is None and pixels is None and sample is None:
            if self._chosen.pop(world, None) is not None:
                self.changed.emit()
            return
        x = given(self._experiment, point, pixels, sample)[0]
        old = self.chosen
        if old is None or not np.array_equal(old, x):
            self._chosen[world] = x
            self.changed.emit()

    def set_time(self, t: float) -> None:
        """Go to a moment between noise and data."""
        if t != self.t:
            self.t = t
            self.timed.emit()

    @property
    def label(self) -> int | None:
        """The class that samples are to be of in this world; None: of all, as the model draws them."""
        label = self._labels.get(self._experiment.world)
        return label if label is not None and label < self._experiment.data.classes else None

    def choose_label(self, label: object) -> None:
        """Show samples of one class, by its name or number, or of ``all``; raises ``BadInput`` for a class there is not."""
        names, old = self._experiment.data.class_names, self.label
        said = str(label).strip()
        numbers = [str(k) for k in range(len(names))]
        self._labels.pop(self._experiment.world, None)
        if said != "all":
            if said not in names and said not in numbers:
                if old is not None:
                    self._labels[self._experiment.world] = old
                raise BadInput(
                    f"There is no class '{said}'.{suggest(said, names)} Allowed: all, {', '.join(names)}."
                )
            self._labels[self._experiment.world] = names.index(said) if said in names else int(said)
        if self.label != old:
            self.labelled.emit()

    @property
    def row(self) -> Combination:
        """The row of the small table that Bayes' rule is shown for; until one is chosen, the first."""
        rows, chosen = self._experiment.desk().table.combinations, self._rows.get(self._experiment.world)
        return chosen if chosen in rows else rows[0]

    def choose_row(self, row: tuple[str, ...]) -> None:
        """Show Bayes' rule for another row of the small table; raises ``BadInput`` for one that there is not."""
        self._rows[self._experiment.world] = self._experiment.desk().table.checked(row)
        self.rowed.emit()

    def forget(self) -> None:
        """Another experiment is open: nothing is chosen."""
        self._chosen.clear()
        self._labels.clear()
        self._rows.clear()
        self.changed.emit()


def given(experiment: Experiment, point: Points | None, pixels: Pixels | None, sample: int | None) -> Array:
    """The one thing that was given of the three, as x (1, d); raises ``BadInput`` for none, several, or another world's."""
    names = [n for n, v in (("point", point), ("pixels", pixels), ("sample", sample)) if v is not None]
    if len(names) != 1:
        said = " and ".join(names) or "none of them"
        raise BadInput(f"Give one of point, pixels or sample; given: {said}.")
    if sample is not None:
        return _sample(experiment, sample)
    if experiment.world == "plane":
        if point is None:
            raise BadInput("On the plane give a point [x, y]; pixels belong to the world of digits.")
        return np.array(point[:1], np.float64)
    if pixels is None:
        raise BadInput("In the world of digits give pixels; a point belongs to the plane.")
    return np.array([pixels], np.float64)


def _sample(experiment: Experiment, index: int) -> Array:
    snapshot = experiment.bench.latest()
    shown: NDArray[np.float32] | None = None
    if snapshot is not None:
        shown = snapshot.gallery.images if snapshot.gallery is not None else snapshot.samples
    if shown is None or len(shown) == 0:
        raise BadInput("There are no samples yet: open the gallery, or train a little first.")
    if index >= len(shown):
        raise BadInput(f"There is no sample {index}. Allowed: 0 to {len(shown) - 1}.")
    return np.asarray(shown[index : index + 1], np.float64)
