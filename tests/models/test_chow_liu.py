"""Chow–Liu: the tree against all labelled trees on four pixels, the density against enumeration, the limit of the family."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import torch
from torch import Tensor

from genplay.datasets.image_law import ImageMixtureLaw
from genplay.models.base import About, Batch, Setting
from genplay.models.cards.chow_liu import ChowLiuKnobs
from genplay.models.chow_liu import ChowLiu, best_kl
from genplay.models.exhibits import PixelGraph
from genplay.spaces.binary import images, log_sum_exp
from genplay.spaces.plane import HOME
from tests.models.harness import few_images, train

Tree = tuple[tuple[int, int], ...]


def fitted(x: Tensor, law: object = None, **knobs: object) -> ChowLiu:
    n, d = x.shape
    setting = Setting("digits", d, 1, "mle", HOME, x, torch.zeros(n), torch.Generator().manual_seed(0), law)
    model = ChowLiu(ChowLiuKnobs.parse({"root": 0, **knobs}), setting)
    train(model, x, 3)
    return model


def all_trees(d: int) -> list[Tree]:
    """Every labelled tree on d nodes, by Prüfer's sequences."""
    trees = []
    for sequence in itertools.product(range(d), repeat=d - 2):
        degree = [1 + sequence.count(i) for i in range(d)]
        edges = []
        for node in sequence:
            leaf = degree.index(1)
            edges.append((min(leaf, node), max(leaf, node)))
            degree[leaf] -= 1
            degree[node] -= 1
        rest = [i for i in range(d) if degree[i] == 1]
        trees.append(tuple(sorted([*edges, (rest[0], rest[1])])))
    return trees


def best_log_likelihood(x: np.ndarray, tree: Tree) -> float:
    """Σ log p of the data under the tree with the frequencies of the data: Π p(x_i, x_j) / Π p(x_j)^(degree − 1)."""
    n, d = x.shape
    total = np.zeros(n)
    degree = np.zeros(d)
    for i, j in tree:
        same = (x[:, None, i] == x[None, :, i]) & (x[:, None, j] == x[None, :, j])
        total += np.log(same.mean(axis=1))
        degree[[i, j]] += 1
    for j in range(d):
        total -= (degree[j] - 1) * np.log((x[:, None, j] == x[None, :, j]).mean(axis=1))
    return float(total.sum())


def edges_of(model: ChowLiu) -> Tree:
    found = [(int(a), j) for j, a in enumerate(model.parent) if int(a) >= 0]
    return tuple(sorted((min(e), max(e)) for e in found))


@pytest.mark.parametrize("seed", range(6))
def test_no_tree_on_four_pixels_is_likelier(seed: int) -> None:
    rng = np.random.default_rng(seed)
    weights = rng.dirichlet(0.3 * np.ones(16))
    x = ((rng.choice(16, 120, p=weights)[:, None] >> np.arange(4)) & 1).astype(np.float64)
    trees = all_trees(4)
    assert len(set(trees)) == 16
    model = fitted(torch.tensor(x, dtype=torch.float32), smoothing=0.0)
    best = max(best_log_likelihood(x, tree) for tree in trees)
    worst = min(best_log_likelihood(x, tree) for tree in trees)
    assert worst < best - 1
    assert best_log_likelihood(x, edges_of(model)) == pytest.approx(best, abs=1e-9)
    assert float(model.log_prob(torch.tensor(x)).double().sum()) == pytest.approx(best, abs=1e-3)


def test_the_root_changes_the_order_but_no_probability() -> None:
    x = few_images(200)
    one, other = fitted(x, root=0), fitted(x, root=17)
    assert int(one.order[0]) == 0
    assert int(other.order[0]) == 17
    assert edges_of(one) == edges_of(other)
    torch.testing.assert_close(one.log_prob(x), other.log_prob(x), atol=1e-4, rtol=0)


@pytest.mark.parametrize("smoothing", [0.0, 0.5])
def test_all_images_sum_to_one_and_agree_with_log_prob(smoothing: float) -> None:
    x = few_images(60)
    model = fitted(x, smoothing=smoothing)
    block = model.log_prob_blocks()
    assert log_sum_exp(block, rows=16) == pytest.approx(0.0, abs=1e-6)
    some = images(np.concatenate([np.arange(4000 * 4096, 4001 * 4096), np.arange(4096)]))
    direct = model.log_prob(torch.tensor(some, dtype=torch.float32)).numpy()
    tables = np.concatenate([block(4000, 4001).ravel(), block(0, 1).ravel()])
    np.testing.assert_allclose(tables, direct, atol=1e-4)
    seen = model.log_prob(x)
    assert bool(torch.isfinite(seen).all())


