"""The command line: parsing and printing only. ``--json`` prints one object on standard output and nothing else there."""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Never

from genplay import __version__
from genplay.errors import BadInput, GenplayError, unknown_name
from genplay.spaces import WORLDS

if TYPE_CHECKING:
    from genplay.lab.run import Run

__all__ = ["main"]

_INTERRUPTED = 130
_LISTS = ("datasets", "models", "samplers", "metrics", "lessons", "actions")


class _Parser(argparse.ArgumentParser):
    """A parser that refuses in one line, like everything else here."""

    def error(self, message: str) -> Never:
        raise BadInput(f"{message[:1].upper()}{message[1:].rstrip('.')}. See `{self.prog} --help`.")


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
        "sample": _sample,
        "density": _density,
        "doctor": _doctor,
    }
    if not argv:
        argv = ["gui"]
    if not argv[0].startswith("-") and argv[0] not in commands:
        raise unknown_name("command", argv[0], commands)
    args = _parser().parse_args(argv)
    return commands[args.command](args)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="genplay", description="A playground for generative models. Alone, it opens the window."
    )
    parser.add_argument("--version", action="version", version=f"genplay {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, parser_class=_Parser, metavar="COMMAND")

    gui = commands.add_parser("gui", help="open the window")
    gui.add_argument("file", nargs="?", type=Path, metavar="FILE", help="a .genplay file")
    gui.add_argument("--script", type=Path, metavar="FILE", help="a demo script: JSON lines")
    gui.add_argument("--size", type=_size, metavar="WxH", help="size of the window in pixels, as 1280x800")
    gui.add_argument("--theme", choices=("light", "dark"))
    gui.add_argument("--scale", type=float, metavar="FACTOR", help="text size, 1 is normal")
    gui.add_argument(
        "--screenshot", type=Path, metavar="PNG", help="picture of the window, written before it closes"
    )
    gui.add_argument("--quit-after", type=float, metavar="SECONDS")

    listing = commands.add_parser("list", help="what there is")
    listing.add_argument("what", choices=_LISTS)
    listing.add_argument("--json", action="store_true")

    train = commands.add_parser("train", help="train a model")
    train.add_argument(
        "--data", required=True, metavar="NAME|FILE", help="a data set (`genplay list datasets`), or a file"
    )
    train.add_argument(
        "--model", required=True, metavar="NAME|FILE.py",
        help="`genplay list models` shows all; or a Python file with a model of your own, which is run",
    )  # fmt: skip
    train.add_argument("--world", choices=WORLDS)
    train.add_argument("--objective", metavar="NAME", help="the model's way of training")
    train.add_argument(
        "--set", nargs="+", action="extend", default=[], metavar="knob=value", dest="knobs",
        help="knobs of the model or its training",
    )  # fmt: skip
    train.add_argument(
        "--data-set", nargs="+", action="extend", default=[], metavar="knob=value", dest="data_knobs",
        help="knobs of the data: the data set's own, n, test, seed, outliers, label_noise, balance",
    )  # fmt: skip
    train.add_argument("--columns", metavar="A,B", help="the columns of a file, by name or number from 1")
    train.add_argument("--label-column", metavar="NAME", help="the column of a file that holds the labels")
    train.add_argument("--steps", type=int, metavar="N")
    train.add_argument("--seconds", type=float, metavar="S", help="training time; 20 if neither is given")
    train.add_argument("--n", type=int, metavar="N", help="how many points to train on")
    train.add_argument(
        "--seed", type=int, default=0, metavar="N", help="of the model; the data's is --data-set seed=N"
    )
    train.add_argument("--device", default="auto", metavar="auto|cpu|cuda|mps")
    train.add_argument("--out", type=Path, metavar="RUN.genplay")
    train.add_argument("--json", action="store_true")

    evaluate = commands.add_parser("evaluate", help="measure a trained model")
    evaluate.add_argument("run", type=Path, metavar="RUN.genplay")
    evaluate.add_argument("--metrics", default="all", metavar="NAME,NAME|all")
    evaluate.add_argument("--on", type=Path, metavar="FILE", help="measure on the points of a file")
    evaluate.add_argument("--seed", type=int, default=0, metavar="N")
    evaluate.add_argument("--json", action="store_true")

    sample = commands.add_parser("sample", help="draw samples from a trained model")
    sample.add_argument("run", type=Path, metavar="RUN.genplay")
    sample.add_argument("-n", type=int, required=True, metavar="N", help="how many")
    sample.add_argument("--label", type=int, metavar="Y")
    sample.add_argument("--sampler", metavar="NAME")
    sample.add_argument("--seed", type=int, default=0, metavar="N")
    sample.add_argument("--out", type=Path, required=True, metavar="FILE.(npy|csv|png)")

    density = commands.add_parser("density", help="log p(x) of points, in nats")
    density.add_argument("run", type=Path, metavar="RUN.genplay")
    density.add_argument(
        "--points", type=Path, required=True, metavar="FILE.npy", help="rows of 2 or of 25 numbers"
    )
    density.add_argument("--out", type=Path, required=True, metavar="FILE.npy")
    density.add_argument("--json", action="store_true")

    for command in (evaluate, sample, density):
        command.add_argument(
            "--model-file", type=Path, metavar="FILE.py", help="the file of a model of your own, which is run"
        )

    doctor = commands.add_parser("doctor", help="look at the installation")
    doctor.add_argument("--json", action="store_true")
    return parser


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.lower().partition("x")
    try:
        size = int(width), int(height)
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is not a size such as 1280x800") from None
    if not (640 <= size[0] <= 8192 and 400 <= size[1] <= 8192):
        raise argparse.ArgumentTypeError(f"'{text}' is out of range: 640x400 to 8192x8192")
    return size


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
    for note in summary["notes"]:
        print(f"  {note}")


def _opened(args: argparse.Namespace) -> Run:
    """The run of a command, its model's own file run first where there is one."""
    from genplay.lab.run import open_run

    if args.model_file is not None:
        from genplay.lab.own_models import open_model

        open_model(args.model_file)
    return open_run(args.run)


def _evaluate(args: argparse.Namespace) -> int:
    from genplay.lab.fit import on_file

    run = _opened(args)
    names: Any = "all" if args.metrics == "all" else [n.strip() for n in args.metrics.split(",") if n.strip()]
    data = on_file(run, args.on) if args.on is not None else run.data
    found = run.evaluate(names, data=data, seed=args.seed)
    if args.json:
        metrics = {name: q.to_json() if q is not None else None for name, q in found.items()}
        _print_json({"model": run.card.id, "data": data.spec.name, "metrics": metrics})
        return 0
    print(f"{run.card.id} on {args.on or data.spec.name}, {run.steps:,} steps")
    for name, quantity in found.items():
        print(f"  {name:<16} {f'{quantity}  ({quantity.method})' if quantity is not None else '–'}")
    return 0


def _sample(args: argparse.Namespace) -> int:
    from genplay.lab.sample_files import SUFFIXES, checked_output, write_samples

    checked_output(args.out, SUFFIXES)
    run = _opened(args)
    if args.sampler is not None:
        raise BadInput(f"There is no sampler '{args.sampler}' in this version: leave --sampler out.")
    write_samples(run.sample(args.n, label=args.label, seed=args.seed), args.out, run.world, run.box)
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
