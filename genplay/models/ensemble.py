"""A gated mixture of experts [1]: K models and a gate π share the data,  p(x) = Σ_k π_k p_k(x).

The gate's view of one x is its posterior, r_k(x) = π_k p_k(x) / p(x): who is responsible. Three ways to train:
    gradient   climb E log p(x) with gate and experts together
    em         E: r_k of a batch.  M: some steps on E Σ_k r_k (log π_k + log p_k), r held still                  [2]
    separate   each expert climbs E log p_k(x) alone, on its own random half of every batch; only π climbs E log p(x)  [3]
In the first two the experts divide the data among them; in the last they do not know of each other, and their mean covers
what a single one gets wrong. An expert is a Gaussian or a spline flow on the plane, a product of pixels or a MADE for images.

[1] Jacobs, Jordan, Nowlan and Hinton 1991.  [2] Jordan and Jacobs 1994.  [3] Breiman 1996.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import one_hot

from genplay.models.base import About, Batch, Model, Phase, Setting, Terms
from genplay.models.cards.ensemble import CARD, EnsembleKnobs
from genplay.models.ensemble_exhibits import ensemble_exhibits
from genplay.models.exhibits import Exhibit
from genplay.models.experts import Bank, BernoulliBank, GaussianBank, ModelBank, local_data
from genplay.models.layers import NoiseTape
from genplay.quantity import Kind

__all__ = ["PixelEnsemble", "PlaneEnsemble"]


class _Ensemble(Model):
    """``gate`` (K,) gives π by softmax; ``bank`` is the experts."""

    card = CARD
    density_kind: Kind = "exact"
    density_method = "sum over the experts"
    knobs: EnsembleKnobs
    bank: Bank

    def __init__(self, knobs: EnsembleKnobs, setting: Setting) -> None:
        super().__init__(knobs, setting)
        self.gate = nn.Parameter(torch.zeros(knobs.experts))
        self._halves = NoiseTape("uniform")
        self._shared: tuple[Tensor, Tensor] | None = None

    def phases(self) -> tuple[Phase, ...]:
        learned = list(self.parameters())
        if self.objective == "em":
            return Phase("E", self._expect), Phase(
                "M", self._maximise, learned, repeats=lambda: self.knobs.m_steps
            )
        run = self._separate if self.objective == "separate" else self._together
        return (Phase("climb", run, learned),)

    def weights(self) -> Tensor:
        """π_k, (K,)."""
        return self.gate.softmax(dim=0)

    def _joint(self, x: Tensor) -> Tensor:
        """log π_k + log p_k(x), (n, K)."""
        return self.bank.log_probs(x) + self.gate.log_softmax(dim=0)

    def _together(self, batch: Batch) -> Terms:
        return {"loss": -self.log_prob(batch.x).mean()}

    @torch.no_grad()
    def _expect(self, batch: Batch) -> Terms:
        joint = self._joint(batch.x)
        shares = joint.softmax(dim=1)
        if self.knobs.hard:
            shares = one_hot(shares.argmax(dim=1), self.knobs.experts).to(shares)
        self._shared = (batch.x, shares)
        return {"nll": -joint.logsumexp(dim=1).mean()}

    def _maximise(self, batch: Batch) -> Terms:
        if self._shared is None:
            self._expect(batch)
        assert self._shared is not None
        x, shares = self._shared
        return {"loss": -(shares * self._joint(x)).sum(dim=1).mean()}

    def _separate(self, batch: Batch) -> Terms:
        each = self.bank.log_probs(batch.x)
        half = (self._halves.draw(tuple(each.shape), each, batch.generator) < 0.5).to(each)
        alone = -(half * each).sum() / half.sum().clamp_min(1.0)
        together = -(each.detach() + self.gate.log_softmax(dim=0)).logsumexp(dim=1).mean()
        return {"loss": alone + together, "alone": alone, "nll": together}

    def log_prob(self, x: Tensor) -> Tensor:
        """log p(x) in nats, (n, d) → (n,)."""
        return self._joint(x).logsumexp(dim=1)

    def responsibilities(self, x: Tensor) -> Tensor:
        """P(expert k | x), (n, d) → (n, K)."""
        return self._joint(x).softmax(dim=1)

    def noise(self, n: int, generator: torch.Generator) -> Tensor:
        """(n, 1 + …): a uniform that picks the expert, then what its sample is made from."""
        pick = torch.rand(n, 1, generator=generator, device=generator.device)
        return torch.cat([pick, self.bank.noise(n, generator)], dim=1)

    @torch.no_grad()
    def sample_from(self, noise: Tensor) -> Tensor:
        ends = self.weights().cumsum(dim=0)
        chosen = torch.searchsorted(ends, noise[:, 0].contiguous()).clamp(max=len(ends) - 1)
        out = noise.new_zeros(len(noise), self.dim)
        for k in range(len(ends)):
            rows = chosen == k
            if bool(rows.any()):
                out[rows] = self.bank.draw(k, noise[rows, 1:])
        return out

    def exhibits(self, about: About) -> tuple[Exhibit, ...]:
        """The gate, who answers for the chosen x, each expert's samples, and coverage against quality."""
        return ensemble_exhibits(self, about)


class PlaneEnsemble(_Ensemble):
    """Experts on the plane: Gaussians or spline flows, each begun on the points around its own centre."""

    def __init__(self, knobs: EnsembleKnobs, setting: Setting) -> None:
        super().__init__(knobs, setting)
        parts = local_data(setting.x, knobs.experts, setting.generator)
        if self.objective == "separate":
            parts = [setting.x] * knobs.experts
        if knobs.plane_kind == "gaussian":
            self.bank = GaussianBank(parts)
        else:
            chosen: dict[str, object] = {
                "layers": knobs.layers, "width": knobs.width, "depth": knobs.depth, "activation": knobs.activation
            }  # fmt: skip
            self.bank = ModelBank("nsf", chosen, setting, parts)

    def score(self, x: Tensor) -> Tensor:
        """∇ₓ log p(x), by automatic differentiation, (n, 2) → (n, 2)."""
        with torch.enable_grad():
            x = x.detach().requires_grad_()
            (slope,) = torch.autograd.grad(self.log_prob(x).sum(), x)
        return slope


class PixelEnsemble(_Ensemble):
    """Experts of images: products of pixels or MADEs."""

    bank: BernoulliBank | ModelBank

    def __init__(self, knobs: EnsembleKnobs, setting: Setting) -> None:
        super().__init__(knobs, setting)
        if knobs.kind == "bernoulli":
            self.bank = BernoulliBank(setting.x, knobs.experts, setting.generator)
        else:
            chosen: dict[str, object] = {
                "width": knobs.width, "depth": knobs.depth, "activation": knobs.activation
            }  # fmt: skip
            self.bank = ModelBank("made", chosen, setting, [setting.x] * knobs.experts)

    @torch.no_grad()
    def log_prob_blocks(self) -> Callable[[int, int], NDArray[np.float64]]:
        """Exact log p of all 2^25 images by blocks."""
        return self.bank.log_mixture_blocks(self.gate.log_softmax(dim=0))
