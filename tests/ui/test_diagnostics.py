"""What is measured about the window: percentiles, the comparison with the bare loop, and where it is written."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import numpy as np
import pytest

from genplay.ui import diagnostics
from genplay.ui.app import App
from genplay.ui.diagnostics import Gaps, queue_wait
from tests.ui.support import Until


def test_percentiles_of_the_last_values() -> None:
    gaps = Gaps(kept=100)
    for value in range(1, 301):
        gaps.add(float(value))
    last = np.arange(201, 301)
    out = gaps.to_json()
    assert out["count"] == 300
    assert out["median_ms"] == pytest.approx(np.median(last))
    assert out["p99_ms"] == pytest.approx(np.percentile(last, 99), abs=0.01)
    assert out["max_ms"] == 300
    assert Gaps().to_json() == {"count": 0}


def test_the_wait_of_a_thread_is_read_where_the_system_tells() -> None:
    wait = queue_wait(threading.current_thread())
    if not Path("/proc/self/schedstat").exists():
        assert wait is None
    else:
        assert wait is not None
        assert wait >= 0


def test_training_in_the_window_is_compared_with_the_bare_loop(
    session: App, until: Until, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(diagnostics, "SPEED_ROUNDS", 1)
    monkeypatch.setattr(diagnostics, "GAP_ROUNDS", 1)
    monkeypatch.setattr(diagnostics, "ROUND_SECONDS", 0.4)
    session.dispatch.run("train.start")
    until(lambda: session.experiment.snapshot().step > 5)
    path = tmp_path / "d.json"
    written = session.registry.run("diagnostics.write", path=str(path))
    until(written.done, "for the measurement", 30)
    report = json.loads(path.read_text())
    assert report["model"] == "nsf"
    assert report["bare_steps_per_second"] > 0
    assert report["train_over_bare"] > 0
    assert report["tick_gap_training"]["count"] > 10
    assert report["tick_gap_drawing_only"]["count"] > 10
    assert report["input_to_paint"]["count"] > 3
    assert not session.window.heart.replay
    session.dispatch.run("train.pause")


def test_a_folder_that_is_not_there_is_said(session: App, tmp_path: Path) -> None:
    session.dispatch.run("diagnostics.write", path=str(tmp_path / "no" / "d.json"))
    assert "there is no folder" in session.window.toasts.texts()[0]
