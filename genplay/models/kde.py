"""Kernel density estimate [1]: p(x) = 1/n Σᵢ k_h(x − xᵢ), a bump of standard deviation h on every data point.

Nothing is trained but h. As h → 0 the likelihood of the data grows without bound, so h is judged by leaving each point
out [2]: L(h) = 1/n Σᵢ log 1/(n−1) Σ_{j≠i} k_h(xᵢ − xⱼ), maximised by a golden-section search, one trial a step.

[1] Rosenblatt 1956, Parzen 1962. [2] Duin 1976. Rules of thumb: Scott 1992, Silverman 1986.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from genplay.knobs import Knobs
from genplay.models.base import About, Batch, Model, Phase, Setting, Terms
from genplay.models.cards.kde import CARD, KernelKnobs
from genplay.models.exhibits import Curves, Exhibit, Facts
from genplay.models.golden import GoldenSection
from genplay.models.kernel_sums import (
    PAIRS,
    leave_one_out,
    log_kernel_mean,
    log_kernels,
    scott,
    silverman,
    squared_distances,
)
from genplay.quantity import Kind, Quantity, exact

__all__ = ["KernelDensity"]

_SEARCH_PAIRS = 1 << 22
"""Most pairs in one trial of the search; with more data the left-out points are a random part of it."""

_SHOWN_PAIRS = 1 << 17
_MOST_JUDGED = 128


class KernelDensity(Model):
    """The data themselves and one bandwidth h (data units); both are buffers, so they are saved with a run."""

    card = CARD
    density_kind: Kind = "exact"
    density_method = "sum over all data points"
    knobs: KernelKnobs
    points: Tensor
    chosen: Tensor

    def __init__(self, knobs: KernelKnobs, setting: Setting) -> None:
        super().__init__(knobs, setting)
        self.register_buffer("points", setting.x.clone())
        self.register_buffer("chosen", torch.tensor(scott(setting.x)))
        self._search: GoldenSection | None = None
        self._left_out: Tensor | None = None
        self._done = self._stale = False

    @property
    def bandwidth(self) -> float:
        """h by the rule in force."""
        if self.knobs.rule == "manual":
            return self.knobs.bandwidth
        if self.knobs.rule == "scott":
            return scott(self.points)
        if self.knobs.rule == "silverman":
            return silverman(self.points)
        return float(self.chosen)

    def configure(self, knobs: Knobs) -> None:
        if (self.knobs.kernel, self.knobs.rule) != (knobs.kernel, knobs.rule):  # type: ignore[attr-defined]
            self._begin_again()
        self._done = False
        super().configure(knobs)

    def data_changed(self) -> None:
        self._stale = True
        self._begin_again()

    def _begin_again(self) -> None:
        self._search = self._left_out = None
        self._done = False

    def phases(self) -> tuple[Phase, ...]:
        return (Phase("try", self._try, full=True),)

    @property
    def finished(self) -> bool:
        return self._done

    @torch.no_grad()
    def _try(self, batch: Batch) -> Terms:
        """Try one more bandwidth; keep the best so far."""
        if self._stale:
            self.points, self._stale = batch.x.clone(), False
        n = len(self.points)
        if self._left_out is None:
            most = max(200, _SEARCH_PAIRS // n)
            self._left_out = torch.randperm(n, generator=batch.generator, device=batch.x.device)[:most]
        if n == 1 or self.knobs.rule != "likelihood":
            self._done = True
            return self._terms(self._judge(self.bandwidth))
        if self._search is None:
            guess = math.log(scott(self.points))
            self._search = GoldenSection(guess - math.log(100), guess + math.log(2), tolerance=0.02)
        trial = self._search.trial
        self._search.tell(self._judge(math.exp(trial)))
        self.chosen.fill_(math.exp(self._search.best))
        self._done = self._search.enclosed
        return self._terms(self._search.best_value)

    def _judge(self, h: float) -> float:
        assert self._left_out is not None
        return leave_one_out(self.points, self._left_out, h, self.knobs.kernel)

    def _terms(self, judgement: float) -> Terms:
        terms = {"bandwidth": torch.tensor(self.bandwidth)}
        # With flat discs a lonely point makes it −∞: true, but nothing to draw.
        return {"loss": torch.tensor(-judgement), **terms} if math.isfinite(judgement) else terms

    def log_prob(self, x: Tensor) -> Tensor:
        """log p(x) in nats, (n, d) → (n,); −inf where a uniform kernel reaches no data."""
        return log_kernel_mean(x, self.points, self.bandwidth, self.knobs.kernel)

    def log_prob_grid(self, xs: Tensor, ys: Tensor) -> Tensor:
        """log p at every (x, y) of xs (nx,) and ys (ny,) → (ny, nx), float64.

        A Gaussian bump is a product over the axes, so the grid is one matrix product of (ny, n) and (n, nx).
        """
        h = self.bandwidth
        if self.knobs.kernel == "uniform":
            counts = _discs_over(xs.double(), ys.double(), self.points.double(), 2 * h)
            return counts.log() - math.log(4 * math.pi * h**2 * len(self.points))
        total = torch.zeros(len(ys), len(xs), dtype=torch.float64, device=self.points.device)
        for part in self.points.double().split(1 << 13):
            along_x = ((xs.double()[:, None] - part[:, 0]) / h).square().mul(-0.5).exp()
            along_y = ((ys.double()[:, None] - part[:, 1]) / h).square().mul(-0.5).exp()
            total += along_y @ along_x.T
        return total.log() - math.log(2 * math.pi * h**2 * len(self.points))

    def score(self, x: Tensor) -> Tensor:
        """∇ₓ log p(x) = Σᵢ wᵢ(x) (xᵢ − x) / h² with weights wᵢ ∝ k_h(x − xᵢ); 0 for flat discs. (n, d) → (n, d)."""
        if self.knobs.kernel == "uniform":
            return torch.zeros_like(x)
        h = self.bandwidth
        rows = max(1, PAIRS // len(self.points))
        parts = [
            (squared_distances(part, self.points) / (-2 * h**2)).softmax(dim=1) @ self.points - part
            for part in x.split(rows)
        ]
        return torch.cat(parts) / h**2

    def noise(self, n: int, generator: torch.Generator) -> Tensor:
        """(n, 1 + d): a uniform number that picks the data point, and z ~ N(0, I)."""
        pick = torch.rand(n, 1, generator=generator, device=generator.device)
        z = torch.randn(n, self.dim, generator=generator, device=generator.device)
        return torch.cat([pick, z], dim=1)

    def sample_from(self, noise: Tensor) -> Tensor:
        n = len(self.points)
        centre = self.points[(noise[:, 0] * n).long().clamp(max=n - 1)]
        z = noise[:, 1:]
        if self.knobs.kernel == "uniform":
            # exp(−|z|²/2) is uniform in (0, 1) on the plane, so this has the direction of z and fills the disc evenly.
            squares = z.square().sum(dim=1, keepdim=True)
            z = z / squares.sqrt().clamp(min=1e-12) * 2 * (1 - (-squares / 2).exp()).sqrt()
        return centre + self.bandwidth * z

    def exhibits(self, about: About) -> tuple[Exhibit, ...]:
        return (self._facts(about.x), self._memory())

    def _facts(self, x: Tensor) -> Facts:
        squares = squared_distances(x, self.points)
        shares = log_kernels(squares, self.bandwidth, self.knobs.kernel).softmax(dim=1).nan_to_num(0.0)
        count = float(1 / shares.square().sum().clamp(min=1e-12)) if bool(shares.any()) else 0.0
        nearest = float(squares.min().sqrt())
        rows: list[tuple[str, Quantity | str]] = [
            ("bandwidth in force", f"{self.bandwidth:.4g} data units"),
            ("Scott's rule", f"{scott(self.points):.4g}"),
            ("Silverman's rule", f"{silverman(self.points):.4g}"),
            ("log p of the chosen point", exact(float(self.log_prob(x)), self.density_method)),
            ("its nearest data point is away", f"{nearest:.3g} = {nearest / self.bandwidth:.3g} bandwidths"),
            ("data points that count there", f"{count:.1f} of {len(self.points):,} (1 / Σ share²)"),
        ]
        return Facts("Bandwidth", tuple(rows))

    def _memory(self) -> Curves:
        """The likelihood of some data points at many bandwidths, with and without their own bump."""
        n = len(self.points)
        most = min(_MOST_JUDGED, max(8, _SHOWN_PAIRS // n))
        rows = torch.arange(0, n, max(1, -(-n // most)), device=self.points.device)
        squares = squared_distances(self.points[rows], self.points)
        apart = squares.clone()
        apart[torch.arange(len(rows), device=rows.device), rows] = math.inf
        least = float(squares[squares > 0].min().sqrt()) if bool((squares > 0).any()) else 1e-2
        top = math.log(3 * max(scott(self.points), 1e-3))
        widths = torch.linspace(min(math.log(max(least, 1e-3)), top - 3), top, 17).exp()
        remembered: list[float] = []
        judged: list[float] = []
        own = torch.zeros(1, 1, device=squares.device, dtype=squares.dtype)
        for h in widths.tolist():
            others = log_kernels(apart, h, self.knobs.kernel).logsumexp(dim=1)
            # With its own bump, which stands at distance 0.
            everyone = torch.logaddexp(others, log_kernels(own, h, self.knobs.kernel)[0])
            for list_of, logs, count in ((remembered, everyone, n), (judged, others, n - 1)):
                list_of.append(math.log(max(count, 1)) - float(logs.double().mean()))
        h, low, high = widths.double().numpy(), np.array(remembered), np.array(judged)
        lines = {"the data themselves": (h, low)}
        if np.isfinite(high).any():
            lines["each point judged by the others"] = (h[np.isfinite(high)], high[np.isfinite(high)])
        return Curves(
            "Memorising",
            lines,
            "bandwidth",
            f"−log p, nats (mean over {len(rows):,} points)",
            "As the bandwidth goes to 0 the data themselves become ever likelier, without bound: the model repeats them. "
            "Without its own bump each point tells the truth; the best bandwidth is where that curve is lowest.",
        )


def _discs_over(xs: Tensor, ys: Tensor, points: Tensor, radius: float) -> Tensor:
    """How many points lie within the radius of each (x, y), (ny, nx).

    On a row of the grid a disc covers one interval: +1 where it starts, −1 behind its end, and a running sum.
    """
    counts = []
    for row in ys.split(max(1, PAIRS // len(points))):
        room = radius**2 - (row[:, None] - points[:, 1]).square()
        half = room.clamp(min=0).sqrt()
        hit = (room >= 0).double()
        starts = torch.searchsorted(xs, points[:, 0] - half)
        stops = torch.searchsorted(xs, points[:, 0] + half, right=True)
        edges = torch.zeros(len(row), len(xs) + 1, dtype=torch.float64, device=points.device)
        edges.scatter_add_(1, starts, hit).scatter_add_(1, stops, -hit)
        counts.append(edges.cumsum(dim=1)[:, :-1])
    return torch.cat(counts)
