"""Speed of training, as ratios taken in one run; not a test. Run: ``python tests/benchmarks/bench_training.py``.

1. The trainer against the textbook step of the same model (Adam, ``randint`` each step).
2. The training thread against the bare loop, without views and with the stage's density, samples and likelihood.
"""

from __future__ import annotations

import sys
import time
from statistics import median

import torch

from genplay.datasets.base import DataSpec
from genplay.datasets.registry import build
from genplay.models.base import Batch
from genplay.models.registry import cards
from genplay.spaces import World
from genplay.spaces.plane import HOME
from genplay.training import speed
from genplay.training.device import single_thread
from genplay.training.plan import RunPlan
from genplay.training.snapshot import FieldRequest, ViewRequest
from genplay.training.trainer import Trainer

STAGE = ViewRequest(fields=(FieldRequest("density", HOME, 128),), samples=2000)
GALLERY = ViewRequest(samples=64)
SECONDS = 1.0
ROUNDS = 3


def textbook_speed(plan: RunPlan, seconds: float) -> speed.Speed:
    """The plain loop: a fresh ``randint``, backward, torch's Adam, for each phase."""
    trainer = Trainer(plan)
    model, recipe = trainer.model, trainer.recipe
    x = torch.tensor(plan.data.x_train, dtype=torch.float32)
    y = torch.tensor(plan.data.y_train)
    noise = torch.Generator().manual_seed(0)
    phases = [
        (p, torch.optim.Adam(p.parameters, lr=recipe.learning_rate * p.rate()) if p.parameters else None)
        for p in model.phases()
    ]
    busy, began, steps = time.thread_time(), time.perf_counter(), 0
    while time.perf_counter() - began < seconds and not model.finished:
        for phase, adam in phases:
            for _ in range(phase.repeats()):
                rows = (
                    slice(None)
                    if phase.full
                    else torch.randint(len(x), (recipe.batch_size,), generator=noise)
                )
                terms = phase.run(Batch(x[rows], y[rows], noise))
                if adam is not None:
                    adam.zero_grad()
                    terms["loss"].backward()
                    adam.step()
                if phase.after is not None:
                    phase.after()
        steps += 1
    return speed.Speed(steps, time.perf_counter() - began, time.thread_time() - busy)


def main(names: list[str]) -> None:
    single_thread()
    worlds: dict[World, str] = {"plane": "two-moons", "digits": "glyphs"}
    print("Ratios of steps per second of processor time; in brackets by the clock.")
    print("model               steps/s   ÷ textbook   thread ÷ bare   with views ÷ bare")
    for world, data_name in worlds.items():
        data = build(DataSpec(data_name))
        request = STAGE if world == "plane" else GALLERY
        for name, card in cards().items():
            if world not in card.worlds or (names and name not in names):
                continue
            plan = RunPlan(name, world, data, device="cpu")
            trainer = Trainer(plan)
            trainer.advance(50)
            if trainer.finished or all(p.parameters is None for p in trainer.model.phases()):
                continue
            pairs = [(textbook_speed(plan, SECONDS), speed.bare_speed(plan, SECONDS)) for _ in range(ROUNDS)]
            lean = median(ours.per_busy_second / theirs.per_busy_second for theirs, ours in pairs)
            alone = speed.compare(plan, None, SECONDS, ROUNDS)
            viewed = speed.compare(plan, request, 2 * SECONDS, ROUNDS)
            print(
                f"{name + ' ' + world:18} {alone.bare:8.0f} {lean:12.2f} {alone.ratio:9.2f} ({alone.wall_ratio:.2f})"
                f" {viewed.ratio:12.2f} ({viewed.wall_ratio:.2f})",
                flush=True,
            )


if __name__ == "__main__":
    main(sys.argv[1:])
