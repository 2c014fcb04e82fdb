"""Logistic regression against scikit-learn and finite differences; and a model that cannot draw, everywhere."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression as Reference
from sklearn.preprocessing import PolynomialFeatures

from genplay.datasets.base import DataSpec
from genplay.datasets.registry import build as build_data
from genplay.errors import Failure
from genplay.lab.run import Run
from genplay.models.base import About, Batch
from genplay.models.exhibits import Bars, Facts, Pictures, PlanePicture
from genplay.models.logistic import LogisticRegression, monomials
from genplay.spaces import World
from genplay.spaces.plane import HOME
from genplay.training.plan import RunPlan
from genplay.training.refresh import Refresher
from genplay.training.snapshot import FieldRequest, ViewRequest
from genplay.training.trainer import Trainer
from tests.models.harness import build, few_images, slope_error, train, two_moons


def labelled(world: World, n: int = 300) -> tuple[torch.Tensor, torch.Tensor]:
    """Classes that overlap, so that no weight grows without end."""
    x = two_moons(n) if world == "plane" else few_images(n)
    noise = torch.randn(n, 3, generator=torch.Generator().manual_seed(2))
    tilt = torch.stack([x[:, 0], x[:, 1] - x[:, 0].square(), 0.3 * x.sum(dim=1)], dim=1)
    return x, (tilt + 0.5 * noise).argmax(dim=1)


def learned(world: World, steps: int, **knobs: object) -> LogisticRegression:
    x, y = labelled(world)
    model = build("logistic", x, world=world, knobs=knobs, y=y, classes=3)
    assert isinstance(model, LogisticRegression)
    # Batches as large as the data, drawn anew, would be noise: the whole of the data at each step instead.
    optimiser = torch.optim.LBFGS(model.parameters(), max_iter=steps, line_search_fn="strong_wolfe")
    (phase,) = model.phases()

    def closure() -> torch.Tensor:
        optimiser.zero_grad()
        loss = phase.run(Batch(x, y, torch.Generator()))["loss"]
        loss.backward()
        return loss

    optimiser.step(closure)  # type: ignore[no-untyped-call]
    return model


@pytest.mark.parametrize("degree", [1, 3])
def test_its_maximum_is_scikit_learns(degree: int) -> None:
    x, y = labelled("plane")
    model = learned("plane", 200, degree=degree)
    assert model.units is not None
    inputs = PolynomialFeatures(degree, include_bias=False).fit_transform(model.units(x).double().numpy())
    reference = Reference(C=np.inf, max_iter=5000, tol=1e-8).fit(inputs, y.numpy())
    np.testing.assert_allclose(
        model.class_posterior(x).detach().numpy(), reference.predict_proba(inputs), atol=5e-3
    )


def test_gradient_steps_climb_to_the_same_place() -> None:
    x, y = labelled("plane")
    model = build("logistic", x, y=y, classes=3)
    losses = [terms["loss"] for terms in train(model, x, 400, y=y)]
    (phase,) = model.phases()
    best = float(learned("plane", 200).phases()[0].run(Batch(x, y, torch.Generator()))["loss"].detach())
    assert losses[0] == pytest.approx(np.log(3), abs=1e-5)
    assert float(phase.run(Batch(x, y, torch.Generator()))["loss"].detach()) == pytest.approx(best, abs=0.01)


@pytest.mark.parametrize(("world", "knobs"), [("plane", {"degree": 2}), ("digits", {})])
def test_gradients_agree_with_finite_differences(world: World, knobs: dict[str, object]) -> None:
    x, y = labelled(world, 64)
    model = build("logistic", x, world=world, knobs=knobs, y=y, classes=3)
    train(model, x, 5, y=y)
    assert slope_error(model, Batch(x, y, torch.Generator())) < 1e-5


def test_monomials_are_scikit_learns() -> None:
    x = two_moons(20)
    expected = PolynomialFeatures(4, include_bias=False).fit_transform(x.double().numpy())
    np.testing.assert_allclose(monomials(x, 4).numpy(), expected, rtol=1e-4, atol=1e-6)


def test_the_boundary_is_shown_beside_that_of_naive_bayes() -> None:
    x, y = labelled("plane")
    model = learned("plane", 100)
    shown = model.exhibits(About(x[:1], x, y, torch.Generator()))
    picture = next(e for e in shown if isinstance(e, PlanePicture))
    own = np.concatenate([line.points for line in picture.lines if line.label == "logistic regression"])
    posterior = model.class_posterior(torch.tensor(own, dtype=torch.float32)).detach().sort(dim=1).values
    assert float((posterior[:, 2] - posterior[:, 1]).max()) < 0.1
    assert any(line.label == "naive Bayes" for line in picture.lines)
    facts = next(e for e in shown if isinstance(e, Facts))
    assert len(facts.rows) == 4


def test_weights_are_shown_beside_counts() -> None:
    x, y = labelled("digits")
    model = learned("digits", 30)
    shown = model.exhibits(About(x[:1], x, y, torch.Generator()))
    pictures = [e for e in shown if isinstance(e, Pictures)]
    assert [p.values.shape for p in pictures] == [(3, 25), (3, 25)]
    bars = [e for e in shown if isinstance(e, Bars)]
    assert all(b.values.sum() == pytest.approx(1, abs=1e-5) for b in bars)


def test_it_classifies_and_says_plainly_that_it_cannot_draw() -> None:
    run = Run(Trainer(RunPlan("logistic", "plane", build_data(DataSpec("bimodal")))))
    run.trainer.advance(150)
    with pytest.raises(Failure, match="draws no samples: it knows only which class"):
        run.sample(5)
    with pytest.raises(Failure, match="no density"):
        run.log_prob([[0.0, 0.0]])
    of_the_data = ("entropy", "knn_entropy")
    assert all((q is None) != (name in of_the_data) for name, q in run.evaluate().items())
    assert run.trainer.terms["accuracy"] > 0.95


def test_views_of_a_model_that_cannot_draw_show_no_samples_and_no_trouble() -> None:
    trainer = Trainer(RunPlan("logistic", "plane", build_data(DataSpec("bimodal"))))
    views = Refresher(trainer, ViewRequest(fields=(FieldRequest("density", HOME, 32),), samples=50))
    for version in range(5):
        trainer.step()
        views.earn(1.0)
        views.share(version)
    while views.rest(5):
        pass
    assert views.samples is None
    assert not views.fields
    assert views.trouble == ""
