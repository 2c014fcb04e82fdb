"""The GAN: its losses by the book, its best discriminator on known densities, and that it learns."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from genplay.models.base import Batch
from genplay.models.gan import GAN
from genplay.models.inversion import invert
from tests.models.harness import build, few_images, train, two_moons

OBJECTIVES = ("non-saturating", "minimax", "least-squares", "hinge", "wasserstein", "wasserstein-clipping")


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def gan(x: Tensor, objective: str = "non-saturating", world: str = "plane", **knobs: object) -> GAN:
    model = build("gan", x, world=world, objective=objective, knobs=knobs)  # type: ignore[arg-type]
    assert isinstance(model, GAN)
    return model


def batch_of(x: Tensor, seed: int = 0) -> Batch:
    return Batch(x, torch.zeros(len(x), dtype=torch.int64), seeded(seed))


def train_discriminator(model: GAN, x: Tensor, steps: int) -> None:
    """Steps of the discriminator alone; the generator stands still."""
    phase = model.phases()[0]
    assert phase.parameters is not None
    optimiser = torch.optim.Adam(phase.parameters, lr=3e-3, fused=True)
    generator = seeded(1)
    for step in range(steps):
        for group in optimiser.param_groups:
            group["lr"] = 3e-3 * (1 - step / steps)
        rows = torch.randint(len(x), (512,), generator=generator)
        optimiser.zero_grad()
        phase.run(Batch(x[rows], rows, generator))["loss"].backward()
        optimiser.step()


def learn(model: GAN, x: Tensor, steps: int) -> None:
    """Train with the card's own recipe, whose small momentum the game needs; then take the averaged parameters."""
    recipe = model.card.recipe
    generator = seeded(1)
    phases = model.phases()
    optimisers = [
        torch.optim.Adam(
            list(phase.parameters or ()),
            float(recipe["learning_rate"]),
            (float(recipe["momentum"]), 0.999),
            fused=True,
        )
        for phase in phases
    ]
    averages = [p.detach().clone() for p in model.parameters()]
    for step in range(steps):
        for phase, optimiser in zip(phases, optimisers, strict=True):
            rows = torch.randint(len(x), (256,), generator=generator)
            optimiser.zero_grad()
            phase.run(Batch(x[rows], rows, generator))["loss"].backward()
            optimiser.step()
        with torch.no_grad():
            torch._foreach_lerp_(averages, list(model.parameters()), max(0.005, 9 / (10 + step)))
    with torch.no_grad():
        for p, average in zip(model.parameters(), averages, strict=True):
            p.copy_(average)


@pytest.mark.parametrize("objective", ["minimax", "least-squares"])
def test_the_best_discriminator_is_p_over_p_plus_q(objective: str) -> None:
    # Data from N(0, 1) on both axes; a linear generator makes N((1, 0), 0.8²) in the same units.
    x = torch.randn(20_000, 2, generator=seeded(2))
    model = gan(x, objective, latent=2, width=32, depth=2, penalty=0.0)
    model.generator_net = nn.Sequential(nn.Linear(2, 2))
    with torch.no_grad():
        model.generator_net[0].weight.copy_(0.8 * torch.eye(2))
        model.generator_net[0].bias.copy_(torch.tensor([1.0, 0.0]))
    train_discriminator(model, x, 700)
    u = torch.cartesian_prod(torch.linspace(-2, 2.5, 24), torch.linspace(-2, 2, 24))
    at = model.units.inverse(u)
    fake = torch.distributions.Normal(
        model.units.inverse(torch.tensor([[1.0, 0.0]])), 0.8 * model.units.scale
    )
    p = torch.distributions.Normal(0.0, 1.0).log_prob(at).sum(dim=1).exp()
    q = fake.log_prob(at).sum(dim=1).exp()
    with torch.no_grad():
        error = (model.discriminator(at) - p / (p + q)).abs()
    weight = (p + q) / (p + q).sum()
    assert float((weight * error).sum()) < 0.03
    assert float(error[weight > 0.05 * weight.max()].max()) < 0.15


