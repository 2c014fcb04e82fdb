"""Mixture of Bernoullis: p(x) = Σ_k π_k Π_j μ_kj^x_j (1 − μ_kj)^(1 − x_j), x ∈ {0,1}^25.

The pixels are independent given the component k, a hidden cause. EM [1] takes turns:
    E   r_nk ∝ π_k p(x_n | k)                                whose image is it?
    M   π_k = Σ_n r_nk / N,  μ_kj = (Σ_n r_nk x_nj + α) / (Σ_n r_nk + 2α)
Each turn raises log p(data) + α Σ_kj log μ_kj (1 − μ_kj), the likelihood alone where the smoothing α is 0; gradient ascent
climbs the same hill.

[1] Dempster, Laird and Rubin 1977.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import log_softmax, logsigmoid

from genplay.knobs import Knobs
from genplay.models.base import About, Batch, Model, Phase, Setting, Terms
from genplay.models.cards.bernoulli_mixture import CARD, BernoulliMixtureKnobs
from genplay.models.exhibits import Bars, Exhibit, Facts, Pictures
from genplay.models.layers import double
from genplay.quantity import Kind, exact
from genplay.spaces.binary import log_mixture_block

__all__ = ["BernoulliMixture"]

CERTAIN = 60.0
"""The largest log odds kept: a pixel that no example of a component lights has log μ = −60, not −∞."""
SETTLED = 1e-7
"""EM has arrived when a turn gains less than this many nats an example."""

SHOWN, BLAMED = 40, 6
"""Prototypes that are shown, and those of one image."""


class BernoulliMixture(Model):
    """Prototype images with weights. ``weight_logits`` (K,) give π by softmax, ``pixel_logits`` (K, 25) give μ by sigmoid."""

    card = CARD
    density_kind: Kind = "exact"
    density_method = "sum over the components"

    def __init__(self, knobs: Knobs, setting: Setting) -> None:
        super().__init__(knobs, setting)
        self.weight_logits = nn.Parameter(torch.zeros(self.options.components))
        self.pixel_logits = nn.Parameter(
            spread_prototypes(setting.x, self.options.components, setting.generator)
        )
        self._examples = len(setting.x)
        self._expected: tuple[Tensor, Tensor] | None = None
        self._objective_before = -np.inf
        self._converged = False

    @property
    def options(self) -> BernoulliMixtureKnobs:
        assert isinstance(self.knobs, BernoulliMixtureKnobs)
        return self.knobs

    def configure(self, knobs: Knobs) -> None:
        """Take new live knobs; another smoothing is another goal, so EM goes on."""
        super().configure(knobs)
        self._forget_progress()

    @property
    def finished(self) -> bool:
        return self._converged

    def phases(self) -> tuple[Phase, ...]:
        if self.objective == "em":
            return (Phase("E", self.expect, full=True), Phase("M", self.maximise, full=True))
        return (Phase("gradient", self._gradient, list(self.parameters())),)

    @torch.no_grad()
    def expect(self, batch: Batch) -> Terms:
        """E: the responsibilities of all examples under the present components."""
        joint = self._log_joint(batch.x)
        evidence = joint.logsumexp(dim=1)
        self._expected = (double(batch.x), (joint - evidence[:, None]).exp())
        climbed = float(evidence.mean() + self._log_prior() / len(batch.x))
        self._converged = 0 <= climbed - self._objective_before < SETTLED
        self._objective_before = climbed
        return {"loss": -evidence.mean()}

    @torch.no_grad()
    def maximise(self, batch: Batch) -> Terms:
        """M: weights and prototypes from the responsibilities of the last E."""
        if self._expected is None:
            self.expect(batch)
        assert self._expected is not None
        x, r = self._expected
        alpha = self.options.smoothing
        count = r.sum(dim=0)
        lit, dark = r.T @ x, r.T @ (1 - x)
        log_odds = (lit + alpha).log() - (dark + alpha).log()
        self.weight_logits.copy_((count / len(x)).clamp_min(1e-12).log())
        self.pixel_logits.copy_(log_odds.nan_to_num(0.0).clamp(-CERTAIN, CERTAIN))
        return {"used components": torch.exp(-(p := count / len(x)).xlogy(p).sum())}

    def _gradient(self, batch: Batch) -> Terms:
        weights, one, zero = log_softmax(self.weight_logits, 0), *self._log_pixels(self.pixel_logits)
        joint = batch.x @ (one - zero).T + (weights + zero.sum(dim=1))
        nll = -joint.logsumexp(dim=1).mean()
        # The smoothing as in EM: α log μ (1 − μ) once for all examples together.
        prior = self.options.smoothing / self._examples * (one + zero).sum()
        return {"loss": nll - prior, "negative log-likelihood": nll}

    def data_changed(self) -> None:
        self._forget_progress()

    def _forget_progress(self) -> None:
        self._objective_before, self._converged = -np.inf, False

    def _log_prior(self) -> Tensor:
        one, zero = self._log_pixels(double(self.pixel_logits))
        return self.options.smoothing * (one + zero).sum()

    @staticmethod
    def _log_pixels(logits: Tensor) -> tuple[Tensor, Tensor]:
        """log μ and log(1 − μ), (K, 25) each."""
        return logsigmoid(logits), logsigmoid(-logits)

    def _tables(self) -> tuple[Tensor, Tensor, Tensor]:
        """log π (K,), log μ and log(1 − μ) (K, 25) in float64."""
        return log_softmax(double(self.weight_logits), 0), *self._log_pixels(double(self.pixel_logits))

    def _log_joint(self, x: Tensor) -> Tensor:
        """log π_k + log p(x_n | k), (n, K), in float64."""
        weights, one, zero = self._tables()
        return double(x) @ (one - zero).T + (weights + zero.sum(dim=1))

    def log_prob(self, x: Tensor) -> Tensor:
        """log p(x) in nats, (n, 25) → (n,), summed in float64."""
        return self._log_joint(x).logsumexp(dim=1).to(x)

    def responsibilities(self, x: Tensor) -> Tensor:
        """P(k | x), (n, 25) → (n, K)."""
        return self._log_joint(x).softmax(dim=1).to(x)

    def prototypes(self) -> Tensor:
        """The components' pixel probabilities μ, (K, 25)."""
        return self.pixel_logits.detach().sigmoid()

    def weights(self) -> Tensor:
        """The components' weights π, (K,)."""
        return self.weight_logits.detach().softmax(dim=0)

    def log_prob_blocks(self) -> Callable[[int, int], NDArray[np.float64]]:
        """log p of whole blocks of the 2^25 images: a table per half, one matrix product a block."""
        weights, one, zero = (t.detach().cpu().numpy() for t in self._tables())
        return lambda start, stop: log_mixture_block(weights, one, zero, start, stop)

    def noise(self, n: int, generator: torch.Generator) -> Tensor:
        """Uniforms (n, 26): one picks the component, 25 light the pixels."""
        return torch.rand(n, self.dim + 1, generator=generator, device=generator.device)

    @torch.no_grad()
    def sample_from(self, noise: Tensor) -> Tensor:
        """Component by inverting the cumulative weights, then pixel j lit where its uniform is below μ_kj."""
        cumulative = self.weights().cumsum(dim=0)
        component = torch.searchsorted(cumulative, noise[:, 0].contiguous()).clamp_max(len(cumulative) - 1)
        return (noise[:, 1:] < self.prototypes()[component]).to(noise)

    @torch.no_grad()
    def exhibits(self, about: About) -> tuple[Exhibit, ...]:
        weights, prototypes, shares = self.weights(), self.prototypes(), self.responsibilities(about.x)[0]
        heaviest = weights.argsort(descending=True, stable=True)[:SHOWN]
        likeliest = shares.argsort(descending=True, stable=True)[:BLAMED]
        blend = torch.cat([about.x, shares[None] @ prototypes, prototypes[likeliest]])
        said = tuple(f"{float(shares[k]):.0%} prototype {k + 1}" for k in likeliest.tolist())
        return (
            Pictures(
                "Prototypes: the components' pixel probabilities, heaviest first",
                prototypes[heaviest].cpu().double().numpy(),
                tuple(f"{k + 1}: {float(weights[k]):.1%}" for k in heaviest.tolist()),
            ),
            Pictures(
                "Responsibilities: which prototypes made the chosen image",
                blend.cpu().double().numpy(),
                ("chosen", "their blend", *said),
                help="P(k | x) = weight × probability / sum over the components: Bayes' rule, and EM's E step.",
            ),
            Bars(
                "Mixing weights",
                tuple(str(k + 1) for k in range(len(weights))),
                weights.cpu().double().numpy(),
            ),
            Facts(
                "The mixture in numbers",
                (
                    ("prototypes in use", f"{float(torch.exp(-torch.xlogy(weights, weights).sum())):.1f} of {len(weights)}"),
                    ("log p of the chosen image", exact(float(self.log_prob(about.x)), self.density_method)),
                ),
                "In use: e to the entropy of the weights.",
            ),
        )  # fmt: skip


@torch.no_grad()
def spread_prototypes(x: Tensor, k: int, generator: torch.Generator) -> Tensor:
    """Starting log odds (k, 25): examples chosen far apart [k-means++], softened to probabilities 0.2 and 0.8.

    Each next example is drawn with probability proportional to the number of pixels in which it differs from the
    nearest one already chosen (Arthur and Vassilvitskii 2007).
    """
    chosen = [int(torch.randint(len(x), (1,), generator=generator, device=generator.device))]
    nearest = (x - x[chosen[0]]).abs().sum(dim=1)
    for _ in range(k - 1):
        weights = nearest if float(nearest.sum()) > 0 else torch.ones_like(nearest)
        chosen.append(int(torch.multinomial(weights, 1, generator=generator)))
        nearest = torch.minimum(nearest, (x - x[chosen[-1]]).abs().sum(dim=1))
    jitter = torch.rand(k, x.shape[1], generator=generator, device=generator.device)
    return torch.logit(0.2 + 0.6 * x[chosen] + 0.05 * (jitter - 0.5).to(x))
