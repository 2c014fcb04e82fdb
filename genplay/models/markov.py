"""Markov chain of order k [1]: p(x) = Π_i p(x_i | x_{i−k} … x_{i−1}), each conditional a table of counts.

    p(s | context) = (N(context, s) + α) / (N(context) + α S),   S symbols, α imaginary counts of each

A symbol is a pixel (S = 2) or a whole row (S = 32). A row is five pixels one after another, so both are one machine: the
pixel at place i is drawn given the c_i pixels before it, c_i = min(i, k), or all earlier pixels of its row and the k rows
above. What rows yet to come could be counts α each of them, so that the table of a row's pixels is the row's own.

How well order k foretells is judged by leaving each example out of the counts in turn.

[1] Markov 1913, on letters of Eugene Onegin; Shannon 1948.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from genplay.knobs import Knobs
from genplay.models.base import About, Batch, Model, Phase, Setting, Terms
from genplay.models.cards.markov import CARD, MarkovKnobs
from genplay.models.chow_liu import mutual_information
from genplay.models.context_tree import context_tree_blocks
from genplay.models.exhibits import Curves, Exhibit, Matrix, Pictures
from genplay.models.layers import double
from genplay.models.made import pixel_order
from genplay.quantity import Kind

__all__ = ["Markov", "context_lengths", "leave_one_out"]

SIDE = 5
ORDERS = {"pixels": 13, "rows": 3}
"""How many orders there are to compare: 0 … 12 pixels, 0 … 2 rows."""
SHOWN_CONTEXT = 4
SAMPLES = 1000


class Markov(Model):
    """``counts`` (25, contexts, 2) says how often the pixel at each place was dark, lit after each context.

    ``order[i]`` is the pixel at place i. ``by_order`` (2, orders) is the mean −log p of the data for every k: with the
    counts as they are, and with each example left out of them.
    """

    card = CARD
    density_kind: Kind = "exact"
    density_method = "chain rule, product of 25 counted conditionals"
    order: Tensor
    counts: Tensor
    by_order: Tensor

    def __init__(self, knobs: Knobs, setting: Setting) -> None:
        super().__init__(knobs, setting)
        self.register_buffer("order", pixel_order(self.options.scan, self.dim, setting.generator))
        # As wide as the longest memory, so that another order needs no other shape.
        widest = max(context_lengths(self.objective, ORDERS[self.objective] - 1, self.dim))
        self.register_buffer("counts", torch.zeros(self.dim, 1 << widest, 2))
        self.register_buffer("by_order", torch.zeros(2, ORDERS[self.objective]))
        self._fitted = False

    @property
    def options(self) -> MarkovKnobs:
        assert isinstance(self.knobs, MarkovKnobs)
        return self.knobs

    @property
    def k(self) -> int:
        return self.options.order if self.objective == "pixels" else self.options.row_order

    def configure(self, knobs: Knobs) -> None:
        super().configure(knobs)
        self._fitted = False

    def data_changed(self) -> None:
        self._fitted = False

    @property
    def finished(self) -> bool:
        return self._fitted

    def phases(self) -> tuple[Phase, ...]:
        return (Phase("count", self._count, full=True),)

    @torch.no_grad()
    def _count(self, batch: Batch) -> Terms:
        bits = self._bits(batch.x)
        for k in range(self.by_order.shape[1]):
            seen, held_out = leave_one_out(*self._statistics(bits, k))
            self.by_order[:, k] = torch.tensor([seen, held_out])
        counts, _, _ = self._statistics(bits, self.k)
        self.counts.zero_()
        self.counts[:, : counts.shape[1]] = counts.to(self.counts)
        self._fitted = True
        return {"loss": -self.log_prob(batch.x).mean()}

    def _bits(self, x: Tensor) -> Tensor:
        """The pixels in the order of reading, (n, 25) int64 of 0 and 1."""
        return (x[:, self.order] > 0.5).long()

    def _statistics(self, bits: Tensor, k: int) -> tuple[Tensor, Tensor, Tensor]:
        """Counts (25, contexts, 2) under order k, the cell of each pixel (n, 25) in them, and the smoothing (25,)."""
        lengths = context_lengths(self.objective, k, self.dim)
        width = 1 << max(lengths)
        cell = (contexts(bits, lengths) + width * torch.arange(self.dim, device=bits.device)) * 2 + bits
        counts = torch.bincount(cell.flatten(), minlength=2 * width * self.dim).double()
        counts = counts.view(self.dim, width, 2)
        if self.options.stationary:
            # Places with a full memory share their counts, in rows those with the same place in the row.
            step = 1 if self.objective == "pixels" else SIDE
            for first in range(k * step, (k + 1) * step):
                counts[first::step] = counts[first::step].sum(dim=0)
        return counts, cell, self._smoothing()

    def _smoothing(self) -> Tensor:
        """Imaginary counts of dark and of lit at each place: in a row, α for every way in which it may go on."""
        alpha = self.options.smoothing
        if self.objective == "pixels":
            return torch.full((self.dim,), alpha, dtype=torch.float64)
        return torch.tensor([alpha * 2.0 ** (SIDE - 1 - i % SIDE) for i in range(self.dim)]).double()

    def _table(self) -> Tensor:
        """log p(dark), log p(lit) at each place given each context, (25, contexts, 2), float64."""
        used = 1 << max(context_lengths(self.objective, self.k, self.dim))
        filled = double(self.counts[:, :used]) + self._smoothing().to(self.counts.device)[:, None, None]
        total = filled.sum(dim=2, keepdim=True)
        # A context that was never seen says nothing: even odds.
        return torch.where(total > 0, filled / total, 0.5).log()

    def log_conditionals(self, x: Tensor) -> Tensor:
        """log p(x_j | the pixels it remembers), (n, 25) → (n, 25)."""
        bits = self._bits(x)
        heard = contexts(bits, context_lengths(self.objective, self.k, self.dim))
        by_place = self._table()[torch.arange(self.dim, device=bits.device), heard, bits]
        out = torch.empty_like(by_place)
        out[:, self.order] = by_place
        return out.to(x)

    def log_prob(self, x: Tensor) -> Tensor:
        """log p(x) in nats, (n, 25) → (n,)."""
        return self.log_conditionals(x).sum(dim=1)

    def conditionals(self, x: Tensor) -> Tensor:
        """p(x_j = 1 | the pixels it remembers), (n, 25) → (n, 25)."""
        return (self.log_conditionals(x).exp() - (x <= 0.5).to(x)).abs()

    def log_prob_blocks(self) -> Callable[[int, int], NDArray[np.float64]]:
        """log p of whole blocks of the 2^25 images, by doubling a table of prefixes pixel by pixel."""
        dark, lit = self._table().cpu().unbind(dim=2)
        lengths = context_lengths(self.objective, self.k, self.dim)
        return context_tree_blocks(dark, lit, lengths, self.order.cpu().numpy())

    def noise(self, n: int, generator: torch.Generator) -> Tensor:
        """Uniforms (n, 25), one a pixel."""
        return torch.rand(n, self.dim, generator=generator, device=generator.device)

    @torch.no_grad()
    def sample_from(self, noise: Tensor) -> Tensor:
        """Pixel by pixel in the order of reading: lit where its uniform is below what the table says."""
        x, lit = torch.zeros_like(noise), self._table()[:, :, 1].exp()
        memory = torch.zeros(len(noise), dtype=torch.int64, device=noise.device)
        lengths = context_lengths(self.objective, self.k, self.dim)
        for i, (j, length) in enumerate(zip(self.order.tolist(), lengths, strict=True)):
            heard = memory >> (i - length)
            new = noise[:, j] < lit[i, heard]
            x[:, j] = new.to(x)
            memory += new.long() << i
        return x

    # Looking inside

    @torch.no_grad()
    def exhibits(self, about: About) -> tuple[Exhibit, ...]:
        """What order k can and cannot remember, the transition table, and the chosen image foretold pixel by pixel."""
        unit = "pixels" if self.objective == "pixels" else "rows"
        at = np.arange(self.by_order.shape[1], dtype=np.float64)
        # Without smoothing an example that was left out may be impossible: −log p is then no point of a curve.
        lines = {
            name: (at[np.isfinite(values)], values[np.isfinite(values)])
            for name, values in zip(("data", "left out"), self.by_order.double().cpu().numpy(), strict=True)
        }
        drawn = self.sample(SAMPLES, about.generator)
        lags = np.arange(1.0, self.dim)
        return (
            Curves(
                "How much each order foretells", lines,
                f"order k ({unit})", "−log p (nats)",
                help="Longer memory always fits the data better. Judged on examples that were left out of the counts, it "
                "does worse from some k on: most contexts were then never seen.",
            ),
            Curves(
                "What is remembered over a distance",
                {
                    "data": (lags, memory(self._bits(about.data))),
                    "model": (lags, memory(self._bits(drawn))),
                },
                "pixels back", "mean mutual information (nats)",
                help=f"How much a pixel tells of one further on. A chain of order k copies what the data have up to its reach; "
                f"beyond it, only what is passed on from hand to hand is left. Model: {SAMPLES} samples.",
            ),
            self._transitions(),
            Pictures(
                "The chosen image foretold",
                torch.cat([about.x, self.conditionals(about.x)]).double().cpu().numpy(),
                ("image", "p(lit | before)"),
            ),
        )  # fmt: skip

    def _transitions(self) -> Matrix:
        """P(lit) at each place given the last few pixels; what lies further back is averaged as in the data."""
        lengths = context_lengths(self.objective, self.k, self.dim)
        short = min(SHOWN_CONTEXT, max(lengths)) if self.objective == "pixels" else SHOWN_CONTEXT
        values = np.full((1 << short, self.dim), np.nan)
        lit, times = self._table()[:, :, 1].exp(), double(self.counts[:, : 1 << max(lengths)]).sum(dim=2)
        for i, length in enumerate(lengths):
            if length < short:
                continue
            p, n = (t[i, : 1 << length].view(1 << short, -1) for t in (lit, times))
            mean = (p * n).sum(dim=1) / n.sum(dim=1)
            values[:, i] = mean.cpu().numpy()
        names = tuple(f"…{c:0{short}b}" if short else "any" for c in range(1 << short))
        # The newest pixel is the highest bit of a context; read from left to right it comes last.
        names = tuple("…" + name[1:][::-1] if short else name for name in names)
        return Matrix(
            "Transitions: P(lit | the last pixels)", values, names, tuple(str(j) for j in self.order.tolist()),
            help="A row for each context, the newest pixel last; a column for each pixel. Empty: never seen.",
        )  # fmt: skip


def context_lengths(unit: str, k: int, dim: int) -> list[int]:
    """How many pixels back each place remembers, (dim,): a whole number of rows and the row so far, or min(i, k)."""
    if unit == "pixels":
        return [min(i, k) for i in range(dim)]
    return [min(i // SIDE, k) * SIDE + i % SIDE for i in range(dim)]


def contexts(bits: Tensor, lengths: list[int]) -> Tensor:
    """The number of the context of each pixel, (n, d) → (n, d): its last c bits, the newest one highest."""
    places = torch.arange(bits.shape[1], device=bits.device)
    length = torch.tensor(lengths, device=bits.device)
    before = (bits << places).cumsum(dim=1) - (bits << places)
    return before >> (places - length)


def leave_one_out(counts: Tensor, cell: Tensor, smoothing: Tensor) -> tuple[float, float]:
    """Mean −log p of an example with the counts as they are, and with its own pixels taken out of them first.

    Where places share their counts, an example has put more than one pixel into a table; one is taken out.
    """
    n = len(cell)
    own = counts.flatten()[cell]
    total = counts.sum(dim=2).flatten()[cell // 2]
    out = []
    for less in (0.0, 1.0):
        p = (own - less + smoothing) / (total - less + 2 * smoothing)
        p = torch.where(total - less + 2 * smoothing > 0, p, 0.5)
        out.append(float(-p.log().sum()) / n)
    return out[0], out[1]


def memory(bits: Tensor) -> NDArray[np.float64]:
    """Mean mutual information of two pixels that are 1, 2, … 24 places apart in the order of reading, (d − 1,)."""
    b = bits.double().cpu().numpy()
    information = mutual_information(b.T @ b / len(b))
    return np.array([np.diagonal(information, lag).mean() for lag in range(1, b.shape[1])])
