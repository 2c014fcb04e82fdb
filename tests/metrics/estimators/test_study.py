"""Questions put to all their estimators, of real models with a known truth, and their measures."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from genplay.errors import BadInput, Failure
from genplay.metrics.estimators import evidence
from genplay.metrics.estimators.questions import QUESTIONS, EstimatorKnobs, question
from genplay.metrics.estimators.study import study
from genplay.metrics.registry import measure
from genplay.metrics.watch import Watch
from tests.metrics.fakes import Dressed, data_of, gaussian
from tests.models.harness import build, few_images, two_moons

LAW = gaussian((0.0, 0.0), (0.5, 0.3))
QUICK = EstimatorKnobs(samples=3000, temperatures=16, chains=100, codes=50, draws=20, points=30)


def rbm():
    x = few_images(50)
    model = build("rbm", x, world="digits", knobs={"hidden": 4})
    with torch.no_grad():
        model.W.mul_(8.0)
    return model


def test_log_z_of_a_boltzmann_machine_beside_all_its_estimators():
    found = study(rbm(), data_of(None, "digits"), "log_z", QUICK)
    assert found.truth.kind == "exact"
    by_id = {way.id: way for way in found.estimators}
    assert set(by_id) == {"importance", "ais", "ais_reverse", "contrast", "harmonic"}
    for name in ("importance", "ais", "contrast"):
        assert by_id[name].covers(found.truth.value)
    assert by_id["ais_reverse"].high[-1] > found.truth.value
    assert by_id["ais_reverse"].value[-1] < by_id["ais_reverse"].value[0]


def test_elbo_below_iwae_below_exact_at_every_test_point_of_a_vae():
    x = two_moons(200)
    model = build("vae", x, knobs={"latent": 1, "width": 16})
    rows = x.double().numpy()
    both = evidence.side_by_side(model, rows, 50, 60)
    truth = model.log_prob(x).detach().double().numpy()
    assert (both.elbo <= both.iwae).all()
    assert (both.iwae <= truth + 3 * both.iwae_error + 1e-4).all()
    alone, alone_error = evidence.pointwise(model, rows, 50, 60, seed=1)
    assert (np.abs(alone - both.iwae) < 5 * np.hypot(alone_error, both.iwae_error) + 1e-4).all()
    elbo, elbo_error = evidence.pointwise(model, rows, 0, 100, seed=2)
    assert (np.abs(elbo - both.elbo) < 5 * np.hypot(elbo_error, both.elbo_error) + 1e-4).all()


def test_kl_and_entropy_of_the_plane_stand_beside_their_truth():
    data = data_of(LAW, n=500)
    model = Dressed(gaussian((0.2, 0.0), (0.6, 0.3)))
    for name in ("kl", "entropy"):
        found = study(model, data, name, QUICK)
        assert found.truth.kind == "exact"
        assert len(found.estimators) == 2
        for way in found.estimators:
            assert abs(way.value[-1] - found.truth.value) < 4 * way.error[-1]


def test_what_cannot_be_asked_says_why():
    data = data_of(LAW, n=50)
    model = Dressed(LAW)
    with pytest.raises(Failure, match="no hidden code"):
        study(model, data, "evidence", QUICK)
    with pytest.raises(BadInput, match="Did you mean 'entropy'"):
        question("entrpy")
    assert [q.id for q in QUESTIONS] == ["log_z", "evidence", "kl", "entropy"]


def test_a_study_can_be_cancelled():
    with pytest.raises(Failure, match="cancelled"):
        study(rbm(), data_of(None, "digits"), "log_z", QUICK, Watch(cancelled=lambda: True))


def test_the_measures_are_the_estimators():
    names = [
        "log_z",
        "ais",
        "ais_reverse",
        "importance_log_z",
        "contrast_log_z",
        "harmonic_log_z",
        "learned_log_z",
    ]
    found = measure(rbm(), data_of(None, "digits"), names)
    truth = found["log_z"].value
    for name in ("ais", "importance_log_z", "contrast_log_z"):
        assert abs(found[name].value - truth) < 4 * found[name].stderr
    assert found["ais_reverse"].value > truth - 4 * found["ais_reverse"].stderr
    assert "nce" in found["learned_log_z"].reason
    plane = measure(
        Dressed(gaussian((0.2, 0.0), (0.6, 0.3))),
        data_of(LAW, n=500),
        ["kl", "kl_samples", "entropy", "knn_entropy"],
    )
    assert plane["kl_samples"].value == pytest.approx(plane["kl"].value, abs=4 * plane["kl_samples"].stderr)
    assert plane["knn_entropy"].value == pytest.approx(
        plane["entropy"].value, abs=4 * plane["knn_entropy"].stderr
    )
