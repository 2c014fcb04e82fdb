"""What a sample costs as the number of dimensions d or of steps T grows: a curve of timings on this machine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from genplay.errors import BadInput
from genplay.quantity import Quantity

if TYPE_CHECKING:
    from genplay.knobs import Knobs
    from genplay.lab.run import Run

__all__ = ["Cost", "STEPS", "cost_against_dimensions", "cost_against_steps", "step_knob"]

DIMENSIONS = (4, 9, 16, 25)
STEPS = (2, 4, 8, 16, 32)
_ROWS = 64
_STEP_KNOBS = ("sampling_steps", "ode_steps", "sweeps")


@dataclass(frozen=True)
class Cost:
    """Seconds a sample at d dimensions, or at T steps."""

    at: int
    seconds: Quantity


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


def cost_against_steps(run: Run, steps: Sequence[int] = STEPS, *, seed: int = 0) -> tuple[Cost, ...]:
    """Time a trained model's samples with so many steps each; raises ``BadInput`` where samples are not made in steps."""
    from genplay.metrics.density import generator_for
    from genplay.metrics.speed import seconds_per_sample

    out = []
    with run.trainer.viewing() as model:
        before = model.knobs
        name = step_knob(before)
        if name is None:
            raise BadInput(
                f"The model '{run.card.id}' does not make its samples in steps that can be chosen."
            )
        try:
            for count in steps:
                model.configure(type(before).parse({**before.as_dict(), name: count}))
                out.append(Cost(count, seconds_per_sample(model, generator_for(model, seed))))
        finally:
            model.configure(before)
    return tuple(out)


def step_knob(knobs: Knobs) -> str | None:
    """The knob that says in how many steps a sample is made now; None where there is none that applies at once."""
    live = {info.name for info in knobs.infos() if info.live}
    if getattr(knobs, "sampler", "") == "ode" and "ode_steps" in live:
        return "ode_steps"
    return next((name for name in _STEP_KNOBS if name in live), None)
