"""Neighbourhood figures against scikit-learn's neighbours and cases known beforehand."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors

from genplay.datasets.mixture import GaussianMixtureLaw
from genplay.metrics import memorisation, neighbours
from genplay.metrics.neighbours import K, Neighbourhoods, radii
from genplay.quantity import Quantity
from tests.metrics.fakes import Dressed, data_of, gaussian, on
from tests.metrics.references import clouds


def by_reference(truth: np.ndarray, samples: np.ndarray) -> dict[str, float]:
    """The four figures from balls found by scikit-learn, ball by ball."""

    def balls(points: np.ndarray) -> np.ndarray:
        return NearestNeighbors(n_neighbors=K + 1).fit(points).kneighbors(points)[0][:, K]

    def inside(centres: np.ndarray, reach: np.ndarray, points: np.ndarray) -> np.ndarray:
        found = np.zeros((len(centres), len(points)), bool)
        search = NearestNeighbors().fit(points)
        for i, (centre, r) in enumerate(zip(centres, reach, strict=True)):
            found[i, search.radius_neighbors(centre[None], r, return_distance=False)[0]] = True
        return found

    real = inside(truth, balls(truth), samples)
    made = inside(samples, balls(samples), truth)
    return {
        "precision": real.any(axis=0).mean(), "recall": made.any(axis=0).mean(),
        "density": real.sum(axis=0).mean() / K, "coverage": real.any(axis=1).mean(),
    }  # fmt: skip


@pytest.mark.parametrize(("n", "m", "d"), [(150, 150, 2), (120, 200, 6)])
def test_all_four_are_those_of_reference_neighbours(n: int, m: int, d: int) -> None:
    truth, samples = clouds(n, m, d)
    near, expected = Neighbourhoods(truth, samples), by_reference(truth, samples)
    for name, value in expected.items():
        assert value > 0
        assert getattr(near, name)(np.arange(m), np.arange(n)) == pytest.approx(value, rel=1e-9)
    # A part of both is like having only that part.
    some, few = np.arange(0, m, 2), np.arange(0, n, 3)
    for name, value in by_reference(truth[few], samples[some]).items():
        assert getattr(near, name)(some, few) == pytest.approx(value, rel=1e-9)


def test_radii_do_not_count_the_point_itself() -> None:
    line = np.arange(10.0)
    apart = np.abs(line[:, None] - line)
    assert radii(apart, 1).tolist() == [1.0] * 10
    assert radii(apart, 2)[0] == 2.0
    assert radii(apart, 2)[4] == 1.0


def test_precision_and_recall_change_places_with_their_arguments() -> None:
    truth, samples = clouds(100, 100, 2)
    every = np.arange(100)
    there, back = Neighbourhoods(truth, samples), Neighbourhoods(samples, truth)
    assert there.precision(every, every) == back.recall(every, every)
    assert there.recall(every, every) == back.precision(every, every)


def test_a_model_too_narrow_is_seen_by_recall_and_one_too_wide_by_precision() -> None:
    one, wide = gaussian((0.0, 0.0), (0.2, 0.2)), gaussian((0.0, 0.0), (1.0, 1.0))

    def measured(model: GaussianMixtureLaw, truth: GaussianMixtureLaw) -> dict[str, Quantity]:
        examined = on(Dressed(model), data_of(truth), fresh=500)
        return {
            name: getattr(neighbours, name)(examined)
            for name in ("precision", "recall", "density", "coverage")
        }

    narrow, spread, same = measured(one, wide), measured(wide, one), measured(wide, wide)
    assert narrow["precision"].value > 0.95 > 0.4 > narrow["recall"].value
    assert spread["recall"].value > 0.95 > 0.4 > spread["precision"].value
    assert narrow["coverage"].value < 0.4
    assert spread["density"].value < 0.4
    assert same["density"].value == pytest.approx(1.0, abs=0.1)
    assert same["coverage"].value > 0.93
    assert all(q.stderr is not None and q.stderr < 0.1 for q in same.values())


def test_distances_to_the_nearest_are_those_of_scikit_learn() -> None:
    x, points = clouds(80, 120, 3)
    expected = NearestNeighbors(n_neighbors=1).fit(points).kneighbors(x)[0][:, 0]
    assert memorisation.nearest_distances(x, points) == pytest.approx(expected, rel=1e-9)


def test_a_model_that_repeats_its_training_data_is_caught() -> None:
    law = gaussian((0.0, 0.0), (0.5, 0.3))
    data = data_of(law, n=300)

    class Copies(Dressed):
        def sample(self, n: int, generator: object) -> object:
            import torch

            rows = torch.randint(len(data.x_train), (n,), generator=generator)  # type: ignore[call-overload]
            return torch.tensor(data.x_train)[rows]

    copied = memorisation.nearest_neighbour(on(Copies(law), data))
    fresh = memorisation.nearest_neighbour(on(Dressed(law), data))
    assert copied.value == pytest.approx(0.0, abs=1e-6)
    assert fresh.stderr is not None
    assert abs(fresh.value - 1) < 0.15


def test_the_gap_is_between_unseen_and_seen_points() -> None:
    law = gaussian((0.0, 0.0), (0.5, 0.3))
    data = data_of(law, n=300)
    found = memorisation.generalisation_gap(on(Dressed(law), data))
    seen, unseen = law.log_prob(data.x_train), law.log_prob(data.x_test)
    assert found.value == pytest.approx(seen.mean() - unseen.mean(), abs=1e-5)
    assert found.stderr == pytest.approx(np.sqrt(seen.var(ddof=1) / 300 + unseen.var(ddof=1) / 300), rel=1e-3)
