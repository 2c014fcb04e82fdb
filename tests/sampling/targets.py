"""Small known targets: a Gaussian, two modes, a few spins, and the pieces that tests of samplers share."""

from __future__ import annotations

from itertools import product

import numpy as np

from genplay.quantity import exact
from genplay.sampling.target import ChainRule, Draws, Target
from genplay.spaces.binary import HIGH, LOW, PIXELS, half_images
from genplay.spaces.plane import HOME

MEAN = np.array([0.3, -0.2])
COV = np.array([[0.30, 0.12], [0.12, 0.20]])
PRECISION = np.linalg.inv(COV)
LOG_Z = float(np.log(2 * np.pi) + 0.5 * np.log(np.linalg.det(COV)))


def gaussian(shift: float = 0.0) -> Target:
    """N(MEAN, COV) without its normaliser, times e^shift."""
    factor = np.linalg.cholesky(COV)

    def log_density(x):
        d = x - MEAN
        return -0.5 * np.einsum("ni,ij,nj->n", d, PRECISION, d) + shift

    return Target(
        "a Gaussian", "plane", 2, HOME,
        log_density=log_density,
        log_z=lambda: exact(LOG_Z + shift, "closed form"),
        gradient=lambda x: -(x - MEAN) @ PRECISION,
        draws=Draws(lambda n, rng: MEAN + rng.standard_normal((n, 2)) @ factor.T, True, "closed form"),
    )  # fmt: skip


def two_modes(distance: float = 0.9, std: float = 0.25, weight: float = 0.7) -> Target:
    """weight · N((−distance, 0), std²) + (1 − weight) · N((distance, 0), std²)."""
    centres = np.array([[-distance, 0.0], [distance, 0.0]])
    log_weights = np.log([weight, 1 - weight])

    def terms(x):
        return log_weights - 0.5 * np.square(x[:, None] - centres).sum(axis=2) / std**2

    def gradient(x):
        t = terms(x)
        share = np.exp(t - t.max(axis=1, keepdims=True))
        share /= share.sum(axis=1, keepdims=True)
        return (share @ centres - x) / std**2

    def draw(n, rng):
        which = (rng.random(n) > weight).astype(int)
        return centres[which] + std * rng.standard_normal((n, 2))

    return Target(
        "two modes", "plane", 2, HOME,
        log_density=lambda x: np.logaddexp.reduce(terms(x), axis=1),
        log_z=lambda: exact(np.log(2 * np.pi * std**2), "closed form"),
        gradient=gradient,
        draws=Draws(draw, True, "closed form"),
    )  # fmt: skip


def every_state(d: int) -> np.ndarray:
    """All 2^d states, (2^d, d), state i having bit j of i at j."""
    return ((np.arange(1 << d)[:, None] >> np.arange(d)) & 1).astype(np.float64)


def spins(d: int = 4, seed: int = 0, strength: float = 1.0) -> tuple[Target, np.ndarray]:
    """A small Ising-like energy on {0, 1}^d, and the probabilities of all states."""
    rng = np.random.default_rng(seed)
    couplings = strength * rng.standard_normal((d, d)) / np.sqrt(d)
    fields = 0.5 * rng.standard_normal(d)

    def log_density(x):
        s = 2 * x - 1
        return np.einsum("ni,ij,nj->n", s, couplings, s) + s @ fields

    states = every_state(d)
    log_f = log_density(states)
    log_z = float(np.logaddexp.reduce(log_f))
    p = np.exp(log_f - log_z)

    def draw(n, r):
        return states[r.choice(len(p), n, p=p)]

    def lit(x, j):
        # With the pixels before j as they are: a sum over all that come after.
        totals = []
        for value in (0.0, 1.0):
            rest = [[value] if k == j else [0.0, 1.0] for k in range(j, d)]
            ends = np.array(list(product(*rest)))
            tried = np.repeat(x[:, None], len(ends), axis=1)
            tried[:, :, j:] = ends
            totals.append(np.logaddexp.reduce(log_density(tried.reshape(-1, d)).reshape(len(x), -1), axis=1))
        return 1 / (1 + np.exp(totals[0] - totals[1]))

    target = Target(
        "spins", "digits", d, HOME,
        log_density=log_density,
        log_z=lambda: exact(log_z, "all states"),
        draws=Draws(draw, True, "all states"),
        chain_rule=ChainRule(tuple(range(d)), lit),
    )  # fmt: skip
    return target, p


_PAIRS = np.array(
    [(5 * r + c, 5 * r + c + 1) for r in range(5) for c in range(4)]
    + [(5 * r + c, 5 * r + c + 5) for r in range(4) for c in range(5)]
)


def grid_of_spins(coupling: float = 0.2, field: float = 0.1) -> Target:
    """An Ising model on the 5×5 grid: E = −coupling Σ_<ij> s_i s_j − field Σ s_i, over all 2^25 images."""
    first, second = _PAIRS.T

    def log_density(x):
        s = 2 * x - 1
        return coupling * (s[:, first] * s[:, second]).sum(axis=1) + field * s.sum(axis=1)

    return Target("a grid of spins", "digits", PIXELS, HOME, log_density=log_density)


def states_of(x: np.ndarray) -> np.ndarray:
    """The numbers of states (n, d) in ``every_state``."""
    return (x > 0.5).astype(np.int64) @ (1 << np.arange(x.shape[1]))


def grid_exact(coupling: float = 0.2, field: float = 0.1) -> tuple[float, np.ndarray]:
    """log Z of ``grid_of_spins``, and the probabilities of 0 … 25 lit pixels: a sum over all images.

    Low and high halves of the pixels meet in one table; spins of one half act on those of the other by a matrix product.
    """
    low, high = 2 * half_images(LOW) - 1, 2 * half_images(HIGH) - 1
    across = np.zeros((HIGH, LOW))
    own = [field * low.sum(axis=1), field * high.sum(axis=1)]
    for i, j in _PAIRS:
        if j < LOW:
            own[0] = own[0] + coupling * low[:, i] * low[:, j]
        elif i >= LOW:
            own[1] = own[1] + coupling * high[:, i - LOW] * high[:, j - LOW]
        else:
            across[j - LOW, i] = coupling
    lit = [np.eye(n + 1)[((s + 1) / 2).sum(axis=1).astype(int)] for n, s in ((LOW, low), (HIGH, high))]
    table = np.zeros((HIGH + 1, LOW + 1))
    for start in range(0, len(high), 64):
        part = slice(start, start + 64)
        f = np.exp(own[1][part, None] + own[0] + high[part] @ across @ low.T)
        table += lit[1][part].T @ f @ lit[0]
    counts = np.array([np.trace(table[:, ::-1], LOW - k) for k in range(PIXELS + 1)])
    return float(np.log(counts.sum())), counts / counts.sum()
