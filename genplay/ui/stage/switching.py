"""What a word of a stage's sentence does: it shows or hides its layer."""

from __future__ import annotations

from typing import Any

from genplay.ui.stage.layers import FIELDS

__all__ = ["switch_layer"]


def switch_layer(experiment: Any, actions: Any, layer: str, on: bool) -> None:
    """Show or hide a layer; of the fields that fill the plane only one is shown, the truth may lie over it."""
    if on and layer in FIELDS and experiment.world == "plane":
        for other in FIELDS:
            if other != layer and "truth" not in (other, layer) and other in experiment.stage.layers:
                actions.run("stage.layer", name=other, on=False)
    actions.run("stage.layer", name=layer, on=on)
