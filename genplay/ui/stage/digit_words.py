"""What is said above the images of the stage: what they are, and how far the search for the most probable ones is."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from genplay.models.card import Card
from genplay.training.snapshot import Snapshot

__all__ = ["samples_title", "samples_words", "top_words"]

_NOT_READY = "The model is being made ready."
_RANKED = {"exact": "exact", "bound": "ranked by a bound", "estimate": "ranked by an estimate"}


def samples_title(snapshot: Snapshot | None, class_names: tuple[str, ...]) -> str:
    """The heading of the samples."""
    label = snapshot.samples_label if snapshot is not None else None
    return (
        "Samples" if label is None or label >= len(class_names) else f"Samples of class {class_names[label]}"
    )


def samples_words(snapshot: Snapshot | None) -> str:
    """The line below it."""
    if snapshot is None:
        return _NOT_READY
    if snapshot.step == 0:
        return "Not trained yet: this is how the model begins."
    return "The same noise every time, so that each image can be followed."


def top_words(
    snapshot: Snapshot | None, card: Card, log_p: NDArray[np.float64] | None, *, found: bool, searching: bool
) -> str:
    """The line above the most probable images; ``found``: all images were looked through, log_p are those of the best."""
    if snapshot is None:
        return _NOT_READY
    if "digits" not in card.density:
        return f"{card.title} has no density, so no image can be called most probable."
    if found:
        held, shown = (float(np.exp(log_p).sum()), len(log_p)) if log_p is not None else (0.0, 0)
        ranked = _RANKED[card.density["digits"]]
        return f"Of all 33,554,432 images, {ranked}; log p in nats. These {shown} hold {held:.0%} of the probability."
    if searching:
        return "Looking through all 2²⁵ images …"
    if snapshot.state == "running":
        return "Of the samples, by log p in nats; all images are searched when training rests."
    return "Of the samples, by log p in nats."
