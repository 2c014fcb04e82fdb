"""The inside of an autoencoder: its error as an anomaly score, its code, and the density fitted to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from genplay.models.base import About
from genplay.models.exhibits import Curves, Exhibit, Facts, Pictures, PlanePicture, Polyline
from genplay.models.latent_exhibits import a_few, array, decoded_codes, decoded_lines
from genplay.quantity import exact
from genplay.spaces.plane import Box, Grid

if TYPE_CHECKING:
    from genplay.models.autoencoder import Autoencoder

__all__ = ["autoencoder_exhibits"]

FIELD = 64


@torch.no_grad()
def autoencoder_exhibits(model: Autoencoder, about: About) -> tuple[Exhibit, ...]:
    """All that an autoencoder shows."""
    data, labels = a_few(about)
    here, known = float(model.anomaly(about.x)), array(model.anomaly(data))
    unit = "squared data units" if model.world == "plane" else "squared pixels"
    facts = Facts(
        "Anomaly score of the chosen x",
        (
            ("reconstruction error", exact(here, "‖x − g(f(x))‖²", unit)),
            ("training data with a smaller one", f"{(known < here).mean():.0%} of {len(known)}"),
            ("log p(code)", exact(float(model.codes.log_prob(model.encode(about.x))), "the density fitted to the codes")),
        ),
        help="A large error means: unlike what was seen. A small one does not mean likely, so look at the code as well.",
    )  # fmt: skip

    def decode(w: Tensor) -> Tensor:
        return model.decode(model.codes.coloured(w))

    if model.world == "plane":
        box = Box.around(array(about.data), 0.3)
        field = model.anomaly(torch.from_numpy(Grid(box, FIELD).points()).to(about.x)).sqrt()
        manifold = decoded_lines(decode, model.latent_dim, box, about.x).lines
        back = array(torch.cat([about.x, model.reconstruct(about.x)]))
        error = PlanePicture(
            "Reconstruction error", box, (*manifold, Polyline(back, role="error", label="x and its reconstruction")),
            array(field).reshape(FIELD, FIELD), unit="data units",
            help="How far each point lands from itself. The lines are all that the decoder can make of its code.",
        )  # fmt: skip
        return error, facts, *_code(model, data, labels)
    both = torch.cat([about.x, model.reconstruct(about.x)])
    pair = Pictures("The chosen image and its reconstruction", array(both), ("chosen", "rebuilt"))
    off = Pictures(
        "Where the reconstruction is off", array(both[:1] - both[1:]), ("chosen − rebuilt",), "signed"
    )
    said = "Codes at the 10, 30, 50, 70 and 90 % points of their Gaussian in each direction, row by row from the top."
    return (
        pair,
        off,
        facts,
        *_code(model, data, labels),
        decoded_codes(decode, model.latent_dim, about.x, said),
    )


def _code(model: Autoencoder, data: Tensor, labels: Tensor) -> tuple[Exhibit, ...]:
    """The codes of the data and the density fitted to them, for one or two dimensions."""
    z = array(model.encode(data))
    if model.latent_dim == 1:
        counts, edges = np.histogram(z[:, 0], bins=24, density=len(z) > 1 and float(np.ptp(z)) > 0)
        line = np.linspace(edges[0], edges[-1], 241)
        p = array(model.codes.log_prob(torch.from_numpy(line[:, None]).to(data)).exp())
        lines = {
            "codes of the data": ((edges[1:] + edges[:-1]) / 2, counts.astype(np.float64)),
            "fitted density": (line, p),
        }
        return (Curves("The code and the density fitted to it", lines, "code z", "density"),)
    if model.latent_dim > 2:
        return ()
    box = Box.around(z, 0.15)
    at = torch.from_numpy(Grid(box, 48).points()).to(data)
    y = labels.cpu().numpy()
    clouds = tuple(
        Polyline(z[y == k], role="class", index=int(k), dots=True, label=f"class {k}") for k in np.unique(y)
    )
    return (
        PlanePicture(
            "The code and the density fitted to it", box, clouds, array(model.codes.log_prob(at).exp()).reshape(48, 48),
            unit="density", help="Dots are the codes of training data, the field is what new codes are drawn from.",
        ),
    )  # fmt: skip
