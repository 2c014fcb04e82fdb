"""One question put to all its estimators: the exact answer where there is one, and how each of them comes to it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from genplay.datasets.base import Data, has_density
from genplay.errors import Failure
from genplay.metrics.density import log_prob
from genplay.metrics.estimators import annealing, entropy, evidence, kl, log_z
from genplay.metrics.estimators.base_law import BaseLaw, around_images, around_points
from genplay.metrics.estimators.convergence import Convergence
from genplay.metrics.estimators.questions import EstimatorKnobs, QuestionId, question
from genplay.metrics.registry import evaluate
from genplay.metrics.watch import Watch
from genplay.models.base import HasDensity, HasElbo, Model
from genplay.models.precision import device_of
from genplay.quantity import Quantity, exact
from genplay.sampling.model_target import model_target
from genplay.sampling.target import Target

__all__ = ["Study", "annealing_of", "log_weights", "study"]

Array = NDArray[np.float64]
CHUNK = 2048


@dataclass(frozen=True)
class Study:
    """What was asked, the exact answer (None where nobody knows it), the estimators' ways, and notes on what could not be done."""

    question: QuestionId
    truth: Quantity | None
    estimators: tuple[Convergence, ...]
    notes: tuple[str, ...] = ()


def study(
    model: Model,
    data: Data,
    name: QuestionId,
    knobs: EstimatorKnobs | None = None,
    watch: Watch | None = None,
) -> Study:
    """Put a question to its estimators; raises ``Failure`` with the reason where it cannot be asked of this model or these data."""
    knobs, watch = knobs or EstimatorKnobs(), watch or Watch()
    model.settle_density()
    answer = {"log_z": _log_z, "evidence": _evidence, "kl": _kl, "entropy": _entropy}[question(name).id]
    found = answer(model, data, knobs, watch)
    watch.at(1.0, "estimated")
    return found


# log Z


def _base(data: Data) -> BaseLaw:
    return around_points(data.x_train) if data.world == "plane" else around_images(data.x_train)


def annealing_of(model: Model, data: Data) -> tuple[Target, annealing.Annealing]:
    """The model's unnormalised density and what it is annealed from; raises ``Failure`` where it has none."""
    target = model_target(model, data.box)
    if target.log_density is None:
        raise Failure(f"log Z cannot be asked for: {target.lacks('log_density')}")
    reach = 0.5 * float(data.x_train.std(axis=0).mean()) if data.world == "plane" else 1.0
    return target, annealing.Annealing(
        target.log_density, _base(data), data.world == "digits", max(reach, 1e-3)
    )


def log_weights(climb: annealing.Annealing, x: Array, watch: Watch, of: str) -> Array:
    """log f − log q at x (n, d), (n,)."""
    rows = []
    for i in range(0, len(x), CHUNK):
        watch.at(i / len(x), f"weights of draws of the {of}")
        rows.append(climb.log_f(x[i : i + CHUNK]) - climb.base.log_prob(x[i : i + CHUNK]))
    return np.concatenate(rows)


def _log_z(model: Model, data: Data, knobs: EstimatorKnobs, watch: Watch) -> Study:
    target, climb = annealing_of(model, data)
    rng, base = np.random.default_rng(knobs.seed), climb.base
    watch.at(0.0, "the exact log Z")
    truth = target.log_z() if target.log_z is not None else None

    of_base = log_weights(climb, base.draw(knobs.samples, rng), watch.part(0.02, 0.1), "broad law")
    found, notes = [log_z.importance(of_base, base.title)], []
    draws = target.draws if target.draws is not None and target.draws.exact else None
    if draws is not None:
        watch.at(0.1, "exact draws of the model")
        of_model = log_weights(climb, draws.draw(knobs.samples, rng), watch.part(0.12, 0.2), "model")
        found.append(log_z.contrast(of_model, of_base, base.title))
        found.append(log_z.harmonic_mean(of_model, base.title))
    else:
        notes.append(
            "Noise contrast, the harmonic mean and AIS backwards need exact draws of the model, which it has not."
        )
    learned = getattr(model, "learned_log_z", None)
    if learned is not None:
        found.append(log_z.learned(float(learned.detach()[0])))
    steps = annealing.temperatures_up_to(knobs.temperatures)
    half = 0.6 if draws is not None else 1.0
    ups = annealing.annealed(climb, steps, knobs.chains, rng, watch=watch.part(0.2, half))
    found.insert(1, ups)
    if draws is not None:
        downs = annealing.annealed(climb, steps, knobs.chains, rng, draws.draw, watch.part(half, 1.0))
        found.insert(2, downs)
    return Study("log_z", truth, tuple(found), tuple(notes))


