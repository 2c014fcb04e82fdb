"""What is on its way between noise and data, asked of a model whose ways are known; fields of velocity and of classes."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from genplay.errors import Failure
from genplay.models.base import Model
from genplay.models.exhibits import Facts
from genplay.spaces.plane import Box, Grid
from genplay.training import queries
from genplay.training.refresh import Refresher
from genplay.training.snapshot import FieldRequest, ViewRequest
from genplay.training.trainer import Trainer
from genplay.training.views import FieldWork, field_source
from tests.training import fakes

STEPS = 300
X = np.array([[1.0, -2.0], [0.5, 0.25]])


class Way(fakes.Normal):
    """Straight ways, a rotation as velocity, two layers that halve, and two classes left and right."""

    def trajectory(self, noise: torch.Tensor) -> torch.Tensor:
        return torch.stack([noise + i * (self.decode(noise) - noise) / STEPS for i in range(STEPS + 1)])

    def velocity(self, x: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        return t[:, None] * torch.stack([-x[:, 1], x[:, 0]], dim=1)

    def stages(self, x: torch.Tensor) -> torch.Tensor:
        return torch.stack([x, x / 2, x / 4])

    def noised(self, x: torch.Tensor, t: float, generator: torch.Generator) -> torch.Tensor:
        return (1 - t) * x + t * torch.randn(x.shape, generator=generator)

    def noised_score(self, x: torch.Tensor, t: float) -> torch.Tensor:
        return -x * t

    def class_posterior(self, x: torch.Tensor) -> torch.Tensor:
        right = torch.sigmoid(50 * x[:, 0])
        return torch.stack([1 - right, right], dim=1)

    def exhibits(self, about) -> tuple[Facts, ...]:
        return (
            Facts(
                "x",
                (("x", str(about.x.tolist())), ("r", str(torch.rand(1, generator=about.generator).item()))),
            ),
        )


@pytest.fixture
def trainer(monkeypatch: pytest.MonkeyPatch) -> Trainer:
    monkeypatch.setitem(fakes.CLASSES, "Way", Way)
    return Trainer(fakes.plan("Way"))


@pytest.fixture
def model(trainer: Trainer) -> Model:
    return trainer.model


def test_a_trajectory_keeps_its_ends_and_its_noise(model: Model) -> None:
    states, steps = queries.trajectory(model, 5, seed=3)
    assert states.shape == (len(steps), 5, 2)
    assert len(steps) == 120
    assert (steps[0], steps[-1]) == (0, STEPS)
    noise = model.noise(5, torch.Generator().manual_seed(3))
    with torch.no_grad():
        assert states[-1] == pytest.approx(model.sample_from(noise).numpy(), abs=1e-5)
        halfway = noise + (model.decode(noise) - noise) * float(steps[60]) / STEPS
    assert states[0] == pytest.approx(noise.numpy())
    assert states[60] == pytest.approx(halfway.numpy(), abs=1e-5)
    few, steps = queries.trajectory(model, 5, seed=3, most=1000)
    assert len(few) == STEPS + 1
    assert few[-1] == pytest.approx(states[-1])


def test_stages_and_noised_data(model: Model) -> None:
    assert queries.stages(model, X) == pytest.approx(np.stack([X, X / 2, X / 4]))
    assert queries.noised(model, X, 0.0) == pytest.approx(X)
    half = queries.noised(model, X, 0.5, seed=1)
    assert half == pytest.approx(queries.noised(model, X, 0.5, seed=1)), "frozen noise"
    assert half - X / 2 == pytest.approx(queries.noised(model, X, 1.0, seed=1) / 2, abs=1e-6)


def test_exhibits_are_about_the_point_with_frozen_noise(model: Model) -> None:
    data, labels = np.zeros((3, 2)), np.zeros(3, np.int64)
    first = queries.exhibits(model, X[:1], data, labels)
    assert first == queries.exhibits(model, X[:1], data, labels)
    assert first[0].rows[0] == ("x", "[[1.0, -2.0]]")
    assert queries.exhibits(Trainer(fakes.plan("Normal")).model, X[:1], data, labels) is None


def test_a_model_that_cannot_says_so() -> None:
    plain = Trainer(fakes.plan("Normal")).model
    for ask in (
        lambda: queries.trajectory(plain, 2, 0), lambda: queries.stages(plain, X), lambda: queries.noised(plain, X, 0.5)
    ):  # fmt: skip
        with pytest.raises(Failure, match="The model 'normal'"):
            ask()
    assert field_source(plain, "velocity") is None
    assert field_source(plain, "posterior") is None


def test_fields_of_velocity_and_classes(model: Model) -> None:
    box = Box(-1, 1, -1, 1)
    made = {}
    for name, t in (("velocity", 0.25), ("posterior", 1.0)):
        work = FieldWork(model, field_source(model, name, t), FieldRequest(name, box, 16, t), 16, 7, None)
        with torch.no_grad():
            assert work.work()
        made[name] = work.result()
    points = Grid(box, 16).points().reshape(16, 16, 2)
    turned = 0.25 * np.stack([-points[..., 1], points[..., 0]], axis=-1)
    assert made["velocity"].values == pytest.approx(turned, abs=1e-6)
    values = made["posterior"].values
    assert (np.floor(values) == (points[..., 0] > 0)).all(), (
        "a class that is certain is not taken for the next one"
    )
    assert (values - np.floor(values) >= 0.5).all()


def test_another_moment_is_another_view(trainer: Trainer) -> None:
    box = Box(-1, 1, -1, 1)

    def at(t: float) -> np.ndarray:
        refresher.want(ViewRequest((FieldRequest("velocity", box, 8, t),), 0, False))
        while refresher.rest(0):
            pass
        return refresher.fields["velocity"].values

    refresher = Refresher(trainer, ViewRequest((), 0, False))
    slow, fast = at(0.25), at(1.0)
    assert fast == pytest.approx(4 * slow, abs=1e-6)
