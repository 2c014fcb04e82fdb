"""One Gaussian [1]: p(x) = N(x; μ, Σ), Σ = L Lᵀ. Samples are x = μ + L z with z ~ N(0, I).

The likelihood has its maximum at the mean and covariance of the data; ``gradient`` climbs to the same place. Where the truth
p is known, q can be fitted to it directly [2]: the least KL(p‖q) has the truth's mean and covariance, covering all modes;
the least KL(q‖p) sits on one mode; Jensen–Shannon lies between.

[1] Gauss 1809; maximum likelihood, Fisher 1922. [2] Minka 2005.
"""

from __future__ import annotations

import torch
from torch import Tensor

from genplay.datasets.base import Law, has_density
from genplay.models.base import About, Batch, Model, Phase, Setting, Terms
from genplay.models.cards.gaussian import CARD, GaussianKnobs
from genplay.models.ellipses import ellipses
from genplay.models.exhibits import Exhibit, Facts, PlanePicture, Polyline
from genplay.models.normals import Covariance, Normals
from genplay.models.truth_grid import TruthGrid
from genplay.quantity import Kind, Quantity, estimate, exact

__all__ = ["Gaussian"]

DIVERGENCES = ("forward-kl", "reverse-kl", "js")
START = 0.3
"""Standard deviation at the start of a fit to the truth, data units."""
FLOOR = 1e-3
"""The least standard deviation, data units: points on one spot would else have an infinite likelihood."""


class Gaussian(Model):
    """N(x; μ, Σ), fitted in closed form or by gradient ascent; by the likelihood it starts as N(0, I)."""

    card = CARD
    density_kind: Kind = "exact"
    density_method = "closed form"

    def __init__(self, knobs: GaussianKnobs, setting: Setting) -> None:
        super().__init__(knobs, setting)
        covariance: Covariance = knobs.covariance  # type: ignore[assignment]
        self.latent_dim = setting.dim
        self.box = setting.box
        self._law = setting.law
        self.truth: TruthGrid | None = None
        mean, scale, floor = torch.zeros(1, setting.dim), torch.ones(1), FLOOR
        if self.objective in DIVERGENCES:
            self.truth = TruthGrid(setting.law, setting.box)
            # A small bump on some data point: from a wide one in the middle reverse KL may settle there, in a local minimum
            # between the modes. No finer than the grid, which would not see it.
            mean = setting.x[torch.randint(len(setting.x), (1,), generator=setting.generator)]
            scale, floor = torch.full((1,), START), self.truth.cell
        self.normal = Normals(mean, scale, covariance, floor)
        self._fitted = False

    def phases(self) -> tuple[Phase, ...]:
        if self.objective == "mle":
            return (Phase("fit", self._fit, full=True),)
        run = self._approach if self.objective in DIVERGENCES else self._loss
        return (Phase("ascend" if run == self._loss else "approach", run, list(self.parameters())),)

    @property
    def finished(self) -> bool:
        return self._fitted

    def data_changed(self) -> None:
        self._fitted = False

    def law_changed(self, law: Law | None) -> None:
        self._law = law
        where = self.normal.means.device
        if self.objective in DIVERGENCES:
            self.truth = TruthGrid(law, self.box).to(where)
        else:
            self.truth = None

    def _fit(self, batch: Batch) -> Terms:
        self.normal.fit(batch.x, torch.ones(len(batch.x), 1))
        self._fitted = True
        return self._loss(batch)

    def _loss(self, batch: Batch) -> Terms:
        return {"loss": -self.log_prob(batch.x).mean()}

    def _approach(self, batch: Batch) -> Terms:  # noqa: ARG002 (the truth itself is looked at, not a sample of it)
        assert self.truth is not None
        log_q = self.log_prob(self.truth.points)
        if self.objective == "forward-kl":
            return {"loss": self.truth.forward_kl(log_q)}
        return {
            "loss": self.truth.reverse_kl(log_q) if self.objective == "reverse-kl" else self.truth.js(log_q)
        }

    def components(self) -> tuple[Tensor, Tensor]:
        """μ (1, 2) and L (1, 2, 2) with Σ = L Lᵀ."""
        return self.normal.means, self.normal.factors()

    def move_component(self, k: int, to: Tensor) -> None:
        """Put μ there; the fit brings it back, a gradient goes on from it."""
        self.normal.means[k] = to

    def log_prob(self, x: Tensor) -> Tensor:
        """log N(x; μ, Σ) in nats, (n, d) → (n,)."""
        return self.normal.log_prob(x)[:, 0]

    def score(self, x: Tensor) -> Tensor:
        """−Σ⁻¹ (x − μ), (n, d) → (n, d)."""
        return self.normal.scores(x)[:, 0]

    def encode(self, x: Tensor) -> Tensor:
        """z = L⁻¹ (x − μ), standard normal if the model is right."""
        return self.normal.whiten(x)[0]

    def decode(self, z: Tensor) -> Tensor:
        """x = μ + L z."""
        return self.normal.means + z @ self.normal.factors()[0].T

    def noise(self, n: int, generator: torch.Generator) -> Tensor:
        """z ~ N(0, I), (n, d)."""
        return torch.randn(n, self.dim, generator=generator, device=generator.device)

    def sample_from(self, noise: Tensor) -> Tensor:
        return self.decode(noise)

    @torch.no_grad()
    def exhibits(self, about: About) -> tuple[Exhibit, ...]:
        mean, covariance = self.normal.means[0].tolist(), self.normal.covariances()[0]
        rows: list[tuple[str, Quantity | str]] = [
            ("mean μ", f"({mean[0]:.3f}, {mean[1]:.3f})"),
            ("covariance Σ", "; ".join(", ".join(f"{v:.3f}" for v in row) for row in covariance.tolist())),
            ("log p of the chosen point", exact(float(self.log_prob(about.x)), self.density_method)),
        ]
        if self.truth is None and has_density(self._law):
            self.truth = TruthGrid(self._law, self.box).to(about.x.device)
        field, box = None, self.box
        if self.truth is not None:
            truth, box = self.truth, self.truth.grid.box
            side = truth.grid.n
            field = truth.log_p.exp().view(side, side).cpu().double().numpy()
            log_q = self.log_prob(truth.points)
            off = abs(float(log_q.exp().sum()) * truth.grid.cell_area - 1)
            method = f"sum over a grid of {side} × {side} cells"
            for name, value in (
                ("KL(p‖q), forward", truth.forward_kl(log_q)),
                ("KL(q‖p), reverse", truth.reverse_kl(log_q)),
                ("Jensen–Shannon", truth.js(log_q)),
            ):
                number = float(value)
                rows.append((name, exact(number, method) if off < 1e-3 else estimate(number, None, method)))
        chosen = Polyline(about.x.cpu().double().numpy(), "data", dots=True, label="chosen point")
        lines = (*ellipses(self.normal.means, self.normal.covariances()), chosen)
        return (
            PlanePicture(
                "The Gaussian" if field is None else "The Gaussian over the truth",
                box,
                lines,
                field,
                unit="true density" if field is not None else "",
                help="Forward KL and likelihood cover every mode, and the empty space between them; reverse KL takes one mode.",
                legend=("ellipses: one and two standard deviations",),
            ),
            Facts("The Gaussian in numbers", tuple(rows)),
        )
