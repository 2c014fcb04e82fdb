"""The user's own model in an experiment: asked for first, read again when saved, and a broken version disturbs nothing."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from genplay.errors import BadInput
from genplay.lab.actions import ActionRegistry
from genplay.lab.core_actions import bind_core
from genplay.lab.experiment import Experiment
from genplay.lab.own_models import OwnModels
from genplay.models import registry as models
from genplay.paths import resource

TEMPLATE = resource("templates/my_model.py").read_text(encoding="utf-8")


class Lab:
    """An experiment with its actions, and what it said."""

    def __init__(self) -> None:
        self.experiment = Experiment()
        self.registry = ActionRegistry()
        self.own: OwnModels = bind_core(self.registry, self.experiment)
        self.said: list[str] = []
        self.experiment.notice.connect(lambda notice: self.said.append(notice.text))

    def until(self, condition: Callable[[], object], what: str, seconds: float = 30.0) -> None:
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, f"waited in vain {what}: {self.said}"
            self.experiment.poll()
            self.own.poll()
            time.sleep(0.01)

    @property
    def step(self) -> int:
        snapshot = self.experiment.snapshot()
        return snapshot.step if snapshot is not None else 0


@pytest.fixture
def lab(monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    monkeypatch.setattr(models, "_opened", {})
    made = Lab()
    yield made
    made.experiment.close()


def saved(path: Path, text: str) -> None:
    """Save as an editor does; the file's time is sure to be another."""
    path.write_text(text, encoding="utf-8")
    stamp = path.stat().st_mtime + 1 + time.monotonic() % 1
    os.utime(path, (stamp, stamp))


def test_without_trust_nothing_is_run(lab: Lab, tmp_path: Path) -> None:
    path = tmp_path / "evil.py"
    path.write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n", encoding="utf-8")
    with pytest.raises(BadInput, match=r"evil\.py is a program"):
        lab.registry.run("model.open_file", path=str(path))
    assert not (tmp_path / "ran").exists()
    assert lab.experiment.model_id == "nsf"


def test_the_template_is_written_opened_and_trained(lab: Lab, tmp_path: Path) -> None:
    lab.registry.run("model.new_file", path=str(tmp_path / "ring"))
    assert (tmp_path / "ring.py").read_text(encoding="utf-8") == TEMPLATE
    assert lab.experiment.model_id == "ring"
    with pytest.raises(BadInput, match="exists already"):
        lab.registry.run("model.new_file", path=str(tmp_path / "ring.py"))
    lab.registry.run("train.start")
    lab.until(lambda: lab.step > 30, "for it to train")
    assert lab.experiment.snapshot().nll_train is not None or lab.step > 0  # type: ignore[union-attr]


def test_a_saved_change_is_taken_in_and_the_parameters_stay(lab: Lab, tmp_path: Path) -> None:
    path = tmp_path / "ring.py"
    saved(path, TEMPLATE)
    lab.registry.run("model.open_file", path=str(path), trust=True)
    lab.registry.run("model.set", name="bells", value=20)
    lab.registry.run("train.start")
    lab.until(lambda: lab.step > 50, "for it to train")
    saved(path, TEMPLATE.replace('title = "Ring of Gaussians"', 'title = "Another title"'))
    lab.until(lambda: any("read again" in text for text in lab.said), "for it to be read again")
    assert lab.experiment.card.title == "Another title"
    assert lab.experiment.knobs.as_dict() == {"bells": 20}
    before = lab.step
    lab.until(lambda: lab.step > max(before, 60), "for it to go on")
    assert not any("anew" in text for text in lab.said)
    assert lab.experiment.running


def test_a_broken_version_is_told_with_its_line_and_the_run_goes_on(lab: Lab, tmp_path: Path) -> None:
    path = tmp_path / "ring.py"
    saved(path, TEMPLATE)
    lab.registry.run("model.open_file", path=str(path), trust=True)
    lab.registry.run("train.start")
    lab.until(lambda: lab.step > 20, "for it to train")
    run = lab.experiment.run_id
    broken = TEMPLATE.replace("import math\n", "import math\nthis is no Python\n")
    saved(path, broken)
    lab.until(lambda: any("ring.py, line" in text for text in lab.said), "for the error")
    line = broken.splitlines().index("this is no Python") + 1
    assert any(f"ring.py, line {line}: " in text and "goes on" in text for text in lab.said)
    before = lab.step
    lab.until(lambda: lab.step > before + 5, "for the run to go on")
    assert lab.experiment.run_id == run


def test_other_parameters_start_anew_and_say_so(lab: Lab, tmp_path: Path) -> None:
    path = tmp_path / "ring.py"
    saved(path, TEMPLATE)
    lab.registry.run("model.open_file", path=str(path), trust=True)
    lab.registry.run("train.start")
    lab.until(lambda: lab.step > 20, "for it to train")
    saved(
        path,
        TEMPLATE.replace(
            "        self.log_radius = nn.Parameter(torch.zeros(()))",
            "        self.log_radius = nn.Parameter(torch.zeros(()))\n        self.more = nn.Parameter(torch.zeros(3))",
        ).replace(
            "-self.log_prob(batch.x).mean()", "-self.log_prob(batch.x).mean() + self.more.square().sum()"
        ),
    )
    lab.until(lambda: any("starts anew" in text for text in lab.said), "for it to say so")


def test_undo_after_a_version_with_other_knobs_still_works(lab: Lab, tmp_path: Path) -> None:
    path = tmp_path / "ring.py"
    saved(path, TEMPLATE)
    lab.registry.run("model.open_file", path=str(path), trust=True)
    lab.registry.run("model.set", name="bells", value=20)
    saved(path, TEMPLATE.replace("bells: int", "count: int").replace("knobs.bells", "knobs.count"))
    lab.until(lambda: any("read again" in text for text in lab.said), "for it to be read again")
    assert lab.experiment.knobs.as_dict() == {"count": 12}
    lab.registry.run("edit.undo")
    assert lab.experiment.knobs.as_dict() == {"count": 12}
    lab.registry.run("edit.undo")
    assert lab.experiment.model_id == "nsf"
