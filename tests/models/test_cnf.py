from __future__ import annotations

import math
from itertools import pairwise

import pytest
import torch

from genplay.models.base import Batch
from genplay.models.cnf import CNF, DigitCNF, SmoothField
from genplay.models.exhibits import Facts
from tests.models.harness import build, few_images, slope_error, train, two_moons


def flow(**knobs: object) -> CNF:
    """A flow with a lively random velocity, in float64."""
    model = build("cnf", two_moons(200), knobs={"width": 16, **knobs})
    assert isinstance(model, CNF)
    model.double()
    with torch.no_grad():
        for p in model.parameters():
            p += 0.2 * torch.randn(p.shape, generator=torch.Generator().manual_seed(1), dtype=p.dtype)
    return model


def normal(n: int, d: int = 2, seed: int = 2) -> torch.Tensor:
    return torch.randn(n, d, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.mark.parametrize("depth", [1, 2])
@pytest.mark.parametrize("activation", ["tanh", "softplus"])
def test_the_closed_form_divergence_is_the_trace_of_the_jacobian(depth: int, activation: str) -> None:
    field = flow(depth=depth, activation=activation).transform.field
    assert isinstance(field, SmoothField)
    x, times = normal(5), torch.tensor([0.2, 0.9], dtype=torch.float64)
    ready = field.ready(times, traced=True)
    for i in range(2):
        torch.testing.assert_close(ready.velocity(x, i), field(x, times[i : i + 1].expand(5)))
    found = ready.divergences()
    for i in range(2):
        for j in range(5):
            jacobian = torch.autograd.functional.jacobian(
                lambda a, i=i: field(a[None], times[i : i + 1])[0], x[j]
            )
            assert float(found[i, j].detach()) == pytest.approx(float(jacobian.trace()), abs=1e-10)


def test_the_ode_likelihood_of_a_linear_field_is_the_gaussian_it_makes() -> None:
    """With v = a x (tanh in its straight part) noise N(0, I) becomes N(0, e^2a I), whatever the solver's steps."""
    model = flow(depth=1, width=4)
    field = model.transform.field
    assert isinstance(field, SmoothField)
    rate, small = -0.8, 1e-4
    with torch.no_grad():
        for p in model.parameters():
            p.zero_()
        field.first.weight[:2] = small * torch.eye(2)
        field.last.weight[:, :2] = rate / small * torch.eye(2)
    scale = math.exp(rate) * float(model.standardise.scale)
    x = model.standardise.mean + scale * normal(50)
    wanted = torch.distributions.Normal(model.standardise.mean, scale).log_prob(x).sum(dim=1)
    with torch.no_grad():
        torch.testing.assert_close(model.log_prob(x), wanted, atol=1e-5, rtol=0)
        samples = model.sample_from(normal(20_000, seed=3))
    torch.testing.assert_close(samples.std(dim=0), torch.full((2,), scale).double(), rtol=0.03, atol=0)


def test_training_finds_a_gaussian_with_known_answer() -> None:
    factor = torch.tensor([[0.6, 0.0], [0.3, 0.25]])
    x = torch.tensor([0.4, -0.2]) + normal(2000).float() @ factor.T
    model = build("cnf", x, knobs={"width": 24, "jitter": 0.0})
    train(model, x, 180, batch_size=128)
    truth = torch.distributions.MultivariateNormal(torch.tensor([0.4, -0.2]), scale_tril=factor)
    fresh = truth.mean + normal(3000, seed=9).float() @ factor.T
    with torch.no_grad():
        gap = truth.log_prob(fresh) - model.log_prob(fresh)  # type: ignore[operator]
    assert abs(float(gap.mean())) < 0.03
    assert float(gap.abs().mean()) < 0.2


def test_gradients_agree_with_finite_differences() -> None:
    x = two_moons(32)
    model = build("cnf", x, knobs={"width": 8, "training_steps": 3, "energy": 0.3})
    train(model, x, 5)
    assert slope_error(model, Batch(x, torch.zeros(32, dtype=torch.int64), torch.Generator())) < 1e-4


def test_the_price_of_motion_makes_paths_shorter() -> None:
    x = two_moons(500)
    energies = []
    for price in (0.0, 1.0):
        model = build("cnf", x, knobs={"width": 24, "energy": price})
        energies.append(train(model, x, 60)[-1]["energy"])
    assert energies[1] < 0.8 * energies[0]


def test_it_says_whether_more_steps_would_change_the_density() -> None:
    x = two_moons(60)
    verdicts = []
    for steps in (2, 60):
        model = flow(ode_steps=steps)
        with torch.no_grad():
            for p in model.parameters():
                p *= 1.5
        facts = model._converged(x[:1].double())
        assert isinstance(facts, Facts)
        verdicts.append(dict(facts.rows)["log p(x)"].kind)
        assert model.transform.steps == steps
    assert verdicts == ["estimate", "exact"]


def test_in_25_dimensions_the_density_is_the_change_of_variables() -> None:
    x = few_images(20)
    model = build("cnf", x, world="digits", knobs={"width": 16, "ode_steps": 60})
    assert isinstance(model, DigitCNF)
    train(model, x, 10)
    model.double()
    w = model.dequantised(x[:2].double()).detach()
    z, log_det = model.warp(w)
    for i in range(2):
        jacobian = torch.autograd.functional.jacobian(lambda a: model.warp(a[None])[0][0], w[i])
        assert float(torch.linalg.slogdet(jacobian).logabsdet) == pytest.approx(
            float(log_det[i].detach()), abs=1e-5
        )
    with torch.no_grad():
        torch.testing.assert_close(model.unwarp(z), w, atol=1e-5, rtol=0)


def test_every_training_step_has_a_grid_of_its_own() -> None:
    model = build("cnf", two_moons(20), knobs={"width": 8, "training_steps": 6})
    assert isinstance(model, CNF)
    generator = torch.Generator().manual_seed(0)
    grids = [model.training_times(torch.zeros(1), generator) for _ in range(200)]
    for times in grids:
        lengths = [before - after for before, after in pairwise(times)]
        assert times[0] == 1.0
        assert times[-1] == 0.0
        assert min(lengths) > 0
        assert max(lengths) < 3.01 * min(lengths)
    assert {len(times) - 1 for times in grids} == {4, 5, 6, 7, 8}
    assert len({tuple(times) for times in grids}) == 200
    assert abs(sum(len(times) - 1 for times in grids) / 200 - 6) < 0.5
