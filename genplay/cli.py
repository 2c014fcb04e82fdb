"""The command line: parsing and printing only. ``--json`` prints one object on standard output and nothing else there."""

from __future__ import annotations

import argparse
import contextlib
import logging
import os
import sys
import threading
import traceback
from collections.abc import Sequence
from typing import Never

from genplay import __version__, cli_runs, cli_train
from genplay.cli_parser import parser
from genplay.cli_words import INTERRUPTED, complain, pairs, print_columns, print_json
from genplay.errors import BadInput, GenplayError, unknown_name

__all__ = ["main", "program"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit code: 0, 1 (work failed), 2 (bad input), 130 (interrupted)."""
    for stream in (sys.stdout, sys.stderr):
        # A console that lacks a sign shows '?' in its place.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    try:
        return _run(list(sys.argv[1:] if argv is None else argv))
    except GenplayError as error:
        complain(str(error))
        return error.exit_code
    except KeyboardInterrupt:
        complain("interrupted.")
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has gone; nothing more can be said, also not by the interpreter at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except SystemExit as stop:  # --help and --version
        return int(stop.code or 0)
    except Exception as error:
        complain(f"something went wrong ({type(error).__name__}: {error}). {_logged()}")
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
        "train": cli_train.train,
        "race": cli_train.race,
        "evaluate": cli_runs.evaluate,
        "compare": cli_runs.compare,
        "sample": cli_runs.sample,
        "density": cli_runs.density,
        "bayes": _bayes,
        "world": cli_runs.world,
        "doctor": _doctor,
    }
    if not argv:
        argv = ["gui"]
    if not argv[0].startswith("-") and argv[0] not in commands:
        raise unknown_name("command", argv[0], commands)
    args = parser().parse_args(argv)
    return commands[args.command](args)


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
        print_json(rows)
        return 0
    if not rows:
        print(f"This version has no {args.what} yet.")
        return 0
    if "comparison" in rows[0]:
        print_columns(
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
    row = table.checked(pairs(args.row, "--row")) if args.row else table.combinations[0]
    if args.json:
        print_json(bayes_json(table, row))
    else:
        print("\n".join(bayes_lines(table, row)))
    return 0


def _doctor(args: argparse.Namespace) -> int:
    from genplay.lab.doctor import examine

    found = examine()
    healthy = all(finding.ok for finding in found)
    if args.json:
        print_json({"healthy": healthy, "findings": [finding.to_json() for finding in found]})
        return 0 if healthy else 1
    for finding in found:
        print(f"{'ok ' if finding.ok else 'BAD'} {finding.title:<20} {finding.value}")
        if not finding.ok:
            print(f"    {finding.mend}")
    return 0 if healthy else 1
