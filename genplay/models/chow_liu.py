"""Chow–Liu tree [1]: p(x) = p(x_r) Π_{j≠r} p(x_j | x_parent(j)), the likeliest of all trees over the pixels.

With the pairs' frequencies as its conditionals, a tree T gives the data the mean log likelihood
    −Σ_j H(x_j) + Σ_{(i,j) ∈ T} I(x_i; x_j),
so the best tree is the spanning tree with the largest sum of mutual information I (Prim's algorithm). The root only says
where drawing begins: every root gives the same p. Smoothing adds α examples of each value of each pair.

[1] Chow and Liu 1968.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import logsigmoid

from genplay.datasets.base import Law
from genplay.datasets.image_law import ImageMixtureLaw
from genplay.knobs import Knobs
from genplay.models.base import About, Batch, Model, Phase, Setting, Terms
from genplay.models.cards.chow_liu import CARD, ChowLiuKnobs
from genplay.models.exhibits import Exhibit, Facts, Matrix, Pictures, PixelGraph
from genplay.models.pairwise import pairwise_blocks
from genplay.quantity import Kind, Quantity, exact

__all__ = ["ChowLiu", "best_kl", "maximum_spanning_tree", "mutual_information"]

Array = NDArray[np.float64]
IMPOSSIBLE = -1e4
"""Stands for log 0 in sums over tables: a total below half of it is −∞."""


class ChowLiu(Model):
    """``parent`` (25,) is −1 at the root; ``log_odds`` (25, 2) are those of each pixel given its parent dark, lit.

    ``order`` has parents before children, ``information`` (25, 25) is the mutual information of all pairs. Before the first
    step no pixel has a parent and all images are equally likely.
    """

    card = CARD
    density_kind: Kind = "exact"
    density_method = "product of 25 conditionals along the tree"
    parent: Tensor
    order: Tensor
    log_odds: Tensor
    information: Tensor

    def __init__(self, knobs: Knobs, setting: Setting) -> None:
        super().__init__(knobs, setting)
        self.register_buffer("parent", torch.full((self.dim,), -1))
        self.register_buffer("order", torch.arange(self.dim))
        self.register_buffer("log_odds", torch.zeros(self.dim, 2))
        self.register_buffer("information", torch.zeros(self.dim, self.dim))
        self._law: Law | None = setting.law
        self._best: Quantity | None = None
        self._pairs: Array | None = None
        self._fitted = False

    @property
    def options(self) -> ChowLiuKnobs:
        assert isinstance(self.knobs, ChowLiuKnobs)
        return self.knobs

    def configure(self, knobs: Knobs) -> None:
        super().configure(knobs)
        self._fitted = False

    def law_changed(self, law: Law | None) -> None:
        self._law, self._best = law, None

    def data_changed(self) -> None:
        self._fitted = False

    @property
    def finished(self) -> bool:
        return self._fitted

    def phases(self) -> tuple[Phase, ...]:
        return Phase("count pairs", self._count, full=True), Phase("span the tree", self._span, full=True)

    @torch.no_grad()
    def _count(self, batch: Batch) -> Terms:
        """P(x_i = 1, x_j = 1) of all pairs, P(x_j = 1) on the diagonal, and from them the mutual information."""
        x, alpha = batch.x.cpu().double().numpy(), self.options.smoothing
        lit = x.T @ x + alpha
        lit[np.diag_indices(self.dim)] += alpha
        self._pairs = lit / (len(x) + 4 * alpha)
        information = mutual_information(self._pairs)
        self.information.copy_(torch.from_numpy(information))
        return {"largest mutual information": torch.tensor(information.max())}

    @torch.no_grad()
    def _span(self, batch: Batch) -> Terms:
        """The tree of most information, its edges pointing away from the root, and its conditionals."""
        if self._pairs is None:
            self._count(batch)
        assert self._pairs is not None
        order, parent = maximum_spanning_tree(
            mutual_information(self._pairs), min(self.options.root, self.dim - 1)
        )
        self.order.copy_(torch.from_numpy(order))
        self.parent.copy_(torch.from_numpy(parent))
        self.log_odds.copy_(torch.from_numpy(tree_log_odds(self._pairs, parent)))
        if isinstance(self._law, ImageMixtureLaw) and self._best is None:
            self._best = best_kl(self._law)
        self._fitted = True
        return {"loss": -self.log_prob(batch.x).mean()}

    def _odds(self, x: Tensor) -> Tensor:
        """The log odds of each pixel given its parent, (n, 25) → (n, 25)."""
        heard = x[:, self.parent.clamp_min(0)].long()
        return self.log_odds.T.gather(0, heard)

    def log_conditionals(self, x: Tensor) -> Tensor:
        """log p(x_j | its parent), (n, 25) → (n, 25)."""
        odds = self._odds(x)
        return logsigmoid(torch.where(x > 0.5, odds, -odds))

    def log_prob(self, x: Tensor) -> Tensor:
        """log p(x) in nats, (n, 25) → (n,)."""
        return self.log_conditionals(x).sum(dim=1)

    def log_prob_blocks(self) -> Callable[[int, int], Array]:
        """log p of whole blocks of the 2^25 images: a tree is a pairwise model."""
        odds = self.log_odds.double()
        table = torch.stack([logsigmoid(-odds), logsigmoid(odds)], dim=2).clamp_min(IMPOSSIBLE).cpu().numpy()
        b, U = np.zeros(self.dim), np.zeros((self.dim, self.dim))
        for j, p in enumerate(self.parent.tolist()):
            dark, lit = table[j]
            b[j] += dark[1] - dark[0]
            if p >= 0:
                b[p] += lit[0] - dark[0]
                U[min(j, p), max(j, p)] = lit[1] - lit[0] - dark[1] + dark[0]
        sums = pairwise_blocks(float(table[:, 0, 0].sum()), b, U)

        def block(start: int, stop: int) -> Array:
            values = sums(start, stop)
            values[values < IMPOSSIBLE / 2] = -np.inf
            return values

        return block

    def noise(self, n: int, generator: torch.Generator) -> Tensor:
        """Uniforms (n, 25), one a pixel."""
        return torch.rand(n, self.dim, generator=generator, device=generator.device)

    @torch.no_grad()
    def sample_from(self, noise: Tensor) -> Tensor:
        """From the root outwards: lit where the pixel's uniform is below its probability given its parent."""
        x = torch.zeros_like(noise)
        lit, parents = self.log_odds.sigmoid(), self.parent.tolist()
        for j in self.order.tolist():
            heard = x[:, max(parents[j], 0)].long()
            x[:, j] = (noise[:, j] < lit[j][heard]).to(x)
        return x

    def exhibits(self, about: About) -> tuple[Exhibit, ...]:
        """The tree over the pixels, the mutual information it was chosen by, and what it explains."""
        children = [j for j in self.order.tolist() if int(self.parent[j]) >= 0]
        parents = self.parent[children].tolist()
        weights = self.information[parents, children].double().cpu().numpy()
        lit = about.data.mean(dim=0).double().cpu().numpy()
        edges = np.array([parents, children], dtype=np.int64).T.reshape(-1, 2)
        given = self._odds(about.x).sigmoid().double().cpu().numpy()
        picture = about.x.double().cpu().numpy()
        rows: list[tuple[str, Quantity | str]] = [
            (
                "Told by the tree",
                exact(float(weights.sum()), "sum of I over the tree's edges, frequencies of the data"),
            )
        ]
        if self._best is not None:
            rows.append(("Best KL(p‖q) of any tree", self._best))
        return (
            PixelGraph(
                "The tree", edges, weights, directed=True, nodes=lit,
                help="Each arrow goes from the pixel that is listened to; stronger arrows tell more (nats).",
            ),
            Pictures(
                "The chosen image, and each pixel's probability given its parent",
                np.concatenate([picture, given]), ("image", "p(lit | parent)"),
            ),
            Matrix(
                "Mutual information of all pairs", self.information.double().cpu().numpy(),
                help="In nats. The tree takes the 24 strongest pairs that close no circle.",
            ),
            Facts(
                "What a tree can say", tuple(rows),
                help="Without edges the pixels would be independent. Every tree misses what three pixels say together.",
            ),
        )  # fmt: skip


