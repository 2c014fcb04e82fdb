from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from genplay.models.noise_schedule import NoiseSchedule, signal

every = pytest.mark.parametrize(
    ("kind", "steps"), [(k, s) for k in ("linear", "cosine") for s in (5, 100, 1000)]
)


@every
def test_noise_only_grows_from_none_to_nearly_all(kind: str, steps: int) -> None:
    schedule = NoiseSchedule(steps, kind)
    kept = schedule.alpha_bar
    assert kept.shape == (steps + 1,)
    assert float(kept[0]) == 1
    assert bool((kept.diff() < 0).all())
    assert 1e-5 < float(kept[-1]) < 1e-4
    assert bool(torch.isfinite(schedule.level[1:]).all())


@every
def test_step_by_step_ends_where_the_closed_form_says(kind: str, steps: int) -> None:
    """x_t = √(1−β_t) x_{t−1} + √β_t ε, its mean and variance carried along one step at a time."""
    schedule = NoiseSchedule(steps, kind)
    kept = schedule.alpha_bar.double().numpy()
    mean, variance = 1.0, 0.0
    for t in range(1, steps + 1):
        beta = 1 - kept[t] / kept[t - 1]
        mean, variance = math.sqrt(1 - beta) * mean, (1 - beta) * variance + beta
        if t in (1, steps // 2, steps):
            a, s = signal(schedule.level[t].double())
            assert mean == pytest.approx(float(a), rel=1e-3)
            assert variance == pytest.approx(float(s) ** 2, rel=1e-3)


def test_linear_is_the_first_papers_for_a_thousand_steps() -> None:
    beta = np.linspace(1e-4, 0.02, 1000)
    wanted = np.cumprod(1 - beta)
    found = NoiseSchedule(1000, "linear").alpha_bar[1:].numpy()
    np.testing.assert_allclose(np.log(found), np.log(wanted), rtol=0.02)


def test_shorter_sequences_begin_and_end_at_the_same_places() -> None:
    schedule = NoiseSchedule(100, "cosine")
    assert schedule.sequence(4) == [100, 75, 50, 25, 0]
    assert schedule.sequence(1) == [100, 0]
    assert len(schedule.sequence(500)) == 101
