"""Sigmoid belief networks: log p against the sum over both hidden layers, the bound and its gap, gradients, wake and sleep."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from torch import Tensor

from genplay.models.base import About, Batch
from genplay.models.exhibits import Facts
from genplay.models.sigmoid_belief_net import SigmoidBeliefNet
from genplay.quantity import Quantity
from genplay.spaces.binary import images, log_sum_exp
from tests.models.harness import build, few_images, slope_error, train


def net(objective: str = "variational", spread: float = 0.0, **knobs: object) -> SigmoidBeliefNet:
    given = {"hidden": 4, "upper": 2, "width": 16, **knobs}
    found = build("sigmoid-belief-net", few_images(200), world="digits", objective=objective, knobs=given)
    assert isinstance(found, SigmoidBeliefNet)
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for p in found.parameters():
            p.add_(spread * torch.randn(p.shape, generator=generator))
    return found


def joint_by_hand(model: SigmoidBeliefNet, x: Tensor) -> np.ndarray:
    """p(x, h) of every state h, summed over g, by plain products, (n, 2^H)."""

    def chance(bits: tuple[float, ...], odds: np.ndarray) -> float:
        p = 1 / (1 + np.exp(-odds))
        return float(np.prod(np.where(np.array(bits) > 0.5, p, 1 - p)))

    W, b, c, V, a = (t.detach().double().numpy() for t in (model.W, model.b, model.c, model.V, model.a))
    out = []
    for row in x.tolist():
        line = []
        for h in itertools.product((0.0, 1.0), repeat=len(c)):
            prior = sum(
                chance(g, a) * chance(h, c + np.array(g) @ V)
                for g in itertools.product((0.0, 1.0), repeat=len(a))
            )
            line.append(prior * chance(tuple(row), b + np.array(h) @ W))
        out.append(line)
    return np.array(out)


@pytest.mark.parametrize("upper", [0, 2])
def test_log_prob_is_the_sum_over_all_causes(upper: int) -> None:
    model, x = net(spread=1.0, upper=upper), few_images(6, seed=2)
    truth = np.log(joint_by_hand(model, x).sum(axis=1))
    np.testing.assert_allclose(model.log_prob(x).detach().double().numpy(), truth, atol=1e-4)


def test_all_images_sum_to_one_and_agree_with_log_prob() -> None:
    model = net(spread=1.0)
    block = model.log_prob_blocks()
    assert log_sum_exp(block, rows=64) == pytest.approx(0.0, abs=1e-9)
    some = images(np.arange(4000 * 4096, 4001 * 4096))
    direct = model.log_prob(torch.tensor(some, dtype=torch.float64)).detach().numpy()
    np.testing.assert_allclose(block(4000, 4001).ravel(), direct, atol=1e-9)


def test_the_bound_is_log_p_less_the_divergence_of_the_guess() -> None:
    model, x = net(spread=0.5).double(), few_images(5, seed=2).double()
    joint = torch.tensor(joint_by_hand(model, x))
    states = torch.tensor(list(itertools.product((0.0, 1.0), repeat=4)), dtype=torch.float64)
    guess = model._odds(x).sigmoid().detach()
    q = torch.where(states > 0.5, guess[:, None], 1 - guess[:, None]).prod(dim=2)
    divergence = (q * (q / joint * joint.sum(dim=1, keepdim=True)).log()).sum(dim=1)
    explained, entropy = model._bound(x)
    torch.testing.assert_close((explained + entropy).detach(), joint.sum(dim=1).log() - divergence)
    assert bool((divergence > 0).all())


def test_one_sample_bounds_average_to_the_bound() -> None:
    model, x = net(spread=0.5), few_images(1, seed=2)
    with torch.no_grad():
        drawn = model.elbo(x.expand(20_000, -1), torch.Generator().manual_seed(0))
        explained, entropy = model._bound(x)
    error = float(drawn.std()) / 20_000**0.5
    assert float(drawn.mean()) == pytest.approx(float(explained + entropy), abs=4 * error)


def test_the_gradient_of_the_bound_equals_finite_differences() -> None:
    batch = Batch(few_images(40), torch.zeros(40), torch.Generator())
    assert slope_error(net(spread=0.3), batch) < 1e-6


def test_the_gradients_of_wake_and_sleep_equal_finite_differences() -> None:
    # What is drawn does not depend on the parameters that the phase moves: each loss is a plain function of them.
    batch = Batch(few_images(40), torch.zeros(40), torch.Generator())
    for part in (0, 1):
        model = net("wake-sleep", spread=0.3)
        phase = model.phases()[part]
        model.phases = lambda phase=phase: (phase,)  # type: ignore[method-assign]
        assert slope_error(model, batch) < 1e-6


def test_samples_have_the_model_s_frequencies_and_a_wrong_order_of_causes_spoils_them() -> None:
    model = net(spread=1.0)
    weights, logits = (t.detach() for t in model._components())
    mu = logits.sigmoid()
    truth = (mu.T * weights.exp()) @ mu
    truth.fill_diagonal_(0.0)

    def error() -> float:
        drawn = model.sample(20_000, torch.Generator().manual_seed(0)).double()
        seen = drawn.T @ drawn / len(drawn)
        return float((seen.fill_diagonal_(0.0) - truth).abs().max())

    assert error() < 0.02
    with torch.no_grad():
        model.W.copy_(model.W.flip(0).clone())
    assert error() > 0.04


@pytest.mark.parametrize(("objective", "steps"), [("variational", 400), ("wake-sleep", 800)])
def test_training_finds_the_patterns(objective: str, steps: int) -> None:
    x = few_images(400)
    model = net(objective)
    before = float(-model.log_prob(x).detach().mean())
    train(model, x, steps, learning_rate=0.02)
    # Four patterns with 5 % of the pixels flipped: ln 4 + 25 H(0.05) = 6.35 nats.
    assert before > 12
    assert float(-model.log_prob(x).detach().mean()) < 8


def test_the_facts_say_which_number_is_a_bound() -> None:
    model, x = net(spread=0.3), few_images(20)
    shown = model.exhibits(About(x[:1], x, torch.zeros(20), torch.Generator().manual_seed(0)))
    (facts,) = (e for e in shown if isinstance(e, Facts))
    rows = dict(facts.rows)
    log_p, elbo, gap = rows["log p(x)"], rows["ELBO"], rows["gap"]
    assert isinstance(log_p, Quantity)
    assert isinstance(elbo, Quantity)
    assert isinstance(gap, Quantity)
    assert (log_p.kind, elbo.kind, elbo.direction) == ("exact", "bound", "lower")
    assert elbo.value < log_p.value
    assert gap.value > 0


def test_more_guesses_bring_the_bound_up_to_log_p() -> None:
    model, x = net(spread=0.1), few_images(20, seed=2)
    generator = torch.Generator().manual_seed(3)
    with torch.no_grad():
        bounds = {
            k: torch.stack([model.iwae(x, k, generator) for _ in range(400)]).double().mean(dim=0)
            for k in (1, 5, 50)
        }
        truth = model.log_prob(x).double()
    means = [float(bounds[k].mean()) for k in (1, 5, 50)]
    assert means == sorted(means)
    assert means[0] < float(truth.mean()) - 0.3
    assert means[2] == pytest.approx(float(truth.mean()), abs=0.05)
