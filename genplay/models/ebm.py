"""Energy-based model: p(x) = exp(−E(x)) / Z,  Z = ∫ exp(−E(x)) dx,  E(x) = net(u) + ‖u‖² / 2c²,  u = (x − mean) / scale.

The gradient of the log-likelihood lowers the energy of data and raises that of the model's own samples,
    ∇ log p(x) = −∇E(x) + E_{x' ~ p} ∇E(x'),
and the objectives differ in where x' comes from, or do without it:
    quadrature      all of the plane: log Z is summed over a lattice, so this is exact maximum likelihood
    cd              k steps of Langevin dynamics from the data [1]
    pcd             the same, from where the chains were at the last step [2]
    score-matching  no x': E ½‖∇E‖² − tr ∇²E is least where −∇E is the score of the data [3]
    sliced          the same along random directions v: E ½(vᵀ∇E)² − vᵀ∇²E v [4]
    dsm             −∇E is fitted to the score of the data blurred by noise [5]
    nce             data are told apart from noise of a known density; log Z is learned beside E [6]

On the plane Z is known whatever the objective (``energy_grid``), so every density and log Z shown is exact. At the
temperature T the law is p ∝ exp(−E/T); training is at T = 1. An energy is a function of one point, so layers may be
normalised over its units, never over the batch. Dropout makes it a function of chance: it is there where a step of training
looks at the energy once (dsm, nce), not where chains, log Z and curvature have to see the same landscape as the data.

[1] Hinton 2002.  [2] Tieleman 2008.  [3] Hyvärinen 2005.  [4] Song et al. 2019.  [5] Vincent 2011.
[6] Gutmann and Hyvärinen 2010.
"""

from __future__ import annotations

import math
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from genplay.models.base import About, Batch, Model, Phase, Setting, Terms
from genplay.models.cards.ebm import CARD, DROPPED, EBMKnobs
from genplay.models.curvature import along
from genplay.models.differentiation import held_still
from genplay.models.energy_exhibits import landscape, normaliser
from genplay.models.energy_grid import EnergyGrid, energy_grid, settled_grid
from genplay.models.exhibits import Exhibit
from genplay.models.langevin import langevin, leap
from genplay.models.layers import NoiseTape, Standardise, mlp
from genplay.models.log_z_estimates import annealed, from_weights, metropolis_path
from genplay.models.memo import Memo
from genplay.models.noise_contrast import GaussianNoise, contrast
from genplay.quantity import Kind, Quantity, estimate, exact
from genplay.spaces.plane import Box, Grid

__all__ = ["EBM"]

QUADRATURE = "minus the energy, minus log Z by quadrature"
START_CELLS = 144
SAMPLER_CELLS = 192
OUTER_CELLS = 24
CHUNK = 8192
SHOWN_CELLS, SHOWN_CHAINS, SHOWN_STEPS, SHOWN_DATA = 64, 6, 20, 500
IMPORTANCE, ANNEALED, LAWS = 2048, 192, 16


