"""The commands on trained runs: measure, compare, sample, ask for densities, look through all images."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

from genplay.cli_words import pairs, print_json
from genplay.errors import BadInput, GenplayError

if TYPE_CHECKING:
    from genplay.lab.run import Run

__all__ = ["compare", "density", "evaluate", "sample", "world"]


def evaluate(args: argparse.Namespace) -> int:
    from genplay.lab.fit import on_file
    from genplay.lab.terminal import Bar
    from genplay.metrics.card import Missing

    run = _opened(args)
    names: Any = "all" if args.metrics == "all" else [n.strip() for n in args.metrics.split(",") if n.strip()]
    data = on_file(run, args.on) if args.on is not None else run.data
    with Bar(sys.stderr) as bar:
        found = run.measure(names, data=data, seed=args.seed, alpha=args.alpha, progress=bar.tell)
    if args.json:
        metrics = {name: None if isinstance(q, Missing) else q.to_json() for name, q in found.items()}
        missing = {name: q.reason for name, q in found.items() if isinstance(q, Missing)}
        print_json({"model": run.card.id, "data": data.spec.name, "metrics": metrics, "missing": missing})
        return 0
    print(f"{run.card.id} on {args.on or data.spec.name}, {run.steps:,} steps")
    width = max((len(name) for name in found), default=0)
    for name, q in found.items():
        said = f"–  ({q.reason})" if isinstance(q, Missing) else f"{q}  ({q.method})"
        print(f"  {name:<{width}} {said}")
    return 0


def compare(args: argparse.Namespace) -> int:
    from genplay.lab import compare as comparing
    from genplay.lab.score_files import checked_table_path, write_table
    from genplay.lab.terminal import Bar

    if args.out is not None:
        checked_table_path(args.out)
    _open_model_file(args)
    names: Any = args.metrics
    if names not in (None, "all"):
        names = [n.strip() for n in names.split(",") if n.strip()]
    with Bar(sys.stderr) as bar:
        found = comparing.compare(
            args.runs, names, traps=args.traps, world=args.world, seed=args.seed, progress=bar.tell
        )
    if args.out is not None:
        write_table(found.table, args.out)
    if args.json:
        print_json({**found.to_json(), "out": str(args.out) if args.out is not None else None})
        return 0
    print(found)
    for row in found.table.rows:
        if row.note:
            print(f"{row.title}: {row.note}\n")
    for difference in found.differences:
        print(f"{difference.title}: {difference.text}\n")
    return 0


def sample(args: argparse.Namespace) -> int:
    from genplay.lab.sample_files import SUFFIXES, checked_output, write_samples

    checked_output(args.out, SUFFIXES)
    run = _opened(args)
    knobs = pairs(args.knobs, "--set")
    if args.sampler is None and args.on == "model":
        found, x = None, run.sample(args.n, label=args.label, seed=args.seed, knobs=knobs)
    else:
        sampler = args.sampler or "ancestral"
        found = run.sample_by(sampler, args.n, on=args.on, knobs=knobs, seed=args.seed, label=args.label)
        x = found.x
    write_samples(x, args.out, run.world, run.box)
    if args.json:
        print_json({"n": len(x), **(found.to_json() if found else {}), "out": str(args.out)})
    elif found:
        print("\n".join(found.lines()))
    return 0


def density(args: argparse.Namespace) -> int:
    from genplay.lab.sample_files import checked_output, read_points, write_array

    checked_output(args.out, (".npy",))
    points = read_points(args.points)
    run = _opened(args)
    log_prob = run.log_prob(points)
    write_array(log_prob, args.out)
    said = {
        "model": run.card.id,
        "points": len(log_prob),
        "kind": run.log_prob_kind,
        "method": run.log_prob_method,
        "unit": "nats",
        "out": str(args.out),
    }
    if args.json:
        print_json(said)
    else:
        print(f"log p(x) of {len(log_prob):,} points, {run.log_prob_kind}, in nats: {args.out}")
    return 0


def world(args: argparse.Namespace) -> int:
    from genplay.lab.census_taking import report, report_lines
    from genplay.lab.params import Param
    from genplay.lab.terminal import Bar, Interrupt

    def rows(option: str, kind: Any, text: str) -> Any:
        return Param(option, kind, "").parse(text.replace("/", ""))

    images = [rows("--image", "pixels", text) for text in args.image]
    known = rows("--known", "known", args.known) if args.known is not None else None
    for name, low, high in (("top", 1, 64), ("minima", 1, 100_000), ("samples", 0, 100_000)):
        if not low <= getattr(args, name) <= high:
            raise BadInput(
                f"--{name} cannot be {getattr(args, name)}. Allowed: a whole number from {low} to {high}."
            )
    if args.samples and known is None:
        raise BadInput("--samples draws completions of --known: say what is known, or leave it out.")
    run = _opened(args)
    with Interrupt() as interrupt, Bar(sys.stderr) as bar:
        try:
            census = run.census(args.on, progress=bar.tell, cancelled=interrupt)
        except GenplayError:
            if interrupt():
                raise KeyboardInterrupt from None
            raise
    between = tuple(args.between) if args.between is not None else None
    found = report(census, images, known, between, args.top, args.minima, args.samples, args.seed)
    if args.json:
        print_json({"model": run.card.id, "data": run.data.spec.name, "steps": run.steps, **found})
    else:
        print("\n".join(report_lines(census, found)))
    return 0


def _opened(args: argparse.Namespace) -> Run:
    """The run of a command, its model's own file run first where there is one."""
    from genplay.lab.run import open_run

    _open_model_file(args)
    return open_run(args.run)


def _open_model_file(args: argparse.Namespace) -> None:
    if args.model_file is not None:
        from genplay.lab.own_models import open_model

        open_model(args.model_file)
