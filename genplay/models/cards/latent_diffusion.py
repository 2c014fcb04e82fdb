"""The card of ``latent-diffusion``."""

from __future__ import annotations

from dataclasses import dataclass

from genplay.knobs import knob
from genplay.models.card import Card, Objective
from genplay.models.net_knobs import NetKnobs

__all__ = ["CARD", "LatentDiffusionKnobs"]


@dataclass(frozen=True)
class LatentDiffusionKnobs(NetKnobs):
    """What can be chosen about a latent diffusion."""

    width: int = knob(96, "Units in each hidden layer of all three networks.", low=8, high=512, log=True)
    activation: str = knob("silu", "The networks' bend.", choices=("relu", "tanh", "silu", "softplus"))
    code: int = knob(2, "Dimensions of the code.", low=1, high=8, worlds=("plane",))
    image_code: int = knob(8, "Dimensions of the code.", low=1, high=24, worlds=("digits",), label="code")
    autoencoder_steps: int = knob(
        1500, "So many steps the autoencoder learns first; then it stands still and the diffusion learns.", low=0,
        high=100_000, live=True, label="autoencoder first", unit="steps",
    )  # fmt: skip
    code_noise: float = knob(
        0.05, "Noise on the codes while the autoencoder learns: neighbours then decode alike.", low=0.0, high=1.0, live=True
    )  # fmt: skip
    noise_steps: int = knob(
        100, "In how many steps T the codes are turned to noise.", low=5, high=1000, log=True
    )
    schedule: str = knob("cosine", "How fast the noise comes in.", choices=("cosine", "linear"))
    sampler: str = knob(
        "ddim",
        "ancestral: add fresh noise at every step. ddim: none. ode: the same path, followed precisely.",
        choices=("ancestral", "ddim", "ode"),
        live=True,
    )
    sampling_steps: int = knob(
        40, "Steps from noise to a code, at most T (ancestral, ddim).", low=1, high=1000, log=True, live=True
    )
    ode_steps: int = knob(16, "Runge–Kutta steps of the ode sampler.", low=2, high=200, log=True, live=True)


CARD = Card(
    id="latent-diffusion",
    title="Latent diffusion",
    family="Combination",
    worlds=("plane", "digits"),
    summary="An autoencoder finds a short code for the data; a diffusion learns to draw codes, and the decoder draws from them.",
    formula=r"x = D(z), \quad z_t = \sqrt{\bar\alpha_t}\, E(x) + \sqrt{1 - \bar\alpha_t}\, \epsilon",
    reference="Rombach et al. 2022",
    knobs=LatentDiffusionKnobs,
    objectives=(
        Objective("epsilon", "Predict the noise ε", "The diffusion guesses the noise in a noised code."),
        Objective("x0", "Predict the code", "The diffusion guesses the clean code."),
        Objective("v", "Predict v", "A mixture of both, of the same size at every noise level."),
    ),
    capabilities=("sample", "latent", "reconstruction", "trajectory"),
    density={},
    cost="T steps",
    target="genplay.models.latent_diffusion:LatentDiffusion",
    recipe={"learning_rate": 2e-3, "ema": 0.995},
    trained_by="reconstruction, then denoising",
    latents="a small code, and its noised forms",
    architecture="encoder, decoder and denoiser",
)
