"""What a sample costs as the number of dimensions d or of steps T grows: a curve of timings on this machine."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from genplay.datasets.base import Data
from genplay.errors import BadInput, Failure
from genplay.quantity import Quantity

if TYPE_CHECKING:
    from genplay.knobs import Knobs
    from genplay.lab.run import Run
    from genplay.models.base import Model

__all__ = [
    "DIMENSIONS", "STEPS", "Cost", "cost_against_dimensions", "cost_against_steps", "costs", "step_knob", "steps_up_to",
]  # fmt: skip

DIMENSIONS = (4, 9, 16, 25)
STEPS = (2, 4, 8, 16, 32)
_ROWS = 64
_STEP_KNOBS = ("sampling_steps", "ode_steps", "sweeps")


@dataclass(frozen=True)
class Cost:
    """Seconds a sample at d dimensions, or at T steps; ``quality`` a measure of such samples, where one was asked for."""

    at: int
    seconds: Quantity
    quality: Quantity | None = None


def cost_against_dimensions(
    model: str,
    dimensions: Sequence[int] = DIMENSIONS,
    *,
    knobs: Mapping[str, object] | None = None,
    seed: int = 0,
) -> tuple[Cost, ...]:
    """Time an untrained model of images of so many pixels; what a sample costs does not depend on what has been learned.

    Raises ``BadInput`` where the model works on whole 5×5 images only, does not draw, or is not of the digit world.
    """
    import torch

    from genplay.metrics.speed import seconds_per_sample
    from genplay.models.base import Setting
    from genplay.models.registry import card
    from genplay.spaces.plane import HOME

    found = card(model, "digits")
    if "sample" not in found.capabilities_in("digits"):
        raise BadInput(f"The model '{model}' draws no samples.")
    values = found.knobs.parse(knobs or {})
    out = []
    for d in dimensions:
        if d < 1:
            raise BadInput(f"An image cannot have {d} pixels.")
        generator = torch.Generator().manual_seed(seed)
        x = torch.randint(2, (_ROWS, d), generator=generator).float()
        labels = torch.randint(2, (_ROWS,), generator=generator)
        objective = found.objective("digits", None).id
        setting = Setting("digits", d, 2, objective, HOME, x, labels, generator)
        try:
            built = found.load("digits")(values, setting)
            fits = built.sample(2, generator).shape == (2, d)
        except (RuntimeError, ValueError, IndexError):
            fits = False
        if not fits:
            raise BadInput(
                f"The model '{model}' cannot be built for {d} pixels: it knows whole 5×5 images only."
            )
        with torch.no_grad():
            out.append(Cost(d, seconds_per_sample(built.eval(), generator)))
    return tuple(out)


def cost_against_steps(
    run: Run, steps: Sequence[int] | None = STEPS, *, quality: str = "", seed: int = 0
) -> tuple[Cost, ...]:
    """Time a trained model's samples with so many steps each; raises ``BadInput`` where samples are not made in steps.

    ``quality`` names a measure that is taken of the samples at each number of steps; ``steps`` None takes those of
    ``steps_up_to``.
    """
    with run.trainer.viewing() as model:
        chosen = steps if steps is not None else steps_up_to(model.knobs, STEPS[-1])
        return costs(model, run.data, chosen, quality, seed)


def costs(
    model: Model,
    data: Data,
    steps: Sequence[int],
    quality: str = "",
    seed: int = 0,
    progress: Callable[[float, str], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> tuple[Cost, ...]:
    """The same of a model; all samples begin at the same noise, so that only the number of steps differs.

    The model is left as it was. Raises ``Failure`` when cancelled, and where the quality cannot be had.
    """
    from genplay.metrics.card import Missing
    from genplay.metrics.density import generator_for
    from genplay.metrics.registry import measure
    from genplay.metrics.speed import seconds_per_sample
    from genplay.metrics.watch import Watch
    from genplay.spaces.one_thread import one_thread

    before = model.knobs
    name = step_knob(before)
    if name is None:
        raise BadInput(f"The model '{model.card.id}' does not make its samples in steps that can be chosen.")
    whole = Watch.of(progress, cancelled)
    out = []
    try:
        for i, count in enumerate(steps):
            watch = whole.part(i / len(steps), (i + 1) / len(steps))
            watch.at(0.0, f"{count} steps a sample")
            _check_steps(before, name, count)
            model.configure(type(before).parse({**before.as_dict(), name: count}))
            with one_thread():
                seconds = seconds_per_sample(model, generator_for(model, seed))
            if not quality:
                out.append(Cost(count, seconds))
                continue
            rest = watch.part(0.3, 1.0)
            found = measure(model, data, [quality], seed, rest.progress, rest.cancelled)[quality]
            if isinstance(found, Missing):
                raise Failure(f"The quality of the samples cannot be had: {found.reason}")
            out.append(Cost(count, seconds, found))
    finally:
        model.configure(before)
    whole.at(1.0, "measured")
    return tuple(out)


def steps_up_to(knobs: Knobs, most: int) -> tuple[int, ...]:
    """2, 4, 8 … as far as the knob that says in how many steps a sample is made goes, and no farther than ``most``."""
    name = step_knob(knobs)
    if name is None:
        return ()
    low, high = _reach(knobs, name)
    powers = [2**k for k in range(1, 11)]
    return tuple(n for n in powers if low <= n <= min(most, high)) or (low,)


def _reach(knobs: Knobs, name: str) -> tuple[int, int]:
    """The fewest and the most steps; a chain of T noise levels cannot be cut finer than T."""
    info = knobs.info(name)
    high = int(info.high) if info.high is not None else 2**20
    levels = getattr(knobs, "noise_steps", None)
    if name == "sampling_steps" and isinstance(levels, int):
        high = min(high, levels)
    return int(info.low or 1), high


def _check_steps(knobs: Knobs, name: str, count: int) -> None:
    low, high = _reach(knobs, name)
    if not low <= count <= high:
        raise BadInput(
            f"The number of sampling steps cannot be {count}. Allowed: a whole number from {low} to {high}."
        )


def step_knob(knobs: Knobs) -> str | None:
    """The knob that says in how many steps a sample is made now; None where there is none that applies at once."""
    live = {info.name for info in knobs.infos() if info.live}
    if getattr(knobs, "sampler", "") == "ode" and "ode_steps" in live:
        return "ode_steps"
    return next((name for name in _STEP_KNOBS if name in live), None)