class EBM(Model):
    """A network for the energy, and the chains of persistent CD. Networks and chains live in standardised units u."""

    card = CARD
    density_kind: Kind = "exact"
    density_method: str = QUADRATURE
    particles: Tensor
    next_restart: Tensor

    def __init__(self, knobs: EBMKnobs, setting: Setting) -> None:
        super().__init__(knobs, setting)
        sizes = [self.dim, *[knobs.width] * knobs.depth, 1]
        # Under the other objectives two passes have to see the same energy, and dropout would show each its own.
        dropout = knobs.dropout if setting.objective in DROPPED else 0.0
        self.net = mlp(sizes, setting.generator, knobs.activation, norm=knobs.norm, dropout=dropout)
        self.units = Standardise(setting.x)
        self.box = square_around(setting.box, setting.x)
        start = torch.rand(knobs.chains, self.dim, generator=setting.generator)
        self.register_buffer("particles", self.units(self._in_box(start)))
        self.register_buffer("next_restart", torch.zeros((), dtype=torch.int64))
        self._normal, self._uniform = NoiseTape("normal", 8), NoiseTape("uniform", 8)
        self._leap_normal, self._leap_uniform = NoiseTape("normal"), NoiseTape("uniform")
        self._shift, self._slices = NoiseTape("uniform"), NoiseTape("normal")
        # log Z as a parameter of its own, for the one objective that learns it.
        self.learned_log_z: nn.Parameter | None = None
        self.contrast_noise: GaussianNoise | None = None
        if setting.objective == "nce":
            self.learned_log_z = nn.Parameter(torch.zeros(1))
            self.contrast_noise = GaussianNoise(setting.x, knobs.contrast == "mixture", setting.generator)
        self._lattice: tuple[object, Tensor, Tensor, Tensor] | None = None
        self._grid: Memo[EnergyGrid] = Memo()
        self._sampler: Memo[EnergyGrid] = Memo()

    @property
    def options(self) -> EBMKnobs:
        return cast(EBMKnobs, self.knobs)

    # --- energy, score, density ---------------------------------------------------------------------------------

    def _energy(self, u: Tensor) -> Tensor:
        """E at standardised points, (n, 2) → (n,)."""
        bowl = 0.5 / self.options.confinement**2
        return torch.add(self.net(u).squeeze(1), u.square().sum(dim=1), alpha=bowl)

    def _field(self, u: Tensor) -> tuple[Tensor, Tensor]:
        """E and ∇E at standardised points."""
        with held_still(self.net.parameters()), torch.enable_grad():
            u = u.detach().requires_grad_()
            energy = self._energy(u)
            (slope,) = torch.autograd.grad(energy.sum(), u)
        return energy.detach(), slope

    def energy(self, x: Tensor) -> Tensor:
        """E(x)/T, (n, 2) → (n,)."""
        return self._energy(self.units(x)) / self.options.temperature

    def score(self, x: Tensor) -> Tensor:
        """∇ log p(x) = −∇E(x)/T, (n, 2) → (n, 2), per data unit."""
        return -self._field(self.units(x))[1] / (self.units.scale * self.options.temperature)

    def log_prob(self, x: Tensor) -> Tensor:
        """log p(x) = −E(x)/T − log Z in nats, (n, 2) → (n,)."""
        return -self.energy(x) - self.log_z()

    def log_z(self) -> float:
        """log ∫ exp(−E(x)/T) dx in nats of data units, by quadrature on a grid that has settled."""
        return self._settled().log_z

    def settle_density(self) -> None:
        """Look whether the grid could be made wide and fine enough; where not, log Z and the density are estimates."""
        trouble = self._settled().trouble
        self.density_kind = "estimate" if trouble else "exact"
        self.density_method = f"{QUADRATURE}; {trouble}" if trouble else QUADRATURE

    def _settled(self) -> EnergyGrid:
        start = Grid(self.box.grown(1.25), START_CELLS)
        warmth = self.options.temperature
        return self._grid.get(self.net.parameters(), warmth, lambda: settled_grid(self._energy_of, start))

    @torch.no_grad()
    def _energy_of(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        x = torch.as_tensor(points, dtype=torch.float32).to(self.units.scale.device)
        return torch.cat([self.energy(part) for part in x.split(CHUNK)]).cpu().double().numpy()

    # --- training -----------------------------------------------------------------------------------------------

    def phases(self) -> tuple[Phase, ...]:
        name, run = {
            "quadrature": ("ascend the likelihood", self._quadrature_step),
            "cd": ("contrast", self._contrastive_step),
            "pcd": ("contrast", self._contrastive_step),
            "score-matching": ("match the score", self._score_step),
            "sliced": ("match slices of the score", self._sliced_step),
            "dsm": ("match the score of noised data", self._denoising_step),
            "nce": ("tell data from noise", self._noise_contrast_step),
        }[self.objective]
        learned = list(self.net.parameters())
        if self.objective in ("score-matching", "sliced", "dsm"):
            # Slopes know nothing of the energy's constant, the last bias.
            learned.pop()
        if self.learned_log_z is not None:
            learned.append(self.learned_log_z)
        return (Phase(name, run, learned),)

    def _quadrature_step(self, batch: Batch) -> Terms:
        """−log p of the batch: E at the data and at every lattice point in one pass."""
        base, cell, log_area = self._training_lattice()
        nodes = torch.addcmul(base, cell, self._shift.draw((self.dim,), base, batch.generator))
        energy = self._energy(torch.cat([self.units(batch.x), nodes]))
        data, lattice = energy[: len(batch.x)].mean(), energy[len(batch.x) :]
        log_z = torch.logsumexp(log_area - lattice, dim=0)
        return {"loss": data + log_z, "data_energy": data, "log_z": log_z}

    def _training_lattice(self) -> tuple[Tensor, Tensor, Tensor]:
        """Corners (m, 2), side (m, 1) and log area (m,) of cells that fill the plane around the data, in units u.

        A fine lattice on the box and coarse cells around it up to three times its width. All nodes are shifted within
        their cells by one common random share: a lattice that stood still would let the energy fall between its points.
        """
        n, like = self.options.lattice, self.units.scale
        made_for = (n, like.device, like.dtype)
        if self._lattice is None or self._lattice[0] != made_for:
            coarse = self.box.grown(3.0)
            side = coarse.width / OUTER_CELLS
            outer = cell_corners(coarse, OUTER_CELLS)
            outer = outer[~self.box.contains(outer + side / 2)]
            corners = np.concatenate([cell_corners(self.box, n), outer])
            sides = np.concatenate([np.full(n * n, self.box.width / n), np.full(len(outer), side)])
            base = self.units(torch.as_tensor(corners).to(like))
            width = torch.as_tensor(sides).to(like)[:, None]
            self._lattice = (made_for, base, width / like, 2 * width.log().squeeze(1))
        return self._lattice[1:]

    def _contrastive_step(self, batch: Batch) -> Terms:
        """E(data) − E(chains): its gradient is that of −log p, as far as the chains have become the model's samples."""
        options, u = self.options, self.units(batch.x)
        start = self._restarted(u, batch.generator) if self.objective == "pcd" else u
        if options.leaps:
            far = self._leap_normal.draw((options.leaps, *start.shape), u, batch.generator)
            chance = self._leap_uniform.draw(tuple(far.shape[:2]), u, batch.generator)
            start = leap(self._energy, start, options.confinement, far, chance)
        normal = self._normal.draw((options.k, *start.shape), u, batch.generator)
        uniform = (
            self._uniform.draw(tuple(normal.shape[:2]), u, batch.generator) if options.adjusted else None
        )
        path, accepted = langevin(self._field, start, options.step_size, normal, uniform)
        if self.objective == "pcd":
            self.particles.copy_(path[-1])
        energy = self._energy(torch.cat([u, path[-1]]))
        data, model = energy[: len(u)].mean(), energy[len(u) :].mean()
        loss = data - model
        if options.energy_penalty > 0:
            loss = loss + options.energy_penalty * energy.square().mean()
        return {"loss": loss, "data_energy": data, "chain_energy": model, "accepted": accepted}

    def _restarted(self, data: Tensor, generator: torch.Generator) -> Tensor:
        """The chains, the oldest of them begun anew: half of those anywhere in the box, half at data."""
        many = len(self.particles)
        count = round(self.options.restart * many)
        if count:
            first = int(self.next_restart)
            rows = torch.arange(first, first + count, device=data.device) % many
            fresh = self.units(
                self._in_box(torch.rand(count, self.dim, generator=generator, device=data.device))
            )
            half = min(count // 2, len(data))
            fresh[:half] = data[:half]
            self.particles[rows] = fresh
            self.next_restart.fill_((first + count) % many)
        return self.particles.clone()

    def _denoising_step(self, batch: Batch) -> Terms:
        """σ²/2 ‖∇E(x + σξ) − ξ/σ‖²: minus the slope must point back to where the noise came from."""
        sigma, u = self.options.noise, self.units(batch.x)
        noise = self._normal.draw(tuple(u.shape), u, batch.generator)
        noisy = torch.add(u, noise, alpha=sigma).requires_grad_()
        (slope,) = torch.autograd.grad(self._energy(noisy).sum(), noisy, create_graph=True)
        return {"loss": 0.5 * torch.sub(slope * sigma, noise).square().sum(dim=1).mean()}

    def score_matching(self, u: Tensor, directions: Tensor) -> Tensor:
        """½(vᵀ∇E)² − vᵀ∇²E v summed over directions v (k, n or 1, 2), at standardised points (n, 2) → (n,)."""
        slope, bend = along(self.net, u, directions)
        bowl = 1 / self.options.confinement**2
        slope = slope + bowl * (directions * u).sum(dim=2)
        return (0.5 * slope.square() - bend - bowl * directions.square().sum(dim=2)).sum(dim=0)

    def _noised(self, u: Tensor, generator: torch.Generator) -> Tensor:
        """Fresh noise on the data at each step: without it the loss falls for ever, by spikes that grow on single points."""
        return torch.add(u, self._normal.draw(tuple(u.shape), u, generator), alpha=self.options.noise)

    def _score_step(self, batch: Batch) -> Terms:
        """Both axes: the second derivatives add up to the exact trace of the Hessian."""
        u = self.units(batch.x)
        axes = torch.eye(self.dim, device=u.device, dtype=u.dtype)[:, None]
        return {"loss": self.score_matching(self._noised(u, batch.generator), axes).mean()}

    def _sliced_step(self, batch: Batch) -> Terms:
        """Random directions of mean square length 1 an axis: the same in the mean, at any dimension for one pass."""
        u, slices = self.units(batch.x), self.options.slices
        v = self._slices.draw((slices, *u.shape), u, batch.generator)
        return {"loss": self.score_matching(self._noised(u, batch.generator), v).mean() / slices}

    def _noise_contrast_step(self, batch: Batch) -> Terms:
        """Log odds log p − log q of a classifier between the batch and fresh noise, with log p = −E − learned log Z."""
        assert self.contrast_noise is not None
        assert self.learned_log_z is not None
        count = max(1, round(self.options.ratio * len(batch.x)))
        fresh = self.contrast_noise.draw(count, batch.generator)
        both = torch.cat([batch.x, fresh])
        odds = -self._energy(self.units(both)) - self.learned_log_z - self.contrast_noise.log_density(both)
        loss = contrast(odds[: len(batch.x)], odds[len(batch.x) :])
        return {"loss": loss, "learned_log_z": self.learned_log_z.detach()[0]}

    # --- sampling -----------------------------------------------------------------------------------------------

    def noise(self, n: int, generator: torch.Generator) -> Tensor:
        """Uniforms (n, 2)."""
        return torch.rand(n, self.dim, generator=generator, device=generator.device)

    @torch.no_grad()
    def sample_from(self, noise: Tensor) -> Tensor:
        """Inverts the distribution function on a fine grid: y from its marginal, then x from its conditional.

        Where Z is known there is no need to wait for a chain, and frozen noise follows the density as it changes. In
        a world with more dimensions this could not be done; ``chains`` are what one would run there.
        """
        return torch.as_tensor(self._sampling_grid().invert(noise.cpu().double().numpy())).to(noise)

    def _sampling_grid(self) -> EnergyGrid:
        def make() -> EnergyGrid:
            return energy_grid(self._energy_of, Grid(self._settled().crop(1e-7), SAMPLER_CELLS))

        return self._sampler.get(self.net.parameters(), self.options.temperature, make)

    def chains(self, x: Tensor, steps: int, generator: torch.Generator) -> Tensor:
        """Langevin chains from x (n, 2) with the model's own step size: all positions, (steps + 1, n, 2)."""
        u = self.units(x)
        normal = torch.randn(steps, *u.shape, generator=generator, device=u.device)
        uniform = (
            torch.rand(steps, len(u), generator=generator, device=u.device) if self.options.adjusted else None
        )
        warmth = self.options.temperature

        def field(v: Tensor) -> tuple[Tensor, Tensor]:
            energy, slope = self._field(v)
            return energy / warmth, slope / warmth

        path, _ = langevin(field, u, self.options.step_size, normal, uniform)
        return self.units.inverse(torch.stack(path))

    # --- what it shows ------------------------------------------------------------------------------------------

    @torch.no_grad()
    def exhibits(self, about: About) -> tuple[Exhibit, ...]:
        """The landscape with chains on it, and log Z: exact, learned, and by the estimators that need no sum."""
        grid = Grid(self.box, SHOWN_CELLS)
        field = self._energy_of(grid.points()).reshape(grid.n, grid.n)
        paths = self.chains(about.x.expand(SHOWN_CHAINS, -1), SHOWN_STEPS, about.generator)
        many = self.particles if self.objective == "pcd" else None
        at_chains = None if many is None else self.units.inverse(many)
        picture = landscape(self.box, field, about.data[:SHOWN_DATA], paths, at_chains)
        rows = {"exact": exact(self.log_z(), "quadrature on a grid of the plane")}
        if self.learned_log_z is not None and self.options.temperature == 1:
            rows["learned beside E"] = estimate(
                float(self.learned_log_z[0]), None, "noise-contrastive estimation"
            )
        return picture, normaliser(rows | self._guesses(about.generator))

    def _guesses(self, generator: torch.Generator) -> dict[str, Quantity]:
        """log Z by importance sampling from the bowl, and by annealing from it to the model and back."""
        warmth = self.options.temperature
        c = self.options.confinement * math.sqrt(warmth)
        log_z0 = math.log(2 * math.pi) + self.dim * (math.log(c) + float(self.units.scale.log()))

        def net(u: Tensor) -> Tensor:
            value: Tensor = self.net(u).squeeze(1) / warmth
            return value

        def bowl(u: Tensor) -> Tensor:
            return 0.5 / c**2 * u.square().sum(dim=1)

        like = self.units.scale
        drawn = c * torch.randn(
            IMPORTANCE, self.dim, generator=generator, device=like.device, dtype=like.dtype
        )
        move = metropolis_path(net, bowl, 0.3 * c, generator)
        uniforms = self.noise(ANNEALED, generator)
        fair = self._settled().invert(uniforms.cpu().double().numpy())
        return {
            "importance sampling": from_weights(-net(drawn), log_z0, "importance sampling from the bowl"),
            "annealed, forwards": annealed(net, move, drawn[:ANNEALED], LAWS, log_z0, reverse=False),
            "annealed, backwards": annealed(
                net, move, self.units(torch.as_tensor(fair).to(uniforms)), LAWS, log_z0, reverse=True
            ),
        }

    def _in_box(self, share: Tensor) -> Tensor:
        """Uniforms (n, 2) to points of the box in data units."""
        return torch.stack(
            [self.box.x0 + self.box.width * share[:, 0], self.box.y0 + self.box.height * share[:, 1]], dim=1
        )


def square_around(box: Box, x: Tensor) -> Box:
    """The smallest square about the box's centre that holds the box and the rows of x (n, 2)."""
    cx, cy = (box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2
    reach = float((x - torch.tensor([cx, cy])).abs().max())
    half = max(box.width / 2, box.height / 2, reach)
    return Box(cx - half, cx + half, cy - half, cy + half)


def cell_corners(box: Box, n: int) -> NDArray[np.float64]:
    """The lower left corners of n × n cells, (n², 2)."""
    grid = Grid(box, n)
    return grid.points() - np.array([box.width, box.height]) / (2 * n)
