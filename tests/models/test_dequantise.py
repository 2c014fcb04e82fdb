"""Flows of images, held against the truth where it can be had: images of two pixels, integrated by quadrature."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
import torch
from scipy.stats import chisquare

from genplay.models.base import About, HasElbo, Setting
from genplay.models.dequantise import DigitFlow, LearnedNoise, UniformNoise, spread_draws
from genplay.models.exhibits import Facts, Pictures
from genplay.models.registry import card
from genplay.spaces.plane import HOME, Box, Grid
from tests.models.harness import build, few_images, train

OBJECTIVES = ["variational", "uniform"]
DIGIT_FLOWS = ["nsf", "realnvp", "glow", "maf"]
ALL_FOUR = torch.tensor([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
SHARES = (0.5, 0.0, 0.2, 0.3)


def two_pixels(name: str, objective: str, n: int = 400) -> tuple[DigitFlow, torch.Tensor]:
    """A small untrained flow of images of two pixels, and such images."""
    x = ALL_FOUR.repeat_interleave(torch.tensor([round(n * s) for s in SHARES]), dim=0)
    generator = torch.Generator().manual_seed(0)
    y = torch.zeros(len(x), dtype=torch.int64)
    setting = Setting("digits", 2, 1, objective, HOME, x, y, generator)
    found = card(name, "digits")
    knobs = found.knobs.parse({"layers": 4, "width": 16})
    model = found.load("digits")(knobs, setting)
    assert isinstance(model, DigitFlow)
    return model, x


@cache
def learned(objective: str) -> tuple[DigitFlow, np.ndarray]:
    """Trained, with the exact probabilities of all four images: the flow's density integrated over each quadrant."""
    model, x = two_pixels("realnvp", objective)
    train(model, x, 250)
    model.double()
    box, n = Box(-20.0, 20.0, -20.0, 20.0), 800
    with torch.no_grad():
        w = torch.tensor(Grid(box, n).points())
        p = model.log_density(w).exp().numpy().reshape(n, n) * Grid(box, n).cell_area
    half = n // 2
    return model, np.array(
        [p[:half, :half].sum(), p[:half, half:].sum(), p[half:, :half].sum(), p[half:, half:].sum()]
    )


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_the_bounds_are_below_the_exact_probability_and_rise_with_the_draws(objective: str) -> None:
    model, exact = learned(objective)
    assert exact.sum() == pytest.approx(1, abs=1e-4)
    generator = torch.Generator().manual_seed(3)
    bounds = []
    with torch.no_grad():
        for k in (1, 8, 512):
            noise = model.dequantiser.draw((k, 4096 // k, 4, 2), generator).double()
            w, log_q = model.dequantiser(ALL_FOUR.double().expand_as(noise), noise)
            weight = model.log_density(w.reshape(-1, 2)).view(log_q.shape) - log_q
            bounds.append((weight.logsumexp(dim=0) - np.log(k)).mean(dim=0).numpy())
    truth = np.log(exact)
    assert (bounds[0] < truth).all()
    assert (bounds[0] < bounds[1]).all()
    np.testing.assert_allclose(bounds[2], truth, atol=0.1)
    # log_prob is one such bound, and a bound of its own: the objective's mean over the data.
    with torch.no_grad():
        found = model.log_prob(ALL_FOUR.double()).numpy()
    assert (np.abs(found - truth)[exact > 0.1] < 0.35).all()


def test_learned_noise_leaves_less_of_a_gap_than_uniform_noise() -> None:
    gaps = []
    for objective in OBJECTIVES:
        model, exact = learned(objective)
        assert isinstance(model, HasElbo)
        with torch.no_grad():
            elbo = model.elbo(ALL_FOUR.double().repeat(2000, 1), torch.Generator().manual_seed(1))
        gaps.append(float(exact @ (np.log(exact) - elbo.view(2000, 4).mean(dim=0).numpy())))
    assert 0 < gaps[0] < 0.7 * gaps[1]


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_samples_have_the_exact_probabilities(objective: str) -> None:
    model, exact = learned(objective)
    with torch.no_grad():
        noise = torch.randn(4000, 2, generator=torch.Generator().manual_seed(5), dtype=torch.float64)
        x = model.sample_from(noise)
    seen = [(x == image).all(dim=1).sum().item() for image in ALL_FOUR]
    assert chisquare(seen, 4000 * exact / exact.sum()).pvalue > 1e-3
    assert chisquare(seen, 4000 * np.roll(exact, 1) / exact.sum()).pvalue < 1e-6


@pytest.mark.parametrize("kind", [UniformNoise, LearnedNoise])
def test_the_noise_keeps_the_signs_and_has_the_density_it_says(kind: type[torch.nn.Module]) -> None:
    if kind is UniformNoise:
        noise, raw = UniformNoise(), torch.linspace(1e-5, 1 - 1e-5, 200_001, dtype=torch.float64)
    else:
        noise = LearnedNoise(1, torch.Generator().manual_seed(0)).double()
        raw = torch.linspace(-9, 9, 200_001, dtype=torch.float64)
    for pixel in (0.0, 1.0):
        with torch.no_grad():
            w, log_q = noise(torch.full((len(raw), 1), pixel, dtype=torch.float64), raw[:, None])
        assert bool(((w > 0) == (pixel > 0)).all())
        mass = abs(float(torch.trapezoid(log_q.exp(), w[:, 0])))
        assert mass == pytest.approx(1, abs=1e-3)


def test_uniform_noise_is_the_logit_of_a_filled_pixel() -> None:
    noise = UniformNoise()
    v = noise.draw((20_000, 1), torch.Generator().manual_seed(0))
    for pixel in (0.0, 1.0):
        w, _ = noise(torch.full_like(v, pixel), v)
        u = 2 * w.sigmoid() - pixel
        assert 0 <= float(u.min()) <= float(u.max()) <= 1
        assert float(u.mean()) == pytest.approx(0.5, abs=0.01)
        assert float(u.var()) == pytest.approx(1 / 12, abs=0.003)


@pytest.mark.parametrize("name", DIGIT_FLOWS)
def test_in_25_dimensions_the_map_is_invertible_with_the_right_log_det(name: str) -> None:
    x = few_images(60)
    model = build(name, x, world="digits", knobs={"layers": 3, "width": 24})
    assert isinstance(model, DigitFlow)
    train(model, x, 5)
    model.double()
    with torch.no_grad():
        w = model.filled(x[:5].double(), torch.Generator().manual_seed(0))
        z, log_det = model.warp(w)
        torch.testing.assert_close(model.unwarp(z), w, atol=1e-6, rtol=0)
    for i in range(2):
        jacobian = torch.autograd.functional.jacobian(lambda a: model.warp(a[None])[0][0], w[i])
        measured = float(torch.linalg.slogdet(jacobian).logabsdet)
        assert measured == pytest.approx(float(log_det.expand(5)[i]), abs=1e-6)
    # And it is no map of each pixel alone.
    assert int((jacobian.abs() > 1e-9).sum()) > 60


@pytest.mark.parametrize("name", DIGIT_FLOWS)
def test_codes_decode_to_their_image_and_exhibits_show_it(name: str) -> None:
    x = few_images(40)
    model = build(name, x, world="digits")
    assert isinstance(model, DigitFlow)
    train(model, x, 5)
    with torch.no_grad():
        half = model.decode(model.encode(x))
        assert torch.equal(half.round(), x)
        about = About(x[:1], x, torch.zeros(40, dtype=torch.int64), torch.Generator().manual_seed(0))
        shown = {e.title: e for e in model.exhibits(about)}
    filled = shown["The image, filled with noise"]
    assert isinstance(filled, Pictures)
    assert np.array_equal(filled.values.round(), np.repeat(x[:1].numpy(), len(filled.values), axis=0))
    facts = shown["What its probability is made of"]
    assert isinstance(facts, Facts)
    assert dict(facts.rows)["log P(image)"].symbol == "≥"


def test_draws_are_uniform_fixed_for_an_image_and_unlike_between_images() -> None:
    x = few_images(300)
    draws = torch.stack(list(spread_draws(x, 16)))
    assert torch.equal(draws[:, :7], torch.stack(list(spread_draws(x[:7], 16))))
    assert float(draws.mean()) == pytest.approx(0.5, abs=0.01)
    assert float(draws.var()) == pytest.approx(1 / 12, abs=0.002)
    first = draws[0]
    assert len(first.unique(dim=0)) == len(x.unique(dim=0))
    unlike = first.unique(dim=0)[:20].numpy()
    assert np.abs(np.corrcoef(unlike) - np.eye(20)).max() < 0.85


def test_more_draws_are_a_live_knob() -> None:
    x = few_images(40)
    model = build("realnvp", x, world="digits", knobs={"layers": 2, "width": 8})
    assert isinstance(model, DigitFlow)
    with torch.no_grad():
        few = model.log_prob(x)
        model.configure(model.knobs.replace(draws=128))
        many = model.log_prob(x)
    assert "128 draws" in model.density_method
    assert float(many.mean()) > float(few.mean())


@pytest.mark.parametrize("name", ["nsf", "flow-gan"])
def test_a_few_images_have_the_same_bound_as_among_many(name: str) -> None:
    x = few_images(40)
    model = build(name, x, world="digits")
    train(model, x, 3, batch_size=32)
    many = x.repeat(20, 1)
    with torch.no_grad():
        torch.testing.assert_close(model.log_prob(many)[:3], model.log_prob(x[:3]), rtol=1e-5, atol=1e-4)
