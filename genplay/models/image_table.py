"""log p of all 2^25 images as one table (2^25,) float64 by code, 256 MiB: of a model, or of the law behind data.

The first way that a model has:
    blocks     the family sums whole blocks of images at once, in float64: log p (``HasBlocks``) or −E (``HasEnergyBlocks``)
    energy     −E image by image
    density    log p image by image, of whatever kind the model says it is
An energy becomes log p by log Z = log Σ exp(−E) over the table itself.
The last two write the images of a chunk by changing only their high pixels.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from genplay.errors import Failure
from genplay.models.base import HasBlocks, HasDensity, HasEnergy, HasEnergyBlocks, HasLogZ, Model
from genplay.quantity import Kind, Quantity, exact
from genplay.spaces.basins import Tick, silent
from genplay.spaces.binary import HIGH, LOW, N_IMAGES, PIXELS, blocks, half_images
from genplay.spaces.one_thread import one_thread

__all__ = ["ImageTable", "image_by_image", "law_table", "model_table"]

Array = NDArray[np.float64]
ROWS = 4
"""4 · 4096 images at a time: their first layers fit a core's cache."""
ROWS_ON_DEVICE = 64


@dataclass(frozen=True, eq=False)
class ImageTable:
    """``log_p`` (2^25,) in nats by code; ``kind`` and ``method`` say what it is, ``log_z`` is log Z where there is an energy."""

    log_p: Array
    kind: Kind
    method: str
    log_z: Quantity | None = None


def model_table(model: Model, tick: Tick = silent) -> ImageTable:
    """log p of every image under a model of the digit world; raises ``Failure`` if it has neither density nor energy."""
    if model.world != "digits":
        raise Failure("Only in the digit world can all images be visited; this model lives on the plane.")
    model.settle_density()
    with torch.no_grad():
        if isinstance(model, HasEnergyBlocks):
            return _from_energy(_by_blocks(model.minus_energy_blocks(), tick))
        if isinstance(model, HasBlocks):
            kind, method = _told(model)
            log_p = _by_blocks(model.log_prob_blocks(), tick)
            return ImageTable(
                log_p, kind, method, exact(model.log_z(), method) if isinstance(model, HasLogZ) else None
            )
        if isinstance(model, HasEnergy):
            scores = image_by_image(model.energy, _device(model), tick)
            return _from_energy(np.negative(scores, out=scores))
        if isinstance(model, HasDensity):
            kind, method = _told(model)
            return ImageTable(image_by_image(model.log_prob, _device(model), tick), kind, method)
    raise Failure(
        f"The model '{model.card.id}' has neither a density nor an energy: how probable an image is, it cannot say."
    )


def law_table(blocks_of_law: Callable[[int, int], Array], tick: Tick = silent) -> ImageTable:
    """log p of every image under the law of data, given by blocks."""
    return ImageTable(_by_blocks(blocks_of_law, tick), "exact", "the true law of the data, image by image")


def image_by_image(f: Callable[[Tensor], Tensor], device: torch.device, tick: Tick = silent) -> Array:
    """f of every image, (n, 25) → (n,), by code; raises ``Failure`` where it is not a number."""
    rows = ROWS if device.type == "cpu" else ROWS_ON_DEVICE
    table = np.empty(N_IMAGES)
    x = torch.empty(rows, 1 << LOW, PIXELS, device=device)
    x[:, :, :LOW] = torch.from_numpy(half_images(LOW)).to(x)
    high = torch.from_numpy(half_images(HIGH)).to(x)
    with torch.no_grad():
        for start, stop in blocks(rows):
            x[:, :, LOW:] = high[start:stop, None]
            values = f(x.view(-1, PIXELS))
            out = table[start << LOW : stop << LOW]
            out[:] = values.double().cpu().numpy()
            if np.isnan(out.min()):
                raise Failure(
                    "The model gives a value that is not a number; train it anew, or with a smaller rate."
                )
            tick(stop / (1 << HIGH))
    return table


@one_thread()
def _by_blocks(block: Callable[[int, int], Array], tick: Tick) -> Array:
    table = np.empty(N_IMAGES)
    out = table.reshape(1 << HIGH, 1 << LOW)
    for start, stop in blocks():
        out[start:stop] = block(start, stop)
        if np.isnan(out[start:stop].min()):
            raise Failure(
                "The model gives a value that is not a number; train it anew, or with a smaller rate."
            )
        tick(stop / (1 << HIGH))
    return table


def _from_energy(scores: Array) -> ImageTable:
    """The table of −E as a table of log p, in place."""
    pieces = [slice(s, s + (1 << 20)) for s in range(0, len(scores), 1 << 20)]
    top = float(scores.max())
    if not np.isfinite(top):
        raise Failure("The energies have no least value that is finite: there is no log Z.")
    log_z = top + float(np.log(sum(float(np.exp(scores[part] - top).sum()) for part in pieces)))
    scores -= log_z
    method = "minus the energy of each image, minus log Z summed over all 2^25 images"
    return ImageTable(scores, "exact", method, exact(log_z, "log Σ exp(−E) over all 2^25 images"))


def _told(model: Model) -> tuple[Kind, str]:
    if isinstance(model, HasDensity):
        return model.density_kind, model.density_method
    return "exact", "summed over all 2^25 images"


def _device(model: Model) -> torch.device:
    first = next(itertools.chain(model.parameters(), model.buffers()), None)
    return first.device if first is not None else torch.device("cpu")
