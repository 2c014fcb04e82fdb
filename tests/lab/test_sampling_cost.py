"""What a sample costs against d and T: that it is what is timed, not how long it takes."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from genplay.errors import BadInput
from genplay.lab.fit import fit
from genplay.lab.sampling_cost import cost_against_dimensions, cost_against_steps, step_knob
from genplay.metrics import speed
from genplay.models.base import Model
from genplay.models.registry import card


def test_every_number_of_dimensions_is_timed() -> None:
    curve = cost_against_dimensions("made", (4, 9, 25), knobs={"width": 24})
    assert [c.at for c in curve] == [4, 9, 25]
    assert all(c.seconds.value > 0 and c.seconds.unit == "s" for c in curve)
    with pytest.raises(BadInput, match="5×5"):
        cost_against_dimensions("pixelcnn", (9,))
    with pytest.raises(BadInput, match="draws no samples"):
        cost_against_dimensions("logistic")
    with pytest.raises(BadInput, match="not work in the world"):
        cost_against_dimensions("score-sde")


def test_the_model_draws_in_as_many_steps_as_are_timed_and_is_left_as_it_was(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = fit("two-moons", "flow-matching", steps=2, n=50)
    used: list[int] = []
    timed: Callable = speed.seconds_per_sample

    def watched(model: Model, generator: torch.Generator) -> object:
        used.append(model.knobs.ode_steps)  # type: ignore[attr-defined]
        return timed(model, generator)

    monkeypatch.setattr(speed, "seconds_per_sample", watched)
    before = run.trainer.model.knobs
    curve = cost_against_steps(run, (2, 8))
    assert used == [2, 8] == [c.at for c in curve]
    assert run.trainer.model.knobs == before
    with pytest.raises(BadInput, match="cannot be"):
        cost_against_steps(run, (0,))
    with pytest.raises(BadInput, match="in steps"):
        cost_against_steps(fit("two-moons", "gaussian", steps=1, n=50))


def test_the_knob_is_the_one_that_the_sampler_obeys() -> None:
    ddpm = card("ddpm").knobs
    assert step_knob(ddpm.parse({"sampler": "ddim"})) == "sampling_steps"
    assert step_knob(ddpm.parse({"sampler": "ode"})) == "ode_steps"
    assert step_knob(card("rbm").knobs()) == "sweeps"
    assert step_knob(card("vae").knobs()) is None


def test_seconds_a_sample_are_a_mean_of_timings() -> None:
    class Slow:
        def sample(self, n: int, generator: torch.Generator) -> torch.Tensor:
            return torch.zeros(n, 2)

    found = speed.seconds_per_sample(Slow(), torch.Generator())  # type: ignore[arg-type]
    assert found.kind == "estimate"
    assert found.stderr is not None
    assert "5 timings of 64 samples" in found.method
