"""What every model promises: one set of tests over all cards, their worlds and their objectives."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

from genplay.models.base import (
    About,
    Batch,
    HasComponents,
    HasConditionals,
    HasDensity,
    HasDiscriminator,
    HasElbo,
    HasEnergy,
    HasExhibits,
    HasForward,
    HasGridDensity,
    HasLabels,
    HasLatent,
    HasLayers,
    HasPosterior,
    HasReconstruction,
    HasResponsibilities,
    HasScore,
    HasTrajectory,
    HasVelocity,
    Model,
)
from genplay.models.exhibits import Matrix
from genplay.models.registry import card, cards
from genplay.spaces import DIMENSIONS, World
from genplay.spaces.plane import HOME, Grid
from tests.models.harness import build, total_mass, train, world_data

CASES: list[tuple[str, World, str]] = [
    (c.id, world, objective.id)
    for c in cards().values()
    for world in c.worlds
    for objective in c.objectives_in(world)
]
PROTOCOLS = {
    "components": HasComponents,
    "conditionals": HasConditionals,
    "density": HasDensity,
    "discriminator": HasDiscriminator,
    "energy": HasEnergy,
    "forward": HasForward,
    "labels": HasLabels,
    "latent": HasLatent,
    "layers": HasLayers,
    "posterior": HasPosterior,
    "reconstruction": HasReconstruction,
    "responsibilities": HasResponsibilities,
    "score": HasScore,
    "trajectory": HasTrajectory,
    "velocity": HasVelocity,
}

every = pytest.mark.parametrize(("name", "world", "objective"), CASES)
every_model = pytest.mark.parametrize(
    ("name", "world"), list(dict.fromkeys((name, world) for name, world, _ in CASES))
)


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def trained(name: str, world: World, objective: str | None = None, n: int = 96, steps: int = 3) -> Model:
    x = world_data(world, n)
    model = build(name, x, world=world, objective=objective)
    train(model, x, steps, batch_size=32)
    return model


@every
def test_three_steps_give_finite_terms_and_parameters(name: str, world: World, objective: str) -> None:
    x = world_data(world, 96)
    model = build(name, x, world=world, objective=objective)
    history = train(model, x, 3, batch_size=32)
    assert history
    assert all(np.isfinite(value) for terms in history for value in terms.values())
    assert all(bool(torch.isfinite(p).all()) for p in model.parameters())


@every
def test_every_parameter_of_a_phase_gets_a_gradient(name: str, world: World, objective: str) -> None:
    x = world_data(world, 96)
    model = build(name, x, world=world, objective=objective)
    train(model, x, 2, batch_size=32)
    for phase in model.phases():
        if phase.parameters is None:
            continue
        loss = phase.run(Batch(x, torch.zeros(len(x), dtype=torch.int64), seeded()))["loss"]
        found = torch.autograd.grad(loss, list(phase.parameters), allow_unused=True)
        for parameter, gradient in zip(phase.parameters, found, strict=True):
            # A single number may drop out of the loss, as the constant of an energy does; a whole layer may not.
            if parameter.numel() > 1:
                assert gradient is not None
                assert bool(torch.isfinite(gradient).all())
                assert bool(gradient.abs().max() > 0)


@every
def test_the_same_seed_gives_the_same_losses_and_parameters(name: str, world: World, objective: str) -> None:
    x = world_data(world, 96)
    runs = []
    for _ in range(2):
        model = build(name, x, world=world, objective=objective, seed=3)
        runs.append((train(model, x, 3, seed=4, batch_size=32), model.state_dict()))
    (first, a), (second, b) = runs
    assert first == second
    assert all(torch.equal(a[key], b[key]) for key in a)


@every_model
def test_the_card_says_where_only_a_bound_is_known(name: str, world: World) -> None:
    model = build(name, world_data(world, 32), world=world)
    only_bound = isinstance(model, HasElbo) and not isinstance(model, HasDensity)
    assert only_bound == (world in card(name).bounded)


@every_model
def test_samples_are_a_function_of_their_noise(name: str, world: World) -> None:
    model = trained(name, world)
    if not model.draws:
        pytest.skip("draws no samples")
    noise = model.noise(9, seeded(1))
    assert noise.ndim == 2
    assert len(noise) == 9
    with torch.no_grad():
        first, second = model.sample_from(noise), model.sample_from(noise)
    assert first.shape == (9, DIMENSIONS[world])
    assert torch.equal(first, second)
    assert bool(torch.isfinite(first).all())
    assert torch.equal(model.noise(9, seeded(1)), noise)
    if world == "digits":
        assert bool(((first == 0) | (first == 1)).all())


@every_model
def test_what_the_card_declares_is_there_and_nothing_else(name: str, world: World) -> None:
    model = trained(name, world)
    declared = card(name).capabilities_in(world)
    for ability, protocol in PROTOCOLS.items():
        assert isinstance(model, protocol) == (ability in declared), ability
    if isinstance(model, HasDensity):
        assert model.density_kind == card(name).density[world]
        assert model.density_method
    else:
        assert world not in card(name).density


@every_model
def test_abilities_have_the_promised_shapes(name: str, world: World) -> None:
    model, x = trained(name, world), world_data(world, 5, seed=7)
    n, d = x.shape
    with torch.no_grad():
        if isinstance(model, HasScore):
            assert model.score(x).shape == (n, d)
        if isinstance(model, HasEnergy):
            assert model.energy(x).shape == (n,)
        if isinstance(model, HasDiscriminator):
            judged = model.discriminator(x)
            assert judged.shape == (n,)
            assert bool(((judged > 0) & (judged < 1)).all())
        if isinstance(model, HasElbo):
            assert model.elbo(x, seeded()).shape == (n,)
        if isinstance(model, HasResponsibilities):
            shares = model.responsibilities(x)
            torch.testing.assert_close(shares.sum(dim=1), torch.ones(n), atol=1e-5, rtol=0)
        if isinstance(model, HasLatent):
            z = model.encode(x)
            assert z.shape == (n, model.latent_dim)
            assert model.decode(z).shape == (n, d)


@every_model
def test_exhibits_are_plain_and_finite(name: str, world: World) -> None:
    model, x = trained(name, world), world_data(world, 20, seed=7)
    if not isinstance(model, HasExhibits):
        pytest.skip("shows nothing of its inside")
    about = About(x[:1], x, torch.zeros(len(x), dtype=torch.int64), seeded())
    before = {key: value.clone() for key, value in model.state_dict().items()}
    with torch.no_grad():
        shown = model.exhibits(about)
    assert shown
    assert len({exhibit.title for exhibit in shown}) == len(shown)
    for exhibit in shown:
        for field in dataclasses.fields(exhibit):
            value = getattr(exhibit, field.name)
            assert not isinstance(value, torch.Tensor)
            if isinstance(value, np.ndarray) and not isinstance(exhibit, Matrix):
                assert np.isfinite(value).all(), (exhibit.title, field.name)
    assert all(torch.equal(value, before[key]) for key, value in model.state_dict().items())


@every_model
def test_the_new_abilities_keep_their_word(name: str, world: World) -> None:
    model, x = trained(name, world), world_data(world, 6, seed=7)
    n, d = x.shape
    noise = model.noise(n, seeded()) if model.draws else torch.zeros(n, 0)
    with torch.no_grad():
        if isinstance(model, HasConditionals):
            parts = model.log_conditionals(x)
            assert parts.shape == (n, d)
            assert sorted(model.order.tolist()) == list(range(d))
            assert isinstance(model, HasDensity)
            torch.testing.assert_close(parts.sum(dim=1), model.log_prob(x), atol=1e-4, rtol=1e-4)
        if isinstance(model, HasPosterior):
            torch.testing.assert_close(model.class_posterior(x).sum(dim=1), torch.ones(n), atol=1e-5, rtol=0)
        if isinstance(model, HasLabels):
            labels = torch.zeros(n, dtype=torch.int64)
            assert model.sample_class(noise, labels).shape == (n, d)
        if isinstance(model, HasVelocity):
            assert model.velocity(x, torch.full((n,), 0.5)).shape == (n, d)
        if isinstance(model, HasTrajectory):
            way = model.trajectory(noise)
            assert way.shape[1:] == (n, d)
            assert len(way) > 1
            torch.testing.assert_close(way[-1], model.sample_from(noise), atol=1e-5, rtol=1e-5)
        if isinstance(model, HasForward):
            assert model.noised(x, 0.5, seeded()).shape == (n, d)
            assert model.noised_score(x, 0.5).shape == (n, d)
        if isinstance(model, HasReconstruction):
            assert model.reconstruct(x).shape == (n, d)
        if isinstance(model, HasLayers):
            ways = model.stages(x)
            assert ways.shape[1:] == (n, d)
            torch.testing.assert_close(ways[0], x)


@every_model
def test_evaluation_mode_changes_nothing(name: str, world: World) -> None:
    model, x = trained(name, world), world_data(world, 20, seed=5)
    noise = model.noise(9, seeded()) if model.draws else None
    seen = []
    for mode in (True, False):
        model.train(mode)
        with torch.no_grad():
            if noise is not None:
                seen.append(model.sample_from(noise))
            if isinstance(model, HasDensity):
                seen.append(model.log_prob(x))
            if isinstance(model, HasPosterior):
                seen.append(model.class_posterior(x))
    half = len(seen) // 2
    assert all(torch.equal(a, b) for a, b in zip(seen[:half], seen[half:], strict=True))


@every_model
def test_log_prob_in_chunks_equals_the_whole(name: str, world: World) -> None:
    model, x = trained(name, world), world_data(world, 50, seed=5)
    if not isinstance(model, HasDensity):
        pytest.skip("no density")
    with torch.no_grad():
        whole = model.log_prob(x)
        parts = torch.cat([model.log_prob(part) for part in x.split(17)])
    assert whole.shape == (50,)
    torch.testing.assert_close(parts, whole, atol=1e-4, rtol=1e-5)


@every_model
def test_log_prob_far_away_is_never_not_a_number(name: str, world: World) -> None:
    model = trained(name, world)
    if world != "plane" or not isinstance(model, HasDensity):
        pytest.skip("no density on the plane")
    far = torch.tensor([[50.0, 0.0], [0.0, -50.0], [-50.0, 50.0], [3.0, 3.0]])
    with torch.no_grad():
        values = model.log_prob(far)
    assert bool((torch.isfinite(values) | (values == -torch.inf)).all())
    assert bool((values[:3] < -5).all())


@pytest.mark.parametrize("points", ["one", "two", "three", "all equal"])
@every
def test_tiny_data_never_become_not_a_number(name: str, world: World, objective: str, points: str) -> None:
    counts = {"one": 1, "two": 2, "three": 3, "all equal": 8}
    x = world_data(world, counts[points])
    if points == "all equal":
        x = x[:1].expand(8, -1).clone()
    model = build(name, x, world=world, objective=objective)
    history = train(model, x, 2, batch_size=32)
    assert all(np.isfinite(value) for terms in history for value in terms.values())
    with torch.no_grad():
        if model.draws:
            assert bool(torch.isfinite(model.sample_from(model.noise(4, seeded()))).all())
        if isinstance(model, HasDensity) and objective == card(name).objective(world, None).id:
            assert not bool(model.log_prob(x).isnan().any())


@every_model
def test_the_density_integrates_to_one(name: str, world: World) -> None:
    if world != "plane" or card(name).density.get(world) != "exact":
        pytest.skip("no exact density on the plane")
    model = trained(name, world, n=300, steps=30)
    assert total_mass(model, Grid(HOME.grown(2), 112)) == pytest.approx(1, abs=0.01)


@every_model
def test_a_whole_grid_equals_point_by_point(name: str, world: World) -> None:
    model = trained(name, world)
    if not isinstance(model, HasGridDensity):
        pytest.skip("no fast way for grids")
    xs, ys = torch.linspace(-1, 1.2, 7), torch.linspace(-0.8, 0.9, 5)
    gy, gx = torch.meshgrid(ys, xs, indexing="ij")
    with torch.no_grad():
        grid = model.log_prob_grid(xs, ys)
        points = model.log_prob(torch.stack([gx.ravel(), gy.ravel()], dim=1))  # type: ignore[attr-defined]
    assert grid.shape == (5, 7)
    torch.testing.assert_close(grid.double(), points.double().view(5, 7), atol=1e-3, rtol=1e-4)
