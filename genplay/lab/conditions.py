"""When an action can be run, and in a sentence why not: for menus, buttons and scripts alike."""

from __future__ import annotations

from genplay.lab.actions import ActionRegistry
from genplay.lab.experiment import Experiment
from genplay.spaces import World

__all__ = ["bind_conditions"]


def bind_conditions(registry: ActionRegistry, experiment: Experiment) -> None:
    """Bind every condition that an action of the core may have."""

    def world(name: World, words: str) -> str:
        return "" if experiment.world == name else f"This belongs to {words}; choose that world first."

    def latent() -> str:
        if experiment.latent.dim:
            return ""
        return f"The model '{experiment.model_id}' has no latent code, or is not ready yet; try vae or nsf."

    def anchors() -> str:
        state = experiment.latent
        if state.a is not None and state.b is not None:
            return ""
        return latent() or "Set both anchors first: drag two samples onto a and b."

    def labels() -> str:
        name = experiment.model_id
        if "labels" not in experiment.card.capabilities_in(experiment.world):
            return f"The model '{name}' cannot be asked for a class; naive-bayes, vae and transformer can."
        if experiment.data.classes < 2:
            return "All of these data are of one class."
        if not getattr(experiment.knobs, "conditional", True):
            return f"The model '{name}' is not told the classes: switch class-conditional on and restart."
        return ""

    def table() -> str:
        return (
            ""
            if experiment.model_id == "naive-bayes"
            else "The small table belongs to naive Bayes; choose that model first."
        )

    registry.bind_condition("labels", labels)
    registry.bind_condition("table", table)
    registry.bind_condition("plane", lambda: world("plane", "the plane"))
    registry.bind_condition("digits", lambda: world("digits", "the world of 5×5 digits"))
    registry.bind_condition(
        "drawable",
        lambda: "" if experiment.drawing is not None else "There is no drawing to clear.",
    )
    registry.bind_condition("latent", latent)
    registry.bind_condition("anchors", anchors)
    registry.bind_condition("undo", lambda: "" if experiment.undo_stack.undo_label else "Nothing to undo.")
    registry.bind_condition("redo", lambda: "" if experiment.undo_stack.redo_label else "Nothing to redo.")
