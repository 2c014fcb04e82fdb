"""Bayes' rule by counting: against scikit-learn and by hand, naive and coupled, with classes that have no examples."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.stats import multivariate_normal
from sklearn.naive_bayes import BernoulliNB, GaussianNB

from genplay.datasets.base import DataSpec, Law
from genplay.datasets.registry import build as build_data
from genplay.metrics.images import over_all_images
from genplay.models.base import About
from genplay.models.exhibits import Bars, Facts, Pictures, PlanePicture
from genplay.models.naive_bayes import NaiveBayes
from genplay.quantity import Quantity
from genplay.spaces import World
from genplay.spaces.binary import N_IMAGES, images, log_sum_exp
from genplay.spaces.plane import HOME
from genplay.training.plan import RunPlan
from genplay.training.trainer import Trainer
from tests.models.harness import agreement, build, few_images, train, two_moons


def labelled(world: World, n: int = 300, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """Points with two classes, images with three."""
    if world == "plane":
        x = two_moons(n, seed)
        return x, (x[:, 1] > 0.4 * x[:, 0]).long()
    x = few_images(n, seed)
    return x, (x[:, 3] + 2 * x[:, 7] * (1 - x[:, 3])).long()


def counted(
    world: World,
    objective: str = "naive",
    data: tuple[torch.Tensor, torch.Tensor] | None = None,
    classes: int = 3,
    law: Law | None = None,
    **knobs: object,
) -> NaiveBayes:
    x, y = data if data is not None else labelled(world)
    model = build(
        "naive-bayes", x, world=world, objective=objective, knobs=knobs, y=y, classes=classes, law=law
    )
    assert isinstance(model, NaiveBayes)
    train(model, x, 3, y=y)
    return model


def about(world: World, row: int = 0) -> About:
    x, y = labelled(world)
    return About(x[row : row + 1], x, y, torch.Generator())


def test_on_the_plane_it_is_scikit_learns_gaussian_classifier() -> None:
    x, y = labelled("plane")
    reference = GaussianNB(var_smoothing=0).fit(x.double().numpy(), y.numpy())
    model = counted("plane", classes=2)
    points = two_moons(100, seed=4)
    np.testing.assert_allclose(
        model.class_posterior(points).detach().numpy(),
        reference.predict_proba(points.double().numpy()),
        atol=1e-4,
    )
    joint = reference.predict_joint_log_proba(points.double().numpy())
    np.testing.assert_allclose(
        model.log_prob(points).detach().numpy(), np.logaddexp.reduce(joint, axis=1), atol=1e-4
    )


def test_on_images_it_is_scikit_learns_bernoulli_classifier() -> None:
    x, y = labelled("digits")
    reference = BernoulliNB(alpha=0.7).fit(x.numpy(), y.numpy())
    model = counted("digits", pixel_smoothing=0.7)
    points = few_images(100, seed=4)
    np.testing.assert_allclose(
        model.class_posterior(points).numpy(), reference.predict_proba(points.numpy()), atol=1e-5
    )
    joint = reference.predict_joint_log_proba(points.double().numpy())
    np.testing.assert_allclose(
        model.log_prob(points.double()).numpy(), np.logaddexp.reduce(joint, axis=1), rtol=1e-6
    )


def test_coupled_on_the_plane_is_a_tilted_gaussian_a_class() -> None:
    x, y = labelled("plane")
    model = counted("plane", "coupled", classes=2)
    total = np.zeros(50)
    points = two_moons(50, seed=2).double().numpy()
    for k in range(2):
        part = x[y == k].double().numpy()
        total += len(part) / 300 * multivariate_normal(part.mean(0), np.cov(part.T, bias=True)).pdf(points)
    np.testing.assert_allclose(
        model.log_prob(torch.tensor(points).float()).detach().numpy(), np.log(total), atol=1e-3
    )


@pytest.mark.parametrize("smoothing", [0.0, 1e-6])
def test_coupled_on_images_counts_whole_images(smoothing: float) -> None:
    x, y = labelled("digits")
    model = counted("digits", "coupled", image_smoothing=smoothing)
    asked = torch.cat([x[:10], 1 - x[:3]])
    for row in asked:
        shares = np.array(
            [
                ((x[y == k] == row).all(dim=1).sum().item() + smoothing)
                / (int((y == k).sum()) + smoothing * N_IMAGES)
                for k in range(3)
            ]
        )
        joint = shares * np.bincount(y.numpy(), minlength=3) / 300
        assert float(model.log_prob(row[None]).exp()) == pytest.approx(joint.sum(), rel=1e-5)
        if joint.sum() > 0:
            np.testing.assert_allclose(
                model.class_posterior(row[None])[0].numpy(), joint / joint.sum(), atol=1e-5
            )
        else:
            np.testing.assert_allclose(
                model.class_posterior(row[None])[0].numpy(), np.bincount(y.numpy()) / 300, atol=1e-6
            )


@pytest.mark.parametrize(
    ("objective", "knobs"),
    [
        ("naive", {}),
        ("naive", {"pixel_smoothing": 0.0}),
        ("coupled", {}),
        ("coupled", {"image_smoothing": 1e-5}),
    ],
)
def test_all_images_sum_to_one_and_agree_with_log_prob(objective: str, knobs: dict[str, object]) -> None:
    model = counted("digits", objective, **knobs)
    block = model.log_prob_blocks()
    assert log_sum_exp(block) == pytest.approx(0.0, abs=1e-9)
    some = torch.tensor(images(np.arange(41 * 4096, 42 * 4096)), dtype=torch.float64)
    np.testing.assert_allclose(block(41, 42).ravel(), model.log_prob(some).numpy(), atol=1e-9)


@pytest.mark.parametrize("world", ["plane", "digits"])
@pytest.mark.parametrize("objective", ["naive", "coupled"])
def test_a_class_without_examples_breaks_nothing(world: World, objective: str) -> None:
    model = counted(world, objective, classes=5)
    x, _ = labelled(world)
    posterior = model.class_posterior(x).detach()
    assert bool(posterior.isfinite().all())
    assert float(posterior[:, 4].max()) == 0
    assert bool(model.log_prob(x).isfinite().all())
    noise = model.noise(6, torch.Generator().manual_seed(0))
    assert bool(model.sample_class(noise, torch.full((6,), 4)).isfinite().all())
    for knob in ("even", "counted"):
        model.configure(model.knobs.replace(prior=knob))
        for exhibit in model.exhibits(about(world)):
            if isinstance(exhibit, Bars):
                assert np.isfinite(exhibit.values).all()


def test_the_prior_can_be_made_even() -> None:
    x, _ = labelled("plane")
    model = counted("plane", classes=2, prior="even")
    likelihood = model.likelihood.log_prob(x).exp()
    torch.testing.assert_close(
        model.class_posterior(x), likelihood / likelihood.sum(dim=1, keepdim=True), atol=1e-4, rtol=1e-3
    )


@pytest.mark.parametrize("objective", ["naive", "coupled"])
def test_samples_on_the_plane_follow_the_density(objective: str) -> None:
    model = counted("plane", objective, classes=2)
    drawn = model.sample(4000, torch.Generator().manual_seed(1))
    box = HOME.grown(1.5)
    assert agreement(model, drawn, box) > 1e-3
    assert agreement(model, drawn * 1.15, box) < 1e-6


@pytest.mark.parametrize("objective", ["naive", "coupled"])
def test_images_of_a_class_have_the_pixels_of_the_class(objective: str) -> None:
    x, y = labelled("digits")
    model = counted("digits", objective, pixel_smoothing=0.0)
    noise = model.noise(6000, torch.Generator().manual_seed(3))
    for k in range(3):
        drawn = model.sample_class(noise, torch.full((6000,), k))
        mean = x[y == k].mean(dim=0)
        error = (mean * (1 - mean) / 6000).sqrt()
        assert bool(((drawn.mean(dim=0) - mean).abs() <= 4.5 * error + 1e-6).all())
    shares = (model.sample_from(noise)[:, 3].mean() - x[:, 3].mean()).abs()
    assert float(shares) < 0.03


def test_coupled_samples_are_images_of_their_class() -> None:
    x, y = labelled("digits")
    model = counted("digits", "coupled")
    noise = model.noise(200, torch.Generator().manual_seed(3))
    for k in range(3):
        known = {tuple(row) for row in x[y == k].tolist()}
        assert all(tuple(row) in known for row in model.sample_class(noise, torch.full((200,), k)).tolist())


def test_what_endless_data_would_leave_wrong_agrees_with_the_sum_over_all_images() -> None:
    data = build_data(DataSpec("glyphs"))
    law = data.law
    assert law is not None
    x, y = (torch.tensor(a) for a in (data.x_train, data.y_train))
    model = counted("digits", data=(x.float(), y), classes=data.classes, law=law)
    shown = model.exhibits(About(x[:1].float(), x.float(), y, torch.Generator()))
    told = dict(next(e for e in shown if isinstance(e, Facts) and "far" in e.title).rows)[
        "KL(p‖q) left with endless data"
    ]
    assert isinstance(told, Quantity)
    assert told.stderr is not None
    # The exact limit: the law's own pixel marginals in each class.
    weights, templates, labels = law.weights, law.templates, law.labels  # type: ignore[attr-defined]
    lit = templates * (1 - law.flip) + (1 - templates) * law.flip  # type: ignore[attr-defined]
    ideal = counted("digits", data=(x.float(), y), classes=data.classes, pixel_smoothing=0.0)
    for k in range(data.classes):
        w = weights * (labels == k)
        ideal.examples[k] = round(1e9 * w.sum())
        ideal.likelihood.examples[k] = 1.0  # type: ignore[operator, union-attr]
        ideal.likelihood.lit[k] = torch.tensor(w @ lit / w.sum())  # type: ignore[operator, union-attr]
    exact = over_all_images(law.log_prob_blocks(), ideal.log_prob_blocks(), ("kl",))["kl"].value  # type: ignore[attr-defined]
    assert abs(told.value - exact) < 4 * told.stderr
    assert told.stderr < 0.1


def test_bayes_rule_is_shown_for_the_chosen_point() -> None:
    model = counted("digits")
    shown = model.exhibits(about("digits", 5))
    bars = {e.title: e.values for e in shown if isinstance(e, Bars)}
    x, y = labelled("digits")
    np.testing.assert_allclose(bars["Prior P(y)"], np.bincount(y.numpy()) / 300)
    np.testing.assert_allclose(
        bars["Posterior P(y | x)"], model.class_posterior(x[5:6])[0].numpy(), atol=1e-6
    )
    said = next(e for e in shown if isinstance(e, Pictures) and e.scale == "signed").values.sum()
    likelihood = model.likelihood.log_prob(x[5:6])[0]
    first, second = (model.log_joint(x[5:6])[0]).topk(2).indices
    assert said == pytest.approx(float(likelihood[first] - likelihood[second]), rel=1e-6)


def test_the_boundary_is_where_two_classes_are_equally_likely() -> None:
    model = counted("plane", classes=2)
    picture = next(e for e in model.exhibits(about("plane")) if isinstance(e, PlanePicture))
    border = [line.points for line in picture.lines if line.label == "boundary"]
    assert border
    on_it = torch.tensor(np.concatenate(border), dtype=torch.float32)
    posterior = model.class_posterior(on_it)[:, 0].detach().numpy()
    assert np.abs(posterior - 0.5).max() < 0.15


def test_the_limit_is_that_of_the_law_the_data_have_now() -> None:
    def shown(name: str) -> float:
        trainer.set_data(build_data(DataSpec(name)))
        trainer.step()
        x, y = torch.tensor(trainer.plan.data.x_train).float(), torch.tensor(trainer.plan.data.y_train)
        facts = trainer.model.exhibits(About(x[:1], x, y, torch.Generator()))[-1]  # type: ignore[operator]
        return float(dict(facts.rows)["KL(p‖q) left with endless data"].value)

    trainer = Trainer(RunPlan("naive-bayes", "plane", build_data(DataSpec("two-moons"))))
    assert shown("bimodal") == pytest.approx(0.0, abs=0.01)
    assert shown("two-moons") > 1
