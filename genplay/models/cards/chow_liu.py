"""The card of the Chow–Liu tree."""

from __future__ import annotations

from dataclasses import dataclass

from genplay.knobs import Knobs, knob
from genplay.models.card import Card, Objective

__all__ = ["CARD", "ChowLiuKnobs"]


@dataclass(frozen=True)
class ChowLiuKnobs(Knobs):
    """What can be set on a Chow–Liu tree."""

    smoothing: float = knob(
        0.5,
        "Imaginary extra examples of each of the four values of a pair of pixels (Laplace): 0 gives probability 0 to "
        "every image with a pair that was never seen.",
        low=0.0,
        high=100.0,
        live=True,
    )
    root: int = knob(
        12,
        "The pixel that is drawn first, counted from the top left. Any root gives the same probabilities.",
        low=0,
        high=24,
        live=True,
    )


CARD = Card(
    id="chow-liu",
    title="Chow–Liu tree",
    family="Graphical",
    worlds=("digits",),
    summary="Each pixel listens to one other pixel. Of all 25^23 trees the likeliest is found at once: the one whose "
    "neighbours tell most about each other.",
    formula=r"p(x) = p(x_r) \prod_{j \neq r} p\big(x_j \mid x_{\mathrm{parent}(j)}\big)",
    reference="Chow and Liu 1968",
    knobs=ChowLiuKnobs,
    objectives=(
        Objective(
            "mle",
            "Maximum likelihood (closed form)",
            "Count all pairs of pixels, then keep the spanning tree with the largest sum of mutual information: no other "
            "tree makes the data likelier.",
        ),
    ),
    capabilities=("density", "sample", "conditionals"),
    density={"digits": "exact"},
    cost="d passes",
    target="genplay.models.chow_liu:ChowLiu",
    trained_by="counting (exact maximum likelihood)",
    architecture="tree over the pixels",
)
