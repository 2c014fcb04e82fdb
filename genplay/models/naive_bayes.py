"""Naive Bayes: a class y ~ P(y), then x ~ p(x | y) with the parts of x independent of each other.

    P(y | x) = P(y) p(x | y) / p(x)          p(x | y) = Π_j p(x_j | y)          p(x) = Σ_y P(y) p(x | y)
    posterior = prior · likelihood / evidence

All of it is counted or averaged within each class. The assumption is nearly always wrong, and yet the largest posterior is
often that of the right class [1]. ``coupled`` drops it: whole images are counted, of which nearly all are unseen, or the
Gaussians of the plane may tilt.

[1] Domingos and Pazzani 1997.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from genplay.datasets.base import Law, has_density
from genplay.knobs import Knobs
from genplay.models.base import About, Batch, Model, Phase, Setting, Terms
from genplay.models.bayes_exhibits import bayes_rule, classes_on_the_plane, pixel_evidence, prototypes
from genplay.models.cards.naive_bayes import CARD, NaiveBayesKnobs
from genplay.models.class_likelihoods import ClassLikelihoods, ClassNormals, ImageCounts, PixelCounts
from genplay.models.exhibits import Bars, Exhibit, Facts
from genplay.models.layers import double
from genplay.quantity import Kind, Quantity, estimate, exact

__all__ = ["NaiveBayes"]

FITTED, JUDGED = 10_000, 3_000
"""So many fresh points stand for endless data, and so many others measure what is then still wrong."""


class NaiveBayes(Model):
    """The class counts (C,) and p(x | y); before they are counted all classes are alike."""

    card = CARD
    density_kind: Kind = "exact"
    density_method = "sum over the classes"
    knobs: NaiveBayesKnobs
    examples: Tensor

    def __init__(self, knobs: NaiveBayesKnobs, setting: Setting) -> None:
        super().__init__(knobs, setting)
        self.classes = setting.classes
        self.box = setting.box
        self.register_buffer("examples", torch.zeros(setting.classes, dtype=torch.int64))
        self.likelihood = self._made(setting.x)
        self._law = setting.law
        self._limit: Quantity | None = None
        self._stale = True
        if not isinstance(self.likelihood, ClassNormals):
            # The plane has no table of all its points, so this is not a method of the class.
            self.log_prob_blocks = self._log_prob_blocks

    def _made(self, x: Tensor) -> ClassNormals | PixelCounts | ImageCounts:
        """A fresh p(x | y) of the kind that is asked for."""
        naive = self.objective == "naive"
        if self.world == "plane":
            return ClassNormals(x, self.classes, naive)
        if naive:
            return PixelCounts(self.classes, self.knobs.pixel_smoothing)
        return ImageCounts(self.classes, self.knobs.image_smoothing)

    def configure(self, knobs: Knobs) -> None:
        super().configure(knobs)
        if isinstance(self.likelihood, PixelCounts):
            self.likelihood.smoothing = self.knobs.pixel_smoothing
        elif isinstance(self.likelihood, ImageCounts):
            self.likelihood.smoothing = self.knobs.image_smoothing
        self._limit = None

    def phases(self) -> tuple[Phase, ...]:
        return (Phase("count", self._count, full=True),)

    @property
    def finished(self) -> bool:
        return not self._stale

    def data_changed(self) -> None:
        self._stale = True

    def law_changed(self, law: Law | None) -> None:
        self._law, self._limit = law, None

    @torch.no_grad()
    def _count(self, batch: Batch) -> Terms:
        self.examples.copy_(torch.bincount(batch.y, minlength=self.classes))
        self.likelihood.fit(batch.x, batch.y)
        self._stale = False
        named = self.class_posterior(batch.x).argmax(dim=1) == batch.y
        return {"loss": -self.log_prob(batch.x).mean(), "accuracy": named.float().mean()}

    # Bayes' rule

    def log_prior(self) -> Tensor:
        """log P(y), (C,), float64; −∞ for a class without examples."""
        seen = double(self.examples)
        if not bool(seen.any()):
            return torch.full_like(seen, -math.log(self.classes))
        if self.knobs.prior == "even":
            seen = (seen > 0).double()
        return (seen / seen.sum()).log()

    def log_joint(self, x: Tensor) -> Tensor:
        """log P(y) p(x | y), (n, d) → (n, C), float64."""
        return self.log_prior() + double(self.likelihood.log_prob(x))

    def log_prob(self, x: Tensor) -> Tensor:
        """log p(x), the evidence, in nats, (n, d) → (n,)."""
        return self.log_joint(x).logsumexp(dim=1).to(x)

    def class_posterior(self, x: Tensor) -> Tensor:
        """P(y | x), (n, d) → (n, C); where x is impossible in every class nothing was learned, and the prior stays."""
        joint = self.log_joint(x)
        possible = joint.isfinite().any(dim=1, keepdim=True)
        return torch.where(possible, joint, self.log_prior()).softmax(dim=1).to(x)

    def _log_prob_blocks(self) -> Callable[[int, int], NDArray[np.float64]]:
        """log p of whole blocks of the 2^25 images."""
        assert not isinstance(self.likelihood, ClassNormals)
        return self.likelihood.blocks(self.log_prior())

    # Samples

    def noise(self, n: int, generator: torch.Generator) -> Tensor:
        """(n, 1 + k): a uniform number that picks the class, and what a sample of a class is made from."""
        pick = torch.rand(n, 1, generator=generator, device=generator.device)
        return torch.cat([pick, self.likelihood.noise(n, generator)], dim=1)

    @torch.no_grad()
    def sample_from(self, noise: Tensor) -> Tensor:
        edges = self.log_prior().exp().cumsum(dim=0).to(noise)
        labels = torch.searchsorted(edges, noise[:, 0].contiguous() * edges[-1], right=True)
        return self.sample_class(noise, labels.clamp(max=self.classes - 1))

    @torch.no_grad()
    def sample_class(self, noise: Tensor, labels: Tensor) -> Tensor:
        """Samples of p(x | y) for the classes (n,)."""
        return self.likelihood.draw(noise[:, 1:], labels)

    # What is shown

    @torch.no_grad()
    def exhibits(self, about: About) -> tuple[Exhibit, ...]:
        prior, likelihoods = self.log_prior(), double(self.likelihood.log_prob(about.x))[0]
        shown: list[Exhibit] = [*bayes_rule(prior, likelihoods, self.class_posterior(about.x)[0])]
        if isinstance(self.likelihood, ClassNormals):
            normals = self.likelihood.normals
            shown.append(classes_on_the_plane(self.log_joint, normals, self.box, about.x))
        elif isinstance(self.likelihood, PixelCounts):
            odds = self.likelihood.log_odds()
            shown += [prototypes(odds.sigmoid()), *pixel_evidence(odds, prior + likelihoods, about.x)]
        if self.world == "digits":
            shown.append(self._seen_whole(about))
        return (*shown, self._reach(about))

    def _seen_whole(self, about: About) -> Bars:
        """The coupled count beside: how often exactly the chosen image is among the examples of each class."""
        same = about.labels[(about.data == about.x).all(dim=1)]
        counts = torch.bincount(same, minlength=self.classes)[: self.classes].cpu().double().numpy()
        return Bars(
            "Counted as a whole: the chosen image among the examples of each class",
            tuple(f"class {k}" for k in range(self.classes)),
            counts,
            "times",
            help="Without the assumption of independence these counts are all there is to go by, and nearly always they are 0.",
        )

    def _reach(self, about: About) -> Facts:
        named = (self.class_posterior(about.data).argmax(dim=1) == about.labels).double().mean()
        rows: list[tuple[str, Quantity | str]] = [
            (
                "classes named rightly",
                exact(100 * float(named), f"of {len(about.data):,} training points", "%"),
            ),
        ]
        if self._limit is None and self._law is not None and has_density(self._law):
            self._limit = self._least_kl(self._law)
        if self._limit is not None:
            rows.append(("KL(p‖q) left with endless data", self._limit))
        return Facts(
            "How far this model can go",
            tuple(rows),
            "The law of the data is known, so it can be said what the assumption costs: with endless data this much stays wrong.",
        )

    def _least_kl(self, law: Law) -> Quantity | None:
        """KL(p‖q) of the q that this model would become with endless data, p the law."""
        if self.objective == "coupled" and self.world == "digits":
            return exact(0.0, "a table of all images can be any distribution")
        rng = np.random.default_rng(0)
        x, y = law.sample(FITTED, rng)
        if y.max() >= self.classes:
            return None
        points, labels = torch.tensor(x, dtype=torch.float32), torch.tensor(y)
        ideal: ClassLikelihoods = self._made(points)
        with torch.no_grad():
            ideal.fit(points, labels)
            fresh, _ = law.sample(JUDGED, rng)
            prior = double(torch.bincount(labels, minlength=self.classes) / len(labels)).log()
            joint = prior + double(ideal.log_prob(torch.tensor(fresh, dtype=torch.float32)))
        gap = law.log_prob(fresh) - joint.logsumexp(dim=1).numpy()
        method = f"fitted to {FITTED:,} fresh points of the law, mean of log p/q over {JUDGED:,} others"
        return estimate(float(gap.mean()), float(gap.std(ddof=1)) / math.sqrt(JUDGED), method)
