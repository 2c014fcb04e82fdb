"""Sampling as an experiment: chosen, started, stepped event by event, paused and begun again, in a thread of its own."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest
import torch

from genplay.errors import BadInput
from genplay.sampling.events import Accept, Flip, Propose, Reject
from tests.lab.fakes import Bench
from tests.models.harness import build, train, two_moons


@pytest.fixture
def bench():
    made = Bench()
    yield made
    made.experiment.sampling.close()
    assert not [t for t in threading.enumerate() if t.name == "genplay-sampling"]


def wait(bench: Bench, condition, seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, bench.experiment.sampling.view
        bench.experiment.poll()
        time.sleep(0.005)


def test_events_come_one_at_a_time(bench: Bench) -> None:
    bench.do("sampler.target", name="truth")
    sampling = bench.experiment.sampling
    bench.do("sampler.step")
    wait(bench, lambda: sampling.view.told == 1)
    view = sampling.view
    assert isinstance(view.event, Propose)
    assert (view.state, view.sampler, view.target) == ("paused", "metropolis", "the truth")
    assert view.chains.shape == (64, 2)
    assert view.log_density.shape == (96, 96)
    bench.do("sampler.step")
    wait(bench, lambda: sampling.view.told == 2)
    assert isinstance(sampling.view.event, Accept | Reject)
    assert sampling.view.event.at == tuple(sampling.view.chains[0])
    assert sampling.view.steps == 1
    bench.do("sampler.step", n=20)
    wait(bench, lambda: sampling.view.told == 22)
    assert sampling.view.steps == 11


def test_full_speed_slow_motion_pause_and_reset(bench: Bench) -> None:
    sampling = bench.experiment.sampling
    bench.do("sampler.choose", name="hmc")
    bench.do("sampler.start")
    assert sampling.running
    wait(bench, lambda: sampling.view.steps > 60 and "r_hat" in sampling.view.diagnostics)
    assert sampling.view.event is None
    bench.do("sampler.pause")
    wait(bench, lambda: sampling.view.state == "paused")
    steps = sampling.view.steps
    time.sleep(0.1)
    assert sampling.view.steps == steps
    assert {"ess", "autocorrelation_time"} <= set(sampling.view.diagnostics)
    assert sampling.view.correlation[0] == 1
    assert sampling.view.results["acceptance"].kind == "estimate"
    assert len(sampling.view.drawn) == 2000
    first = sampling.view.run
    bench.do("sampler.speed", events_per_second=50)
    bench.do("sampler.toggle")
    wait(bench, lambda: sampling.view.event is not None)
    told = sampling.view.told
    time.sleep(0.3)
    assert 2 < sampling.view.told - told < 60
    bench.do("sampler.reset")
    assert sampling.view.state == "empty"
    bench.do("sampler.speed", events_per_second=0)
    bench.do("sampler.step")
    wait(bench, lambda: sampling.view.told == 1)
    assert sampling.view.run == first + 1


def test_begun_again_it_does_the_same(bench: Bench) -> None:
    seen = []
    for _ in range(2):
        bench.do("sampler.reset")
        bench.do("sampler.step", n=30)
        wait(bench, lambda: bench.experiment.sampling.view.told == 30)
        seen.append(bench.experiment.sampling.view.chains)
    assert np.array_equal(*seen)


def test_live_knobs_apply_and_others_wait(bench: Bench) -> None:
    sampling = bench.experiment.sampling
    bench.do("sampler.set", name="step", value=0.01)
    bench.do("sampler.step", n=2)
    wait(bench, lambda: sampling.view.told == 2)
    bench.do("sampler.set", name="step", value=2.0)
    assert sampling.waiting_knobs == ()
    bench.do("sampler.step", n=200)
    wait(bench, lambda: sampling.view.told == 202)
    assert sampling.view.results["acceptance"].value < 0.3
    bench.do("sampler.set", name="chains", value=5)
    assert sampling.waiting_knobs == ("chains",)
    bench.do("sampler.reset")
    bench.do("sampler.step")
    wait(bench, lambda: sampling.view.told == 1)
    assert len(sampling.view.chains) == 5
    assert sampling.waiting_knobs == ()


def test_a_model_is_copied_and_training_goes_on(bench: Bench) -> None:
    bench.experiment.ready()
    model = build("gmm", two_moons(300), knobs={})
    train(model, two_moons(300), 10)
    bench.worker.model = model
    bench.do("sampler.target", name="model")
    bench.do("sampler.start")
    wait(bench, lambda: bench.experiment.sampling.view.steps > 20)
    assert bench.experiment.sampling.view.target == "the model 'gmm'"
    with torch.no_grad():
        for p in model.parameters():
            p.fill_(float("nan"))
    bench.do("sampler.pause")
    wait(bench, lambda: bench.experiment.sampling.view.state == "paused")
    assert np.isfinite(bench.experiment.sampling.view.log_density).all()


def test_what_does_not_fit_is_said(bench: Bench) -> None:
    sampling = bench.experiment.sampling
    bench.do("sampler.choose", name="hmc")
    bench.do("world.choose", name="digits")
    with pytest.raises(BadInput, match="no sampler"):
        bench.do("sampler.choose", name="hcm")
    sampling.prepare()
    assert sampling.sampler == "ancestral"
    assert "hmc" in bench.notices[-1].text
    assert "'ancestral' is chosen instead" in bench.notices[-1].text
    with pytest.raises(BadInput, match="between 0 and 1 there is none"):
        bench.do("sampler.choose", name="langevin")
    with pytest.raises(BadInput, match="no knob"):
        bench.do("sampler.set", name="step", value=1)
    bench.do("sampler.choose", name="metropolis")
    with pytest.raises(BadInput, match="means nothing"):
        bench.do("sampler.set", name="step", value=1)


def test_pixels_flip_in_the_digit_world(bench: Bench) -> None:
    bench.do("world.choose", name="digits")
    bench.do("sampler.choose", name="gibbs")
    bench.do("sampler.step")
    sampling = bench.experiment.sampling
    wait(bench, lambda: sampling.view.told == 1)
    assert isinstance(sampling.view.event, Flip)
    assert sampling.view.log_density is None
    assert sampling.view.chains.shape == (64, 25)
    assert set(np.unique(sampling.view.chains)) <= {0.0, 1.0}


def test_another_world_leaves_the_chains(bench: Bench) -> None:
    bench.do("sampler.start")
    wait(bench, lambda: bench.experiment.sampling.view.steps > 0)
    bench.do("world.choose", name="digits")
    assert bench.experiment.sampling.view.state == "empty"
    assert not bench.experiment.sampling.running


def test_a_model_that_is_not_there_yet_is_no_disaster(bench: Bench) -> None:
    bench.do("sampler.target", name="model")
    bench.do("sampler.start")
    view = bench.experiment.sampling.view
    assert view.state == "failed"
    assert "no model yet" in view.message


def test_a_sampler_that_fails_says_so_and_can_begin_again(bench: Bench) -> None:
    sampling = bench.experiment.sampling
    bench.do("sampler.choose", name="langevin")
    bench.do("sampler.set", name="adjusted", value=False)
    bench.do("sampler.set", name="step_size", value=1.0)
    bench.do("sampler.start")
    wait(bench, lambda: sampling.view.state == "failed")
    assert "shorter steps" in sampling.view.message
    assert not sampling.running
    bench.do("sampler.set", name="step_size", value=0.001)
    bench.do("sampler.step")
    wait(bench, lambda: sampling.view.told == 1)