def test_losses_are_those_of_the_table() -> None:
    x = two_moons(40)
    real, fake = torch.randn(2, 40, generator=seeded(3))
    d_real, d_fake = torch.sigmoid(real), torch.sigmoid(fake)
    cross_entropy = float(-d_real.log().mean() - (1 - d_fake).log().mean())
    known = {
        "minimax": (cross_entropy, float((1 - d_fake).log().mean())),
        "non-saturating": (cross_entropy, float(-d_fake.log().mean())),
        "least-squares": (
            float(0.5 * ((real - 1) ** 2).mean() + 0.5 * (fake**2).mean()),
            float(0.5 * ((fake - 1) ** 2).mean()),
        ),
        "hinge": (
            float((1 - real).clamp_min(0).mean() + (1 + fake).clamp_min(0).mean()),
            float(-fake.mean()),
        ),
        "wasserstein": (float(fake.mean() - real.mean()), float(-fake.mean())),
        "wasserstein-clipping": (float(fake.mean() - real.mean()), float(-fake.mean())),
    }
    for objective in OBJECTIVES:
        model = gan(x, objective)
        assert float(model._discriminator_loss(real, fake)) == pytest.approx(known[objective][0], abs=1e-5)
        assert float(model.generator_loss(fake)) == pytest.approx(known[objective][1], abs=1e-5)


@pytest.mark.parametrize("objective", ["non-saturating", "wasserstein"])
def test_penalties_of_a_linear_discriminator_are_known(objective: str) -> None:
    x = two_moons(64)
    model = gan(x, objective, penalty=2.0)
    slope = torch.tensor([[3.0, 4.0]])
    model.critic_net = nn.Sequential(nn.Linear(2, 1))
    with torch.no_grad():
        model.critic_net[0].weight.copy_(slope)
    with_penalty = float(model._discriminator_step(batch_of(x))["loss"].detach())
    model.configure(model.options.replace(penalty=0.0))
    model._codes = type(model._codes)("normal")
    without = float(model._discriminator_step(batch_of(x))["loss"].detach())
    expected = 2 * (5 - 1) ** 2 if objective == "wasserstein" else 2 * 0.5 * 5**2
    assert with_penalty - without == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("world", ["plane", "digits"])
@pytest.mark.parametrize("objective", OBJECTIVES)
def test_each_phase_moves_its_own_network_only(objective: str, world: str) -> None:
    x = two_moons(64) if world == "plane" else few_images(64)
    model = gan(x, objective, world)
    for phase, other in zip(model.phases(), reversed(model.phases()), strict=True):
        assert phase.parameters is not None
        assert other.parameters is not None
        loss = phase.run(batch_of(x))["loss"]
        everything = [*phase.parameters, *other.parameters]
        found = torch.autograd.grad(loss, everything, allow_unused=True)
        assert all(g is not None for g in found[: len(phase.parameters) - 1])
        assert all(g is None for g in found[len(phase.parameters) :])
        assert all(p.requires_grad for p in model.parameters())


def test_gradients_of_both_phases_agree_with_finite_differences() -> None:
    x = two_moons(32).double()
    for objective in OBJECTIVES:
        model = gan(
            two_moons(32), objective, width=8, depth=2, activation="tanh", instance_noise=0.1
        ).double()
        for phase in model.phases():
            assert phase.parameters is not None

            def loss(run=phase.run, model=model) -> Tensor:
                for name, value in vars(model).items():
                    if isinstance(value, type(model._codes)):
                        setattr(model, name, type(value)(value._kind))
                return run(batch_of(x, 5))["loss"]

            weight = phase.parameters[2]
            found = torch.autograd.grad(loss(), weight)[0]
            values = []
            for sign in (1, -1):
                with torch.no_grad():
                    weight[1, 2] += sign * 1e-6
                values.append(float(loss().detach()))
                with torch.no_grad():
                    weight[1, 2] -= sign * 1e-6
            measured = (values[0] - values[1]) / 2e-6
            assert float(found[1, 2]) == pytest.approx(measured, rel=1e-3, abs=1e-8)


