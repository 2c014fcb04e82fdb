"""The command line: parsing and printing only. ``--json`` prints one object on standard output and nothing else there."""

from __future__ import annotations

import argparse
import contextlib
import json
import logging
import math
import os
import sys
import threading
import traceback
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Never

from genplay import __version__
from genplay.cli_parser import parser
from genplay.errors import BadInput, GenplayError, unknown_name

if TYPE_CHECKING:
    from genplay.lab.run import Run

__all__ = ["main", "program"]

_INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit code: 0, 1 (work failed), 2 (bad input), 130 (interrupted)."""
    for stream in (sys.stdout, sys.stderr):
        # A console that lacks a sign shows '?' in its place.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    try:
        return _run(list(sys.argv[1:] if argv is None else argv))
    except GenplayError as error:
        _complain(str(error))
        return error.exit_code
    except KeyboardInterrupt:
        _complain("interrupted.")
        return _INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has gone; nothing more can be said, also not by the interpreter at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except SystemExit as stop:  # --help and --version
        return int(stop.code or 0)
    except Exception as error:
        _complain(f"something went wrong ({type(error).__name__}: {error}). {_logged()}")
        return 1


def program() -> Never:
    """The whole program: run the command line's command and end the process with its exit code."""
    code = main()
    if any(thread.daemon and thread.name.startswith("genplay-") for thread in threading.enumerate()):
        # A thread in the middle of one long sum cannot be ended, and would abort the process if it met a closing interpreter.
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError):
                stream.flush()
        logging.shutdown()
        os._exit(code)
    sys.exit(code)


def _complain(text: str) -> None:
    print(f"genplay: {' '.join(text.split())}", file=sys.stderr)


def _logged() -> str:
    """Write the traceback to the log; returns where it is."""
    try:
        from genplay.paths import log_dir

        path = log_dir() / "genplay.log"
        with path.open("a", encoding="utf-8") as log:
            log.write(f"genplay {__version__}: {' '.join(sys.argv)}\n{traceback.format_exc()}\n")
    except OSError:
        return "The details could not be written."
    return f"The details are in {path}."


def _run(argv: list[str]) -> int:
    commands = {
        "gui": _gui,
        "list": _list,
        "train": _train,
        "evaluate": _evaluate,
        "compare": _compare,
        "sample": _sample,
        "density": _density,
        "bayes": _bayes,
        "world": _world,
        "doctor": _doctor,
    }
    if not argv:
        argv = ["gui"]
    if not argv[0].startswith("-") and argv[0] not in commands:
        raise unknown_name("command", argv[0], commands)
    args = parser().parse_args(argv)
    return commands[args.command](args)


def _pairs(words: Sequence[str], option: str) -> dict[str, object]:
    """knob=value words as a mapping."""
    out: dict[str, object] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not name.strip():
            raise BadInput(f"{option} takes knob=value, not '{word}'.")
        out[name.strip()] = value.strip()
    return out


def _print_json(value: object) -> None:
    print(json.dumps(_finite(value), ensure_ascii=False))


def _finite(value: object) -> object:
    """The value with null for numbers that JSON cannot write."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Mapping):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return value


def _gui(args: argparse.Namespace) -> int:
    from genplay.errors import Failure
    from genplay.lab.doctor import window_trouble
    from genplay.lab.options import GuiOptions

    if args.scale is not None and not 0.75 <= args.scale <= 2.5:
        raise BadInput(f"--scale cannot be {args.scale:g}. Allowed: a number from 0.75 to 2.5.")
    if args.quit_after is not None and not 0 <= args.quit_after <= 1e6:
        raise BadInput(f"--quit-after cannot be {args.quit_after:g}. Allowed: a number, at least 0.")
    for path in (args.file, args.script):
        if path is not None and not path.is_file():
            raise BadInput(f"There is no file {path}.")
    trouble = window_trouble()
    if trouble:
        raise Failure(trouble)
    from genplay.ui.app import run_gui

    options = GuiOptions(
        args.file, args.script, args.size, args.theme, args.scale, args.screenshot, args.quit_after
    )
    return int(run_gui(options))


def _list(args: argparse.Namespace) -> int:
    from genplay.lab.listing import listing

    rows = listing(args.what)
    if args.json:
        _print_json(rows)
        return 0
    if not rows:
        print(f"This version has no {args.what} yet.")
        return 0
    if "comparison" in rows[0]:
        _print_columns(
            [
                {"id": r["id"], "title": r["title"], "worlds": ", ".join(r["worlds"]), **r["comparison"]}
                for r in rows
            ]
        )
        return 0
    width = max(len(str(row["id"])) for row in rows)
    for row in rows:
        worlds = row.get("worlds")
        where = f"  [{', '.join(map(str, worlds))}]" if isinstance(worlds, list) else ""
        print(f"{row['id']!s:<{width}}  {row['title']}{where}")
    return 0


def _print_columns(rows: Sequence[Mapping[str, str]]) -> None:
    """A table with a line of names on top, two spaces between its columns."""
    names = list(rows[0])
    lines = [{name: name.replace("_", " ") for name in names}, *rows]
    widths = {name: max(len(line[name]) for line in lines) for name in names}
    for line in lines:
        print("  ".join(f"{line[name]:<{widths[name]}}" for name in names).rstrip())


def _train(args: argparse.Namespace) -> int:
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
            knobs=_pairs(args.knobs, "--set"),
            data_knobs=_pairs(args.data_knobs, "--data-set"),
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
        _print_json({**summary, "out": str(args.out) if args.out is not None else None})
    else:
        _print_summary(summary)
        if args.out is not None:
            print(f"saved {args.out}")
    if interrupt():
        _complain(f"interrupted after {run.steps} steps; what was trained until then is above.")
        return _INTERRUPTED
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


def _opened(args: argparse.Namespace) -> Run:
    """The run of a command, its model's own file run first where there is one."""
    from genplay.lab.run import open_run

    _open_model_file(args)
    return open_run(args.run)


