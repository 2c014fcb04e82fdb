"""Every measure by id, and all that can be had of a trained model at once. No torch until something is measured."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from genplay.datasets.base import Data
from genplay.errors import BadInput, unknown_name
from genplay.metrics.card import MetricCard, Missing
from genplay.metrics.cards import ALL
from genplay.metrics.watch import Watch
from genplay.quantity import Quantity
from genplay.spaces import World

if TYPE_CHECKING:
    from genplay.metrics.evaluation import Evaluation
    from genplay.models.base import Model

__all__ = ["MetricCard", "Missing", "card", "cards", "evaluate", "measure", "why_missing"]

ALPHA = 0.05
_SHARE = {"quick": 1.0, "slow": 6.0}
"""How much of the progress a measure is worth."""


def cards() -> dict[str, MetricCard]:
    """All measures by id, in the order in which they are shown."""
    return {c.id: c for c in ALL}


def card(name: str, world: World | None = None) -> MetricCard:
    """One measure by id; raise ``BadInput`` if there is none (in this world)."""
    known = {c.id: c for c in ALL if world is None or world in c.worlds}
    if name not in known:
        raise unknown_name("metric" if world is None else f"metric of the world {world}", name, known)
    return known[name]


def evaluate(
    model: Model,
    data: Data,
    names: Iterable[str] | None = None,
    seed: int = 0,
    progress: Callable[[float, str], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
    *,
    alpha: float = ALPHA,
) -> dict[str, Quantity | None]:
    """Measure a model against its data: the named measures (None: all of this world), None where one cannot be had.

    ``progress(share, text)`` is told how far it is; when ``cancelled()`` says so, ``Failure`` is raised. ``alpha`` is the
    share of false alarms that a two-sample test may give.
    """
    found = measure(model, data, names, seed, progress, cancelled, alpha=alpha)
    return {name: None if isinstance(value, Missing) else value for name, value in found.items()}


def measure(
    model: Model,
    data: Data,
    names: Iterable[str] | None = None,
    seed: int = 0,
    progress: Callable[[float, str], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
    *,
    alpha: float = ALPHA,
) -> dict[str, Quantity | Missing]:
    """The same with a ``Missing`` that says why where a number cannot be had."""
    from genplay.metrics.evaluation import Evaluation
    from genplay.spaces.one_thread import one_thread

    if not 0 < alpha < 1:
        raise BadInput(f"alpha cannot be {alpha:g}. Allowed: a number between 0 and 1.")
    wanted = (
        [card(name, data.world) for name in names]
        if names is not None
        else [c for c in ALL if data.world in c.worlds]
    )
    whole = Watch.of(progress, cancelled).forward()
    model.settle_density()
    on = Evaluation(model, data, seed=seed, wanted=tuple(c.id for c in wanted), alpha=alpha)
    total = sum(_SHARE[c.cost] for c in wanted) or 1.0
    done, out = 0.0, dict[str, Quantity | Missing]()
    for chosen in wanted:
        before, done = done, done + _SHARE[chosen.cost]
        on.watch = whole.part(before / total, done / total)
        on.watch.at(0.0, chosen.title)
        with one_thread():
            out[chosen.id] = _measured(chosen, on)
    whole.at(1.0, "measured")
    return out


def why_missing(name: str, model: Model, data: Data) -> str:
    """Why a measure cannot be had of this model and these data, as far as it is known before measuring; '' if it can."""
    from genplay.metrics.evaluation import Evaluation

    found = card(name)
    if data.world not in found.worlds:
        return f"it means nothing in the world '{data.world}'."
    return _lack(found, Evaluation(model, data))


def _lack(chosen: MetricCard, on: Evaluation) -> str:
    from genplay.metrics.needs import lacking

    return next((why for need in chosen.needs if (why := lacking(need, on))), "")


def _measured(chosen: MetricCard, on: Evaluation) -> Quantity | Missing:
    why = _lack(chosen, on)
    if why:
        return Missing(why)
    try:
        return chosen.load()(on)
    except Missing as missing:
        # Without the frames of the measure, which hold on to all its arrays.
        return Missing(missing.reason)
