"""The VAE with a discriminator: the slider's two ends, what each phase moves, and that samples get better."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from genplay.models.base import Batch
from genplay.models.vae import VAE
from genplay.models.vae_gan import VAEGAN
from genplay.spaces import World
from genplay.spaces.plane import HOME, Grid
from tests.models.harness import build, few_images, total_mass, train, two_moons, world_data


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def vae_gan(x: Tensor, world: World = "plane", **knobs: object) -> VAEGAN:
    model = build("vae-gan", x, world=world, knobs=knobs)
    assert isinstance(model, VAEGAN)
    return model


def batch(x: Tensor) -> Batch:
    return Batch(x, torch.zeros(len(x), dtype=torch.int64), seeded())


def test_at_likelihood_one_it_is_a_vae() -> None:
    x = two_moons(64)
    model = vae_gan(x, likelihood=1.0)
    plain = build("vae", x)
    assert isinstance(plain, VAE)
    plain.load_state_dict({k: v for k, v in model.state_dict().items() if k in plain.state_dict()})
    loss = model.phases()[1].run(batch(x))["loss"]
    torch.testing.assert_close(loss, plain.phases()[0].run(batch(x))["loss"])
    torch.testing.assert_close(model.log_prob(x), plain.log_prob(x))


def test_the_loss_is_the_weighted_sum_of_its_two_parts() -> None:
    x = two_moons(64)
    for share in (0.0, 0.3):
        terms = vae_gan(x, likelihood=share).phases()[1].run(batch(x))
        parts = share * (terms["reconstruction"] + terms["kl"]) + (1 - share) * terms["game"]
        torch.testing.assert_close(terms["loss"], parts)


@pytest.mark.parametrize("decoder", ["gaussian", "categorical", "bernoulli"])
def test_each_phase_moves_its_own_networks_and_samples_carry_a_slope(decoder: str) -> None:
    world: World = "digits" if decoder == "bernoulli" else "plane"
    x = world_data(world, 64)
    knobs = {} if decoder == "bernoulli" else {"decoder": decoder}
    model = vae_gan(x, world, **knobs)
    for phase, other in zip(model.phases(), reversed(model.phases()), strict=True):
        loss = phase.run(batch(x))["loss"]
        assert all(
            g is None for g in torch.autograd.grad(loss, list(other.parameters or ()), allow_unused=True)
        )
    made = model.made(batch(x))
    assert made.shape == x.shape
    (slope,) = torch.autograd.grad(made.sum(), [next(model.decoder.parameters())])
    assert float(slope.abs().max()) > 0
    if world == "digits":
        assert set(made.detach().unique().tolist()) == {-1.0, 1.0}


def test_two_moons_are_learned_and_the_density_stays_exact() -> None:
    x = two_moons(1000)
    model = vae_gan(x, width=32, depth=2)
    train(model, x, 700, learning_rate=3e-3)
    assert total_mass(model, Grid(HOME.grown(2), 128)) == pytest.approx(1, abs=2e-3)
    with torch.no_grad():
        samples = model.sample(1000, seeded(1))
        assert float(model.log_prob(two_moons(1000, 9)).mean()) > -1.2
        draws = torch.stack([model.elbo(x, seeded(s)).mean() for s in range(10)])
        assert float(draws.mean()) < float(model.log_prob(x).mean()) + 0.01
    assert float(torch.cdist(samples, x).min(dim=1).values.median()) < 0.12


def test_images_are_learned() -> None:
    x = few_images(500)
    model = vae_gan(x, "digits", width=32, depth=2)
    train(model, x, 300, learning_rate=3e-3, batch_size=128)
    samples = model.sample(500, seeded(1))
    near = (samples[:, None] - x[None, :200]).abs().sum(dim=2).min(dim=1).values
    assert float(near.mean()) < 4.5