def _open_model_file(args: argparse.Namespace) -> None:
    if args.model_file is not None:
        from genplay.lab.own_models import open_model

        open_model(args.model_file)


def _evaluate(args: argparse.Namespace) -> int:
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
        _print_json({"model": run.card.id, "data": data.spec.name, "metrics": metrics, "missing": missing})
        return 0
    print(f"{run.card.id} on {args.on or data.spec.name}, {run.steps:,} steps")
    width = max((len(name) for name in found), default=0)
    for name, q in found.items():
        said = f"–  ({q.reason})" if isinstance(q, Missing) else f"{q}  ({q.method})"
        print(f"  {name:<{width}} {said}")
    return 0


def _compare(args: argparse.Namespace) -> int:
    from genplay.lab.compare import compare
    from genplay.lab.score_files import checked_table_path, write_table
    from genplay.lab.terminal import Bar

    if args.out is not None:
        checked_table_path(args.out)
    _open_model_file(args)
    names: Any = args.metrics
    if names not in (None, "all"):
        names = [n.strip() for n in names.split(",") if n.strip()]
    with Bar(sys.stderr) as bar:
        found = compare(
            args.runs, names, traps=args.traps, world=args.world, seed=args.seed, progress=bar.tell
        )
    if args.out is not None:
        write_table(found.table, args.out)
    if args.json:
        _print_json({**found.to_json(), "out": str(args.out) if args.out is not None else None})
        return 0
    print(found)
    for row in found.table.rows:
        if row.note:
            print(f"{row.title}: {row.note}\n")
    for difference in found.differences:
        print(f"{difference.title}: {difference.text}\n")
    return 0


def _sample(args: argparse.Namespace) -> int:
    from genplay.lab.sample_files import SUFFIXES, checked_output, write_samples

    checked_output(args.out, SUFFIXES)
    run = _opened(args)
    knobs = _pairs(args.knobs, "--set")
    if args.sampler is None and args.on == "model":
        found, x = None, run.sample(args.n, label=args.label, seed=args.seed, knobs=knobs)
    else:
        sampler = args.sampler or "ancestral"
        found = run.sample_by(sampler, args.n, on=args.on, knobs=knobs, seed=args.seed, label=args.label)
        x = found.x
    write_samples(x, args.out, run.world, run.box)
    if args.json:
        _print_json({"n": len(x), **(found.to_json() if found else {}), "out": str(args.out)})
    elif found:
        print("\n".join(found.lines()))
    return 0


def _density(args: argparse.Namespace) -> int:
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
        _print_json(said)
    else:
        print(f"log p(x) of {len(log_prob):,} points, {run.log_prob_kind}, in nats: {args.out}")
    return 0


def _bayes(args: argparse.Namespace) -> int:
    from dataclasses import replace

    from genplay.lab.bayes_words import bayes_json, bayes_lines
    from genplay.lab.small_table import MOST_SMOOTHING, SPAM, read_small_table

    if not 0 <= args.smoothing <= MOST_SMOOTHING:
        raise BadInput(
            f"--smoothing cannot be {args.smoothing:g}. Allowed: a number from 0 to {MOST_SMOOTHING:g}."
        )
    if args.table is None and args.label is not None:
        raise BadInput("--label names a column of a file; give the file first.")
    table = SPAM if args.table is None else read_small_table(args.table, args.label)
    table = replace(table, smoothing=args.smoothing)
    row = table.checked(_pairs(args.row, "--row")) if args.row else table.combinations[0]
    if args.json:
        _print_json(bayes_json(table, row))
    else:
        print("\n".join(bayes_lines(table, row)))
    return 0


def _world(args: argparse.Namespace) -> int:
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
        _print_json({"model": run.card.id, "data": run.data.spec.name, "steps": run.steps, **found})
    else:
        print("\n".join(report_lines(census, found)))
    return 0


def _doctor(args: argparse.Namespace) -> int:
    from genplay.lab.doctor import examine

    found = examine()
    healthy = all(finding.ok for finding in found)
    if args.json:
        _print_json({"healthy": healthy, "findings": [finding.to_json() for finding in found]})
        return 0 if healthy else 1
    for finding in found:
        print(f"{'ok ' if finding.ok else 'BAD'} {finding.title:<20} {finding.value}")
        if not finding.ok:
            print(f"    {finding.mend}")
    return 0 if healthy else 1
