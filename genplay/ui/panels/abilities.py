"""What a model can do, in plain words: one line each for density, energy, score, sampling, latent code and so on."""

from __future__ import annotations

from dataclasses import dataclass

from genplay.models.card import Card
from genplay.spaces import World

__all__ = ["Ability", "abilities"]

_KINDS = {
    "exact": ("exact", "log p(x) is computed, not approximated."),
    "bound": ("a bound", "log p(x) is known to lie on one side of the number shown."),
    "estimate": ("an estimate", "log p(x) is estimated from random samples."),
}
_COSTS = {
    "one pass": ("one pass", "One evaluation of the network makes a sample."),
    "d passes": ("one pass a dimension", "Each pixel or coordinate is drawn after the ones before it."),
    "T steps": ("many small steps", "A sample is made by going through all steps of the process."),
    "chain": ("a Markov chain", "Samples come from a chain that has to run until it forgets its start."),
}


@dataclass(frozen=True)
class Ability:
    """One line: what it is about, the answer in a word, the reason in a sentence, and whether it is there."""

    name: str
    word: str
    help: str
    there: bool


def abilities(card: Card, world: World) -> tuple[Ability, ...]:
    """Everything a reader may ask of a model in this world."""
    can: set[str] = set(card.capabilities_in(world))
    kind = card.density.get(world)
    word, help = (
        _KINDS[kind]
        if kind is not None
        else ("a bound", "A lower bound on log p(x) is known, not the density itself.")
        if world in card.bounded
        else ("none", "It draws samples without knowing how likely they are.")
        if "sample" in can
        else ("none", "It knows how likely each class is at a point, not how likely the point is.")
    )
    rows = [Ability("Density", word, help, kind is not None or world in card.bounded)]
    rows.append(
        _row(
            can, "energy", "Energy", "A landscape E(x) with p(x) ∝ exp(−E(x)).", "It has no energy function."
        )
    )
    rows.append(
        _row(
            can, "score", "Score", "∇ log p(x): where points become likelier.", "It does not give ∇ log p(x)."
        )
    )
    word, help = _COSTS[card.cost] if "sample" in can else ("none", "It can classify, but it cannot draw.")
    rows.append(Ability("Sampling", word, help, "sample" in can))
    rows.append(
        _row(
            can,
            "latent",
            "Latent code",
            "Every x has a code z that can be moved by sliders.",
            f"There is no code z that could be moved, but {card.latents}."
            if card.latents
            else "There is no code z.",
        )
    )
    if world == "digits" or "conditionals" in can:
        rows.append(
            _row(
                can,
                "conditionals",
                "Conditionals",
                "p(one part | the rest) in closed form.",
                "Only the whole image.",
            )
        )
    rows.append(_row(can, "labels", "Labels", "It can be asked for a class.", "It does not look at labels."))
    if "posterior" in can:
        rows.append(
            Ability("Classes", "yes", "P(class | x): it can say which class a point belongs to.", True)
        )
    if "discriminator" in can:
        rows.append(Ability("Discriminator", "yes", "A second network tells real from made.", True))
    if "velocity" in can:
        rows.append(Ability("Velocity", "yes", "A field that carries noise to data.", True))
    if "responsibilities" in can:
        rows.append(
            Ability("Responsibilities", "yes", "Which component a point belongs to, as probabilities.", True)
        )
    return tuple(rows)


def _row(can: set[str], id: str, name: str, yes: str, no: str) -> Ability:
    return Ability(name, "yes" if id in can else "no", yes if id in can else no, id in can)
