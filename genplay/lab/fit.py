"""Train a model without a window: ``genplay.fit("two-moons", "nsf", seconds=10)``."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from genplay.datasets.base import Data, DataSpec
from genplay.datasets.file_card import FileKnobs
from genplay.datasets.picture import Picture
from genplay.datasets.table import Table
from genplay.errors import BadInput, suggest
from genplay.lab.data_knobs import with_knobs
from genplay.lab.drawing import FILE
from genplay.lab.run import Run
from genplay.spaces import DIMENSIONS, WORLDS, World

if TYPE_CHECKING:
    from genplay.training.plan import DeviceName, RunPlan

__all__ = ["DEFAULT_SECONDS", "Progress", "data_of", "fit", "on_file", "plan_of", "train"]

DEFAULT_SECONDS = 20.0
_SLICE = 0.1


@dataclass(frozen=True)
class Progress:
    """How far training has come: ``share`` in [0, 1] of what was asked for."""

    share: float
    step: int
    seconds: float
    terms: Mapping[str, float]


def fit(
    data: str | Path | DataSpec | Data | ArrayLike,
    model: str,
    *,
    world: World | None = None,
    objective: str | None = None,
    steps: int | None = None,
    seconds: float | None = None,
    knobs: Mapping[str, object] | None = None,
    data_knobs: Mapping[str, object] | None = None,
    n: int | None = None,
    seed: int = 0,
    device: DeviceName = "auto",
    columns: tuple[str, ...] | None = None,
    label: str | None = None,
    members: Sequence[Run | str | Path] = (),
    weights: Sequence[float] | None = None,
    progress: Callable[[Progress], None] | None = None,
    interrupted: Callable[[], bool] | None = None,
) -> Run:
    """Train a model and return the run.

    ``data`` is the id of a data set, a file, or rows of points (n, 2) or images (n, 25). ``model`` is the id of a model, or a
    Python file with one of your own, whose code is run. ``seconds`` (20 if neither it nor
    ``steps`` is given) is training time; with both, what ends first. ``knobs`` are the model's and the recipe's by name,
    ``data_knobs`` the data set's and those of ``DataSettings``. ``members`` are the runs or .genplay files that the model
    'run-mixture' is made of, ``weights`` set by hand how much each counts (see ``genplay.ensemble``). Raises ``BadInput`` for what cannot be.
    """
    if model.endswith(".py"):
        from genplay.lab.own_models import open_model

        model = open_model(Path(model)).id
    settings = dict(data_knobs or {})
    if n is not None:
        settings["n"] = n
    built = data_of(data, world=world, model=model, knobs=settings, columns=columns, label=label)
    plan = plan_of(built, model, objective=objective, knobs=knobs or {}, seed=seed, device=device)
    if members or weights or model == "run-mixture":
        from genplay.lab.mixture import with_members

        plan = with_members(plan, members, weights)
    return train(plan, steps=steps, seconds=seconds, progress=progress, interrupted=interrupted)


def data_of(
    data: str | Path | DataSpec | Data | ArrayLike,
    *,
    world: World | None = None,
    model: str | None = None,
    knobs: Mapping[str, object] | None = None,
    columns: tuple[str, ...] | None = None,
    label: str | None = None,
) -> Data:
    """Build the data of a name, a file, a spec or rows; the world follows from them, else from the model."""
    from genplay.datasets.registry import build

    if isinstance(data, Data):
        return data
    if world is not None and world not in WORLDS:
        raise BadInput(f"There is no world '{world}'.{suggest(world, WORLDS)} Allowed: {', '.join(WORLDS)}.")
    if isinstance(data, DataSpec):
        spec = data
    elif isinstance(data, str | Path) and not _is_file(data):
        if columns is not None or label is not None:
            raise BadInput(f"Columns belong to a file; '{data}' is a data set that is ready-made.")
        spec = DataSpec(str(data))
    else:
        skip = FileKnobs.info("skip_missing").parse((knobs or {}).get("skip_missing", False))
        spec = DataSpec(FILE, content=_content(data, world or _world_of(model), columns, label, bool(skip)))
    return build(with_knobs(spec, world, knobs or {}))


def _is_file(data: str | Path) -> bool:
    if isinstance(data, Path):
        return True
    from genplay.datasets.files import SUFFIXES
    from genplay.datasets.registry import cards

    # A ready-made data set wins over a file that happens to have its name.
    looks = "/" in data or "\\" in data or data.lower().endswith(SUFFIXES)
    return looks or (data not in cards() and Path(data).exists())


def _world_of(model: str | None) -> World | None:
    """The only world a model works in, else None."""
    from genplay.models.registry import card

    if model is None:
        return None
    worlds = card(model).worlds
    return worlds[0] if len(worlds) == 1 else None


def _content(
    data: str | Path | ArrayLike,
    world: World | None,
    columns: tuple[str, ...] | None,
    label: str | None,
    skip_missing: bool = False,
) -> Table | Picture:
    from genplay.datasets.files import read_table

    if isinstance(data, str | Path):
        return read_table(
            Path(data), columns=columns, label=label, world=world or "plane", skip_missing=skip_missing
        )
    try:
        rows = np.asarray(data, np.float64)
    except (TypeError, ValueError):
        raise BadInput("Data are the name of a data set, a file, or rows of numbers.") from None
    fitting = [w for w in WORLDS if rows.ndim == 2 and rows.shape[1] == DIMENSIONS[w]]
    if not fitting or (world is not None and world not in fitting):
        wanted = " or ".join(str(DIMENSIONS[w]) for w in ([world] if world else WORLDS))
        raise BadInput(f"Rows need {wanted} columns; this has the shape {rows.shape}.")
    if len(rows) < 2 or not np.isfinite(rows).all():
        raise BadInput("Rows need to be at least two, and all numbers finite.")
    if fitting[0] == "digits" and not np.isin(rows, (0, 1)).all():
        raise BadInput("Images are made of pixels 0 and 1.")
    names = tuple(f"x{i + 1}" for i in range(rows.shape[1]))
    return Table(rows, np.zeros(len(rows), np.int64), ("all",), names, "rows in memory", fitting[0])


def on_file(run: Run, path: Path) -> Data:
    """The rows of a file as data to measure a run on, in the units the run was trained in; they have no law."""
    table = _content(path, run.world, None, None)
    if not isinstance(table, Table):
        raise BadInput(f"{path} is a picture; a run is measured on a table of points.")
    x = table.x.copy() if run.units is None else run.units.to_box(table.x)
    spec = DataSpec(FILE, content=table)
    return Data(
        spec, run.world, x, table.labels, x, table.labels, None, table.class_names, run.data.box, table.notes
    )


def plan_of(
    data: Data,
    model: str,
    *,
    objective: str | None = None,
    knobs: Mapping[str, object] | None = None,
    seed: int = 0,
    device: DeviceName = "auto",
) -> RunPlan:
    """The plan of a run; a knob is the model's, or else the recipe's. Raises ``BadInput`` for an unknown one."""
    from genplay.models.registry import card
    from genplay.training.plan import RunPlan
    from genplay.training.recipe import Recipe

    found = card(model, data.world)
    own = {info.name for info in found.knobs.infos()}
    general = {info.name for info in Recipe.infos()}
    given = knobs or {}
    for name in given:
        if name not in own | general:
            raise BadInput(
                f"The model '{model}' has no knob '{name}'.{suggest(name, own | general)} "
                f"Allowed: {', '.join([*sorted(own), *sorted(general - own)])}."
            )
    return RunPlan(
        found.id,
        data.world,
        data,
        objective,
        {k: v for k, v in given.items() if k in own},
        {k: v for k, v in given.items() if k not in own},
        seed,
        device,
    ).checked()


def train(
    plan: RunPlan,
    *,
    steps: int | None = None,
    seconds: float | None = None,
    progress: Callable[[Progress], None] | None = None,
    interrupted: Callable[[], bool] | None = None,
) -> Run:
    """Train a plan in this thread, on one torch thread; ``interrupted`` ends it early. Raises ``Failure``."""
    from genplay.training.device import single_thread
    from genplay.training.health.checkup import Checkup
    from genplay.training.trainer import Trainer

    if steps is not None and steps < 0:
        raise BadInput(f"steps cannot be {steps}. Allowed: a whole number, at least 0.")
    if seconds is not None and not 0 <= seconds <= 1e7:
        raise BadInput(f"seconds cannot be {seconds}. Allowed: a number, at least 0.")
    if steps is None and seconds is None:
        seconds = DEFAULT_SECONDS
    single_thread()
    trainer = Trainer(plan)
    checkup = Checkup(trainer)
    while not trainer.finished and not (interrupted is not None and interrupted()):
        left_steps = steps - trainer.step_count if steps is not None else None
        left_seconds = seconds - trainer.seconds if seconds is not None else _SLICE
        if left_seconds <= 0 or (left_steps is not None and left_steps <= 0):
            break
        trainer.advance(left_steps, time.perf_counter() + min(_SLICE, left_seconds), interrupted)
        checkup.look()
        if progress is not None:
            shares = [trainer.step_count / steps] if steps else []
            shares += [trainer.seconds / seconds] if seconds else []
            share = min(1.0, max(shares, default=1.0))
            progress(Progress(share, trainer.step_count, trainer.seconds, trainer.terms))
    return Run(trainer, checkup)
