"""The card of the autoencoder."""

from __future__ import annotations

from dataclasses import dataclass

from genplay.knobs import again, knob
from genplay.models.card import Card, Objective
from genplay.models.net_knobs import NetKnobs

__all__ = ["CARD", "AutoencoderKnobs"]


@dataclass(frozen=True)
class AutoencoderKnobs(NetKnobs):
    """What can be turned on an autoencoder."""

    latent: int = knob(
        2, "Dimensions of the code that an image has to pass through.", low=1, high=8, worlds=("digits",)
    )
    plane_latent: int = knob(
        1, "Dimensions of the code that a point has to pass through; with 2 nothing is lost.", low=1, high=2,
        label="latent", worlds=("plane",),
    )  # fmt: skip
    activation: str = again(NetKnobs, "activation", "silu")
    codes: str = knob(
        "mixture", "The density that is fitted to the codes, in a second step, so that codes can be drawn.",
        choices=("gaussian", "mixture", "flow"), label="density of the codes",
    )  # fmt: skip
    components: int = knob(12, "Components of a mixture on the codes.", low=1, high=64, log=True)
    hold: bool = knob(
        False, "Hold encoder and decoder still, so that only the density of the codes goes on learning: the second step alone.",
        live=True, label="hold the autoencoder",
    )  # fmt: skip
    decoder_noise: bool = knob(
        True, "Draw each pixel by its probability; off shows the likelier value.", live=True,
        label="noise when sampling", worlds=("digits",),
    )  # fmt: skip


CARD = Card(
    id="autoencoder",
    title="Autoencoder",
    family="Latent variable",
    worlds=("plane", "digits"),
    summary="Squeezes data through a narrow code and learns to undo it; what it cannot rebuild is unlike what it has seen.",
    formula=r"\min_{f,g}\; \mathbb{E}\, \| x - g(f(x)) \|^2",
    reference="Rumelhart, Hinton and Williams 1986; Hinton and Salakhutdinov 2006",
    knobs=AutoencoderKnobs,
    objectives=(
        Objective(
            "bce", "Cross-entropy", "Each rebuilt pixel is a probability, and surprise about the true pixel is the loss.", ("digits",)
        ),
        Objective("mse", "Squared error", "The mean squared distance between x and what is rebuilt."),
    ),
    capabilities=("sample", "latent", "reconstruction"),
    density={},
    cost="one pass",
    target="genplay.models.autoencoder:Autoencoder",
    recipe={"learning_rate": 2e-3, "ema": 0.99, "schedule": "cosine", "horizon": 6000, "floor": 0.1},
    trained_by="reconstruction, then likelihood of the codes",
    latents="a small code",
    architecture="encoder and decoder networks",
)  # fmt: skip
