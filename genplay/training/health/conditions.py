"""The conditions that are looked for: what each means, and the experiment that brings it about. No torch here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from genplay.knobs import Value
from genplay.spaces import World

__all__ = ["CONDITIONS", "Condition", "Demonstration"]


@dataclass(frozen=True)
class Demonstration:
    """An experiment that brings a condition about: ``words`` say what to watch; all else is as the cards have it."""

    words: str
    world: World
    data: str
    model: str
    objective: str | None = None
    knobs: Mapping[str, Value] = field(default_factory=dict)
    recipe: Mapping[str, Value] = field(default_factory=dict)
    settings: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True)
class Condition:
    """One thing that can go wrong: its title, what it means, and how it happens."""

    id: str
    title: str
    meaning: str
    show_me: Demonstration


CONDITIONS: Mapping[str, Condition] = {
    c.id: c
    for c in (
        Condition(
            "exploding-loss",
            "Exploding loss",
            "Steps overshoot, each one further than the last, until the loss is no number any more.",
            Demonstration(
                "A flow is trained with a learning rate a hundred times too high: watch the loss leap up instead of falling.",
                "plane", "two-moons", "realnvp", recipe={"learning_rate": 0.5},
            ),
        ),
        Condition(
            "vanishing-gradients",
            "Vanishing gradients",
            "The slope dies away on its way back through the layers, so the first layers cannot learn.",
            Demonstration(
                "A deep critic has its weights cut so short that each layer passes on only a small part of the slope.",
                "plane", "eight-gaussians", "gan", "wasserstein-clipping", {"clip": 0.001, "depth": 6},
            ),
        ),
        Condition(
            "mode-collapse",
            "Mode collapse",
            "A generator finds a few kinds of samples that pass for real, and makes nothing else.",
            Demonstration(
                "A GAN without a penalty learns in long steps: watch its samples gather on some of the eight blobs, and leave the others.",
                "plane", "eight-gaussians", "gan", knobs={"penalty": 0.0}, recipe={"learning_rate": 0.01},
            ),
        ),
        Condition(
            "saturated-discriminator",
            "Saturated discriminator",
            "The discriminator tells real from made with certainty and is flat: the generator is told nothing.",
            Demonstration(
                "At the game as first written the discriminator takes ten long steps for each short one of the generator.",
                "plane", "eight-gaussians", "gan", "minimax",
                {"penalty": 0.0, "d_steps": 10, "d_rate": 3.0, "g_rate": 0.01},
            ),
        ),
        Condition(
            "posterior-collapse",
            "Posterior collapse",
            "The encoder's q(z | x) is the prior whatever x is: the code says nothing and the decoder ignores it.",
            Demonstration(
                "A VAE whose KL term counts twelve times: it is cheaper to say nothing. Watch the KL of each unit fall to 0.",
                "digits", "glyphs", "vae", knobs={"beta": 12.0, "latent": 4},
            ),
        ),
        Condition(
            "chain-not-mixing",
            "A chain that does not mix",
            "Chains keep to the place where they began, so what they say of the model is wrong.",
            Demonstration(
                "Persistent chains on eight blobs with short steps only, no far leaps and no new starts: none leaves its blob.",
                "plane", "eight-gaussians", "ebm", "pcd", {"leaps": 0, "restart": 0.0, "k": 3, "step_size": 0.0005},
            ),
        ),
        Condition(
            "weak-terminal-noise",
            "Terminal noise too weak",
            "Noising stops before the data are forgotten, but samples start as if they were.",
            Demonstration(
                "The loudest noise is no louder than the data: samples start where noised data never are.",
                "plane", "eight-gaussians", "score-sde", knobs={"sigma_max": 0.5},
            ),
        ),
        Condition(
            "memorisation",
            "Memorisation",
            "The model knows its training data by heart instead of the law behind them.",
            Demonstration(
                "A kernel density estimate with a tiny bandwidth puts a spike on every training point.",
                "plane", "two-moons", "kde", knobs={"rule": "manual", "bandwidth": 0.002},
            ),
        ),
    )
}  # fmt: skip
"""All conditions by id, in the order in which they are listed."""
