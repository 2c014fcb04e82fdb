"""A small transformer decoder [1]: every place of the sequence looks back at all places before it, and at no other.

    attention(q, k, v)_i = Σ_{j ≤ i} w_ij v_j,   w_ij = softmax over j ≤ i of q_i · k_j / √s

with queries q, keys k and values v of size s, in several heads side by side. The sequence is (class, x_1, …, x_{d−1}); what
comes out above the token of x_{i−1} is the law of x_i. In training all places are computed at once, the causal mask hides the
future; in sampling the keys and values of the past are kept.

[1] Vaswani et al. 2017, arXiv:1706.03762; as a density of images: Parmar et al. 2018, arXiv:1802.05751.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention

from genplay.models import layers
from genplay.models.base import About, Setting
from genplay.models.cards.transformer import CARD, TransformerKnobs
from genplay.models.decoding import Step
from genplay.models.exhibits import Exhibit, Matrix
from genplay.models.sequence import PlaneScore, SequenceModel

__all__ = ["Block", "PlaneTransformer", "Transformer"]

Past = list[Tensor]
"""Empty, or the keys and the values of the places so far, (n, heads, places, size) each."""


class Block(nn.Module):
    """h ← h + attention(norm h), h ← h + net(norm h)."""

    def __init__(self, knobs: TransformerKnobs, generator: torch.Generator) -> None:
        super().__init__()
        w, self.heads = knobs.width, knobs.heads
        inner = self.heads * max(1, w // self.heads)
        self.first, self.second = nn.LayerNorm(w), nn.LayerNorm(w)
        self.ask = layers.linear(w, 3 * inner, generator)
        self.gather = layers.linear(inner, w, generator, gain=0.5)
        self.think = layers.mlp([w, 4 * w, w], generator, knobs.activation, last_gain=0.5)
        self.drop = layers.Dropout(knobs.dropout, generator) if knobs.dropout > 0 else nn.Identity()

    def forward(self, h: Tensor, past: Past | None = None) -> Tensor:
        """(n, t, width) → (n, t, width): all places at once, or with ``past`` one more place, which is added to it."""
        q, k, v = self._split(self.first(h))
        if past is not None:
            if past:
                k, v = torch.cat([past[0], k], dim=2), torch.cat([past[1], v], dim=2)
            past[:] = [k, v]
        mixed = scaled_dot_product_attention(q, k, v, is_causal=past is None)
        h = h + self.drop(self.gather(mixed.transpose(1, 2).flatten(2)))
        out: Tensor = h + self.drop(self.think(self.second(h)))
        return out

    def weights(self, h: Tensor) -> Tensor:
        """w_ij: how much place i takes from place j, (n, t, width) → (n, heads, t, t)."""
        q, k, _ = self._split(self.first(h))
        future = torch.ones(h.shape[1], h.shape[1], dtype=torch.bool, device=h.device).triu(1)
        scores = (q @ k.mT / q.shape[-1] ** 0.5).masked_fill(future, -torch.inf)
        weights: Tensor = scores.softmax(dim=-1)
        return weights

    def _split(self, h: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        q, k, v = self.ask(h).view(*h.shape[:2], 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        return q, k, v


class Transformer(SequenceModel):
    """Tokens are sums of three learned vectors: what (the value), where (the place), and in the first place which class."""

    card = CARD

    def __init__(self, knobs: TransformerKnobs, setting: Setting) -> None:
        super().__init__(knobs, setting)
        make, w = setting.generator, knobs.width
        inner = [1, w] if setting.world == "digits" else [1, w, w]
        self.value = layers.mlp(inner, make, knobs.activation)
        self.prefix = nn.Parameter(0.5 * torch.randn(self.classes + 1, w, generator=make))
        self.where = nn.Parameter(0.5 * torch.randn(self.dim, w, generator=make))
        self.blocks = nn.ModuleList(Block(knobs, make) for _ in range(knobs.depth))
        self.last = nn.LayerNorm(w)
        self.output = layers.linear(w, self.head.size, make, gain=0.1)
        with torch.no_grad():
            self.output.bias.add_(self.head.start())

    def tokens(self, u: Tensor, y: Tensor) -> Tensor:
        """The class and all but the last value, (n, d) and (n,) → (n, d, width)."""
        values = self.value(u[:, :-1, None])
        return torch.cat([self.prefix[y][:, None], values], dim=1) + self.where

    def predict(self, u: Tensor, y: Tensor) -> Tensor:
        """All conditionals in one pass, the causal mask hides the future."""
        h = self.tokens(u, y)
        for block in self.blocks:
            h = block(h)
        out: Tensor = self.output(self.last(h))
        return out

    def stepper(self, y: Tensor) -> Step:
        """One place after another with the keys and values of the past."""
        pasts: list[Past] = [[] for _ in self.blocks]

        def step(place: int, u: Tensor) -> Tensor:
            token = self.prefix[y] if place == 0 else self.value(u[:, place - 1, None])
            h = (token + self.where[place])[:, None]
            for block, past in zip(self.blocks, pasts, strict=True):
                h = block(h, past)
            out: Tensor = self.output(self.last(h[:, 0]))
            return out

        return step

    @torch.no_grad()
    def exhibits(self, about: About) -> tuple[Exhibit, ...]:
        """The conditionals, where each place looks, and what sampling costs."""
        h = self.tokens(self._seen(self._targets(about.x)), self._no_class(1))
        where = [f"x{j + 1}" for j in self.order.tolist()]
        future = torch.ones(self.dim, self.dim, dtype=torch.bool, device=h.device).triu(1)
        looks = []
        for i, block in enumerate(self.blocks):
            assert isinstance(block, Block)
            mean = block.weights(h)[0].mean(dim=0).masked_fill(future, float("nan"))
            looks.append(
                Matrix(
                    f"Attention in layer {i + 1}", mean.double().cpu().numpy(), tuple(where), ("class", *where[:-1]),
                    help="To predict the row's place the network takes this share from the column's token, mean over the heads, for "
                    "the chosen x. The causal mask leaves the upper half empty: nobody looks at himself or ahead.",
                )
            )  # fmt: skip
            h = block(h)
        return (*looks, *self.shown(about))


class PlaneTransformer(PlaneScore, Transformer):
    """On the plane, with a score."""
