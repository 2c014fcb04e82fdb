"""The share of time that views get, and how fine they are while training."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest
import torch

from genplay.datasets.base import DataSettings, DataSpec
from genplay.datasets.registry import build
from genplay.spaces.plane import HOME
from genplay.training import refresh
from genplay.training.plan import RunPlan
from genplay.training.refresh import SHARE, TURN, Refresher
from genplay.training.snapshot import FieldRequest, ViewRequest
from genplay.training.trainer import Trainer
from genplay.training.views import classes_of
from tests.training import fakes


@pytest.mark.parametrize("boost", [1.0, 3.0])
def test_views_spend_what_training_earns_and_no_more(monkeypatch: pytest.MonkeyPatch, boost: float) -> None:
    monkeypatch.setattr(refresh, "_FAST_PERIOD", 0.0)
    monkeypatch.setattr(refresh, "_EVALUATION_PERIOD", 0.0)
    trainer = Trainer(fakes.plan("Slow"))
    wanted = ViewRequest(fields=(FieldRequest("density", HOME, 64),), samples=100, boost=boost)
    views = Refresher(trainer, wanted)
    spent, longest, results = 0.0, 0.0, 0
    for version in range(300):
        views.earn(0.02)
        while True:
            began = time.perf_counter()
            results += views.share(version)
            turn = time.perf_counter() - began
            spent, longest = spent + turn, max(longest, turn)
            if not views.busy:
                break
    earned = 300 * 0.02 * SHARE * boost
    # An item is begun on credit: the dearest one, and a little bookkeeping, may come on top.
    assert spent < earned + 0.06 + 64 * 64 * 2e-5 + 300 * 1e-4 + longest
    assert spent > 0.5 * earned
    assert results > 5
    assert views.samples is not None
    assert set(views.nll) == {"train", "test"}


def test_cheap_views_become_fine_and_dear_ones_stay_coarse() -> None:
    request = ViewRequest(fields=(FieldRequest("density", HOME, 128),), samples=0, evaluate=False)
    sizes = {}
    for target in ("Normal", "Slow"):
        views = Refresher(Trainer(fakes.plan(target)), request)
        for version in range(40):
            views.earn(10.0)
            while views.share(version) or views.busy:
                pass
            time.sleep(0.035)
            if target == "Slow" and version > 2:
                break
        sizes[target] = views.fields["density"].grid.n
    assert sizes["Slow"] == 32
    assert sizes["Normal"] > 32


def test_it_says_how_long_training_has_to_earn_before_a_view_is_due() -> None:
    views = Refresher(Trainer(fakes.plan("Slow")), ViewRequest(fields=(FieldRequest("density", HOME, 128),)))
    assert views.due_in() == 0.0
    for _ in range(50):
        views.share(0)
    assert not views.busy
    wait = views.due_in()
    assert wait > 0
    views.earn(0.9 * wait)
    assert not views.share(1)
    assert not views.busy
    time.sleep(refresh._FAST_PERIOD)
    views.earn(0.2 * wait)
    assert views.due_in() == 0.0
    assert views.share(1) or views.busy
    nothing = Refresher(Trainer(fakes.plan("Normal")), ViewRequest(samples=0, evaluate=False))
    assert nothing.due_in() == math.inf


def test_the_curve_of_the_likelihood_is_always_over_the_same_points() -> None:
    data = build(DataSpec("two-moons", {}, DataSettings(n=2000, test=1000)))
    trainer = Trainer(RunPlan("gaussian", "plane", data, device="cpu"))
    views = Refresher(trainer, ViewRequest(samples=0))
    while set(views.nll) != {"train", "test"} or views.busy:
        views.earn(1.0)
        views.share(0)
        time.sleep(0.01)
    live = dict(views.nll)
    while views.rest(1):
        pass
    assert views.nll == live
    _, values = trainer.history.curve("nll_train")
    assert np.ptp(values) == 0.0
    assert views.nll["train"].value == values[-1]


def test_a_result_of_an_older_state_is_given_up() -> None:
    views = Refresher(Trainer(fakes.plan("Slow")), ViewRequest(fields=(FieldRequest("density", HOME, 128),)))
    views.share(0)
    assert views.busy
    began = time.perf_counter()
    views.share(1)
    assert time.perf_counter() - began < 20 * TURN
    assert not views.fields or views.fields["density"].step == 0


def test_what_is_no_number_is_told_and_never_shown() -> None:
    trainer = Trainer(fakes.plan("Overflows"))
    request = ViewRequest(fields=(FieldRequest("density", HOME, 32),), samples=50, evaluate=False)
    views = Refresher(trainer, request)

    def looked(version: int) -> None:
        while views.rest(version):
            pass

    looked(0)
    assert views.trouble == ""
    samples, field = views.samples, views.fields["density"]
    trainer.model.far.fill_(1.0)  # type: ignore[union-attr, operator]
    looked(1)
    assert "no number" in views.trouble
    assert views.samples is samples
    assert views.fields["density"] is field
    trainer.model.far.fill_(0.0)  # type: ignore[union-attr, operator]
    looked(2)
    assert views.trouble == ""
    assert views.samples is not samples


def _conditional(samples: int, label: int | None) -> tuple[Refresher, Trainer]:
    data = build(DataSpec("glyphs", {}, DataSettings(n=300, test=50)))
    trainer = Trainer(RunPlan("naive-bayes", "digits", data, device="cpu"))
    trainer.advance(1)
    return Refresher(trainer, ViewRequest(samples=samples, evaluate=False, label=label)), trainer


def test_samples_of_one_class_are_made_from_the_same_noise_and_change_at_once() -> None:
    views, trainer = _conditional(40, None)

    def settled() -> np.ndarray:
        while views.rest(0):
            pass
        return views.samples

    everything = settled()
    assert views.samples_label is None
    views.want(ViewRequest(samples=40, evaluate=False, label=7))
    sevens = settled()
    assert views.samples_label == 7
    noise = trainer.model.noise(40, torch.Generator().manual_seed(trainer.view_seed))
    expected = trainer.model.sample_class(noise, torch.full((40,), 7))
    assert (sevens == expected.numpy()).all()
    assert not (sevens == everything).all()
    views.want(ViewRequest(samples=40, evaluate=False, label=99))
    assert (settled() == everything).all(), "a class that the model does not know is as none"
    assert views.samples_label is None


def test_a_model_that_knows_no_classes_draws_as_ever() -> None:
    views = Refresher(Trainer(fakes.plan("Normal")), ViewRequest(samples=30, evaluate=False, label=1))
    while views.rest(0):
        pass
    assert views.samples_label is None
    assert classes_of(views._trainer.model) == 0
