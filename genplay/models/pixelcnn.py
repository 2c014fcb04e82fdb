"""PixelCNN [1]: log p(x | y) = Σ_j log p(x_j | y, x_1 … x_{j−1}) by convolutions with masked kernels: a pixel sees only pixels
above it and to its left.

    mask A      1 1 1     mask B      1 1 1       x_j is predicted from what the kernels reach: the first layer hides the
    (first)     1 0 0     (others)    1 1 0       pixel itself, later ones see features that have not seen it either
                0 0 0                 0 0 0

One stack of such kernels has a blind spot: what lies far to the right in the rows above is never reached. With two stacks [2]
there is none: one goes down and sees whole rows above, one goes along the row and takes in what the first has seen.

[1] van den Oord, Kalchbrenner and Kavukcuoglu 2016, arXiv:1601.06759. [2] van den Oord et al. 2016, arXiv:1606.05328.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, pad

from genplay.models import layers
from genplay.models.base import About, Setting
from genplay.models.cards.pixelcnn import CARD, PixelCNNKnobs
from genplay.models.decoding import Step
from genplay.models.exhibits import Exhibit, Matrix
from genplay.models.sequence import SequenceModel
from genplay.spaces.binary import SIDE

__all__ = ["MaskedConvolution", "PixelCNN", "mask"]


def mask(kind: str, size: int) -> Tensor:
    """A kernel's mask (size, size): ``A`` and ``B`` as above; ``above`` and ``down`` (with the own row) for the stack that
    goes down, ``left`` and ``along`` (with the pixel itself) for the one that goes along the row."""
    middle = size // 2
    out = torch.zeros(size, size)
    if kind in ("A", "B", "above", "down"):
        out[:middle] = 1
    if kind == "down":
        out[middle] = 1
    if kind in ("A", "B", "left", "along"):
        out[middle, :middle] = 1
    if kind in ("B", "along"):
        out[middle, middle] = 1
    return out


class MaskedConvolution(nn.Module):
    """A convolution whose kernel is multiplied by a mask; rows and columns that are all hidden are not computed."""

    mask: Tensor

    def __init__(self, inputs: int, outputs: int, seen: Tensor, generator: torch.Generator) -> None:
        super().__init__()
        size = len(seen)
        rows, columns = (torch.nonzero(seen.sum(dim=d)).ravel() for d in (1, 0))
        top, bottom, left, right = int(rows[0]), int(rows[-1]), int(columns[0]), int(columns[-1])
        self.register_buffer("mask", seen[top : bottom + 1, left : right + 1].clone(), persistent=False)
        middle = size // 2
        self.margins = (middle - left, right - middle, middle - top, bottom - middle)
        reach = math.sqrt(3 / (inputs * float(seen.sum())))
        self.weight = nn.Parameter(torch.empty(outputs, inputs, *self.mask.shape))
        self.bias = nn.Parameter(torch.empty(outputs))
        with torch.no_grad():
            self.weight.uniform_(-reach, reach, generator=generator)
            # Not 0: above the first row there is nothing, and a unit would sit on its bend.
            self.bias.uniform_(-0.1, 0.1, generator=generator)

    def forward(self, x: Tensor) -> Tensor:
        return conv2d(pad(x, self.margins), self.weight * self.mask, self.bias)


class PixelCNN(SequenceModel):
    """Features are (n, width, rows, 5). The class is added to the features of the first layer, everywhere."""

    card = CARD

    def __init__(self, knobs: PixelCNNKnobs, setting: Setting) -> None:
        super().__init__(knobs, setting)
        make, w, k = setting.generator, knobs.width, knobs.kernel | 1
        self.two = knobs.stacks == 2
        self.bend = layers.ACTIVATIONS[knobs.activation]()
        first, later = ("left", "along") if self.two else ("A", "B")
        self.prefix = nn.Parameter(0.5 * torch.randn(self.classes + 1, w, generator=make))
        self.where = nn.Parameter(0.2 * torch.randn(w, SIDE, SIDE, generator=make))
        inputs = [1] + [w] * knobs.depth
        masks = [first] + [later] * knobs.depth
        self.along = nn.ModuleList(
            MaskedConvolution(i, w, mask(m, k), make) for i, m in zip(inputs, masks, strict=True)
        )
        self.down, self.links = nn.ModuleList(), nn.ModuleList()
        if self.two:
            masks = ["above"] + ["down"] * knobs.depth
            for i, m in zip(inputs, masks, strict=True):
                self.down.append(MaskedConvolution(i, w, mask(m, k), make))
                self.links.append(MaskedConvolution(w, w, torch.ones(1, 1), make))
        self.output = layers.mlp([w, 2 * w, 1], make, knobs.activation, last_gain=0.3)

    def _above(self, image: Tensor) -> list[Tensor]:
        """What each layer's pixels learn from the rows above them, image (n, 1, rows, 5) → (n, width, rows, 5) each."""
        out: list[Tensor] = []
        v = image
        for i, (layer, link) in enumerate(zip(self.down, self.links, strict=True)):
            new = self.bend(layer(v))
            v = new if i == 0 else v + new
            out.append(link(v))
        return out

    def _along(self, image: Tensor, above: list[Tensor], first: Tensor) -> Tensor:
        """Log odds of the rows of an image (n, 1, rows, 5) → (n, rows · 5, 1); ``first`` is added to the first layer."""
        h = image
        for i, layer in enumerate(self.along):
            sums = layer(h)
            if self.two:
                sums = sums + above[i]
            h = self.bend(sums + first) if i == 0 else h + self.bend(sums)
        out: Tensor = self.output(h.flatten(2).mT)
        return out

    def _first(self, y: Tensor, rows: slice) -> Tensor:
        return self.prefix[y][:, :, None, None] + self.where[:, rows]

    def predict(self, u: Tensor, y: Tensor) -> Tensor:
        """All conditionals in one pass, (n, 25) and (n,) → (n, 25, 1)."""
        image = u.view(-1, 1, SIDE, SIDE)
        return self._along(image, self._above(image), self._first(y, slice(0, SIDE)))

    def stepper(self, y: Tensor) -> Step:
        """Pixel after pixel. The rows above are gone through once a row, and then only the row itself; one stack alone has to
        go through all rows so far again for each pixel."""
        above: list[Tensor] = []

        def step(place: int, u: Tensor) -> Tensor:
            nonlocal above
            row, column = divmod(place, SIDE)
            image = u[:, : (row + 1) * SIDE].reshape(-1, 1, row + 1, SIDE)
            if not self.two:
                return self._along(image, [], self._first(y, slice(0, row + 1)))[:, place]
            here = slice(row, row + 1)
            if column == 0:
                above = [a[:, :, here] for a in self._above(image)]
            return self._along(image[:, :, here], above, self._first(y, here))[:, column]

        return step

    @torch.no_grad()
    def exhibits(self, about: About) -> tuple[Exhibit, ...]:
        """The masks, what they reach, the conditionals, and what sampling costs."""
        shown = []
        for title, layer in (("first layer", self.along[0]), ("later layers", self.along[1])):
            assert isinstance(layer, MaskedConvolution)
            strength = layer.weight.abs().mean(dim=(0, 1)).masked_fill(layer.mask == 0, float("nan"))
            left, _, up, _ = layer.margins
            rows, columns = (
                tuple(str(k - before) if k != before else "own" for k in range(n))
                for n, before in zip(strength.shape, (up, left), strict=True)
            )
            shown.append(
                Matrix(
                    f"Kernel along the row, {title}", strength.double().cpu().numpy(), rows, columns,
                    help="Mean size of the weights by the neighbour they look at; empty cells are masked. Rows and columns count from "
                    "the pixel that is predicted.",
                )
            )  # fmt: skip
        return (*shown, *self.shown(about))
