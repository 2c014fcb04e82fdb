"""The list of measures, and measuring a model all round."""

from __future__ import annotations

import subprocess
import sys

import pytest

from genplay.errors import BadInput, Failure
from genplay.metrics.registry import Missing, card, cards, evaluate, measure, why_missing
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


def test_all_measures_of_the_plane_add_up() -> None:
    found = evaluate(Dressed(gaussian((0.2, 0.0), (0.6, 0.3))), data_of(LAW, n=20_000))  # type: ignore[arg-type]
    assert "perplexity" not in found
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
    evaluate(Dressed(LAW), data_of(LAW), progress=lambda share, text: shares.append(share))  # type: ignore[arg-type]
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


def test_alpha_is_a_share() -> None:
    with pytest.raises(BadInput, match="alpha"):
        evaluate(Dressed(LAW), data_of(LAW), ["nll"], alpha=1.5)  # type: ignore[arg-type]
