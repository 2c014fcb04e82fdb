"""The tool that measures a region: a pencil on the stage, and the loop with what it holds."""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtCore import QObject, Signal

from genplay.ui.stage.plane_canvas import PlaneCanvas
from genplay.ui.stage.region import labelled, region_methods, region_words

__all__ = ["RegionTool"]


class RegionTool(QObject):
    """``said`` carries the sentence for the line below the stage, '' for none, and how its numbers are known."""

    said = Signal(str, str)

    def __init__(
        self, canvas: PlaneCanvas, experiment: Any, actions: Any, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._canvas, self._region, self._actions = canvas, experiment.region, actions
        canvas.looped.connect(self._measure)
        experiment.region.changed.connect(self._show)

    def _measure(self, loop: np.ndarray) -> None:
        """A hand that hardly moved has drawn nothing: the region is forgotten."""
        least = 4 * self._canvas.pixel()
        drawn = bool((np.ptp(loop, axis=0) > least).all())
        self._actions.run("stage.measure", points=loop.tolist() if drawn else None)

    def _show(self) -> None:
        region, canvas = self._region, self._canvas
        if canvas.sketching != region.tool:
            canvas.take_pencil(region.tool)
        canvas.overlay.region = labelled(region)
        canvas.overlay.refresh()
        self.said.emit(region_words(region), region_methods(region))
