"""RNN, PixelCNN and transformer in training: gradients, classes, scheduled sampling, and what is learned."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from genplay.models.base import Batch
from tests.models.harness import few_images, slope_error, train, world_data
from tests.models.sequences import sequence

MODELS = ("rnn", "pixelcnn", "transformer")
of_all = pytest.mark.parametrize("name", MODELS)
SMALL = {"width": 16}


@of_all
@pytest.mark.parametrize("own", [0.0, 0.5])
def test_the_gradient_of_training_is_the_slope_of_its_loss(name: str, own: float) -> None:
    model = sequence(name, sharp=1.0, own_samples=own, **SMALL)
    x = world_data("digits", 20)
    # A short step: the own draws jump and the units bend where they change sign.
    assert slope_error(model, Batch(x, torch.arange(20) % 3, torch.Generator()), step=1e-8) < 1e-4


@of_all
def test_it_can_be_asked_for_a_class_after_training(name: str) -> None:
    rng = np.random.default_rng(0)
    y = torch.tensor(rng.integers(0, 2, 256))
    x = torch.zeros(256, 25)
    x[:, :12] = y[:, None].float()
    model = sequence(name, sharp=1.0, unlabelled=0.3, **SMALL)
    (phase,) = model.phases()
    assert phase.parameters is not None
    optimiser = torch.optim.Adam(phase.parameters, lr=0.01)
    noise = torch.Generator().manual_seed(0)
    for i in range(0, 64 * 100, 64):
        optimiser.zero_grad()
        rows = slice(i % 256, i % 256 + 64)
        phase.run(Batch(x[rows], y[rows], noise))["loss"].backward()
        optimiser.step()
    labels = torch.arange(100) % 2
    drawn = model.sample_class(model.noise(100, noise), labels)
    lit = drawn[:, :12].mean(dim=1)
    assert float(lit[labels == 1].mean()) > 0.9
    assert float(lit[labels == 0].mean()) < 0.1
    with torch.no_grad():
        assert float((model.class_posterior(x[:50])[:, :2].argmax(dim=1) == y[:50]).float().mean()) > 0.95


@of_all
def test_scheduled_sampling_feeds_own_draws_in_the_share_that_is_asked_for(name: str) -> None:
    model = sequence(name, **SMALL)
    x = few_images(64)
    uniform = torch.rand(64, 25, generator=torch.Generator().manual_seed(1))
    for share in (0.0, 0.3, 1.0):
        model.configure(model.options.replace(own_samples=share))
        fed = model._partly_own(x, torch.full((64,), 3), uniform, torch.Generator().manual_seed(2))
        kept = uniform >= share
        assert torch.equal(fed[kept], x[kept])
        if share == 1.0:
            noise = model.head.noise(64, 25, torch.Generator().manual_seed(2)).flatten(1)
            assert torch.equal(fed, model.sample_from(noise))


@of_all
def test_training_finds_which_earlier_pixel_matters(name: str) -> None:
    rng = np.random.default_rng(0)
    x = np.zeros((400, 25), dtype=np.float32)
    x[:, 2], x[:, 8] = rng.integers(0, 2, (2, 400))
    x[:, 13] = x[:, 2]
    data = torch.tensor(x)
    model = sequence(name, sharp=1.0, hidden=0.0, unlabelled=1.0, **SMALL)
    train(model, data, 120, batch_size=64, learning_rate=0.02)
    with torch.no_grad():
        assert float(-model.log_prob(data).mean()) == pytest.approx(2 * np.log(2), abs=0.15)
