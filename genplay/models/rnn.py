"""A recurrent network [1]: one state h carries all that is remembered of the places so far.

    h_i = GRU(h_{i−1}, token of x_{i−1}),   the law of x_i is read from h_i

    r = σ(W_r t + U_r h)   z = σ(W_z t + U_z h)   c = tanh(W_c t + r ∘ U_c h)   h ← (1 − z) ∘ c + z ∘ h

The gates r and z (reset and update) decide what is forgotten and what is kept. The first token is the class. Layer
normalisation and dropout stand on the way up, from the states of one layer to what reads them, never on the way from place to
place: there dropout would make the network forget [2]. Batch normalisation is absent: one state would depend on the others.

[1] Cho et al. 2014, arXiv:1406.1078; for images Theis and Bethge 2015, arXiv:1506.03478.
[2] Zaremba, Sutskever and Vinyals 2014, arXiv:1409.2329.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor, nn

from genplay.models import layers
from genplay.models.base import About, Setting
from genplay.models.cards.rnn import CARD, RNNKnobs
from genplay.models.decoding import Step
from genplay.models.exhibits import Curves, Exhibit
from genplay.models.sequence import PlaneScore, SequenceModel

__all__ = ["RNN", "PlaneRNN"]


def _cell(width: int, generator: torch.Generator) -> nn.GRU:
    # Made on the device of no numbers, so that torch's own start draws nothing.
    cell: nn.GRU = nn.GRU(width, width, batch_first=True, device="meta").to_empty(device="cpu")
    reach = 1 / math.sqrt(width)
    with torch.no_grad():
        for parameter in cell.parameters():
            parameter.uniform_(-reach, reach, generator=generator)
    return cell


def _between(knobs: RNNKnobs, generator: torch.Generator) -> nn.Sequential:
    norm = [nn.LayerNorm(knobs.width)] if knobs.norm == "layer" else []
    drop = [layers.Dropout(knobs.dropout, generator)] if knobs.dropout > 0 else []
    return nn.Sequential(*norm, *drop)


class RNN(SequenceModel):
    """Tokens are sums of what (the value), where (the place), and in the first place which class."""

    card = CARD

    def __init__(self, knobs: RNNKnobs, setting: Setting) -> None:
        super().__init__(knobs, setting)
        make, w = setting.generator, knobs.width
        inner = [1, w] if setting.world == "digits" else [1, w, w]
        self.value = layers.mlp(inner, make)
        self.prefix = nn.Parameter(torch.randn(self.classes + 1, w, generator=make))
        self.where = nn.Parameter(0.5 * torch.randn(self.dim, w, generator=make))
        self.cells = nn.ModuleList(_cell(w, make) for _ in range(knobs.depth))
        # What reads a layer's states reads them through this.
        self.between = nn.ModuleList(_between(knobs, make) for _ in range(knobs.depth))
        self.output = layers.mlp([w, w, self.head.size], make, last_gain=0.1)
        with torch.no_grad():
            last = self.output[-1]
            assert isinstance(last, nn.Linear)
            last.bias.add_(self.head.start())

    def states(self, u: Tensor, y: Tensor) -> Tensor:
        """The top layer's h as it is read, at every place, (n, d) and (n,) → (n, d, width)."""
        out: Tensor = torch.cat([self.prefix[y][:, None], self.value(u[:, :-1, None])], dim=1) + self.where
        for cell, between in zip(self.cells, self.between, strict=True):
            out = between(cell(out)[0])
        return out

    def predict(self, u: Tensor, y: Tensor) -> Tensor:
        """All conditionals: the state is carried through the whole sequence."""
        out: Tensor = self.output(self.states(u, y))
        return out

    def stepper(self, y: Tensor) -> Step:
        """One place after another with the state so far: O(1) a place."""
        kept: list[Tensor | None] = [None] * len(self.cells)

        def step(place: int, u: Tensor) -> Tensor:
            token = self.prefix[y] if place == 0 else self.value(u[:, place - 1, None])
            top: Tensor = (token + self.where[place])[:, None]
            for k, (cell, between) in enumerate(zip(self.cells, self.between, strict=True)):
                top, kept[k] = cell(top, kept[k])
                top = between(top)
            out: Tensor = self.output(top[:, 0])
            return out

        return step

    @torch.no_grad()
    def exhibits(self, about: About) -> tuple[Exhibit, ...]:
        """The conditionals, what the state remembers, and what sampling costs."""
        return (*self._memory(about), *self.shown(about))

    def _memory(self, about: About) -> tuple[Exhibit, ...]:
        """How long a changed first pixel or coordinate is felt in the state."""
        u = self._seen(self._targets(about.x))
        changed = u.clone()
        changed[:, 0] = -changed[:, 0] if self.standardise is None else changed[:, 0] + 0.1
        y = self._no_class(1)
        felt = (self.states(changed, y) - self.states(u, y)).norm(dim=2)[0].double().cpu().numpy()
        places = np.arange(1, self.dim + 1, dtype=np.float64)
        what = "flipped" if self.standardise is None else "moved a little"
        return (
            Curves(
                "Memory of the first place",
                {"change of the state": (places, felt)},
                "place", "length of the change",
                f"How far the state h moves when only the first value is {what}: a recurrent network has to carry everything "
                "it will need in this one vector, and fades or keeps it by its gates.",
            ),
        )  # fmt: skip


class PlaneRNN(PlaneScore, RNN):
    """On the plane, with a score."""
