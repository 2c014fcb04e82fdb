"""RNN, PixelCNN and transformer: the chain rule holds, nobody looks ahead, samples are those of the density."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from genplay.spaces.plane import HOME, Grid
from tests.models.harness import agreement, few_images, total_mass, train, two_moons
from tests.models.sequences import (
    chi2_of_first_pixels,
    jacobi_equals_ancestral,
    last_pixels_sum,
    looks_ahead,
    sequence,
    shown,
    slope_ahead,
    steps_differ,
    upper_half_is_empty,
)

MODELS = ("rnn", "pixelcnn", "transformer")
PLANE = ("rnn", "transformer")
of_all = pytest.mark.parametrize("name", MODELS)
of_the_plane = pytest.mark.parametrize("name", PLANE)
SMALL = {"width": 16}


@of_all
def test_a_pixel_changes_no_conditional_at_or_before_its_own(name: str) -> None:
    model = sequence(name, **SMALL)
    later, earlier = looks_ahead(model)
    assert earlier == 0.0
    assert later > 0.95 * 25 * 24 / 2


@of_all
def test_no_gradient_comes_from_the_future(name: str) -> None:
    assert slope_ahead(sequence(name, **SMALL)) == 0.0


@pytest.mark.parametrize(
    ("name", "world"), [*((name, "digits") for name in MODELS), *((name, "plane") for name in PLANE)]
)
def test_place_by_place_is_the_same_as_all_at_once(name: str, world: str) -> None:
    assert steps_differ(sequence(name, world, **SMALL)) < 2e-5  # type: ignore[arg-type]


@of_all
def test_all_endings_of_an_image_sum_to_one_for_every_class(name: str) -> None:
    np.testing.assert_allclose(last_pixels_sum(sequence(name, **SMALL)), 1, atol=1e-5)


@of_all
@pytest.mark.parametrize("label", [None, 1])
def test_samples_come_as_often_as_the_density_says(name: str, label: int | None) -> None:
    model = sequence(name, **SMALL)
    freedom = 15
    assert chi2_of_first_pixels(model, label) < freedom + 5 * np.sqrt(2 * freedom)
    if label is None:
        model.configure(model.options.replace(temperature=0.2))
        assert chi2_of_first_pixels(model, label) > 100


@of_all
def test_jacobi_decoding_gives_the_ancestral_samples(name: str) -> None:
    assert jacobi_equals_ancestral(sequence(name, **SMALL))


@of_the_plane
def test_jacobi_decoding_on_the_plane_too(name: str) -> None:
    assert jacobi_equals_ancestral(sequence(name, "plane", sharp=1.0, first="x2", **SMALL))


@of_the_plane
@pytest.mark.parametrize(("first", "head"), [("x1", "mixture"), ("x2", "mixture"), ("x2", "logistic")])
def test_samples_on_the_plane_fit_the_density(name: str, first: str, head: str) -> None:
    model = sequence(name, "plane", sharp=1.0, first=first, head=head, components=4, bins=64, **SMALL)
    train(model, two_moons(300), 60, batch_size=64, learning_rate=0.02)
    model.eval()
    samples = model.sample(5_000, torch.Generator().manual_seed(0))
    assert agreement(model, samples, HOME) > 1e-3
    mixed_up = torch.stack([samples[:, 0], samples[:, 1].roll(1)], dim=1)
    assert agreement(model, mixed_up, HOME) < 1e-6


@of_the_plane
def test_the_mass_on_the_plane_is_one_and_the_score_is_its_slope(name: str) -> None:
    model = sequence(name, "plane", sharp=1.0, first="x2", components=4, **SMALL)
    assert total_mass(model, Grid(HOME.grown(4), 320)) == pytest.approx(1, abs=2e-3)
    model.double()
    x, step = two_moons(10).double(), 1e-6
    score = model.score(x)  # type: ignore[attr-defined]
    with torch.no_grad():
        for j in range(2):
            shift = torch.zeros(2, dtype=torch.float64)
            shift[j] = step
            measured = (model.log_prob(x + shift) - model.log_prob(x - shift)) / (2 * step)
            torch.testing.assert_close(score[:, j], measured, rtol=1e-4, atol=1e-5)


@of_all
def test_bayes_rule_turns_the_densities_of_the_classes_into_a_posterior(name: str) -> None:
    model = sequence(name, **SMALL)
    x = few_images(8)
    with torch.no_grad():
        each = np.stack(
            [model.class_log_prob(x, torch.full((8,), y)).double().numpy() for y in range(3)], axis=1
        )
        shares = np.exp(each - each.max(axis=1, keepdims=True)) * model.class_shares.numpy()
        np.testing.assert_allclose(
            model.class_posterior(x).numpy(), shares / shares.sum(axis=1, keepdims=True), atol=1e-4
        )


@of_all
def test_the_exhibits_show_an_empty_future(name: str) -> None:
    exhibits = shown(sequence(name, **SMALL))
    assert upper_half_is_empty(exhibits["Who looks at whom"])
    assert {"What sampling costs", "Parallel (Jacobi) decoding", "Sampling, measured"} <= set(exhibits)
    assert any("Drift" in title for title in exhibits)
