"""RealNVP [1]: a flow of affine couplings. One half of the dimensions tells how the other is stretched and shifted,

    y_a = x_a,    y_b = x_b · exp(s(x_a)) + t(x_a),    log |det ∂y/∂x| = Σ s(x_a),

and the halves take turns. On the plane the halves are the two axes; of an image the pixels are shuffled between turns.

[1] Dinh, Sohl-Dickstein and Bengio 2017.
"""

from __future__ import annotations

import torch

from genplay.models.cards.realnvp import CARD, RealNVPKnobs
from genplay.models.coupling import AffineCoupling
from genplay.models.dequantise import DigitFlow
from genplay.models.flow import Chain, Flow, Layer, PlaneFlow, Transform, halves_in_turn

__all__ = ["DigitRealNVP", "RealNVP"]


class RealNVPLayers(Flow):
    """The layers of RealNVP in any number of dimensions."""

    card = CARD
    knobs: RealNVPKnobs

    def make_transform(self, generator: torch.Generator) -> Transform:
        def layer(leads: int) -> Layer:
            return AffineCoupling(self.dim, self.knobs, leads, generator)

        return Chain(halves_in_turn(layer, self.knobs.layers, self.dim, generator))


class RealNVP(RealNVPLayers, PlaneFlow):
    """RealNVP on the plane."""


class DigitRealNVP(RealNVPLayers, DigitFlow):
    """RealNVP of dequantised images."""
