"""Lookup table: p(x) = (n(x) + α) / (N + α 2^25), n(x) how often the image x is among the N of the data.

With α = 0 it is the maximum of the likelihood over *all* distributions on images, and yet a poor model: of 2^25 images
it has seen a few thousand, and gives every other one probability 0. Laplace [1] adds α to each count, and pays for it
with nearly all the mass. How much mass should be left for unseen images? About the share of images seen once [2].

[1] Laplace 1814. [2] Good 1953.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from genplay.models.base import About, Batch, Model, Phase, Setting, Terms
from genplay.models.cards.lookup import CARD, LookupKnobs
from genplay.models.exhibits import Bars, Exhibit, Facts, Pictures
from genplay.models.layers import double
from genplay.models.tally import Tally, image_codes, images_of, sparse_blocks
from genplay.quantity import Kind, estimate, exact
from genplay.spaces.binary import N_IMAGES

__all__ = ["Lookup"]

SHOWN = 12


class Lookup(Model):
    """A sparse table of counts; before anything is counted every image is equally likely."""

    card = CARD
    density_kind: Kind = "exact"
    density_method = "its share of all counts"
    knobs: LookupKnobs

    def __init__(self, knobs: LookupKnobs, setting: Setting) -> None:
        super().__init__(knobs, setting)
        self.seen = Tally()
        self._stale = True

    def phases(self) -> tuple[Phase, ...]:
        return (Phase("count", self._count, full=True),)

    @property
    def finished(self) -> bool:
        return not self._stale

    def data_changed(self) -> None:
        self._stale = True

    def _count(self, batch: Batch) -> Terms:
        self.seen.count(image_codes(batch.x))
        self._stale = False
        return {"loss": -self.log_prob(batch.x).mean(), "different images": torch.tensor(len(self.seen.keys))}

    def _log_shares(self, counts: Tensor) -> Tensor:
        """log p of an image that was seen so often, float64."""
        total, alpha = self.seen.total, self.knobs.smoothing
        if total == 0:
            return torch.full_like(double(counts), -math.log(N_IMAGES))
        return (double(counts) + alpha).log() - math.log(total + alpha * N_IMAGES)

    def log_prob(self, x: Tensor) -> Tensor:
        """log p(x) in nats, (n, 25) → (n,); −∞ for an image that was never seen, if there is no smoothing."""
        return self._log_shares(self.seen.of(image_codes(x))).to(x)

    def log_prob_blocks(self) -> Callable[[int, int], NDArray[np.float64]]:
        """log p of whole blocks of the 2^25 images: one value everywhere, but for the images that were seen."""
        elsewhere = float(self._log_shares(torch.zeros(1)))
        return sparse_blocks(self.seen.keys, self._log_shares(self.seen.counts), elsewhere)

    def noise(self, n: int, generator: torch.Generator) -> Tensor:
        """Uniforms (n, 27): one decides whether to look into the table, one picks its row, 25 make any image."""
        return torch.rand(n, 2 + self.dim, generator=generator, device=generator.device)

    def sample_from(self, noise: Tensor) -> Tensor:
        any_image = (noise[:, 2:] < 0.5).to(noise)
        total = self.seen.total
        if total == 0:
            return any_image
        known = images_of(self.seen.pick(noise[:, 1]), self.dim).to(noise)
        looked_up = noise[:, :1] < total / (total + self.knobs.smoothing * N_IMAGES)
        return torch.where(looked_up, known, any_image)

    def exhibits(self, about: About) -> tuple[Exhibit, ...]:
        counts = self.seen.counts.cpu().numpy()
        total, distinct = self.seen.total, len(counts)
        once = int((counts == 1).sum())
        image = int(self.seen.of(image_codes(about.x)))
        log_p = float(self._log_shares(torch.tensor([image])))
        mass = float(self._log_shares(self.seen.counts).exp().sum())
        missing = once / total if total else 1.0
        facts = Facts(
            "What the table has seen",
            (
                ("different images seen", f"{distinct:,} of {N_IMAGES:,}"),
                ("of all images, seen", exact(100 * distinct / N_IMAGES, "different images / 2^25", "%")),
                ("the chosen image was seen", f"{image:,} times of {total:,}" if image else "never"),
                ("its log p", exact(log_p, self.density_method)),
                ("mass on images never seen", exact(max(0.0, 1 - mass), "1 − the sum over the table", "")),
                (
                    "what that mass should be",
                    estimate(missing, math.sqrt(max(once, 1)) / max(total, 1), "share seen once (Good 1953)", ""),
                ),
            ),
            "A table knows nothing of an image that is one pixel away from one it has seen.",
        )  # fmt: skip
        top = self.seen.counts.argsort(descending=True, stable=True)[:SHOWN]
        pictures = images_of(self.seen.keys[top], self.dim).cpu().double().numpy()
        times = tuple(f"{int(c):,} ×" for c in self.seen.counts[top])
        most = int(min(counts.max(initial=1), 10))
        often = np.array([np.sum(counts == k) for k in range(1, most)] + [np.sum(counts >= most)], np.float64)
        names = (*(f"{k} ×" for k in range(1, most)), f"{most} × or more" if most == 10 else f"{most} ×")
        spread = Bars("How many images were seen how often", names, often, "images")
        return (
            facts,
            self._nearest(about.x),
            Pictures("The images seen most often", pictures, times),
            spread,
        )

    def _nearest(self, x: Tensor) -> Pictures:
        """The chosen image beside the nearest one in the table."""
        chosen = (x > 0.5).float()
        shown, captions = [chosen[0]], ["the chosen image"]
        if len(self.seen.keys):
            table = images_of(self.seen.keys, self.dim)
            away = (table - chosen).abs().sum(dim=1)
            best = int(away.argmin())
            shown.append(table[best])
            captions.append(f"nearest seen: {int(away[best])} pixels away")
        return Pictures(
            "The chosen image and the table", torch.stack(shown).cpu().double().numpy(), tuple(captions)
        )
