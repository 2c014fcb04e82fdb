"""The inside of a GAN: what the discriminator says of data and of samples, and where its slope pulls the samples."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import softplus

from genplay.models.base import About
from genplay.models.exhibits import Curves, Exhibit, Facts, Pictures, PlanePicture, Polyline
from genplay.models.latent_exhibits import a_few, array
from genplay.quantity import Quantity, bound, estimate
from genplay.spaces.plane import Box, Grid

if TYPE_CHECKING:
    from genplay.models.gan import GAN

__all__ = ["gan_exhibits", "pull"]

BINS = 20
ARROWS = 80
FIELD = 40
LONGEST = 0.12
"""The longest arrow as a share of the picture's side."""


def gan_exhibits(model: GAN, about: About) -> tuple[Exhibit, ...]:
    """All that a GAN shows."""
    data, _ = a_few(about)
    with torch.no_grad():
        samples = model.sample(len(data), about.generator)
        real, fake = model.logits(model.seen(data)), model.logits(model.seen(samples), model.seen(samples))
        at_data, at_samples = model.rating(real), model.rating(fake)
    shown: list[Exhibit] = [_histogram(at_data, at_samples), _facts(model, real, fake, at_data, at_samples)]
    if model.world == "plane":
        shown.append(_arrows(model, about, samples[:ARROWS]))
    else:
        few = samples[:12]
        said = tuple(f"D = {v:.2f}" for v in at_samples[:12].tolist())
        shown.append(Pictures("Samples and what the discriminator says of them", array(few), said))
        both = torch.cat([about.x, samples[:1]])
        shown.append(
            Pictures(
                "Where the discriminator would have more light (+) or less (−)", array(pull(model, both)),
                ("the chosen image", "a sample"), "signed",
                help="The slope of the logit by each pixel: it is all that the generator ever hears.",
            )
        )  # fmt: skip
    return tuple(shown)


def _histogram(at_data: Tensor, at_samples: Tensor) -> Curves:
    edges = np.linspace(0, 1, BINS + 1)
    middle = (edges[1:] + edges[:-1]) / 2
    lines = {}
    for name, values in (("at data", at_data), ("at samples", at_samples)):
        counts, _ = np.histogram(array(values), bins=edges)
        lines[name] = (middle, counts / max(len(values), 1))
    return Curves(
        "What the discriminator says", lines, "D(x), probability of real", "share",
        help="At the game's equilibrium both heaps stand on ½. Heaps at the far ends: it has won, and teaches no more.",
    )  # fmt: skip


def _facts(model: GAN, real: Tensor, fake: Tensor, at_data: Tensor, at_samples: Tensor) -> Facts:
    n = len(real)
    where = f"{n} data, {n} samples"
    rows: list[tuple[str, Quantity | str]] = [
        ("mean D at data", estimate(float(at_data.mean()), _error(at_data), where, "")),
        ("mean D at samples", estimate(float(at_samples.mean()), _error(at_samples), where, "")),
    ]
    if model.objective in ("minimax", "non-saturating"):
        # For any D: JS(p, q) ≥ ln 2 + ½ E log D(x) + ½ E log(1 − D(G(z))), with equality for the best D.
        js = math.log(2) - 0.5 * float(softplus(-real).mean() + softplus(fake).mean())
        error = 0.5 * math.hypot(_error(softplus(-real)), _error(softplus(fake)))
        rows.append(
            (
                "Jensen–Shannon divergence",
                bound(js, "lower", f"what this discriminator proves; {where}", error),
            )
        )
    elif model.objective == "wasserstein":
        gap = float(real.mean() - fake.mean())
        scale = 1.0 if model.binary else float(model.units.scale)
        error = scale * math.hypot(_error(real), _error(fake))
        method = f"the critic's gap, taking its slope to be 1; {where}"
        unit = "pixels × 2" if model.binary else "data units"
        rows.append(("Wasserstein-1 distance", estimate(scale * gap, error, method, unit)))
    return Facts("The state of the game", tuple(rows))


def _error(values: Tensor) -> float:
    return float(values.std(correction=0)) / math.sqrt(len(values))


def pull(model: GAN, x: Tensor) -> Tensor:
    """−∂ loss of the generator / ∂x for each sample x (n, d), per unit of what the discriminator sees, (n, d)."""
    with torch.enable_grad():
        u = model.seen(x).detach().requires_grad_()
        logits = model.logits(u, model.seen(x))
        # Each sample has its own share of the mean: times n it is that sample's own slope.
        (slope,) = torch.autograd.grad(model.generator_loss(logits) * len(x), u)
    return -slope


def _arrows(model: GAN, about: About, samples: Tensor) -> PlanePicture:
    box = Box.around(array(about.data), 0.3)
    steps = array(pull(model, samples))
    lengths = np.linalg.norm(steps, axis=1)
    steps = steps * (LONGEST * box.width / max(float(lengths.max(initial=0.0)), 1e-12))
    starts = array(samples)
    arrows = tuple(Polyline(np.stack([a, a + s]), role="error") for a, s in zip(starts, steps, strict=True))
    with torch.no_grad():
        field = model.discriminator(torch.from_numpy(Grid(box, FIELD).points()).to(samples))
    return PlanePicture(
        "Where the slope of D pulls the samples", box,
        (*arrows, Polyline(starts, role="model", dots=True, label="samples")),
        array(field).reshape(FIELD, FIELD), unit="D",
        help="The field is D. From each sample a line goes the way that lowers the generator's loss; the longest pull is "
        f"{float(lengths.max(initial=0.0)):.2g}, the median {float(np.median(lengths)):.2g} (in the discriminator's units).",
        legend=("field: D", "lines: pull"),
    )  # fmt: skip
