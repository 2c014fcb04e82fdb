"""Restricted Boltzmann machine [1]: p(v) = Σ_h exp(−E(v, h)) / Z,  E(v, h) = −vᵀW h − bᵀv − cᵀh.

Summing the hidden units by hand leaves the free energy F(v) = −bᵀv − Σ_k log(1 + e^{c_k + (vᵀW)_k}), and p ∝ e^{−F}.
Maximum likelihood lowers F on the data and raises it where the model puts its mass:
    −∂ log p/∂θ = ∂F(data)/∂θ − E_model ∂F(v)/∂θ.
The second mean is taken over k Gibbs sweeps from the data (CD-k [2]), over chains that never restart (PCD [3]), or
exactly (see ``rbm_sums``). Gibbs: h_k ~ σ(c_k + (vᵀW)_k) all at once, then v_j ~ σ(b_j + (W h)_j) all at once.

[1] Smolensky 1986.  [2] Hinton 2002.  [3] Tieleman 2008.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import softplus

from genplay.knobs import Knobs
from genplay.models.base import About, Batch, Model, Phase, Setting, Terms
from genplay.models.cards.rbm import CARD, RBMKnobs
from genplay.models.exhibits import Bars, Exhibit, Facts, Pictures
from genplay.models.layers import NoiseTape, double
from genplay.models.rbm_ais import annealed_log_z
from genplay.models.rbm_sums import (
    HIDDEN_SIDE,
    LogZ,
    hidden_side_log_z,
    minus_free_energy_blocks,
    visible_side_log_z,
)
from genplay.quantity import Kind, Quantity, estimate, exact

__all__ = ["RBM"]

EXACT_RATE = 4.0
"""A gradient without noise bears longer steps."""
CHUNK = 1000
"""So many samples are drawn at a time: each needs thousands of random numbers."""
SHOWN_FILTERS = 32
SHOWN_PHASES = 8
PHASE_ROWS = 256


class RBM(Model):
    """``W`` (25, H) is the features' pixel weights, ``b`` (25,) the pixels' biases, ``c`` (H,) the features'.

    ``chains`` (n, 25) are the persistent chains of PCD.
    """

    card = CARD
    density_kind: Kind = "exact"
    chains: Tensor

    def __init__(self, knobs: Knobs, setting: Setting) -> None:
        super().__init__(knobs, setting)
        exact, generator = setting.objective == "exact", setting.generator
        hidden = self.options.hidden_exact if exact else self.options.hidden
        lit = setting.x.mean(dim=0).clamp(0.02, 0.98)
        weights = torch.randn(self.dim, hidden, generator=generator, device=generator.device)
        self.W = nn.Parameter(0.1 * weights)
        # A pixel that no feature speaks for is lit as often as in the data: the features learn the rest.
        self.b = nn.Parameter(torch.logit(lit))
        self.c = nn.Parameter(torch.zeros(hidden))
        start = torch.rand(self.options.chains, self.dim, generator=generator, device=generator.device)
        self.register_buffer("chains", (start.to(lit) < lit).to(lit))
        self._tape = NoiseTape("uniform", steps=256)
        self._log_z: tuple[bytes, float] = (b"", 0.0)

    @property
    def options(self) -> RBMKnobs:
        assert isinstance(self.knobs, RBMKnobs)
        return self.knobs

    @property
    def hidden(self) -> int:
        return self.W.shape[1]

    @property
    def density_method(self) -> str:
        """How log Z was summed."""
        if self.hidden <= HIDDEN_SIDE:
            return f"log Z summed over all 2^{self.hidden} hidden states"
        return "log Z summed over all 2^25 images"

    # Training

    def phases(self) -> tuple[Phase, ...]:
        parameters = list(self.parameters())
        if self.objective == "exact":
            return (Phase("likelihood", self._exact, parameters, full=True, rate=lambda: EXACT_RATE),)
        if self.objective == "cd":
            return (Phase("contrast", self._cd, parameters),)
        return (Phase("contrast", self._pcd, parameters),)

    def _exact(self, batch: Batch) -> Terms:
        energy = self.energy(batch.x).mean()
        log_z = LogZ.apply(self.W, self.b, self.c)  # type: ignore[no-untyped-call]
        return {"loss": energy + log_z, "free energy of data": energy, "log Z": log_z}

    def _cd(self, batch: Batch) -> Terms:
        return self._contrast(batch.x, self._sweep(batch.x, self.options.k, batch.generator))

    def _pcd(self, batch: Batch) -> Terms:
        self.run_chains(self.options.k, batch.generator)
        return self._contrast(batch.x, self.chains)

    def _contrast(self, data: Tensor, chains: Tensor) -> Terms:
        """F(data) − F(chains). Near 0 whether or not anything was learned: its value says nothing of progress."""
        energy = self.energy(torch.cat([data, chains]))
        of_data, of_chains = energy[: len(data)].mean(), energy[len(data) :].mean()
        return {
            "loss": of_data - of_chains,
            "free energy of data": of_data,
            "free energy of chains": of_chains,
        }

    # Gibbs sampling

    @torch.no_grad()
    def _sweep(self, v: Tensor, sweeps: int, generator: torch.Generator) -> Tensor:
        for _ in range(sweeps):
            u = self._tape.draw((len(v), self.hidden + self.dim), v, generator)
            v = self._gibbs(v, u, 1.0)
        return v

    def _gibbs(self, v: Tensor, u: Tensor, beta: float) -> Tensor:
        """One sweep at inverse temperature beta from uniforms u (n, H + 25): all hidden units, then all pixels."""
        h = (u[:, : self.hidden] < torch.addmm(self.c, v, self.W, beta=beta, alpha=beta).sigmoid()).to(v)
        p = torch.addmm(self.b, h, self.W.T, beta=beta, alpha=beta).sigmoid()
        return (u[:, self.hidden :] < p).to(v)

    def run_chains(self, sweeps: int, generator: torch.Generator) -> None:
        """Let the persistent chains go on."""
        self.chains.copy_(self._sweep(self.chains, sweeps, generator))

    def noise(self, n: int, generator: torch.Generator) -> Tensor:
        """Uniforms (n, 25 + sweeps · (H + 25)): a random start, then every flip of a coin of the chain."""
        size = self.dim + self.options.sweeps * (self.hidden + self.dim)
        return torch.rand(n, size, generator=generator, device=generator.device)

    def sample_from(self, noise: Tensor) -> Tensor:
        """A Gibbs chain from random pixels whose temperature falls from ∞ to 1 in the first half of its sweeps."""
        return self._chain(noise)[-1]

    def trajectory(self, noise: Tensor) -> Tensor:
        """The chain after each sweep, (sweeps + 1, n, 25)."""
        return torch.stack(self._chain(noise))

    @torch.no_grad()
    def _chain(self, noise: Tensor) -> list[Tensor]:
        states = [(noise[:, : self.dim] < 0.5).to(noise)]
        each = noise[:, self.dim :].split(self.hidden + self.dim, dim=1)
        for t, uniforms in enumerate(each, start=1):
            states.append(self._gibbs(states[-1], uniforms, min(1.0, 2 * t / len(each))))
        return states

    def sample(self, n: int, generator: torch.Generator) -> Tensor:
        """n fresh samples, some at a time: the noise of all their chains would not fit in memory."""
        parts = [min(CHUNK, n - start) for start in range(0, n, CHUNK)] or [0]
        return torch.cat([super(RBM, self).sample(m, generator) for m in parts])

    def hidden_probabilities(self, v: Tensor) -> Tensor:
        """P(h_k = 1 | v), (n, 25) → (n, H)."""
        return (v @ self.W + self.c).sigmoid()

    def pixel_probabilities(self, h: Tensor) -> Tensor:
        """P(v_j = 1 | h), (n, H) → (n, 25)."""
        return (h @ self.W.T + self.b).sigmoid()

    # Density

    def energy(self, x: Tensor) -> Tensor:
        """The free energy F(v), (n, 25) → (n,)."""
        return -(x @ self.b) - softplus(x @ self.W + self.c).sum(dim=1)

    @torch.no_grad()
    def log_z(self) -> float:
        """log Z in nats, exact in float64; summed again only when a parameter has changed."""
        W, b, c = self._arrays()
        now = W.tobytes() + b.tobytes() + c.tobytes()
        if now != self._log_z[0]:
            few = self.hidden <= HIDDEN_SIDE
            self._log_z = (now, hidden_side_log_z(W, b, c) if few else visible_side_log_z(W, b, c))
        return self._log_z[1]

    def log_prob(self, x: Tensor) -> Tensor:
        """−F(x) − log Z in nats, (n, 25) → (n,), in float64 inside."""
        W, b, c, v = (double(t) for t in (self.W, self.b, self.c, x))
        return (v @ b + softplus(v @ W + c).sum(dim=1) - self.log_z()).to(x)

    def log_prob_blocks(self) -> Callable[[int, int], NDArray[np.float64]]:
        """log p of whole blocks of the 2^25 images, as products over half-tables."""
        log_z = self.log_z()
        block = minus_free_energy_blocks(*self._arrays())
        return lambda start, stop: block(start, stop) - log_z

    # Looking inside

    @torch.no_grad()
    def exhibits(self, about: About) -> tuple[Exhibit, ...]:
        """Filters, hidden units of the chosen image, both phases of the last gradient, free energies, log Z beside AIS."""
        data = about.data[torch.randperm(len(about.data), generator=about.generator)[:PHASE_ROWS]]
        if self.objective == "pcd":
            model, where = self.chains, "the persistent chains"
        else:
            # A generator and a tape of their own: looking must not disturb the noise of training.
            model, where = data, f"chains of {self.options.k} sweeps from the data"
            for _ in range(self.options.k):
                size = (len(model), self.hidden + self.dim)
                model = self._gibbs(model, torch.rand(size, generator=about.generator).to(model), 1.0)
        positive, negative = (v.T @ self.hidden_probabilities(v) / len(v) for v in (data, model))
        loudest = self.W.norm(dim=0).argsort(descending=True)[:SHOWN_FILTERS].sort().values
        strongest = loudest[:SHOWN_PHASES]
        names = tuple(f"h{k}" for k in loudest.tolist())
        on = self.hidden_probabilities(about.x)
        return (
            Pictures(
                "Filters", _array(self.W.T[loudest]), names, "signed",
                help="W: where a hidden unit wants light, and where darkness.",
            ),
            Bars(
                "Hidden units of the chosen image", tuple(f"h{k}" for k in range(self.hidden)), _array(on[0]),
                help="P(h = 1 | v), all at once: given the pixels the hidden units are independent.",
            ),
            Pictures(
                "The chosen image through the hidden units",
                _array(torch.cat([about.x, self.pixel_probabilities(on)])), ("image", "p(lit | hidden)"),
            ),
            Pictures(
                "Positive phase", _array(positive.T[strongest]), names[:SHOWN_PHASES],
                help="E[v h] over data: how often pixel and hidden unit are on together.",
            ),
            Pictures(
                "Negative phase", _array(negative.T[strongest]), names[:SHOWN_PHASES],
                help=f"The same over {where}. Learning has ended where both phases are alike.",
            ),
            Facts("Free energy and Z", self._facts(about, data, model)),
        )  # fmt: skip

    def _facts(self, about: About, data: Tensor, model: Tensor) -> tuple[tuple[str, Quantity | str], ...]:
        own = self.energy(about.x)[0]
        rows: list[tuple[str, Quantity | str]] = [
            ("F of the chosen image", exact(float(own), "closed form")),
            ("mean F of data", mean_of(self.energy(data), "over a part of the data")),
            ("mean F of the negative phase", mean_of(self.energy(model), "over chains")),
        ]
        if self.hidden <= HIDDEN_SIDE:
            rows.append(("log Z", exact(self.log_z(), self.density_method)))
        else:
            rows.append(("log Z", "a sum over all 2^25 images, which takes a second or two: see Evaluate"))
        found = annealed_log_z(
            self.W.double(), self.b.double(), self.c.double(), generator=about.generator, runs=64, steps=60
        )
        return (*rows, ("log Z by AIS", found))

    def _arrays(self) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        W, b, c = (t.detach().cpu().double().numpy() for t in (self.W, self.b, self.c))
        return W, b, c


def mean_of(values: Tensor, method: str) -> Quantity:
    """The mean of (n,) numbers with its standard error."""
    error = float(values.std() / len(values) ** 0.5) if len(values) > 1 else None
    return estimate(float(values.mean()), error, method)


def _array(t: Tensor) -> NDArray[np.float64]:
    return t.detach().double().cpu().numpy()
