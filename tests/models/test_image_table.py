"""The table of all images against the model asked image by image, whichever way it was made."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from genplay.datasets.base import DataSettings, DataSpec
from genplay.datasets.registry import build as build_data
from genplay.errors import Failure
from genplay.models.image_table import image_by_image, law_table, model_table
from genplay.spaces.binary import N_IMAGES, images
from tests.models.harness import build, train

GLYPHS = build_data(DataSpec("glyphs", {}, DataSettings(n=200, test=50)))
CODES = np.random.default_rng(0).integers(0, N_IMAGES, 300)


def trained(name: str, objective: str | None = None, **knobs):
    x = torch.from_numpy(GLYPHS.x_train).float()
    model = build(name, x, world="digits", objective=objective, knobs=knobs)
    train(model, x, 20)
    return model


def agrees(table: np.ndarray, values: np.ndarray) -> None:
    assert table.shape == (N_IMAGES,)
    assert np.allclose(table[CODES], values, atol=2e-4)


def test_by_blocks_of_log_p():
    model = trained("rbm", hidden=8)
    told: list[float] = []
    found = model_table(model, told.append)
    with torch.no_grad():
        agrees(found.log_p, model.log_prob(torch.from_numpy(images(CODES)).float()).double().numpy())
    assert found.kind == "exact"
    assert found.log_z.value == pytest.approx(model.log_z())
    assert told == sorted(told)
    assert told[-1] == 1.0


def test_by_blocks_of_the_energy_log_z_is_the_sum_over_the_table():
    model = trained("ebm", "pcd", width=16)
    found = model_table(model)
    log_z = found.log_z.value
    with torch.no_grad():
        agrees(found.log_p, -model.energy(torch.from_numpy(images(CODES)).float()).double().numpy() - log_z)
    assert log_z == pytest.approx(model.log_z(), abs=1e-9)
    assert found.log_z.kind == "exact"


class Bare:
    """A model with nothing but an energy: the sum of its pixels."""

    world = "digits"

    def settle_density(self) -> None:
        """Nothing to look at."""

    def parameters(self):
        return iter(())

    buffers = parameters

    def energy(self, x):
        return x @ torch.linspace(-1, 1, 25)


def test_by_an_energy_image_by_image():
    found = model_table(Bare())
    fields = np.linspace(-1, 1, 25)
    expected = np.log1p(np.exp(-fields)).sum()
    assert found.log_z.value == pytest.approx(expected, abs=1e-5)
    agrees(found.log_p, -(images(CODES) @ fields) - expected)


def test_the_law_has_a_table_too():
    found = law_table(GLYPHS.law.log_prob_blocks())
    agrees(found.log_p, GLYPHS.law.log_prob(images(CODES).astype(float)))


def test_what_is_not_a_number_is_told():
    with pytest.raises(Failure, match="not a number"):
        image_by_image(lambda x: x.sum(dim=1) / 0 * 0, torch.device("cpu"))


def test_a_model_that_only_draws_and_one_of_the_plane_are_refused():
    with pytest.raises(Failure, match="neither a density nor an energy"):
        model_table(trained("gan"))
    plane = Bare()
    plane.world = "plane"
    with pytest.raises(Failure, match="plane"):
        model_table(plane)
