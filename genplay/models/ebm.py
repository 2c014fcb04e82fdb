"""Energy-based model: p(x) = exp(−E(x)) / Z,  Z = ∫ exp(−E(x)) dx,  E(x) = net(u) + ‖u‖² / 2c²,  u = (x − mean) / scale.

The gradient of the log-likelihood lowers the energy of data and raises that of the model's own samples,
    ∇ log p(x) = −∇E(x) + E_{x' ~ p} ∇E(x'),
and the objectives differ in where x' comes from:
    quadrature   all of the plane: log Z is summed over a lattice, so this is exact maximum likelihood
    cd           k steps of Langevin dynamics from the data [1]
    pcd          the same, from where the chains were at the last step [2]
    dsm          no x' at all: −∇E is fitted to the score of the data blurred by noise [3]

On the plane Z is known whatever the objective (``energy_grid``), so every density and log Z shown is exact.

[1] Hinton 2002.  [2] Tieleman 2008.  [3] Vincent 2011.
"""

from __future__ import annotations

from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from genplay.models.base import Batch, Model, Phase, Setting, Terms
from genplay.models.cards.ebm import CARD, EBMKnobs
from genplay.models.energy_grid import EnergyGrid, energy_grid, settled_grid
from genplay.models.langevin import langevin, leap
from genplay.models.layers import NoiseTape, Standardise, mlp
from genplay.models.memo import Memo
from genplay.quantity import Kind
from genplay.spaces.plane import Box, Grid

__all__ = ["EBM"]

START_CELLS = 144
SAMPLER_CELLS = 192
OUTER_CELLS = 24
CHUNK = 8192


class EBM(Model):
    """A network for the energy, and the chains of persistent CD. Networks and chains live in standardised units u."""

    card = CARD
    density_kind: Kind = "exact"
    density_method = "minus the energy, minus log Z by quadrature"
    particles: Tensor
    next_restart: Tensor

    def __init__(self, knobs: EBMKnobs, setting: Setting) -> None:
        super().__init__(knobs, setting)
        sizes = [self.dim, *[knobs.width] * knobs.depth, 1]
        self.net = mlp(sizes, setting.generator, knobs.activation)
        self.units = Standardise(setting.x)
        self.box = square_around(setting.box, setting.x)
        start = torch.rand(knobs.chains, self.dim, generator=setting.generator)
        self.register_buffer("particles", self.units(self._in_box(start)))
        self.register_buffer("next_restart", torch.zeros((), dtype=torch.int64))
        self._normal, self._uniform = NoiseTape("normal", 8), NoiseTape("uniform", 8)
        self._leap_normal, self._leap_uniform = NoiseTape("normal"), NoiseTape("uniform")
        self._shift = NoiseTape("uniform")
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
        """E and ∇E at standardised points; the parameters take no part in the differentiation."""
        for p in self.net.parameters():
            p.requires_grad_(False)
        try:
            with torch.enable_grad():
                u = u.detach().requires_grad_()
                energy = self._energy(u)
                (slope,) = torch.autograd.grad(energy.sum(), u)
        finally:
            for p in self.net.parameters():
                p.requires_grad_(True)
        return energy.detach(), slope

    def energy(self, x: Tensor) -> Tensor:
        """E(x), (n, 2) → (n,)."""
        return self._energy(self.units(x))

    def score(self, x: Tensor) -> Tensor:
        """∇ log p(x) = −∇E(x), (n, 2) → (n, 2), per data unit."""
        return -self._field(self.units(x))[1] / self.units.scale

    def log_prob(self, x: Tensor) -> Tensor:
        """log p(x) = −E(x) − log Z in nats, (n, 2) → (n,)."""
        return -self.energy(x) - self.log_z()

    def log_z(self) -> float:
        """log ∫ exp(−E(x)) dx in nats of data units, by quadrature on a grid that has settled."""
        return self._settled().log_z

    def _settled(self) -> EnergyGrid:
        start = Grid(self.box.grown(1.25), START_CELLS)
        return self._grid.get(self.parameters(), None, lambda: settled_grid(self._energy_of, start))

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
            "dsm": ("match the score", self._denoising_step),
        }[self.objective]
        return (Phase(name, run, list(self.net.parameters())),)

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

        return self._sampler.get(self.parameters(), None, make)

    def chains(self, x: Tensor, steps: int, generator: torch.Generator) -> Tensor:
        """Langevin chains from x (n, 2) with the model's own step size: all positions, (steps + 1, n, 2)."""
        u = self.units(x)
        normal = torch.randn(steps, *u.shape, generator=generator, device=u.device)
        uniform = (
            torch.rand(steps, len(u), generator=generator, device=u.device) if self.options.adjusted else None
        )
        path, _ = langevin(self._field, u, self.options.step_size, normal, uniform)
        return self.units.inverse(torch.stack(path))

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
