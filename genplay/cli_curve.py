"""The command ``curve``: what is bought with what, for one trained run or several."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from genplay.cli_words import pairs, print_json
from genplay.errors import BadInput, GenplayError
from genplay.lab.tradeoffs import TRADEOFFS

__all__ = ["add_curve", "curve"]


def add_curve(commands: Any) -> argparse.ArgumentParser:
    """Add the grammar of the command."""
    found: argparse.ArgumentParser = commands.add_parser(
        "curve",
        help="what is bought with what: rate with distortion, quality with sampling steps, time with dimensions",
        description="\n".join(f"{t.id}: {t.summary}" for t in TRADEOFFS),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    found.add_argument("what", choices=tuple(t.id for t in TRADEOFFS))
    found.add_argument("runs", type=Path, nargs="+", metavar="RUN.genplay")
    found.add_argument(
        "--at",
        metavar="A,B,…",
        help="the β, the numbers of sampling steps or of pixels; left out, a few good ones",
    )
    found.add_argument(
        "--set", nargs="+", action="extend", default=[], metavar="knob=value", dest="knobs",
        help="knobs of the curve: training, betas, lowest_beta, highest_beta, most_steps, measure",
    )  # fmt: skip
    found.add_argument("--seed", type=int, default=0, metavar="N")
    found.add_argument("--out", type=Path, metavar="CURVE.csv")
    found.add_argument("--json", action="store_true")
    return found


def curve(args: argparse.Namespace) -> int:
    """Compute, print and write the curves."""
    from genplay.lab.own_models import open_model
    from genplay.lab.run import open_run
    from genplay.lab.sample_files import checked_output
    from genplay.lab.terminal import Bar, Interrupt
    from genplay.lab.tradeoffs import as_lines, write_curves

    if args.out is not None:
        checked_output(args.out, (".csv",))
    at = _numbers(args.at) if args.at is not None else None
    knobs = {**pairs(args.knobs, "--set"), "seed": args.seed}
    if args.model_file is not None:
        open_model(args.model_file)
    # All runs are opened before the first is worked on: a wrong name is told at once.
    runs = [(path.stem, open_run(path)) for path in args.runs]
    found = []
    with Interrupt() as interrupt, Bar(sys.stderr) as bar:
        for i, (title, run) in enumerate(runs):

            def tell(share: float, text: str, i: int = i, title: str = title) -> None:
                bar.tell((i + share) / len(runs), f"{title}: {text}")

            try:
                found.append(
                    run.curve(args.what, at, title=title, progress=tell, cancelled=interrupt, **knobs)
                )
            except GenplayError:
                if interrupt():
                    raise KeyboardInterrupt from None
                raise
    if args.out is not None:
        write_curves(found, args.out)
    if args.json:
        out = str(args.out) if args.out is not None else None
        print_json({"curve": args.what, "runs": [one.to_json() for one in found], "out": out})
    else:
        print("\n\n".join("\n".join(as_lines(one)) for one in found))
    return 0


def _numbers(text: str) -> list[float]:
    try:
        return [float(word) for word in text.split(",") if word.strip()]
    except ValueError:
        raise BadInput(f"--at takes numbers parted by commas, not '{text}'.") from None
