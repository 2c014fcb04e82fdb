"""What a model offers. Small protocols, one per ability; a model implements those it truly has.

Conventions: x is (n, d) in data units and in the run's precision (pixels are 0 or 1), labels are (n,) int64, densities are in nats,
an energy is any E with p ∝ exp(−E), a score is ∇ₓ log p(x). Randomness comes from the generator that is passed in.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol, runtime_checkable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from genplay.datasets.base import Law
from genplay.knobs import Knobs
from genplay.models.card import Card
from genplay.models.exhibits import Exhibit
from genplay.models.precision import device_of, dtype_of
from genplay.quantity import Kind
from genplay.spaces import World
from genplay.spaces.plane import Box

__all__ = [
    "About", "Batch", "HasBlocks", "HasCodePosterior", "HasComponents", "HasConditionals", "HasDensity",
    "HasDiscriminator", "HasElbo", "HasEnergy", "HasEnergyBlocks", "HasExhibits", "HasForward", "HasGridDensity",
    "HasLabels", "HasLatent", "HasLayers", "HasLogZ", "HasPosterior", "HasReconstruction", "HasResponsibilities",
    "HasScore", "HasTerminalNoise", "HasTrajectory", "HasVelocity", "Model", "Phase", "Setting",
    "Terms",
]  # fmt: skip

Terms = dict[str, Tensor]
"""Named numbers of one step, 0-dim tensors; ``loss`` is the one that is minimised where there is one."""


@dataclass(frozen=True)
class Setting:
    """What a model is told before it is built: the world, the training data, a generator for its initial parameters.

    ``law`` is the truth behind the data where it is known; only objectives that are *defined* by it may look at it.
    """

    world: World
    dim: int
    classes: int
    objective: str
    box: Box
    x: Tensor
    y: Tensor
    generator: torch.Generator
    law: Law | None = None
    members: Sequence[tuple[str, Model, float]] = ()
    """Trained models with a name and a weight (any positive scale), for a mixture of them."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What one phase sees: rows of the training data and the generator of the training noise."""

    x: Tensor
    y: Tensor
    generator: torch.Generator


@dataclass(frozen=True, slots=True)
class About:
    """What an exhibit may be about: one point or image x (1, d) that the user chose, and the training data."""

    x: Tensor
    data: Tensor
    labels: Tensor
    generator: torch.Generator


@dataclass(frozen=True)
class Phase:
    """One sub-step of training, e.g. ``discriminator`` then ``generator``, or ``E`` then ``M``.

    With ``parameters``, the trainer differentiates ``run(batch)['loss']`` with respect to them and takes an
    optimiser step; with None, ``run`` changes the model itself. ``repeats`` is read at each step (a live knob may
    change it). ``full`` asks for all the training data instead of a mini-batch.
    """

    name: str
    run: Callable[[Batch], Terms]
    parameters: Sequence[nn.Parameter] | None = None
    full: bool = False
    repeats: Callable[[], int] = lambda: 1
    rate: Callable[[], float] = lambda: 1.0
    after: Callable[[], None] | None = None


