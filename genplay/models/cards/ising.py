"""The card of the Ising model."""

from __future__ import annotations

from dataclasses import dataclass

from genplay.knobs import Knobs, knob
from genplay.models.card import Card, Objective

__all__ = ["CARD", "IsingKnobs"]

CHAINED = ("cd", "pcd")


@dataclass(frozen=True)
class IsingKnobs(Knobs):
    """What can be set on an Ising model."""

    connections: str = knob(
        "all",
        "Which pixels are coupled: next to each other, diagonally as well, or every two of them.",
        choices=("neighbours", "diagonals", "all"),
    )
    temperature: float = knob(
        1.0,
        "Samples are drawn from p(x)^(1/T): hot ones are noise, cold ones freeze into the deepest wells. "
        "What is learned, and the density shown, is at 1.",
        low=0.05,
        high=20.0,
        log=True,
        live=True,
    )
    k: int = knob(
        5,
        "Gibbs sweeps of the negative phase in each training step.",
        low=1,
        high=100,
        log=True,
        live=True,
        label="chain sweeps k",
        objectives=CHAINED,
    )
    chains: int = knob(
        128,
        "Persistent chains that roam the model and are its negative phase.",
        low=1,
        high=1000,
        log=True,
        objectives=("pcd",),
    )
    sweeps: int = knob(
        40,
        "Gibbs sweeps that make one sample: the temperature falls to its place in the first half.",
        low=2,
        high=500,
        log=True,
        live=True,
    )


CARD = Card(
    id="ising",
    title="Ising model (Boltzmann machine without hidden units)",
    family="Graphical",
    worlds=("digits",),
    summary="Every pixel is a small magnet: it has a liking of its own, and pulls other pixels its way or pushes them off. "
    "Z sums over all 2^25 images, and is known all the same.",
    formula=r"p(s) = \frac{1}{Z} \exp\Big(\sum_j h_j s_j + \sum_{i<j} J_{ij} s_i s_j\Big), \quad s_j = \pm 1",
    reference="Ising 1925; Boltzmann machine: Ackley, Hinton and Sejnowski 1985; pseudo-likelihood: Besag 1975",
    knobs=IsingKnobs,
    objectives=(
        Objective(
            "exact",
            "Exact maximum likelihood",
            "No chains: log Z and the model's averages are sums over all 2^25 images, done as one matrix product.",
        ),
        Objective(
            "pseudo",
            "Pseudo-likelihood",
            "Each pixel is predicted from all the others: no Z is needed, and with endless data the answer is the same.",
        ),
        Objective(
            "cd",
            "Contrastive divergence (CD-k)",
            "Chains start at the data and run k sweeps; where they arrive the energy is raised.",
        ),
        Objective(
            "pcd",
            "Persistent contrastive divergence",
            "The same with chains that are never restarted: they find wells far from the data.",
        ),
    ),
    capabilities=("density", "energy", "sample", "trajectory"),
    density={"digits": "exact"},
    cost="chain",
    target="genplay.models.ising:Ising",
    recipe={"learning_rate": 0.02, "batch_size": 256, "schedule": "cosine", "horizon": 2000, "floor": 0.1},
    trained_by="maximum likelihood, exact or by chains",
    architecture="couplings between pixels",
)
