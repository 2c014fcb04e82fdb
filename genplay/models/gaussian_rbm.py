"""Gaussian–Bernoulli RBM [1]: real visible units v, binary hidden units h,
    E(v, h) = ‖v − b‖² / 2σ² − Σ_k h_k (a_k + (W_kᵀ(v − b) − ½ ‖W_k‖²) / σ²).

Given h, v ~ N(b + W h, σ² I): every hidden unit is an arrow W_k that moves the bump where it is on. Given v, the hidden
units are independent, h_k ~ σ(a_k + (W_kᵀ(v − b) − ½ ‖W_k‖²) / σ²): on where v is nearer to the arrow's tip than to its
foot. Summing h by hand leaves the free energy F(v); summing v leaves the weights of 2^H bumps,
    p(v) = Σ_h π_h N(v; b + W h, σ² I),   log π_h = aᵀh + (‖W h‖² − Σ_k h_k ‖W_k‖²) / 2σ² + const,
so Z is known, and with it the density. Trained as the binary machine: exactly, by CD-k or by persistent chains.

[1] Welling, Rosen-Zvi and Hinton 2004; Hinton 2010.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import softplus

from genplay.knobs import Knobs
from genplay.models.base import About, Batch, Model, Phase, Setting, Terms
from genplay.models.cards.rbm import CARD, RBMKnobs
from genplay.models.exhibits import Bars, Exhibit, Facts, PlanePicture, Polyline
from genplay.models.layers import NoiseTape, Standardise
from genplay.models.product_mixture import log_gaussians, log_gaussians_on_lattice
from genplay.quantity import Kind, exact
from genplay.spaces.binary import half_images
from genplay.spaces.plane import Box

__all__ = ["GaussianRBM"]

FIRST_SIGMA = 0.4
FIRST_BIAS = -2.0
EXACT_RATE = 3.0
"""A gradient without the noise of chains bears longer steps."""
LEAST_SIGMA = 0.01
SHOWN_SHARE = 0.002
SHOWN_SWEEPS = 60


class GaussianRBM(Model):
    """``W`` (d, H), ``a`` (H,), ``b`` (d,) and ``log_sigma``, in standardised units; ``chains`` (n, d) are PCD's."""

    card = CARD
    density_kind: Kind = "exact"
    chains: Tensor
    states: Tensor

    def __init__(self, knobs: Knobs, setting: Setting) -> None:
        super().__init__(knobs, setting)
        generator = setting.generator
        self.units = Standardise(setting.x)
        self.hidden = self.options.hidden_plane
        # Short arrows, seldom on: two long ones that point the same way would draw all mass to their sum.
        weights = torch.randn(self.dim, self.hidden, generator=generator)
        self.W = nn.Parameter(weights * (0.75 / math.sqrt(self.hidden)))
        self.a = nn.Parameter(torch.full((self.hidden,), FIRST_BIAS))
        self.b = nn.Parameter(-self.W.detach() @ self.a.detach().sigmoid())
        self.log_sigma = nn.Parameter(torch.tensor(math.log(FIRST_SIGMA)))
        self.register_buffer("states", torch.from_numpy(half_images(self.hidden)).float(), persistent=False)
        self.register_buffer("chains", torch.randn(self.options.chains, self.dim, generator=generator))
        self._uniform, self._normal = NoiseTape("uniform"), NoiseTape("normal")

    @property
    def options(self) -> RBMKnobs:
        assert isinstance(self.knobs, RBMKnobs)
        return self.knobs

    @property
    def density_method(self) -> str:
        """How log Z was summed."""
        return f"a mixture over all 2^{self.hidden} states of the hidden units"

    @property
    def sigma(self) -> Tensor:
        return self.log_sigma.exp().clamp_min(LEAST_SIGMA)

    # The machine, in standardised units u

    def _pull(self, u: Tensor) -> Tensor:
        """The log odds of each hidden unit, (n, d) → (n, H)."""
        W, precision = self.W, self.sigma**-2
        offset = self.a - (self.b @ W + 0.5 * W.square().sum(dim=0)) * precision
        return torch.addmm(offset, u, W * precision)

    def _free_energy(self, u: Tensor) -> Tensor:
        return (u - self.b).square().sum(dim=1) / (2 * self.sigma**2) - softplus(self._pull(u)).sum(dim=1)

    def _bumps(self) -> tuple[Tensor, Tensor]:
        """Means b + W h (2^H, d) and log weights (2^H,), not normalised, of all hidden states."""
        moved = self.states @ self.W.T
        own = self.states @ (self.a - self.W.square().sum(dim=0) / (2 * self.sigma**2))
        return moved + self.b, own + moved.square().sum(dim=1) / (2 * self.sigma**2)

    def _log_z(self) -> Tensor:
        """log ∫ e^{−F(u)} du."""
        return torch.logsumexp(self._bumps()[1], 0) + self.dim * (
            self.sigma.log() + 0.5 * math.log(2 * math.pi)
        )

    # Density

    def energy(self, x: Tensor) -> Tensor:
        """The free energy F(x), (n, d) → (n,)."""
        return self._free_energy(self.units(x))

    @torch.no_grad()
    def log_z(self) -> float:
        """log ∫ e^{−F(x)} dx in nats of data units."""
        return float(self._log_z() - self.units.log_det)

    def score(self, x: Tensor) -> Tensor:
        """∇ log p(x): towards the mean of the bumps that x may belong to, (n, d) → (n, d)."""
        u = self.units(x)
        expected = self.b + self._pull(u).sigmoid() @ self.W.T
        slope: Tensor = (expected - u) / (self.sigma.square() * self.units.scale)
        return slope

    def _mixture(self) -> tuple[Tensor, Tensor, Tensor]:
        """The bumps in data units: log weights, means, σ."""
        means, weights = self._bumps()
        return weights.log_softmax(dim=0), self.units.inverse(means), self.sigma * self.units.scale

    def log_prob(self, x: Tensor) -> Tensor:
        """log p(x) in nats, (n, d) → (n,)."""
        return log_gaussians(x, *self._mixture())

    def log_prob_grid(self, xs: Tensor, ys: Tensor) -> Tensor:
        """log p at every (x, y) of xs (nx,) and ys (ny,), (ny, nx)."""
        return log_gaussians_on_lattice(xs, ys, *self._mixture())

    # Training

    def phases(self) -> tuple[Phase, ...]:
        parameters = [self.W, self.b, self.a, self.log_sigma]
        if self.objective == "exact":
            return (Phase("likelihood", self._exact, parameters, rate=lambda: EXACT_RATE),)
        return (Phase("contrast", self._contrast, parameters),)

    def _exact(self, batch: Batch) -> Terms:
        energy, log_z = self.energy(batch.x).mean(), self._log_z() - self.units.log_det
        return {"loss": energy + log_z, "free energy of data": energy, "log Z": log_z}

    def _contrast(self, batch: Batch) -> Terms:
        """F(data) − F(chains). Near 0 whether or not anything was learned: its value says nothing of progress."""
        data = self.units(batch.x)
        end = self._sweeps(self.chains if self.objective == "pcd" else data, batch.generator)
        if self.objective == "pcd":
            self.chains.copy_(end)
        energy = self._free_energy(torch.cat([data, end]))
        of_data, of_chains = energy[: len(data)].mean(), energy[len(data) :].mean()
        return {
            "loss": of_data - of_chains,
            "free energy of data": of_data,
            "free energy of chains": of_chains,
        }

    @torch.no_grad()
    def _sweeps(self, u: Tensor, generator: torch.Generator) -> Tensor:
        for _ in range(self.options.k):
            uniform = self._uniform.draw((len(u), self.hidden), u, generator)
            u = self._gibbs(u, uniform, self._normal.draw(tuple(u.shape), u, generator))
        return u

    def _gibbs(self, u: Tensor, uniform: Tensor, normal: Tensor) -> Tensor:
        """One sweep: all hidden units, then all coordinates."""
        h = (uniform < self._pull(u).sigmoid()).to(u)
        return torch.addmm(self.b, h, self.W.T) + self.sigma * normal

    # Sampling

    def noise(self, n: int, generator: torch.Generator) -> Tensor:
        """A uniform that picks the hidden state, and standard normals, (n, 1 + d)."""
        pick = torch.rand(n, 1, generator=generator, device=generator.device)
        normal = torch.randn(n, self.dim, generator=generator, device=generator.device)
        return torch.cat([pick, normal], dim=1)

    @torch.no_grad()
    def sample_from(self, noise: Tensor) -> Tensor:
        """The hidden state by inverting the sums of its weights, then v given h: with Z known no chain is needed."""
        log_weights, means, sigma = self._mixture()
        sums = log_weights.double().exp().cumsum(dim=0)
        state = torch.searchsorted(sums, noise[:, 0].to(sums).contiguous()).clamp_max(len(sums) - 1)
        return means[state] + sigma * noise[:, 1:]

    # Looking inside

    @torch.no_grad()
    def exhibits(self, about: About) -> tuple[Exhibit, ...]:
        """The arrows and the bumps that they reach, a Gibbs chain from the chosen point, its hidden units, log Z."""
        log_weights, means, _ = self._mixture()
        foot = self.units.inverse(self.b)
        arrows = tuple(
            Polyline(_points(foot, foot + w * self.units.scale), index=k, role="dim", label=f"h{k}")
            for k, w in enumerate(self.W.T)
        )
        u, path = self.units(about.x), [about.x]
        for _ in range(SHOWN_SWEEPS):
            uniform = torch.rand(1, self.hidden, generator=about.generator).to(u)
            u = self._gibbs(u, uniform, torch.randn(u.shape, generator=about.generator).to(u))
            path.append(self.units.inverse(u))
        bumps = means[log_weights > math.log(SHOWN_SHARE)]
        everything = torch.cat(
            [about.data, bumps, *path, *(torch.from_numpy(a.points).to(foot) for a in arrows)]
        )
        box = Box.around(everything.double().cpu().numpy(), 0.05)
        chain = Polyline(torch.cat(path).double().cpu().numpy(), label="Gibbs chain")
        on = self._pull(self.units(about.x)).sigmoid()[0]
        return (
            PlanePicture(
                "Arrows and bumps", box,
                (*arrows, Polyline(bumps.double().cpu().numpy(), dots=True, label="bumps")),
                help="Each hidden unit is an arrow; the sums of those that are on are the bumps' centres. Shown are bumps that "
                f"hold more than {SHOWN_SHARE:.1%} of the mass.",
            ),
            PlanePicture(
                "A Gibbs chain from the chosen point", box,
                (Polyline(about.data[:500].double().cpu().numpy(), role="data", dots=True), chain),
                help=f"{SHOWN_SWEEPS} sweeps: hidden units given the point, then a point given the hidden units.",
            ),
            Bars(
                "Hidden units of the chosen point", tuple(f"h{k}" for k in range(self.hidden)),
                on.double().cpu().numpy(), help="P(h = 1 | v).",
            ),
            Facts(
                "Free energy and Z",
                (
                    ("F of the chosen point", exact(float(self.energy(about.x)[0]), "closed form")),
                    ("log Z", exact(self.log_z(), f"sum over 2^{self.hidden} hidden states")),
                    ("width σ of a bump", exact(float(self.sigma * self.units.scale), "learned", "")),
                ),
            ),
        )  # fmt: skip


def _points(*rows: Tensor) -> NDArray[np.float64]:
    return torch.stack(rows).double().cpu().numpy()
