"""Trained models as targets: what each offers, exact draws from the table of images, and samples that fit the density."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

from genplay.errors import BadInput
from genplay.sampling.cards import fitting
from genplay.sampling.model_target import model_target
from genplay.sampling.registry import make
from genplay.spaces.binary import codes
from genplay.spaces.plane import HOME
from tests.models.harness import build, few_images, train, two_moons


def made(name: str, world: str = "plane", steps: int = 20, **kwargs):
    x = two_moons(400) if world == "plane" else few_images(300)
    model = build(name, x, world=world, **kwargs)
    train(model, x, steps, batch_size=128)
    return model.eval()


@pytest.fixture(scope="module")
def rbm():
    return made("rbm", "digits", 60, knobs={"hidden": 6})


def test_what_the_models_can_be_asked() -> None:
    able = {
        "gmm": {"ode"},
        "gan": set(fitting(model_target(made("gmm"), HOME))) - {"ancestral"},
        "ddpm": set(),
    }
    for name, cannot in able.items():
        found = fitting(model_target(made(name), HOME))
        assert {sampler for sampler, why in found.items() if why} == cannot, name
    assert "can draw, but not say how likely" in found["metropolis"] or not found["metropolis"]


def test_a_bound_is_no_target() -> None:
    vae = made("vae", knobs={"latent": 4})
    assert "only a bound" in fitting(model_target(vae, HOME))["metropolis"]
    assert fitting(model_target(made("vae"), HOME))["metropolis"] == ""


@pytest.mark.parametrize(
    ("name", "knobs"),
    [
        ("made", {"temperature": 0.5}),
        ("rnn", {"temperature": 2.0, "width": 8}),
        ("vae", {"decoder_noise": False}),
    ],
)
def test_samples_of_another_law_than_the_density_are_not_called_exact(name: str, knobs: dict) -> None:
    for changed, exact in ((knobs, False), ({k: v for k, v in knobs.items() if k == "width"}, True)):
        draws = model_target(made(name, steps=1, knobs=changed), HOME).draws
        assert draws is not None
        assert draws.exact is exact
    with pytest.raises(BadInput, match="exact samples"):
        make("ais", model_target(made(name, steps=1, knobs=knobs), HOME), {"direction": "both"})


def test_gradients_of_models_against_differences() -> None:
    for name in ("gmm", "nsf", "ebm", "kde"):
        model = made(name, steps=5)
        target = model_target(model.double(), HOME)
        assert target.gradient is not None
        target = dataclasses.replace(target)
        x = np.random.default_rng(0).uniform(-1, 1, (6, 2)).astype(np.float32).astype(np.float64)

        def log_p(points, model=model):
            rows = torch.tensor(points)
            with torch.no_grad():
                return (-model.energy(rows) if name == "ebm" else model.log_prob(rows)).numpy()  # noqa: B023

        h = 1e-5
        slope = np.stack([(log_p(x + h * e) - log_p(x - h * e)) / (2 * h) for e in np.eye(2)], axis=1)
        model.float()
        assert np.allclose(model_target(model, HOME).gradient(x), slope, rtol=2e-2, atol=2e-2), name


def test_exact_images_from_the_table(rbm) -> None:
    target = model_target(rbm, HOME)
    assert target.draws.exact
    x = target.draws.draw(4000, np.random.default_rng(0))
    with torch.no_grad():
        entropy = -rbm.log_prob(torch.tensor(x, dtype=torch.float32)).double().numpy()
    # E_p[1 / p(x)] over the support counts all images: a draw from anything else would miss it. Here: means of pixels.
    block = rbm.log_prob_blocks()
    mean = np.zeros(25)
    from genplay.spaces.binary import images

    for start in range(0, 1 << 13, 128):
        p = np.exp(block(start, start + 128))
        low = np.arange(1 << 12)
        bits = images(low)[:, :12].astype(float)
        mean[:12] += p.sum(axis=0) @ bits
        high = images(np.arange(start, start + 128) << 12)[:, 12:].astype(float)
        mean[12:] += p.sum(axis=1) @ high
    assert np.abs(x.mean(axis=0) - mean).max() < 4 * 0.5 / np.sqrt(4000)
    assert np.isfinite(entropy).all()
    assert len(np.unique(codes(x))) > 1


def test_ais_on_a_boltzmann_machine_meets_its_exact_log_z(rbm) -> None:
    target = model_target(rbm, HOME)
    true = rbm.log_z()
    assert target.log_z().value == pytest.approx(true)
    sampler = make("ais", target, {"direction": "both", "levels": 80, "moves": 8, "chains": 150}, seed=3)
    sampler.run(80)
    found = sampler.results()
    for name in ("log_z_forward", "log_z_reverse"):
        assert abs(found[name].value - true) < 4 * found[name].stderr, name
    assert found["log_z_lower"].value - 3 * found["log_z_lower"].stderr < true
    assert found["log_z_upper"].value + 3 * found["log_z_upper"].stderr > true


def test_gibbs_and_metropolis_on_a_boltzmann_machine(rbm) -> None:
    target = model_target(rbm, HOME)
    exact = target.draws.draw(4000, np.random.default_rng(0))
    for name in ("gibbs", "metropolis"):
        sampler = make(name, target, seed=2, chains=4000, start=exact)
        sampler.run(60)
        error = np.abs(sampler.x.mean(axis=0) - exact.mean(axis=0))
        assert error.max() < 4 * np.sqrt(0.5 / 4000), name
        assert (sampler.x != exact).any(axis=1).mean() > 0.5, name


def test_rejection_knows_the_roof_over_all_images(rbm) -> None:
    sampler = make("rejection", model_target(rbm, HOME), {"chains": 2000, "margin": 1.0}, seed=1)
    sampler.run(30)
    assert sampler.broken == 0
    block = rbm.log_prob_blocks()
    highest = max(block(a, a + 64).max() for a in range(0, 1 << 13, 64)) + rbm.log_z()
    assert sampler.log_roof == pytest.approx(highest + 25 * np.log(2), abs=1e-6)


def test_pixels_one_after_another_are_the_models_own_law() -> None:
    model = made("made", "digits", 100)
    target = model_target(model, HOME)
    x = make("ancestral", target, {"chains": 1000}, seed=0).sample(3000)
    own = model.sample(3000, torch.Generator().manual_seed(1)).numpy()
    assert np.abs(x.mean(axis=0) - own.mean(axis=0)).max() < 4 * np.sqrt(0.5 / 3000)
    assert np.abs(np.cov(x.T) - np.cov(own.T)).max() < 0.05


def test_the_ode_of_a_diffusion_follows_its_own() -> None:
    model = made("ddpm", steps=300)
    x = make("ode", model_target(model, HOME), {"chains": 1500, "steps": 100}, seed=0).sample(1500)
    z = torch.randn(1500, 2, generator=torch.Generator().manual_seed(0))
    own = model.decode(z).numpy()
    assert np.abs(x.mean(axis=0) - own.mean(axis=0)).max() < 4 * np.sqrt(1 / 1500)
    assert np.abs(np.cov(x.T) - np.cov(own.T)).max() < 0.1


def test_ddim_is_eulers_rule() -> None:
    model = made("ddpm", steps=50)
    target = model_target(model, HOME)
    steps = len(target.noise_levels.sigmas) - 1
    sampler = make("ode", target, {"solver": "euler", "steps": steps, "chains": 5}, seed=0)
    start = sampler.x.copy()
    sampler.run(steps)
    x = torch.tensor(start, dtype=torch.float32)
    schedule = model.schedule
    # DDIM in its own form: x_t = √ᾱ x̃, predict x₀, go to the next level with the same ε.
    x = (x - model.standardise.mean) / model.standardise.scale
    T = schedule.steps
    with torch.no_grad():
        state = x * schedule.alpha_bar[T].sqrt()
        for t in range(T, 1, -1):
            a, s = schedule.alpha_bar[t].sqrt(), (1 - schedule.alpha_bar[t]).sqrt()
            at = torch.full((len(state),), t)
            rows_a, rows_s = model._signal(at)
            epsilon = model._epsilon(model.denoiser(state, model.table[at]), state, rows_a, rows_s)
            clean = (state - s * epsilon) / a
            state = (
                schedule.alpha_bar[t - 1].sqrt() * clean + (1 - schedule.alpha_bar[t - 1]).sqrt() * epsilon
            )
        end = model.standardise.inverse(state / schedule.alpha_bar[1].sqrt()).numpy()
    assert np.allclose(sampler.x, end, atol=2e-3)
