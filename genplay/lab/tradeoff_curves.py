"""Computing the curves of ``tradeoffs`` for a run: its model, and the plan that it came from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from genplay.errors import BadInput
from genplay.lab.tradeoffs import Curve, Point, TradeoffId, TradeoffKnobs, tradeoff
from genplay.metrics.registry import card as metric_card

if TYPE_CHECKING:
    from genplay.lab.rate_distortion import RatePoint
    from genplay.models.base import Model
    from genplay.training.plan import RunPlan

__all__ = ["curve_of"]

Progress = Callable[[float, str], None]


def curve_of(
    name: TradeoffId,
    model: Model,
    plan: RunPlan,
    step: int,
    knobs: TradeoffKnobs | None = None,
    at: Sequence[float] | None = None,
    title: str = "",
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Curve:
    """A curve of a trained model; ``at`` are the settings (β, steps, dimensions), None takes those of ``knobs``.

    Raises ``BadInput`` for what has no such curve or a setting that cannot be, ``Failure`` when cancelled.
    """
    found = tradeoff(name)
    if at is not None:
        whole = found.id == "rate-distortion" or all(float(value).is_integer() for value in at)
        if not at or not whole:
            raise BadInput(
                f"The curve '{name}' runs over {found.at}: at least one {'' if whole else 'whole '}number."
            )
    draw = {"rate-distortion": _rates, "cost": _costs, "dimensions": _dimensions}[found.id]
    out = draw(model, plan, knobs or TradeoffKnobs(), at, progress, cancelled)
    return replace(out, run=title or plan.card.id, step=step)


def _rates(
    model: Model,
    plan: RunPlan,
    knobs: TradeoffKnobs,
    at: Sequence[float] | None,
    progress: Progress | None,
    cancelled: Callable[[], bool] | None,
) -> Curve:
    from genplay.lab.rate_distortion import point_of, rate_distortion
    from genplay.metrics.registry import evaluate

    data, betas = plan.data, tuple(at) if at is not None else knobs.beta_values()
    own_knobs: dict[str, object] = {}
    own = None
    if plan.card.id == "vae":
        told = plan.model_knobs.as_dict()
        if not told["conditional"]:
            own = _rate(point_of(model, data, float(str(told["beta"])), knobs.seed))
        own_knobs = {**plan.full_recipe.as_dict(), **told, "conditional": False}
        del own_knobs["beta"]
    points = rate_distortion(
        data, betas, steps=knobs.training, knobs=own_knobs, seed=knobs.seed, progress=progress, cancelled=cancelled
    )  # fmt: skip
    floor = evaluate(model, data, ["entropy"])["entropy"]
    return Curve(
        "rate-distortion", "", plan.card.id, data.spec.name, 0, tuple(map(_rate, points)), floor, own, "the weight β of a VAE"
    )  # fmt: skip


def _rate(point: RatePoint) -> Point:
    figures = {"rate": point.rate, "distortion": point.distortion, "negative_elbo": point.negative_elbo}
    return Point(point.beta, figures)


def _costs(
    model: Model,
    plan: RunPlan,
    knobs: TradeoffKnobs,
    at: Sequence[float] | None,
    progress: Progress | None,
    cancelled: Callable[[], bool] | None,
) -> Curve:
    from genplay.lab.sampling_cost import costs, step_knob, steps_up_to
    from genplay.metrics.evaluation import Evaluation
    from genplay.metrics.true_draws import of_true_draws

    measure = metric_card(knobs.measure, plan.world)
    steps = [int(n) for n in at] if at is not None else list(steps_up_to(model.knobs, knobs.most_steps))
    found = costs(model, plan.data, steps, measure.id, knobs.seed, progress, cancelled)
    points = tuple(
        Point(cost.at, {"seconds": cost.seconds, "quality": cost.quality}) for cost in found if cost.quality
    )
    name = step_knob(model.knobs) or ""
    floor = of_true_draws(measure, Evaluation(model, plan.data, seed=knobs.seed))
    info = model.knobs.info(name)
    return Curve(
        "cost", "", plan.card.id, plan.data.spec.name, 0, points, floor, None, info.label, measure.id
    )


def _dimensions(
    _model: Model,
    plan: RunPlan,
    knobs: TradeoffKnobs,
    at: Sequence[float] | None,
    progress: Progress | None,
    cancelled: Callable[[], bool] | None,
) -> Curve:
    from genplay.lab.sampling_cost import DIMENSIONS, cost_against_dimensions
    from genplay.metrics.watch import Watch

    if plan.world != "digits":
        raise BadInput("Only images have more or fewer pixels: open a model of the digit world.")
    watch = Watch.of(progress, cancelled)
    dimensions = [int(d) for d in at] if at is not None else list(DIMENSIONS)
    points = []
    for i, d in enumerate(dimensions):
        watch.at(i / len(dimensions), f"images of {d} pixels")
        (cost,) = cost_against_dimensions(
            plan.card.id, (d,), knobs=plan.model_knobs.as_dict(), seed=knobs.seed
        )
        points.append(Point(d, {"seconds": cost.seconds}))
    watch.at(1.0, "measured")
    return Curve(
        "dimensions", "", plan.card.id, plan.data.spec.name, 0, tuple(points), knob="the number of pixels"
    )
