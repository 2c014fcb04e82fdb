"""What a flow of images shows of its inside: one image filled with noise, bent layer by layer, and brought back."""

from __future__ import annotations

import math
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from genplay.models.base import About
from genplay.models.exhibits import Exhibit, Facts, Pictures
from genplay.quantity import bound, exact

__all__ = ["digit_exhibits"]

PICTURES = 6
FILLINGS = 6


class Filling(Protocol):
    """What these exhibits ask of a model."""

    dim: int
    det_method: str

    @property
    def density_method(self) -> str: ...

    def log_prob(self, x: Tensor) -> Tensor: ...

    def dequantised(self, x: Tensor) -> Tensor: ...

    def filled(self, x: Tensor, generator: torch.Generator) -> Tensor: ...

    def warp(self, x: Tensor) -> tuple[Tensor, Tensor]: ...

    def unwarp(self, z: Tensor) -> Tensor: ...

    def bent(self, w: Tensor) -> list[Tensor]: ...


@torch.no_grad()
def digit_exhibits(flow: Filling, about: About) -> tuple[Exhibit, ...]:
    """All of them, about the image ``about.x``."""
    x = about.x
    fillings = flow.filled(x.expand(FILLINGS, -1), about.generator).sigmoid()
    w = flow.dequantised(x)
    z, log_det = flow.warp(w)
    back = flow.unwarp(z)
    stages = flow.bent(w)
    last = len(stages)
    shown = sorted({1 + round(i * (last - 1) / (PICTURES - 1)) for i in range(PICTURES)})
    normal = float(-0.5 * z.double().square().sum()) - 0.5 * flow.dim * math.log(2 * math.pi)
    lower = float(flow.log_prob(x))
    missed = float((back - w).abs().max())
    return (
        Pictures(
            "The image, filled with noise", _rows(torch.cat([x, fillings])),
            captions=("image", *(f"draw {i + 1}" for i in range(FILLINGS))),
            help="(x + u)/2: dark pixels take a grey below one half, lit ones a grey above it. So the image stays readable.",
        ),
        Pictures(
            "From image to noise, layer by layer", _rows(torch.cat([w, *(stages[i - 1] for i in shown)])),
            captions=("start", *(f"stage {i} of {last}" for i in shown)), scale="signed",
            help="The 25 numbers that the flow works on: at the start lit pixels are above 0; at the end they are plain noise.",
        ),
        Pictures(
            "There and back", _rows(torch.cat([x, back.sigmoid(), (back > 0).to(x)])),
            captions=("image", "f⁻¹(f(image))", "its signs"),
            help="The inverse brings the filled image back, and rounding gives the image.",
        ),
        Facts(
            "What its probability is made of",
            (
                ("log P(image)", bound(lower, "lower", flow.density_method)),
                ("log N(z; 0, I)", exact(normal, "standard normal, noise u in its middle")),
                ("log |det ∂f/∂w|", exact(float(log_det.reshape(-1)[0]), flow.det_method)),
                ("Largest error of f⁻¹(f(w))", f"{missed:.1e}"),
            ),
            help="The flow gives densities of filled images; the probability of the image itself is bounded from below.",
        ),
    )  # fmt: skip


def _rows(x: Tensor) -> NDArray[np.float64]:
    out: NDArray[np.float64] = x.double().cpu().numpy()
    return out
