"""Kernel density estimate of images [1]: p(x) = 1/n Σᵢ ε^h (1 − ε)^(25 − h), h the number of pixels in which x and xᵢ differ.

A remembered image, each pixel of it flipped with probability ε. At ε = ½ every image is equally likely; as ε → 0 the
model becomes a lookup table. So ε is judged by leaving each image out [2], a golden-section search with one trial a step:
with c_{ih} the number of *other* images at distance h from i,  L(ε) = 1/n Σᵢ log Σ_h c_{ih} ε^h (1 − ε)^(25−h) / (n−1).

[1] Aitchison and Aitken 1976, with λ = 1 − ε. [2] Duin 1976.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from genplay.knobs import Knobs
from genplay.models.base import About, Batch, Model, Phase, Setting, Terms
from genplay.models.cards.kde import CARD, KernelKnobs
from genplay.models.exhibits import Curves, Exhibit, Facts, Pictures
from genplay.models.golden import GoldenSection
from genplay.models.kernel_sums import PAIRS
from genplay.models.layers import double
from genplay.models.memo import Memo
from genplay.models.tally import Tally, image_codes, images_of
from genplay.quantity import Kind, exact
from genplay.spaces.binary import HIGH, LOW, half_images

__all__ = ["ImageKernelDensity"]

LEAST, MOST = 1e-4, 0.5
JUDGED = 2000
"""At most so many different images are left out in turn."""
SHOWN = 8


class ImageKernelDensity(Model):
    """A tally of the images themselves and one flip probability ε."""

    card = CARD
    density_kind: Kind = "exact"
    density_method = "sum over all data points"
    knobs: KernelKnobs
    chosen: Tensor

    def __init__(self, knobs: KernelKnobs, setting: Setting) -> None:
        super().__init__(knobs, setting)
        self.seen = Tally()
        self.seen.count(image_codes(setting.x))
        self.register_buffer("chosen", torch.tensor(0.05))
        self._search: GoldenSection | None = None
        self._neighbours: Memo[tuple[Tensor, Tensor]] = Memo()
        self._done = self._stale = False

    @property
    def flip(self) -> float:
        """ε by the rule in force."""
        return self.knobs.flip if self.knobs.flip_rule == "manual" else float(self.chosen)

    def configure(self, knobs: Knobs) -> None:
        super().configure(knobs)
        self._search, self._done = None, False

    def data_changed(self) -> None:
        self._search, self._done, self._stale = None, False, True

    def phases(self) -> tuple[Phase, ...]:
        return (Phase("try", self._try, full=True),)

    @property
    def finished(self) -> bool:
        return self._done

    @torch.no_grad()
    def _try(self, batch: Batch) -> Terms:
        """Try one more flip probability; keep the best so far."""
        if self._stale:
            self.seen.count(image_codes(batch.x))
            self._stale = False
        if self.seen.total == 1 or self.knobs.flip_rule == "manual":
            self._done = True
            return self._terms(self.judged(self.flip)[1])
        if self._search is None:
            self._search = GoldenSection(math.log(LEAST), math.log(MOST), tolerance=0.01)
        trial = self._search.trial
        self._search.tell(self.judged(math.exp(trial))[1])
        self.chosen.fill_(math.exp(self._search.best))
        self._done = self._search.enclosed
        return self._terms(self._search.best_value)

    def _terms(self, judgement: float) -> Terms:
        terms = {"flip probability": torch.tensor(self.flip)}
        return {"loss": torch.tensor(-judgement), **terms} if math.isfinite(judgement) else terms

    def _images(self) -> Tensor:
        """The different images, (m, d)."""
        return images_of(self.seen.keys, self.dim)

    def _log_kernel(self, flip: float) -> Tensor:
        """log ε^h (1 − ε)^(d − h) for h = 0 … d, float64."""
        h = torch.arange(self.dim + 1, dtype=torch.float64)
        return h * math.log(flip) + (self.dim - h) * math.log1p(-flip)

    def neighbours(self) -> tuple[Tensor, Tensor]:
        """How many of the data lie at distance 0 … d from an image, itself included, (m, d + 1), and how often it was seen (m,)."""
        return self._neighbours.get((self.seen.keys, self.seen.counts), None, self._count_neighbours)

    def _count_neighbours(self) -> tuple[Tensor, Tensor]:
        images, counts = self._images(), self.seen.counts
        step = -(-len(images) // JUDGED)
        rows = []
        for part in images[::step].split(max(1, PAIRS // len(images))):
            row = torch.zeros(len(part), self.dim + 1, dtype=torch.int64, device=counts.device)
            rows.append(row.scatter_add_(1, _distances(part, images).long(), counts.expand(len(part), -1)))
        return double(torch.cat(rows)).cpu(), double(counts[::step]).cpu()

    def judged(self, flip: float) -> tuple[float, float]:
        """1/n Σᵢ log p(xᵢ) with and without xᵢ itself in the sum, in nats (each different image by how often it was seen)."""
        at, often = self.neighbours()
        kernel = self._log_kernel(flip).exp()
        n, share = self.seen.total, often / often.sum()
        own = torch.zeros(self.dim + 1, dtype=torch.float64)
        own[0] = 1.0
        whole = float(share @ (at @ kernel).log()) - math.log(n)
        if n == 1:
            return whole, -math.inf
        return whole, float(share @ ((at - own) @ kernel).log()) - math.log(n - 1)

    def log_prob(self, x: Tensor) -> Tensor:
        """log p(x) in nats, (n, 25) → (n,)."""
        images, log_counts = self._images(), double(self.seen.counts).log()
        log_kernel = self._log_kernel(self.flip).to(log_counts.device)
        parts = []
        for part in (x > 0.5).float().split(max(1, PAIRS // len(images))):
            far = _distances(part, images).long().to(log_counts.device)
            parts.append((log_kernel[far] + log_counts).logsumexp(dim=1))
        return (torch.cat(parts) - math.log(self.seen.total)).to(x)

    def log_prob_blocks(self) -> Callable[[int, int], NDArray[np.float64]]:
        """log p of whole blocks of the 2^25 images.

        The kernel is a product over the two halves of an image, so the sum is K_high C K_low with C the counts by halves:
        however many images there are, no factor has more rows than there are half-images.
        """
        codes, counts = self.seen.keys.cpu(), double(self.seen.counts).cpu()
        low, column = (codes & ((1 << LOW) - 1)).unique(return_inverse=True)
        high, row = (codes >> LOW).unique(return_inverse=True)
        table = torch.zeros(len(high), len(low), dtype=torch.float64)
        table.index_put_((row, column), counts / self.seen.total)
        flip = self.flip
        lows, highs = (torch.from_numpy(half_images(bits)) for bits in (LOW, HIGH))
        right = _kernel(lows[low], lows, LOW, flip)

        def block(start: int, stop: int) -> NDArray[np.float64]:
            left = _kernel(highs[start:stop], highs[high], HIGH, flip)
            out: NDArray[np.float64] = ((left @ table) @ right).log_().numpy()
            return out

        return block

    def noise(self, n: int, generator: torch.Generator) -> Tensor:
        """Uniforms (n, 26): one picks the image, 25 flip its pixels."""
        return torch.rand(n, 1 + self.dim, generator=generator, device=generator.device)

    def sample_from(self, noise: Tensor) -> Tensor:
        remembered = images_of(self.seen.pick(noise[:, 0]), self.dim).to(noise)
        return (remembered - (noise[:, 1:] < self.flip).to(noise)).abs()

    def exhibits(self, about: About) -> tuple[Exhibit, ...]:
        chosen = (about.x > 0.5).float()
        images, counts = self._images(), double(self.seen.counts)
        far = _distances(chosen, images)[0].long()
        log_kernel = self._log_kernel(self.flip).to(counts.device)
        shares = (log_kernel[far.to(counts.device)] + counts.log()).softmax(dim=0)
        top = shares.argsort(descending=True, stable=True)[:SHOWN]
        pictures = torch.cat([chosen, images[top.to(images.device)]]).cpu().double().numpy()
        captions = [f"{float(shares[i]):.0%}, {int(far[i])} pixels away" for i in top]
        facts = Facts(
            "Flip probability",
            (
                ("in force", f"{self.flip:.4g}"),
                ("log p of the chosen image", exact(float(self.log_prob(about.x)), self.density_method)),
                ("pixels to the nearest remembered image", f"{int(far.min())}"),
                ("images that count there", f"{float(1 / shares.square().sum()):.1f} of {len(images):,} (1 / Σ share²)"),
            ),
        )  # fmt: skip
        return (
            facts,
            Pictures("Where the probability of the chosen image comes from", pictures, ("chosen", *captions)),
            self._memory(),
        )

    def _memory(self) -> Curves:
        flips = np.geomspace(LEAST, MOST, 40)
        whole, others = (-np.array([self.judged(f) for f in flips])).T
        lines = {"the data themselves": (flips, whole)}
        if np.isfinite(others).all():
            lines["each image judged by the others"] = (flips, others)
        return Curves(
            "Memorising",
            lines,
            "flip probability",
            "−log p, nats",
            "As the flip probability goes to 0 the model becomes a table of its data: likely for them, impossible for all else. "
            "Judged by the others each image tells the truth; the best flip probability is where that curve is lowest.",
        )


def _distances(x: Tensor, images: Tensor) -> Tensor:
    """In how many pixels each x (n, d) differs from each image (m, d), (n, m)."""
    return x.sum(dim=1, keepdim=True) + images.sum(dim=1) - 2 * x @ images.T


def _kernel(a: Tensor, b: Tensor, bits: int, flip: float) -> Tensor:
    """ε^h (1 − ε)^(bits − h) between half-images a (n, bits) and b (m, bits), (n, m)."""
    powers = torch.arange(bits + 1, dtype=torch.float64)
    values = flip**powers * (1 - flip) ** (bits - powers)
    return values[_distances(a, b).round().long()]
