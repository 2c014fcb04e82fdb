"""Latent diffusion: one phase after the other, codes measured once, samples that lie on the data."""

from __future__ import annotations

import itertools

import pytest
import torch
from torch import Tensor

from genplay.models.base import Batch
from genplay.models.latent_diffusion import LatentDiffusion
from genplay.spaces import World
from tests.models.harness import build, few_images, train, two_moons, world_data


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def latent(x: Tensor, world: World = "plane", **knobs: object) -> LatentDiffusion:
    model = build("latent-diffusion", x, world=world, knobs={"width": 32, "depth": 2, **knobs})
    assert isinstance(model, LatentDiffusion)
    return model


def snapshot(model: LatentDiffusion) -> tuple[Tensor, Tensor]:
    both = [*model.encoder.parameters(), *model.decoder.parameters()]
    return (
        torch.cat([p.detach().flatten() for p in both]),
        torch.cat([p.detach().flatten() for p in model.codes.parameters()]),
    )


@pytest.mark.parametrize("world", ["plane", "digits"])
def test_the_autoencoder_learns_first_and_then_stands_still(world: World) -> None:
    x = world_data(world, 60)
    model = latent(x, world, autoencoder_steps=3)
    seen: list[str] = []
    states = [snapshot(model)]
    for _ in range(5):
        train(model, x, 1, batch_size=16, watch=lambda name, _: seen.append(name))
        states.append(snapshot(model))
    # In the third step the autoencoder ends, and the diffusion begins.
    assert seen == ["autoencode"] * 3 + ["measure the codes"] + ["diffuse the codes"] * 3
    moved = [
        tuple(not torch.equal(a, b) for a, b in zip(s, t, strict=True)) for s, t in itertools.pairwise(states)
    ]
    assert moved == [(True, False), (True, False), (True, True), (False, True), (False, True)]


def test_the_codes_are_of_unit_size_to_the_diffusion() -> None:
    x = two_moons(300)
    model = latent(x, autoencoder_steps=20)
    train(model, x, 21)
    with torch.no_grad():
        codes = model.encode(x)
    torch.testing.assert_close(codes.mean(dim=0), torch.zeros(2), atol=1e-4, rtol=0)
    assert float(codes.var(dim=0, correction=0).mean()) == pytest.approx(1, abs=1e-3)


@torch.no_grad()
def test_codes_are_noised_and_pulled_to_zero_while_the_autoencoder_learns() -> None:
    x = two_moons(200)
    batch = Batch(x, torch.zeros(200, dtype=torch.int64), seeded())
    quiet, loud = (latent(x, code_noise=noise) for noise in (0.0, 1.0))
    terms = quiet.phases()[0].run(batch)
    pull = 1e-3 * float(quiet.encoder(quiet.units(x)).square().sum(dim=1).mean())
    assert float(terms["loss"] - terms["reconstruction"]) == pytest.approx(pull, rel=1e-2)
    own = (quiet.reconstruct(x) - x).square().sum(dim=1).mean() / quiet.units.scale.square()
    assert float(terms["reconstruction"]) == pytest.approx(float(own), rel=1e-3)
    # The same start, the same points: only the noise on the codes can make a difference.
    assert abs(float(loud.phases()[0].run(batch)["reconstruction"]) - float(own)) > 5e-3


@pytest.mark.parametrize("extras", [{"dropout": 0.5}, {"norm": "batch"}])
def test_the_encoder_stands_still_to_the_last_unit(extras: dict[str, object]) -> None:
    x = two_moons(300)
    model = latent(x, autoencoder_steps=5, **extras)
    train(model, x, 4)
    train(model, x, 1)
    before = {name: b.clone() for name, b in model.encoder.named_buffers()}
    train(model, x, 3)
    assert all(torch.equal(b, before[name]) for name, b in model.encoder.named_buffers())
    with torch.no_grad():
        codes = model.eval().encode(x)
    torch.testing.assert_close(codes.mean(dim=0), torch.zeros(2), atol=1e-4, rtol=0)
    assert float(codes.var(dim=0, correction=0).mean()) == pytest.approx(1, abs=1e-3)


