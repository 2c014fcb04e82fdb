"""A census of the digit world: what a table of log p over all 2^25 images tells, each number a sum over every one of them.

    H = −Σ p log p      KL(p‖q), KL(q‖p) against the data's law      Σ p over all images
    how many images hold 90 % of the mass, the most probable ones, the rank of any image
    all local minima of the energy under single flips, their basins, and the barriers between them
    P(x_j = 1 | known pixels) and the most probable completion
The functions behind it (``spaces.basins``, ``saddles``, ``ranking``, ``subcube``) take tables of any number of pixels.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from genplay.metrics.images import over_all_images
from genplay.metrics.watch import Watch
from genplay.quantity import Kind, Quantity, exact
from genplay.spaces.basins import Basins, Codes, basins, descent, pixels_of
from genplay.spaces.binary import PIXELS, codes, images
from genplay.spaces.ranking import Ranking
from genplay.spaces.saddles import Saddles, saddles
from genplay.spaces.subcube import Known, Subcube

__all__ = ["FACTS", "HELD", "Census", "Place", "take_census"]

Array = NDArray[np.float64]
Pixels = NDArray[np.uint8]
HELD = 0.9
TOP = 64
MOST_JOINED = 1 << 16
"""Up to so many minima their barriers are sought."""
FLOODED = (1 << 14, 1 << 17, 1 << 20)
"""So many of the most probable images are flooded in order before the rest is."""
UNTRUE = 1e-3
"""A table that sums to 1 within this is taken for a distribution."""

FACTS = {
    "log_z": "log Z",
    "mass": "Sum over all images",
    "entropy": "Entropy",
    "kl": "KL(data‖model)",
    "reverse_kl": "KL(model‖data)",
    "js": "Jensen–Shannon",
    "total_variation": "Total variation",
    "held": "Hold 90\u00a0% of the mass",
    "impossible": "Impossible images",
    "minima": "Local minima",
}
"""What each number is called where it is shown."""


@dataclass(frozen=True)
class Place:
    """Where an image stands: log p, its rank (1 is the most probable), the share of images that are less probable or as
    probable (``quantile``), and the mass of all that are more probable.
    """

    log_prob: float
    rank: int
    quantile: float
    mass_above: float


@dataclass(frozen=True, eq=False)
class Census:
    """What was found. Images are given and returned as 25 pixels of 0 and 1 in raster order, energies as −log p in nats.

    ``facts`` are the numbers by the ids of ``FACTS``, ``lit`` (25,) is P(x_j = 1); minima and basins are numbered by depth,
    0 the deepest. ``saddles`` is None where there are too many minima.
    """

    of: str
    log_p: Array
    kind: Kind
    method: str
    facts: dict[str, Quantity]
    ranking: Ranking
    basins: Basins
    saddles: Saddles | None
    lit: Array
    top: Codes

    @property
    def pixels(self) -> int:
        return pixels_of(self.log_p)

    @cached_property
    def profile(self) -> tuple[NDArray[np.int64], Array]:
        """log p against rank, for a drawing: ranks nearly even on a log axis, and log p there."""
        return self.ranking.profile()

    def code(self, image: Sequence[int] | Pixels) -> int:
        """The code of an image."""
        return int(codes(np.asarray(image).reshape(1, PIXELS))[0])

    def images(self, code: Codes) -> Pixels:
        """Images (n, 25) by their codes."""
        return images(code)

    def place(self, image: Sequence[int] | Pixels) -> Place:
        """Where an image stands among all."""
        value = float(self.log_p[self.code(image)])
        rank, above = self.ranking.place(value)
        return Place(value, rank, 1 - (rank - 1) / len(self.log_p), above)

    def walk(self, image: Sequence[int] | Pixels) -> tuple[Pixels, Array]:
        """Steepest descent from an image to its minimum: the images (steps + 1, 25) and log p of each."""
        path = descent(self.log_p, self.code(image))
        return images(path), self.log_p[path]

    def basin_of(self, image: Sequence[int] | Pixels) -> int:
        """The number of the basin in which an image lies."""
        return int(self.basins.label[self.code(image)])

    def barrier(self, start: int, end: int) -> tuple[float, Pixels, Array]:
        """From one minimum to another: what has to be climbed, E(saddle) − E(start) in nats (∞ if nothing joins them), and the
        lowest way as images and log p of each.
        """
        if self.saddles is None or start == end:
            return 0.0 if start == end else math.nan, np.zeros((0, PIXELS), np.uint8), np.zeros(0)
        way = self.saddles.way(self.log_p, start, end)
        climb = float(self.basins.log_p[start]) - self.saddles.height(start, end)
        return climb, images(way), self.log_p[way]

    def escape(self) -> Array:
        """What each minimum has to climb to reach a deeper one, in nats (m,); ∞ for the deepest and where nothing joins them."""
        out = np.full(len(self.basins), np.inf)
        if self.saddles is not None:
            out[self.saddles.lost] = self.basins.log_p[self.saddles.lost] - self.saddles.log_p
        return out

    def know(self, known: Known) -> Subcube:
        """What is told by known pixels (25 entries of 1, 0 or None) of the others."""
        return Subcube.of(self.log_p, known)


def take_census(
    log_p: Array,
    of: str,
    kind: Kind = "exact",
    method: str = "",
    log_z: Quantity | None = None,
    law: Callable[[int, int], Array] | None = None,
    watch: Watch | None = None,
) -> Census:
    """Look through a table of all images; ``law`` gives log p of the data's true law by blocks, to compare with."""
    watch = watch or Watch()
    order = Ranking(log_p, lambda s: watch.at(0.1 * s, "ordering all images"))
    facts = _sums(order, kind, method, log_z)
    if law is not None and kind == "exact":
        part = watch.part(0.1, 0.35)
        facts |= over_all_images(
            law,
            lambda start, stop: log_p.reshape(-1, 4096)[start:stop],
            ("kl", "reverse_kl", "js", "total_variation"),
            Watch(lambda s, _: part.progress(s, "comparing with the data's law"), part.cancelled),
        )
    found = basins(log_p, lambda s: watch.at(0.35 + 0.5 * s, "letting every image roll downhill"))
    tree = None
    if len(found) <= MOST_JOINED:
        levels = [order.level(rank) for rank in FLOODED if rank < len(log_p)]
        tree = saddles(
            log_p, found, levels, lambda s: watch.at(0.85 + 0.15 * s, "flooding: which minima join where")
        )
    facts["held"] = Quantity(
        order.holding(HELD), kind if kind == "exact" else "estimate", None,
        f"the fewest images with {HELD:.0%} of the mass, of 2^{pixels_of(log_p)}", "images",
    )  # fmt: skip
    facts["minima"] = Quantity(
        len(found), kind if kind == "exact" else "estimate", None,
        "images that no flip of one pixel makes more probable", "images",
    )  # fmt: skip
    everything = Subcube.of(log_p, [None] * pixels_of(log_p))
    watch.at(1.0, "done")
    return Census(
        of, log_p, kind, method, {name: facts[name] for name in FACTS if name in facts}, order, found, tree,
        everything.lit, order.top(TOP),
    )  # fmt: skip


def _sums(order: Ranking, kind: Kind, method: str, log_z: Quantity | None) -> dict[str, Quantity]:
    """log Z, Σ p and the entropy; where the table does not sum to 1 they are not the truth of a distribution."""
    n = len(order.log_p).bit_length() - 1
    true = kind == "exact" and abs(order.mass - 1) < UNTRUE
    said: Kind = "exact" if true else "estimate"
    out = {} if log_z is None else {"log_z": log_z}
    out["mass"] = Quantity(order.mass, said, None, f"Σ p over all 2^{n} images; {method}", "")
    out["entropy"] = Quantity(order.entropy, said, None, f"−Σ p log p over all 2^{n} images; {method}")
    if order.impossible:
        out["impossible"] = exact(order.impossible, "images with p = 0", "images")
    return out
