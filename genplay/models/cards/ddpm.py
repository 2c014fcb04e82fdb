"""The card of ``ddpm``."""

from __future__ import annotations

from dataclasses import dataclass

from genplay.knobs import knob
from genplay.models.card import Card, Objective
from genplay.models.net_knobs import NetKnobs

__all__ = ["CARD", "DiffusionKnobs"]


@dataclass(frozen=True)
class DiffusionKnobs(NetKnobs):
    """What can be chosen about a diffusion model."""

    noise_steps: int = knob(
        100, "In how many steps T the data are turned to noise.", low=5, high=1000, log=True
    )
    schedule: str = knob(
        "cosine", "How fast the noise comes in. cosine: evenly, with time for fine detail. linear: as in the first paper.",
        choices=("cosine", "linear"),
    )  # fmt: skip
    width: int = knob(96, "Hidden units of the denoiser.", low=8, high=512, log=True)
    activation: str = knob("silu", "The denoiser's bend.", choices=("relu", "tanh", "silu", "softplus"))
    sampler: str = knob(
        "ddim",
        "ancestral: add fresh noise at every step. ddim: none, so that a sample follows its starting noise. "
        "ode: the same path, followed precisely; on the plane its density is the one shown.",
        choices=("ancestral", "ddim", "ode"),
        live=True,
    )
    sampling_steps: int = knob(
        40, "Steps from noise to a sample, at most T (ancestral, ddim).", low=1, high=1000, log=True, live=True
    )  # fmt: skip
    ode_steps: int = knob(
        16,
        "Runge–Kutta steps of the ode sampler, and of the density on the plane.",
        low=2,
        high=200,
        log=True,
        live=True,
    )


CARD = Card(
    id="ddpm",
    title="Diffusion (DDPM)",
    family="Diffusion",
    worlds=("plane", "digits"),
    summary="Drown the data in noise step by step, and learn to take each step back.",
    formula=r"x_t = \sqrt{\bar\alpha_t}\, x_0 + \sqrt{1 - \bar\alpha_t}\, \epsilon,\quad "
    r"L = \frac{1}{d}\, \mathbb{E}\, \| \epsilon - \epsilon_\theta(x_t, t) \|^2",
    reference="Ho, Jain and Abbeel 2020; ODE: Song et al. 2021; v: Salimans and Ho 2022",
    knobs=DiffusionKnobs,
    objectives=(
        Objective("epsilon", "Predict the noise ε", "The network guesses the noise that was added.", ("plane",)),
        Objective("x0", "Predict the data x₀", "The network guesses the clean point behind the noise."),
        Objective("v", "Predict v", "A mixture of both, v = √ᾱ ε − √(1−ᾱ) x₀, of the same size at every noise level."),
        # The same for images, where it is not the default: pixels are guessed better than noise.
        Objective("epsilon", "Predict the noise ε", "The network guesses the noise that was added.", ("digits",)),
    ),
    capabilities=("density", "score", "sample", "latent", "trajectory", "forward"),
    limited={"density": ("plane",), "score": ("plane",), "latent": ("plane",)},
    density={"plane": "exact"},
    cost="T steps",
    target={
        "plane": "genplay.models.ddpm:Diffusion",
        "digits": "genplay.models.pixel_diffusion:PixelDiffusion",
    },
    trained_by="denoising (least squares)",
    bounded=("digits",),
    latents="noised x, as large as x",
    architecture="any network, one for all noise levels",
    recipe={"learning_rate": 2e-3, "ema": 0.995},
)  # fmt: skip
