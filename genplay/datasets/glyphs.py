"""Hand-designed 5×5 digits: several variants of each, with attributes, under pixel-flip noise ε.

The law is the mixture of all chosen glyphs, every digit equally likely and every glyph of a digit too:
p(x) = Σ_d 1/10 Σ_k 1/K_d ε^h (1 − ε)^(25 − h), with h the Hamming distance of x to glyph k.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from genplay.datasets.base import DatasetCard
from genplay.datasets.drawn import pixels_of
from genplay.datasets.image_law import ImageMixtureLaw
from genplay.errors import Failure
from genplay.knobs import Knobs, knob
from genplay.paths import resource
from genplay.spaces.binary import SIDE

__all__ = ["CARD", "Glyph", "GlyphKnobs", "designed", "glyph_law", "glyphs"]

_SHIFTS = {"left": (0, -1), "right": (0, 1), "up": (-1, 0), "down": (1, 0)}


@dataclass(frozen=True)
class Glyph:
    """One image of a digit: 25 pixels in raster order, and what is special about it.

    Attributes in use: thick, slashed, barred, serif, narrow, small, left, right, up, down, inverted.
    """

    digit: int
    name: str
    attributes: frozenset[str]
    pixels: tuple[int, ...]

    def shifted(self, direction: str) -> Glyph | None:
        """Moved by one pixel, or None where that would push lit pixels off the edge."""
        image = np.array(self.pixels).reshape(SIDE, SIDE)
        down, right = _SHIFTS[direction]
        moved = np.roll(image, (down, right), axis=(0, 1))
        lost = moved[0 if down > 0 else -1] if down else moved[:, 0 if right > 0 else -1]
        if lost.any():
            return None
        return self._with(moved, direction)

    def inverted(self) -> Glyph:
        """Dark on light."""
        return self._with(1 - np.array(self.pixels), "inverted")

    def _with(self, image: np.ndarray, attribute: str) -> Glyph:
        pixels = tuple(int(p) for p in image.ravel())
        return replace(self, attributes=self.attributes | {attribute}, pixels=pixels)

    def __str__(self) -> str:
        rows = np.array(self.pixels).reshape(SIDE, SIDE)
        return "\n".join("".join("#" if p else "." for p in row) for row in rows)


@cache
def designed() -> tuple[Glyph, ...]:
    """The glyphs as they stand in ``resources/glyphs/digits.txt``."""
    text = resource("glyphs", "digits.txt").read_text(encoding="utf-8")
    lines = [(i, line.strip()) for i, line in enumerate(text.splitlines(), 1)]
    lines = [(i, line) for i, line in lines if line and not line.startswith("# ")]
    out = []
    for start in range(0, len(lines), SIDE + 1):
        at, head = lines[start]
        rows = [line for _, line in lines[start + 1 : start + 1 + SIDE]]
        title, _, rest = head.partition("[")
        digit, _, name = title.strip().partition(" ")
        if not (digit.isdigit() and rest.endswith("]") and len(rows) == SIDE):
            raise Failure(f"The resource glyphs/digits.txt is damaged at line {at}.")
        attributes = frozenset(rest[:-1].split())
        out.append(Glyph(int(digit), name, attributes, pixels_of(rows)))
    return tuple(out)


@dataclass(frozen=True)
class GlyphKnobs(Knobs):
    flip: float = knob(0.02, "Probability that a pixel is flipped.", low=0.0, high=0.3)
    thick: bool = knob(True, "Include glyphs with thick strokes.")
    slashed: bool = knob(True, "Include zeros with a slash.")
    barred: bool = knob(True, "Include sevens with a bar.")
    left: bool = knob(False, "Add copies one pixel to the left, where a glyph has room.")
    right: bool = knob(False, "Add copies one pixel to the right, where a glyph has room.")
    up: bool = knob(False, "Add small glyphs in the upper rows (digits that are legible with four rows).")
    down: bool = knob(False, "Add small glyphs in the lower rows (digits that are legible with four rows).")
    inverted: bool = knob(False, "Add every glyph dark on light as well.")


def glyphs(knobs: GlyphKnobs | None = None) -> tuple[Glyph, ...]:
    """The glyphs chosen by the knobs (None: as they are set at first), each image once, in the order of the digits."""
    k = knobs or GlyphKnobs()
    refused = {name for name in ("thick", "slashed", "barred") if not getattr(k, name)}
    out: list[Glyph] = []
    for glyph in designed():
        if refused & glyph.attributes:
            continue
        out += _small(glyph, k) if "small" in glyph.attributes else [glyph]
        out += [
            copy
            for copy in (glyph.shifted(side) for side in ("left", "right") if getattr(k, side))
            if copy is not None and "small" not in glyph.attributes
        ]
    if k.inverted:
        out += [glyph.inverted() for glyph in out]
    first: dict[tuple[int, ...], Glyph] = {}
    for glyph in out:
        first.setdefault((glyph.digit, *glyph.pixels), glyph)
    return tuple(sorted(first.values(), key=lambda g: g.digit))


def _small(glyph: Glyph, k: GlyphKnobs) -> Iterable[Glyph]:
    """A glyph of four rows stands either up or down, never in the middle."""
    if k.up:
        yield replace(glyph, attributes=glyph.attributes | {"up"})
    lower = glyph.shifted("down")
    if k.down and lower is not None:
        yield lower


def glyph_law(chosen: tuple[Glyph, ...], flip: float) -> ImageMixtureLaw:
    """The mixture of these glyphs, digits equally likely, in the order given (component i is glyph i)."""
    labels = np.array([g.digit for g in chosen])
    weights = 1.0 / np.bincount(labels, minlength=10)[labels]
    return ImageMixtureLaw(
        np.array([g.pixels for g in chosen]), weights, labels, flip, tuple(str(d) for d in range(10))
    )


def _make(knobs: Knobs, _content: object | None) -> ImageMixtureLaw:
    assert isinstance(knobs, GlyphKnobs)
    return glyph_law(glyphs(knobs), knobs.flip)


CARD = DatasetCard(
    "glyphs",
    "Glyphs",
    "digits",
    "Hand-designed digits in several variants with a little pixel noise: an exact law over all images.",
    GlyphKnobs,
    _make,
)
