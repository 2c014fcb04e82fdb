"""Histogram [1]: p(x) = (n_b + α) / ((N + α B) h²) in the bin b that holds x, n_b of the N data, bins of area h².

B bins fill the world's box. The lattice goes on beyond it, but a bin out there exists only once a point has fallen into
it. As h → 0 every bin holds one point or none: the likelihood of the data grows without bound while new points fall into
empty bins. Each point judged by the others [2] shows it:  L(h) = 1/N Σ_i log (n_b(i) − 1 + α) / ((N − 1 + α B) h²).

[1] Pearson 1895. [2] Leave-one-out likelihood, Duin 1976; bins by leaving out, but by squared error, Rudemo 1982.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from genplay.knobs import Knobs
from genplay.models.base import About, Batch, Model, Phase, Setting, Terms
from genplay.models.cards.histogram import CARD, HistogramKnobs
from genplay.models.exhibits import Bars, Curves, Exhibit, Facts
from genplay.models.layers import double
from genplay.models.tally import Tally
from genplay.quantity import Kind, exact

__all__ = ["Histogram"]

ROW = 1 << 24
"""Keys of bins are row · 2^24 + column, with both counted from the corner of the box and clamped to ± 2^22."""
TRIED = (1, 2, 4, 6, 8, 12, 16, 20, 28, 40, 56, 80, 112, 160, 224, 320, 400)


class Histogram(Model):
    """The points that were counted, and a tally of the bins they fell into; before that, even over the box."""

    card = CARD
    density_kind: Kind = "exact"
    density_method = "the count of its bin"
    knobs: HistogramKnobs
    points: Tensor

    def __init__(self, knobs: HistogramKnobs, setting: Setting) -> None:
        super().__init__(knobs, setting)
        self.box = setting.box
        self.seen = Tally()
        # The points are kept so that another number of bins can be counted at once.
        self.register_buffer("points", setting.x[:0].clone())
        self._stale = True

    def configure(self, knobs: Knobs) -> None:
        super().configure(knobs)
        self.seen.count(self._bins_of(self.points, self.knobs.bins))

    def phases(self) -> tuple[Phase, ...]:
        return (Phase("count", self._count, full=True),)

    @property
    def finished(self) -> bool:
        return not self._stale

    def data_changed(self) -> None:
        self._stale = True

    @torch.no_grad()
    def _count(self, batch: Batch) -> Terms:
        self.points = batch.x.clone()
        self.seen.count(self._bins_of(self.points, self.knobs.bins))
        self._stale = False
        return {"loss": -self.log_prob(batch.x).mean(), "occupied bins": torch.tensor(len(self.seen.keys))}

    def side(self, bins: int) -> tuple[float, float]:
        """Width and height of a bin in data units."""
        return self.box.width / bins, self.box.height / bins

    def _places(self, x: Tensor, bins: int) -> Tensor:
        """Column and row of the bin of each point, counted from the corner of the box, (n, 2) int64."""
        corner = x.new_tensor([self.box.x0, self.box.y0])
        place = ((x - corner) / x.new_tensor(self.side(bins))).floor()
        return place.clamp(-(1 << 22), 1 << 22).long()

    def _bins_of(self, x: Tensor, bins: int) -> Tensor:
        place = self._places(x, bins)
        return place[:, 1] * ROW + place[:, 0]

    def _log_density(self, counts: Tensor, inside: Tensor | bool, total: int, bins: int) -> Tensor:
        """log p where so many of ``total`` points fell, float64; imaginary counts are inside the box only."""
        width, height = self.side(bins)
        alpha = self.knobs.smoothing
        if total + alpha == 0:
            alpha = 1.0
        extra = torch.where(torch.as_tensor(inside, device=counts.device), alpha, 0.0)
        found = double(counts) + double(extra)
        return found.log() - math.log((total + alpha * bins**2) * width * height)

    def log_prob(self, x: Tensor) -> Tensor:
        """log p(x) in nats, (n, 2) → (n,); −∞ in a bin that can hold nothing."""
        bins = self.knobs.bins
        place = self._places(x, bins)
        inside = ((place >= 0) & (place < bins)).all(dim=1)
        counts = self.seen.of(place[:, 1] * ROW + place[:, 0])
        return self._log_density(counts, inside, len(self.points), bins).to(x)

    def noise(self, n: int, generator: torch.Generator) -> Tensor:
        """Uniforms (n, 4): real or imaginary count, which one, and two for the place in the bin or in the box."""
        return torch.rand(n, 2 + self.dim, generator=generator, device=generator.device)

    def sample_from(self, noise: Tensor) -> Tensor:
        corner = noise.new_tensor([self.box.x0, self.box.y0])
        anywhere = corner + noise[:, 2:] * noise.new_tensor([self.box.width, self.box.height])
        total, bins = len(self.points), self.knobs.bins
        if total == 0:
            return anywhere
        keys = self.seen.pick(noise[:, 1])
        row = torch.div(keys + ROW // 2, ROW, rounding_mode="floor")
        place = torch.stack([keys - row * ROW, row], dim=1)
        counted = corner + (place + noise[:, 2:]) * noise.new_tensor(self.side(bins))
        real = noise[:, :1] < total / (total + self.knobs.smoothing * bins**2)
        return torch.where(real, counted, anywhere)

    def judged(self, bins: int) -> tuple[float, float]:
        """−1/N Σ log p of the data with so many bins, as they are and with each point left out of its own count."""
        n = len(self.points)
        place = self._places(self.points, bins)
        inside = ((place >= 0) & (place < bins)).all(dim=1)
        _, which, counts = torch.unique(
            place[:, 1] * ROW + place[:, 0], return_inverse=True, return_counts=True
        )
        counts = counts[which]
        whole = self._log_density(counts, inside, n, bins).mean()
        left_out = self._log_density(counts - 1, inside, n - 1, bins).mean()
        return -float(whole), -float(left_out)

    def exhibits(self, about: About) -> tuple[Exhibit, ...]:
        bins, total = self.knobs.bins, len(self.points)
        counts = self.seen.counts
        here = int(self.seen.of(self._bins_of(about.x, bins)))
        width, height = self.side(bins)
        facts = Facts(
            "Bins",
            (
                ("side of a bin", f"{width:.3g} × {height:.3g} data units"),
                ("occupied", f"{len(counts):,} of {bins**2:,}"),
                ("points in the fullest bin", f"{int(counts.max()) if len(counts) else 0:,}"),
                ("points in the chosen bin", f"{here:,} of {total:,}"),
                ("log p there", exact(float(self.log_prob(about.x)), self.density_method)),
            ),
        )
        most = min(int(counts.max()), 10) if len(counts) else 1
        table = counts.cpu().numpy()
        often = np.array([np.sum(table == k) for k in range(1, most)] + [np.sum(table >= most)], np.float64)
        names = (*(f"{k}" for k in range(1, most)), f"{most} or more" if most == 10 else f"{most}")
        spread = Bars("How many bins hold how many points", names, often, "bins")
        return (facts, spread, *self._bins_curve())

    def _bins_curve(self) -> tuple[Exhibit, ...]:
        if len(self.points) < 2:
            return ()
        tried = np.array(TRIED, np.float64)
        whole, left_out = np.array([self.judged(b) for b in TRIED]).T
        lines = {"the data themselves": (tried, whole)}
        fine = np.isfinite(left_out)
        if fine.any():
            lines["each point judged by the others"] = (tried[fine], left_out[fine])
        return (
            Curves(
                "Too few bins, too many bins",
                lines,
                "bins along an axis",
                "−log p, nats",
                "The likelihood of the data only ever grows with more bins. Judged by the others, a point in a bin of its own "
                "is a surprise: the lowest place of this curve is the better choice.",
            ),
        )
