"""The commands that train: one model, or several in a race."""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Mapping
from typing import Any

from genplay.cli_words import INTERRUPTED, complain, pairs, print_json
from genplay.errors import BadInput

__all__ = ["race", "train"]


def train(args: argparse.Namespace) -> int:
    from genplay.lab.fit import fit
    from genplay.lab.sample_files import checked_output
    from genplay.lab.terminal import Bar, Interrupt

    if args.out is not None:
        checked_output(args.out, (".genplay",))
    with Interrupt() as interrupt, Bar(sys.stderr) as bar:
        run = fit(
            args.data,
            args.model,
            world=args.world,
            objective=args.objective,
            steps=args.steps,
            seconds=args.seconds,
            knobs=pairs(args.knobs, "--set"),
            data_knobs=pairs(args.data_knobs, "--data-set"),
            n=args.n,
            seed=args.seed,
            device=args.device,
            columns=tuple(c.strip() for c in args.columns.split(",")) if args.columns else None,
            label=args.label_column,
            members=args.members,
            weights=args.weights,
            progress=bar.show,
            interrupted=interrupt,
        )
    if args.out is not None:
        run.save(args.out)
    summary = run.summary()
    if args.json:
        print_json({**summary, "out": str(args.out) if args.out is not None else None})
    else:
        _print_summary(summary)
        if args.out is not None:
            print(f"saved {args.out}")
    if interrupt():
        complain(f"interrupted after {run.steps} steps; what was trained until then is above.")
        return INTERRUPTED
    return 0


def _print_summary(summary: Mapping[str, Any]) -> None:
    from genplay.quantity import Quantity

    print(
        f"{summary['model']} on {summary['data']} ({summary['world']}), seed {summary['seed']}, {summary['device']}"
    )
    print(
        f"{summary['steps']:,} steps in {summary['seconds']:.1f} s ({summary['steps_per_second']:g} steps/s), "
        f"{summary['parameters']:,} parameters"
    )
    for name, value in summary["losses"].items():
        print(f"  {name:<14} {value:.4f}")
    for name, value in summary.items():
        if isinstance(value, Mapping) and "kind" in value:
            number = math.nan if value["value"] is None else value["value"]
            shown = Quantity(
                number, value["kind"], value["stderr"], "", value["unit"], value.get("direction")
            )
            print(f"  {name:<14} {shown}  ({value['method']})")
    for found in summary["health"]:
        print(f"  {found['title']}: {found['seen']}")
        if found["fix"]:
            print(f"    {found['fix']}")
    for note in summary["notes"]:
        print(f"  {note}")


def race(args: argparse.Namespace) -> int:
    from genplay.lab.race_fit import race as raced
    from genplay.lab.sample_files import checked_output
    from genplay.lab.terminal import Bar, Interrupt

    if args.out is not None:
        checked_output(args.out, (".csv",))
    with Interrupt() as interrupt, Bar(sys.stderr) as bar:
        found = raced(
            args.data,
            [name.strip() for name in args.models.split(",") if name.strip()],
            world=args.world,
            steps=args.steps,
            seconds=args.seconds,
            knobs=_by_model(pairs(args.knobs, "--set")),
            data_knobs=pairs(args.data_knobs, "--data-set"),
            n=args.n,
            seed=args.seed,
            device=args.device,
            progress=bar.tell,
            interrupted=interrupt,
        )
    if args.out is not None:
        found.write(args.out)
    if args.json:
        print_json({**found.to_json(), "out": str(args.out) if args.out is not None else None})
    else:
        print(found)
        for lane, message in zip(found.lanes, found.messages, strict=True):
            if message:
                print(f"{lane.title}: {message}")
    if interrupt():
        complain("interrupted; where the models stood is above.")
        return INTERRUPTED
    return 0


def _by_model(given: Mapping[str, object]) -> dict[str, dict[str, object]]:
    """MODEL.knob=value words as knobs by model."""
    out: dict[str, dict[str, object]] = {}
    for name, value in given.items():
        model, dot, knob = name.partition(".")
        if not dot or not model or not knob:
            raise BadInput(f"--set takes MODEL.knob=value in a race, not '{name}={value}'.")
        out.setdefault(model, {})[knob] = value
    return out
