"""How the measures are arranged in a table: their groups, the few that are shown at first, and which are had in one go."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from genplay.metrics.registry import MetricCard, cards
from genplay.spaces import World

__all__ = ["OTHERS", "available", "batches", "defaults", "first_look", "group_of", "grouped"]

_GROUPS: dict[str, tuple[str, ...]] = {
    "Likelihood": (
        "nll", "bits_per_dim", "perplexity", "elbo", "iwae", "log_z", "ais", "entropy",
    ),
    "Divergences": ("kl", "reverse_kl", "js", "total_variation", "fisher", "spread_kl"),
    "Transport and kernels": ("wasserstein", "sliced_wasserstein", "sinkhorn", "mmd", "kid"),
    "Features": ("fid", "inception_score"),
    "Neighbours": ("precision", "recall", "density", "coverage"),
    "Two-sample tests": ("c2st", "mmd_test"),
    "Memorising": ("nearest_neighbour", "generalisation_gap"),
    "Representation": ("mutual_information", "active_units", "linear_probe"),
    "Speed": ("sampling_seconds",),
}  # fmt: skip
OTHERS = "Other"

_DEFAULTS = (
    "nll", "kl", "sliced_wasserstein", "precision", "recall", "nll_train", "reverse_kl", "mmd", "nearest_neighbour",
)  # fmt: skip
"""What a table begins with, the measures that say most first."""

_TOGETHER = (
    ("nll", "bits_per_dim", "perplexity", "generalisation_gap"),
    ("kl", "reverse_kl", "js", "total_variation"),
    ("sliced_wasserstein", "mmd", "kid", "fid", "inception_score"),
    ("precision", "recall", "density", "coverage", "nearest_neighbour"),
    ("c2st", "mmd_test"),
)
"""Measures that share their work: asked for together they cost hardly more than one."""


def group_of(metric: str) -> str:
    """The group of a measure: that of the longest known id that it is, or begins with."""
    best, group = "", OTHERS
    for name, ids in _GROUPS.items():
        for id in ids:
            fits = metric == id or metric.startswith(f"{id}_")
            if fits and len(id) > len(best):
                best, group = id, name
    return group


def available(world: World) -> dict[str, MetricCard]:
    """The measures of a world by id, group by group."""
    here = {id: card for id, card in cards().items() if world in card.worlds}
    order = [*_GROUPS, OTHERS]
    return dict(sorted(here.items(), key=lambda item: order.index(group_of(item[0]))))


def grouped(world: World) -> dict[str, tuple[MetricCard, ...]]:
    """The measures of a world by the name of their group; groups without any are left out."""
    out: dict[str, tuple[MetricCard, ...]] = {}
    for id, card in available(world).items():
        out[group_of(id)] = (*out.get(group_of(id), ()), card)
    return out


def defaults(world: World) -> tuple[str, ...]:
    """The columns that are shown until others are chosen."""
    here = available(world)
    return tuple(id for id in here if id in _DEFAULTS)


def first_look(names: Iterable[str]) -> tuple[str, ...]:
    """The names with those first that a table begins with, for where only a few are seen; the others as they came."""
    given = tuple(names)
    first = tuple(id for id in _DEFAULTS if id in given)
    return (*first, *(id for id in given if id not in first))


def batches(names: Iterable[str]) -> tuple[tuple[str, ...], ...]:
    """The names in the order given, those that share their work together."""
    left: Sequence[str] = list(dict.fromkeys(names))
    out = []
    while left:
        partners = next((set(group) for group in _TOGETHER if left[0] in group), {left[0]})
        out.append(tuple(name for name in left if name in partners))
        left = [name for name in left if name not in partners]
    return tuple(out)
