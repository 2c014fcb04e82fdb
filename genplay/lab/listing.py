"""What ``genplay list`` prints: everything by id and title, without loading torch or Qt."""

from __future__ import annotations

from typing import Any

from genplay.errors import unknown_name
from genplay.knobs import Knobs
from genplay.spaces import WORLDS

__all__ = ["listing"]


def _knobs(knobs: type[Knobs]) -> list[dict[str, Any]]:
    return [
        {
            "name": info.name, "label": info.label, "type": info.type, "default": info.default, "low": info.low,
            "high": info.high, "choices": list(info.choices), "allowed": info.allowed(), "unit": info.unit,
            "help": info.help, "live": info.live, "applies": "now" if info.live else "after a restart",
            "worlds": list(info.worlds or WORLDS),
            "objectives": list(info.objectives) if info.objectives is not None else None,
        }
        for info in knobs.infos()
    ]  # fmt: skip


def listing(what: str) -> list[dict[str, Any]]:
    """Objects with at least ``id`` and ``title``; raises ``BadInput`` for what there is no list of."""
    match what:
        case "datasets":
            from genplay.datasets import registry as datasets

            return [
                {
                    "id": c.id, "title": c.title, "worlds": list(c.worlds), "summary": c.summary,
                    "drawable": c.drawable, "knobs": _knobs(c.knobs),
                }
                for c in datasets.cards().values()
            ]  # fmt: skip
        case "models":
            from genplay.lab.family_table import card_cells
            from genplay.models import registry as models
            from genplay.training.recipe import Recipe

            recipe = _knobs(Recipe)

            said = {
                c.id: {name: cell.text for name, cell in card_cells(c, c.worlds).items()}
                for c in models.cards().values()
            }
            return [
                {
                    "id": c.id, "title": c.title, "family": c.family, "worlds": list(c.worlds), "summary": c.summary,
                    "objectives": [
                        {"id": o.id, "title": o.title, "help": o.help, "worlds": list(o.worlds)} for o in c.objectives
                    ],
                    "capabilities": {world: list(c.capabilities_in(world)) for world in c.worlds},
                    "density": dict(c.density), "cost": c.cost, "trained_by": c.trained_by,
                    "architecture": c.architecture, "formula": c.formula, "reference": c.reference,
                    "comparison": said[c.id], "knobs": _knobs(c.knobs),
                    "recipe": Recipe.for_card(c).as_dict(), "recipe_knobs": recipe,
                }
                for c in models.cards().values()
            ]  # fmt: skip
        case "metrics":
            from genplay.metrics import registry as metrics

            return [
                {
                    "id": c.id, "title": c.title, "worlds": list(c.worlds), "summary": c.summary, "unit": c.unit,
                    "better": c.better, "method": c.method, "cost": c.cost, "reference": c.reference,
                }
                for c in metrics.cards().values()
            ]  # fmt: skip
        case "actions":
            from genplay.lab.actions import ActionRegistry

            return [spec.to_json() for spec in ActionRegistry().specs()]
        case "samplers":
            from genplay.sampling import cards as samplers

            return [
                {
                    "id": c.id, "title": c.title, "worlds": list(c.worlds), "summary": c.summary, "samples": c.exact,
                    "needs": list(c.needs), "any_of": list(c.any_of), "reference": c.reference,
                    "knobs": _knobs(c.knobs),
                }
                for c in samplers.cards().values()
            ]  # fmt: skip
        case "lessons":
            return []
    raise unknown_name("list", what, ("datasets", "models", "samplers", "metrics", "lessons", "actions"))
