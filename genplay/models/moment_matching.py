"""A generator x = G(z), z ~ N(0, I), trained without an adversary: min_G D({x_i}, {G(z_j)}) for a fixed distance D.

D is the sliced Wasserstein distance, MMD with kernels of five widths, or the Sinkhorn divergence (see ``transport``).
Each needs only samples of both sides, so like a GAN the model has no density, but there is no game that could cycle or
collapse: D falls or it does not. Images are compared as their pixels, dark −1 and light 1; a pixel is drawn, and its gradient
passed straight through to its probability (``straight_through``). References: see ``transport``.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from genplay.models.base import About, Batch, Phase, Setting, Terms
from genplay.models.cards.moment_matching import CARD, MomentMatchingKnobs
from genplay.models.code_generator import CodeGenerator
from genplay.models.exhibits import Exhibit, Facts, Matrix, Pictures, PlanePicture, Polyline
from genplay.models.latent_exhibits import a_few, array
from genplay.models.layers import NoiseTape, Standardise, mlp
from genplay.models.straight_through import hard_pixels
from genplay.models.transport import directions, mmd, sinkhorn_divergence, sinkhorn_plan, sliced_wasserstein
from genplay.quantity import estimate
from genplay.spaces.plane import Box

__all__ = ["MomentMatching"]

MOST = 128
"""So many points of a batch take part in Sinkhorn's iteration."""


class MomentMatching(CodeGenerator):
    """One network. On the plane it works in standardised units; for images it gives log odds of each pixel."""

    card = CARD
    knobs: MomentMatchingKnobs

    def __init__(self, knobs: MomentMatchingKnobs, setting: Setting) -> None:
        super().__init__(knobs, setting)
        self.latent_dim = knobs.latent
        self.binary = setting.world == "digits"
        sizes = [knobs.latent, *[knobs.width] * knobs.depth, self.dim]
        self.net = mlp(sizes, setting.generator, knobs.activation, norm=knobs.norm, dropout=knobs.dropout)
        self.units = Standardise(setting.x)
        self._codes, self._pixels, self._lines = (
            NoiseTape("normal"),
            NoiseTape("uniform"),
            NoiseTape("normal"),
        )

    # Training

    def phases(self) -> tuple[Phase, ...]:
        return (Phase("match", self._step, list(self.net.parameters())),)

    def _made(self, n: int, like: Tensor, generator: torch.Generator) -> Tensor:
        out: Tensor = self.net(self._codes.draw((n, self.latent_dim), like, generator))
        if not self.binary:
            return out
        return hard_pixels(torch.sigmoid(out), self._pixels.draw((n, self.dim), like, generator))

    def _step(self, batch: Batch) -> Terms:
        x = batch.x if self.objective != "sinkhorn" else batch.x[:MOST]
        goal = self.seen(x)
        made = self._made(len(x), goal, batch.generator)
        return {"loss": self.distance(made, goal, batch.generator)}

    def distance(self, made: Tensor, goal: Tensor, generator: torch.Generator) -> Tensor:
        """The objective between two clouds (n, d) as the distance sees them, 0-dim."""
        if self.objective == "mmd":
            # An image has 25 dimensions of size about 1, and distances grow with their root.
            unit = self.dim**0.5 if self.binary else 1.0
            return mmd(made, goal, tuple(self.knobs.kernel * unit / 2**i for i in range(5)))
        if self.objective == "sinkhorn":
            blur = self.knobs.blur * (self.dim**0.5 if self.binary else 1.0)
            return sinkhorn_divergence(made, goal, blur**2, self.knobs.iterations)
        shape = (self.knobs.slices, self.dim)
        return sliced_wasserstein(made, goal, directions(self._lines.draw(shape, goal, generator)))

    # Sampling and codes

    def raw(self, z: Tensor) -> Tensor:
        """What the generator gives for codes, (n, latent) → (n, d)."""
        out: Tensor = self.net(z)
        return out

    # Looking

    @torch.no_grad()
    def exhibits(self, about: About) -> tuple[Exhibit, ...]:
        """The transport plan between samples and data, and how far apart they are by each measure."""
        data, _ = a_few(about, 64)
        samples = self.sample(len(data), about.generator)
        a, b = self.seen(samples), self.seen(data)
        spread = max(float(torch.cdist(a, b).square().mean()), 1e-6)
        plan = sinkhorn_plan(a, b, 2e-3 * spread, 80)
        best = plan.argmax(dim=1)
        moved = (samples - data[best]).norm(dim=1)
        facts = Facts(
            "From samples to data",
            (
                ("mean way of a sample", estimate(
                    float(moved.mean()), float(moved.std(correction=0)) / len(moved) ** 0.5,
                    f"along the transport plan of {len(samples)} samples and as many data", "data units")),
                ("sliced Wasserstein-2 distance", estimate(
                    float(sliced_wasserstein(samples, data, directions(torch.randn(
                        64, self.dim, generator=about.generator, device=about.generator.device).to(data)))) ** 0.5,
                    None, f"64 directions, {len(samples)} samples and as many data", "data units")),
            ),
        )  # fmt: skip
        if self.world == "plane":
            return (self._plan_picture(about, samples, data, plan), facts)
        few = min(6, len(samples))
        pairs = torch.stack([samples[:few], data[best[:few]]], dim=1).flatten(0, 1)
        captions = tuple(name for i in range(few) for name in (f"sample {i + 1}", "goes to"))
        pictures = Pictures("Samples and the data they are moved to", array(pairs), captions)
        table = Matrix(
            "The transport plan", array(plan[:24, :24] * len(samples)), scale="ink",
            help="Rows are samples, columns data: the share of a sample's mass that goes to an image of the data.",
        )  # fmt: skip
        return pictures, table, facts

    def _plan_picture(self, about: About, samples: Tensor, data: Tensor, plan: Tensor) -> PlanePicture:
        lines = []
        share = plan * len(samples)
        for i, j in (share > 0.25).nonzero().tolist():
            lines.append(Polyline(np.stack([array(samples[i]), array(data[j])]), role="error"))
        dots = (
            Polyline(array(data), role="data", dots=True, label="data"),
            Polyline(array(samples), role="model", dots=True, label="samples"),
        )
        return PlanePicture(
            "The transport plan", Box.around(array(about.data), 0.3), (*lines, *dots),
            help="The cheapest way to move the samples onto the data: a line wherever a quarter or more of a sample goes.",
        )  # fmt: skip
