"""The page Evaluate without its window: rows, columns, measuring beside training, stale figures, traps and files."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path

import pytest

import genplay
from genplay.errors import BadInput, Failure
from genplay.lab.evaluation import OPEN, Evaluation
from genplay.lab.kept_results import _figure_from_json
from genplay.lab.score_table import Figure
from genplay.metrics import registry
from genplay.training.worker import Worker
from tests.lab.fakes import Bench


class Page(Bench):
    """The lab with a real training thread."""

    def __init__(self) -> None:
        super().__init__(Worker())
        self.do("train.step", n=5)
        self.wait(lambda: (s := self.experiment.snapshot()) is not None and s.step == 5)

    @property
    def page(self) -> Evaluation:
        return self.experiment.evaluation

    def wait(self, condition, seconds: float = 30.0) -> None:
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, [row.figures for row in self.page.table.rows]
            self.experiment.poll()
            time.sleep(0.004)

    def done(self, id: str, **args: object):
        """Run an action and let its future end."""
        future = self.do(id, **args)
        if isinstance(future, Future):
            self.wait(future.done)
            return future.result()
        return future

    def row(self, title: str):
        return next(row for row in self.page.table.rows if row.title == title)

    def step(self, n: int) -> None:
        before = self.experiment.snapshot().step
        self.do("train.step", n=n)
        self.wait(lambda: self.experiment.snapshot().step == before + n)


@pytest.fixture
def lab() -> Iterator[Page]:
    made = Page()
    made.do("evaluate.columns", names=["nll", "nll_train"])
    yield made
    made.experiment.close()
    assert not [t.name for t in threading.enumerate() if t.name == "genplay-evaluate"]


def test_the_open_run_is_measured_and_goes_stale(lab: Page) -> None:
    (row,) = lab.page.table.rows
    assert (row.key, row.step, dict(row.figures)) == (OPEN, 5, {})
    lab.done("evaluate.measure")
    (row,) = lab.page.table.rows
    assert row.fresh("nll").kind == "exact"
    assert row.figures["nll_train"].step == 5
    lab.step(3)
    (row,) = lab.page.table.rows
    assert row.step == 8
    assert row.stale("nll")
    assert row.fresh("nll") is None
    before = row.figures["nll"].quantity.value
    lab.done("evaluate.measure")
    (row,) = lab.page.table.rows
    assert row.figures["nll"].step == 8
    assert row.fresh("nll").value != before


def test_only_what_is_missing_is_measured(lab: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, ...]] = []
    real = registry.measure

    def noted(model, data, names, *rest):
        asked.append(tuple(names))
        return real(model, data, names, *rest)

    monkeypatch.setattr(registry, "measure", noted)
    lab.done("evaluate.measure")
    assert asked == [("nll",), ("nll_train",)]
    lab.done("evaluate.measure")
    assert len(asked) == 2
    lab.do("evaluate.column", name="entropy")
    lab.done("evaluate.measure")
    assert asked[2:] == [("entropy",)]
    lab.done("evaluate.measure", row="open", again=True)
    assert asked[3:] == [("nll",), ("nll_train",), ("entropy",)]


def test_figures_come_one_by_one_and_can_be_stopped(lab: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    gate = threading.Event()
    real = registry.measure

    def slow(model, data, names, seed, progress, cancelled):
        if "nll_train" in names:
            progress(0.5, "half way")
            while not gate.wait(0.005):
                if cancelled():
                    raise Failure("The measurement was cancelled.")
        return real(model, data, names, seed, progress, cancelled)

    monkeypatch.setattr(registry, "measure", slow)
    future = lab.do("evaluate.measure")
    lab.wait(lambda: lab.page.table.rows[0].fresh("nll") is not None)
    lab.wait(lambda: "half way" in lab.page.measuring.progress[1])
    assert lab.page.measuring.busy
    assert 0.5 < lab.page.measuring.progress[0] < 1
    assert "nll_train" not in lab.page.table.rows[0].figures
    lab.step(1)
    lab.do("evaluate.cancel")
    lab.wait(future.done)
    assert not lab.page.measuring.busy
    assert "nll_train" not in lab.page.table.rows[0].figures
    assert lab.page.table.rows[0].figures["nll"].step == 5
    gate.set()
    lab.done("evaluate.measure")
    assert lab.page.table.rows[0].fresh("nll_train") is not None


def test_a_result_is_kept_with_its_figures(lab: Page) -> None:
    lab.done("evaluate.measure")
    lab.done("evaluate.keep", title="early")
    lab.step(5)
    early = lab.row("early")
    assert (early.kind, early.step) == ("kept", 5)
    assert early.fresh("nll") is not None
    lab.do("evaluate.column", name="entropy")
    lab.done("evaluate.measure")
    assert lab.row("early").fresh("entropy") is not None, "its parameters were kept too"
    assert lab.row("early").fresh("nll").value != lab.page.table.rows[0].fresh("nll").value
    lab.do("evaluate.remove", row="early")
    assert len(lab.page.table.rows) == 1
    with pytest.raises(BadInput, match="stays"):
        lab.do("evaluate.remove", row="open")
    with pytest.raises(BadInput, match="no row"):
        lab.do("evaluate.remove", row="late")


def test_what_was_measured_stays_when_another_run_is_opened(lab: Page) -> None:
    lab.done("evaluate.measure")
    value = lab.page.table.rows[0].fresh("nll").value
    lab.do("model.choose", name="gmm")
    lab.wait(lambda: lab.experiment.snapshot() is not None and lab.experiment.snapshot().model == "gmm")
    now, kept = lab.page.table.rows
    assert (now.model, kept.model, kept.kind, kept.step) == ("gmm", "gaussian", "kept", 5)
    assert not now.figures
    assert kept.fresh("nll").value == value


def test_the_other_world_has_its_own_table(lab: Page) -> None:
    lab.done("evaluate.measure")
    lab.do("world.choose", name="digits")
    lab.wait(lambda: lab.experiment.snapshot() is not None and lab.experiment.snapshot().world == "digits")
    assert [row.world for row in lab.page.table.rows] == ["digits"]
    assert "perplexity" not in lab.page.columns
    lab.do("evaluate.columns", names=["perplexity"])
    lab.do("world.choose", name="plane")
    lab.wait(lambda: (s := lab.experiment.snapshot()) is not None and s.world == "plane" and s.step == 5)
    (row,) = lab.page.table.rows
    assert row.fresh("nll") is not None, "the run came back as it was left"
    assert lab.page.columns == ("nll", "nll_train")


def test_other_data_make_the_figures_stale(lab: Page) -> None:
    lab.done("evaluate.measure")
    lab.do("data.set", name="n", value=150)
    lab.wait(lambda: lab.page.table.rows[0].altered)
    assert lab.page.table.rows[0].stale("nll")
    lab.done("evaluate.measure")
    assert not lab.page.table.rows[0].stale("nll")


def test_files_join_the_table(lab: Page, tmp_path: Path) -> None:
    path = genplay.fit("two-moons", "gmm", n=200, steps=5).save(tmp_path / "saved.genplay")
    lab.do("evaluate.open", path=path)
    lab.done("evaluate.measure")
    saved = lab.row("saved")
    assert saved.fresh("nll_train").value == pytest.approx(
        genplay.open(path).evaluate(["nll_train"])["nll_train"].value
    )
    lab.do("evaluate.sort", name="nll_train")
    out = tmp_path / "table.csv"
    lab.do("evaluate.export", path=out)
    assert [line.split(",")[0] for line in out.read_text().splitlines()] == ["run", "saved", "Gaussian"]
    digits = genplay.fit("glyphs", "lookup", n=50, steps=1).save(tmp_path / "d.genplay")
    with pytest.raises(BadInput, match="no trained run of the world plane"):
        lab.do("evaluate.open", path=digits)


@pytest.mark.parametrize("name", ["noise", "memoriser"])
def test_a_trap_is_measured_at_one_click(lab: Page, name: str) -> None:
    lab.do("evaluate.columns", names=["nll", "nll_train"])
    lab.done("evaluate.trap", name=name)
    now, row = lab.page.table.rows
    assert row.kind == "trap"
    assert row.base == OPEN
    assert row.note
    gap = row.fresh("nll").value - now.fresh("nll").value
    assert 0 < gap < 4.606 if name == "noise" else gap > 5


def test_a_trap_of_a_run_that_has_learned_nothing_brings_its_own_good_model(lab: Page) -> None:
    lab.do("train.reset")
    lab.wait(lambda: (s := lab.experiment.snapshot()) is not None and s.step == 0 and s.state == "ready")
    lab.do("evaluate.columns", names=["nll"])
    lab.done("evaluate.trap", name="noise")
    _, base, row = lab.page.table.rows
    assert base.model == row.model == "kde"
    assert row.base == base.key


def test_a_model_that_cannot_be_built_says_so(lab: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    from genplay.lab.candidates import Candidate

    def broken(self):
        raise ValueError("no such layer")

    monkeypatch.setattr(Candidate, "_built", broken)
    lab.done("evaluate.measure")
    figures = lab.page.table.rows[0].figures
    assert {figure.trouble for figure in figures.values()} == {"ValueError: no such layer"}


def test_refusals(lab: Page) -> None:
    lab.do("evaluate.columns", names=["nll"])
    with pytest.raises(BadInput, match="at least one"):
        lab.do("evaluate.column", name="nll", on=False)
    with pytest.raises(BadInput, match="world plane"):
        lab.do("evaluate.column", name="perplexity")
    with pytest.raises(BadInput, match="no metric"):
        lab.do("evaluate.sort", name="nil")
    with pytest.raises(BadInput, match="no row"):
        lab.do("evaluate.measure", row="nobody")


def test_results_are_saved_with_the_experiment_and_come_back(lab: Page, tmp_path: Path) -> None:
    lab.do("evaluate.columns", names=["nll", "nll_train", "iwae"])
    lab.done("evaluate.measure")
    lab.done("evaluate.keep", title="early")
    lab.step(3)
    lab.done("evaluate.trap", name="noise")
    before = lab.page.table
    assert lab.experiment.dirty
    lab.done("file.save_as", path=tmp_path / "all.genplay")
    other = Page()
    try:
        other.do("evaluate.columns", names=["nll", "nll_train"])
        other.do("file.open", path=tmp_path / "all.genplay")
        other.wait(lambda: (s := other.experiment.snapshot()) is not None and s.step == 8)
        after = other.page.table
        assert [(r.title, r.kind, r.step) for r in after.rows] == [
            (r.title, r.kind, r.step) for r in before.rows
        ]
        for a, b in zip(before.rows, after.rows, strict=True):
            assert a.figures == b.figures
            assert "no encoder" in b.figures["iwae"].missing
            assert not b.stale("nll")
        assert after.rows[2].note == before.rows[2].note
        assert after.rows[2].base == OPEN
        other.do("evaluate.columns", names=["bits_per_dim"])
        other.done("evaluate.measure")
        for a, b in zip(other.page.table.rows, before.rows, strict=True):
            assert a.fresh("bits_per_dim").value == pytest.approx(
                b.fresh("nll").value / 2 / 0.693147, rel=1e-4
            )
        rows = len(other.page.table.rows)
        other.do("file.open", path=tmp_path / "all.genplay")
        other.wait(lambda: (s := other.experiment.snapshot()) is not None and s.step == 8)
        assert len(other.page.table.rows) == rows, "nothing stands there twice"
    finally:
        other.experiment.close()


def test_a_figure_of_an_older_project_lacks_its_reason_only() -> None:
    old = {"step": 3, "trouble": "", "quantity": None}
    assert _figure_from_json(old) == Figure(None, 3)
    assert "no such number" in Figure(None, 3).why_not


def test_a_damaged_result_is_refused_like_any_damage(lab: Page, tmp_path: Path) -> None:
    import json
    import zipfile

    lab.done("evaluate.measure")
    path = lab.done("file.save_as", path=tmp_path / "a.genplay")
    with zipfile.ZipFile(path) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    manifest = json.loads(entries["manifest.json"])
    manifest["results"][0]["figures"]["nll"]["quantity"][1] = "certain"
    entries["manifest.json"] = json.dumps(manifest).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    with pytest.raises(BadInput, match="damaged"):
        lab.do("file.open", path=path)
