"""The sums behind four divergences between densities p and q known at the same points.

    KL(p‖q) = Σ p log p/q      KL(q‖p) = Σ q log q/p      TV = ½ Σ |p − q|
    JS = ½ Σ (p log p/m + q log q/m),  m = (p + q)/2
Each term is times the volume of its cell (1 for images). 0 ≤ JS ≤ ln 2, 0 ≤ TV ≤ 1.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from genplay.spaces.one_thread import one_thread

__all__ = ["DIVERGENCES", "DivergenceSums"]

Array = NDArray[np.float64]
DIVERGENCES = ("kl", "reverse_kl", "js", "total_variation")


class DivergenceSums:
    """Add log p and log q block by block, then read ``value(name)``; ``mass_p`` and ``mass_q`` should come to 1.

    ``negligible``: so much mass of one density may lie where the other is 0 before their KL is infinite.
    """

    def __init__(self, names: tuple[str, ...] = DIVERGENCES, negligible: float = 0.0) -> None:
        self._names = names
        self._negligible = negligible
        self.mass_p = self.mass_q = 0.0
        self.only_p = self.only_q = 0.0
        self._sums = dict.fromkeys(DIVERGENCES, 0.0)

    @one_thread()
    def add(self, log_p: Array, log_q: Array, volume: float | Array = 1.0) -> None:
        """Count some points; ``volume`` is that of the cell of each."""
        p, q = np.exp(log_p), np.exp(log_q)
        p *= volume
        q *= volume
        self.mass_p += float(p.sum())
        self.mass_q += float(q.sum())
        if "kl" in self._names or "reverse_kl" in self._names:
            with np.errstate(invalid="ignore"):
                ratio = log_p - log_q
            if not np.isfinite(log_p.min() + log_q.min()):
                self.only_p += float(p[np.isneginf(log_q)].sum())
                self.only_q += float(q[np.isneginf(log_p)].sum())
                ratio[~np.isfinite(ratio)] = 0.0
            self._sums["kl"] += float(np.vdot(p, ratio))
            self._sums["reverse_kl"] -= float(np.vdot(q, ratio))
        if "js" in self._names:
            self._sums["js"] += _jensen_shannon(p, q)
        if "total_variation" in self._names:
            self._sums["total_variation"] += 0.5 * float(np.abs(p - q).sum())

    def value(self, name: str) -> float:
        """One divergence in nats (total variation: without unit), ∞ where a KL is."""
        if (name == "kl" and self.only_p > self._negligible) or (
            name == "reverse_kl" and self.only_q > self._negligible
        ):
            return float("inf")
        # Sums of terms that are at least 0 may come out at −1e-23.
        return max(0.0, self._sums[name]) if name == "js" else self._sums[name]


def _jensen_shannon(p: Array, q: Array) -> float:
    """½ Σ p log(2p/(p+q)) + q log(2q/(p+q)), by p = (p+q) s: each point gives (p+q) (ln 2 − H(s)) / 2."""
    total = p + q
    share = np.divide(p, total, out=np.full_like(total, 0.5), where=total > 0)
    tiny = np.finfo(np.float64).tiny
    binary = share * np.log(np.maximum(share, tiny))
    np.subtract(1.0, share, out=share)
    binary += share * np.log(np.maximum(share, tiny))
    binary += np.log(2.0)
    return 0.5 * float(np.vdot(total, binary))
