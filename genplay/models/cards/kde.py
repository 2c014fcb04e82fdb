"""The card of ``kde``."""

from __future__ import annotations

from dataclasses import dataclass

from genplay.knobs import Knobs, knob
from genplay.models.card import Card, Objective

__all__ = ["CARD", "KernelKnobs"]


@dataclass(frozen=True)
class KernelKnobs(Knobs):
    """What can be chosen about a kernel density estimate; all of it applies at once."""

    kernel: str = knob(
        "gaussian",
        "The shape put on every data point: a smooth bump or a flat disc.",
        choices=("gaussian", "uniform"),
        live=True,
        worlds=("plane",),
    )
    rule: str = knob(
        "likelihood",
        "How the bandwidth is chosen. likelihood: each point is judged by all the others. scott, silverman: rules of "
        "thumb for a single bump. manual: by the slider.",
        choices=("likelihood", "scott", "silverman", "manual"),
        live=True,
        worlds=("plane",),
    )
    bandwidth: float = knob(
        0.1,
        "Standard deviation of the kernel along each axis, under the rule 'manual'. Towards 0 the model only "
        "remembers its data.",
        low=1e-3,
        high=2.0,
        log=True,
        live=True,
        unit="data units",
        worlds=("plane",),
    )
    flip_rule: str = knob(
        "likelihood",
        "How the flip probability is chosen. likelihood: each image is judged by all the others. manual: by the slider.",
        choices=("likelihood", "manual"),
        live=True,
        worlds=("digits",),
        label="rule",
    )
    flip: float = knob(
        0.05,
        "Probability that a pixel of a remembered image is flipped (1 − λ of Aitchison and Aitken), under the rule 'manual'. "
        "Towards 0 the model only remembers its data; at 0.5 it has forgotten them.",
        low=1e-4,
        high=0.5,
        log=True,
        live=True,
        worlds=("digits",),
        label="flip probability",
    )


CARD = Card(
    id="kde",
    title="Kernel density",
    family="Classical",
    worlds=("plane", "digits"),
    summary="A small bump on every data point, added up: no training, only one width to choose.",
    formula=r"p(x) = \frac{1}{n} \sum_i k_h(x, x_i)",
    reference="Rosenblatt 1956, Parzen 1962; leave-one-out likelihood: Duin 1976; images: Aitchison and Aitken 1976",
    knobs=KernelKnobs,
    objectives=(
        Objective("search", "Choose the bandwidth", "One trial width a step, until the best is enclosed."),
    ),
    capabilities=("density", "score", "sample"),
    density={"plane": "exact", "digits": "exact"},
    cost="one pass",
    target={
        "plane": "genplay.models.kde:KernelDensity",
        "digits": "genplay.models.kde_images:ImageKernelDensity",
    },
    limited={"score": ("plane",)},
    trained_by="choosing one width",
    architecture="the data themselves",
)  # fmt: skip
