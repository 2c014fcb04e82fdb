"""Other people's implementations, as independent references; a test that lacks one is skipped."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

_TORCHMETRICS = """
import json, sys
import numpy as np, torch
from torch import nn
from torchmetrics.image.fid import FrechetInceptionDistance
from torchmetrics.image.inception import InceptionScore
from torchmetrics.image.kid import KernelInceptionDistance

class Given(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.width = width
    def forward(self, x):
        # torchmetrics asks an image what it looks like; here an "image" is its own features.
        if x.dtype == torch.uint8:
            return torch.zeros(len(x), self.width, dtype=torch.float64)
        return x.flatten(1)

x, y, logits = (torch.as_tensor(np.load(p)) for p in sys.argv[1:4])
fid = FrechetInceptionDistance(feature=Given(x.shape[1]), input_img_size=(3, 8, 8)).set_dtype(torch.float64)
kid = KernelInceptionDistance(feature=Given(x.shape[1]), subsets=1, subset_size=len(x)).set_dtype(torch.float64)
for score in (fid, kid):
    score.update(x, real=True)
    score.update(y, real=False)
inception = InceptionScore(feature=Given(logits.shape[1]), splits=1).set_dtype(torch.float64)
inception.update(logits)
print(json.dumps([float(fid.compute()), float(kid.compute()[0]), float(inception.compute()[0])]))
"""


def torchmetrics(x: np.ndarray, y: np.ndarray, logits: np.ndarray, folder: Path) -> dict[str, float]:
    """FID and KID of features, and the inception score of logits, by torchmetrics in a process of its own: its import
    changes the filters of warnings."""
    paths = [folder / f"{name}.npy" for name in ("x", "y", "logits")]
    for path, values in zip(paths, (x, y, logits), strict=True):
        np.save(path, values)
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", _TORCHMETRICS, *map(str, paths)], capture_output=True, text=True, check=False
    )  # fmt: skip
    if "No module named 'torchmetrics'" in done.stderr:
        pytest.skip("torchmetrics is not installed")
    assert done.returncode == 0, done.stderr
    return dict(zip(("fid", "kid", "inception_score"), json.loads(done.stdout), strict=True))


def clouds(n: int, m: int, d: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Two sets of points of different laws, (n, d) and (m, d)."""
    rng = np.random.default_rng(seed)
    mix = rng.standard_normal((d, d))
    return rng.standard_normal((n, d)), 0.4 + 0.8 * rng.standard_normal((m, d)) @ mix / np.sqrt(d)
