"""Does the health of a run cry wolf? Trains models as their cards have them, over seeds, and prints every finding.

    python -m tests.benchmarks.sweep_health [--seconds 20] [--seeds 5] [--models vae,gan] [--data two-moons,glyphs]
                                            [--objectives] [--set knob=value …] [--show] [--demonstrations]

One JSON object a run on standard output: what was run, the findings, and with ``--show`` every figure of every rule. With
``--demonstrations`` it is the other way round: the experiments that bring the conditions about, where each must be found.
Seconds are processor time of the training, so that a busy machine does not matter. The exit code is 1 if there was a false
alarm. ``TRUE`` lists what is found by right on a preset: a model that is a memory and nothing else.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator

from genplay.errors import GenplayError
from genplay.lab.fit import data_of, plan_of
from genplay.models.registry import cards
from genplay.training.device import single_thread
from genplay.training.health.checkup import Checkup
from genplay.training.health.conditions import CONDITIONS
from genplay.training.health.finding import Finding
from genplay.training.plan import RunPlan
from genplay.training.trainer import Diverged, Trainer

READY = {"plane": "two-moons", "digits": "glyphs"}
TRUE = {("lookup", "memorisation")}
"""What is no false alarm: a table of the training images gives all other images the probability 0."""


def run(plan: RunPlan, seconds: float) -> tuple[Trainer, tuple[Finding, ...], float]:
    """Train with a checkup beside; returns what it says at the end, and the share of the time that it took."""
    trainer = Trainer(plan)
    checkup = Checkup(trainer)
    seen: dict[str, Finding] = {}
    began, spent = time.thread_time(), 0.0
    while not trainer.finished and time.thread_time() - began - spent < seconds:
        try:
            trainer.advance(until=time.perf_counter() + 0.02)
        except Diverged as error:
            checkup.stopped(str(error))
            return trainer, checkup.findings, 0.0
        at = time.thread_time()
        checkup.look()
        spent += time.thread_time() - at
        # A condition that was told and went away again was told all the same.
        seen.update({f.id: f for f in checkup.findings if f.state == "ill"})
    last = {f.id: f for f in checkup.whole()}
    return trainer, tuple({**last, **seen}.values()), spent / max(time.thread_time() - began, 1e-9)


def plans(args: argparse.Namespace) -> Iterator[tuple[str, RunPlan]]:
    if args.demonstrations:
        for id, condition in CONDITIONS.items():
            show = condition.show_me
            if args.models and id not in args.models.split(","):
                continue
            for seed in range(args.seeds):
                data = data_of(show.data, world=show.world, knobs=show.settings)
                yield (
                    id,
                    plan_of(
                        data,
                        show.model,
                        objective=show.objective,
                        knobs={**show.knobs, **show.recipe},
                        seed=seed,
                    ),
                )
        return
    wanted = args.models.split(",") if args.models else list(cards())
    given = dict(word.split("=") for word in args.set)
    for seed in range(args.seeds):
        for name in wanted:
            card = cards()[name]
            for world in card.worlds:
                names = [d for d in args.data.split(",") if d] or [READY[world]]
                for data_name in names:
                    try:
                        data = data_of(data_name)
                    except GenplayError:
                        continue
                    if data.world != world:
                        continue
                    objectives = [o.id for o in card.objectives_in(world)] if args.objectives else [None]
                    for objective in objectives:
                        if args.objective and objective not in (None, args.objective):
                            continue
                        yield (
                            "",
                            plan_of(
                                data,
                                name,
                                objective=objective or args.objective or None,
                                knobs=given,
                                seed=seed,
                            ),
                        )


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--models", default="")
    parser.add_argument("--data", default="")
    parser.add_argument("--objective", default="")
    parser.add_argument("--objectives", action="store_true")
    parser.add_argument("--set", nargs="*", default=[])
    parser.add_argument("--show", action="store_true")
    parser.add_argument("--demonstrations", action="store_true")
    args = parser.parse_args()
    single_thread()
    wrong = 0
    for wanted, plan in plans(args):
        trainer, findings, share = run(plan, args.seconds)
        ill = {f.id: f.seen for f in findings if f.state == "ill"}
        false = (wanted not in ill) if wanted else any((plan.card.id, id) not in TRUE for id in ill)
        wrong += false
        told = {
            "model": plan.card.id, "world": plan.world, "data": plan.data.spec.name, "objective": trainer.model.objective,
            "seed": plan.seed, "steps": trainer.step_count, "health_share": round(share, 4), "wrong": false, "ill": ill,
        }  # fmt: skip
        if wanted:
            told["wanted"] = wanted
        if args.show:
            told["all"] = {f.id: [f.state, f.seen, {n: str(q) for n, q in f.figures}] for f in findings}
        print(json.dumps(told, ensure_ascii=False), flush=True)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
