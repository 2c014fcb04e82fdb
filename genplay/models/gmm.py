"""Mixture of Gaussians [1]: p(x) = Σₖ πₖ N(x; μₖ, Σₖ).

EM [2] in turns: E takes the responsibilities rᵢₖ = πₖ N(xᵢ; μₖ, Σₖ) / p(xᵢ); M sets πₖ to their mean and refits each
Gaussian to the points with these weights. ``gradient`` climbs the same likelihood.

[1] Pearson 1894. [2] Dempster, Laird and Rubin 1977. Start as k-means++, Arthur and Vassilvitskii 2007.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from genplay.knobs import Knobs
from genplay.models.base import About, Batch, Model, Phase, Setting, Terms
from genplay.models.cards.gmm import CARD, MixtureKnobs
from genplay.models.ellipses import ellipses
from genplay.models.exhibits import Bars, Exhibit, Facts, PlanePicture, Polyline
from genplay.models.normals import Covariance, Normals
from genplay.quantity import Kind, exact

__all__ = ["GaussianMixture", "scattered_centres"]

DOTS = 600
"""About so many data points are drawn in the colours of their components."""


class GaussianMixture(Model):
    """K weighted Gaussians; ``weights``, ``normals.means`` and ``normals.covariances()`` are the ellipses to draw."""

    card = CARD
    density_kind: Kind = "exact"
    density_method = "sum over the components"
    knobs: MixtureKnobs

    def __init__(self, knobs: MixtureKnobs, setting: Setting) -> None:
        super().__init__(knobs, setting)
        centres = scattered_centres(setting.x, knobs.components, setting.generator)
        near = torch.cdist(setting.x, centres).square().min(dim=1).values.mean()
        scale = (near / setting.dim).sqrt().expand(knobs.components)
        covariance: Covariance = knobs.covariance  # type: ignore[assignment]
        self.normals = Normals(centres, scale, covariance, knobs.floor)
        self.logits = nn.Parameter(torch.zeros(knobs.components))
        self.box = setting.box
        self._shares: Tensor | None = None
        self._last = -torch.inf
        self._converged = False

    @property
    def weights(self) -> Tensor:
        """πₖ, (K,)."""
        return self.logits.softmax(dim=0)

    def configure(self, knobs: Knobs) -> None:
        super().configure(knobs)
        self.normals.floor = self.knobs.floor
        self._converged = False

    def data_changed(self) -> None:
        self._shares = None
        self._last = -torch.inf
        self._converged = False

    def phases(self) -> tuple[Phase, ...]:
        if self.objective == "em":
            return Phase("E", self._expect, full=True), Phase("M", self._maximise, full=True)
        return (Phase("ascend", self._ascend, parameters=list(self.parameters())),)

    @property
    def finished(self) -> bool:
        return self._converged

    @torch.no_grad()
    def _expect(self, batch: Batch) -> Terms:
        joint = self._joint(batch.x).double()
        log_p = joint.logsumexp(dim=1, keepdim=True)
        self._shares = (joint - log_p).exp()
        mean = log_p.mean()
        gain = float(mean) - self._last
        self._converged = abs(gain) <= self.knobs.tolerance
        self._last = float(mean)
        return {"loss": -mean}

    @torch.no_grad()
    def _maximise(self, batch: Batch) -> Terms:
        if self._shares is None or len(self._shares) != len(batch.x):
            self._expect(batch)
        assert self._shares is not None
        self.normals.fit(batch.x, self._shares)
        self.logits.copy_(self._shares.mean(dim=0).clamp(min=1e-30).log())
        return {}

    def _ascend(self, batch: Batch) -> Terms:
        return {"loss": -self.log_prob(batch.x).mean()}

    def _joint(self, x: Tensor) -> Tensor:
        """log πₖ N(x; μₖ, Σₖ), (n, K)."""
        return self.normals.log_prob(x) + self.logits.log_softmax(dim=0)

    def log_prob(self, x: Tensor) -> Tensor:
        """log p(x) in nats, (n, d) → (n,)."""
        return self._joint(x).logsumexp(dim=1)

    def components(self) -> tuple[Tensor, Tensor]:
        """μₖ (K, 2) and Lₖ (K, 2, 2) with Σₖ = Lₖ Lₖᵀ."""
        return self.normals.means, self.normals.factors()

    def move_component(self, k: int, to: Tensor) -> None:
        """Put μₖ there; EM goes on from it."""
        self.normals.means[k] = to

    def responsibilities(self, x: Tensor) -> Tensor:
        """P(component k given x), (n, d) → (n, K)."""
        return self._joint(x).softmax(dim=1)

    def score(self, x: Tensor) -> Tensor:
        """∇ₓ log p(x) = −Σₖ rₖ(x) Σₖ⁻¹ (x − μₖ), (n, d) → (n, d)."""
        return (self.responsibilities(x)[:, :, None] * self.normals.scores(x)).sum(dim=1)

    def noise(self, n: int, generator: torch.Generator) -> Tensor:
        """(n, 1 + d): a uniform number that picks the component, and z ~ N(0, I)."""
        pick = torch.rand(n, 1, generator=generator, device=generator.device)
        z = torch.randn(n, self.dim, generator=generator, device=generator.device)
        return torch.cat([pick, z], dim=1)

    def sample_from(self, noise: Tensor) -> Tensor:
        steps = self.weights.cumsum(dim=0)
        k = torch.searchsorted(steps, noise[:, 0].contiguous(), right=True).clamp(max=len(steps) - 1)
        offset = self.normals.factors()[k] @ noise[:, 1:, None]
        return self.normals.means[k] + offset[:, :, 0]

    @torch.no_grad()
    def exhibits(self, about: About) -> tuple[Exhibit, ...]:
        weights, shares = self.weights, self.responsibilities(about.x)[0]
        rows = about.data[:: max(1, len(about.data) // DOTS)]
        owner = self.responsibilities(rows).argmax(dim=1)
        dots = [
            Polyline(rows[owner == k].cpu().double().numpy(), "class", k, dots=True)
            for k in owner.unique().tolist()
        ]
        chosen = Polyline(about.x.cpu().double().numpy(), "data", dots=True, label="chosen point")
        names = tuple(str(k + 1) for k in range(len(weights)))
        used = float(torch.exp(-torch.xlogy(weights, weights).sum()))
        return (
            PlanePicture(
                "The components and the points they answer for",
                self.box,
                (*dots, *ellipses(self.normals.means, self.normals.covariances(), "class"), chosen),
                legend=(
                    "ellipses: one and two standard deviations of a component",
                    "dots: data, in the colour of the component that is likeliest to have made them",
                ),
            ),
            Bars(
                "Responsibilities: which component made the chosen point",
                names,
                shares.cpu().double().numpy(),
                help="P(k | x) = weight × density / sum over the components: Bayes' rule, and EM's E step.",
            ),
            Bars("Mixing weights", names, weights.cpu().double().numpy()),
            Facts(
                "The mixture in numbers",
                (
                    ("components in use", f"{used:.1f} of {len(weights)} (e to the entropy of the weights)"),
                    ("log p of the chosen point", exact(float(self.log_prob(about.x)), self.density_method)),
                ),
            ),
        )


def scattered_centres(x: Tensor, k: int, generator: torch.Generator, tries: int = 4) -> Tensor:
    """k rows of x (n, d) far from each other, (k, d): greedy k-means++.

    Each next centre is drawn with probability ∝ its squared distance to the centres so far; of a few such draws the
    one is kept that leaves the smallest sum of squared distances.
    """
    first = torch.randint(len(x), (1,), generator=generator, device=x.device)
    chosen = [first]
    near = (x - x[first]).square().sum(dim=1)
    for _ in range(k - 1):
        odds = near if float(near.sum()) > 0 else torch.ones_like(near)
        candidates = torch.multinomial(odds, tries, replacement=True, generator=generator)
        distance = (x[:, None] - x[candidates][None]).square().sum(dim=2)
        left = torch.minimum(near[:, None], distance)
        best = left.sum(dim=0).argmin()
        chosen.append(candidates[best : best + 1])
        near = left[:, best]
    return x[torch.cat(chosen)]
