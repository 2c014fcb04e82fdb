"""The card of ``score-sde``."""

from __future__ import annotations

from dataclasses import dataclass

from genplay.knobs import knob
from genplay.models.card import Card, Objective
from genplay.models.net_knobs import NetKnobs

__all__ = ["CARD", "ScoreKnobs"]


@dataclass(frozen=True)
class ScoreKnobs(NetKnobs):
    """What can be chosen about a score-based model."""

    width: int = knob(96, "Hidden units of the score's network.", low=8, high=512, log=True)
    activation: str = knob("silu", "The network's bend.", choices=("relu", "tanh", "silu", "softplus"))
    process: str = knob(
        "VE",
        "How noise comes in. VE: it is added until it drowns the data. VP: data shrink as noise grows, and the size stays.",
        choices=("VE", "VP"),
    )
    sigma_min: float = knob(
        0.02, "The least noise that is trained.", low=0.001, high=0.2, log=True, label="least noise",
        unit="data deviations",
    )  # fmt: skip
    sigma_max: float = knob(
        8.0, "The most noise (VE): too little, and samples start where the data's shape is not yet forgotten.", low=0.5,
        high=100.0, log=True, label="most noise (VE)", unit="data deviations",
    )  # fmt: skip
    sampler: str = knob(
        "sde",
        "sde: the reverse diffusion. langevin: annealed Langevin dynamics, from loud to quiet. ode: no fresh noise; its "
        "density is the one shown.",
        choices=("sde", "langevin", "ode"),
        live=True,
    )
    sampling_steps: int = knob(
        100, "Steps from noise to a sample (sde, langevin).", low=2, high=1000, log=True, live=True
    )
    langevin_steps: int = knob(
        4, "Langevin steps at each noise level; all levels together make the steps above.", low=1, high=50, live=True,
        label="steps a level",
    )  # fmt: skip
    langevin_size: float = knob(
        0.4, "Squared length of a Langevin step, in shares of the level's own variance.", low=0.01, high=2.0, log=True,
        live=True, label="Langevin step",
    )  # fmt: skip
    ode_steps: int = knob(
        16, "Runge–Kutta steps of the ode sampler and of the density.", low=2, high=200, log=True, live=True
    )


CARD = Card(
    id="score-sde",
    title="Score-based model (SDE)",
    family="Diffusion",
    worlds=("plane",),
    summary="Learns, at every noise level at once, which way noised data are denser; following it back turns noise to data.",
    formula=r"dx = f(t)\, x\, dt + g(t)\, dw, \quad dx = [f x - g^2 \nabla \log p_t(x)]\, dt + g\, d\bar w",
    reference="Song et al. 2021; annealed Langevin: Song and Ermon 2019; denoising score matching: Vincent 2011",
    knobs=ScoreKnobs,
    objectives=(
        Objective(
            "denoising",
            "Denoising score matching",
            "The network guesses the noise in noised data, at every level of noise.",
        ),
    ),
    capabilities=("density", "score", "sample", "latent", "trajectory", "forward"),
    density={"plane": "exact"},
    cost="T steps",
    target="genplay.models.score_sde:ScoreSDE",
    recipe={"learning_rate": 2e-3, "ema": 0.995},
    trained_by="denoising score matching",
    latents="noised x, as large as x",
    architecture="any network, one for all noise levels",
)
