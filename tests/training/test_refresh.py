"""The share of time that views get, and how fine they are while training."""

from __future__ import annotations

import time

import pytest

from genplay.spaces.plane import HOME
from genplay.training import refresh
from genplay.training.refresh import SHARE, TURN, Refresher
from genplay.training.snapshot import FieldRequest, ViewRequest
from genplay.training.trainer import Trainer
from tests.training import fakes


def test_views_spend_what_training_earns_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refresh, "_FAST_PERIOD", 0.0)
    monkeypatch.setattr(refresh, "_EVALUATION_PERIOD", 0.0)
    trainer = Trainer(fakes.plan("Slow"))
    views = Refresher(trainer, ViewRequest(fields=(FieldRequest("density", HOME, 64),), samples=100))
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
    earned = 300 * 0.02 * SHARE
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
