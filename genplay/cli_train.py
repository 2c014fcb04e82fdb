"""The command that trains a model."""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Mapping
from typing import Any

from genplay.cli_words import INTERRUPTED, complain, pairs, print_json

__all__ = ["train"]


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
