"""Hidden Markov models: messages against the sum over all hidden paths, EM that never falls, Viterbi, all images."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from torch import Tensor

from genplay.models.base import About, Batch
from genplay.models.hmm import HMM
from genplay.spaces.binary import images, log_sum_exp
from tests.models.harness import build, few_images, train


def hidden(x: Tensor, steps: int = 5, **knobs: object) -> HMM:
    model = build("hmm", x, world="digits", knobs=knobs)
    assert isinstance(model, HMM)
    train(model, x, steps)
    return model


def all_paths(model: HMM, x: Tensor, T: int) -> tuple[list[tuple[int, ...]], np.ndarray]:
    """Every hidden path over T steps and log p(x, path) of one image's first T steps, by plain products."""
    start, move, mu = (
        t.double().numpy()
        for t in (model.log_start.exp(), model.log_move.exp(), model.pixel_odds.double().sigmoid())
    )
    rows = x[0].double().numpy().reshape(-1, model.length)[:T]
    paths = list(itertools.product(range(len(start)), repeat=T))
    values = []
    for path in paths:
        p = start[path[0]]
        for a, b in itertools.pairwise(path):
            p *= move[a, b]
        for row, z in zip(rows, path, strict=True):
            p *= np.prod(np.where(row > 0.5, mu[z], 1 - mu[z]))
        values.append(np.log(p))
    return paths, np.array(values)


def test_the_forward_algorithm_is_the_sum_over_all_hidden_paths() -> None:
    x = few_images(60)
    model = hidden(x, states=4, steps=2)
    for i in range(3):
        _, values = all_paths(model, x[i : i + 1], 5)
        assert len(values) == 4**5
        assert float(model.log_prob(x[i : i + 1])) == pytest.approx(np.logaddexp.reduce(values), abs=1e-4)


def test_messages_over_pixels_sum_over_all_paths_too() -> None:
    x = few_images(60)
    model = hidden(x, states=2, steps=2, sequence="pixels")
    emitted = model._steps(x[:1])[:, :10]
    _, values = all_paths(model, x[:1], 10)
    alpha, beta = model._forward(emitted), model._backward(emitted)
    truth = np.logaddexp.reduce(values)
    for a, b in zip(alpha, beta, strict=True):
        assert float((a + b).logsumexp(dim=1)) == pytest.approx(truth, abs=1e-6)


def test_viterbi_finds_the_likeliest_of_all_paths() -> None:
    x = few_images(60)
    model = hidden(x, states=4, steps=3)
    for i in range(4):
        paths, values = all_paths(model, x[i : i + 1], 5)
        path, value = model.viterbi(x[i : i + 1])
        assert value == pytest.approx(values.max(), abs=1e-6)
        assert tuple(path) == paths[int(values.argmax())]


def test_expected_transitions_are_means_over_all_paths() -> None:
    x = few_images(60)
    model = hidden(x, states=3, steps=2)
    paths, values = all_paths(model, x[:1], 5)
    p = np.exp(values - np.logaddexp.reduce(values))
    truth = np.zeros((3, 3))
    for path, weight in zip(paths, p, strict=True):
        for a, b in itertools.pairwise(path):
            truth[a, b] += weight
    model.expect(Batch(x[:1], torch.zeros(1), torch.Generator()))
    assert model._expected is not None
    np.testing.assert_allclose(model._expected[1].numpy(), truth, atol=1e-6)


@pytest.mark.parametrize("sequence", ["rows", "pixels"])
@pytest.mark.parametrize("smoothing", [0.0, 0.5])
def test_em_never_falls(sequence: str, smoothing: float) -> None:
    x = few_images(100)
    model = build("hmm", x, world="digits", knobs={"states": 5, "sequence": sequence, "smoothing": smoothing})
    assert isinstance(model, HMM)
    climbed = []
    for _ in range(25):
        train(model, x, 1)
        climbed.append(model._before)
    # The tables are kept in float32.
    assert (np.diff(climbed) > -1e-5).all()
    assert climbed[-1] > climbed[0] + 0.5


@pytest.mark.parametrize("sequence", ["rows", "pixels"])
def test_all_images_sum_to_one_and_agree_with_log_prob(sequence: str) -> None:
    model = hidden(few_images(60), states=6, sequence=sequence)
    block = model.log_prob_blocks()
    assert log_sum_exp(block, rows=64) == pytest.approx(0.0, abs=1e-5)
    some = images(np.arange(4000 * 4096, 4001 * 4096))
    direct = model.log_prob(torch.tensor(some, dtype=torch.float32)).numpy()
    np.testing.assert_allclose(block(4000, 4001).ravel(), direct, atol=1e-4)


def test_samples_have_the_density_of_the_model_and_a_wrong_path_spoils_them() -> None:
    x = few_images(200)
    model = hidden(x, states=8, steps=15)
    entropy = -float(model.log_prob(model.sample(6000, torch.Generator().manual_seed(0))).mean())
    again = -float(model.log_prob(model.sample(6000, torch.Generator().manual_seed(1))).mean())
    assert entropy == pytest.approx(again, abs=0.3)
    truth = model.lit_given_before(x[:1])[0, 0]
    drawn = model.sample(20_000, torch.Generator().manual_seed(2))
    # The first two rows together, whose joint frequencies the forward algorithm knows.
    seen = drawn[:, :10].T @ drawn[:, :10] / len(drawn)
    mu, start, move = model.pixel_odds.sigmoid(), model.log_start.exp(), model.log_move.exp()
    across = (start[:, None] * mu).T @ (move @ mu)
    assert float(seen[0, 0]) == pytest.approx(float(truth), abs=0.02)
    assert float((seen[:5, 5:] - across).abs().max()) < 0.02
    model.log_move.copy_(model.log_move.flip(1))
    wrong = model.sample(20_000, torch.Generator().manual_seed(2))
    assert float(((wrong[:, :10].T @ wrong[:, :10] / len(wrong))[:5, 5:] - across).abs().max()) > 0.05


def test_training_finds_the_patterns_and_the_exhibits_name_the_path() -> None:
    x = few_images(400)
    model = hidden(x, steps=60, states=24)
    # Four patterns with 5 % of the pixels flipped: ln 4 + 25 H(0.05) = 6.35 nats.
    assert float(-model.log_prob(x).mean()) < 8
    shown = model.exhibits(About(x[:1], x, torch.zeros(400), torch.Generator()))
    path, _ = model.viterbi(x[:1])
    assert str(path[0]) in shown[0].help
