"""What holds a discriminator back (clipping, spectral norm, the crowd), what its critic measures, and what it shows."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.stats import wasserstein_distance
from torch import Tensor, nn

from genplay.models.base import About, Batch
from genplay.models.critic import OTHERS, SLOPE, Crowd, SpectralLinear, spectral
from genplay.models.exhibits import Curves, Facts, Pictures, PlanePicture
from genplay.models.gan import GAN
from genplay.models.gan_exhibits import pull
from genplay.models.layers import mlp
from genplay.quantity import Quantity
from tests.models.harness import build, few_images, train, two_moons, world_data


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def gan(x: Tensor, objective: str = "non-saturating", world: str = "plane", **knobs: object) -> GAN:
    model = build("gan", x, world=world, objective=objective, knobs=knobs)  # type: ignore[arg-type]
    assert isinstance(model, GAN)
    return model


def largest(net: nn.Module) -> float:
    return max(float(p.detach().abs().max()) for p in net.parameters())


def about(x: Tensor) -> About:
    return About(x[:1], x, torch.zeros(len(x), dtype=torch.int64), seeded())


def test_spectral_norm_divides_by_the_largest_singular_value() -> None:
    net = mlp([6, 20, 9, 1], seeded(), "relu")
    held = spectral(net, seeded(1))
    for part in held:
        if isinstance(part, SpectralLinear):
            part.follow(300)
            _, largest, _ = torch.linalg.svd(part(torch.eye(part.weight.shape[1])) - part.bias)
            assert float(largest.max().detach()) == pytest.approx(SLOPE ** (1 / 3), rel=1e-4)
    a, b = torch.randn(2, 500, 6, generator=seeded(2))
    with torch.no_grad():
        stretch = (held(a) - held(b)).norm(dim=1) / (a - b).norm(dim=1)
    assert float(stretch.max()) <= SLOPE * (1 + 1e-4)


def test_spectral_norm_follows_the_weights_in_training() -> None:
    x = two_moons(200)
    model = gan(x, "hinge", spectral_norm=True, width=16, depth=2, penalty=0.0)
    train(model, x, 60, learning_rate=1e-2)
    held = [part for part in model.critic_net if isinstance(part, SpectralLinear)]
    assert len(held) == 3
    for part in held:
        true = torch.linalg.matrix_norm(part.weight, 2)
        found = part.u @ part.weight @ part.v
        assert float(found.detach()) == pytest.approx(float(true.detach()), rel=0.05)


def test_clipping_keeps_all_weights_of_the_critic_in_bounds_and_no_other() -> None:
    x = two_moons(200)
    model = gan(x, "wasserstein-clipping", clip=0.05, width=16)
    train(model, x, 5)
    assert largest(model.critic_net) == pytest.approx(0.05)
    assert largest(model.generator_net) > 0.1
    free = gan(x, "wasserstein", width=16)
    train(free, x, 5)
    assert largest(free.critic_net) > 0.1


def test_the_crowd_is_the_mean_closeness_to_the_others() -> None:
    crowd = Crowd(2, seeded())
    u, others = torch.randn(7, 2, generator=seeded(1)), torch.randn(5, 2, generator=seeded(2))
    found = crowd(u, others)
    here, there = crowd.places(u).view(7, 4, 3), crowd.places(others).view(5, 4, 3)
    for i in range(7):
        known = sum(torch.exp(-(here[i] - there[j]).abs().sum(dim=1)) for j in range(5)) / 5
        torch.testing.assert_close(found[i], known)
    assert torch.equal(crowd(u, others), crowd(u, torch.cat([others])))
    assert OTHERS >= 5
    assert float(crowd(u[:1].expand(20, 2), u[:1].expand(20, 2)).min().detach()) == pytest.approx(1)


@pytest.mark.parametrize("objective", ["non-saturating", "wasserstein", "wasserstein-clipping", "hinge"])
@pytest.mark.parametrize(
    "knobs",
    [{"minibatch": True}, {"spectral_norm": True}, {"norm": "batch", "dropout": 0.1}, {"norm": "layer"}],
)
def test_every_cure_trains_with_every_kind_of_loss(objective: str, knobs: dict[str, object]) -> None:
    x = two_moons(64)
    model = gan(x, objective, width=16, depth=2, **knobs)
    history = train(model, x, 4, batch_size=32)
    assert all(np.isfinite(v) for terms in history for v in terms.values())
    loss = model.phases()[0].run(Batch(x, torch.zeros(64, dtype=torch.int64), seeded()))["loss"]
    found = torch.autograd.grad(loss, list(model.phases()[0].parameters or ()), allow_unused=True)
    missing = [g for g in found if g is None]
    assert len(missing) <= 1


def test_the_critic_with_a_gradient_penalty_measures_the_wasserstein_distance() -> None:
    # On a line: data from two heaps, a fixed generator that makes one, in units where the data have size 1.
    n = 4000
    side = (torch.randint(2, (n,), generator=seeded(1)) * 2 - 1).float()
    x = torch.stack([side + 0.2 * torch.randn(n, generator=seeded(2)), torch.zeros(n)], dim=1)
    model = gan(x, "wasserstein", latent=2, width=32, depth=2, penalty=10.0)
    model.generator_net = nn.Sequential(nn.Linear(2, 2))
    with torch.no_grad():
        model.generator_net[0].weight.copy_(torch.tensor([[0.5, 0.0], [0.0, 0.0]]))
        model.generator_net[0].bias.copy_(torch.tensor([0.4, 0.0]))
    phase = model.phases()[0]
    optimiser = torch.optim.Adam(list(phase.parameters or ()), lr=3e-3, betas=(0.5, 0.9), fused=True)
    for step in range(500):
        optimiser.param_groups[0]["lr"] = 3e-3 * (1 - step / 500)
        rows = torch.randint(n, (256,), generator=seeded(step + 10))
        optimiser.zero_grad()
        phase.run(Batch(x[rows], rows, seeded(step)))["loss"].backward()
        optimiser.step()
    with torch.no_grad():
        samples = model.sample(n, seeded(3))
        gap = float(model.logits(model.seen(x)).mean() - model.logits(model.seen(samples)).mean())
    true = wasserstein_distance(x[:, 0].numpy(), samples[:, 0].numpy())
    assert gap * float(model.units.scale) == pytest.approx(true, rel=0.08)
    facts = model.exhibits(about(x))[1]
    assert isinstance(facts, Facts)
    shown = dict(facts.rows)["Wasserstein-1 distance"]
    assert isinstance(shown, Quantity)
    assert shown.stderr is not None
    assert shown.value == pytest.approx(true, abs=0.03 + 4 * shown.stderr)


@pytest.mark.parametrize("objective", ["non-saturating", "least-squares", "wasserstein"])
def test_the_pull_on_a_sample_is_minus_the_slope_of_the_generators_loss(objective: str) -> None:
    x = two_moons(60)
    model = gan(x, objective, width=16)
    train(model, x, 20)
    model.double()
    points = x[:8].double()
    found = pull(model, points)

    def loss(u: Tensor) -> float:
        with torch.no_grad():
            return float(model.generator_loss(model.logits(u)))

    u = model.seen(points)
    for i in range(8):
        for j in range(2):
            step = torch.zeros_like(u[:1])
            step[0, j] = 1e-5
            slope = (loss(u[i : i + 1] + step) - loss(u[i : i + 1] - step)) / 2e-5
            assert float(found[i, j]) == pytest.approx(-slope, rel=1e-4, abs=1e-7)


@pytest.mark.parametrize("world", ["plane", "digits"])
def test_exhibits_of_both_worlds(world: str) -> None:
    x = world_data(world, 200)  # type: ignore[arg-type]
    model = gan(x, world=world, width=16)
    train(model, x, 10)
    shown = model.exhibits(about(x))
    heaps, facts = shown[0], shown[1]
    assert isinstance(heaps, Curves)
    for _, share in heaps.lines.values():
        assert share.sum() == pytest.approx(1)
    assert isinstance(facts, Facts)
    js = dict(facts.rows)["Jensen–Shannon divergence"]
    assert isinstance(js, Quantity)
    assert (js.kind, js.direction) == ("bound", "lower")
    assert js.value < np.log(2)
    assert isinstance(shown[2], PlanePicture if world == "plane" else Pictures)


def test_a_discriminator_that_knows_nothing_proves_nothing() -> None:
    x = few_images(100)
    model = gan(x, world="digits")
    for p in model.critic_net.parameters():
        nn.init.zeros_(p)
    facts = model.exhibits(about(x))[1]
    assert isinstance(facts, Facts)
    js = dict(facts.rows)["Jensen–Shannon divergence"]
    assert isinstance(js, Quantity)
    assert js.value == pytest.approx(0, abs=1e-6)
    assert float(model.discriminator(x).detach().mean()) == pytest.approx(0.5)