class Model(nn.Module):
    """Base of all models: knobs, phases and sampling from noise that can be frozen.

    A subclass sets ``card``, builds itself from ``(knobs, setting)``, returns its ``phases`` and implements
    ``noise`` and ``sample_from``.
    """

    card: ClassVar[Card]

    def __init__(self, knobs: Knobs, setting: Setting) -> None:
        super().__init__()
        self.knobs = knobs
        self.world: World = setting.world
        self.dim = setting.dim
        self.objective = setting.objective

    def configure(self, knobs: Knobs) -> None:
        """Take new values of the live knobs; the model reads them at its next step."""
        self.knobs = knobs

    def data_changed(self) -> None:
        """Told by the trainer that the training data are new: a model that had finished has work again."""

    def law_changed(self, law: Law | None) -> None:
        """Told by the trainer, just before ``data_changed``, which law the new data have (None: not known)."""

    def phases(self) -> tuple[Phase, ...]:
        """The sub-steps that make one training step, in order."""
        raise NotImplementedError

    def settle_density(self) -> None:
        """Asked before a density is reported: a model whose ``density_kind`` depends on its parameters looks again."""

    @property
    def draws_its_density(self) -> bool:
        """Whether plain samples have the law that ``log_prob`` tells: a temperature, or a decoder without noise, gives another."""
        return True

    @property
    def draws(self) -> bool:
        """Whether it can make samples: a discriminative model knows P(y | x) alone, and ``noise`` is then not to be asked for."""
        return "sample" in self.card.capabilities_in(self.world)

    @property
    def device(self) -> torch.device:
        """Where its numbers are; the CPU if it has none."""
        return device_of(self)

    @property
    def dtype(self) -> torch.dtype:
        """The precision that it computes in."""
        return dtype_of(self)

    @property
    def finished(self) -> bool:
        """True when further steps would change nothing (a closed form, an EM that has converged)."""
        return False

    def noise(self, n: int, generator: torch.Generator) -> Tensor:
        """Draw what n samples are made from, (n, k): kept frozen, the same samples can be followed through training."""
        raise NotImplementedError

    def fresh_noise(self, n: int, generator: torch.Generator) -> Tensor:
        """``noise`` in the model's precision: the same numbers in float32 and float64, so that runs can be compared."""
        return self.noise(n, generator).to(self.dtype)

    def sample_from(self, noise: Tensor) -> Tensor:
        """Turn noise (n, k) into samples (n, d), deterministically."""
        raise NotImplementedError

    def sample(self, n: int, generator: torch.Generator) -> Tensor:
        """n fresh samples (n, d)."""
        return self.sample_from(self.fresh_noise(n, generator))


@runtime_checkable
class HasDensity(Protocol):
    """log p(x), normalised. ``density_kind`` says what it is; ``density_method`` how it was taken, in plain words."""

    density_kind: Kind
    density_method: str

    def log_prob(self, x: Tensor) -> Tensor:
        """log p(x) in nats, (n, d) → (n,)."""
        ...


@runtime_checkable
class HasGridDensity(Protocol):
    """The plane only: log p on a whole grid, faster than point by point."""

    def log_prob_grid(self, xs: Tensor, ys: Tensor) -> Tensor:
        """log p at every (x, y) of xs (nx,) and ys (ny,) → (ny, nx); −inf where p is below the least float64."""
        ...


@runtime_checkable
class HasEnergy(Protocol):
    def energy(self, x: Tensor) -> Tensor:
        """E(x) with p ∝ exp(−E), (n, d) → (n,)."""
        ...


@runtime_checkable
class HasLogZ(Protocol):
    def log_z(self) -> float:
        """log Z = log ∫ exp(−E) (or Σ), exact, in nats."""
        ...


@runtime_checkable
class HasResponsibilities(Protocol):
    def responsibilities(self, x: Tensor) -> Tensor:
        """P(component k given x), rows sum to 1, (n, d) → (n, K)."""
        ...


@runtime_checkable
class HasScore(Protocol):
    def score(self, x: Tensor) -> Tensor:
        """∇ₓ log p(x), (n, d) → (n, d)."""
        ...


@runtime_checkable
class HasElbo(Protocol):
    def elbo(self, x: Tensor, generator: torch.Generator) -> Tensor:
        """A one-sample unbiased estimate of a lower bound on log p(x) in nats, (n, d) → (n,)."""
        ...


@runtime_checkable
class HasLatent(Protocol):
    """A latent code: ``encode`` gives its mean (or exact code), ``decode`` the mean of x (or pixel probabilities)."""

    latent_dim: int

    def encode(self, x: Tensor) -> Tensor:
        """(n, d) → (n, latent_dim)."""
        ...

    def decode(self, z: Tensor) -> Tensor:
        """(n, latent_dim) → (n, d)."""
        ...


