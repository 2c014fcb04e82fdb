"""Score-based model in continuous time [1]: data are carried to noise by dx = f(t) x dt + g(t) dw, and one network learns
∇ log p_t(x) for all t from 0 to 1 by denoising score matching:

    1/d E_t E ‖ε̂(x_t, t) − ε‖²,   x_t = a(t) u + s(t) ε,   ∇ log p_t(x) = −ε̂(x, t)/s(t)

    VE   a = 1, s = σ_min (σ_max/σ_min)^t                      f = 0,      g² = ds²/dt          variance explodes
    VP   s²/a² = e^{B(t)} − 1, a² + s² = 1, B' = β(t)          f = −β/2,   g² = β               variance is preserved

Three ways back to data from the one score: the reverse SDE dx = (f x − g² ∇ log p_t) dt + g dw̄; annealed Langevin
dynamics [2], which only needs each level's score, from loud to quiet; and the probability-flow ODE, dx/dt = f x − ½ g² ∇ log
p_t, which gives log p(x) too (``probability_flow``).

[1] Song et al. 2021.  [2] Song and Ermon 2019.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from genplay.models.base import About, Batch, Phase, Setting, Terms
from genplay.models.cards.score_sde import CARD, ScoreKnobs
from genplay.models.denoiser import Denoiser
from genplay.models.diffusion_exhibits import levels_of, plane_process
from genplay.models.exhibits import Exhibit
from genplay.models.layers import NoiseTape, Standardise
from genplay.models.noised_law import NoisedLaw
from genplay.models.probability_flow import FlowDensity, flow

__all__ = ["ScoreSDE"]

BETA_MIN, BETA_MAX = 0.1, 20.0


class ScoreSDE(FlowDensity):
    """Works on standardised data u. The network sees x_t/√(a² + s²), of unit size at any noise."""

    card = CARD
    knobs: ScoreKnobs

    def __init__(self, knobs: ScoreKnobs, setting: Setting) -> None:
        super().__init__(knobs, setting)
        self.standardise = Standardise(setting.x)
        self.levels = tuple(0.5 * math.log(math.expm1(self._log_growth(t))) for t in (0.0, 1.0))
        hidden = [knobs.width] * knobs.depth
        self.denoiser = Denoiser(
            setting.dim, hidden, knobs.activation, (self.levels[0], self.levels[1]), setting.generator,
            knobs.norm, knobs.dropout,
        )  # fmt: skip
        self.latent_dim = setting.dim
        self.truth = NoisedLaw(setting.law, setting.x, self.standardise)
        self._noise, self._times = NoiseTape("normal"), NoiseTape("uniform")

    # The process

    def _log_growth(self, t: float) -> float:
        """log(1 + ν²) with ν = s/a the noise beside the data: for VP this is B(t)."""
        if self.knobs.process == "VE":
            return math.log1p(
                (self.knobs.sigma_min * (self.knobs.sigma_max / self.knobs.sigma_min) ** t) ** 2
            )
        return math.log1p(self.knobs.sigma_min**2) + BETA_MIN * t + 0.5 * (BETA_MAX - BETA_MIN) * t**2

    def level(self, t: Tensor) -> Tensor:
        """ℓ = log ν at times t (n,)."""
        knobs = self.knobs
        if knobs.process == "VE":
            return math.log(knobs.sigma_min) + t * math.log(knobs.sigma_max / knobs.sigma_min)
        growth = math.log1p(knobs.sigma_min**2) + BETA_MIN * t + 0.5 * (BETA_MAX - BETA_MIN) * t.square()
        return 0.5 * growth.expm1().log()

    def signal(self, level: Tensor) -> tuple[Tensor, Tensor]:
        """a and s at ℓ."""
        if self.knobs.process == "VE":
            return torch.ones_like(level), level.exp()
        return (-2 * level).sigmoid().sqrt(), (2 * level).sigmoid().sqrt()

    def signal_left(self, t: Tensor) -> Tensor:
        """a² / (a² + s²), the share of the variance at times t that is still data, (n,) → (n,)."""
        a, s = self.signal(self.level(t))
        return a.square() / (a.square() + s.square())

    def drift_and_diffusion(self, t: float) -> tuple[float, float]:
        """f(t) and g(t)²."""
        if self.knobs.process == "VE":
            rate = math.log(self.knobs.sigma_max / self.knobs.sigma_min)
            return 0.0, 2 * rate * math.exp(2 * (math.log(self.knobs.sigma_min) + t * rate))
        beta = BETA_MIN + (BETA_MAX - BETA_MIN) * t
        return -beta / 2, beta

    def _epsilon(self, x: Tensor, level: Tensor) -> Tensor:
        """The noise expected in x_t, (n, d) at levels (n,) or (1,): that of Gaussian data, and the network's correction."""
        a, s = self.signal(level)
        size = (a.square() + s.square()).sqrt()[:, None]
        seen = x / size
        correction: Tensor = self.denoiser(seen, self.denoiser.features(level))
        return torch.addcmul(correction, s[:, None] / size, seen)

    def _score(self, x: Tensor, t: float) -> Tensor:
        """∇ log p_t(x_t) in standardised units."""
        level = self.level(x.new_tensor([t]))
        return -self._epsilon(x, level) / self.signal(level)[1]

    # Training

    def phases(self) -> tuple[Phase, ...]:
        return (Phase("match the score", self._loss, parameters=list(self.parameters())),)

    def _loss(self, batch: Batch) -> Terms:
        u = self.standardise(batch.x)
        n = len(u)
        noise = self._noise.draw(tuple(u.shape), u, batch.generator)
        # One t from each n-th part of [0, 1]: every level has its share of every batch, and the loss is less noisy.
        spread = torch.arange(n, device=u.device) + self._times.draw((n,), u, batch.generator)
        level = self.level(spread / n)
        a, s = self.signal(level)
        x = a[:, None] * u + s[:, None] * noise
        return {"loss": (self._epsilon(x, level) - noise).square().mean()}

    # Score, and the ODE that density and codes are taken along

    def score(self, x: Tensor) -> Tensor:
        """∇ₓ log p(x) of the data under the least noise, (n, 2) → (n, 2)."""
        nu = math.exp(self.levels[0])
        u = self.standardise(x)
        a, _ = self.signal(u.new_tensor([self.levels[0]]))
        epsilon = self._epsilon(a * u, u.new_tensor([self.levels[0]]))
        return -epsilon / (nu * self.standardise.scale)

    def _flow(
        self, start: Tensor, steps: int, upward: bool, trace: bool = False, path: list[Tensor] | None = None
    ) -> tuple[Tensor, Tensor]:
        levels = (self.levels[0], self.levels[1])
        return flow(self._velocity, start, levels, steps, upward, trace, path)

    def _velocity(self, x: Tensor, level: float, trace: bool) -> tuple[Tensor, Tensor]:
        """dx/dℓ of the ODE for x of unit size (see ``probability_flow``): Gaussian data rest, the correction moves them."""
        at = x.new_tensor([level])
        share = (2 * at).sigmoid().sqrt()
        features = self.denoiser.features(at)
        if not trace:
            return share * self.denoiser(x, features), x.new_zeros(())
        out, divergence = self.denoiser.with_divergence(x, features)
        return share * out, share * divergence

    # Sampling

    def noise(self, n: int, generator: torch.Generator) -> Tensor:
        """(n, 2 (steps + 1)): where a sample starts, and the fresh noise of every step."""
        size = self.dim * (self.knobs.sampling_steps + 1)
        return torch.randn(n, size, generator=generator, device=generator.device)

    @torch.no_grad()
    def sample_from(self, noise: Tensor) -> Tensor:
        return self.standardise.inverse(self._path(noise)[-1])

    @torch.no_grad()
    def trajectory(self, noise: Tensor) -> Tensor:
        """x_t in data units from noise to sample, (steps + 1, n, 2)."""
        return self.standardise.inverse(torch.stack(self._path(noise)))

    def _path(self, noise: Tensor) -> list[Tensor]:
        z, *fresh = noise.split(self.dim, dim=1)
        if self.knobs.sampler == "ode":
            path = [z]
            return [*path, *self._ode_path(z)]
        a, s = self.signal(noise.new_tensor([self.levels[1]]))
        # At t = 1 the data are all but gone: the cloud is as wide as noise and data together.
        x = z * (a.square() + s.square()).sqrt()
        return self._langevin_path(x, fresh) if self.knobs.sampler == "langevin" else self._sde_path(x, fresh)

    def _ode_path(self, z: Tensor) -> list[Tensor]:
        between: list[Tensor] = []
        last = self._flow(z, self.knobs.ode_steps, upward=False, path=between)[0]
        return [*between[:-1], last]

    def _sde_path(self, x: Tensor, fresh: list[Tensor]) -> list[Tensor]:
        """The reverse SDE by Euler and Maruyama's method, and at the end what noise is left is taken away."""
        path, h = [x], 1 / len(fresh)
        for i, kick in enumerate(fresh):
            t = 1 - i * h
            f, g2 = self.drift_and_diffusion(t - h / 2)
            x = x - h * (f * x - g2 * self._score(x, t)) + math.sqrt(g2 * h) * kick
            path.append(x)
        path[-1] = self._denoised(x)
        return path

    def _langevin_path(self, x: Tensor, fresh: list[Tensor]) -> list[Tensor]:
        """Some Langevin steps x ← x + (η/2) ∇ log p_t + √η ξ at each level, η ∝ s², from loud to quiet."""
        path = [x]
        stay = min(self.knobs.langevin_steps, len(fresh))
        many = -(-len(fresh) // stay)
        for i, kick in enumerate(fresh):
            t = 1 - (i // stay) / max(many - 1, 1)
            _, s = self.signal(self.level(x.new_tensor([t])))
            eta = self.knobs.langevin_size * s.square()
            x = x + eta / 2 * self._score(x, t) + eta.sqrt() * kick
            path.append(x)
        path[-1] = self._denoised(x)
        return path

    def _denoised(self, x: Tensor) -> Tensor:
        """E[u | x_0] at the least noise."""
        level = x.new_tensor([self.levels[0]])
        a, s = self.signal(level)
        return (x - s * self._epsilon(x, level)) / a

    # The way to noise

    def noised(self, x: Tensor, t: float, generator: torch.Generator) -> Tensor:
        """A draw of x_t given x, in data units, (n, d) → (n, d)."""
        a, s = self.signal(self.level(x.new_tensor([t])))
        noise = torch.randn(x.shape, generator=generator, device=x.device, dtype=x.dtype)
        return self.standardise.inverse(a * self.standardise(x) + s * noise)

    def noised_score(self, x: Tensor, t: float) -> Tensor:
        """∇ log p_t(x) of what ``noised`` draws, per data unit, (n, 2) → (n, 2)."""
        return self._score(self.standardise(x), t) / self.standardise.scale

    def true_score(self, x: Tensor, t: float) -> Tensor:
        """The same of the data's law, or where it is not a mixture of Gaussians of the training data themselves."""
        a, s = self.signal(self.level(x.new_tensor([t])))
        return self.truth.score(self.standardise(x), a, s) / self.standardise.scale

    @torch.no_grad()
    def exhibits(self, about: About) -> tuple[Exhibit, ...]:
        """The forward process of the chosen point, ways back, scores beside the truth, and the noise over time."""
        return (*plane_process(self, about, self.truth.source), levels_of(self.level, self.signal))
