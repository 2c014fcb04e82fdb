"""The energy-based model of images: gradients of its objectives, log Z, temperature."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from genplay.models.base import Batch
from genplay.models.image_ebm import ImageEBM
from genplay.models.pixel_energy import PixelEnergy
from genplay.models.strip_energy import StripEnergy
from genplay.spaces.binary import codes, log_sum_exp
from tests.models.harness import build, few_images, slope_error, train


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def ebm(x: Tensor, objective: str, **knobs: object) -> ImageEBM:
    model = build("ebm", x, world="digits", objective=objective, knobs=knobs)
    assert isinstance(model, ImageEBM)
    return model


def batch_of(x: Tensor) -> Batch:
    return Batch(x, torch.zeros(len(x), dtype=torch.int64), seeded())


@pytest.mark.parametrize("objective", ["exact", "nce"])
def test_gradients_agree_with_finite_differences(objective: str) -> None:
    x = few_images(100)
    # A short step: each of the 2^15 states of a strip has its own kinks.
    assert slope_error(ebm(x, objective, width=8), batch_of(x), 1e-7) < 1e-5


def test_the_exact_loss_is_the_negative_log_likelihood() -> None:
    x = few_images(100)
    model = ebm(x, "exact", width=16)
    train(model, x, 3)
    loss = float(model.phases()[0].run(batch_of(x))["loss"].detach())
    assert loss == pytest.approx(-float(model.log_prob(x).mean()), abs=1e-3)


def test_with_the_models_own_images_contrast_has_the_gradient_of_the_likelihood() -> None:
    """On the sum over all images: ∂ log Z/∂b_j is minus the mean pixel, which chains at rest must show."""
    x = few_images(300)
    model = ebm(x, "pcd", width=8, chains=4000, image_k=30)
    (phase,) = model.phases()
    found = torch.autograd.grad(phase.run(batch_of(x))["loss"], list(model.body.parameters()))
    names = [name for name, _ in model.body.named_parameters()]
    block, high = model.log_prob_blocks(), np.zeros(8192)
    for start in range(0, 8192, 64):
        high[start : start + 64] = np.exp(block(start, start + 64)).sum(axis=1)
    mean = np.array([high[np.arange(8192) >> j & 1 == 1].sum() for j in range(13)])
    wanted = torch.tensor(mean) - x[:, 12:].double().mean(dim=0)
    torch.testing.assert_close(found[names.index("bias")][12:].double(), wanted, atol=4 * 0.5 / 63, rtol=0)


@pytest.mark.parametrize("objective", ["exact", "cd"])
def test_probabilities_of_all_images_sum_to_one_at_any_temperature(objective: str) -> None:
    x = few_images(200)
    model = ebm(x, objective, width=8, temperature=1.7)
    block = model.log_prob_blocks()
    assert log_sum_exp(block) == pytest.approx(0, abs=1e-8)
    some = codes(x[:20].numpy())
    found = [block(int(c) >> 12, (int(c) >> 12) + 1)[0, int(c) & 4095] for c in some]
    np.testing.assert_allclose(model.log_prob(x[:20]).numpy(), found, atol=1e-3)


def test_exact_training_learns_a_few_patterns() -> None:
    x = few_images(400)
    model = ebm(x, "exact", width=16)
    before = model.log_z()
    train(model, x, 60)
    assert model.log_z() != before
    assert isinstance(model.body, StripEnergy)
    # Four patterns with flips of 5 %: the entropy is about ln 4 + 25 · 0.2 = 6.3 nats, of even pixels 17.3.
    assert -float(model.log_prob(few_images(400, seed=0)).mean()) < 8.5


def test_noise_contrast_learns_log_z_where_the_noise_goes_everywhere() -> None:
    """Pixels in pairs that mostly agree, told apart from independent ones: the noise finds every image of the data."""
    x = (torch.rand(2000, 25, generator=seeded(1)) < 0.4).float()
    x[:, 1] = torch.where(torch.rand(2000, generator=seeded(2)) < 0.8, x[:, 0], 1 - x[:, 0])
    model = ebm(x, "nce", width=16, contrast="single")
    assert model.learned_log_z is not None
    far = abs(float(model.learned_log_z.detach()) - model.log_z())
    train(model, x, 250, learning_rate=1e-2)
    assert far > 5
    assert float(model.learned_log_z.detach()) == pytest.approx(model.log_z(), abs=0.3)


def test_chains_of_persistent_contrast_live_on() -> None:
    x = few_images(200)
    model = ebm(x, "pcd", chains=50)
    start = model.particles.clone()
    train(model, x, 2)
    assert not torch.equal(model.particles, start)
    assert model.particles.shape == (50, 25)


@torch.no_grad()
def test_a_cold_model_draws_what_is_likely() -> None:
    x = few_images(200)
    model = ebm(x, "cd", width=16)
    energies = []
    for temperature in (0.2, 1.0, 5.0):
        model.configure(model.options.replace(temperature=temperature))
        drawn = model.sample(400, seeded())
        assert bool(((drawn == 0) | (drawn == 1)).all())
        energies.append(float(model.body(drawn).mean()))
    assert energies == sorted(energies)
    assert math.isfinite(energies[0])


def test_dropout_is_there_for_contrast_alone_and_only_in_training() -> None:
    x = few_images(40)
    for objective, dropped in (("nce", True), ("cd", False)):
        model = ebm(x, objective, dropout=0.5)
        with torch.no_grad():
            assert torch.equal(model.energy(x), model.energy(x)) != dropped
            model.eval()
            assert torch.equal(model.energy(x), model.energy(x))


@torch.no_grad()
@pytest.mark.parametrize("temperature", [0.5, 4.0])
def test_without_a_network_pixels_are_lit_by_their_odds_over_the_temperature(temperature: float) -> None:
    model = ebm(few_images(200), "cd", width=4, temperature=temperature, sweeps=4)
    assert isinstance(model.body, PixelEnergy)
    model.body.last.weight.zero_()
    lit = model.sample(4000, torch.Generator().manual_seed(0)).mean(dim=0)
    wanted = (model.body.bias / temperature).sigmoid()
    assert bool(((lit - wanted).abs() < 4.5 * (wanted * (1 - wanted) / 4000).sqrt() + 1e-3).all())