@runtime_checkable
class HasCodePosterior(Protocol):
    """A code that is drawn: q(z | x) is Gaussian with independent coordinates."""

    def code_posterior(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log standard deviation, (n, d) → (n, k) twice; z may be given in any invertible coordinates of the code."""
        ...


@runtime_checkable
class HasDiscriminator(Protocol):
    def discriminator(self, x: Tensor) -> Tensor:
        """The probability that x is real, in (0, 1), (n, d) → (n,)."""
        ...


@runtime_checkable
class HasBlocks(Protocol):
    """Images only: log p for whole blocks of the enumeration, faster than image by image (see ``spaces.binary``)."""

    def log_prob_blocks(self) -> Callable[[int, int], NDArray[np.float64]]:
        """A function (start, stop) → (stop − start, 4096) of exact log p in float64, tables prepared once."""
        ...


@runtime_checkable
class HasEnergyBlocks(Protocol):
    """Images only: −E for whole blocks of the enumeration, where log Z is not known before all of them are summed."""

    def minus_energy_blocks(self) -> Callable[[int, int], NDArray[np.float64]]:
        """A function (start, stop) → (stop − start, 4096) of −E in float64."""
        ...


@runtime_checkable
class HasConditionals(Protocol):
    """The chain rule in some order of the dimensions: log p(x) = Σ_j log p(x_j | the ones before j)."""

    order: Tensor
    """The dimensions in the order in which they are drawn, (d,) int64."""

    def log_conditionals(self, x: Tensor) -> Tensor:
        """log p(x_j | the ones before j) in column j, (n, d) → (n, d); rows sum to log p(x)."""
        ...


@runtime_checkable
class HasPosterior(Protocol):
    """A classifier, generative by Bayes' rule or discriminative."""

    def class_posterior(self, x: Tensor) -> Tensor:
        """P(class y | x), rows sum to 1, (n, d) → (n, classes)."""
        ...


@runtime_checkable
class HasLabels(Protocol):
    """A class-conditional model: it can be asked for a class."""

    classes: int

    def sample_class(self, noise: Tensor, labels: Tensor) -> Tensor:
        """Turn noise (n, k) into samples (n, d) of the classes (n,) int64, deterministically."""
        ...


@runtime_checkable
class HasVelocity(Protocol):
    def velocity(self, x: Tensor, t: Tensor) -> Tensor:
        """dx/dt of the flow that carries noise (t = 0) to data (t = 1), (n, d) and (n,) → (n, d)."""
        ...


@runtime_checkable
class HasTrajectory(Protocol):
    """Samples are made step by step, and the way can be watched."""

    def trajectory(self, noise: Tensor) -> Tensor:
        """All states on the way from noise (n, k) to samples, (steps + 1, n, d); the last is ``sample_from(noise)``."""
        ...


@runtime_checkable
class HasForward(Protocol):
    """A fixed process that turns data to noise, t from 0 (data) to 1 (noise)."""

    def noised(self, x: Tensor, t: float, generator: torch.Generator) -> Tensor:
        """A draw of x_t given x_0 = x, (n, d) → (n, d)."""
        ...

    def noised_score(self, x: Tensor, t: float) -> Tensor:
        """The learned ∇ log p_t(x) of the noised data; for images the learned probabilities of the clean pixels, (n, d) → (n, d)."""
        ...


@runtime_checkable
class HasTerminalNoise(Protocol):
    """A process from data to noise whose strength is known in closed form."""

    def signal_left(self, t: Tensor) -> Tensor:
        """The share of the variance of x_t that is still data, for data of unit variance, t from 0 to 1 (n,) → (n,)."""
        ...


@runtime_checkable
class HasReconstruction(Protocol):
    def reconstruct(self, x: Tensor) -> Tensor:
        """x after encoder and decoder (images: pixel probabilities), (n, d) → (n, d)."""
        ...


@runtime_checkable
class HasComponents(Protocol):
    """The plane only: Gaussians N(μₖ, Lₖ Lₖᵀ) that are seen as ellipses and can be dragged."""

    def components(self) -> tuple[Tensor, Tensor]:
        """μₖ (K, 2) and Lₖ (K, 2, 2), in data units."""
        ...

    def move_component(self, k: int, to: Tensor) -> None:
        """Put μₖ at a place (2,), and leave all else as it is."""
        ...


@runtime_checkable
class HasLayers(Protocol):
    """A map from data to noise that is made of layers, to be watched bending the plane."""

    def stages(self, x: Tensor) -> Tensor:
        """x after each layer on the way from data to noise, the first being x itself, (n, 2) → (layers + 1, n, 2)."""
        ...


@runtime_checkable
class HasExhibits(Protocol):
    def exhibits(self, about: About) -> tuple[Exhibit, ...]:
        """What the model shows of its inside now: within about 30 ms, without changing anything."""
        ...