def mutual_information(lit: Array) -> Array:
    """I(x_i; x_j) in nats of all pairs, (d, d), 0 on the diagonal, from P(x_i = 1, x_j = 1) with P(x_j = 1) on it."""
    single = np.diag(lit)
    total = np.zeros_like(lit)
    for a in (0, 1):
        for b in (0, 1):
            joint = _cell(lit, a, b)
            apart = np.outer(single if a else 1 - single, single if b else 1 - single)
            seen = joint > 0
            total[seen] += joint[seen] * np.log(joint[seen] / apart[seen])
    np.fill_diagonal(total, 0.0)
    return np.maximum(total, 0.0)


def _cell(lit: Array, a: int, b: int) -> Array:
    """P(x_i = a, x_j = b), (d, d)."""
    single = np.diag(lit)
    row, column = single[:, None], single[None, :]
    cells = (1 - row - column + lit, column - lit), (row - lit, lit)
    # A difference of nearly equal frequencies is rounding: no such pair was seen.
    cell = cells[a][b] + np.zeros_like(lit)
    return np.where(np.abs(cell) < 1e-12, 0.0, cell)


def maximum_spanning_tree(weights: Array, root: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Prim's algorithm: the nodes in the order in which they join the tree, and each node's parent (−1: the root)."""
    d = len(weights)
    order, parent = np.array([root], dtype=np.int64), np.full(d, -1, dtype=np.int64)
    strongest, nearest = weights[root].copy(), np.full(d, root, dtype=np.int64)
    strongest[root] = -np.inf
    while len(order) < d:
        new = int(strongest.argmax())
        parent[new] = nearest[new]
        order = np.append(order, new)
        better = (weights[new] > strongest) & (strongest > -np.inf)
        strongest[better], nearest[better] = weights[new][better], new
        strongest[new] = -np.inf
    return order, parent


def tree_log_odds(lit: Array, parent: NDArray[np.int64]) -> Array:
    """The log odds of each pixel given its parent dark, lit, (d, 2); the root's are the same in both columns."""
    single = np.diag(lit)
    given = np.maximum(parent, 0)
    columns = []
    with np.errstate(divide="ignore", invalid="ignore"):
        for a in (0, 1):
            one, zero = _cell(lit, a, 1)[given, range(len(lit))], _cell(lit, a, 0)[given, range(len(lit))]
            root = parent < 0
            columns.append(np.log(np.where(root, single, one)) - np.log(np.where(root, 1 - single, zero)))
    # A parent that was never dark (or never lit) says nothing of that case: even odds.
    odds: Array = np.nan_to_num(np.stack(columns, axis=1), nan=0.0, posinf=np.inf, neginf=-np.inf)
    return odds


def best_kl(law: ImageMixtureLaw) -> Quantity:
    """The least KL(p‖q) that a tree q can have: Σ_j H(x_j) − Σ_edges I − H(p), all under the law p itself."""
    p = np.where(law.templates > 0.5, 1 - law.flip, law.flip)
    lit = (1 - law.outliers) * (p.T * law.weights) @ p + law.outliers / 4
    single = (1 - law.outliers) * law.weights @ p + law.outliers / 2
    lit[np.diag_indices(len(single))] = single
    information = mutual_information(lit)
    _, parent = maximum_spanning_tree(information, 0)
    told = sum(information[a, j] for j, a in enumerate(parent) if a >= 0)
    inside = single[(single > 0) & (single < 1)]
    entropies = -(inside * np.log(inside) + (1 - inside) * np.log1p(-inside)).sum()
    return exact(float(entropies - told - law.entropy().value), "Chow–Liu on the law's own pairs of pixels")
