"""Every measure by id, and all that can be had of a trained model at once. No torch until something is measured."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from genplay.datasets.base import Data
from genplay.errors import unknown_name
from genplay.metrics.watch import Watch
from genplay.quantity import Quantity
from genplay.spaces import DIMENSIONS, WORLDS, World

if TYPE_CHECKING:
    from genplay.models.base import Model

__all__ = ["MetricCard", "card", "cards", "evaluate"]


@dataclass(frozen=True)
class MetricCard:
    """One measure: what it says, in which unit, and which way is better."""

    id: str
    title: str
    summary: str
    unit: str
    better: Literal["lower", "higher", "neither"]
    worlds: tuple[World, ...] = WORLDS


_CARDS = (
    MetricCard(
        "nll", "NLL (test)", "How surprised the model is by data it has not seen: the mean of −log q(x).", "nats", "lower"
    ),
    MetricCard(
        "nll_train",
        "NLL (training)",
        "How surprised the model is by the data it was trained on; far below the test NLL it has learned them by heart.",
        "nats",
        "lower",
    ),
    MetricCard("bits_per_dim", "Bits per dimension", "The test NLL in bits, shared out over the dimensions.", "bits/dim", "lower"),
    MetricCard(
        "perplexity",
        "Perplexity",
        "So many equally likely images would be as surprising as the test data: e to the NLL.",
        "images",
        "lower",
        ("digits",),
    ),
    MetricCard(
        "elbo", "ELBO (test)", "A lower bound on the mean of log q(x), by an encoder and Jensen's inequality.", "nats", "higher"
    ),
    MetricCard("log_z", "log Z", "The logarithm of the normalising constant of exp(−energy).", "nats", "neither"),
    MetricCard(
        "entropy", "Entropy of the data", "The NLL of the true law itself: the floor of every model's NLL.", "nats", "neither"
    ),
    MetricCard(
        "kl",
        "KL(p‖q)",
        "What the model loses against the truth, averaged over the truth: it punishes missing a mode.",
        "nats",
        "lower",
    ),
    MetricCard(
        "reverse_kl", "KL(q‖p)", "The same, averaged over the model: it punishes inventing what is not there.", "nats", "lower"
    ),
    MetricCard(
        "js", "Jensen–Shannon", "The symmetric compromise, between 0 and ln 2: what an ideal GAN's critic measures.", "nats", "lower"
    ),
    MetricCard(
        "total_variation", "Total variation", "The share of the mass that is in the wrong place, between 0 and 1.", "", "lower"
    ),
)  # fmt: skip

_DIVERGENCES = ("kl", "reverse_kl", "js", "total_variation")


def cards() -> dict[str, MetricCard]:
    """All measures by id, in the order in which they are shown."""
    return {c.id: c for c in _CARDS}


def card(name: str, world: World | None = None) -> MetricCard:
    """One measure by id; raise ``BadInput`` if there is none (in this world)."""
    known = {c.id: c for c in _CARDS if world is None or world in c.worlds}
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
) -> dict[str, Quantity | None]:
    """Measure a model against its data: the named measures (None: all of this world), None where one cannot be had.

    ``progress(share, text)`` is told how far it is; when ``cancelled()`` says so, ``Failure`` is raised.
    """
    from genplay.metrics import likelihood
    from genplay.metrics.divergence import divergences

    wanted = [card(name, data.world).id for name in names] if names is not None else [
        c.id for c in _CARDS if data.world in c.worlds
    ]  # fmt: skip
    watch = Watch.of(progress, cancelled)
    model.settle_density()
    far = tuple(name for name in wanted if name in _DIVERGENCES)
    near = 0.3 if far else 1.0
    out: dict[str, Quantity | None] = {}
    if {"nll", "bits_per_dim", "perplexity"} & set(wanted):
        nll = likelihood.nll(model, data, "test", seed, watch.part(0.0, near / 3))
        out["nll"] = nll
        out["bits_per_dim"] = nll and likelihood.bits_per_dim(nll, DIMENSIONS[data.world])
        out["perplexity"] = nll and likelihood.perplexity(nll)
    if "nll_train" in wanted:
        out["nll_train"] = likelihood.nll(model, data, "train", seed, watch.part(near / 3, 2 * near / 3))
    if "elbo" in wanted:
        out["elbo"] = likelihood.elbo(model, data, "test", seed, watch.part(2 * near / 3, near))
    if "log_z" in wanted:
        watch.at(near, "log Z")
        out["log_z"] = likelihood.log_z(model)
    if "entropy" in wanted:
        watch.at(near, "entropy of the data")
        out["entropy"] = likelihood.entropy(data)
    if far:
        out.update(divergences(model, data, far, seed, watch.part(near, 1.0)))
    watch.at(1.0, "measured")
    return {name: out[name] for name in wanted}
