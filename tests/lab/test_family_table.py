"""The comparison table: what cards say, what was measured, and that no figure outlives its run."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch

from genplay.lab.family_table import COLUMNS, SAMPLES, Measured, Measures, card_cells, pace_of, rows
from genplay.models.registry import card, cards
from genplay.quantity import bound, estimate, exact
from genplay.training.history import History
from genplay.training.snapshot import Snapshot
from genplay.training.trainer import Trainer
from tests.training import fakes


def snapshot(run_id: int = 1, step: int = 100, **more: object) -> Snapshot:
    made = Snapshot(run_id, "running", "plane", "nsf", step, 1.0, 50.0, "cpu", {}, History())
    return replace(made, **more)


@pytest.mark.parametrize("world", ["plane", "digits"])
def test_one_row_a_model_of_the_world_with_every_cell(world) -> None:
    table = rows(world, {})
    assert [row.card.id for row in table] == [c.id for c in cards().values() if world in c.worlds]
    for row in table:
        assert set(row.cells) == {column.id for column in COLUMNS}
        for column in COLUMNS:
            cell = row.cells[column.id]
            assert cell.text
            if column.measured:
                assert cell.text == "–"
                assert "train" in cell.tip, "a dash tells how to get the figure"


def test_cells_of_a_card() -> None:
    made = replace(
        card("nsf"), density={"plane": "exact", "digits": "bound"}, worlds=("plane", "digits"),
        trained_by="maximum likelihood", architecture="invertible layers",
    )  # fmt: skip
    assert card_cells(made, ("plane",))["density"].text == "exact"
    both = card_cells(made, ("plane", "digits"))
    assert both["density"].text == "plane: exact, digits: bound"
    assert (both["trained_by"].text, both["architecture"].text) == ("maximum likelihood", "invertible layers")
    assert both["latents"].text == "a code as large as x"
    assert card_cells(card("gmm"), ("plane",))["latents"].text == "a component"
    assert card_cells(card("kde"), ("plane",))["latents"].text == "none"
    bare = card_cells(replace(made, trained_by="", architecture=""), ("plane",))
    assert bare["trained_by"].text == card("nsf").objectives_in("plane")[0].title
    assert bare["architecture"].text == "–"


def test_measured_cells_say_their_kind() -> None:
    found = Measured(
        500, 12_345, estimate(271.6, None, "last second", "steps/s"), exact(0.0512, "quadrature"),
        estimate(8.5e-6, None, "timed", "s"),
    )  # fmt: skip
    cells = next(row.cells for row in rows("plane", {"nsf": found}) if row.card.id == "nsf")
    assert cells["parameters"].text == "= 12,345"
    assert cells["steps_per_second"].text == "≈ 272"
    assert cells["kl"].text == "= 0.051"
    assert cells["kl"].tip == "exact, after 500 steps: quadrature"
    assert cells["per_sample"].text == "≈ 8.5 µs"
    assert cells["kl"].value == pytest.approx(0.0512)
    slow = replace(
        found, per_sample=estimate(2.5, None, "", "s"), steps_per_second=estimate(0.5, None, "", "steps/s")
    )
    cells = next(row.cells for row in rows("plane", {"nsf": slow}) if row.card.id == "nsf")
    assert (cells["per_sample"].text, cells["steps_per_second"].text) == ("≈ 2.5 s", "≈ 0.5")
    lost = replace(found, kl=exact(math.inf, "nothing there"))
    assert next(r.cells for r in rows("plane", {"nsf": lost}) if r.card.id == "nsf")["kl"].text == "= ∞"


def test_a_snapshot_gives_pace_and_kl_for_nothing() -> None:
    measures = Measures()
    measures.see(snapshot(step=0))
    assert measures.of("plane") == {}
    nll, floor = estimate(0.5, 0.02, "mean"), exact(0.3, "quadrature")
    measures.see(snapshot(step=10, nll_test=nll, entropy=floor))
    found = measures.of("plane")["nsf"]
    assert (found.kl.value, found.kl.stderr, found.kl.kind) == (pytest.approx(0.2), 0.02, "estimate")
    assert found.steps_per_second.value == 50.0
    measures.see(snapshot(step=20, nll_test=bound(0.5, "upper", "ELBO"), entropy=floor, steps_per_second=0.0))
    found = measures.of("plane")["nsf"]
    assert (found.kl.kind, found.kl.direction) == ("bound", "upper")
    assert found.steps_per_second.value == 50.0, "at rest the last pace stands"
    assert measures.of("digits") == {}


def test_an_exact_kl_holds_for_its_step_only() -> None:
    measures, here = Measures(), snapshot(step=10)
    nll, floor = estimate(0.5, 0.02, "mean"), exact(0.3, "quadrature")
    measures.see(here)
    measures.put(here, pace=(7, estimate(1e-5, None, "timed", "s")), kl=exact(0.19, "quadrature"))
    measures.see(replace(here, nll_test=nll, entropy=floor))
    assert measures.of("plane")["nsf"].kl.kind == "exact"
    measures.see(snapshot(step=11, nll_test=nll, entropy=floor))
    assert measures.of("plane")["nsf"].kl.kind == "estimate"
    measures.put(here, kl=exact(0.19, "quadrature"))
    assert measures.of("plane")["nsf"].kl.kind == "estimate", "an answer that comes late is not of this step"
    assert measures.of("plane")["nsf"].parameters == 7
    measures.see(snapshot(run_id=2, step=1))
    assert measures.of("plane")["nsf"].parameters is None, "another run, nothing measured of it yet"
    measures.put(here, pace=(7, estimate(1e-5, None, "timed", "s")))
    assert measures.of("plane")["nsf"].parameters is None


def test_pace_counts_and_times() -> None:
    trainer = Trainer(fakes.plan("Normal"))
    before = [p.clone() for p in trainer.model.parameters()]
    with torch.no_grad():
        count, each = pace_of(trainer.model)
    assert count == 2 + 1 + 3
    assert each.kind == "estimate"
    assert 0 < each.value < 1.0
    assert str(SAMPLES) in each.method
    assert all(torch.equal(a, b) for a, b in zip(before, trainer.model.parameters(), strict=True))


def test_latents_are_what_the_models_have() -> None:
    told = {c.id: card_cells(c, c.worlds)["latents"].text for c in cards().values()}
    # Whatever can be encoded, or belongs to one of several components, has latents.
    for c in cards().values():
        if {"latent", "responsibilities"} & set(c.capabilities):
            assert c.latents, c.id
    # Fully observed: the chain rule over pixels, trees and couplings between them, counts, kernels, classifiers, energies.
    none = {
        "lookup", "histogram", "kde", "naive-bayes", "logistic", "chow-liu", "markov", "ising", "made", "rnn", "pixelcnn",
        "transformer", "ebm",
    }  # fmt: skip
    assert {id for id, text in told.items() if text == "none"} == none
    assert told["rbm"] == "hidden units, each 0 or 1"
    assert {told[id] for id in ("realnvp", "glow", "maf", "nsf", "cnf")} == {"a code as large as x"}


def test_a_bound_without_a_density_is_a_bound() -> None:
    assert card_cells(card("d3pm"), ("digits",))["density"].text == "bound"
    assert card_cells(card("ddpm"), ("plane", "digits"))["density"].text == "plane: exact, digits: bound"
    assert card_cells(card("gan"), ("plane",))["density"].text == "none"
