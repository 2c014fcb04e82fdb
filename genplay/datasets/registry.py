"""Every data set by id, and how a ``DataSpec`` becomes ``Data``."""

from __future__ import annotations

import dataclasses
from functools import cache, lru_cache

import numpy as np

from genplay.datasets import bars, drawn, file_card, glyphs, handwritten, presets, strokes
from genplay.datasets.base import Data, DatasetCard, DataSpec, Law
from genplay.datasets.image_law import ImageMixtureLaw
from genplay.datasets.mixture import GaussianMixtureLaw
from genplay.datasets.plane_law import PlaneLaw, WithOutliers
from genplay.datasets.split import from_law, from_table, with_label_noise
from genplay.datasets.table import Table
from genplay.errors import BadInput, unknown_name
from genplay.knobs import Knobs
from genplay.spaces import World
from genplay.spaces.plane import HOME, Box

__all__ = ["build", "card", "cards"]


@cache
def cards() -> dict[str, DatasetCard]:
    """All cards by id, in the order in which they are shown."""
    plane = (*presets.CARDS, strokes.CARD)
    digits = (glyphs.CARD, bars.CARD, handwritten.CARD, drawn.CARD)
    return {c.id: c for c in (*plane, *digits, file_card.CARD)}


def card(name: str, world: World | None = None) -> DatasetCard:
    """One card by id; raise ``BadInput`` if there is none, or none in this world."""
    known = cards()
    if name not in known:
        raise unknown_name("data set", name, known)
    found = known[name]
    if world is not None and world not in found.worlds:
        fitting = ", ".join(c.id for c in known.values() if world in c.worlds)
        raise BadInput(f"The data set '{name}' is not in the world '{world}'. There: {fitting}.")
    return found


def build(spec: DataSpec) -> Data:
    """Make the data of a spec, always the same for the same spec; raise ``BadInput`` if it cannot be made."""
    chosen = card(spec.name)
    if spec.content is not None and not (chosen.drawable or chosen.id == file_card.CARD.id):
        raise BadInput(f"The data set '{spec.name}' is ready-made: it takes no drawing and no file.")
    knobs = chosen.knobs.parse(spec.knobs)
    made = _made(chosen, knobs, spec.content)
    if isinstance(made, Table):
        return _data_from_table(spec, knobs, made)
    settings = spec.settings
    law, box = _reshaped(chosen, knobs, spec.content, settings.balance, settings.outliers)
    x, y, x_test, y_test = from_law(law, settings)
    notes = []
    if settings.outliers:
        notes.append(f"{settings.outliers:.0%} of the points are outliers; they belong to the law.")
    data = Data(spec, chosen.world, x, y, x_test, y_test, law, law.class_names, box, tuple(notes))
    return _with_noisy_labels(data)


@lru_cache(maxsize=64)
def _made(chosen: DatasetCard, knobs: Knobs, content: object | None) -> object:
    """The law or table of a card; kept, so that another seed or size does not build it again."""
    return chosen.make(knobs, content)


@lru_cache(maxsize=64)
def _reshaped(
    chosen: DatasetCard, knobs: Knobs, content: object | None, balance: float, outliers: float
) -> tuple[PlaneLaw | ImageMixtureLaw, Box]:
    """The law with classes reweighted and outliers mixed in; kept, and with it the entropy it has computed."""
    law = _made(chosen, knobs, content)
    if not isinstance(law, PlaneLaw | ImageMixtureLaw):
        raise TypeError(f"{chosen.id} made {type(law).__name__}, neither a law nor a table")
    box = _box_of(law)
    if balance:
        law = law.balanced(balance)
    if outliers:
        law = WithOutliers(law, outliers, box) if isinstance(law, PlaneLaw) else law.with_outliers(outliers)
    return law, box


def _box_of(law: Law) -> Box:
    """Home, or where a drawing goes beyond it, the smallest square around both."""
    if isinstance(law, GaussianMixtureLaw) and not HOME.contains(law.means).all():
        corners = np.array([[HOME.x0, HOME.y0], [HOME.x1, HOME.y1]])
        return Box.around(np.vstack([law.means, corners]), margin=0.05)
    return HOME


def _data_from_table(spec: DataSpec, knobs: Knobs, table: Table) -> Data:
    x, box, notes = file_card.placed(table, knobs)
    (train, y, test, y_test), split_notes = from_table(table, x, box, spec.settings)
    notes = (*table.notes, *notes, *split_notes)
    return _with_noisy_labels(
        Data(spec, table.world, train, y, test, y_test, None, table.class_names, box, notes)
    )


def _with_noisy_labels(data: Data) -> Data:
    settings = data.spec.settings
    if not settings.label_noise or data.classes < 2:
        return data
    return dataclasses.replace(
        data,
        y_train=with_label_noise(data.y_train, data.classes, settings),
        notes=(*data.notes, f"{settings.label_noise:.0%} of the training labels are drawn at random."),
    )
