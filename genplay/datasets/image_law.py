"""A mixture of binary images with pixel flips: p(x) = Σ_k w_k ε^h (1 − ε)^(25 − h), h = Hamming distance of x to template k.

Each template is a product of 25 Bernoullis with p = 1 − ε or ε, so the sum over all 2^25 images is exact. With ε = 0 the law
sits on the templates alone. A share of outliers is one more component: every image equally likely, 2^−25.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from genplay.datasets.base import Labels
from genplay.datasets.plane_law import balanced_weights, pick
from genplay.quantity import Quantity, exact
from genplay.spaces.binary import HIGH, LOW, PIXELS, blocks, codes, images, log_mixture_block
from genplay.spaces.one_thread import one_thread

__all__ = ["ImageMixtureLaw"]

Array = NDArray[np.float64]

_LOG_EVEN = -PIXELS * math.log(2.0)


class ImageMixtureLaw:
    """Templates (k, 25) of 0 and 1 with weights (k,), labels (k,), flip probability ``flip`` in [0, 0.5].

    ``outliers`` is the share of images in which every pixel is a coin toss; their labels are drawn evenly.
    """

    def __init__(
        self,
        templates: NDArray[np.generic],
        weights: Array,
        labels: Labels,
        flip: float,
        class_names: tuple[str, ...],
        outliers: float = 0.0,
    ) -> None:
        self.templates = np.asarray(templates, dtype=np.float64).reshape(-1, PIXELS)
        self.weights = np.asarray(weights, dtype=np.float64) / np.sum(weights)
        self.labels = np.asarray(labels, dtype=np.int64)
        self.flip, self.outliers, self.class_names = flip, outliers, class_names
        self._entropy: Quantity | None = None

    @property
    def classes(self) -> int:
        return len(self.class_names)

    def sample(self, n: int, rng: np.random.Generator) -> tuple[Array, Labels]:
        """n images (n, 25) of 0.0 and 1.0 and their labels (n,)."""
        component = pick(self.weights, n, rng)
        flipped = rng.random((n, PIXELS)) < self.flip
        x = np.abs(self.templates[component] - flipped)
        y = self.labels[component]
        if self.outliers:
            out = rng.random(n) < self.outliers
            x = np.where(out[:, None], rng.integers(0, 2, (n, PIXELS)), x)
            y = np.where(out, rng.integers(0, self.classes, n), y)
        return x, y

    def log_prob(self, x: Array) -> Array:
        """log p(x) in nats of images (n, 25) → (n,), read as 1 where above 0.5."""
        x = (np.asarray(x) > 0.5).astype(np.float64)
        with np.errstate(divide="ignore"):
            base = np.log(self.weights * (1 - self.outliers))
            if self.flip == 0:
                same = codes(x)[:, None] == codes(self.templates)[None]
                terms = np.where(same, base, -np.inf)
            else:
                distance = x @ (1 - 2 * self.templates.T) + self.templates.sum(axis=1)
                terms = base + distance * math.log(self.flip) + (PIXELS - distance) * math.log1p(-self.flip)
            even = np.full((len(x), 1), np.log(self.outliers) + _LOG_EVEN)
        return np.asarray(np.logaddexp.reduce(np.hstack([terms, even]), axis=1))

    def log_prob_blocks(self) -> Callable[[int, int], Array]:
        """A function (start, stop) → log p of the images of those blocks, (stop − start, 4096), float64."""
        unique, weights = self._distinct()
        if self.flip == 0:
            return self._point_blocks(unique, weights)
        p = np.where(images(unique) > 0, 1 - self.flip, self.flip)
        with np.errstate(divide="ignore"):
            log_weights = np.log(weights * (1 - self.outliers))
            if self.outliers:
                p = np.vstack([p, np.full(PIXELS, 0.5)])
                log_weights = np.r_[log_weights, math.log(self.outliers)]
        log_one, log_zero = np.log(p), np.log1p(-p)
        return lambda start, stop: log_mixture_block(log_weights, log_one, log_zero, start, stop)

    def _distinct(self) -> tuple[NDArray[np.int64], Array]:
        """The codes of the different templates and their summed weights."""
        unique, inverse = np.unique(codes(self.templates), return_inverse=True)
        return unique, np.bincount(inverse, self.weights).astype(np.float64)

    def _point_blocks(self, unique: NDArray[np.int64], weights: Array) -> Callable[[int, int], Array]:
        values = self.log_prob(images(unique).astype(np.float64))
        row, column = unique >> LOW, unique & ((1 << LOW) - 1)
        elsewhere = math.log(self.outliers) + _LOG_EVEN if self.outliers else -np.inf

        def block(start: int, stop: int) -> Array:
            out = np.full((stop - start, 1 << LOW), elsewhere)
            here = (row >= start) & (row < stop) & (weights > 0)
            out[row[here] - start, column[here]] = values[here]
            return out

        return block

    def entropy(self) -> Quantity:
        """H(p) = −Σ p log p in nats over all images; kept after the first call."""
        if self._entropy is None:
            self._entropy = self._points_entropy() if self.flip == 0 else self._full_entropy()
        return self._entropy

    def _points_entropy(self) -> Quantity:
        unique, _ = self._distinct()
        log_p = self.log_prob(images(unique).astype(np.float64))
        log_p = log_p[np.isfinite(log_p)]
        value = -float(np.exp(log_p) @ log_p)
        if self.outliers:
            log_rest = math.log(self.outliers) + _LOG_EVEN
            value -= ((1 << PIXELS) - len(unique)) * math.exp(log_rest) * log_rest
        return exact(value, f"−Σ p log p over the {len(unique)} templates")

    @one_thread()
    def _full_entropy(self) -> Quantity:
        block = self.log_prob_blocks()
        total = 0.0
        for start, stop in blocks():
            log_p = block(start, stop).ravel()
            total -= float(np.exp(log_p) @ log_p)
        return exact(total, f"−Σ p log p over all 2^{LOW + HIGH} images")

    def class_shares(self) -> Array:
        """P(y) of what is not an outlier, (classes,)."""
        return np.bincount(self.labels, self.weights, minlength=self.classes).astype(np.float64)

    def balanced(self, balance: float) -> ImageMixtureLaw:
        """The same law with the first class outweighing the others."""
        now = self.class_shares()
        wanted = balanced_weights(now, balance)
        ratio = np.divide(wanted, now, out=np.zeros_like(now), where=now > 0)
        return self._with(self.weights * ratio[self.labels], self.outliers)

    def with_outliers(self, share: float) -> ImageMixtureLaw:
        """The same law with this share of the images tossed pixel by pixel."""
        return self._with(self.weights, share)

    def flipped(self, flip: float) -> ImageMixtureLaw:
        """The law of its images after each pixel was flipped once more, with this probability."""
        both = self.flip * (1 - flip) + (1 - self.flip) * flip
        return ImageMixtureLaw(
            self.templates, self.weights, self.labels, both, self.class_names, self.outliers
        )

    def _with(self, weights: Array, outliers: float) -> ImageMixtureLaw:
        return ImageMixtureLaw(self.templates, weights, self.labels, self.flip, self.class_names, outliers)
