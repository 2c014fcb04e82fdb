"""The recurrent network's own: the cell by its formula, and no number from a hidden source."""

from __future__ import annotations

import pytest
import torch

from genplay.models.exhibits import Curves
from genplay.models.rnn import RNN
from genplay.spaces import World
from tests.models.harness import build, train, world_data
from tests.models.sequences import sequence, shown


def test_the_state_follows_the_formula_of_the_gates() -> None:
    model = sequence("rnn", width=10)
    assert isinstance(model, RNN)
    u = 2.0 * torch.randint(0, 2, (3, 25), generator=torch.Generator().manual_seed(0)) - 1
    y = torch.tensor([0, 1, 3])
    with torch.no_grad():
        found = model.states(u, y)
        of_token, of_state = model.cells[0].weight_ih_l0, model.cells[0].weight_hh_l0
        bias_t, bias_h = model.cells[0].bias_ih_l0, model.cells[0].bias_hh_l0
        h = torch.zeros(3, 10)
        for i in range(25):
            token = (model.prefix[y] if i == 0 else model.value(u[:, i - 1, None])) + model.where[i]
            rt, zt, ct = (token @ of_token.T + bias_t).chunk(3, dim=1)
            rh, zh, ch = (h @ of_state.T + bias_h).chunk(3, dim=1)
            r, z = torch.sigmoid(rt + rh), torch.sigmoid(zt + zh)
            h = (1 - z) * torch.tanh(ct + r * ch) + z * h
            torch.testing.assert_close(found[:, i], h, rtol=1e-4, atol=1e-5)


def test_building_it_draws_nothing_from_torchs_own_generator() -> None:
    torch.manual_seed(0)
    before = torch.get_rng_state()
    sequence("rnn", width=10, depth=2)
    assert torch.equal(torch.get_rng_state(), before)


def test_the_first_pixel_is_felt_at_once_and_not_before() -> None:
    curve = shown(sequence("rnn", width=10))["Memory of the first place"]
    assert isinstance(curve, Curves)
    _, felt = curve.lines["change of the state"]
    assert felt[0] == 0
    assert felt[1] > 0


@pytest.mark.parametrize("name", ["plane", "digits"])
def test_with_norm_and_dropout_place_by_place_is_still_all_at_once(name: World) -> None:
    x = world_data(name, 40)
    model = build("rnn", x, world=name, knobs={"width": 12, "depth": 2, "norm": "layer", "dropout": 0.4})
    assert isinstance(model, RNN)
    before = torch.get_rng_state()
    train(model, x, 3, batch_size=16)
    assert torch.equal(torch.get_rng_state(), before)
    y = torch.zeros(40, dtype=torch.int64)
    with torch.no_grad():
        assert not torch.equal(model.predict(x, y), model.predict(x, y))
        model.eval()
        whole, step = model.predict(x, y), model.stepper(y)
        for place in range(x.shape[1]):
            torch.testing.assert_close(step(place, x), whole[:, place], atol=1e-5, rtol=1e-4)


def test_a_norm_leaves_the_state_alone_and_rescales_what_is_read() -> None:
    model = build("rnn", world_data("digits", 30), world="digits", knobs={"width": 10, "norm": "layer"})
    assert isinstance(model, RNN)
    u, y = torch.ones(2, 25), torch.zeros(2, dtype=torch.int64)
    with torch.no_grad():
        read = model.states(u, y)
    torch.testing.assert_close(read.mean(dim=2), torch.zeros(2, 25), atol=1e-5, rtol=0)
    torch.testing.assert_close(read.var(dim=2, correction=0), torch.ones(2, 25), atol=2e-2, rtol=0)