def test_steps_and_rates_are_live() -> None:
    model = gan(two_moons(40))
    discriminator, generator = model.phases()
    assert (discriminator.repeats(), generator.repeats()) == (1, 1)
    model.configure(model.options.replace(d_steps=4, d_rate=2.0, g_rate=0.5))
    assert (discriminator.repeats(), generator.repeats()) == (4, 1)
    assert (discriminator.rate(), generator.rate()) == (2.0, 0.5)


def test_both_halves_of_the_data_are_learned() -> None:
    x = two_moons(1000)
    model = gan(x)
    learn(model, x, 1000)
    with torch.no_grad():
        samples = model.sample(2000, seeded()).double().numpy()
    distance = np.sqrt(((samples[:, None] - x.double().numpy()[None]) ** 2).sum(axis=2)).min(axis=1)
    assert np.median(distance) < 0.08
    angle = np.linspace(0, math.pi, 200)
    upper = np.stack([np.cos(angle) - 0.5, np.sin(angle) - 0.25], axis=1)
    lower = np.stack([0.5 - np.cos(angle), 0.25 - np.sin(angle)], axis=1)
    to_upper, to_lower = (
        np.sqrt(((samples[:, None] - arc[None]) ** 2).sum(axis=2)).min(axis=1) for arc in (upper, lower)
    )
    assert 0.25 < (to_upper < to_lower).mean() < 0.75


def test_the_generator_of_images_learns_their_mean_and_draws_pixels_by_its_probabilities() -> None:
    x = few_images(500)
    model = gan(x, world="digits")
    learn(model, x, 600)
    with torch.no_grad():
        samples = model.sample(2000, seeded())
        assert float((samples.mean(dim=0) - x.mean(dim=0)).abs().mean()) < 0.15
        noise = model.noise(1, seeded()).repeat(4000, 1)
        noise[:, model.latent_dim :] = torch.rand(4000, 25, generator=seeded(1))
        share = model.sample_from(noise).mean(dim=0)
        torch.testing.assert_close(share, model.decode(noise[:1, : model.latent_dim])[0], atol=0.05, rtol=0)


def test_a_code_is_found_for_what_the_generator_makes() -> None:
    x = two_moons(300)
    model = gan(x)
    train(model, x, 100)
    goal = model.decode(torch.randn(30, model.latent_dim, generator=seeded(1)))
    with torch.no_grad():
        code = model.encode(goal)
        assert torch.equal(code, model.encode(goal))
    assert float((model.decode(code) - goal).norm(dim=1).max()) < 0.03
    assert float(code.norm(dim=1).max()) < 8


def test_inversion_of_a_linear_map_gives_its_ridge_solution() -> None:
    slope = torch.tensor([[1.0, 0.2], [-0.3, 0.8]])
    x = torch.randn(20, 2, generator=seeded(4))
    z = invert(lambda z: z @ slope.T, x, 2)
    ridge = x @ slope @ torch.linalg.inv(slope.T @ slope + 1e-3 * torch.eye(2))
    torch.testing.assert_close(z, ridge, atol=0.02, rtol=0)


def test_the_critic_of_wasserstein_is_shown_on_a_scale_of_its_own() -> None:
    x = two_moons(400)
    model = gan(x, "wasserstein")
    train(model, x, 20)
    with torch.no_grad():
        shown = model.discriminator(x)
        logits = model.logits(model.seen(x))
    assert 0.1 < float(shown.min()) < float(shown.max()) < 0.99
    assert torch.equal(shown.argsort(), logits.argsort())
