"""Ising model, a Boltzmann machine without hidden units [1]: p(s) = exp(Σ_j h_j s_j + Σ_{i<j} J_ij s_i s_j) / Z, s_j = ±1.

Pixels are spins, s = 2x − 1. The likelihood is concave, and its slope is a difference of averages,
    ∂ log p/∂J_ij = s_i s_j (data) − E_model[s_i s_j].
The second one is summed over all 2^25 images (``pairwise``), taken from Gibbs chains that start at the data (CD-k) or
never restart (PCD), or not needed at all: pseudo-likelihood [2] maximises Σ_j log p(s_j | all others),
    p(s_j = 1 | others) = σ(2 (h_j + Σ_i J_ij s_i)).
Pixels that are not coupled to each other take their turn in a Gibbs sweep together.

[1] Ising 1925; Ackley, Hinton and Sejnowski 1985.  [2] Besag 1975.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

from genplay.knobs import Knobs
from genplay.models.base import About, Batch, Model, Phase, Setting, Terms
from genplay.models.cards.ising import CARD, IsingKnobs
from genplay.models.exhibits import Exhibit, Facts, Matrix, Pictures, PixelGraph
from genplay.models.layers import NoiseTape, double
from genplay.models.memo import Memo
from genplay.models.pairwise import pairwise_blocks, pairwise_log_z
from genplay.quantity import Kind, exact
from genplay.spaces.binary import PIXELS, log_sum_exp

__all__ = ["Ising", "coupled_pairs", "independent_groups"]

FARTHEST = 340.0
"""Beyond this sum of all |h| and |J| a term of the factored sum could underflow: Z is then summed image by image."""
CHUNK = 1000
"""So many samples are drawn at a time: each needs thousands of random numbers."""
SHOWN_EDGES = 48
SHOWN_SWEEPS = (0, 1, 2, 3, 5, 10)


class Ising(Model):
    """``fields`` (25,) is h; ``weights`` (m,) are the couplings of the pairs ``pairs`` (2, m). ``chains`` (n, 25) are PCD's."""

    card = CARD
    density_kind: Kind = "exact"
    density_method = "log Z summed over all 2^25 images"
    pairs: Tensor
    chains: Tensor

    def __init__(self, knobs: Knobs, setting: Setting) -> None:
        super().__init__(knobs, setting)
        lit = setting.x.mean(dim=0).clamp(0.02, 0.98)
        # Without couplings the best field makes each pixel as often lit as in the data.
        self.fields = nn.Parameter(torch.logit(lit) / 2)
        self.register_buffer("pairs", coupled_pairs(self.options.connections, self.dim))
        self.weights = nn.Parameter(torch.zeros(self.pairs.shape[1]))
        self.groups = independent_groups(self.options.connections, self.dim)
        start = torch.rand(self.options.chains, self.dim, generator=setting.generator)
        self.register_buffer("chains", (start < lit).float())
        self._tape = NoiseTape("uniform")
        self._log_z: Memo[float] = Memo()

    @property
    def options(self) -> IsingKnobs:
        assert isinstance(self.knobs, IsingKnobs)
        return self.knobs

    def couplings(self) -> Tensor:
        """J as an upper triangular matrix, (25, 25)."""
        flat = self.weights.new_zeros(self.dim * self.dim)
        return flat.scatter(0, self.pairs[0] * self.dim + self.pairs[1], self.weights).view(self.dim, -1)

    # Density

    def energy(self, x: Tensor) -> Tensor:
        """E(x) = −Σ h_j s_j − Σ J_ij s_i s_j, (n, 25) → (n,)."""
        s = 2 * x - 1
        return -(torch.addmm(self.fields, s, self.couplings().T) * s).sum(dim=1)

    def log_z(self) -> float:
        """log Z in nats, exact in float64; summed again only when a parameter has changed."""
        return self._log_z.get((self.fields, self.weights), None, self._summed)

    @torch.no_grad()
    def _summed(self) -> float:
        h, J = double(self.fields), double(self.couplings())
        if self.dim == PIXELS and float(h.abs().sum() + J.abs().sum()) > FARTHEST:
            return log_sum_exp(self._blocks(0.0), rows=16)
        return float(pairwise_log_z(h, J))

    def log_prob(self, x: Tensor) -> Tensor:
        """−E(x) − log Z in nats, (n, 25) → (n,)."""
        return -self.energy(x) - self.log_z()

    def log_prob_blocks(self) -> Callable[[int, int], NDArray[np.float64]]:
        """log p of whole blocks of the 2^25 images."""
        return self._blocks(self.log_z())

    def _blocks(self, log_z: float) -> Callable[[int, int], NDArray[np.float64]]:
        h, J = (t.detach().cpu().double().numpy() for t in (self.fields, self.couplings()))
        # Spins in terms of pixels: J s s' = 4J x x' − 2J x − 2J x' + J.
        constant = float(J.sum() - h.sum()) - log_z
        return pairwise_blocks(constant, 2 * (h - J.sum(axis=0) - J.sum(axis=1)), 4 * J)

    # Training

    def phases(self) -> tuple[Phase, ...]:
        parameters = [self.fields, self.weights]
        if self.objective == "exact":
            return (Phase("likelihood", self._exact, parameters, full=True),)
        if self.objective == "pseudo":
            return (Phase("predict each pixel", self._pseudo, parameters),)
        return (Phase("contrast", self._contrast, parameters),)

    def _exact(self, batch: Batch) -> Terms:
        energy = self.energy(batch.x).mean()
        log_z = pairwise_log_z(double(self.fields), double(self.couplings())).to(energy)
        return {"loss": energy + log_z, "energy of data": energy, "log Z": log_z}

    def _pseudo(self, batch: Batch) -> Terms:
        loss = binary_cross_entropy_with_logits(self._pulls(batch.x), batch.x, reduction="sum")
        return {"loss": loss / len(batch.x)}

    def _contrast(self, batch: Batch) -> Terms:
        """E(data) − E(chains). Near 0 whether or not anything was learned: its value says nothing of progress."""
        start = self.chains if self.objective == "pcd" else batch.x
        end = self._sweeps(start, self.options.k, batch.generator)
        if self.objective == "pcd":
            self.chains.copy_(end)
        energy = self.energy(torch.cat([batch.x, end]))
        data, model = energy[: len(batch.x)].mean(), energy[len(batch.x) :].mean()
        return {"loss": data - model, "energy of data": data, "energy of chains": model}

    # Gibbs sampling

    def _pulls(self, x: Tensor) -> Tensor:
        """2 (h_j + Σ_i J_ij s_i), the log odds of each pixel given all others, (n, 25) → (n, 25)."""
        J = self.couplings()
        return torch.addmm(2 * self.fields, 2 * x - 1, J + J.T, alpha=2)

    @torch.no_grad()
    def _sweeps(self, x: Tensor, sweeps: int, generator: torch.Generator) -> Tensor:
        for _ in range(sweeps):
            x = self._sweep(x, self._tape.draw(tuple(x.shape), x, generator), 1.0)
        return x

    @torch.no_grad()
    def _sweep(self, x: Tensor, u: Tensor, beta: float) -> Tensor:
        """Every pixel in its turn is drawn anew given all others, at inverse temperature beta, from uniforms u (n, 25)."""
        J = self.couplings()
        both, offset = 4 * beta * (J + J.T), 2 * beta * (self.fields - J.sum(dim=0) - J.sum(dim=1))
        # u < σ(a) is logit(u) < a: the threshold is taken once for all pixels, and x stays in pixels 0 and 1.
        threshold = torch.logit(u) - offset
        x = x.clone()
        for group in self.groups:
            x[:, group] = (threshold[:, group] < x @ both[:, group]).to(x)
        return x

    def noise(self, n: int, generator: torch.Generator) -> Tensor:
        """Uniforms (n, (1 + sweeps) · 25): a random start, then every flip of a coin of the chain."""
        size = (1 + self.options.sweeps) * self.dim
        return torch.rand(n, size, generator=generator, device=generator.device)

    def sample_from(self, noise: Tensor) -> Tensor:
        """A Gibbs chain from random pixels; the temperature falls from ∞ to its place in the first half of the sweeps."""
        return self._chain(noise)[-1]

    def trajectory(self, noise: Tensor) -> Tensor:
        """The chain after each sweep, (sweeps + 1, n, 25)."""
        return torch.stack(self._chain(noise))

    def _chain(self, noise: Tensor) -> list[Tensor]:
        start, *each = noise.split(self.dim, dim=1)
        states = [(start < 0.5).to(noise)]
        for t, uniforms in enumerate(each, start=1):
            beta = min(1.0, 2 * t / len(each)) / self.options.temperature
            states.append(self._sweep(states[-1], uniforms, beta))
        return states

    def sample(self, n: int, generator: torch.Generator) -> Tensor:
        """n fresh samples, some at a time: the noise of all their chains would not fit in memory."""
        parts = [min(CHUNK, n - start) for start in range(0, n, CHUNK)] or [0]
        return torch.cat([super(Ising, self).sample(m, generator) for m in parts])

    # Looking inside

    def moments(self) -> tuple[Tensor, Tensor]:
        """E[s_j] (25,) and E[s_i s_j] (25, 25; the upper triangle) under the model, exact, float64."""
        with torch.enable_grad():
            h, J = (double(t.detach()).requires_grad_() for t in (self.fields, self.couplings()))
            single, pair = torch.autograd.grad(pairwise_log_z(h, J), (h, J))
        return single, pair

    @torch.no_grad()
    def exhibits(self, about: About) -> tuple[Exhibit, ...]:
        """Couplings, fields, a chain from the chosen image, and what data and model still disagree on."""
        h, w = (t.detach().double().cpu().numpy() for t in (self.fields, self.weights))
        strongest = np.sort(np.argsort(-np.abs(w))[:SHOWN_EDGES])
        _, pair = self.moments()
        s = double(2 * about.data - 1)
        # The upper triangle is what the likelihood's slope is made of; only coupled pairs are asked to agree.
        wanted = (s.T @ s / len(s) - pair)[self.pairs[0], self.pairs[1]]
        gap = np.full((self.dim, self.dim), np.nan)
        gap[tuple(self.pairs.cpu().numpy())] = wanted.cpu().numpy()
        x = about.x
        row = [x]
        for done in range(1, SHOWN_SWEEPS[-1] + 1):
            u = torch.rand(x.shape, generator=about.generator, device=x.device, dtype=x.dtype)
            x = self._sweep(x, u, 1 / self.options.temperature)
            if done in SHOWN_SWEEPS:
                row.append(x)
        alone = self._pulls(about.x).sigmoid()
        return (
            PixelGraph(
                "Couplings", self.pairs.T.cpu().numpy()[strongest], w[strongest],
                nodes=about.data.mean(dim=0).double().cpu().numpy(),
                help=f"The {len(strongest)} strongest: positive ones pull two pixels to the same value, negative ones apart.",
            ),
            Pictures("Fields", h[None], ("h",), "signed", help="What each pixel likes by itself."),
            Pictures(
                "A Gibbs chain from the chosen image", torch.cat(row).double().cpu().numpy(),
                tuple(f"{n} sweeps" if n != 1 else "1 sweep" for n in SHOWN_SWEEPS),
                help=f"At temperature {self.options.temperature:g}.",
            ),
            Pictures(
                "Each pixel given all others", alone.double().cpu().numpy(), ("p(lit | others)",),
                help="What the chain draws from, and what pseudo-likelihood trains.",
            ),
            Matrix(
                "What is still to learn", gap, scale="signed",
                help="Mean of s·s′ over the data minus its exact mean under the model: the slope of the likelihood.",
            ),
            Facts(
                "The sum over all images",
                (
                    ("log Z", exact(self.log_z(), "sum over all 2^25 images")),
                    ("energy of the data", exact(float(self.energy(about.data).mean()), "mean over the data")),
                ),
            ),
        )  # fmt: skip


def coupled_pairs(connections: str, dim: int) -> Tensor:
    """The pairs (i, j), i < j, that are coupled, (2, m) int64; the pixels fill a square row by row."""
    if connections == "all":
        return torch.triu_indices(dim, dim, 1)
    side = round(dim**0.5)
    steps = [(0, 1), (1, 0)] + ([(1, 1), (1, -1)] if connections == "diagonals" else [])
    found = [
        (r * side + c, (r + down) * side + c + right)
        for r in range(side)
        for c in range(side)
        for down, right in steps
        if r + down < side and 0 <= c + right < side
    ]
    return torch.tensor(found, dtype=torch.int64).T.contiguous()


def independent_groups(connections: str, dim: int) -> list[list[int]]:
    """The pixels in groups without a coupling inside: as on a chess board, or one by one where all are coupled."""
    if connections == "all":
        return [[j] for j in range(dim)]
    side = round(dim**0.5)
    colour = [
        (j // side + j % side) % 2 if connections == "neighbours" else 2 * (j // side % 2) + j % side % 2
        for j in range(dim)
    ]
    return [[j for j in range(dim) if colour[j] == c] for c in sorted(set(colour))]
