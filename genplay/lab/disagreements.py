"""Why do two measures disagree? Plain words for what is seen in a table: between two runs, or within one.

A pair of rules is tried on every pair of rows: one run is surely better by the first measure, the other by the second.
Others look at one row alone: a gap that looks like a contradiction and is none.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import permutations

from genplay.lab.candidates import SHARE
from genplay.lab.score_table import ERRORS, ScoreRow, ScoreTable, short, surely_better
from genplay.metrics.registry import card as metric_card
from genplay.quantity import Quantity

__all__ = ["Disagreement", "disagreements"]

_LIKELIHOOD = ("nll", "kl", "bits_per_dim", "perplexity")
_NEAR_COPIES = 0.7
"""A nearest-neighbour ratio surely below this is called copying."""


@dataclass(frozen=True)
class Disagreement:
    """One thing to explain: what is seen, why it is so, the rows (keys) and the measures that it is about."""

    title: str
    text: str
    rows: tuple[str, ...]
    metrics: tuple[str, ...]

    def to_json(self) -> dict[str, object]:
        """What ``compare --json`` prints."""
        return {
            "title": self.title,
            "text": self.text,
            "runs": list(self.rows),
            "metrics": list(self.metrics),
        }


@dataclass(frozen=True)
class _Rule:
    """{a} is better by a measure of ``first``, {b} by one of ``second``."""

    first: tuple[str, ...]
    second: tuple[str, ...]
    text: str


_RULES = (
    _Rule(
        ("nll_train",), ("nll", "kl", "bits_per_dim"),
        "{a} knows the training points better and new points worse: it has learned them by heart. What counts is the "
        "surprise at points that were not trained on.",
    ),
    _Rule(
        ("kl", "nll"), ("reverse_kl",),
        "{m1} asks what the model forgets, {m2} what it invents. {a} spreads out, so that it covers all the data and "
        "some empty space too; {b} keeps to where data are, but leaves some of them out.",
    ),
    _Rule(
        _LIKELIHOOD, ("precision", "density"),
        "Likelihood charges only for data that the model finds unlikely; it never sees a sample. {a} gives the test points "
        "more of its mass, but more of its samples fall beside the data. {b} draws better and forgets more. A model that is "
        "99 % noise pays at most log 100 = 4.61 nats for it.",
    ),
    _Rule(
        ("recall", "coverage"), ("precision", "density"),
        "{m1} counts how much of the data the samples reach, {m2} how many samples lie among the data. {a} reaches more, "
        "{b} goes astray less: diversity against quality.",
    ),
    _Rule(
        _LIKELIHOOD, ("sliced_wasserstein", "wasserstein_1", "wasserstein_2", "sinkhorn", "mmd", "kid", "fid", "c2st"),
        "{m1} is about log q at the data, {m2} about samples. A few test points that a model finds nearly impossible cost it "
        "much likelihood, and hardly move its samples: look there for what {b} loses. Stray mass costs little likelihood, and "
        "moves the samples: look there for what {a} loses.",
    ),
    _Rule(
        _LIKELIHOOD, ("total_variation", "js"),
        "{m1} takes a logarithm, so that one point with almost no probability weighs without limit. {m2} is bounded: a "
        "missed point costs no more than its share. {b} has less mass in the wrong place, but somewhere it is far too sure.",
    ),
    _Rule(
        ("fid",), ("kid", "mmd", "sliced_wasserstein", "c2st", "precision", "density"),
        "{m1} compares only means and covariances of the features: two very different shapes may share them. {m2} looks at "
        "the points themselves, and sees that {b} fits better there.",
    ),
    _Rule(
        ("mmd", "kid"), ("sliced_wasserstein", "wasserstein_1", "wasserstein_2", "sinkhorn"),
        "{m1} looks at neighbourhoods as wide as its kernel, and no further; {m2} asks how far mass has to be carried. {a} "
        "has the details right and some mass far away, {b} the other way round.",
    ),
    _Rule(
        ("inception_score",), ("fid", "recall", "coverage", "kid"),
        "{m1} never looks at the data: clear samples of every class are enough, even if each class is one single sample. "
        "{m2} compares with the data, and there {b} is nearer.",
    ),
    _Rule(
        ("reverse_kl",), ("recall", "coverage"),
        "{m1} never punishes a mode that is left out: {a} draws little that is wrong, but not all that there is.",
    ),
    _Rule(
        ("elbo", "iwae"), ("nll", "kl"),
        "A bound also tells how good the encoder is. {a} has the tighter bound, {b} the better model underneath.",
    ),
)  # fmt: skip


def disagreements(table: ScoreTable, about: str = "") -> tuple[Disagreement, ...]:
    """What there is to explain in a table, traps first, then what is seen between runs; each cause once.

    ``about`` is the key of a row: then only what that row has part in.
    """
    rows = [row for row in table.rows if table.comparable(row)] if table.rows else []
    found = list(_traps(rows))
    for rule in _RULES:
        found += [one for a, b in permutations(rows, 2) if (one := _between(rule, a, b)) is not None]
    found += _mixed_kinds(table, rows)
    for look in _WITHIN:
        for row in table.rows:
            found += look(row)
    out: dict[tuple[str, tuple[str, ...]], Disagreement] = {}
    for one in found:
        if not about or about in one.rows:
            out.setdefault((one.title, one.metrics), one)
    return tuple(out.values())


def _traps(rows: list[ScoreRow]) -> Iterator[Disagreement]:
    """What a trap has cost and gained, in figures."""
    for row in rows:
        base = next((other for other in rows if row.kind == "trap" and other.key == row.base), None)
        mine, learned = row.fresh("nll"), row.fresh("nll_train")
        if base is None or mine is None:
            continue
        # The run may have gone on since the noise was mixed into it.
        figure = base.figure("nll")
        made_from = figure is not None and (figure.step == row.step or "memoriser" in row.key)
        theirs = figure.quantity if figure is not None and made_from else None
        if row.key.startswith("trap:noise") and theirs is not None:
            cost, most = mine.value - theirs.value, math.log(1 / SHARE)
            yield Disagreement(
                "Likelihood that hides bad samples",
                f"99 of 100 samples of '{row.title}' are noise. It costs {cost:.2f} nats of NLL ({_say(theirs)} to "
                f"{_say(mine)}), and can never cost more than log 100 = {most:.2f}: q is at least a hundredth of the good "
                "model everywhere. An image of a million pixels has an NLL of hundreds of thousands of nats; there, nobody "
                "would notice.",
                (row.key, base.key), ("nll",),
            )  # fmt: skip
        if row.key.startswith("trap:memoriser") and learned is not None:
            small = mine.value - learned.value < 3
            yield Disagreement(
                "Good samples that hide bad likelihood",
                f"Every sample of '{row.title}' is a copy of a training point, a hair's breadth away: none looks wrong. Its "
                f"training NLL is {_say(learned)}; on new data it is {_say(mine)}."
                + (f" '{base.title}' has {_say(theirs)} there." if theirs is not None else "")
                + (" Most of the new data were seen in training here: take fewer training points." if small else ""),
                (row.key, base.key), ("nll_train", "nll"),
            )  # fmt: skip


def _between(rule: _Rule, a: ScoreRow, b: ScoreRow) -> Disagreement | None:
    for m1 in rule.first:
        if not _better(a, b, m1):
            continue
        for m2 in rule.second:
            if m2 != m1 and _better(b, a, m2):
                one, two = metric_card(m1), metric_card(m2)
                title = f"{one.title} against {two.title}"
                seen = (
                    f"By {one.title}, '{a.title}' is better ({_pair(a, b, m1)}); "
                    f"by {two.title}, '{b.title}' is ({_pair(b, a, m2)}). "
                )
                why = rule.text.format(a=f"'{a.title}'", b=f"'{b.title}'", m1=one.title, m2=two.title)
                return Disagreement(title, seen + why, (a.key, b.key), (m1, m2))
    return None


def _better(a: ScoreRow, b: ScoreRow, metric: str) -> bool:
    one, two = a.fresh(metric), b.fresh(metric)
    return one is not None and two is not None and surely_better(one, two, metric_card(metric))


def _pair(a: ScoreRow, b: ScoreRow, metric: str) -> str:
    one, two = a.fresh(metric), b.fresh(metric)
    assert one is not None
    assert two is not None
    return f"{_say(one)} to {_say(two)}"


def _say(quantity: Quantity) -> str:
    """A figure in a sentence: an exact one needs no sign."""
    return short(quantity).removeprefix("= ")


def _mixed_kinds(table: ScoreTable, rows: list[ScoreRow]) -> Iterator[Disagreement]:
    """A column in which one figure is a bound and another is not: the order may be the other way round."""
    for card in table.columns:
        known = [(row, quantity) for row in rows if (quantity := row.fresh(card.id)) is not None]
        bounds = [(row, q) for row, q in known if q.kind == "bound"]
        others = [(row, q) for row, q in known if q.kind != "bound"]
        if not bounds or not others or card.better == "neither":
            continue
        (row, q), (other, firm) = bounds[0], others[0]
        side = "at most" if q.direction == "upper" else "at least"
        text = (
            f"'{other.title}' has {_say(firm)} ({firm.kind}), '{row.title}' only a bound: its true {card.title} is {side} "
            f"{short(q).removeprefix(q.symbol).strip()}. How far the bound is away is not known from it alone, so neither is "
            "called better where the bound could turn the order round."
        )
        yield Disagreement(f"{card.title}: exact against bound", text, (other.key, row.key), (card.id,))


# Within one row


def _sure_gap(more: Quantity | None, less: Quantity | None) -> float:
    """How much more, if it is more than the errors; else 0."""
    if more is None or less is None or not (math.isfinite(more.value) and math.isfinite(less.value)):
        return 0.0
    gap = more.value - less.value
    return gap if gap > max(ERRORS * math.hypot(more.stderr or 0.0, less.stderr or 0.0), 1e-3) else 0.0


def _floor(row: ScoreRow) -> Iterator[Disagreement]:
    nll, kl, floor = row.fresh("nll"), row.fresh("kl"), row.fresh("entropy")
    if nll is None or kl is None or not math.isfinite(nll.value) or not math.isfinite(kl.value):
        return
    if floor is not None:
        rest, from_where = floor.value, f"the entropy of the data is {_say(floor)}"
    else:
        rest, from_where = (
            nll.value - kl.value,
            "the rest is the entropy of the data, up to the luck of the test points",
        )
    if abs(nll.value) > 0 and abs(rest) > 0.05:
        below = " It may be below 0: a density on the plane may exceed 1." if nll.value < 0 else ""
        yield Disagreement(
            "NLL against KL",
            f"'{row.title}' has an NLL of {_say(nll)} and a KL of {_say(kl)} nats: {from_where}, and no model gets below "
            f"it. NLL = entropy + KL; only the KL is the model's fault.{below}",
            (row.key,), ("nll", "kl"),
        )  # fmt: skip


def _by_heart(row: ScoreRow) -> Iterator[Disagreement]:
    gap = _sure_gap(row.fresh("nll"), row.fresh("nll_train"))
    if gap > 0.1:
        yield Disagreement(
            "Training against test",
            f"'{row.title}' finds new points {gap:.2f} nats more surprising than those it was trained on: it has learned some "
            "of them by heart. Good samples alone would not show it.",
            (row.key,), ("nll_train", "nll"),
        )  # fmt: skip


def _endless(row: ScoreRow) -> Iterator[Disagreement]:
    for id in ("nll", "kl", "reverse_kl"):
        quantity = row.fresh(id)
        if quantity is not None and math.isinf(quantity.value) and quantity.value > 0:
            what = (
                "draws what the data cannot be"
                if id == "reverse_kl"
                else "gives probability 0 to something that happens"
            )
            yield Disagreement(
                f"{metric_card(id).title} is infinite",
                f"'{row.title}' {what}. One such point is enough: a logarithm of 0 outweighs everything else, while bounded "
                "measures (Jensen–Shannon, total variation) still say how often it happens.",
                (row.key,), (id,),
            )  # fmt: skip


def _bound_gap(row: ScoreRow) -> Iterator[Disagreement]:
    nll, elbo = row.fresh("nll"), row.fresh("elbo")
    if nll is None or elbo is None or nll.kind == "bound":
        return
    gap = _sure_gap(elbo.negated(), nll)
    if gap:
        yield Disagreement(
            "ELBO against NLL",
            f"The ELBO of '{row.title}' says that its NLL is at most {-elbo.value:.3f}; it is {_say(nll)}. The gap of "
            f"{gap:.3f} nats is KL(q(z|x)‖p(z|x)): the encoder's fault, not the model's.",
            (row.key,), ("elbo", "nll"),
        )  # fmt: skip


def _copies(row: ScoreRow) -> Iterator[Disagreement]:
    """A ratio far below 1: samples lie nearer to training points than new data do."""
    ratio = row.fresh("nearest_neighbour")
    if (
        ratio is None
        or not math.isfinite(ratio.value)
        or ratio.value + ERRORS * (ratio.stderr or 0.0) > _NEAR_COPIES
    ):
        return
    seen = next((id for id in ("precision", "density", "mmd", "fid") if row.fresh(id) is not None), "")
    blind = (
        f" {metric_card(seen).title} cannot see that: a copy of real data is as good as real data."
        if seen
        else ""
    )
    yield Disagreement(
        "Good samples, or copies",
        f"Samples of '{row.title}' lie nearer to its training points than new data do (ratio {_say(ratio)}; 1 would be fair): "
        f"many are near copies.{blind}",
        (row.key,), ("nearest_neighbour", seen) if seen else ("nearest_neighbour",),
    )  # fmt: skip


def _one_sided(row: ScoreRow) -> Iterator[Disagreement]:
    precision, recall = row.fresh("precision"), row.fresh("recall")
    if _sure_gap(precision, recall) > 0.2:
        text = "Nearly all that it draws could be data, but it draws only a part of what there is: modes are missing."
    elif _sure_gap(recall, precision) > 0.2:
        text = "It reaches the data, but much of what it draws lies beside them: too broad, or noise."
    else:
        return
    assert precision is not None
    assert recall is not None
    yield Disagreement(
        "Precision against recall",
        f"'{row.title}': precision {_say(precision)}, recall {_say(recall)}. {text}",
        (row.key,), ("precision", "recall"),
    )  # fmt: skip


def _two_ways(row: ScoreRow) -> Iterator[Disagreement]:
    forward, reverse = row.fresh("kl"), row.fresh("reverse_kl")
    pairs = ((forward, reverse, True), (reverse, forward, False))
    for less, more, broad in pairs:
        if less is None or more is None or _sure_gap(more, less) < 0.3 or more.value < 2 * abs(less.value):
            continue
        text = (
            "It forgets little and invents much: the model is broader than the data."
            if broad
            else "It invents little and forgets much: parts of the data are missing in the model."
        )
        yield Disagreement(
            "Forward against reverse KL",
            f"'{row.title}': {_words(forward, 'KL(p‖q)')}, {_words(reverse, 'KL(q‖p)')}. {text}",
            (row.key,), ("kl", "reverse_kl"),
        )  # fmt: skip


def _words(quantity: Quantity | None, name: str) -> str:
    return f"{name} {_say(quantity)}" if quantity is not None else name


_WITHIN: tuple[Callable[[ScoreRow], Iterator[Disagreement]], ...] = (
    _by_heart, _copies, _endless, _two_ways, _one_sided, _bound_gap, _floor,
)  # fmt: skip
