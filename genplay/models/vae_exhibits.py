"""The inside of a VAE: its bound term by term, the encoder's Gaussian beside the exact posterior, and what codes mean."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from genplay.models.base import About
from genplay.models.exhibits import Bars, Curves, Exhibit, Facts, Pictures, PlanePicture, Polyline
from genplay.models.gaussian_code import kl_to_prior, normal
from genplay.models.latent_exhibits import a_few, array, circle, code_map, decoded_codes, decoded_lines
from genplay.quantity import Quantity, bound, estimate, exact
from genplay.spaces.plane import Box, Grid

if TYPE_CHECKING:
    from genplay.models.vae import VAE

__all__ = ["ACTIVE", "exact_posterior", "vae_exhibits"]

ACTIVE = 0.01
"""A code dimension counts as active when the encoder's mean varies by more than this over the data (Burda et al. 2015)."""
DRAWS = 64
FINE = 48


@torch.no_grad()
def vae_exhibits(model: VAE, about: About) -> tuple[Exhibit, ...]:
    """All that a VAE shows."""
    x, y = a_few(about)
    mean, log_std = model.encoded(x, y)
    shown: list[Exhibit] = [*_terms(model, about, x, y, mean, log_std), _this_one(model, about)]
    latent = model.options.latent
    if latent == 2:
        help = "A dot is the encoder's mean for one training example. Together they should fill the prior's rings evenly."
        shown.append(code_map(mean, y, help, "Aggregate posterior against the prior"))
        shown.append(_posterior_picture(model, about))
    elif latent == 1:
        shown.append(_posterior_curves(model, about))
    label = _label_of(model, about.x)

    def decode(z: Tensor) -> Tensor:
        return model.decode(model.with_class(z, label.expand(len(z))))

    if model.world == "digits":
        shown.append(Pictures("The chosen image and its reconstruction", array(torch.cat([about.x, model.reconstruct(about.x)])),
                              ("chosen", "reconstructed")))  # fmt: skip
        shown.append(decoded_codes(decode, latent, about.x))
    else:
        box = Box.around(array(about.data), 0.3)
        shown.append(decoded_lines(decode, latent, box, about.x))
    return tuple(shown)


def _terms(
    model: VAE, about: About, x: Tensor, y: Tensor, mean: Tensor, log_std: Tensor
) -> tuple[Bars, Facts]:
    kl = kl_to_prior(mean, log_std)
    z = torch.addcmul(mean, log_std.exp(), normal(tuple(mean.shape), about.generator, x))
    fit = model.decoder.log_likelihood(x, model.with_class(z, y))
    spread = mean.var(dim=0, correction=0)
    names = tuple(f"z{i + 1}" for i in range(mean.shape[1]))
    where = f"{len(x)} training examples"
    rows: tuple[tuple[str, Quantity | str], ...] = (
        ("reconstruction, mean log p(x | z)", estimate(float(fit.mean()), _error(fit), f"one code each of {where}")),
        ("KL term, mean KL(q(z | x) ‖ p(z))", exact(float(kl.sum(dim=1).mean()), f"closed form, over {where}")),
        ("ELBO, their difference",
         bound(float(fit.mean() - kl.sum(dim=1).mean()), "lower", f"one code each of {where}", _error(fit))),
        ("active code dimensions", f"{int((spread > ACTIVE).sum())} of {len(names)}"),
    )  # fmt: skip
    bars = Bars(
        "KL term of each code dimension", names, array(kl.mean(dim=0)), "nats",
        help="How much a dimension says about x. One near 0 says nothing: it is not active, its posterior has collapsed.",
    )  # fmt: skip
    return bars, Facts("The bound, term by term", rows)


def _error(values: Tensor) -> float | None:
    return float(values.std()) / math.sqrt(len(values)) if len(values) > 1 else None


