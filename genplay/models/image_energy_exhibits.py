"""What an energy of images shows of its inside: filters, the price of every flip, chains, and log Z told in several ways."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import softplus

from genplay.models.base import About
from genplay.models.exhibits import Exhibit, Facts, Pictures
from genplay.models.log_z_estimates import annealed, from_weights
from genplay.models.pixel_energy import PixelEnergy
from genplay.models.strip_energy import BITS, STRIPS, StripEnergy
from genplay.quantity import Quantity, estimate, exact
from genplay.spaces.binary import PIXELS, SIDE

__all__ = ["image_exhibits"]

FILTERS, CHAINS = 12, 10
DRAWS, ANNEALED, LAWS = 2000, 64, 8


def image_exhibits(
    body: StripEnergy | PixelEnergy,
    about: About,
    temperature: float,
    log_z: float | None,
    learned: float | None,
    chains: Tensor | None,
) -> tuple[Exhibit, ...]:
    """All of them; ``log_z`` is the exact one if it is known by now."""
    shown: list[Exhibit] = [filters(body), flips(body, about.x, temperature)]
    if chains is not None:
        rows = as_array(chains[:CHAINS])
        energies = as_array(body(chains[:CHAINS]))
        captions = tuple(f"E = {e:.1f}".replace("-", "−") for e in energies)
        help = (
            "They are never started again: they roam the model, and what they find too easy is made harder."
        )
        shown.append(Pictures("Persistent chains", rows, captions, help=help))
    rows_of: dict[str, Quantity | str] = {
        "exact": "not summed at these parameters yet: it visits all 2^25 images"
        if log_z is None
        else exact(log_z, "sum over all 2^25 images")
    }
    if learned is not None and temperature == 1:
        rows_of["learned beside E"] = estimate(learned, None, "noise-contrastive estimation")
    if isinstance(body, PixelEnergy):
        rows_of |= guesses(body, temperature, about.generator)
    help = "Here Z can be summed, so every way to guess it can be judged. Annealing forwards says too little in the mean."
    shown.append(Facts("The normalising constant", tuple(rows_of.items()), help=help))
    return tuple(shown)


def filters(body: StripEnergy | PixelEnergy) -> Pictures:
    """The first layer's units that weigh most in the energy, signed so that red pixels raise it."""
    if isinstance(body, PixelEnergy):
        weights, out = body.first.weight, body.last.weight[0]
    else:
        wide = torch.zeros(STRIPS, body.W.shape[1], PIXELS)
        for s in range(STRIPS):
            wide[s, :, SIDE * s : SIDE * s + BITS] = body.W[s].cpu()
        weights, out = wide.flatten(0, 1), body.a.flatten().cpu()
    best = (out.abs() * weights.norm(dim=1)).argsort(descending=True)[:FILTERS]
    pictures = as_array(weights[best] * out[best].sign()[:, None])
    captions = tuple(f"{float(v):+.2f}".replace("-", "−") for v in out[best])
    help = "What the units that count most look for; the number is how much they raise the energy, below 0 they lower it."
    return Pictures("Units of the energy", pictures, captions, scale="signed", help=help)


def flips(body: StripEnergy | PixelEnergy, x: Tensor, temperature: float) -> Pictures:
    """E after each single flip of the image minus E: all positive in a well."""
    changed = (x - torch.eye(x.shape[1], device=x.device, dtype=x.dtype)).abs()
    cost = (body(changed) - body(x)) / temperature
    help = "Where the price is above 0 for every pixel the image sits at the bottom of a well: single flips lead uphill."
    pictures = np.stack([2 * as_array(x[0]) - 1, as_array(cost) / max(float(cost.abs().max()), 1e-9)])
    down = int((cost < 0).sum())
    captions = ("your image", f"flips that lead downhill: {down}")
    return Pictures("Price of flipping each pixel", pictures, captions, scale="signed", help=help)


def guesses(body: PixelEnergy, temperature: float, generator: torch.Generator) -> dict[str, Quantity]:
    """log Z by importance sampling from independent pixels, and by annealing from them with Gibbs sweeps."""
    bias = body.bias / temperature
    log_z0 = float(softplus(bias).sum())
    u = torch.rand(DRAWS, len(bias), generator=generator, device=bias.device)
    drawn = (u < bias.sigmoid()).to(bias)

    def net(x: Tensor) -> Tensor:
        return body.net(x) / temperature

    def move(x: Tensor, share: float) -> Tensor:
        coins = torch.rand(x.shape, generator=generator, device=x.device)
        return body.sweep(x, coins, 1 / temperature, share)

    return {
        "importance sampling": from_weights(
            -net(drawn), log_z0, "importance sampling from independent pixels"
        ),
        "annealed, forwards": annealed(net, move, drawn[:ANNEALED], LAWS, log_z0, reverse=False),
    }


def as_array(x: Tensor) -> NDArray[np.float64]:
    return np.asarray(x.detach().cpu().double().numpy())
