"""The card of the restricted Boltzmann machine."""

from __future__ import annotations

from dataclasses import dataclass

from genplay.knobs import Knobs, knob
from genplay.models.card import Card, Objective

__all__ = ["CARD", "RBMKnobs"]


@dataclass(frozen=True)
class RBMKnobs(Knobs):
    """What can be set on a restricted Boltzmann machine."""

    hidden: int = knob(
        48,
        "Hidden units: each one a feature that a digit has or lacks.",
        low=1,
        high=64,
        objectives=("cd", "pcd"),
        worlds=("digits",),
    )
    hidden_exact: int = knob(
        18,
        "Hidden units under exact training, whose every step sums over all 2^n states of them.",
        low=1,
        high=20,
        objectives=("exact",),
        worlds=("digits",),
        label="hidden",
    )
    hidden_plane: int = knob(
        10,
        "Hidden units on the plane: each is an arrow that moves the bump where it is on, so that there are 2^n bumps.",
        low=1,
        high=14,
        worlds=("plane",),
        label="hidden",
    )
    k: int = knob(
        5,
        "Gibbs sweeps of the negative phase in each training step.",
        low=1,
        high=100,
        log=True,
        live=True,
        objectives=("cd", "pcd"),
    )
    chains: int = knob(
        128, "Persistent chains that roam the model and are its negative phase.", low=1, high=1000, log=True,
        objectives=("pcd",),
    )  # fmt: skip
    sweeps: int = knob(
        100,
        "Gibbs sweeps that make one sample: the temperature falls to 1 in the first half.",
        low=2,
        high=500,
        log=True,
        live=True,
        worlds=("digits",),
    )


CARD = Card(
    id="rbm",
    title="Restricted Boltzmann machine",
    family="Energy",
    worlds=("plane", "digits"),
    summary="Pixels (or coordinates) on one side, hidden features on the other, a weight between each two. Low energy means "
    "likely; the sum over all states that everybody says is impossible is done here.",
    formula=r"p(v) = \frac{1}{Z} \sum_h e^{v^\top W h + b^\top v + c^\top h}",
    reference="Smolensky 1986; contrastive divergence: Hinton 2002; persistent chains: Tieleman 2008; real-valued "
    "units: Welling, Rosen-Zvi and Hinton 2004",
    knobs=RBMKnobs,
    objectives=(
        Objective(
            "cd",
            "Contrastive divergence (CD-k)",
            "Lowers the energy of the data, raises it where chains arrive that start at the data and run k sweeps: quick, "
            "and blind to wells far from the data.",
        ),
        Objective(
            "pcd",
            "Persistent contrastive divergence",
            "The same with chains that are never restarted: they roam the whole model, and find its other wells.",
        ),
        Objective(
            "exact",
            "Exact maximum likelihood",
            "No chains: the model's averages are sums over all states of the hidden units (few of them: 2^n states).",
        ),
    ),
    capabilities=("density", "energy", "score", "sample", "trajectory"),
    limited={"score": ("plane",), "trajectory": ("digits",)},
    density={"plane": "exact", "digits": "exact"},
    cost="chain",
    target={"plane": "genplay.models.gaussian_rbm:GaussianRBM", "digits": "genplay.models.rbm:RBM"},
    trained_by="maximum likelihood, by chains or exact",
    latents="hidden units, each 0 or 1",
    architecture="one layer of hidden units",
    recipe={
        "learning_rate": 0.01,
        "batch_size": 128,
        "weight_decay": 3e-5,
        "schedule": "cosine",
        "horizon": 10_000,
        "floor": 0.1,
        # What chains chase swings to and fro around what they should learn; the mean of it does not.
        "ema": 0.999,
    },
)
