"""The card of the energy-based model."""

from __future__ import annotations

from dataclasses import dataclass

from genplay.knobs import Knobs, knob
from genplay.models.card import Card, Objective
from genplay.spaces import World

__all__ = ["CARD", "DROPPED", "EBMKnobs"]

CHAINED = ("cd", "pcd")
DROPPED = ("dsm", "nce")
"""The objectives that look at the energy once a step, and so may look at it with some units silent."""
PLANE: tuple[World, ...] = ("plane",)


@dataclass(frozen=True)
class EBMKnobs(Knobs):
    """What can be turned on an energy-based model."""

    width: int = knob(64, "Units in each hidden layer of the energy.", low=4, high=512, log=True)
    depth: int = knob(3, "Hidden layers of the energy.", low=1, high=6, worlds=PLANE)
    activation: str = knob(
        "silu",
        "The bend in each hidden unit. A smooth one gives a smooth energy.",
        choices=("silu", "tanh", "softplus", "relu"),
        worlds=PLANE,
    )
    norm: str = knob(
        "none",
        "Rescale the units of each layer.",
        choices=("none", "layer"),
        label="normalisation",
        worlds=PLANE,
    )
    dropout: float = knob(
        0.0,
        "In training, this share of the hidden units is silent at each step.",
        low=0.0,
        high=0.8,
        objectives=DROPPED,
    )
    temperature: float = knob(
        1.0,
        "Boltzmann's temperature T of what is shown and sampled, p ∝ exp(−E/T): high flattens the landscape, low freezes "
        "all mass into the deepest wells. Training is always at 1.",
        low=0.1,
        high=10.0,
        log=True,
        live=True,
    )
    confinement: float = knob(
        1.5,
        "How wide the bowl is that holds the energy together, in standard deviations of the data.",
        low=0.5,
        high=10.0,
        log=True,
        worlds=PLANE,
    )
    lattice: int = knob(
        64,
        "Points a side at which log Z is summed in training; the lattice is shifted at each step.",
        low=16,
        high=160,
        log=True,
        live=True,
        objectives=("quadrature",),
    )
    k: int = knob(
        20,
        "Langevin steps a chain makes before each update.",
        low=1,
        high=500,
        log=True,
        live=True,
        label="chain steps k",
        worlds=PLANE,
        objectives=CHAINED,
    )
    image_k: int = knob(
        2, "Gibbs sweeps over all pixels a chain makes before each update.", low=1, high=100, log=True, live=True,
        label="Gibbs sweeps k", worlds=("digits",), objectives=CHAINED,
    )  # fmt: skip
    sweeps: int = knob(
        60, "Gibbs sweeps that make one sample: the temperature falls to T in the first half.", low=2, high=500,
        log=True, live=True, label="sweeps a sample", worlds=("digits",), objectives=("cd", "pcd", "nce"),
    )  # fmt: skip
    step_size: float = knob(
        0.004,
        "Squared length of a Langevin step. Long steps miss narrow valleys, short ones do not arrive.",
        low=1e-5,
        high=0.5,
        log=True,
        live=True,
        unit="data variances",
        worlds=PLANE,
        objectives=CHAINED,
    )
    leaps: int = knob(
        2,
        "Far leaps each chain may try before each update. Without them no mass moves between separate wells; "
        "in many dimensions no leap would ever land.",
        low=0,
        high=50,
        live=True,
        label="far leaps",
        worlds=PLANE,
        objectives=CHAINED,
    )
    adjusted: bool = knob(
        True,
        "Accept or reject each step (Metropolis), so that a chain's law is the model's own.",
        live=True,
        label="Metropolis adjusted",
        worlds=PLANE,
        objectives=CHAINED,
    )
    chains: int = knob(256, "Persistent chains.", low=8, high=4096, log=True, objectives=("pcd",))
    restart: float = knob(
        0.01,
        "Share of the persistent chains that begin anew at each step, half of them anywhere, half at data.",
        low=0.0,
        high=1.0,
        live=True,
        label="restarted chains",
        worlds=PLANE,
        objectives=("pcd",),
    )
    energy_penalty: float = knob(
        0.0,
        "Weight of the squared energies in the loss: keeps the landscape from drifting away.",
        low=0.0,
        high=10.0,
        live=True,
        objectives=CHAINED,
    )
    noise: float = knob(
        0.05,
        "Standard deviation of the noise that is taken away; what is learned is the data blurred by it.",
        low=0.005,
        high=2.0,
        log=True,
        live=True,
        label="denoising noise",
        unit="data deviations",
        objectives=("dsm", "score-matching", "sliced"),
    )
    slices: int = knob(
        4, "Random directions a point along which the score is matched.", low=1, high=32, log=True, live=True,
        objectives=("sliced",),
    )  # fmt: skip
    contrast: str = knob(
        "mixture",
        "What data are told apart from: one fitted Gaussian (images: independent pixels), or a mixture that lies closer.",
        choices=("mixture", "single"),
        label="contrast noise",
        objectives=("nce",),
    )
    ratio: float = knob(
        2.0, "Examples of noise for each of the data.", low=0.1, high=20.0, log=True, live=True,
        label="noise for each datum", objectives=("nce",),
    )  # fmt: skip


CARD = Card(
    id="ebm",
    title="Energy-based model",
    family="Energy",
    worlds=("plane", "digits"),
    summary="A network gives every point an energy; low energy means likely. The sum over all points is the hard part.",
    formula=r"p(x) = \exp(-E(x)) / Z, \qquad Z = \int \exp(-E(x))\, dx",
    reference="LeCun et al. 2006; CD: Hinton 2002; PCD: Tieleman 2008; score matching: Hyvärinen 2005; sliced: Song et al. 2019; "
    "denoising: Vincent 2011; NCE: Gutmann and Hyvärinen 2010",
    knobs=EBMKnobs,
    objectives=(
        Objective(
            "quadrature",
            "Exact likelihood",
            "log Z summed over a lattice of the plane: true maximum likelihood.",
            PLANE,
        ),
        Objective(
            "exact",
            "Exact likelihood",
            "An energy made of three strips of three rows, whose Z is summed from row to row: true maximum likelihood.",
            ("digits",),
        ),
        Objective(
            "cd",
            "Contrastive divergence",
            "Short chains from the data (Langevin; Gibbs for images) say where energy must rise.",
        ),
        Objective(
            "pcd",
            "Persistent CD",
            "The chains live on from step to step, so they find wells far from the data.",
        ),
        Objective(
            "score-matching",
            "Score matching",
            "Fits the slope of the energy to that of the data's density by its exact curvature; needs neither Z nor chains.",
            PLANE,
        ),
        Objective(
            "sliced",
            "Sliced score matching",
            "The same along random directions: the price no longer grows with the dimension.",
            PLANE,
        ),
        Objective(
            "dsm",
            "Denoising score matching",
            "Fits the slope of the energy to the way back from noise; needs no Z.",
            PLANE,
        ),
        Objective(
            "nce",
            "Noise-contrastive estimation",
            "Learns to tell data from noise of a known density; log Z is learned as one more number.",
        ),
    ),
    capabilities=("density", "energy", "score", "sample"),
    density={"plane": "exact", "digits": "exact"},
    cost="chain",
    target={"plane": "genplay.models.ebm:EBM", "digits": "genplay.models.image_ebm:ImageEBM"},
    limited={"score": PLANE},
    trained_by="likelihood, contrast, score matching or NCE",
    architecture="any network with one output",
    recipe={"learning_rate": 2e-3, "ema": 0.997, "schedule": "cosine", "horizon": 10_000, "floor": 0.1},
)
