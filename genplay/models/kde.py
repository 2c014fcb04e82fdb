"""Kernel density estimate [1]: p(x) = 1/n Σᵢ k_h(x − xᵢ), a bump of standard deviation h on every data point.

Nothing is trained but h. As h → 0 the likelihood of the data grows without bound, so h is judged by leaving each point
out [2]: L(h) = 1/n Σᵢ log 1/(n−1) Σ_{j≠i} k_h(xᵢ − xⱼ), maximised by a golden-section search, one trial a step.

[1] Rosenblatt 1956, Parzen 1962. [2] Duin 1976. Rules of thumb: Scott 1992, Silverman 1986.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from genplay.knobs import Knobs
from genplay.models.base import Batch, Model, Phase, Setting, Terms
from genplay.models.cards.kde import CARD, KernelKnobs
from genplay.models.golden import GoldenSection
from genplay.quantity import Kind

__all__ = ["KernelDensity", "leave_one_out", "log_kernel_mean", "scott", "silverman"]

_PAIRS = 1 << 20
"""How many pairs of points are looked at together: a few MB, so that they stay in the cache."""

_SEARCH_PAIRS = 1 << 22
"""Most pairs in one trial of the search; with more data the left-out points are a random part of it."""


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
        rows = max(1, _PAIRS // len(self.points))
        parts = [
            (_squares(part, self.points) / (-2 * h**2)).softmax(dim=1) @ self.points - part
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


def _discs_over(xs: Tensor, ys: Tensor, points: Tensor, radius: float) -> Tensor:
    """How many points lie within the radius of each (x, y), (ny, nx).

    On a row of the grid a disc covers one interval: +1 where it starts, −1 behind its end, and a running sum.
    """
    counts = []
    for row in ys.split(max(1, _PAIRS // len(points))):
        room = radius**2 - (row[:, None] - points[:, 1]).square()
        half = room.clamp(min=0).sqrt()
        hit = (room >= 0).double()
        starts = torch.searchsorted(xs, points[:, 0] - half)
        stops = torch.searchsorted(xs, points[:, 0] + half, right=True)
        edges = torch.zeros(len(row), len(xs) + 1, dtype=torch.float64, device=points.device)
        edges.scatter_add_(1, starts, hit).scatter_add_(1, stops, -hit)
        counts.append(edges.cumsum(dim=1)[:, :-1])
    return torch.cat(counts)


def scott(x: Tensor) -> float:
    """h = σ n^(−1/(d+4)), best for one Gaussian; σ² is the mean variance over the axes, x (n, d)."""
    n, d = x.shape
    spread = _at_least(float(x.var(dim=0, correction=0).mean().sqrt()))
    return spread * math.pow(n, -1 / (d + 4))


def silverman(x: Tensor) -> float:
    """h = A (n (d+2)/4)^(−1/(d+4)), A the smaller of σ and the interquartile range / 1.349, x (n, d).

    On the plane the factor is Scott's; only the spread A is less moved by outliers.
    """
    n, d = x.shape
    ordered = x.sort(dim=0).values
    quartiles = ordered[(3 * (n - 1)) // 4] - ordered[(n - 1) // 4]
    sigma = float(x.var(dim=0, correction=0).mean().sqrt())
    robust = float(quartiles.mean()) / 1.349
    spread = min(sigma, robust) if robust > 0 else sigma
    return _at_least(spread) * math.pow(n * (d + 2) / 4, -1 / (d + 4))


def _at_least(spread: float) -> float:
    """Points on one spot have no spread to go by: take 1 instead."""
    return spread if spread > 1e-6 else 1.0


def log_kernel_mean(x: Tensor, points: Tensor, h: float, kernel: str) -> Tensor:
    """log 1/n Σᵢ k_h(x − xᵢ), x (m, 2) and points (n, 2) → (m,), in parts that fit the cache."""
    rows = max(1, _PAIRS // len(points))
    parts = [_log_kernels(_squares(part, points), h, kernel).logsumexp(dim=1) for part in x.split(rows)]
    return torch.cat(parts) - math.log(len(points)) if parts else x.new_zeros(0)


def leave_one_out(points: Tensor, left_out: Tensor, h: float, kernel: str) -> float:
    """Mean over the points numbered ``left_out`` (m,) of log 1/(n−1) Σ_{j≠i} k_h(xᵢ − xⱼ), in nats."""
    n = len(points)
    if n == 1:
        return -math.inf
    total = 0.0
    for part in left_out.split(max(1, _PAIRS // n)):
        squares = _squares(points[part], points)
        squares[torch.arange(len(part), device=part.device), part] = math.inf
        total += float(_log_kernels(squares, h, kernel).logsumexp(dim=1).double().sum())
    return total / len(left_out) - math.log(n - 1)


def _squares(x: Tensor, points: Tensor) -> Tensor:
    """|x − xᵢ|², (m, n); from differences, which keeps near points apart where a matrix product would not."""
    return sum(
        ((x[:, j : j + 1] - points[:, j]).square() for j in range(1, x.shape[1])),
        start=(x[:, :1] - points[:, 0]).square(),
    )


def _log_kernels(squares: Tensor, h: float, kernel: str) -> Tensor:
    """log k_h at these squared distances on the plane: N(0, h² I), or a disc of radius 2h, which spreads as much."""
    if kernel == "gaussian":
        return squares * (-0.5 / h**2) - math.log(2 * math.pi * h**2)
    inside = squares <= 4 * h**2
    flat = torch.full_like(squares, -math.log(4 * math.pi * h**2))
    return flat.masked_fill(~inside, -math.inf)
