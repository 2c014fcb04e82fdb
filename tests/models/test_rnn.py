"""The recurrent network's own: the cell by its formula, and no number from a hidden source."""

from __future__ import annotations

import torch

from genplay.models.exhibits import Curves
from genplay.models.rnn import RNN
from tests.models.sequences import sequence, shown


def test_the_state_follows_the_formula_of_the_gates() -> None:
    model = sequence("rnn", width=10)
    assert isinstance(model, RNN)
    u = 2.0 * torch.randint(0, 2, (3, 25), generator=torch.Generator().manual_seed(0)) - 1
    y = torch.tensor([0, 1, 3])
    with torch.no_grad():
        found = model.states(u, y)
        of_token, of_state = model.cell.weight_ih_l0, model.cell.weight_hh_l0
        bias_t, bias_h = model.cell.bias_ih_l0, model.cell.bias_hh_l0
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
