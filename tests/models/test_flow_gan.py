"""The flow with a discriminator: its exact density, its bound for images, and the slider between its two goals."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn

from genplay.models.adversary import Adversary
from genplay.models.base import About, Batch
from genplay.models.exhibits import Facts
from genplay.models.flow_gan import FlowGAN, PixelFlowGAN
from genplay.models.straight_through import hard_pixels
from genplay.quantity import Quantity
from genplay.spaces.plane import HOME, Grid
from tests.models.harness import (
    agreement,
    build,
    few_images,
    kl_from_two_moons,
    total_mass,
    train,
    two_moons,
    world_data,
)


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def labels(n: int) -> Tensor:
    return torch.zeros(n, dtype=torch.int64)


@pytest.fixture(scope="module")
def moons() -> FlowGAN:
    x = two_moons(1000)
    model = build("flow-gan", x, knobs={"layers": 3, "width": 16})
    train(model, x, 250, learning_rate=5e-3)
    assert isinstance(model, FlowGAN)
    return model


def test_the_density_is_normalised_and_samples_follow_it(moons: FlowGAN) -> None:
    assert total_mass(moons, Grid(HOME.grown(1.5), 160)) == pytest.approx(1, abs=0.01)
    with torch.no_grad():
        samples = moons.sample(4000, seeded(1))
        assert agreement(moons, samples, HOME.grown(1.5)) > 1e-3
        assert agreement(moons, 1.15 * samples, HOME.grown(1.5)) < 1e-6
        x = two_moons(50, 3)
        torch.testing.assert_close(moons.decode(moons.encode(x)), x, atol=1e-3, rtol=0)
    assert kl_from_two_moons(moons, 128) < 1.0


def test_the_likelihood_of_the_slider_at_one_is_that_of_maximum_likelihood() -> None:
    x = two_moons(64)
    model = build("flow-gan", x, knobs={"likelihood": 1.0})
    assert isinstance(model, FlowGAN)
    terms = model.phases()[1].run(Batch(x, labels(64), seeded()))
    assert float(terms["loss"].detach()) == pytest.approx(float(-model.log_prob(x).mean().detach()))
    model.configure(model.knobs.replace(likelihood=0.0))
    terms = model.phases()[1].run(Batch(x, labels(64), seeded()))
    assert float(terms["loss"].detach()) == pytest.approx(float(terms["game"].detach()))
    assert float(terms["nll"]) == 0
    model.configure(model.knobs.replace(likelihood=0.3))
    terms = model.phases()[1].run(Batch(x, labels(64), seeded()))
    torch.testing.assert_close(terms["loss"], 0.3 * terms["nll"] + 0.7 * terms["game"])


def test_more_weight_on_the_likelihood_gives_a_better_likelihood() -> None:
    x, fresh = two_moons(1000), two_moons(2000, 9)
    nll = []
    for share in (0.05, 1.0):
        model = build("flow-gan", x, knobs={"likelihood": share, "layers": 2, "width": 16})
        train(model, x, 80, learning_rate=5e-3)
        with torch.no_grad():
            nll.append(-float(model.log_prob(fresh).mean()))  # type: ignore[operator]
    assert nll[1] < nll[0]


def test_each_phase_moves_its_own_parameters() -> None:
    for world in ("plane", "digits"):
        x = world_data(world, 64)  # type: ignore[arg-type]
        model = build("flow-gan", x, world=world)  # type: ignore[arg-type]
        for phase, other in zip(model.phases(), reversed(model.phases()), strict=True):
            loss = phase.run(Batch(x, labels(64), seeded()))["loss"]
            found = torch.autograd.grad(loss, list(other.parameters or ()), allow_unused=True)
            assert all(g is None for g in found)
            assert all(p.requires_grad for p in model.parameters())


def test_the_losses_of_the_adversary_are_those_of_its_formula() -> None:
    adversary = Adversary(2, 8, 1, seeded())
    adversary.net = nn.Sequential(nn.Linear(2, 1))
    with torch.no_grad():
        adversary.net[0].weight.copy_(torch.tensor([[3.0, 4.0]]))
        adversary.net[0].bias.fill_(0.5)
    real, fake = torch.randn(2, 30, 2, generator=seeded(1))
    l_real, l_fake = adversary.logits(real), adversary.logits(fake)
    known = -torch.sigmoid(l_real).log().mean() - torch.sigmoid(-l_fake).log().mean() + 0.5 * 0.2 * 25
    found = adversary.discriminator_terms(real, fake, 0.2, 0.0, seeded())["loss"]
    torch.testing.assert_close(found, known)
    torch.testing.assert_close(
        adversary.generator_loss(fake, 0.0, seeded()), -torch.sigmoid(l_fake).log().mean()
    )


def test_hard_pixels_are_drawn_by_their_probability_and_pass_their_gradient_through() -> None:
    p = torch.full((20_000, 1), 0.3, requires_grad=True)
    drawn = hard_pixels(p, torch.rand(20_000, 1, generator=seeded()))
    assert set(drawn.detach().unique().tolist()) == {-1.0, 1.0}
    assert float(drawn.detach().mean()) == pytest.approx(-0.4, abs=0.02)
    (slope,) = torch.autograd.grad(drawn.sum(), p)
    torch.testing.assert_close(slope, torch.full_like(slope, 2.0))


def test_the_bound_on_an_image_is_below_its_probability() -> None:
    # Two pixels stand for all: P(x) of each of the four images by counting half a million samples.
    x = (torch.rand(400, 25, generator=seeded(1)) < torch.linspace(0.2, 0.8, 25)).float()
    model = build("flow-gan", x, world="digits", knobs={"layers": 2, "width": 16, "depth": 1})
    assert isinstance(model, PixelFlowGAN)
    model.dim = 2
    model.flow = type(model.flow)(2, 4, 16, 1, "tanh", seeded(2))
    for p in model.flow.parameters():
        nn.init.normal_(p, 0.0, 0.4, generator=seeded(3))
    four = torch.cartesian_prod(torch.arange(2.0), torch.arange(2.0))
    with torch.no_grad():
        samples = model.sample(400_000, seeded(4))
        counted = torch.stack([(samples == image).all(dim=1).float().mean() for image in four])
        elbo = torch.stack([model.elbo(four, seeded(s)) for s in range(600)]).mean(dim=0)
        bound = model.log_prob(four)
        draws = torch.stack(
            [model.log_prob_dequantised(four, torch.rand(4, 2, generator=seeded(s))) for s in range(4000)]
        )
        everything = torch.logsumexp(draws, dim=0) - math.log(4000)
    torch.testing.assert_close(everything.exp(), counted, atol=0.015, rtol=0.05)
    assert bool((elbo < counted.log() + 0.02).all())
    assert float((everything - bound).mean()) > -0.3
    assert float((everything - elbo).min()) > 0


def test_images_are_learned() -> None:
    x = few_images(500)
    model = build("flow-gan", x, world="digits")
    before = float(model.log_prob(x).mean())  # type: ignore[operator]
    train(model, x, 150, learning_rate=3e-3, batch_size=128)
    assert float(model.log_prob(x).mean()) > before + 3  # type: ignore[operator]
    with torch.no_grad():
        samples = model.sample(500, seeded(1))
        assert torch.equal(model.decode(model.encode(x)).round(), x)  # type: ignore[operator]
    near = (samples[:, None] - x[None, :200]).abs().sum(dim=2).min(dim=1).values
    assert float(near.mean()) < 6


@pytest.mark.parametrize("world", ["plane", "digits"])
@pytest.mark.parametrize("name", ["flow-gan", "vae-gan"])
def test_the_two_goals_are_shown_and_say_what_they_are(name: str, world: str) -> None:
    x = world_data(world, 200)  # type: ignore[arg-type]
    model = build(name, x, world=world)  # type: ignore[arg-type]
    train(model, x, 3)
    facts = model.exhibits(About(x[:1], x, labels(200), seeded()))[0]  # type: ignore[operator]
    assert isinstance(facts, Facts)
    nll = dict(facts.rows)["NLL"]
    assert isinstance(nll, Quantity)
    assert nll.kind == model.density_kind
    judged = x[:48] if nll.kind == "bound" else x
    assert nll.value == pytest.approx(-float(model.log_prob(judged).mean().detach()), abs=1e-3)  # type: ignore[operator]
