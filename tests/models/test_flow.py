"""What every flow promises: an invertible map with the log-determinant of its Jacobian, on the plane and in 25 dimensions."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from genplay.models.base import About, Batch
from genplay.models.exhibits import Facts, Matrix, PlanePicture
from genplay.models.flow import PlaneFlow
from genplay.models.flow_exhibits import look_at_cells
from genplay.spaces.plane import HOME
from tests.models.harness import agreement, build, kl_from_two_moons, slope_error, train, two_moons

KNOBS: dict[str, dict[str, object]] = {
    "nsf": {"layers": 3, "bins": 5, "width": 12},
    "realnvp": {"layers": 4, "width": 12},
    "glow": {"layers": 3, "width": 12},
    "maf": {"layers": 4, "width": 24},
    "flow-matching": {"width": 12, "depth": 2, "ode_steps": 120},
    "cnf": {"width": 12, "ode_steps": 40, "training_steps": 4},
}
ODES = ("cnf", "flow-matching")
every = pytest.mark.parametrize("name", KNOBS)


def rough(name: str, **knobs: object) -> PlaneFlow:
    """A flow that bends the plane strongly and at random, in float64."""
    model = build(name, two_moons(200), knobs={**KNOBS[name], **knobs})
    assert isinstance(model, PlaneFlow)
    model.double()
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for p in model.parameters():
            p += 0.3 * torch.randn(p.shape, generator=generator, dtype=p.dtype)
    return model


def points(n: int = 40, reach: float = 1.5) -> torch.Tensor:
    return reach * torch.randn(n, 2, generator=torch.Generator().manual_seed(2), dtype=torch.float64)


@every
def test_the_inverse_undoes_the_flow(name: str) -> None:
    model, x = rough(name), points()
    with torch.no_grad():
        torch.testing.assert_close(model.decode(model.encode(x)), x, atol=1e-6, rtol=0)
        torch.testing.assert_close(model.encode(model.decode(x)), x, atol=1e-6, rtol=0)


@every
def test_log_det_is_that_of_the_jacobian(name: str) -> None:
    model, x = rough(name), points(12)
    log_det = model.warp(x)[1].detach()
    for i in range(len(x)):
        jacobian = torch.autograd.functional.jacobian(lambda a: model.encode(a[None])[0], x[i])
        assert float(torch.linalg.slogdet(jacobian).logabsdet) == pytest.approx(float(log_det[i]), abs=1e-6)


@every
def test_the_score_is_the_gradient_of_log_prob(name: str) -> None:
    model, x = rough(name), points(10, reach=0.6)
    step = 1e-6
    score = model.score(x)
    for j in range(2):
        shift = torch.zeros(2, dtype=torch.float64)
        shift[j] = step
        with torch.no_grad():
            slope = (model.log_prob(x + shift) - model.log_prob(x - shift)) / (2 * step)
        torch.testing.assert_close(score[:, j], slope, atol=1e-4, rtol=1e-4)


@every
def test_the_stages_lead_from_the_data_to_the_noise(name: str) -> None:
    model, x = rough(name), points(7)
    with torch.no_grad():
        stages = model.stages(x)
        assert len(stages) > 2
        assert torch.equal(stages[0], x)
        torch.testing.assert_close(stages[-1], model.encode(x))


@every
def test_training_lowers_the_surprise_and_survives_every_kind_of_network(name: str) -> None:
    x = two_moons(500)
    kinds = build(name, x).knobs.info("norm").choices if name not in ODES else ()
    for knobs in ({}, *({"norm": norm, "dropout": 0.1} for norm in kinds)):
        model = build(name, x, knobs={**KNOBS[name], **knobs})
        assert isinstance(model, PlaneFlow)
        before = model.eval().log_prob(x).detach().mean()
        train(model.train(), x, 80)
        after = model.eval().log_prob(x).detach()
        assert bool(torch.isfinite(after).all())
        assert float(after.mean()) > float(before) + 0.1


@pytest.mark.parametrize("name", ["realnvp", "glow", "maf"])
def test_two_moons_appear_and_samples_follow_the_density(name: str) -> None:
    x = two_moons(2000)
    model = build(name, x, knobs={"layers": 6, "width": 24})
    before = kl_from_two_moons(model, 96)
    train(model, x, 350)
    assert kl_from_two_moons(model, 96) < 0.45 < 1 < before
    with torch.no_grad():
        samples = model.sample(4000, torch.Generator().manual_seed(1))
        assert agreement(model, samples, HOME.grown(1.5)) > 1e-3
        assert agreement(model, samples * 1.15, HOME.grown(1.5)) < 1e-6


@every
def test_gradients_agree_with_finite_differences(name: str) -> None:
    x = two_moons(64)
    model = build(name, x, knobs={**KNOBS[name], "activation": "tanh"})
    train(model, x, 5)
    assert slope_error(model, Batch(x, torch.zeros(64, dtype=torch.int64), torch.Generator())) < 1e-4


def about(x: torch.Tensor) -> About:
    return About(x[:1], x, torch.zeros(len(x), dtype=torch.int64), torch.Generator())


@every
def test_the_chosen_point_goes_there_and_back(name: str) -> None:
    model, x = rough(name), points(30)
    facts = next(e for e in model.exhibits(about(x)) if isinstance(e, Facts))
    rows = dict(facts.rows)
    assert rows["x"] == rows["f⁻¹(z)"]
    for e in model.exhibits(about(x)):
        if isinstance(e, Matrix):
            measured = math.log(abs(np.linalg.det(e.values)))
            assert measured == pytest.approx(rows["log |det ∂f/∂x|"].value, abs=1e-6)
    total = rows["log p(x), their sum"]
    with torch.no_grad():
        assert total.value == pytest.approx(float(model.log_prob(x[:1])), abs=1e-9)
    assert total.value == pytest.approx(
        rows["log N(z; 0, I)"].value + rows["log |det ∂f/∂x|"].value, abs=1e-9
    )


@every
def test_no_mass_is_lost_in_the_warped_cells(name: str) -> None:
    model = build(name, two_moons(300), knobs=KNOBS[name])
    assert isinstance(model, PlaneFlow)
    train(model, two_moons(300), 30)
    gaps = []
    for n in (40, 80):
        with torch.no_grad():
            x = torch.zeros(1, 2)
            cells = look_at_cells(model, x, model.encode(x), n)
        in_noise, in_data = cells.in_noise, cells.in_data
        assert in_noise.sum() == pytest.approx(1, abs=1e-3)
        assert in_data.sum() == pytest.approx(1, abs=0.01)
        gaps.append(np.abs(in_noise - in_data).sum())
    # What is left is the curvature of cells that are drawn with straight edges: less, the smaller they are.
    assert gaps[0] < 0.04
    assert gaps[1] < 0.6 * gaps[0] + 1e-5


@every
def test_the_pictures_show_the_grid_from_data_to_noise(name: str) -> None:
    model, x = rough(name), points(30)
    pictures = [e for e in model.exhibits(about(x)) if isinstance(e, PlanePicture)]
    first, last = pictures[0], next(p for p in pictures if p.title.startswith("Noise"))
    np.testing.assert_allclose(first.lines[-1].points, x[:1].numpy())
    with torch.no_grad():
        np.testing.assert_allclose(last.lines[-1].points, model.encode(x[:1]).numpy())
    assert len(first.lines) == len(last.lines)
    assert math.isfinite(sum(float(line.points.sum()) for line in last.lines))