def test_new_data_and_new_steps_have_the_codes_measured_again() -> None:
    x = two_moons(100)
    model = latent(x, autoencoder_steps=2)
    train(model, x, 3)
    assert int(model.measured) == 1
    model.data_changed()
    assert int(model.measured) == 0
    seen: list[str] = []
    train(model, x, 1, watch=lambda name, _: seen.append(name))
    assert seen == ["measure the codes", "diffuse the codes"]
    model.configure(model.knobs.replace(autoencoder_steps=3))
    train(model, x, 1, watch=lambda name, _: seen.append(name))
    assert seen[2:] == ["autoencode", "measure the codes", "diffuse the codes"]


def test_the_gradient_of_the_autoencoder_agrees_with_finite_differences() -> None:
    x = two_moons(30).double()
    model = latent(x.float(), width=8, activation="tanh").double()
    phase = model.phases()[0]
    assert phase.parameters is not None
    weight = phase.parameters[2]
    from genplay.models.base import Batch
    from genplay.models.layers import NoiseTape

    def loss() -> Tensor:
        model._normal = NoiseTape("normal")
        return phase.run(Batch(x, torch.zeros(30, dtype=torch.int64), seeded(1)))["loss"]

    (found,) = torch.autograd.grad(loss(), [weight])
    values = []
    for sign in (1, -1):
        with torch.no_grad():
            weight[1, 2] += sign * 1e-6
            values.append(float(loss()))
            weight[1, 2] -= sign * 1e-6
    assert float(found[1, 2]) == pytest.approx((values[0] - values[1]) / 2e-6, rel=1e-4, abs=1e-8)


def test_samples_of_two_moons_lie_near_them() -> None:
    x = two_moons(1000)
    model = latent(x, autoencoder_steps=250)
    train(model, x, 900)
    with torch.no_grad():
        assert float((model.reconstruct(x) - x).norm(dim=1).mean()) < 0.1
        samples = model.sample(500, seeded())
    near = torch.cdist(samples, x).min(dim=1).values
    assert float(near.mean()) < 0.12
    covered = torch.cdist(x, samples).min(dim=1).values
    assert float(covered.mean()) < 0.2


@torch.no_grad()
@pytest.mark.parametrize("world", ["plane", "digits"])
def test_a_way_is_decoded_step_by_step(world: World) -> None:
    x = world_data(world, 50)
    model = latent(x, world, sampling_steps=7)
    noise = model.noise(4, seeded())
    way, codes = model.trajectory(noise), model.code_path(noise)
    assert way.shape == (8, 4, x.shape[1])
    torch.testing.assert_close(way[3], model.decode(codes[3]))
    torch.testing.assert_close(way[-1], model.sample_from(noise))
    torch.testing.assert_close(model.reconstruct(x), model.decode(model.encode(x)))


def test_images_are_reconstructed() -> None:
    x = few_images(200)
    model = latent(x, "digits", autoencoder_steps=200, image_code=4)
    train(model, x, 200, learning_rate=4e-3)
    with torch.no_grad():
        assert float(((model.reconstruct(x) > 0.5) == (x > 0.5)).float().mean()) > 0.93


def test_a_substep_skips_the_phases_whose_turn_it_is_not() -> None:
    from genplay.lab.fit import data_of, plan_of
    from genplay.training.trainer import Trainer

    trainer = Trainer(plan_of(data_of("two-moons"), "latent-diffusion", knobs={"autoencoder_steps": 1}))
    names = [trainer.substep() for _ in range(5)]
    assert names == ["autoencode", "measure the codes", *["diffuse the codes"] * 3]
    assert trainer.step_count == 3
