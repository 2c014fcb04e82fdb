"""What every model that reads x as a sequence has to keep, whatever its network: used by the tests of each of them."""

from __future__ import annotations

import itertools

import numpy as np
import torch
from torch import Tensor

from genplay.models.base import About, Setting
from genplay.models.exhibits import Matrix
from genplay.models.registry import card
from genplay.models.sequence import SequenceModel
from genplay.spaces import DIMENSIONS, World
from genplay.spaces.plane import HOME
from tests.models.harness import world_data

Array = np.ndarray
CLASSES = 3


def sequence(
    name: str, world: World = "digits", sharp: float = 1.5, seed: int = 0, **knobs: object
) -> SequenceModel:
    """An untrained model of three classes with large weights, so that every dependence that can be there is there."""
    found, x = card(name, world), world_data(world, 90)
    generator = torch.Generator().manual_seed(seed)
    y = (torch.arange(90) % 6 == 0).long() + 2 * (torch.arange(90) % 2)
    setting = Setting(world, DIMENSIONS[world], CLASSES, "cross-entropy", HOME, x, y, generator)
    model = found.load(world)(found.knobs.parse(knobs), setting)
    assert isinstance(model, SequenceModel)
    with torch.no_grad():
        for p in model.parameters():
            p.mul_(sharp)
        # The last layers start almost silent; here the odds shall range widely.
        last = [p for n, p in model.named_parameters() if n.startswith("output")]
        for p in last[-2:] if world == "digits" else []:
            p.mul_(4.0)
    return model.eval()


def no_class(n: int) -> Tensor:
    return torch.full((n,), CLASSES)


def looks_ahead(model: SequenceModel) -> tuple[int, float]:
    """Flip each pixel in turn: how many later conditionals moved in all, and how far any at or before it did."""
    x = (torch.rand(30, model.dim, generator=torch.Generator().manual_seed(1)) < 0.5).float()
    y = torch.arange(30) % (CLASSES + 1)
    with torch.no_grad():
        before = model.predict(2 * x - 1, y)
        moved_later, moved_earlier = 0, 0.0
        for j in range(model.dim):
            changed = x.clone()
            changed[:, j] = 1 - changed[:, j]
            moved = (model.predict(2 * changed - 1, y) - before).abs().amax(dim=(0, 2))
            moved_earlier = max(moved_earlier, float(moved[: j + 1].max()))
            moved_later += int((moved[j + 1 :] > 1e-7).sum())
    return moved_later, moved_earlier


def slope_ahead(model: SequenceModel) -> float:
    """The largest |∂ conditional at place i / ∂ x_j| with j ≥ i."""
    influence = model.influence(world_data(model.world, 1))
    return float(influence.triu().max())


def steps_differ(model: SequenceModel) -> float:
    """How far the conditionals taken place after place are from those of one pass."""
    x = world_data(model.world, 12, seed=2)
    y = torch.arange(12) % (CLASSES + 1)
    u = model._seen(model._targets(x))
    with torch.no_grad():
        step = model.stepper(y)
        one_by_one = torch.stack([step(place, u) for place in range(model.dim)], dim=1)
        return float((one_by_one - model.predict(u, y)).abs().max())


def last_pixels_sum(model: SequenceModel, free: int = 8) -> Array:
    """Σ p(x | y) over all settings of the last pixels, by log_prob, over p of the first ones, for each class and none."""
    x = world_data("digits", 1).repeat(1 << free, 1)
    x[:, -free:] = torch.tensor(list(itertools.product((0.0, 1.0), repeat=free)))
    out = []
    with torch.no_grad():
        for y in range(CLASSES + 1):
            parts = model._log_conditionals(x, torch.full((len(x),), y))
            out.append(float((parts.sum(dim=1) - parts[:, :-free].sum(dim=1)).double().exp().sum()))
    return np.array(out)


def chi2_of_first_pixels(model: SequenceModel, label: int | None, n: int = 2500, first: int = 4) -> float:
    """χ² of how often each pattern of the first pixels comes, against the conditionals; 2^first − 1 is what to expect."""
    patterns = torch.tensor(list(itertools.product((0.0, 1.0), repeat=first)))
    rows = torch.cat([patterns, torch.zeros(len(patterns), model.dim - first)], dim=1)
    y = torch.full((len(rows),), CLASSES if label is None else label)
    with torch.no_grad():
        p = model._log_conditionals(rows, y)[:, :first].sum(dim=1).double().exp().numpy()
    noise = model.noise(n, torch.Generator().manual_seed(4))
    drawn = model.sample_from(noise) if label is None else model.sample_class(noise, torch.full((n,), label))
    code = (drawn[:, :first].numpy() @ (2 ** np.arange(first - 1, -1, -1))).astype(int)
    counts = np.bincount(code, minlength=len(p))
    expected = np.maximum(n * p, 1e-9)
    rare = expected < 5
    expected = np.append(expected[~rare], max(expected[rare].sum(), 1e-9))
    counts = np.append(counts[~rare], counts[rare].sum())
    return float(((counts - expected) ** 2 / np.maximum(expected, 0.5)).sum())


def jacobi_equals_ancestral(model: SequenceModel, n: int = 100) -> bool:
    """Whether both ways of decoding turn the same noise into the same samples, at two temperatures and with classes."""
    noise = model.noise(n, torch.Generator().manual_seed(3))
    y = torch.arange(n) % (CLASSES + 1)
    same = True
    for heat in (1.0, 0.6):
        drawn = []
        for decoding in ("ancestral", "jacobi"):
            model.configure(model.options.replace(decoding=decoding, temperature=heat))
            drawn.append(model.sample_class(noise, y))
        # Cached and whole passes add up in another order: on the plane the last digits may differ.
        if model.world == "digits":
            same &= torch.equal(drawn[0], drawn[1])
        else:
            same &= torch.allclose(drawn[0], drawn[1], atol=1e-4)
    return same


def shown(model: SequenceModel) -> dict[str, object]:
    """The exhibits by title."""
    x = world_data(model.world, 60)
    about = About(x[:1], x, torch.zeros(60, dtype=torch.int64), torch.Generator().manual_seed(0))
    return {e.title: e for e in model.exhibits(about)}  # type: ignore[operator]


def upper_half_is_empty(table: object) -> bool:
    assert isinstance(table, Matrix)
    return bool(np.isnan(table.values[np.triu_indices(len(table.values))]).all())
