"""Small models and data that behave in known ways, for tests of the trainer and the training thread."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor, nn

from genplay.datasets.base import Data, DataSpec
from genplay.knobs import Knobs, knob
from genplay.models.base import Batch, Model, Phase, Setting, Terms
from genplay.models.card import Card, Objective
from genplay.models.layers import NoiseTape, linear, mlp
from genplay.quantity import Quantity, exact
from genplay.spaces import World
from genplay.training.plan import RunPlan


class Normal2:
    """N(m, 0.5² I) on the plane, as a law."""

    classes = 1

    def __init__(self, mean: tuple[float, float] = (0.5, -0.3)) -> None:
        self.mean = np.array(mean)

    def sample(self, n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        return self.mean + 0.5 * rng.standard_normal((n, 2)), np.zeros(n, np.int64)

    def log_prob(self, x: np.ndarray) -> np.ndarray:
        return -((x - self.mean) ** 2).sum(axis=1) / 0.5 - np.log(2 * np.pi * 0.25)

    def entropy(self) -> Quantity:
        return exact(1 + np.log(2 * np.pi * 0.25), "closed form")


def plane_data(
    n: int = 600, mean: tuple[float, float] = (0.5, -0.3), seed: int = 0, classes: int = 1
) -> Data:
    law, rng = Normal2(mean), np.random.default_rng(seed)
    x, y = law.sample(n, rng)
    xt, yt = law.sample(300, rng)
    names = tuple("abcdefghij"[:classes])
    return Data(DataSpec("normal"), "plane", x, y, xt, yt, law, names)


def digit_data(n: int = 200, seed: int = 0) -> Data:
    rng = np.random.default_rng(seed)
    x = (rng.random((n, 25)) < np.linspace(0.1, 0.9, 25)).astype(np.float64)
    y = np.zeros(n, np.int64)
    return Data(DataSpec("pixels"), "digits", x[: n // 2], y[: n // 2], x[n // 2 :], y[n // 2 :], None, ("",))


@dataclass(frozen=True)
class FakeKnobs(Knobs):
    """A live knob, a knob that needs a restart, and one that makes trouble."""

    width: int = knob(16, "Hidden units.", low=1, high=512)
    noise: float = knob(0.1, "Noise added to the loss.", low=0.0, high=10.0, live=True)
    trouble_at: int = knob(-1, "When trouble begins.", low=-1, high=10**9, live=True)


class Normal(Model):
    """N(μ, exp(2s) I) fitted by gradient, with training noise in its loss: density, score, energy and latent code."""

    density_kind = "exact"
    density_method = "closed form"

    def __init__(self, knobs: FakeKnobs, setting: Setting) -> None:
        super().__init__(knobs, setting)
        self.mean = nn.Parameter(torch.randn(setting.dim, generator=setting.generator))
        self.log_scale = nn.Parameter(torch.zeros(()))
        self.unused = nn.Parameter(torch.ones(3))
        self.latent_dim = setting.dim
        self._tape = NoiseTape("normal")

    def phases(self) -> tuple[Phase, ...]:
        return (Phase("descend", self._loss, list(self.parameters())),)

    def _loss(self, batch: Batch) -> Terms:
        x = batch.x + self.knobs.noise * self._tape.draw(tuple(batch.x.shape), batch.x, batch.generator)
        nll = -self.log_prob(x).mean()
        return {"loss": nll, "spread": self.log_scale.exp()}

    def log_prob(self, x: Tensor) -> Tensor:
        z = (x - self.mean) * (-self.log_scale).exp()
        return -0.5 * z.square().sum(dim=1) - self.dim * (self.log_scale + 0.5 * np.log(2 * np.pi))

    def energy(self, x: Tensor) -> Tensor:
        return -self.log_prob(x)

    def score(self, x: Tensor) -> Tensor:
        return -(x - self.mean) * (-2 * self.log_scale).exp()

    def encode(self, x: Tensor) -> Tensor:
        return (x - self.mean) * (-self.log_scale).exp()

    def decode(self, z: Tensor) -> Tensor:
        return self.mean + z * self.log_scale.exp()

    def noise(self, n: int, generator: torch.Generator) -> Tensor:
        return torch.randn(n, self.dim, generator=generator)

    def sample_from(self, noise: Tensor) -> Tensor:
        return self.decode(noise)


class ClosedForm(Normal):
    """The same, fitted in one step; it has finished then, until told of new data."""

    def __init__(self, knobs: FakeKnobs, setting: Setting) -> None:
        super().__init__(knobs, setting)
        self._fitted = False

    def phases(self) -> tuple[Phase, ...]:
        return (Phase("fit", self._fit, full=True),)

    @property
    def finished(self) -> bool:
        return self._fitted

    def data_changed(self) -> None:
        self._fitted = False

    @torch.no_grad()
    def _fit(self, batch: Batch) -> Terms:
        self.mean.copy_(batch.x.mean(dim=0))
        self.log_scale.copy_(batch.x.std(dim=0).mean().log())
        self._fitted = True
        return {"loss": -self.log_prob(batch.x).mean()}


class TwoPlayers(Model):
    """A GAN in small: a discriminator that takes two turns a step, then a generator; no density."""

    def __init__(self, knobs: FakeKnobs, setting: Setting) -> None:
        super().__init__(knobs, setting)
        self.judge = mlp([setting.dim, knobs.width, 1], setting.generator)
        self.maker = linear(2, setting.dim, setting.generator)
        self.turns: list[str] = []

    def phases(self) -> tuple[Phase, ...]:
        return (
            Phase("discriminator", self._judge, list(self.judge.parameters()), repeats=lambda: 2),
            Phase("generator", self._make, list(self.maker.parameters()), rate=lambda: 0.5),
        )

    def _judge(self, batch: Batch) -> Terms:
        self.turns.append("d")
        fake = self.maker(torch.randn(len(batch.x), 2, generator=batch.generator)).detach()
        logits = self.judge(torch.cat([batch.x, fake]))
        truth = torch.cat([torch.ones(len(batch.x), 1), torch.zeros(len(fake), 1)])
        return {"loss": nn.functional.binary_cross_entropy_with_logits(logits, truth)}

    def _make(self, batch: Batch) -> Terms:
        self.turns.append("g")
        fake = self.maker(torch.randn(len(batch.x), 2, generator=batch.generator))
        return {"loss": nn.functional.softplus(-self.judge(fake)).mean()}

    def discriminator(self, x: Tensor) -> Tensor:
        return self.judge(x).sigmoid()[:, 0]

    def noise(self, n: int, generator: torch.Generator) -> Tensor:
        return torch.randn(n, 2, generator=generator)

    def sample_from(self, noise: Tensor) -> Tensor:
        return self.maker(noise)


class Slow(Normal):
    """Takes 20 ms a step, and its density 20 µs a point."""

    def _loss(self, batch: Batch) -> Terms:
        time.sleep(0.02)
        return super()._loss(batch)

    def log_prob(self, x: Tensor) -> Tensor:
        if not torch.is_grad_enabled():
            time.sleep(2e-5 * len(x))
        return super().log_prob(x)


class BecomesNaN(Normal):
    """Its loss is not a number from a certain step on, and so are its parameters after it."""

    def __init__(self, knobs: FakeKnobs, setting: Setting) -> None:
        super().__init__(knobs, setting)
        self.calls = 0

    def _loss(self, batch: Batch) -> Terms:
        terms = super()._loss(batch)
        self.calls += 1
        if 0 <= self.knobs.trouble_at <= self.calls:
            terms["loss"] = terms["loss"] * float("nan")
        return terms


class Raises(Normal):
    """Raises in a step, as a model with a mistake does, or one that has no memory left."""

    error: Exception = ValueError("shapes do not\nfit")

    def _loss(self, batch: Batch) -> Terms:
        if self.knobs.trouble_at >= 0:
            raise self.error
        return super()._loss(batch)


class BadView(Normal):
    """Trains well, but its density cannot be drawn."""

    def log_prob(self, x: Tensor) -> Tensor:
        if not torch.is_grad_enabled():
            raise RuntimeError("no density today")
        return super().log_prob(x)


class Overflows(Normal):
    """Its parameters stay finite; while ``far`` is 1, what is made of them does not."""

    far: Tensor

    def __init__(self, knobs: Knobs, setting: Setting) -> None:
        super().__init__(knobs, setting)
        self.register_buffer("far", torch.zeros(()))

    def log_prob(self, x: Tensor) -> Tensor:
        return super().log_prob(x) + torch.where(self.far > 0, torch.nan, 0.0)

    def sample_from(self, noise: Tensor) -> Tensor:
        return super().sample_from(noise) / (1 - self.far)


CLASSES: dict[str, type[Model]] = {
    c.__name__: c for c in (Normal, ClosedForm, TwoPlayers, Slow, BecomesNaN, Raises, BadView, Overflows)
}


@dataclass(frozen=True)
class FakeCard(Card):
    """A card whose class is found here instead of by a module's name."""

    def load(self, world: World) -> type[Model]:
        cls = CLASSES[str(self.target)]
        cls.card = self
        return cls


def card(target: str, **changes: object) -> FakeCard:
    made = FakeCard(
        id=target.lower(),
        title=target,
        family="Fake",
        worlds=("plane", "digits"),
        summary="",
        formula="",
        reference="",
        knobs=FakeKnobs,
        objectives=(Objective("likelihood", "Likelihood", ""),),
        capabilities=("density", "sample"),
        density={"plane": "exact"},
        cost="one pass",
        target=target,
        recipe={"learning_rate": 0.01, "batch_size": 64},
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def plan(target: str = "Normal", world: World = "plane", **changes: object) -> RunPlan:
    data = plane_data() if world == "plane" else digit_data()
    made = RunPlan(model=card(target), world=world, data=data, device="cpu")
    return replace(made, **changes)  # type: ignore[arg-type]
