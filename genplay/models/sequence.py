"""What models share that read x as a sequence, pixel after pixel in raster order, after a prefix that tells the class:

    log p(x | y) = Σ_j log p(x_j | y, x_1 … x_{j−1})

One more prefix, "no class", stands for all classes: a share of the examples is shown under it, and log p(x) is the
log-density under it. So one network is a model of all data and of each class, and by Bayes' rule a classifier.

Training feeds the true x_<j (teacher forcing), some pixels of it hidden (0). Scheduled sampling [1] feeds the network's own draws instead in some places.

[1] Bengio, Vinyals, Jaitly and Shazeer 2015, arXiv:1506.03099.
"""

from __future__ import annotations

import torch
from torch import Tensor

from genplay.models import layers
from genplay.models.base import About, Batch, Model, Phase, Setting, Terms
from genplay.models.cards.chain_knobs import CoordinateKnobs, SequenceKnobs
from genplay.models.chain_exhibits import conditional_curves, exposure, pixel_by_pixel, reach
from genplay.models.coordinate_heads import BernoulliHead, Head, coordinate_head
from genplay.models.decoding import MEASURED, Step, ancestral, decoding_exhibits, jacobi
from genplay.models.differentiation import slope_of
from genplay.models.exhibits import Exhibit
from genplay.models.memo import Memo
from genplay.quantity import Kind

__all__ = ["PlaneScore", "SequenceModel"]


