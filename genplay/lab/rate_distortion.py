"""The rate–distortion curve: a VAE trained at several weights β of its code's cost, and what each comes to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from genplay.datasets.base import Data
from genplay.errors import BadInput, Failure
from genplay.quantity import Quantity

if TYPE_CHECKING:
    from genplay.models.base import Model

__all__ = ["BETAS", "RatePoint", "point_of", "rate_distortion"]

BETAS = (0.1, 0.3, 1.0, 3.0, 10.0)


@dataclass(frozen=True)
class RatePoint:
    """One VAE of the curve: rate R = E KL(q(z | x) ‖ p(z)), distortion D = −E log p(x | z), and R + D = −ELBO, in nats."""

    beta: float
    rate: Quantity
    distortion: Quantity
    negative_elbo: Quantity


def rate_distortion(
    data: Data,
    betas: Sequence[float] = BETAS,
    *,
    steps: int = 1500,
    knobs: Mapping[str, object] | None = None,
    seed: int = 0,
    progress: Callable[[float, str], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> tuple[RatePoint, ...]:
    """Train a VAE for so many steps at each β, from the same start; a point for each, in the order of ``betas``.

    ``knobs`` are the VAE's and the recipe's. Raises ``BadInput`` for a knob that cannot be, ``Failure`` when cancelled.
    """
    import torch

    from genplay.lab.fit import Progress, plan_of, train

    def stopped() -> bool:
        return cancelled is not None and cancelled()

    if "beta" in (knobs or {}):
        raise BadInput("beta is what the curve is drawn against: give betas instead.")
    out = []
    for i, beta in enumerate(betas):

        def tell(at: Progress, i: int = i, beta: float = beta) -> None:
            if progress is not None:
                progress((i + at.share) / len(betas), f"a VAE with β = {beta:g}")

        plan = plan_of(data, "vae", knobs={**(knobs or {}), "beta": beta}, seed=seed)
        # Whoever asks may be looking at another model, without gradients.
        with torch.enable_grad():
            run = train(plan, steps=steps, progress=tell, interrupted=stopped)
        if stopped():
            raise Failure("The rate–distortion curve was cancelled.")
        with run.trainer.viewing() as model:
            out.append(point_of(model, data, beta, seed))
    return tuple(out)


def point_of(model: Model, data: Data, beta: float, seed: int = 0) -> RatePoint:
    """The point of one VAE; raises ``Failure`` for a model that has none, or data without test points."""
    from genplay.metrics.card import Missing
    from genplay.metrics.evaluation import Evaluation
    from genplay.metrics.likelihood import elbo
    from genplay.metrics.rate_distortion import rate_and_distortion

    on = Evaluation(model, data, seed=seed)
    try:
        rate, distortion = rate_and_distortion(on)
    except Missing as missing:
        raise Failure(f"There is no rate and no distortion: {missing.reason}") from None
    return RatePoint(beta, rate, distortion, elbo(on).negated())
