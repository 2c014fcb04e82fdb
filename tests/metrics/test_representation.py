"""What a code tells of x, against closed forms, sums by hand and scikit-learn."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy.stats import norm
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import mutual_info_score
from torch import Tensor, nn

from genplay.metrics import representation
from genplay.metrics.card import Missing
from genplay.metrics.registry import why_missing
from tests.metrics.fakes import Dressed, data_of, gaussian, on
from tests.models.harness import build, two_moons


class Channel(nn.Module):
    """z = x + noise of this deviation, and a third coordinate that says nothing."""

    latent_dim = 3
    draws = False

    def __init__(self, std: float) -> None:
        super().__init__()
        self.std = std

    def encode(self, x: Tensor) -> Tensor:
        return torch.cat([x, torch.zeros(len(x), 1)], dim=1)

    def decode(self, z: Tensor) -> Tensor:
        return z[:, :2]

    def code_posterior(self, x: Tensor) -> tuple[Tensor, Tensor]:
        mean = self.encode(x)
        return mean, torch.tensor([math.log(self.std)] * 2 + [0.0]).expand_as(mean)


def test_information_of_a_gaussian_channel_is_shannons() -> None:
    """½ log(1 + signal / noise) for each coordinate."""
    law = gaussian((0.0, 0.0), (0.5, 0.3))
    found = representation.mutual_information(on(Channel(0.2), data_of(law, n=2000)))
    truth = 0.5 * sum(math.log(1 + (s / 0.2) ** 2) for s in (0.5, 0.3))
    assert found.stderr is not None
    assert abs(found.value - truth) < 4 * found.stderr + 0.02
    assert found.unit == "nats"


def test_it_is_the_mean_of_log_ratios_of_densities() -> None:
    rng = np.random.default_rng(0)
    mean, log_std, noise = (
        rng.normal(size=(30, 2)),
        0.3 * rng.normal(size=(30, 2)) - 1,
        rng.normal(size=(30, 2)),
    )
    z, std = mean + np.exp(log_std) * noise, np.exp(log_std)
    density = norm.pdf(z[:, None], mean[None], std[None]).prod(axis=2)
    expected = np.log(np.diag(density)) - np.log(density.mean(axis=1))
    assert representation.gaussian_information(mean, log_std, noise) == pytest.approx(expected, abs=1e-9)


def test_codes_that_never_overlap_tell_log_n() -> None:
    mean = 1e3 * np.arange(40.0)[:, None]
    values = representation.gaussian_information(mean, np.zeros((40, 1)), np.zeros((40, 1)))
    assert values.mean() == pytest.approx(math.log(40))


def test_information_of_sure_responsibilities_is_that_of_two_labels() -> None:
    rng = np.random.default_rng(0)
    k = rng.integers(0, 4, 300)
    # Each point is its own x: then I(x; k) is the entropy of k.
    expected = mutual_info_score(np.arange(300), k)
    assert representation.responsibility_information(np.eye(4)[k]) == pytest.approx(expected, rel=1e-9)
    assert representation.responsibility_information(np.full((50, 4), 0.25)) == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("name", ["vae", "ppca", "gmm"])
def test_models_with_a_random_code_have_it(name: str) -> None:
    data = data_of(gaussian((0.0, 0.0), (0.5, 0.3)), n=200)
    model = build(name, torch.tensor(data.x_train, dtype=torch.float32))
    found = representation.mutual_information(on(model, data))
    assert -0.05 < found.value <= math.log(200)


def test_ppca_s_information_is_its_closed_form() -> None:
    """½ log |C| / σ^(2d) for data of its own law."""
    model = build("ppca", two_moons(500))
    with torch.no_grad():
        model.weight.copy_(torch.tensor([[0.8], [0.3]]))  # type: ignore[union-attr, operator]
        model.log_sigma.fill_(math.log(0.2))  # type: ignore[union-attr, operator]
        model.mean.zero_()  # type: ignore[union-attr, operator]
        x = model.sample(2000, torch.Generator().manual_seed(0)).double().numpy()
    data = data_of(None)
    object.__setattr__(data, "x_train", x)
    found = representation.mutual_information(on(model, data))
    truth = 0.5 * math.log(1 + (0.8**2 + 0.3**2) / 0.2**2)
    assert abs(found.value - truth) < 4 * (found.stderr or 0) + 0.02


def test_where_z_follows_from_x_there_is_no_such_number() -> None:
    data = data_of(gaussian((0.0, 0.0), (0.5, 0.3)), n=50)
    model = build("realnvp", torch.tensor(data.x_train, dtype=torch.float32))
    with pytest.raises(Missing, match="no bound"):
        representation.mutual_information(on(model, data))
    with pytest.raises(Missing, match="no code"):
        representation.mutual_information(on(Dressed(gaussian((0, 0), (1, 1))), data))


def test_a_unit_that_never_moves_is_not_active() -> None:
    data = data_of(gaussian((0.0, 0.0), (0.5, 0.05)), n=500)
    found = representation.active_units(on(Channel(0.1), data))
    # Variances 0.25, 0.0025 and 0.
    assert (found.value, found.unit, found.kind) == (1, "of 3", "exact")


def test_the_probe_is_a_logistic_regression_on_standardised_codes() -> None:
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, 400)
    z = rng.standard_normal((400, 4)) * [1, 10, 0.1, 1] + y[:, None] * [1, 0, 0.1, 0]
    scaled = (z - z[:200].mean(0)) / z[:200].std(0)
    expected = LogisticRegression(max_iter=1000).fit(scaled[:200], y[:200]).predict(scaled[200:])
    assert (representation.probe(z[:200], y[:200], z[200:]) == expected).all()
    z[:, 3] = 1.0
    assert len(representation.probe(z[:200], y[:200], z[200:])) == 200


def test_the_probe_needs_classes_and_says_what_x_itself_gives() -> None:
    data = data_of(gaussian((0.0, 0.0), (0.5, 0.3)), n=300)
    assert "no classes" in why_missing("linear_probe", Channel(0.1), data)  # type: ignore[arg-type]
    for split in ("train", "test"):
        x = getattr(data, f"x_{split}")
        object.__setattr__(data, f"y_{split}", (x[:, 0] > 0).astype(int))
    found = representation.linear_probe(on(Channel(0.1), data))
    assert found.value > 0.95
    assert "off x itself" in found.method
    object.__setattr__(data, "y_train", np.zeros(300, int))
    with pytest.raises(Missing, match="one class"):
        representation.linear_probe(on(Channel(0.1), data))
