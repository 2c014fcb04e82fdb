"""The list of measures, and measuring a model all round."""

from __future__ import annotations

import dataclasses
import math
import subprocess
import sys

import numpy as np
import pytest
import torch

from genplay.datasets.image_law import ImageMixtureLaw
from genplay.errors import BadInput, Failure
from genplay.metrics.registry import Missing, card, cards, evaluate, measure, why_missing
from genplay.spaces import World
from tests.metrics.fakes import Bounded, Dressed, EvenBox, data_of, gaussian
from tests.models.harness import build, few_images

LAW = gaussian((0.0, 0.0), (0.5, 0.3))


def test_ids_are_the_promised_ones() -> None:
    expected = "nll nll_train bits_per_dim perplexity elbo log_z entropy kl reverse_kl js total_variation"
    assert set(expected.split()) <= set(cards())


@pytest.mark.parametrize("name", cards())
def test_a_card_says_all_there_is_to_say_and_its_function_is_there(name: str) -> None:
    found = card(name)
    assert found.title
    assert found.summary.endswith(".")
    assert found.method.endswith(".")
    assert found.load().__doc__


def test_listing_needs_no_torch() -> None:
    code = "import sys, genplay.metrics.registry as r; r.cards(); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_measures_of_the_plane_add_up() -> None:
    names = ["nll", "entropy", "kl", "elbo", "log_z"]
    found = evaluate(Dressed(gaussian((0.2, 0.0), (0.6, 0.3))), data_of(LAW, n=20_000), names)  # type: ignore[arg-type]
    nll, entropy, kl = found["nll"], found["entropy"], found["kl"]
    assert nll is not None
    assert entropy is not None
    assert kl is not None
    assert found["elbo"] is None
    assert found["log_z"] is None
    assert nll.value == pytest.approx(entropy.value + kl.value, abs=0.03)


def test_an_rbm_is_measured_in_the_digit_world() -> None:
    x = few_images(50)
    model = build("rbm", x, world="digits", knobs={"hidden": 4})
    found = evaluate(model, data_of(None, "digits"), ["log_z", "perplexity", "kl"])
    assert list(found) == ["log_z", "perplexity", "kl"]
    assert found["log_z"].value == model.log_z()  # type: ignore[union-attr, operator]
    assert found["perplexity"].unit == "images"  # type: ignore[union-attr]
    assert found["kl"] is None


def test_an_unknown_name_is_told_with_the_nearest() -> None:
    with pytest.raises(BadInput, match="Did you mean 'reverse_kl'"):
        evaluate(Dressed(LAW), data_of(LAW), ["revers_kl"])  # type: ignore[arg-type]
    with pytest.raises(BadInput, match="perplexity"):
        card("perplexity", "plane")


def test_progress_only_grows_and_cancelling_stops() -> None:
    shares: list[float] = []
    names = ["nll", "kl", "wasserstein_1", "fid", "c2st"]
    evaluate(Dressed(LAW), data_of(LAW), names, progress=lambda share, text: shares.append(share))  # type: ignore[arg-type]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    with pytest.raises(Failure, match="cancelled"):
        evaluate(Dressed(LAW), data_of(LAW), cancelled=lambda: True)  # type: ignore[arg-type]


def test_what_is_not_there_is_none_with_a_reason() -> None:
    names = ["elbo", "log_z", "entropy", "kl"]
    assert evaluate(Dressed(LAW), data_of(None), names) == dict.fromkeys(names)  # type: ignore[arg-type]
    found = measure(Dressed(LAW), data_of(None), names)  # type: ignore[arg-type]
    for name, value in found.items():
        assert isinstance(value, Missing)
        assert value.reason == why_missing(name, Dressed(LAW), data_of(None))  # type: ignore[arg-type]
    assert "true law" in why_missing("kl", Dressed(LAW), data_of(None))  # type: ignore[arg-type]
    assert "test points" in why_missing("nll", Dressed(LAW), data_of(LAW, n=0))  # type: ignore[arg-type]
    assert "no density" in why_missing("js", Bounded(LAW, 0.1), data_of(LAW))  # type: ignore[arg-type]
    assert "world" in why_missing("perplexity", EvenBox(1.0), data_of(LAW))  # type: ignore[arg-type]
    assert why_missing("kl", EvenBox(1.0), data_of(LAW)) == ""  # type: ignore[arg-type]


def test_what_several_measures_need_is_computed_once() -> None:
    model = Dressed(LAW)
    evaluate(model, data_of(LAW), ["nll", "bits_per_dim"])  # type: ignore[arg-type]
    assert model.evaluated == 400
    one, four = Dressed(LAW), Dressed(LAW)
    evaluate(one, data_of(LAW), ["js"])  # type: ignore[arg-type]
    evaluate(four, data_of(LAW), ["kl", "reverse_kl", "js", "total_variation"])  # type: ignore[arg-type]
    assert one.evaluated == four.evaluated


QUICK = [
    c.id for c in cards().values() if c.id not in ("kl", "reverse_kl", "js", "total_variation", "spread_kl")
]


@pytest.mark.parametrize("n", [1, 2, 3, 7])
@pytest.mark.parametrize("world", ["plane", "digits"])
def test_a_handful_of_points_gives_numbers_or_reasons(world: World, n: int) -> None:
    """Also where no law is known, so that these few points are all there is of the truth."""
    rng = np.random.default_rng(n)
    law = (
        LAW
        if world == "plane"
        else ImageMixtureLaw(rng.integers(0, 2, (2, 25)), np.ones(2), np.zeros(2), 0.1, ("all",))
    )
    few = dataclasses.replace(data_of(law, world, n=n), law=None)
    names = [name for name in QUICK if world in card(name).worlds]
    for name, value in measure(Dressed(law), few, names).items():  # type: ignore[arg-type]
        assert isinstance(value, Missing) or math.isfinite(value.value), name
        assert isinstance(value, Missing) or value.stderr is None or math.isfinite(value.stderr), name


@pytest.mark.parametrize("world", ["plane", "digits"])
def test_points_that_are_all_the_same_give_numbers_or_reasons(world: World) -> None:
    law = (
        LAW
        if world == "plane"
        else ImageMixtureLaw(np.zeros((1, 25)), np.ones(1), np.zeros(1), 0.0, ("all",))
    )
    same = data_of(None, world, n=60)
    names = [name for name in QUICK if world in card(name).worlds]
    for name, value in measure(Dressed(law), same, names).items():  # type: ignore[arg-type]
        assert isinstance(value, Missing) or math.isfinite(value.value), name


def test_samples_that_are_no_numbers_are_told() -> None:
    class Diverged(Dressed):
        def sample(self, n: int, generator: torch.Generator) -> torch.Tensor:
            return torch.full((n, 2), torch.nan)

    found = measure(Diverged(LAW), data_of(LAW), ["fid", "wasserstein_1", "c2st", "precision"])  # type: ignore[arg-type]
    assert all(isinstance(value, Missing) and "diverged" in value.reason for value in found.values())


def test_alpha_is_a_share() -> None:
    with pytest.raises(BadInput, match="alpha"):
        evaluate(Dressed(LAW), data_of(LAW), ["nll"], alpha=1.5)  # type: ignore[arg-type]