# log p(x)


def _evidence(model: Model, data: Data, knobs: EstimatorKnobs, watch: Watch) -> Study:
    if not isinstance(model, HasElbo):
        raise Failure("This model has no bound on log p(x): it has no hidden code to guess. Try vae.")
    x = data.x_test if len(data.x_test) else data.x_train
    x = x[: knobs.points]
    found = [evidence.elbo_by_draws(model, x, knobs.draws, knobs.seed, watch.part(0.0, 0.3))]
    notes = []
    if isinstance(model, evidence.HasIwae):
        part = watch.part(0.3, 0.9)
        found.append(evidence.iwae_by_codes(model, x, knobs.codes, seed=knobs.seed, watch=part))
    else:
        notes.append("This model's bound is not made of importance weights, so there is no IWAE.")
    truth = None
    if isinstance(model, HasDensity) and model.density_kind == "exact":
        watch.at(0.9, "the exact log p(x)")
        mean = float(log_prob(model, x, device_of(model)).mean())
        truth = exact(mean, f"{model.density_method}, mean over the same {len(x):,} points")
    else:
        notes.append(
            "Nobody knows the exact log p(x) of this model; a VAE with a code of at most 2 dimensions has it."
        )
    return Study("evidence", truth, tuple(found), tuple(notes))


# KL and entropy


def _kl(model: Model, data: Data, knobs: EstimatorKnobs, watch: Watch) -> Study:
    law = data.law
    if law is None or not has_density(law):
        raise Failure("KL(p‖q) needs the density of the truth, and these data have none.")
    if not isinstance(model, HasDensity) or model.density_kind != "exact":
        raise Failure("KL(p‖q) needs an exact density, and this model has none.")
    x, _ = law.sample(knobs.samples, np.random.default_rng(knobs.seed))
    watch.at(0.0, "samples of the law")
    ratio = law.log_prob(x) - log_prob(model, x, device_of(model), watch.part(0.1, 0.5))
    part = watch.part(0.5, 1.0)
    truth = evaluate(model, data, ("kl",), knobs.seed, part.progress, part.cancelled)["kl"]
    notes = () if truth is not None and truth.kind == "exact" else ("No exact KL(p‖q) is known here.",)
    return Study("kl", truth if not notes else None, (kl.plain(ratio), kl.with_control(ratio)), notes)


def _entropy(_model: Model, data: Data, knobs: EstimatorKnobs, watch: Watch) -> Study:
    law, rng = data.law, np.random.default_rng(knobs.seed)
    x = law.sample(knobs.samples, rng)[0] if law is not None else np.concatenate([data.x_train, data.x_test])
    found, notes = [], []
    if law is not None and has_density(law):
        watch.at(0.1, "log p of the samples")
        found.append(entropy.by_samples(law.log_prob(x)))
    else:
        notes.append("Nobody knows the density of these data, so there is no exact entropy.")
    watch.at(0.5, "entropy from samples alone")
    if data.world == "digits":
        found.append(entropy.by_counting(x))
    elif len(x) > knobs.neighbours + 1:
        found.append(entropy.by_neighbours(x, knobs.neighbours))
    watch.at(0.8, "the exact entropy")
    truth = law.entropy() if law is not None and has_density(law) else None
    return Study("entropy", truth, tuple(found), tuple(notes))
