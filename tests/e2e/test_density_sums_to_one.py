"""What the command ``genplay density`` writes is a density: over the whole world its exponential sums to 1.

On the plane, on a fine grid. Of the 2^25 images, a model gives all probabilities block by block; they sum to 1, and the
command gives the same ones image by image. A chain of conditionals without blocks is summed by induction: whatever the
first pixels, all ways to go on sum to their probability. A bound on log p need not sum to 1, and does not say so.
"""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import numpy as np
import pytest
import torch

from genplay.cli import main
from genplay.lab.run import Run
from genplay.models.base import HasBlocks, HasConditionals
from genplay.models.registry import cards
from genplay.spaces.binary import N_IMAGES, codes, images, log_sum_exp
from genplay.spaces.plane import Box, Grid

STEPS = "150"
MIXED = {"plane": ("gaussian", "gmm"), "digits": ("bernoulli-mixture", "rbm")}
"""The runs of which ``run-mixture`` is made."""


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the trained runs lie: a member of a mixture is trained once."""
    return tmp_path_factory.mktemp("runs")


def trained(folder: Path, model: str, world: str, data: str) -> Path:
    out = folder / f"{model}-{world}.genplay"
    if out.exists():
        return out
    kind = ["train", "--world", world, "--data", data, "--model", model]
    if model == "run-mixture":
        kind += ["--members", *(str(trained(folder, member, world, data)) for member in MIXED[world])]
    code = main([*kind, "--steps", STEPS, "--n", "500", "--out", str(out), "--json"])
    assert code == 0
    return out


def density(
    folder: Path, run: Path, points: np.ndarray, capsys: pytest.CaptureFixture[str]
) -> tuple[np.ndarray, str]:
    """log p of points by the command, and the kind that it names."""
    np.save(folder / "points.npy", points)
    capsys.readouterr()
    out = folder / "log_p.npy"
    assert (
        main(["density", str(run), "--points", str(folder / "points.npy"), "--out", str(out), "--json"]) == 0
    )
    return np.load(out), json.loads(capsys.readouterr().out)["kind"]


@pytest.mark.parametrize("model", [c.id for c in cards().values() if "plane" in c.density])
def test_on_the_plane(model: str, runs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = trained(runs, model, "plane", "two-moons")
    # What follows an ODE is smooth and slow; a mixture is only as slow as its members, which are narrow here.
    cells = 128 if cards()[model].cost == "T steps" and model != "run-mixture" else 400
    grid = Grid(Box(-6, 6, -6, 6), cells)
    log_p, kind = density(tmp_path, run, grid.points(), capsys)
    assert kind == cards()[model].density["plane"]
    assert np.exp(log_p).sum() * grid.cell_area == pytest.approx(1, abs=0.01)


EXACT = [c.id for c in cards().values() if c.density.get("digits") == "exact"]
BOUNDS = [c.id for c in cards().values() if c.density.get("digits") == "bound"]


@pytest.mark.parametrize("model", EXACT)
def test_over_all_images(model: str, runs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = trained(runs, model, "digits", "glyphs")
    x = images(np.random.default_rng(0).integers(0, N_IMAGES, 500))
    log_p, kind = density(tmp_path, path, x, capsys)
    assert kind == "exact"
    with Run.open(path).trainer.viewing() as shown:
        if isinstance(shown, HasBlocks):
            block = shown.log_prob_blocks()
            assert log_sum_exp(block) == pytest.approx(0, abs=0.01)
            code = codes(x)
            by_block = [block(c // 4096, c // 4096 + 1)[0, c % 4096] for c in code]
            np.testing.assert_allclose(log_p, by_block, atol=1e-3)
        else:
            assert isinstance(shown, HasConditionals)
            sums_by_induction(shown, x[0])


def sums_by_induction(model: HasConditionals, image: np.ndarray) -> None:
    """Summed over the pixels from place k on, p is the product of the first k conditionals; for k = 0 that is 1."""
    order = model.order.tolist()
    for k in (15, 8):
        free = order[k : k + 10]
        rows = torch.tensor(image, dtype=torch.float32).repeat(1 << len(free), 1)
        rows[:, free] = torch.tensor(list(itertools.product((0.0, 1.0), repeat=len(free))))
        parts = model.log_conditionals(rows).double()
        before, within = parts[:, order[:k]].sum(dim=1), parts[:, free].sum(dim=1)
        assert float((before - before[0]).abs().max()) < 1e-4
        assert float(within.exp().sum()) == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("model", BOUNDS)
def test_a_bound_calls_itself_one(
    model: str, runs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = trained(runs, model, "digits", "glyphs")
    x = images(np.random.default_rng(0).integers(0, N_IMAGES, 50))
    log_p, kind = density(tmp_path, path, x, capsys)
    assert kind == "bound"
    assert np.isfinite(log_p).all()
