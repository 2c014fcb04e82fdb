"""Probabilistic principal component analysis [1]: z ~ N(0, I),  x = W z + μ + σ ε, so that x ~ N(μ, C), C = W Wᵀ + σ² I.

With the eigenvalues λ₁ ≥ … ≥ λ_d and eigenvectors U of the data's covariance the likelihood has its maximum at
    σ² = mean of λ_{q+1} … λ_d,      W = U_q (Λ_q − σ² I)^½          (up to a turn of the code)
EM [1, 2] arrives there by turns, with M = Wᵀ W + σ² I and everything about the mean:
    E   ⟨z⟩ = M⁻¹ Wᵀ x,   ⟨z zᵀ⟩ = σ² M⁻¹ + ⟨z⟩⟨z⟩ᵀ
    M   W = Σ x⟨z⟩ᵀ (Σ⟨z zᵀ⟩)⁻¹,   σ² = 1/(n d) Σ |x|² − 2⟨z⟩ᵀ Wᵀ x + tr ⟨z zᵀ⟩ Wᵀ W

[1] Tipping and Bishop 1999. [2] Roweis 1998.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from genplay.knobs import Knobs
from genplay.models.base import About, Batch, Model, Phase, Setting, Terms
from genplay.models.cards.ppca import CARD, PPCAKnobs
from genplay.models.ellipses import ellipses
from genplay.models.exhibits import Bars, Exhibit, Facts, PlanePicture, Polyline
from genplay.models.layers import double
from genplay.quantity import Kind, exact

__all__ = ["PlanePPCA", "PPCA", "principal_axes"]

LOG_2PI = math.log(2 * math.pi)


class PPCA(Model):
    """W (d, q), μ (d,) and log σ: the linear Gaussian model of real numbers that both worlds share."""

    card = CARD
    knobs: PPCAKnobs
    floor = 1e-3
    """The least σ: points that fill no more than q dimensions would else have an infinite likelihood."""

    def __init__(self, knobs: PPCAKnobs, setting: Setting) -> None:
        super().__init__(knobs, setting)
        self.latent_dim = knobs.latent if setting.world == "digits" else 1
        spread = setting.x.var(dim=0, correction=0).mean().sqrt().clamp(min=self.floor)
        start = torch.randn(self.dim, self.latent_dim, generator=setting.generator)
        self.weight = nn.Parameter(0.5 * spread * start)
        self.mean = nn.Parameter(setting.x.mean(dim=0))
        self.log_sigma = nn.Parameter(spread.log())
        self._codes: tuple[Tensor, Tensor] | None = None
        self._last = -math.inf
        self._done = False

    def configure(self, knobs: Knobs) -> None:
        super().configure(knobs)
        self._done = self._done and self.objective == "mle"

    def data_changed(self) -> None:
        self._codes, self._last, self._done = None, -math.inf, False

    def phases(self) -> tuple[Phase, ...]:
        if self.objective == "mle":
            return (Phase("fit", self._fit, full=True),)
        return Phase("E", self._expect, full=True), Phase("M", self._maximise, full=True)

    @property
    def finished(self) -> bool:
        return self._done

    @property
    def sigma(self) -> Tensor:
        return self.log_sigma.exp()

    @torch.no_grad()
    def _fit(self, batch: Batch) -> Terms:
        values, vectors, mean = principal_axes(batch.x)
        q = self.latent_dim
        variance = values[q:].mean().clamp(min=self.floor**2)
        self._put(vectors[:, :q] * (values[:q] - variance).clamp(min=0).sqrt(), variance, mean)
        self._done = True
        return {"loss": -self.log_density(batch.x).mean()}

    def _put(self, weight: Tensor, variance: Tensor, mean: Tensor) -> None:
        self.weight.copy_(weight)
        self.mean.copy_(mean)
        self.log_sigma.copy_(0.5 * variance.log())

    @torch.no_grad()
    def _expect(self, batch: Batch) -> Terms:
        """E: mean codes (n, q) and the sum of their second moments (q, q)."""
        # The data's mean is the best μ whatever W and σ are.
        self.mean.copy_(batch.x.mean(dim=0))
        weight, variance = double(self.weight), double(self.log_sigma).mul(2).exp()
        inner = weight.T @ weight + variance * torch.eye(self.latent_dim, dtype=weight.dtype, device=weight.device)  # fmt: skip
        code = torch.linalg.solve(inner, weight.T @ double(batch.x - self.mean).T).T
        self._codes = code, len(code) * variance * torch.linalg.inv(inner) + code.T @ code
        reached = float(double(self.log_density(batch.x)).mean())
        self._done = 0 <= reached - self._last < self.knobs.tolerance
        self._last = reached
        return {"loss": torch.tensor(-reached)}

    @torch.no_grad()
    def _maximise(self, batch: Batch) -> Terms:
        """M: the best W and σ for the codes of the last E."""
        if self._codes is None or len(self._codes[0]) != len(batch.x):
            self._expect(batch)
        assert self._codes is not None
        code, second = self._codes
        centred = double(batch.x - self.mean)
        weight = torch.linalg.solve(second, code.T @ centred).T
        left = (
            centred.square().sum()
            - 2 * (centred @ weight * code).sum()
            + (second * (weight.T @ weight)).sum()
        )
        self._put(weight, (left / centred.numel()).clamp(min=self.floor**2), double(self.mean))
        return {"sigma": self.sigma.clone()}

    def _inner(self) -> Tensor:
        """M = Wᵀ W + σ² I, (q, q)."""
        eye = torch.eye(self.latent_dim, device=self.weight.device, dtype=self.weight.dtype)
        return self.weight.T @ self.weight + self.sigma.square() * eye

    def log_density(self, x: Tensor) -> Tensor:
        """log N(x; μ, C) of real numbers in nats, (n, d) → (n,), without ever building the (d, d) matrix C."""
        # (x − μ)ᵀ C⁻¹ (x − μ) = ‖x − W⟨z⟩ − μ‖² / σ² + ‖⟨z⟩‖²: no difference of two large numbers where σ is small.
        code = self.encode(x)
        squares = ((x - self.project(code)) / self.sigma).square().sum(dim=1) + code.square().sum(dim=1)
        log_det = 2 * (self.dim - self.latent_dim) * self.log_sigma + torch.logdet(self._inner())
        out: Tensor = -0.5 * (squares + log_det + self.dim * LOG_2PI)
        return out

    def code_posterior(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """p(z | x) in the coordinates L⁻¹ z, σ² M⁻¹ = L Lᵀ, in which its deviations are 1, (n, d) → (n, q) twice."""
        spread = torch.linalg.cholesky(self.sigma.square() * torch.linalg.inv(self._inner()))
        mean: Tensor = torch.linalg.solve_triangular(spread, self.encode(x).T, upper=False).T
        return mean, torch.zeros_like(mean)

    def encode(self, x: Tensor) -> Tensor:
        """The mean of p(z | x) = N(M⁻¹ Wᵀ (x − μ), σ² M⁻¹), (n, d) → (n, q)."""
        along = (x - self.mean) @ self.weight
        code: Tensor = torch.linalg.solve(self._inner(), along.T).T
        return code

    def project(self, z: Tensor) -> Tensor:
        """W z + μ, (n, q) → (n, d)."""
        return torch.addmm(self.mean, z, self.weight.T)

    def noise(self, n: int, generator: torch.Generator) -> Tensor:
        """(n, q + d): the code z and the blur ε, all standard normal."""
        return torch.randn(n, self.latent_dim + self.dim, generator=generator, device=generator.device)

    def scree(self, about: About) -> tuple[Exhibit, ...]:
        """How much the data vary along each principal axis, and how much of it the code can hold."""
        values, _, _ = principal_axes(about.data)
        q, total = self.latent_dim, float(values.sum())
        held = float(values[:q].sum()) / total if total > 0 else 1.0
        spread = (self.sigma.square() * torch.linalg.inv(self._inner())).diagonal().sqrt()
        code = ", ".join(f"{m:.2f} ± {s:.2f}" for m, s in zip(self.encode(about.x)[0].tolist(), spread.tolist(), strict=True))  # fmt: skip
        return (
            Bars(
                "Variance along each principal direction of the data",
                tuple(str(i + 1) for i in range(len(values))),
                values.cpu().double().numpy(),
                help=f"The first {q} go into the code; σ² is the mean of the rest.",
            ),
            Facts(
                "The code",
                (
                    ("variance in the directions of the code", exact(100 * held, "eigenvalues of the covariance", "%")),
                    ("σ, the blur in all directions", f"{float(self.sigma):.4g}"),
                    ("code of the chosen point", code),
                ),
            ),
        )  # fmt: skip


class PlanePPCA(PPCA):
    """A line through the plane, blurred: the code is the place along the line."""

    density_kind: Kind = "exact"
    density_method = "closed form"

    def __init__(self, knobs: PPCAKnobs, setting: Setting) -> None:
        super().__init__(knobs, setting)
        self.box = setting.box

    def log_prob(self, x: Tensor) -> Tensor:
        """log p(x) in nats, (n, 2) → (n,)."""
        return self.log_density(x)

    def score(self, x: Tensor) -> Tensor:
        """−C⁻¹ (x − μ), (n, 2) → (n, 2)."""
        centred = x - self.mean
        return -(centred - self.encode(x) @ self.weight.T) / self.sigma.square()

    def decode(self, z: Tensor) -> Tensor:
        """The point of the line at this code."""
        return self.project(z)

    def reconstruct(self, x: Tensor) -> Tensor:
        """The point of the line at the mean code of x."""
        return self.project(self.encode(x))

    def sample_from(self, noise: Tensor) -> Tensor:
        return self.project(noise[:, : self.latent_dim]) + self.sigma * noise[:, self.latent_dim :]

    @torch.no_grad()
    def exhibits(self, about: About) -> tuple[Exhibit, ...]:
        ends = about.x.new_tensor([[-2.0], [2.0]])
        line = self.project(ends).cpu().double().numpy()
        chosen = torch.cat([about.x, self.reconstruct(about.x)]).cpu().double().numpy()
        covariance = self.weight @ self.weight.T + self.sigma.square() * torch.eye(2).to(about.x)
        return (
            PlanePicture(
                "The line of the codes",
                self.box,
                (
                    *ellipses(self.mean[None], covariance[None]),
                    Polyline(line, "model", label="codes −2 to 2"),
                    Polyline(chosen, "error", label="from the chosen point to its mean code's place"),
                    Polyline(chosen[:1], "data", dots=True, label="chosen point"),
                ),
                legend=("ellipses: one and two standard deviations of p(x)", "line: where codes from −2 to 2 lie"),
            ),
            *self.scree(about),
        )  # fmt: skip


@torch.no_grad()
def principal_axes(x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Eigenvalues (d,), largest first, and eigenvectors (d, d) of the covariance of x (n, d), and the mean (d,); float64.

    Of the two directions of an axis the one is taken whose largest entry is positive.
    """
    rows = double(x)
    mean = rows.mean(dim=0)
    centred = rows - mean
    values, vectors = torch.linalg.eigh(centred.T @ centred / len(x))
    values, vectors = values.flip(0).clamp(min=0), vectors.flip(1)
    largest = vectors.abs().argmax(dim=0)
    signs = vectors[largest, torch.arange(vectors.shape[1], device=vectors.device)].sign()
    return values, vectors * signs, mean
