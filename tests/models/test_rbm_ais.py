"""AIS of an RBM against the exact sum."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from genplay.models.rbm_ais import annealed_log_z
from genplay.models.rbm_sums import hidden_side_log_z


def test_ais_finds_log_z_within_its_error_and_too_short_a_way_falls_short() -> None:
    rng = np.random.default_rng(0)
    W, b, c = rng.normal(size=(25, 8)), rng.normal(size=25), rng.normal(size=8)
    truth = hidden_side_log_z(W, b, c)
    tensors = [torch.from_numpy(a) for a in (W, b, c)]
    long = annealed_log_z(*tensors, generator=torch.Generator().manual_seed(0), runs=500, steps=300)
    assert long.kind == "estimate"
    assert long.stderr is not None
    assert long.value == pytest.approx(truth, abs=4 * long.stderr)
    assert long.stderr < 0.1
    short = annealed_log_z(*tensors, generator=torch.Generator().manual_seed(0), runs=20, steps=2)
    assert short.value < truth - 0.3


def test_without_weights_ais_is_exact() -> None:
    b, c = (
        torch.randn(25, dtype=torch.float64, generator=torch.Generator().manual_seed(0)),
        torch.zeros(3).double(),
    )
    found = annealed_log_z(
        torch.zeros(25, 3).double(), b, c, generator=torch.Generator().manual_seed(0), runs=3, steps=4
    )
    assert found.value == pytest.approx(float((1 + b.exp()).log().sum()) + 3 * np.log(2), abs=1e-10)