class SequenceModel(Model):
    """A subclass gives ``predict``, all conditionals in one pass, and ``stepper``, one after another.

    Inside, x is u: pixels as ±1 (0 is a hidden pixel), coordinates of unit size, both in the order of prediction.
    """

    density_kind: Kind = "exact"
    density_method = "chain rule, product of the conditionals without a class"

    order: Tensor
    place: Tensor
    class_shares: Tensor

    def __init__(self, knobs: SequenceKnobs, setting: Setting) -> None:
        super().__init__(knobs, setting)
        self.classes = setting.classes
        self.head: Head = BernoulliHead()
        order = torch.arange(self.dim)
        self.standardise: layers.Standardise | None = None
        if isinstance(knobs, CoordinateKnobs) and setting.world == "plane":
            self.head = coordinate_head(knobs.head, knobs.components, knobs.bins)
            self.standardise = layers.Standardise(setting.x)
            order = order if knobs.first == "x1" else order.flip(0)
        self.register_buffer("order", order)
        self.register_buffer("place", torch.argsort(order))
        counts = torch.bincount(setting.y, minlength=self.classes).float() + 1e-3
        self.register_buffer("class_shares", counts / counts.sum())
        self._tape = layers.NoiseTape("uniform")
        self._measured: Memo[tuple[Tensor, tuple[Exhibit, ...]]] = Memo()

    @property
    def options(self) -> SequenceKnobs:
        assert isinstance(self.knobs, SequenceKnobs)
        return self.knobs

    # What a subclass gives

    def predict(self, u: Tensor, y: Tensor) -> Tensor:
        """What the head needs for each place, given those before it, (n, d) and (n,) → (n, d, size)."""
        raise NotImplementedError

    def stepper(self, y: Tensor) -> Step:
        """The same for one place after another, keeping what can be kept."""
        raise NotImplementedError

    # Training

    def phases(self) -> tuple[Phase, ...]:
        learned = [p for p in self.parameters() if p.requires_grad]
        # Narrow components make steep slopes: on the plane the steps are shorter.
        rate = 1.0 if self.standardise is None else 0.3
        return (Phase("cross-entropy", self._cross_entropy, learned, rate=lambda: rate),)

    def _cross_entropy(self, batch: Batch) -> Terms:
        options, targets = self.options, self._targets(batch.x)
        n, d = targets.shape
        uniform = self._tape.draw((n, 2 * d + 1), targets, batch.generator)
        y = torch.where(uniform[:, -1] < options.unlabelled, self.classes, batch.y)
        if options.own_samples > 0:
            fed = self._partly_own(targets, y, uniform[:, d:-1], batch.generator)
        else:
            fed = targets
        seen = self._seen(fed)
        if self.standardise is None and options.hidden > 0:
            seen = seen * (uniform[:, :d] >= options.hidden)
        loss = -self.head.log_prob(self.predict(seen, y), targets).sum() / n
        return {"loss": loss - self._log_det()}

    @torch.no_grad()
    def _partly_own(self, x: Tensor, y: Tensor, uniform: Tensor, generator: torch.Generator) -> Tensor:
        """x with some places replaced, one after another, by the network's own draws given what stands before them."""
        noise = self.head.noise(len(x), self.dim, generator).to(x)
        own = uniform < self.options.own_samples
        step, fed = self.stepper(y), x.clone()
        for j in range(self.dim):
            drawn = self.head.draw(step(j, self._seen(fed)), noise[:, j], 1.0)
            fed[:, j] = torch.where(own[:, j], drawn, x[:, j])
        return fed

    def _targets(self, x: Tensor) -> Tensor:
        """x in the order of prediction, coordinates of unit size."""
        return x if self.standardise is None else self.standardise(x)[:, self.order]

    def _seen(self, targets: Tensor) -> Tensor:
        """What the network reads: pixels as ±1."""
        return 2 * targets - 1 if self.standardise is None else targets

    def _log_det(self) -> Tensor | float:
        return 0.0 if self.standardise is None else self.standardise.log_det

    # Density

    def _no_class(self, n: int) -> Tensor:
        return torch.full((n,), self.classes, device=self.order.device)

    def log_conditionals(self, x: Tensor) -> Tensor:
        """log p(x_j | those before j) in column j, (n, d) → (n, d)."""
        return self._log_conditionals(x, self._no_class(len(x)))

    def _log_conditionals(self, x: Tensor, y: Tensor) -> Tensor:
        targets = self._targets(x)
        parts = self.head.log_prob(self.predict(self._seen(targets), y), targets)
        return (parts + self._log_det() / self.dim)[:, self.place]

    def log_prob(self, x: Tensor) -> Tensor:
        """log p(x) in nats, (n, d) → (n,): the network without a class."""
        return self.log_conditionals(x).sum(dim=1)

    def class_log_prob(self, x: Tensor, y: Tensor) -> Tensor:
        """log p(x | y) in nats, (n, d) and (n,) → (n,)."""
        return self._log_conditionals(x, y).sum(dim=1)

    def class_posterior(self, x: Tensor) -> Tensor:
        """P(y | x) ∝ P(y) p(x | y) by Bayes' rule, P(y) the share of the class in the data, (n, d) → (n, classes)."""
        each = [
            self.class_log_prob(x, torch.full_like(self._no_class(len(x)), y)) for y in range(self.classes)
        ]
        return (torch.stack(each, dim=1) + self.class_shares.log()).softmax(dim=1)

    # Sampling

    @property
    def draws_its_density(self) -> bool:
        return self.options.temperature == 1

    def noise(self, n: int, generator: torch.Generator) -> Tensor:
        """Random numbers for every dimension, (n, d · k)."""
        return self.head.noise(n, self.dim, generator).flatten(1)

    def sample_from(self, noise: Tensor) -> Tensor:
        """Samples without a class."""
        return self.sample_class(noise, self._no_class(len(noise)))

    @torch.no_grad()
    def sample_class(self, noise: Tensor, labels: Tensor) -> Tensor:
        """Samples of the classes (n,), place after place, or all at once until nothing changes."""
        parts, heat = noise.view(len(noise), self.dim, self.head.noises), self.options.temperature
        if self.options.decoding == "jacobi":
            u = jacobi(lambda u: self.predict(self._seen(u), labels), self.head, parts, heat)
        else:
            u = ancestral(self._reading(labels), self.head, parts, list(range(self.dim)), heat)
        return u if self.standardise is None else self.standardise.inverse(u[:, self.place])

    def _reading(self, y: Tensor) -> Step:
        step = self.stepper(y)
        return lambda place, u: step(place, self._seen(u))

    # What is shown

    def shown(self, about: About) -> tuple[Exhibit, ...]:
        """The conditionals of the chosen x, what free running does, what sampling costs."""
        y = self._no_class(MEASURED)
        places, heat = list(range(self.dim)), self.options.temperature
        # What sampling costs does not depend on the x that is looked at: it is measured once for these parameters.
        own, cost = self._measured.get(
            self.parameters(),
            heat,
            lambda: decoding_exhibits(
                lambda u: self.predict(self._seen(u), y),
                self._reading(y),
                self.head,
                places,
                about,
                heat,
            ),
        )
        if self.standardise is not None:
            return (*conditional_curves(self.log_conditionals, about.x, about.data, self.order), *cost)
        lit = self.predict(self._seen(about.x), self._no_class(1)).squeeze(-1).sigmoid()
        return (
            *pixel_by_pixel(about.x, lit, self.order),
            *reach(self.influence(about.x)),
            *exposure(self.log_conditionals, own, about.data),
            *cost,
        )

    def influence(self, x: Tensor) -> Tensor:
        """|∂ (first parameter at place i) / ∂ (place j)| at x (1, d), (d, d)."""
        with torch.enable_grad():
            u = self._seen(self._targets(x.detach())).expand(self.dim, -1).clone().requires_grad_()
            own = self.predict(u, self._no_class(self.dim))[..., 0].diagonal()
            (slope,) = torch.autograd.grad(own.sum(), u)
        return slope.abs()


class PlaneScore:
    """The slope of log p on the plane, by automatic differentiation."""

    def score(self, x: Tensor) -> Tensor:
        """∇ₓ log p(x), (n, 2) → (n, 2); of flat bins that of the smooth curve through the middles of the steps."""
        assert isinstance(self, SequenceModel)
        model: SequenceModel = self
        density = getattr(model.head, "smooth", model.head.log_prob)

        def log_p(x: Tensor) -> Tensor:
            u = model._targets(x)
            total: Tensor = density(model.predict(u, model._no_class(len(x))), u).sum(dim=1)
            return total

        return slope_of(log_p, x)
