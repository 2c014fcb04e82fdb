"""What mends a condition in a given run: the nearest change of its own knobs, in words and as values. No torch here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from genplay.knobs import Value
from genplay.training.health.finding import Remedy
from genplay.training.plan import RunPlan
from genplay.training.recipe import Recipe

__all__ = ["remedy"]


def remedy(condition: str, plan: RunPlan) -> Remedy | None:
    """The remedy for a condition in a run; None where no knob of the run would mend it."""
    found = _REMEDIES[condition](_Knobs(plan))
    if found is None:
        return None
    return Remedy(
        found.words,
        found.knobs,
        found.recipe,
        found.objective,
        found.data,
        found.objective is not None or any(not _live(plan, name) for name in found.knobs),
    )


def _live(plan: RunPlan, name: str) -> bool:
    return plan.card.knobs.info(name).live


class _Knobs:
    """The knobs of a run that mean something in its world and under its objective."""

    def __init__(self, plan: RunPlan) -> None:
        self.plan = plan
        self.model = plan.card.id
        self.objective = plan.card.objective(plan.world, plan.objective).id
        self.recipe = plan.full_recipe
        values = plan.model_knobs
        self.values: dict[str, Any] = {
            info.name: getattr(values, info.name)
            for info in values.infos()
            if info.applies(plan.world, self.objective)
        }

    def has(self, name: str, unlike: object = None) -> bool:
        """Whether there is such a knob, and (if given) it has another value."""
        return name in self.values and (unlike is None or self.values[name] != unlike)

    def within(self, name: str, value: float) -> Value:
        """The value cut to the knob's range, as its type."""
        info = self.plan.card.knobs.info(name)
        value = min(value, info.high if info.high is not None else value)
        value = max(value, info.low if info.low is not None else value)
        return round(value) if info.type == "int" else value

    def shown(self, name: str) -> str:
        return self.plan.card.knobs.info(name).label


def _calm(run: _Knobs) -> Remedy | None:
    slow = max(run.recipe.learning_rate / 10, 1e-6)
    slow = min(slow, 3e-3)
    change: dict[str, Value] = {"learning_rate": slow}
    words = f"Lower the learning rate to {slow:.2g}"
    if not run.recipe.clip:
        change["clip"] = 1.0
        words += " and clip the gradients at 1"
    return Remedy(words + ".", recipe=change)


def _open_up(run: _Knobs) -> Remedy | None:
    if run.objective == "wasserstein-clipping":
        return Remedy(
            "Bound the critic's slope by a gradient penalty instead of cutting its weights.",
            objective="wasserstein",
        )
    if run.has("depth") and run.values["depth"] > 3:
        knobs: dict[str, Value] = {"depth": 2}
        words = "Take 2 hidden layers"
        if run.has("norm", "layer"):
            knobs["norm"] = "layer"
            words += " and normalise each layer"
        return Remedy(words + ".", knobs)
    if run.has("norm", "layer"):
        return Remedy(
            "Normalise each layer, so that its units stay where their bend has a slope.", {"norm": "layer"}
        )
    if run.has("activation") and run.values["activation"] in ("relu", "tanh", "softplus"):
        return Remedy("Take another bend, SiLU, which has a slope nearly everywhere.", {"activation": "silu"})
    return _calm(run)


def _spread(run: _Knobs) -> Remedy | None:
    if run.objective == "reverse-kl":
        return Remedy(
            "Fit by the forward KL, which pays for every mode that is missed.", objective="forward-kl"
        )
    knobs: dict[str, Value] = {}
    words = []
    if run.has("penalty") and run.values["penalty"] < 0.3:
        knobs["penalty"] = 1.0
        words.append("put the gradient penalty at 1")
    if run.has("latent") and run.model == "gan" and run.values["latent"] < 4:
        knobs["latent"] = 4
        words.append("give the generator 4 dimensions of noise")
    if run.has("minibatch", True):
        knobs["minibatch"] = True
        words.append(
            "show the discriminator how crowded each sample's neighbourhood is (minibatch discrimination)"
        )
    usual = Recipe.for_card(run.plan.card).learning_rate
    recipe: dict[str, Value] = {}
    if run.recipe.learning_rate > 2 * usual:
        recipe["learning_rate"] = usual
        words.append(f"lower the learning rate to {usual:g}")
    objective = "non-saturating" if run.objective == "minimax" else None
    if objective:
        words.append("take the non-saturating loss")
    if run.has("likelihood", 1.0) and not words:
        knobs["likelihood"] = 1.0
        words.append("let the likelihood alone count")
    if not words:
        return None
    return Remedy(f"{_listed(words)}.", knobs, recipe, objective)


