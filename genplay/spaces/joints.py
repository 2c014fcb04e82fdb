"""The tree in which some chosen minima join when the energy is flooded: for a drawing of a few of many."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from genplay.spaces.basins import Basins
from genplay.spaces.saddles import Saddles

__all__ = ["Joint", "joints"]


@dataclass(frozen=True)
class Joint:
    """A minimum (``leaf`` is its number, ``parts`` is empty), or the saddle at ``log_p`` where ``parts`` join (``leaf`` is −1)."""

    leaf: int
    log_p: float
    parts: tuple[Joint, ...] = ()

    def leaves(self) -> list[int]:
        """The minima below, in the order in which a drawing sets them side by side."""
        return [self.leaf] if not self.parts else [leaf for part in self.parts for leaf in part.leaves()]


def joints(found: Basins, tree: Saddles, leaves: Sequence[int]) -> list[Joint]:
    """The trees over these minima; more than one where only images of p = 0 lie between them.

    Where two of them join is the lowest saddle between them, whatever other minima the way calls at.
    """
    roots = list(range(len(found)))
    top: dict[int, Joint] = {leaf: Joint(leaf, float(found.log_p[leaf])) for leaf in leaves}

    def find(i: int) -> int:
        while roots[i] != i:
            roots[i] = roots[roots[i]]
            i = roots[i]
        return i

    for a, b, height in zip(tree.a.tolist(), tree.b.tolist(), tree.log_p.tolist(), strict=True):
        x, y = find(a), find(b)
        roots[y] = x
        under_x, under_y = top.pop(x, None), top.pop(y, None)
        if under_x is not None and under_y is not None:
            deep, shallow = sorted((under_x, under_y), key=lambda joint: min(joint.leaves()))
            top[x] = Joint(-1, height, (deep, shallow))
        elif under_x is not None or under_y is not None:
            top[x] = under_x or under_y  # type: ignore[assignment]
    return sorted(top.values(), key=lambda joint: min(joint.leaves()))
