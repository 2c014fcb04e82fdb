"""Logistic regression [1]: P(y | x) = softmax_y(W φ(x) + b), trained by the likelihood of the labels, Σ_i log P(y_i | x_i).

Discriminative: it says nothing of p(x), so it has no density and cannot draw. Naive Bayes is its generative twin [2]: with
class Gaussians (φ of degree 2) or pixel counts (φ the pixels) its posterior has the very same form, but its weights come
from counting each class by itself. With few data counting is often better, with many the discriminative fit is.

[1] Cox 1958. [2] Ng and Jordan 2001.
"""

from __future__ import annotations

import itertools

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from genplay.models.base import About, Batch, Model, Phase, Setting, Terms
from genplay.models.bayes_exhibits import class_names
from genplay.models.boundaries import class_boundaries
from genplay.models.cards.logistic import CARD, LogisticKnobs
from genplay.models.class_likelihoods import ClassLikelihoods, ClassNormals, PixelCounts
from genplay.models.exhibits import Bars, Exhibit, Facts, Pictures, PlanePicture, Polyline
from genplay.models.layers import Standardise, double
from genplay.quantity import exact
from genplay.spaces.plane import Grid

__all__ = ["LogisticRegression", "monomials"]

CELLS = 64
COUNTED = 20_000


class LogisticRegression(Model):
    """Weights (C, features) and biases (C,); it starts undecided, at 0."""

    card = CARD
    knobs: LogisticKnobs

    def __init__(self, knobs: LogisticKnobs, setting: Setting) -> None:
        super().__init__(knobs, setting)
        self.classes = setting.classes
        self.box = setting.box
        self.units = Standardise(setting.x) if setting.world == "plane" else None
        features = self.features(setting.x[:1]).shape[1]
        # A single class has nothing to be told from: it is told from one that never comes.
        self.weight = nn.Parameter(torch.zeros(max(2, setting.classes), features))
        self.bias = nn.Parameter(torch.zeros(max(2, setting.classes)))

    def phases(self) -> tuple[Phase, ...]:
        return (Phase("ascend", self._ascend, parameters=[self.weight, self.bias]),)

    def features(self, x: Tensor) -> Tensor:
        """φ(x): the pixels as ±1, or all monomials of the standardised coordinates up to the degree."""
        if self.units is None:
            return 2 * x - 1
        return monomials(self.units(x), self.knobs.degree)

    def logits(self, x: Tensor) -> Tensor:
        """log P(y | x) up to a constant for each x, (n, d) → (n, classes)."""
        return torch.addmm(self.bias, self.features(x), self.weight.T)

    def _ascend(self, batch: Batch) -> Terms:
        logits = self.logits(batch.x)
        right = logits.detach().argmax(dim=1) == batch.y
        return {"loss": cross_entropy(logits, batch.y), "accuracy": right.float().mean()}

    def class_posterior(self, x: Tensor) -> Tensor:
        """P(y | x), (n, d) → (n, C)."""
        return self.logits(x)[:, : self.classes].softmax(dim=1)

    @torch.no_grad()
    def exhibits(self, about: About) -> tuple[Exhibit, ...]:
        names = class_names(self.classes)
        generative = self._generative_twin(about)

        def twin(x: Tensor) -> Tensor:
            return double(generative.log_prob(x)) + prior

        counts = torch.bincount(about.labels, minlength=self.classes)[: self.classes]
        prior = (double(counts) / counts.sum()).log()
        posterior, other = self.class_posterior(about.x)[0], twin(about.x)[0].softmax(dim=0)
        shown: list[Exhibit] = [
            self._compared(about, twin),
            Bars(
                "P(y | x) of the chosen point: logistic regression", names, posterior.cpu().double().numpy()
            ),
            Bars(
                "P(y | x) of the chosen point: naive Bayes on the same data",
                names,
                other.cpu().double().numpy(),
            ),
        ]
        if self.units is not None:
            shown.append(self._map(about, twin))
        elif isinstance(generative, PixelCounts):
            learned = double(self.weight[: self.classes])
            counted = generative.log_odds() / 2
            for title, weights in (
                ("learned by logistic regression", learned),
                ("counted by naive Bayes", counted),
            ):
                # Only differences between classes matter: the same number added to all changes nothing.
                centred = (weights - weights.mean(dim=0)).cpu().numpy()
                shown.append(Pictures(f"What each pixel says for each class, {title}", centred, names, "signed"))  # fmt: skip
        return tuple(shown)

    def _generative_twin(self, about: About) -> ClassLikelihoods:
        """Naive Bayes, counted on the same data."""
        x, y = about.data[:COUNTED], about.labels[:COUNTED]
        twin: ClassNormals | PixelCounts
        twin = (
            PixelCounts(self.classes, 0.5)
            if self.units is None
            else ClassNormals(x, self.classes, naive=True)
        )
        twin.to(x.device).fit(x, y)
        return twin

    def _compared(self, about: About, twin: object) -> Facts:
        assert callable(twin)
        x, y = about.data[:COUNTED], about.labels[:COUNTED]
        rows = []
        for name, logits in (("logistic regression", self.logits(x)), ("naive Bayes", twin(x))):
            right = 100 * float((logits.argmax(dim=1) == y).double().mean())
            lost = float(cross_entropy(double(logits), y))
            rows.append((f"{name}: named rightly", exact(right, f"of {len(x):,} training points", "%")))
            rows.append((f"{name}: −log P(y | x)", exact(lost, f"mean over {len(x):,} training points")))
        return Facts(
            "Discriminative and generative, on the training points",
            tuple(rows),
            "Logistic regression looks only at the border between the classes; naive Bayes describes each class by itself, "
            "and the border follows. Only naive Bayes can draw.",
        )

    def _map(self, about: About, twin: object) -> PlanePicture:
        assert callable(twin)
        grid = Grid(self.box, CELLS)
        points = torch.as_tensor(grid.points(), dtype=about.x.dtype, device=about.x.device)
        sure = self.class_posterior(points)
        field = sure[:, 1] if self.classes == 2 else sure.amax(dim=1)
        lines = (
            *class_boundaries(twin, self.box, about.x, "naive Bayes", "dim"),
            *class_boundaries(
                lambda x: self.logits(x)[:, : self.classes], self.box, about.x, "logistic regression"
            ),
            Polyline(about.x.cpu().double().numpy(), "data", dots=True, label="chosen point"),
        )
        what = "P(class 1 | x)" if self.classes == 2 else "P(likeliest class | x)"
        return PlanePicture(
            "The boundary, and naive Bayes' beside it",
            self.box,
            lines,
            field.cpu().double().numpy().reshape(CELLS, CELLS),
            unit=what,
            legend=("strong lines: logistic regression", "dim lines: naive Bayes on the same data"),
        )


def monomials(x: Tensor, degree: int) -> Tensor:
    """All products of 1 to ``degree`` coordinates, (n, d) → (n, features)."""
    d = x.shape[1]
    columns = [
        x[:, list(chosen)].prod(dim=1)
        for power in range(1, degree + 1)
        for chosen in itertools.combinations_with_replacement(range(d), power)
    ]
    return torch.stack(columns, dim=1)
