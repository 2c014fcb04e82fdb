"""Rate against distortion over β."""

from __future__ import annotations

import numpy as np
import pytest

from genplay.datasets.base import DataSettings, DataSpec
from genplay.datasets.registry import build
from genplay.errors import BadInput, Failure
from genplay.lab.fit import fit
from genplay.lab.rate_distortion import rate_distortion
from genplay.metrics.card import Missing
from genplay.metrics.evaluation import Evaluation
from genplay.metrics.rate_distortion import rate_and_distortion
from genplay.metrics.representation import mutual_information

DATA = build(DataSpec("two-moons", settings=DataSettings(n=1000, test=500)))


def test_a_dearer_code_says_less_and_leaves_more_open() -> None:
    shares: list[float] = []
    curve = rate_distortion(
        DATA, (0.1, 1.0, 10.0), steps=200, knobs={"width": 32}, progress=lambda s, _: shares.append(s)
    )
    rates, distortions = ([getattr(p, name).value for p in curve] for name in ("rate", "distortion"))
    assert [p.beta for p in curve] == [0.1, 1.0, 10.0]
    assert rates == sorted(rates, reverse=True)
    assert distortions == sorted(distortions)
    assert rates[0] - rates[2] > 0.5
    # R + D = −ELBO is never below the entropy of the data, up to the luck of the test points.
    assert DATA.law is not None
    luck = DATA.law.log_prob(DATA.x_test).std() / np.sqrt(500)
    for point in curve:
        error = (point.distortion.stderr or 0) + (point.rate.stderr or 0) + luck
        assert point.rate.value + point.distortion.value > DATA.law.entropy().value - 3 * error
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


def test_the_rate_is_at_least_what_the_code_tells() -> None:
    run = fit(DATA, "vae", steps=150)
    with run.trainer.viewing() as model:
        on = Evaluation(model, DATA)
        rate, distortion = rate_and_distortion(on)
        told = mutual_information(on)
    assert rate.value > told.value - 3 * ((rate.stderr or 0) + (told.stderr or 0))
    elbo = run.evaluate(["elbo"])["elbo"]
    assert elbo is not None
    assert -elbo.value == pytest.approx(rate.value + distortion.value, abs=1e-9)


def test_what_cannot_be_is_told() -> None:
    with pytest.raises(BadInput, match="betas"):
        rate_distortion(DATA, knobs={"beta": 1})
    with pytest.raises(Failure, match="cancelled"):
        rate_distortion(DATA, cancelled=lambda: True)
    run = fit(DATA, "gaussian", steps=1)
    with run.trainer.viewing() as model, pytest.raises(Missing, match="VAE"):
        rate_and_distortion(Evaluation(model, DATA))
