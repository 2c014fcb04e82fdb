"""The card of the mixture of Bernoullis."""

from __future__ import annotations

from dataclasses import dataclass

from genplay.knobs import Knobs, knob
from genplay.models.card import Card, Objective

__all__ = ["CARD", "BernoulliMixtureKnobs"]


@dataclass(frozen=True)
class BernoulliMixtureKnobs(Knobs):
    """What can be set on a mixture of Bernoullis."""

    components: int = knob(80, "How many prototype images the mixture may use.", low=1, high=200, log=True)
    smoothing: float = knob(
        0.5,
        "Imaginary extra counts of each pixel, lit and dark, in each component (Laplace): "
        "0 lets a pixel be certain, so that an unseen combination gets probability 0.",
        low=0.0,
        high=10.0,
        live=True,
    )


CARD = Card(
    id="bernoulli-mixture",
    title="Mixture of Bernoullis",
    family="Classical",
    worlds=("digits",),
    summary="A few prototype images, each pixel lit with its own probability. Pixels are independent once the "
    "prototype is known; the prototype is a hidden cause.",
    formula=r"p(x) = \sum_k \pi_k \prod_j \mu_{kj}^{x_j} (1 - \mu_{kj})^{1 - x_j}",
    reference="Lazarsfeld 1950 (latent classes); Dempster, Laird and Rubin 1977 (EM)",
    knobs=BernoulliMixtureKnobs,
    objectives=(
        Objective(
            "em",
            "Expectation–maximisation",
            "E: whose image is each example? M: every prototype becomes the average of its examples. "
            "Climbs with every step, and stops when it has arrived.",
        ),
        Objective(
            "gradient", "Gradient ascent", "The same likelihood, climbed by the optimiser on mini-batches."
        ),
    ),
    capabilities=("density", "sample", "responsibilities"),
    density={"digits": "exact"},
    cost="one pass",
    target="genplay.models.bernoulli_mixture:BernoulliMixture",
    recipe={"learning_rate": 0.02, "batch_size": 256},
    trained_by="maximum likelihood",
    latents="a component",
    architecture="a sum of prototype images",
)
