"""The card of the variational autoencoder."""

from __future__ import annotations

from dataclasses import dataclass

from genplay.knobs import knob
from genplay.models.card import Card, Objective
from genplay.models.net_knobs import NetKnobs

__all__ = ["CARD", "VAEKnobs"]


@dataclass(frozen=True)
class VAEKnobs(NetKnobs):
    """What can be turned on a VAE."""

    latent: int = knob(
        2,
        "Dimensions of the code z. With 1 or 2 the likelihood is exact; with more only a bound.",
        low=1,
        high=8,
    )
    conditional: bool = knob(
        False,
        "Tell encoder and decoder the class: then it can be asked for one, and p(x) is the sum over all classes.",
        label="class-conditional",
    )
    decoder: str = knob(
        "gaussian",
        "What is drawn around a decoded code: a round Gaussian, or bins of each coordinate with any probabilities.",
        choices=("gaussian", "categorical"),
        worlds=("plane",),
    )
    bins: int = knob(
        64, "Bins of each coordinate of a categorical decoder.", low=4, high=256, log=True, worlds=("plane",)
    )
    sigma: str = knob(
        "learned",
        "The noise σ of a Gaussian decoder: learned, or fixed.",
        choices=("learned", "fixed"),
        label="decoder σ",
        worlds=("plane",),
    )
    fixed_sigma: float = knob(
        0.1,
        "The noise of a fixed-σ decoder.",
        low=0.005,
        high=2.0,
        log=True,
        live=True,
        label="fixed σ",
        unit="data units",
        worlds=("plane",),
    )
    decoder_noise: bool = knob(
        True,
        "Draw from p(x | z) when sampling; off shows its mean (images: the likelier value of each pixel).",
        live=True,
        label="noise when sampling",
    )
    beta: float = knob(
        1.0,
        "Weight of the KL term: above 1 codes say less, below 1 they say more.",
        low=0.0,
        high=20.0,
        live=True,
        label="β",
        objectives=("elbo",),
    )
    annealing: int = knob(
        0,
        "Steps over which the weight of the KL term grows from 0 to β.",
        low=0,
        high=100_000,
        live=True,
        label="KL annealing",
        unit="steps",
        objectives=("elbo",),
    )
    free_bits: float = knob(
        0.0,
        "Each code dimension may tell this much for free before the KL term counts.",
        low=0.0,
        high=5.0,
        live=True,
        label="free bits",
        unit="nats",
        objectives=("elbo",),
    )
    k: int = knob(
        8,
        "Codes drawn for each point; more make the bound tighter.",
        low=1,
        high=256,
        log=True,
        live=True,
        label="importance samples k",
        objectives=("iwae",),
    )


CARD = Card(
    id="vae",
    title="Variational autoencoder",
    family="Latent variable",
    worlds=("plane", "digits"),
    summary="Draws a code z from a bell curve and decodes it; an encoder learned beside it makes training possible.",
    formula=r"\log p(x) \ge \mathbb{E}_{q(z \mid x)}[\log p(x \mid z)] - \mathrm{KL}(q(z \mid x) \,\|\, p(z))",
    reference="Kingma and Welling 2013; importance weighted: Burda, Grosse and Salakhutdinov 2015",
    knobs=VAEKnobs,
    objectives=(
        Objective(
            "elbo", "ELBO", "The evidence lower bound: reconstruct well, with codes close to the prior."
        ),
        Objective(
            "iwae", "IWAE", "The importance weighted bound: k codes for each point, tighter than the ELBO."
        ),
    ),
    capabilities=("density", "sample", "latent", "reconstruction", "labels"),
    density={"plane": "exact", "digits": "exact"},
    cost="one pass",
    target="genplay.models.vae:VAE",
    recipe={"learning_rate": 2e-3, "ema": 0.997},
    trained_by="a bound on the likelihood",
    latents="a small code",
    architecture="encoder and decoder networks",
)
