"""A mixture of runs that were trained apart [1]: p(x) = Σ_k w_k p_k(x), each p_k a whole model that stays as it is.

Only the weights are learned, by EM over all the training data [2]; each round cannot lower the likelihood, which is concave in w:

    E: r_ik = w_k p_k(x_i) / p(x_i)      M: w_k = (1/n) Σ_i r_ik

or they are set by hand. The density is as good as the worst of its members: exact only if all are, a lower bound if some are
bounds. A sample is one of a member that is picked with probability w_k. Before a run has been added, one simple model (a
Gaussian; independent pixels) stands in.

[1] Stacked densities: Smyth and Wolpert 1999.  [2] Dempster, Laird and Rubin 1977.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from typing import Self, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from genplay.knobs import Knobs
from genplay.models.base import About, Batch, HasBlocks, HasDensity, HasScore, Model, Phase, Setting, Terms
from genplay.models.cards.run_mixture import CARD, RunMixtureKnobs
from genplay.models.ensemble_exhibits import mixture_exhibits
from genplay.models.exhibits import Exhibit
from genplay.models.experts import log_mixture_blocks
from genplay.models.layers import double
from genplay.models.registry import card
from genplay.quantity import Kind

__all__ = ["EnumeratedRunMixture", "PlaneRunMixture", "RunMixture", "run_mixture"]

SETTLED = 1e-7
"""EM ends when a round adds less than so many nats an example."""
_WORST: tuple[Kind, ...] = ("exact", "bound", "estimate")


def run_mixture(knobs: Knobs, setting: Setting) -> RunMixture:
    """The mixture of the setting's members; with the table of all images if every member has one."""
    members = list(setting.members) or [_stand_in(setting)]
    if setting.world == "plane":
        return PlaneRunMixture(knobs, setting, members)
    tables = all(isinstance(model, HasBlocks) for _, model, _ in members)
    return (EnumeratedRunMixture if tables else RunMixture)(knobs, setting, members)


def _stand_in(setting: Setting) -> tuple[str, Model, float]:
    """One simple model of the data, fitted at once."""
    name, knobs = (
        ("gaussian", dict[str, object]())
        if setting.world == "plane"
        else ("bernoulli-mixture", {"components": 1})
    )
    found = card(name, setting.world)
    alone = dataclasses.replace(setting, objective=found.objective(setting.world, None).id, members=())
    model = found.load(setting.world)(found.knobs.parse(knobs), alone)
    batch = Batch(setting.x, setting.y, setting.generator)
    for phase in model.phases():
        phase.run(batch)
    return "stand-in", model, 1.0


