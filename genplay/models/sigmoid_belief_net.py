"""Sigmoid belief network [1]: p(x, h) = p(h) Π_j p(x_j | h),  p(x_j = 1 | h) = σ(b_j + Σ_k W_kj h_k), h ∈ {0,1}^H.

The causes h are independent, or children of a second layer g: p(h) = Σ_g p(g) Π_k p(h_k | g). Given an image the causes
depend on each other ("explaining away"), so a recognition network guesses them, q(h | x) = Π_k q(h_k | x):
    variational    climb  E_q [log p(x, h) − log q(h | x)] = log p(x) − KL(q(h | x) ‖ p(h | x)) ≤ log p(x)
    wake-sleep [2] wake: h ~ q(h | x) of data, climb log p(x, h);  sleep: (x, h) ~ p, climb log q(h | x)
H is small here, so that sums over all 2^H states are taken: the bound's mean has no sampling noise, and log p(x) itself is
known, a mixture of 2^H products of Bernoullis. The second layer is always summed.

[1] Neal 1992.  [2] Hinton, Dayan, Frey and Neal 1995.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import softplus

from genplay.knobs import Knobs
from genplay.models.base import About, Batch, Model, Phase, Setting, Terms
from genplay.models.cards.sigmoid_belief_net import CARD, SigmoidBeliefNetKnobs
from genplay.models.exhibits import Exhibit, Facts, Matrix, Pictures
from genplay.models.importance_bound import importance_bound
from genplay.models.layers import NoiseTape, double, mlp
from genplay.models.product_mixture import bernoulli_blocks, log_bernoullis
from genplay.quantity import Kind, bound, exact
from genplay.spaces.binary import half_images

__all__ = ["SigmoidBeliefNet"]


class SigmoidBeliefNet(Model):
    """``W`` (H, 25) and ``b`` (25,) draw pixels from causes; ``V`` (G, H) and ``c`` (H,) causes from ``a`` (G,) above.

    ``recognition`` gives the log odds of q(h | x).
    """

    card = CARD
    density_kind: Kind = "exact"
    states: Tensor
    upper_states: Tensor

    def __init__(self, knobs: Knobs, setting: Setting) -> None:
        super().__init__(knobs, setting)
        options, generator = self.options, setting.generator
        lit = setting.x.mean(dim=0).clamp(0.02, 0.98)
        self.W = nn.Parameter(0.5 * torch.randn(options.hidden, self.dim, generator=generator))
        # Half of the causes are on at first; with their mean taken out a pixel is as often lit as in the data.
        self.b = nn.Parameter(torch.logit(lit) - 0.5 * self.W.detach().sum(dim=0))
        self.c = nn.Parameter(torch.zeros(options.hidden))
        self.V = nn.Parameter(0.1 * torch.randn(options.upper, options.hidden, generator=generator))
        self.a = nn.Parameter(torch.zeros(options.upper))
        sizes = [self.dim, *[options.width] * options.depth, options.hidden]
        self.recognition = mlp(
            sizes, generator, options.activation, norm=options.norm, dropout=options.dropout
        )
        self.register_buffer("states", _states(options.hidden), persistent=False)
        self.register_buffer("upper_states", _states(options.upper), persistent=False)
        self._wake_tape, self._sleep_tape = NoiseTape("uniform"), NoiseTape("uniform")

    @property
    def options(self) -> SigmoidBeliefNetKnobs:
        assert isinstance(self.knobs, SigmoidBeliefNetKnobs)
        return self.knobs

    @property
    def density_method(self) -> str:
        """How the causes were summed."""
        return f"sum over all 2^{self.options.hidden} states of the causes"

    # The directed graph

    def _log_prior(self, h: Tensor) -> Tensor:
        """log p(h) with the second layer summed, (n, H) → (n,)."""
        weights = log_bits(self.upper_states.to(self.a), self.a)
        return log_bernoullis(h, weights, torch.addmm(self.c, self.upper_states.to(self.a), self.V))

    def _log_joint(self, x: Tensor, h: Tensor) -> Tensor:
        """log p(x, h) of pairs, (n, 25) and (n, H) → (n,)."""
        return log_bits(x, torch.addmm(self.b, h, self.W)) + self._log_prior(h)

    def _log_joint_of_all(self, x: Tensor) -> Tensor:
        """log p(x, h) for every state of the causes, (n, 25) → (n, 2^H)."""
        states = self.states.to(x)
        logits = torch.addmm(self.b, states, self.W)
        return torch.addmm(self._log_prior(states) - softplus(logits).sum(dim=1), x, logits.T)

    def _odds(self, x: Tensor) -> Tensor:
        """The log odds of q(h | x), (n, 25) → (n, H)."""
        odds: Tensor = self.recognition(2 * x - 1)
        return odds

    # Training

    def phases(self) -> tuple[Phase, ...]:
        drawing = [self.W, self.b, self.c, *([self.V, self.a] if self.options.upper else [])]
        guessing = list(self.recognition.parameters())
        if self.objective == "variational":
            return (Phase("climb the bound", self._climb, drawing + guessing),)
        return Phase("wake", self._wake, drawing), Phase("sleep", self._sleep, guessing)

    def _bound(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """E_q log p(x, h), summed over all states, and the entropy of q(h | x), (n,) each."""
        odds = self._odds(x)
        q = torch.addmm(-softplus(odds).sum(dim=1, keepdim=True), odds, self.states.to(x).T).exp()
        entropy = (softplus(odds) - odds * odds.sigmoid()).sum(dim=1)
        return (q * self._log_joint_of_all(x)).sum(dim=1), entropy

    def _climb(self, batch: Batch) -> Terms:
        explained, entropy = (t.mean() for t in self._bound(batch.x))
        return {"loss": -explained - entropy, "entropy of q": entropy}

    def _wake(self, batch: Batch) -> Terms:
        with torch.no_grad():
            odds = self._odds(batch.x)
            h = (self._wake_tape.draw(tuple(odds.shape), odds, batch.generator) < odds.sigmoid()).to(odds)
        return {"loss": -self._log_joint(batch.x, h).mean()}

    def _sleep(self, batch: Batch) -> Terms:
        with torch.no_grad():
            noise = self._sleep_tape.draw((len(batch.x), self._noise_size), self.W, batch.generator)
            h, x = self._dream(noise)
        return {"loss": -log_bits(h, self._odds(x)).mean()}

    # Density

    def _components(self) -> tuple[Tensor, Tensor]:
        """log p(h) (2^H,) and pixel log odds (2^H, 25) of every state, float64."""
        states = double(self.states)
        W, b, c, V, a = (double(t) for t in (self.W, self.b, self.c, self.V, self.a))
        above = double(self.upper_states)
        weights = log_bernoullis(states, log_bits(above, a), torch.addmm(c, above, V))
        return weights, torch.addmm(b, states, W)

    def log_prob(self, x: Tensor) -> Tensor:
        """log p(x) in nats, (n, 25) → (n,): the sum over all causes, in float64."""
        return log_bernoullis(double(x), *self._components()).to(x)

    def log_prob_blocks(self) -> Callable[[int, int], NDArray[np.float64]]:
        """log p of whole blocks of the 2^25 images: a mixture over the states of the causes."""
        return bernoulli_blocks(*self._components())

    def elbo(self, x: Tensor, generator: torch.Generator) -> Tensor:
        """log p(x, h) − log q(h | x) for one h ~ q(h | x), (n, 25) → (n,); its mean is below log p(x)."""
        odds = self._odds(x)
        u = torch.rand(odds.shape, generator=generator, device=generator.device).to(odds)
        h = (u < odds.sigmoid()).to(odds)
        return self._log_joint(x, h) - log_bits(h, odds)

    def iwae(self, x: Tensor, k: int, generator: torch.Generator) -> Tensor:
        """The bound with k guesses of the causes an image, (n, d) → (n,); its mean rises from the ELBO to log p(x) with k."""
        return importance_bound(self.elbo, x, k, generator)

    def reconstruct(self, x: Tensor) -> Tensor:
        """Pixel probabilities given the guessed causes, each as far on as it is likely, (n, 25) → (n, 25)."""
        return torch.addmm(self.b, self._odds(x).sigmoid(), self.W).sigmoid()

    # Sampling

    @property
    def _noise_size(self) -> int:
        return self.options.upper + self.options.hidden + self.dim

    def noise(self, n: int, generator: torch.Generator) -> Tensor:
        """Uniforms (n, G + H + 25), one a unit from the top down."""
        return torch.rand(n, self._noise_size, generator=generator, device=generator.device)

    @torch.no_grad()
    def sample_from(self, noise: Tensor) -> Tensor:
        """Ancestral: each unit is lit where its uniform is below its probability given the layer above."""
        return self._dream(noise)[1]

    def _dream(self, noise: Tensor) -> tuple[Tensor, Tensor]:
        """Causes (n, H) and images (n, 25)."""
        top, middle, pixels = noise.split([self.options.upper, self.options.hidden, self.dim], dim=1)
        g = (top < self.a.sigmoid()).to(noise)
        h = (middle < torch.addmm(self.c, g, self.V).sigmoid()).to(noise)
        return h, (pixels < torch.addmm(self.b, h, self.W).sigmoid()).to(noise)

    # Looking inside

    @torch.no_grad()
    def exhibits(self, about: About) -> tuple[Exhibit, ...]:
        """Ancestral sampling cause by cause, what each cause draws, guessed and true causes of the chosen image, the bound."""
        noise = self.fresh_noise(1, about.generator)
        h, drawn = self._dream(noise)
        on = torch.nonzero(h[0]).flatten().tolist()
        so_far = torch.stack([self.b + self.W[on[:m]].sum(dim=0) for m in range(len(on) + 1)]).sigmoid()
        joint = self._log_joint_of_all(about.x)
        posterior = joint.softmax(dim=1) @ self.states.to(joint)
        guessed = self._odds(about.x).sigmoid()
        parts = [float(t[0]) for t in self._bound(about.x)]
        log_p = float(self.log_prob(about.x)[0])
        names = tuple(f"h{k}" for k in range(self.options.hidden))
        shown: list[Exhibit] = [
            Pictures(
                "Ancestral sampling", _array(torch.cat([so_far, drawn])),
                ("no cause", *(f"+ h{k}" for k in on), "drawn"),
                help="The causes are tossed first; each one that came up moves the pixels' probabilities. Then the pixels are "
                "tossed.",
            ),
            Pictures(
                "What each cause draws", _array(self.W), names, "signed",
                help="W: the pixels that a cause lights, and those that it darkens.",
            ),
            Matrix(
                "The causes of the chosen image", _array(torch.cat([guessed, posterior])), ("guessed q", "true p(h|x)"), names,
                help="P(h = 1 | x): by the recognition network, and by Bayes' rule over all states.",
            ),
            Pictures(
                "The chosen image from its guessed causes", _array(torch.cat([about.x, self.reconstruct(about.x)])),
                ("image", "p(lit | guess)"),
            ),
            Facts(
                "The bound of the chosen image",
                (
                    ("log p(x)", exact(log_p, self.density_method)),
                    ("ELBO", bound(sum(parts), "lower", "sum over all causes under q")),
                    ("gap", exact(log_p - sum(parts), "KL(q(h|x) ‖ p(h|x))")),
                ),
                help="The gap is what the guess loses by taking the causes as independent, and by not being the best such.",
            ),
        ]  # fmt: skip
        if self.options.upper:
            rows = tuple(f"g{k}" for k in range(self.options.upper))
            shown.append(
                Matrix(
                    "Arrows from the second layer",
                    _array(self.V),
                    rows,
                    names,
                    "signed",
                    help="V: which causes a cause of causes calls for.",
                )
            )
        return tuple(shown)


def log_bits(bits: Tensor, odds: Tensor) -> Tensor:
    """log Π_k Bernoulli(bit_k; σ(odds_k)), (n, d) → (n,)."""
    return (bits * odds - softplus(odds)).sum(dim=1)


def _states(units: int) -> Tensor:
    """All states of so many units, (2^units, units)."""
    return torch.from_numpy(half_images(units)).float()


def _array(t: Tensor) -> NDArray[np.float64]:
    return t.double().cpu().numpy()
