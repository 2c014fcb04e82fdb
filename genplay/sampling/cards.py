"""The cards and knobs of all samplers, in the order in which they are shown. No torch, and no sampler is loaded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from genplay.errors import unknown_name
from genplay.knobs import Knobs, knob
from genplay.sampling.card import ChainKnobs, SamplerCard
from genplay.sampling.target import Target
from genplay.spaces import WORLDS, World

__all__ = [
    "AIS", "ANCESTRAL", "ANNEALED_LANGEVIN", "GIBBS", "HMC", "IMPORTANCE", "LANGEVIN", "METROPOLIS", "ODE", "REJECTION",
    "AISKnobs", "AncestralKnobs", "AnnealedLangevinKnobs", "GibbsKnobs", "HMCKnobs", "ImportanceKnobs", "LangevinKnobs",
    "MetropolisKnobs", "ODEKnobs", "RejectionKnobs", "card", "cards", "fitting",
]  # fmt: skip

_PLANE: Mapping[World, str] = {
    "digits": "it needs a gradient, and between 0 and 1 there is none; try gibbs or metropolis."
}


def _side_by_side(default: int = 64) -> int:
    made: int = knob(default, "Samples that are made side by side.", low=1, high=2000, log=True)
    return made


@dataclass(frozen=True)
class AncestralKnobs(Knobs):
    chains: int = _side_by_side()


@dataclass(frozen=True)
class RejectionKnobs(Knobs):
    chains: int = knob(1000, "Proposals that are made in one step.", low=1, high=2000, log=True)
    proposal: str = knob(
        "box", "Where darts are thrown: evenly over the box, or from one wide Gaussian that reaches everywhere.",
        choices=("box", "gaussian"), worlds=("plane",),
    )  # fmt: skip
    margin: float = knob(
        1.05, "The roof is raised by this factor over the highest point found, in case a higher one was missed.",
        low=0.1, high=100.0, log=True,
    )  # fmt: skip


@dataclass(frozen=True)
class ImportanceKnobs(Knobs):
    chains: int = knob(1000, "Draws that are made in one step.", low=1, high=2000, log=True)
    proposal: str = knob(
        "gaussian", "Where draws come from: one wide Gaussian that reaches everywhere, or evenly over the box.",
        choices=("gaussian", "box"), worlds=("plane",),
    )  # fmt: skip
    pool: int = knob(
        50_000, "Weighted draws that plain samples are drawn from.", low=100, high=200_000, log=True
    )


@dataclass(frozen=True)
class MetropolisKnobs(ChainKnobs):
    proposal: str = knob(
        "walk", "A short walk from where the chain is, or anywhere, whatever the chain does.",
        choices=("walk", "independent"), live=True,
    )  # fmt: skip
    step: float = knob(
        0.25, "Length of a walk: too short and chains crawl, too long and all is refused.",
        low=0.001, high=5.0, log=True, live=True, worlds=("plane",),
    )  # fmt: skip
    flips: int = knob(1, "Pixels that a proposal flips.", low=1, high=25, live=True, worlds=("digits",))


@dataclass(frozen=True)
class GibbsKnobs(ChainKnobs):
    block: str = knob(
        "single", "One pixel at a time, or blocks of five pixels, whose 32 states are weighed at once.",
        choices=("single", "block"), live=True, worlds=("digits",),
    )  # fmt: skip
    scan: str = knob(
        "random", "Which comes next: one at random, or all in turn (blocks are then the rows).",
        choices=("random", "sweep"), live=True,
    )  # fmt: skip


@dataclass(frozen=True)
class LangevinKnobs(ChainKnobs):
    step_size: float = knob(
        0.002, "η: the drift is η/2 of the gradient, the noise √η.", low=1e-6, high=1.0, log=True, live=True
    )
    adjusted: bool = knob(
        True, "Accept or reject each step by Metropolis' rule (MALA); off, the steps blur the law (ULA)."
    )


@dataclass(frozen=True)
class HMCKnobs(ChainKnobs):
    step: float = knob(
        0.05,
        "Length of one leap ε: too long and the energy error grows.",
        low=0.001,
        high=2.0,
        log=True,
        live=True,
    )
    leaps: int = knob(12, "Leaps of one path.", low=1, high=200, log=True, live=True)
    jitter: float = knob(
        0.2,
        "Leaps are up to this share longer or shorter, so that no path closes on itself.",
        low=0.0,
        high=0.9,
        live=True,
    )


@dataclass(frozen=True)
class AnnealedLangevinKnobs(Knobs):
    chains: int = _side_by_side()
    path: str = knob(
        "auto", "What is annealed: noise where the noised score is known, else temperature.",
        choices=("auto", "noise", "temperature"),
    )  # fmt: skip
    levels: int = knob(12, "Levels on the way down.", low=1, high=100, log=True)
    steps: int = knob(50, "Langevin steps on each level.", low=1, high=1000, log=True)
    step_size: float = knob(0.002, "η on the last level.", low=1e-7, high=0.1, log=True, live=True)
    hottest: float = knob(
        0.1, "The inverse temperature that annealing by temperature begins at.", low=1e-4, high=1.0, log=True
    )


@dataclass(frozen=True)
class AISKnobs(Knobs):
    chains: int = knob(
        200, "Chains that climb at the same time; each gives one weight.", low=2, high=2000, log=True
    )
    levels: int = knob(100, "Rungs between the broad start and the target.", low=1, high=10_000, log=True)
    moves: int = knob(5, "Metropolis' moves on each rung.", low=1, high=200, log=True)
    direction: str = knob(
        "forward", "Only upwards (log Z from below), or also down from exact samples (log Z from above).",
        choices=("forward", "both"),
    )  # fmt: skip


@dataclass(frozen=True)
class ODEKnobs(Knobs):
    chains: int = _side_by_side()
    solver: str = knob(
        "heun",
        "Heun's rule (two looks a step), or Euler's, which on a diffusion is DDIM.",
        choices=("heun", "euler"),
    )
    steps: int = knob(40, "Steps from noise to data.", low=1, high=1000, log=True)


ANCESTRAL = SamplerCard(
    id="ancestral",
    title="Ancestral sampling",
    worlds=WORLDS,
    summary="Draws causes first, then what follows from them: pixel after pixel, or code and then image.",
    formula=r"x_j \sim p(x_j \mid x_1, \ldots, x_{j-1})",
    reference="the chain rule of probability",
    knobs=AncestralKnobs,
    needs=(),
    any_of=("draws", "chain_rule"),
    exact="independent samples",
    target="genplay.sampling.ancestral:Ancestral",
)
REJECTION = SamplerCard(
    id="rejection",
    title="Rejection sampling",
    worlds=WORLDS,
    summary="Throws darts under a roof over the density and keeps those that fall below it: exact, and wasteful.",
    formula=r"P(\mathrm{keep}\ x) = \frac{f(x)}{M q(x)}",
    reference="von Neumann 1951",
    knobs=RejectionKnobs,
    needs=("log_density",),
    exact="independent samples, exact if the roof holds (within the box, if darts are thrown there)",
    target="genplay.sampling.rejection:Rejection",
)
IMPORTANCE = SamplerCard(
    id="importance",
    title="Importance sampling",
    worlds=WORLDS,
    summary="Draws from something broad and weighs every draw; the effective sample size says what they are worth.",
    formula=r"w(x) = \frac{f(x)}{q(x)}, \quad n_{\mathrm{eff}} = \frac{(\sum w)^2}{\sum w^2}",
    reference="Kahn and Marshall 1953; effective sample size: Kong 1992",
    knobs=ImportanceKnobs,
    needs=("log_density",),
    exact="weighted draws; resampled, near p if the effective size is large",
    target="genplay.sampling.importance:Importance",
)
METROPOLIS = SamplerCard(
    id="metropolis",
    title="Metropolis–Hastings",
    worlds=WORLDS,
    summary="Proposes a step and takes it if the density is higher there, or else with the ratio of the two as its chance.",
    formula=r"\alpha = \min\left(1, \frac{p(y)\, q(x \mid y)}{p(x)\, q(y \mid x)}\right)",
    reference="Metropolis et al. 1953; Hastings 1970",
    knobs=MetropolisKnobs,
    needs=("log_density",),
    exact="dependent samples, exact in the long run",
    target="genplay.sampling.metropolis:Metropolis",
)
GIBBS = SamplerCard(
    id="gibbs",
    title="Gibbs sampling",
    worlds=WORLDS,
    summary="Draws one pixel (or a block of five) anew given all the others, again and again.",
    formula=r"x_j \sim p(x_j \mid x_{-j})",
    reference="Geman and Geman 1984",
    knobs=GibbsKnobs,
    needs=("log_density",),
    exact="dependent samples, exact in the long run",
    target="genplay.sampling.gibbs:Gibbs",
)
LANGEVIN = SamplerCard(
    id="langevin",
    title="Langevin dynamics",
    worlds=("plane",),
    summary="Walks up the gradient of log p with noise; adjusted by Metropolis' rule it is exact, else a little blurred.",
    formula=r"x \leftarrow x + \frac{\eta}{2} \nabla \log p(x) + \sqrt{\eta}\, \xi",
    reference="Roberts and Tweedie 1996",
    knobs=LangevinKnobs,
    needs=("gradient",),
    exact="dependent samples; exact in the long run if adjusted",
    target="genplay.sampling.langevin:Langevin",
    elsewhere=_PLANE,
)
HMC = SamplerCard(
    id="hmc",
    title="Hamiltonian Monte Carlo",
    worlds=("plane",),
    summary="Kicks a ball and lets it roll over the energy landscape without friction: far steps that are mostly taken.",
    formula=r"H(x, m) = -\log p(x) + \frac{1}{2} \|m\|^2",
    reference="Duane et al. 1987; Neal 2011",
    knobs=HMCKnobs,
    needs=("log_density", "gradient"),
    exact="dependent samples, exact in the long run",
    target="genplay.sampling.hmc:HMC",
    elsewhere=_PLANE,
)
ANNEALED_LANGEVIN = SamplerCard(
    id="annealed-langevin",
    title="Annealed Langevin dynamics",
    worlds=("plane",),
    summary="Langevin steps on a blurred (or hot) version of the density that slowly becomes the real one.",
    formula=r"x \leftarrow x + \frac{\eta_i}{2} \nabla \log p_{\sigma_i}(x) + \sqrt{\eta_i}\, \xi",
    reference="Song and Ermon 2019",
    knobs=AnnealedLangevinKnobs,
    needs=(),
    any_of=("gradient", "noise_levels"),
    exact="independent samples, near p",
    target="genplay.sampling.annealed_langevin:AnnealedLangevin",
    elsewhere=_PLANE,
)
AIS = SamplerCard(
    id="ais",
    title="Annealed importance sampling",
    worlds=WORLDS,
    summary="Climbs from a broad start to the target rung by rung and keeps the books: it estimates log Z, from below and above.",
    formula=r"\log w = \sum_t (\beta_{t+1} - \beta_t) \log \frac{f(x_t)}{q(x_t)}",
    reference="Neal 2001; both ways: Grosse, Ghahramani and Adams 2015",
    knobs=AISKnobs,
    needs=("log_density",),
    exact="weighted draws; the mean weight is Z",
    target="genplay.sampling.ais:AIS",
)
ODE = SamplerCard(
    id="ode",
    title="Probability-flow ODE",
    worlds=("plane",),
    summary="Lets noise flow to data along smooth paths without any chance on the way; with Euler's rule this is DDIM.",
    formula=r"\frac{dx}{d\sigma} = -\sigma \nabla \log p_\sigma(x)",
    reference="Song et al. 2021; DDIM: Song, Meng and Ermon 2021",
    knobs=ODEKnobs,
    needs=(),
    any_of=("noise_levels", "flow"),
    exact="independent samples, near p: as near as the score and the steps are",
    target="genplay.sampling.ode:ODE",
    elsewhere={"digits": "it follows a smooth path, and between 0 and 1 there is none; try ancestral."},
)

_CARDS = (
    ANCESTRAL, REJECTION, IMPORTANCE, METROPOLIS, GIBBS, LANGEVIN, HMC, ANNEALED_LANGEVIN, AIS, ODE,
)  # fmt: skip


def cards() -> dict[str, SamplerCard]:
    """All samplers by id, in the order in which they are shown."""
    return {c.id: c for c in _CARDS}


def card(name: str) -> SamplerCard:
    """One sampler by id; raise ``BadInput`` naming the nearest."""
    known = cards()
    if name not in known:
        raise unknown_name("sampler", name, known)
    return known[name]


def fitting(target: Target) -> dict[str, str]:
    """For every sampler why it cannot serve this target; '' where it can."""
    return {c.id: c.why_not(target) for c in _CARDS}