class RunMixture(Model):
    """``weights`` (K,) sum to 1; ``models`` are the members, which no step changes."""

    card = CARD
    weights: Tensor

    def __init__(self, knobs: Knobs, setting: Setting, members: list[tuple[str, Model, float]]) -> None:
        super().__init__(knobs, setting)
        self.names = tuple(name for name, _, _ in members)
        self.models = nn.ModuleList(model for _, model, _ in members)
        self.models.requires_grad_(False).eval()
        self._widths = [model.noise(1, torch.Generator().manual_seed(0)).shape[1] for _, model, _ in members]
        self._given = [weight for _, _, weight in members]
        self._log_probs: Tensor | None = None
        self._shares: Tensor | None = None
        self._last, self._settled = -math.inf, False
        self.register_buffer("weights", torch.full((len(members),), 1 / len(members)))

    @property
    def options(self) -> RunMixtureKnobs:
        assert isinstance(self.knobs, RunMixtureKnobs)
        return self.knobs

    def train(self, mode: bool = True) -> Self:
        """The members have been trained: they are always as they are looked at."""
        super().train(mode)
        self.models.eval()
        return self

    def configure(self, knobs: Knobs) -> None:
        super().configure(knobs)
        self._last, self._settled = -math.inf, False

    def data_changed(self) -> None:
        self._log_probs = self._shares = None
        self._last, self._settled = -math.inf, False

    # The weights

    def phases(self) -> tuple[Phase, ...]:
        return Phase("E", self._expect, full=True), Phase("M", self._maximise, full=True)

    @property
    def finished(self) -> bool:
        return self._settled

    @torch.no_grad()
    def _expect(self, batch: Batch) -> Terms:
        """Whom each example belongs to, (n, K); what no member thinks possible tells nothing of the weights."""
        if self._log_probs is None:
            self._log_probs = torch.cat([double(self._each(part)) for part in batch.x.split(4096)])
        known = self._log_probs[self._log_probs.isfinite().any(dim=1)]
        joint = known + double(self.weights).log()
        self._shares = joint.softmax(dim=1)
        reached = float(joint.logsumexp(dim=1).mean()) if len(known) else -math.inf
        self._settled = self._settled or not reached - self._last >= SETTLED
        self._last = reached
        impossible = torch.tensor(len(batch.x) - len(known))
        told = {"loss": batch.x.new_tensor(-reached)} if math.isfinite(reached) else {}
        return {**told, "impossible examples": impossible} if len(known) < len(batch.x) else told

    @torch.no_grad()
    def _maximise(self, batch: Batch) -> Terms:
        if self._shares is None:
            self._expect(batch)
        assert self._shares is not None
        if self.options.weighting == "by hand":
            given = torch.tensor(self._given, dtype=torch.float64)
            self.weights.copy_(given / given.sum())
            self._settled = True
        elif len(self._shares):
            self.weights.copy_(self._shares.mean(dim=0))
        return {}

    # Density

    @property
    def density_kind(self) -> Kind:
        """That of the worst member."""
        return max((self._density(k).density_kind for k in range(len(self.models))), key=_WORST.index)

    @property
    def density_method(self) -> str:
        """How the members' densities are taken."""
        ways = dict.fromkeys(self._density(k).density_method for k in range(len(self.models)))
        return f"weighted sum of {len(self.models)} runs ({'; '.join(ways)})"

    def settle_density(self) -> None:
        for model in self.models:
            cast(Model, model).settle_density()

    def member(self, k: int) -> Model:
        """Member k."""
        return cast(Model, self.models[k])

    def _density(self, k: int) -> HasDensity:
        return cast(HasDensity, self.models[k])

    def _each(self, x: Tensor) -> Tensor:
        """log p_k(x), (n, d) → (n, K)."""
        return torch.stack(
            [self._density(k).log_prob(x).to(self.weights) for k in range(len(self.models))], dim=1
        )

    def _joint(self, x: Tensor) -> Tensor:
        return self._each(x) + self.weights.log()

    def log_prob(self, x: Tensor) -> Tensor:
        """log p(x) in nats, (n, d) → (n,)."""
        return self._joint(x).logsumexp(dim=1)

    def responsibilities(self, x: Tensor) -> Tensor:
        """P(run k | x), (n, d) → (n, K); the weights where no run thinks x possible."""
        joint = self._joint(x)
        possible = joint.isfinite().any(dim=1, keepdim=True)
        return torch.where(possible, joint, self.weights.log()).softmax(dim=1)

    # Sampling

    def noise(self, n: int, generator: torch.Generator) -> Tensor:
        """A uniform that picks the member, then what each member's sample would be made from, (n, 1 + …)."""
        pick = torch.rand(n, 1, generator=generator, device=generator.device)
        return torch.cat([pick, self.member_noise(n, generator)], dim=1)

    def member_noise(self, n: int, generator: torch.Generator) -> Tensor:
        """What n samples of each member are made from, side by side."""
        return torch.cat([self.member(k).fresh_noise(n, generator) for k in range(len(self.models))], dim=1)

    def draw(self, k: int, noise: Tensor) -> Tensor:
        """Samples of member k."""
        return self.member(k).sample_from(noise.split(self._widths, dim=1)[k])

    @torch.no_grad()
    def sample_from(self, noise: Tensor) -> Tensor:
        ends = self.weights.cumsum(dim=0)
        chosen = torch.searchsorted(ends, noise[:, 0].contiguous().to(ends)).clamp(max=len(ends) - 1)
        out = noise.new_zeros(len(noise), self.dim)
        for k in range(len(ends)):
            rows = chosen == k
            if bool(rows.any()):
                out[rows] = self.draw(k, noise[rows, 1:]).to(out)
        return out

    def exhibits(self, about: About) -> tuple[Exhibit, ...]:
        """The weights, each member's likelihood, who answers for the chosen x, samples, coverage against quality."""
        return mixture_exhibits(self, about)


class PlaneRunMixture(RunMixture):
    """On the plane, with a score."""

    def score(self, x: Tensor) -> Tensor:
        """∇ₓ log p(x) = Σ_k r_k(x) ∇ₓ log p_k(x), (n, 2) → (n, 2)."""
        slopes = torch.stack([self._score(self.member(k), x).to(x) for k in range(len(self.models))], dim=2)
        return (slopes * self.responsibilities(x).detach()[:, None]).sum(dim=2)

    @staticmethod
    def _score(model: Model, x: Tensor) -> Tensor:
        if isinstance(model, HasScore):
            return model.score(x)
        with torch.enable_grad():
            x = x.detach().requires_grad_()
            value = cast(HasDensity, model).log_prob(x)
            # Steps, as of a histogram, are flat wherever they have a slope at all.
            if not value.requires_grad:
                return torch.zeros_like(x)
            (slope,) = torch.autograd.grad(value.sum(), x)
        return slope


class EnumeratedRunMixture(RunMixture):
    """Images, every member with a table of all of them."""

    @torch.no_grad()
    def log_prob_blocks(self) -> Callable[[int, int], NDArray[np.float64]]:
        """log p of all 2^25 images by blocks."""
        return log_mixture_blocks(list(self.models), self.weights.log())
