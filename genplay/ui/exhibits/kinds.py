"""Which view draws which kind of exhibit."""

from __future__ import annotations

from typing import Any, Protocol, cast

from PySide6.QtWidgets import QWidget

from genplay.models.exhibits import Bars, Curves, Exhibit, Facts, Matrix, Pictures, PixelGraph, PlanePicture
from genplay.ui.exhibits.bars import BarsView
from genplay.ui.exhibits.curves import CurvesView
from genplay.ui.exhibits.facts import FactsView
from genplay.ui.exhibits.matrix import MatrixView
from genplay.ui.exhibits.pictures import PicturesView
from genplay.ui.exhibits.pixel_graph import PixelGraphView
from genplay.ui.exhibits.plane_picture import PlanePictureView
from genplay.ui.theme import Theme

__all__ = ["VIEWS", "ExhibitView", "view_of"]


class ExhibitView(Protocol):
    """What every view of an exhibit can do."""

    def show_exhibit(self, exhibit: Any) -> None:
        """Draw an exhibit of its kind."""
        ...


VIEWS: dict[type, type[QWidget]] = {
    Pictures: PicturesView,
    Matrix: MatrixView,
    PixelGraph: PixelGraphView,
    Curves: CurvesView,
    Bars: BarsView,
    Facts: FactsView,
    PlanePicture: PlanePictureView,
}


def view_of(exhibit: Exhibit, theme: Theme, parent: QWidget | None = None) -> QWidget:
    """A view that shows this exhibit."""
    view = cast(Any, VIEWS[type(exhibit)])(theme, parent)
    cast(ExhibitView, view).show_exhibit(exhibit)
    return cast(QWidget, view)