def _this_one(model: VAE, about: About) -> Facts:
    """ELBO ≤ IWAE ≤ log p(x) for the chosen x."""
    elbo = model.elbo(about.x.expand(DRAWS, -1), about.generator)
    iwae = model.iwae(about.x.expand(8, -1), DRAWS, about.generator)
    rows: list[tuple[str, Quantity | str]] = [
        ("ELBO", bound(float(elbo.mean()), "lower", f"mean of {DRAWS} draws", _error(elbo))),
        (f"IWAE, {DRAWS} codes", bound(float(iwae.mean()), "lower", "mean of 8 draws", _error(iwae))),
    ]
    if model.density_kind != "bound":
        value = float(model.log_prob(about.x))
        rows.append(("log p(x)", Quantity(value, model.density_kind, None, model.density_method)))
    return Facts("log p of the chosen x", tuple(rows), help="What the ELBO lacks is KL(q(z | x) ‖ p(z | x)).")


def _label_of(model: VAE, x: Tensor) -> Tensor:
    """The class that the encoder reads in x (1, d), as (1,)."""
    if model.class_code is None:
        return torch.zeros(1, dtype=torch.int64, device=x.device)
    return model.class_code.label(model.encode(x)[:, -1])


def exact_posterior(model: VAE, x: Tensor, y: Tensor, z: Tensor, cell: float) -> tuple[Tensor, float]:
    """p(z | x, y) at the codes z (m, latent) of a lattice with cells of this size, x (1, d), (m,); and log p(x | y) over it."""
    prior = -0.5 * z.square().sum(dim=1) - 0.5 * z.shape[1] * math.log(2 * math.pi)
    code = model.with_class(z, y.expand(len(z)))
    joint = prior + model.decoder.log_likelihood(x.expand(len(z), -1), code)
    evidence = torch.logsumexp(joint, dim=0) + math.log(cell)
    return (joint - evidence).exp(), float(evidence)


def _lattice(box: Box, n: int, like: Tensor) -> tuple[Tensor, float]:
    grid = Grid(box, n)
    return torch.from_numpy(grid.points()).to(like), grid.cell_area


def _posterior_picture(model: VAE, about: About) -> PlanePicture:
    """The exact posterior as a field, zoomed to where it and the encoder's Gaussian are, and that Gaussian's rings over it."""
    y = _label_of(model, about.x)
    mean, log_std = (array(t)[0] for t in model.encoded(about.x, y))
    std = np.exp(log_std)
    z, cell = _lattice(Box(-4, 4, -4, 4), FINE, about.x)
    mass = array(exact_posterior(model, about.x, y, z, cell)[0] * cell)
    seen = array(z)[mass > 1e-3 * mass.max()]
    low = np.minimum(seen.min(axis=0) - 8 / FINE, mean - 3 * std)
    high = np.maximum(seen.max(axis=0) + 8 / FINE, mean + 3 * std)
    box = Box.around(np.stack([low, high]), 0.0)
    z, cell = _lattice(box, FINE, about.x)
    density = array(exact_posterior(model, about.x, y, z, cell)[0]).reshape(FINE, FINE)
    rings = tuple(
        Polyline(mean + std * circle(r), role="model", closed=True, label=f"encoder, {r} σ") for r in (1, 2)
    )
    return PlanePicture(
        "Encoder's Gaussian beside the exact posterior", box, rings, density, unit="density",
        help="The field is p(z | x) of the chosen x, by Bayes' rule on a lattice of codes; the rings are q(z | x).",
    )  # fmt: skip


def _posterior_curves(model: VAE, about: About) -> Curves:
    y = _label_of(model, about.x)
    mean, log_std = (float(t) for t in model.encoded(about.x, y))
    z = torch.linspace(-4, 4, 801).to(about.x)[:, None]
    density, _ = exact_posterior(model, about.x, y, z, 0.01)
    at = array(z)[:, 0]
    q = np.exp(-0.5 * ((at - mean) / math.exp(log_std)) ** 2) / (math.exp(log_std) * math.sqrt(2 * math.pi))
    prior = np.exp(-0.5 * at**2) / math.sqrt(2 * math.pi)
    return Curves(
        "Encoder's Gaussian beside the exact posterior",
        {"encoder q(z | x)": (at, q), "exact p(z | x)": (at, array(density)), "prior": (at, prior)},
        "code z", "density",
    )  # fmt: skip
