"""A user's own model: one Python file with one class, read into a card like that of any other model.

Reading the file runs it. Whoever calls this has asked the user first; nothing here is ever called for a project file.
"""

from __future__ import annotations

import re
import sys
import traceback
import types
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from genplay.errors import BadInput
from genplay.knobs import Knobs
from genplay.models.card import Capability, Card, Objective
from genplay.quantity import Kind
from genplay.spaces import DIMENSIONS, WORLDS, World

__all__ = ["FAMILY", "OwnCard", "read_model", "trial"]

T = TypeVar("T")
FAMILY = "Your own"
TRIED = 48

_METHODS: dict[Capability, str] = {
    "density": "log_prob",
    "energy": "energy",
    "score": "score",
    "latent": "encode",
    "conditionals": "log_conditionals",
    "labels": "sample_class",
    "posterior": "class_posterior",
    "velocity": "velocity",
    "discriminator": "discriminator",
    "responsibilities": "responsibilities",
    "trajectory": "trajectory",
    "forward": "noised",
    "reconstruction": "reconstruct",
    "layers": "stages",
}
"""An ability is there when the class has its method."""


@dataclass(frozen=True)
class OwnCard(Card):
    """A card made from a file; its class is at hand already."""

    path: Path = Path()
    model: Any = None

    def load(self, world: World) -> Any:
        """The class that the file defines."""
        del world
        return self.model


def read_model(path: Path, taken: tuple[str, ...] = ()) -> OwnCard:
    """Run a Python file and make a card of its one model class.

    ``taken``: ids of other models, which it must not have. Raises ``BadInput`` naming the file and the line.
    """
    from genplay.models.base import Model

    try:
        source = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"The model file {path} cannot be read: {error}.") from None
    name = f"genplay_own_{re.sub(r'[^0-9a-zA-Z]', '_', path.stem)}"
    module = types.ModuleType(name)
    module.__file__ = str(path)
    before = sys.modules.get(name)
    sys.modules[name] = module  # dataclasses look their module up
    try:
        _telling(path, lambda: exec(compile(source, str(path), "exec"), module.__dict__))
        found = [
            thing
            for thing in vars(module).values()
            if isinstance(thing, type) and issubclass(thing, Model) and thing.__module__ == name
        ]
        if len(found) != 1:
            listed = ", ".join(c.__name__ for c in found) or "none"
            raise BadInput(
                f"{path.name} must define exactly one class that derives from Model; it has {listed}."
            )
        return _telling(path, lambda: _card(path, found[0], taken))
    except BaseException:
        if before is not None:
            sys.modules[name] = before
        else:
            del sys.modules[name]
        raise


def _card(path: Path, cls: Any, taken: tuple[str, ...]) -> OwnCard:
    worlds = tuple(getattr(cls, "worlds", ("plane",)))
    for world in worlds:
        if world not in WORLDS:
            raise BadInput(f"{path.name}: {cls.__name__}.worlds has '{world}'. Allowed: {', '.join(WORLDS)}.")
    knobs = _knobs_of(cls)
    slug = re.sub(r"[^0-9a-z]+", "-", path.stem.lower()).strip("-") or "model"
    can = tuple(ability for ability, method in _METHODS.items() if hasattr(cls, method))
    kind: Kind = getattr(cls, "density_kind", "estimate")
    summary = next((line for line in (cls.__doc__ or "").strip().splitlines() if line.strip()), path.name)
    objectives = tuple(
        o if isinstance(o, Objective) else Objective(str(o), str(o), "")
        for o in getattr(cls, "objectives", ())
    )
    card = OwnCard(
        id=slug if slug not in taken else f"own-{slug}",
        title=str(getattr(cls, "title", cls.__name__)),
        family=FAMILY,
        worlds=worlds,
        summary=summary,
        formula=str(getattr(cls, "formula", "")),
        reference=str(getattr(cls, "reference", "")) or path.name,
        knobs=knobs,
        objectives=objectives or (Objective("own", "Its own", "As the file says."),),
        capabilities=("sample", *can),
        density=dict.fromkeys(worlds, kind) if "density" in can else {},
        cost=getattr(cls, "cost", "one pass"),
        target=f"{cls.__module__}:{cls.__name__}",
        recipe=dict(getattr(cls, "recipe", {})),
        trained_by=str(getattr(cls, "trained_by", "")),
        architecture=str(getattr(cls, "architecture", "")),
        path=path,
        model=cls,
    )
    cls.card = card
    return card


def _knobs_of(cls: Any) -> type[Knobs]:
    """The class that ``__init__`` or the attribute ``knobs`` says its knobs are."""
    import typing

    for hints in (typing.get_type_hints(cls), typing.get_type_hints(cls.__init__)):
        kind = hints.get("knobs")
        if isinstance(kind, type) and issubclass(kind, Knobs) and kind is not Knobs:
            return kind
    return Knobs


def trial(card: OwnCard) -> None:
    """Build the model on a few points and let it do each thing once; raises ``BadInput`` naming the file and the line."""
    import torch

    from genplay.models.base import Batch, Setting
    from genplay.spaces.plane import HOME

    for world in card.worlds:
        dim = DIMENSIONS[world]
        make = torch.Generator().manual_seed(0)
        x = torch.randn(TRIED, dim, generator=make)
        x = (x > 0).float() if world == "digits" else x
        y = torch.arange(TRIED) % 2
        setting = Setting(world, dim, 2, card.objective(world, None).id, HOME, x, y, make)
        model = _telling(card.path, partial(card.model, card.knobs(), setting))

        def works(model: Any = model, x: Any = x, y: Any = y, dim: int = dim, make: Any = make) -> None:
            for phase in model.phases():
                terms = phase.run(Batch(x, y, make))
                if phase.parameters is not None and "loss" not in terms:
                    raise BadInput(f"The phase '{phase.name}' has parameters, so it must return a 'loss'.")
            model.eval()
            with torch.no_grad():
                drawn = model.sample_from(model.noise(7, make))
                if tuple(drawn.shape) != (7, dim):
                    raise BadInput(f"sample_from gave the shape {tuple(drawn.shape)}, not (7, {dim}).")
                if card.density:
                    values = model.log_prob(x)
                    if tuple(values.shape) != (len(x),):
                        raise BadInput(f"log_prob gave the shape {tuple(values.shape)}, not ({len(x)},).")

        _telling(card.path, works)


def _telling(path: Path, act: Callable[[], T]) -> T:
    """Do it; whatever goes wrong becomes ``BadInput`` with the line of the file."""
    try:
        return act()
    except BadInput as error:
        text = str(error)
        raise (error if path.name in text else BadInput(f"{path.name}: {text}")) from None
    except SyntaxError as error:
        raise BadInput(f"{path.name}, line {error.lineno}: {error.msg}.") from None
    except Exception as error:
        frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == str(path)]
        line = f", line {frames[-1].lineno}" if frames else ""
        raise BadInput(f"{path.name}{line}: {type(error).__name__}: {error}") from None