def test_without_smoothing_an_unseen_pair_gets_probability_zero() -> None:
    x = torch.zeros(10, 25)
    x[:5, :3] = 1.0
    model = fitted(x, smoothing=0.0)
    broken = torch.zeros(1, 25)
    broken[0, 0] = 1.0
    assert float(model.log_prob(broken)) == -math.inf
    assert float(model.log_prob(x[:1])) == pytest.approx(math.log(0.5), abs=1e-6)
    model.configure(ChowLiuKnobs(smoothing=1.0))
    assert not model.finished
    train(model, x, 1)
    assert math.isfinite(float(model.log_prob(broken)))


def test_samples_have_the_frequencies_of_the_data_and_a_wrong_parent_spoils_them() -> None:
    x = few_images(500)
    model = fitted(x, smoothing=0.0)

    def error() -> float:
        drawn = model.sample(20_000, torch.Generator().manual_seed(1))
        pairs = [
            (drawn[:, a] * drawn[:, b]).mean() - (x[:, a] * x[:, b]).mean() for a, b in edges_of(fitted(x))
        ]
        return float(torch.stack(pairs).abs().max())

    assert error() < 0.02
    model.log_odds.copy_(model.log_odds.flip(1))
    assert error() > 0.1


def some_law(seed: int = 4) -> ImageMixtureLaw:
    templates = few_images(12, seed=seed).numpy()
    return ImageMixtureLaw(
        templates, np.arange(1.0, 13.0), np.zeros(12, dtype=np.int64), 0.05, ("a",), outliers=0.1
    )


def test_the_best_kl_is_what_a_tree_fitted_to_endless_data_has() -> None:
    law = some_law()
    x = torch.tensor(law.sample(100_000, np.random.default_rng(0))[0], dtype=torch.float32)
    model = fitted(x, law=law, smoothing=0.0)
    fresh, _ = law.sample(100_000, np.random.default_rng(1))
    gap = law.log_prob(fresh) - model.log_prob(torch.tensor(fresh, dtype=torch.float32)).double().numpy()
    best = best_kl(law)
    assert best.kind == "exact"
    assert best.value == pytest.approx(gap.mean(), abs=4 * gap.std() / math.sqrt(len(gap)))
    assert best.value > 0.1


def test_the_exhibits_show_the_tree_and_the_limit_of_the_law_that_the_data_have_now() -> None:
    law = some_law()
    x = few_images(100)
    model = fitted(x, law=law)
    about = About(x[:1], x, torch.zeros(100), torch.Generator())
    tree = model.exhibits(about)[0]
    assert isinstance(tree, PixelGraph)
    assert tree.edges.shape == (24, 2)

    def told() -> object:
        train(model, few_images(50, seed=2), 1)
        return dict(model.exhibits(about)[-1].rows).get("Best KL(p‖q) of any tree")  # type: ignore[union-attr]

    assert told() == best_kl(law)
    model.data_changed()
    assert told() == best_kl(law)
    other = some_law(seed=5)
    model.law_changed(other)
    model.data_changed()
    assert told() == best_kl(other) != best_kl(law)
    model.law_changed(None)
    model.data_changed()
    assert told() is None


def test_sub_steps_count_first_and_span_then() -> None:
    x = few_images(100)
    model = fitted(x)
    fresh = ChowLiu(
        model.options,
        Setting("digits", 25, 1, "mle", HOME, x, torch.zeros(100), torch.Generator().manual_seed(0)),
    )
    assert float(fresh.log_prob(x)[0]) == pytest.approx(-25 * math.log(2), abs=1e-4)
    count, span = fresh.phases()
    batch = Batch(x, torch.zeros(100), torch.Generator())
    count.run(batch)
    assert float(fresh.log_prob(x)[0]) == pytest.approx(-25 * math.log(2), abs=1e-4)
    span.run(batch)
    torch.testing.assert_close(fresh.log_prob(x), model.log_prob(x))
