"""Hidden Markov model [1]: p(x) = Σ_z p(z_1) Π_{t>1} p(z_t | z_{t−1}) Π_t p(x_t | z_t), x_t a row of five pixels or one pixel.

Given its state every pixel of a step is independent, lit with probability μ_zj. Sums over all K^T hidden paths are done by
messages, in log space:
    forward    α_t(z) = log p(x_1 … x_t, z_t = z),        log p(x) = log Σ_z exp α_T(z)
    backward   β_t(z) = log p(x_{t+1} … x_T | z_t = z)
Baum–Welch is EM: E takes p(z_t | x) ∝ exp(α_t + β_t) and the expected transitions, M makes them the new tables. The
likeliest path is Viterbi's [2]: the forward recursion with max in place of the sum.

[1] Baum, Petrie, Soules and Weiss 1970.  [2] Viterbi 1967.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import logsigmoid

from genplay.knobs import Knobs
from genplay.models.base import About, Batch, Model, Phase, Setting, Terms
from genplay.models.cards.hmm import CARD, HMMKnobs
from genplay.models.exhibits import Exhibit, Matrix, Pictures
from genplay.models.layers import double
from genplay.quantity import Kind
from genplay.spaces.binary import HIGH, LOW, half_images

__all__ = ["HMM"]

CERTAIN = 60.0
"""The largest log odds kept: what no example of a state shows has log probability −60, not −∞."""
SETTLED = 1e-6
"""EM has arrived when a turn gains less than this many nats an example."""
SHOWN = 40


class HMM(Model):
    """``log_start`` (K,), ``log_move`` (K, K) from row to column, ``pixel_odds`` (K, L) for steps of L pixels."""

    card = CARD
    density_kind: Kind = "exact"
    density_method = "forward algorithm: sum over all hidden paths"
    order: Tensor
    log_start: Tensor
    log_move: Tensor
    pixel_odds: Tensor

    def __init__(self, knobs: Knobs, setting: Setting) -> None:
        super().__init__(knobs, setting)
        generator, K = setting.generator, self.options.states
        self.length = 5 if self.options.sequence == "rows" else 1
        steps = setting.x.reshape(-1, self.length)
        chosen = steps[torch.randint(len(steps), (K,), generator=generator)]
        jitter = torch.rand(K, self.length, generator=generator)
        # Each state begins as a step of some example, softened; moves begin nearly even.
        self.register_buffer("pixel_odds", torch.logit(0.25 + 0.4 * chosen + 0.1 * jitter))
        move = 1 + torch.rand(K + 1, K, generator=generator)
        self.register_buffer("log_start", move[0].log().log_softmax(0))
        self.register_buffer("log_move", move[1:].log().log_softmax(1))
        self.register_buffer("order", torch.arange(self.dim))
        self._expected: tuple[Tensor, Tensor, Tensor, Tensor] | None = None
        self._forget_progress()

    @property
    def options(self) -> HMMKnobs:
        assert isinstance(self.knobs, HMMKnobs)
        return self.knobs

    def configure(self, knobs: Knobs) -> None:
        """Take new live knobs; another smoothing is another goal, so EM goes on."""
        super().configure(knobs)
        self._forget_progress()

    def data_changed(self) -> None:
        self._forget_progress()

    def _forget_progress(self) -> None:
        self._before, self._converged = -np.inf, False

    @property
    def finished(self) -> bool:
        return self._converged

    # Messages, all float64

    def _emission(self, x: Tensor, odds: Tensor) -> Tensor:
        """log p(x_t | z) of steps (…, L) under pixel odds (K, L), (…, K)."""
        return double(x) @ odds.T + logsigmoid(-odds).sum(dim=1)

    def _steps(self, x: Tensor) -> Tensor:
        """log p(x_t | z_t) of images (n, 25), (n, T, K)."""
        return self._emission(x.view(len(x), -1, self.length), double(self.pixel_odds))

    def _forward(self, emitted: Tensor) -> list[Tensor]:
        """α_t of each step, T of (n, K)."""
        move = double(self.log_move).exp()
        messages = [double(self.log_start) + emitted[:, 0]]
        for t in range(1, emitted.shape[1]):
            messages.append(passed(messages[-1], move) + emitted[:, t])
        return messages

    def _backward(self, emitted: Tensor) -> list[Tensor]:
        """β_t of each step, T of (n, K)."""
        back = double(self.log_move).exp().T
        messages = [torch.zeros_like(emitted[:, 0])]
        for t in range(emitted.shape[1] - 1, 0, -1):
            messages.insert(0, passed(messages[0] + emitted[:, t], back))
        return messages

    # Baum–Welch

    def phases(self) -> tuple[Phase, ...]:
        return Phase("E", self.expect, full=True), Phase("M", self.maximise, full=True)

    @torch.no_grad()
    def expect(self, batch: Batch) -> Terms:
        """E: expected starts (K,), transitions (K, K), visits (K,) and lit pixels (K, L) of all examples."""
        emitted = self._steps(batch.x)
        alpha, beta = self._forward(emitted), self._backward(emitted)
        log_p = alpha[-1].logsumexp(dim=1)
        visits = (torch.stack(alpha, 1) + torch.stack(beta, 1) - log_p[:, None, None]).exp()
        moves = torch.zeros_like(self.log_move, dtype=torch.float64)
        for t, before in enumerate(alpha[:-1]):
            after = emitted[:, t + 1] + beta[t + 1]
            top_before, top_after = before.amax(dim=1, keepdim=True), after.amax(dim=1, keepdim=True)
            share = (top_before + top_after - log_p[:, None]).exp()
            moves += (share * (before - top_before).exp()).T @ (after - top_after).exp()
        moves *= double(self.log_move).exp()
        lit = torch.einsum("ntk,ntl->kl", visits, double(batch.x).view(len(batch.x), -1, self.length))
        self._expected = visits[:, 0].sum(dim=0), moves, visits.sum(dim=(0, 1)), lit
        climbed = float(log_p.mean() + self._log_prior() / len(batch.x))
        self._converged = 0 <= climbed - self._before < SETTLED
        self._before = climbed
        return {"loss": -log_p.mean()}

    @torch.no_grad()
    def maximise(self, batch: Batch) -> Terms:
        """M: the tables are the shares of what E expects."""
        if self._expected is None:
            self.expect(batch)
        assert self._expected is not None
        starts, moves, visits, lit = self._expected
        alpha = self.options.smoothing
        self.log_start.copy_(log_shares(starts + alpha))
        self.log_move.copy_(log_shares(moves + alpha))
        odds = (lit + alpha).log() - (visits[:, None] - lit + alpha).clamp_min(1e-300).log()
        self.pixel_odds.copy_(odds.nan_to_num(0.0).clamp(-CERTAIN, CERTAIN))
        return {"used states": torch.exp(-(p := visits / visits.sum()).xlogy(p).sum())}

    def _log_prior(self) -> Tensor:
        """What smoothing adds to the log likelihood of all examples: α times every log probability in the tables."""
        odds = double(self.pixel_odds)
        pixels = logsigmoid(odds).sum() + logsigmoid(-odds).sum()
        return self.options.smoothing * (double(self.log_start).sum() + double(self.log_move).sum() + pixels)

    # Density

    def log_prob(self, x: Tensor) -> Tensor:
        """log p(x) in nats, (n, 25) → (n,), by the forward algorithm in float64."""
        return self._forward(self._steps(x))[-1].logsumexp(dim=1).to(x)

    def log_conditionals(self, x: Tensor) -> Tensor:
        """log p(x_j | the pixels before j), (n, 25) → (n, 25): the state's distribution is updated pixel by pixel."""
        lit = self.lit_given_before(x)
        return torch.where(x > 0.5, lit, 1 - lit).log().to(x)

    def lit_given_before(self, x: Tensor) -> Tensor:
        """p(x_j = 1 | the pixels before j), (n, 25) → (n, 25), float64."""
        move, mu = double(self.log_move).exp(), double(self.pixel_odds).sigmoid()
        state = double(self.log_start).exp().expand(len(x), -1)
        columns = []
        for j in range(self.dim):
            if j and j % self.length == 0:
                state = state @ move
            chance = mu[:, j % self.length]
            columns.append((state @ chance).clamp(1e-300, 1.0))
            state = state * torch.where(x[:, j, None] > 0.5, chance, 1 - chance)
            state = state / state.sum(dim=1, keepdim=True).clamp_min(1e-300)
        return torch.stack(columns, dim=1)

    @torch.no_grad()
    def log_prob_blocks(self) -> Callable[[int, int], NDArray[np.float64]]:
        """log p of whole blocks of the 2^25 images: the state where the two halves meet splits the sum over paths.

        p(x) = Σ_z p(low half, z) p(high half | z), a matrix product of two tables.
        """
        meet = LOW // self.length
        within = LOW - meet * self.length
        odds, move = double(self.pixel_odds).cpu(), double(self.log_move).exp().cpu()
        low, high = torch.from_numpy(half_images(LOW)), torch.from_numpy(half_images(HIGH))
        emitted = self._emission(low[:, : LOW - within].view(len(low), meet, -1), odds)
        front = passed(self._forward(emitted)[-1], move)
        front += self._emission(low[:, LOW - within :], odds[:, :within])
        rest = self.length - within
        back = self._emission(high[:, :rest], odds[:, within:])
        later = self._emission(high[:, rest:].view(len(high), -1, self.length), odds)
        after = torch.zeros_like(back)
        for t in range(later.shape[1] - 1, -1, -1):
            after = passed(later[:, t] + after, move.T)
        back += after
        front_top = front.amax(dim=0)
        back += front_top
        top = back.amax(dim=1, keepdim=True)
        table = (front - front_top).exp().T.contiguous()

        def block(start: int, stop: int) -> NDArray[np.float64]:
            out: NDArray[np.float64] = (
                ((back[start:stop] - top[start:stop]).exp() @ table).log_().add_(top[start:stop]).numpy()
            )
            return out

        return block

    # Sampling

    def noise(self, n: int, generator: torch.Generator) -> Tensor:
        """Uniforms (n, T + 25): one a step for the hidden state, one a pixel."""
        size = self.dim // self.length + self.dim
        return torch.rand(n, size, generator=generator, device=generator.device)

    @torch.no_grad()
    def sample_from(self, noise: Tensor) -> Tensor:
        """The hidden path first, each state given the last one; then every pixel given its state."""
        choices, pixels = noise[:, : -self.dim], noise[:, -self.dim :]
        sums, first = self.log_move.exp().cumsum(dim=1), self.log_start.exp().cumsum(dim=0)
        path: list[Tensor] = []
        for t in range(choices.shape[1]):
            row = sums[path[-1]] if path else first.expand(len(noise), -1)
            # A sum of shares may end a hair below 1.
            path.append((choices[:, t, None] >= row).sum(dim=1).clamp_max(len(first) - 1))
        lit = self.pixel_odds.sigmoid()[torch.stack(path, dim=1)].flatten(1)
        return (pixels < lit).to(noise)

    # Looking inside

    @torch.no_grad()
    def viterbi(self, x: Tensor) -> tuple[list[int], float]:
        """The likeliest hidden path of one image (1, 25), and log p(x, path)."""
        emitted, move = self._steps(x)[0], double(self.log_move)
        best, came_from = double(self.log_start) + emitted[0], []
        for t in range(1, len(emitted)):
            value, where = (best[:, None] + move).max(dim=0)
            came_from.append(where)
            best = value + emitted[t]
        path = [int(best.argmax())]
        for where in reversed(came_from):
            path.insert(0, int(where[path[0]]))
        return path, float(best.max())

    @torch.no_grad()
    def exhibits(self, about: About) -> tuple[Exhibit, ...]:
        """The chosen image's likeliest path and the posterior of its states, transitions and what each state draws."""
        emitted = self._steps(about.x)
        posterior = torch.stack(
            [
                (a + b).softmax(dim=1)[0]
                for a, b in zip(self._forward(emitted), self._backward(emitted), strict=True)
            ]
        )
        path, _ = self.viterbi(about.x)
        mu = self.pixel_odds.sigmoid()
        busiest = self._busiest()
        names = tuple(f"state {k}" for k in busiest.tolist())
        seen = torch.cat([about.x, mu[path].view(1, -1), self.lit_given_before(about.x).to(about.x)])
        return (
            Pictures(
                "The chosen image and its likeliest path (Viterbi)", _array(seen),
                ("image", "drawn by the path", "p(lit | before)"),
                help="The path goes through the states " + " → ".join(map(str, path)) + ".",
            ),
            Matrix(
                "Where the hidden path may be", _array(posterior),
                tuple(f"step {t + 1}: state {k}" for t, k in enumerate(path)), tuple(map(str, range(len(mu)))),
                help="P(z_t | x) by forward and backward messages; each row is named by Viterbi's state.",
            ),
            Matrix(
                "Transitions", _array(self.log_move.exp()[busiest][:, busiest]), names, names,
                help="P(next state | state), for the states that are visited most.",
            ),
            Pictures(
                "What each state draws", _array(mu[busiest].repeat(1, self.dim // self.length)), names,
                help="The pixel probabilities of one step, repeated to fill a picture; the most visited states first.",
            ),
        )  # fmt: skip

    def _busiest(self) -> Tensor:
        """The states by their expected visits in a sample, at most ``SHOWN``."""
        share, move = self.log_start.exp(), self.log_move.exp()
        total = share.clone()
        for _ in range(self.dim // self.length - 1):
            share = share @ move
            total += share
        return total.argsort(descending=True, stable=True)[:SHOWN]


def passed(message: Tensor, move: Tensor) -> Tensor:
    """log Σ_i exp(m_i) A_ij, (n, K) → (n, K): a sum in log space as one matrix product."""
    top = message.amax(dim=1, keepdim=True)
    return ((message - top).exp() @ move).log() + top


def log_shares(counts: Tensor) -> Tensor:
    """log of each row's shares, kept finite; a row without counts is even."""
    return counts.clamp_min(1e-26).log().log_softmax(dim=-1)


def _array(t: Tensor) -> NDArray[np.float64]:
    return t.double().cpu().numpy()
