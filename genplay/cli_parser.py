"""The grammar of the command line: commands, their arguments and what each is for."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Never

from genplay import __version__
from genplay.errors import BadInput
from genplay.spaces import WORLDS

__all__ = ["parser"]

_LISTS = ("datasets", "models", "samplers", "metrics", "lessons", "actions")


class _Parser(argparse.ArgumentParser):
    """A parser that refuses in one line, like everything else here."""

    def error(self, message: str) -> Never:
        raise BadInput(f"{message[:1].upper()}{message[1:].rstrip('.')}. See `{self.prog} --help`.")


def parser() -> argparse.ArgumentParser:
    """All commands."""
    whole = _Parser(
        prog="genplay", description="A playground for generative models. Alone, it opens the window."
    )
    whole.add_argument("--version", action="version", version=f"genplay {__version__}")
    commands = whole.add_subparsers(dest="command", required=True, parser_class=_Parser, metavar="COMMAND")

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
    train.add_argument(
        "--members", nargs="+", type=Path, default=[], metavar="RUN.genplay",
        help="the saved runs that the model run-mixture is made of",
    )  # fmt: skip
    train.add_argument(
        "--weights", nargs="+", type=float, metavar="W",
        help="how much each member counts; without it the training data say",
    )  # fmt: skip
    train.add_argument("--steps", type=int, metavar="N")
    train.add_argument("--seconds", type=float, metavar="S", help="training time; 20 if neither is given")
    train.add_argument("--n", type=int, metavar="N", help="how many points to train on")
    train.add_argument(
        "--seed", type=int, default=0, metavar="N", help="of the model; the data's is --data-set seed=N"
    )
    train.add_argument("--device", default="auto", metavar="auto|cpu|cuda|mps")
    train.add_argument("--out", type=Path, metavar="RUN.genplay")
    train.add_argument("--json", action="store_true")

    race = commands.add_parser("race", help="train several models at once, with equal shares of time")
    race.add_argument(
        "--data", required=True, metavar="NAME|FILE", help="a data set (`genplay list datasets`), or a file"
    )
    race.add_argument("--models", required=True, metavar="A,B,…", help="up to four, with commas")
    race.add_argument("--world", choices=WORLDS)
    race.add_argument(
        "--set", nargs="+", action="extend", default=[], metavar="MODEL.knob=value", dest="knobs",
        help="knobs of a model or its training",
    )  # fmt: skip
    race.add_argument(
        "--data-set", nargs="+", action="extend", default=[], metavar="knob=value", dest="data_knobs",
        help="knobs of the data, as for train",
    )  # fmt: skip
    race.add_argument("--steps", type=int, metavar="N", help="steps of each model")
    race.add_argument(
        "--seconds", type=float, metavar="S", help="training time of each model; 20 if neither is given"
    )
    race.add_argument("--n", type=int, metavar="N", help="how many points to train on")
    race.add_argument("--seed", type=int, default=0, metavar="N")
    race.add_argument("--device", default="auto", metavar="auto|cpu|cuda|mps")
    race.add_argument("--out", type=Path, metavar="CURVES.csv", help="the curves, by step and by seconds")
    race.add_argument("--json", action="store_true")

    evaluate = commands.add_parser("evaluate", help="measure a trained model")
    evaluate.add_argument("run", type=Path, metavar="RUN.genplay")
    evaluate.add_argument("--metrics", default="all", metavar="NAME,NAME|all")
    evaluate.add_argument("--on", type=Path, metavar="FILE", help="measure on the points of a file")
    evaluate.add_argument("--seed", type=int, default=0, metavar="N")
    evaluate.add_argument(
        "--alpha", type=float, default=0.05, metavar="A", help="false alarms that a two-sample test may give"
    )
    evaluate.add_argument("--json", action="store_true")

    compare = commands.add_parser("compare", help="measure several trained models side by side")
    compare.add_argument("runs", type=Path, nargs="+", metavar="RUN.genplay")
    compare.add_argument(
        "--metrics",
        metavar="NAME,NAME|all",
        help="`genplay list metrics` shows all; left out, a few good ones",
    )
    compare.add_argument(
        "--trap", choices=("noise", "memoriser"), action="append", default=[], dest="traps",
        help="add a row made from the first run: its likelihood with bad samples, or good samples without likelihood",
    )  # fmt: skip
    compare.add_argument("--world", choices=WORLDS, help="of runs that hold both worlds")
    compare.add_argument("--seed", type=int, default=0, metavar="N")
    compare.add_argument("--out", type=Path, metavar="TABLE.(csv|md|png)")
    compare.add_argument("--json", action="store_true")

    sample = commands.add_parser("sample", help="draw samples from a trained model")
    sample.add_argument("run", type=Path, metavar="RUN.genplay")
    sample.add_argument("-n", type=int, required=True, metavar="N", help="how many")
    sample.add_argument("--label", type=int, metavar="Y")
    sample.add_argument(
        "--sampler", metavar="NAME", help="`genplay list samplers` shows all; else the model's own way"
    )
    sample.add_argument(
        "--set",
        nargs="+",
        action="extend",
        default=[],
        metavar="knob=value",
        dest="knobs",
        help="the sampler's knobs",
    )
    sample.add_argument(
        "--on", choices=("model", "truth"), default="model", help="the model, or the true law of its data"
    )
    sample.add_argument("--seed", type=int, default=0, metavar="N")
    sample.add_argument("--out", type=Path, required=True, metavar="FILE.(npy|csv|png)")
    sample.add_argument("--json", action="store_true", help="what the sampler can say of its work")

    density = commands.add_parser("density", help="log p(x) of points, in nats")
    density.add_argument("run", type=Path, metavar="RUN.genplay")
    density.add_argument(
        "--points", type=Path, required=True, metavar="FILE.npy", help="rows of 2 or of 25 numbers"
    )
    density.add_argument("--out", type=Path, required=True, metavar="FILE.npy")
    density.add_argument("--json", action="store_true")

    world = commands.add_parser(
        "world", help="all 2^25 images of the digit world: minima, basins, ranks, conditionals"
    )
    world.add_argument("run", type=Path, metavar="RUN.genplay")
    world.add_argument(
        "--on", choices=("model", "truth"), default="model", help="the model, or the true law of its data"
    )
    world.add_argument(
        "--image", action="append", default=[], metavar="ROWS",
        help="where an image stands and which minimum it rolls to: 25 marks, # or 1 for ink, . or 0 for none; "
        "rows may be parted by /",
    )  # fmt: skip
    world.add_argument("--known", metavar="ROWS", help="what is known of the pixels, ? where nothing is")
    world.add_argument(
        "--between", nargs=2, type=int, metavar=("A", "B"), help="the lowest way between two minima"
    )
    world.add_argument(
        "--samples", type=int, default=0, metavar="N", help="draw N completions of what is known"
    )
    world.add_argument(
        "--top", type=int, default=10, metavar="K", help="how many of the most probable images, to 64"
    )
    world.add_argument("--minima", type=int, default=20, metavar="M", help="how many of the deepest minima")
    world.add_argument("--seed", type=int, default=0, metavar="N")
    world.add_argument("--json", action="store_true")

    for command in (evaluate, compare, sample, density, world):
        command.add_argument(
            "--model-file", type=Path, metavar="FILE.py", help="the file of a model of your own, which is run"
        )

    bayes = commands.add_parser("bayes", help="Bayes' rule on a small table of counts")
    bayes.add_argument(
        "table",
        nargs="?",
        type=Path,
        metavar="FILE.csv",
        help="a few columns of words; left out, a table of mails",
    )
    bayes.add_argument("--label", metavar="COLUMN", help="the column of the class; left out, the last one")
    bayes.add_argument(
        "--row", nargs="+", action="extend", default=[], metavar="column=value",
        help="the row whose class is asked for; left out, the first one of the table",
    )  # fmt: skip
    bayes.add_argument(
        "--smoothing", type=float, default=0.0, metavar="ALPHA", help="imaginary counts (Laplace)"
    )
    bayes.add_argument("--json", action="store_true")

    doctor = commands.add_parser("doctor", help="look at the installation")
    doctor.add_argument("--json", action="store_true")
    return whole


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.lower().partition("x")
    try:
        size = int(width), int(height)
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is not a size such as 1280x800") from None
    if not (640 <= size[0] <= 8192 and 400 <= size[1] <= 8192):
        raise argparse.ArgumentTypeError(f"'{text}' is out of range: 640x400 to 8192x8192")
    return size