def _listed(words: list[str]) -> str:
    text = words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
    return text[0].upper() + text[1:]


def _soften(run: _Knobs) -> Remedy | None:
    knobs: dict[str, Value] = {}
    words = []
    if run.has("spectral_norm", True):
        knobs["spectral_norm"] = True
        words.append("bound the discriminator's slope by spectral norm")
    if run.has("penalty") and run.values["penalty"] < 0.3:
        knobs["penalty"] = 1.0
        words.append("put the gradient penalty at 1")
    if run.has("d_steps") and run.values["d_steps"] > 1:
        knobs["d_steps"] = 1
        words.append("let both take turns one for one")
    if run.has("g_rate") and run.values["g_rate"] < 1:
        knobs["g_rate"] = 1.0
        words.append("let the generator learn at full pace")
    objective = "non-saturating" if run.objective == "minimax" else None
    if objective:
        words.append("take the non-saturating loss")
    return Remedy(f"{_listed(words)}.", knobs, objective=objective) if words else None


def _speak(run: _Knobs) -> Remedy | None:
    knobs: dict[str, Value] = {}
    words = []
    if run.has("beta") and run.values["beta"] > 1:
        knobs["beta"] = 1.0
        words.append("put β at 1")
    if run.has("free_bits") and run.values["free_bits"] < 0.25:
        knobs["free_bits"] = 0.25
        words.append("give each unit 0.25 nats for free (free bits)")
    if run.values.get("sigma") == "fixed" and run.values.get("fixed_sigma", 0.0) > 0.2:
        knobs["fixed_sigma"] = 0.1
        words.append("let the decoder be precise, σ = 0.1")
    if not words and run.has("latent") and run.values["latent"] > 2:
        knobs["latent"] = 2
        words.append("take a code of 2 dimensions")
    return Remedy(f"{_listed(words)}.", knobs) if words else None


def _stir(run: _Knobs) -> Remedy | None:
    knobs: dict[str, Value] = {}
    words = []
    for name in ("k", "image_k"):
        if run.has(name):
            more = run.within(name, max(4 * run.values[name], 20 if run.plan.world == "plane" else 5))
            if more != run.values[name]:
                knobs[name] = more
                words.append(f"let each chain make {more:g} steps")
    if run.has("step_size") and run.values["step_size"] < 0.004:
        knobs["step_size"] = 0.004
        words.append("make each step longer (0.004)")
    if run.has("leaps") and run.values["leaps"] < 2:
        knobs["leaps"] = 2
        words.append("allow far leaps")
    if run.has("restart") and run.values["restart"] < 0.01:
        knobs["restart"] = 0.01
        words.append("begin a hundredth of the chains anew at each step")
    return Remedy(f"{_listed(words)}.", knobs) if words else None


def _drown(run: _Knobs) -> Remedy | None:
    if run.has("sigma_max") and run.values.get("process", "VE") == "VE":
        return Remedy("Let the loudest noise be 8 times the data's deviation.", {"sigma_max": 8.0})
    return None


def _generalise(run: _Knobs) -> Remedy | None:
    if run.has("rule", "likelihood"):
        return Remedy(
            "Choose a wider bandwidth, by how well each point is told by all others.", {"rule": "likelihood"}
        )
    if run.has("flip_rule", "likelihood"):
        return Remedy(
            "Choose the flip probability by how well each image is told by all others.",
            {"flip_rule": "likelihood"},
        )
    if run.has("smoothing") and run.values["smoothing"] <= 0:
        return Remedy(
            "Count every image a little more than it was seen (Laplace smoothing).",
            {"smoothing": run.within("smoothing", 0.1)},
        )
    n = run.plan.data.spec.settings.n
    if run.plan.data.law is not None and n < 5000:
        return Remedy("Train on 5,000 points of the same law.", data={"n": 5000})
    if run.recipe.weight_decay < 0.01 and run.plan.card.recipe:
        return Remedy(
            "Pull the weights towards zero (weight decay 0.1), which makes the model smoother.",
            recipe={"weight_decay": 0.1},
        )
    return None


_REMEDIES: Mapping[str, Callable[[_Knobs], Remedy | None]] = {
    "exploding-loss": _calm,
    "vanishing-gradients": _open_up,
    "mode-collapse": _spread,
    "saturated-discriminator": _soften,
    "posterior-collapse": _speak,
    "chain-not-mixing": _stir,
    "weak-terminal-noise": _drown,
    "memorisation": _generalise,
}
