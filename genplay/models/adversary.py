"""A discriminator beside a model that already has a likelihood: the non-saturating game with a gradient penalty.

    D   softplus(−l(x)) + softplus(l(x̃)) + (γ/2) ‖∇l(x)‖²          x data, x̃ samples, l = log odds of being real
    G   softplus(−l(x̃))

The model then minimises s · (−log-likelihood) + (1 − s) · G: at s = 1 nothing but likelihood, at s = 0 nothing but samples
that pass for real. See ``gan`` for the game alone.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from genplay.models.differentiation import held_still
from genplay.models.layers import NoiseTape, mlp

__all__ = ["Adversary"]


class Adversary(nn.Module):
    """The network l and its two losses; inputs are what the discriminator sees, (n, d)."""

    def __init__(self, dim: int, width: int, depth: int, generator: torch.Generator) -> None:
        super().__init__()
        self.net = mlp([dim, *[width] * depth, 1], generator, "silu")
        self._blur = {"D": NoiseTape("normal"), "G": NoiseTape("normal")}

    def logits(self, u: Tensor) -> Tensor:
        """l(u), (n, d) → (n,)."""
        out: Tensor = self.net(u).squeeze(1)
        return out

    def _blurred(self, u: Tensor, strength: float, who: str, generator: torch.Generator) -> Tensor:
        if strength == 0:
            return u
        return torch.add(u, self._blur[who].draw(tuple(u.shape), u, generator), alpha=strength)

    def discriminator_terms(
        self, real: Tensor, fake: Tensor, penalty: float, blur: float, generator: torch.Generator
    ) -> dict[str, Tensor]:
        """One pass over real and fake together, both blurred alike by instance noise."""
        n = len(real)
        both = self._blurred(torch.cat([real, fake]).detach(), blur, "D", generator)
        if penalty > 0:
            both.requires_grad_()
        logits = self.logits(both)
        loss = softplus(-logits[:n]).mean() + softplus(logits[n:]).mean()
        if penalty > 0:
            (slope,) = torch.autograd.grad(logits[:n].sum(), both, create_graph=True)
            loss = loss + 0.5 * penalty * slope.square().sum() / n
        rating = torch.sigmoid(logits.detach())
        return {"loss": loss, "D_real": rating[:n].mean(), "D_fake": rating[n:].mean()}

    def generator_loss(self, fake: Tensor, blur: float, generator: torch.Generator) -> Tensor:
        """softplus(−l(x̃)), the discriminator held still."""
        with held_still(self.net.parameters()):
            return softplus(-self.logits(self._blurred(fake, blur, "G", generator))).mean()
