"""A panel behind another tab costs nothing: it is not seen, asks nothing and marks nothing."""

from __future__ import annotations

from genplay.models.exhibits import Facts
from genplay.ui.main_window import MainWindow
from genplay.ui.seen import seen
from tests.ui.support import Until


def test_only_the_tab_in_front_is_seen(window: MainWindow, until: Until, monkeypatch) -> None:
    from genplay.models.nsf import SplineFlow

    monkeypatch.setattr(
        SplineFlow, "exhibits", lambda self, about: (Facts("Where", (("x", "here"),)),), raising=False
    )
    assert seen(window.curves)
    assert not seen(window.inside)
    assert not window.inside.sections
    overlay = window.stage.plane.canvas.overlay
    window.dispatch.run("window.panel", name="inside", shown=True)
    until(lambda: window.inside.sections, "for the exhibits")
    until(lambda: overlay.subject is not None, "for the mark on the stage")
    assert not seen(window.curves)
    window.dispatch.run("inside.about", point=[0.5, 0.25])
    until(lambda: overlay.subject is not None and overlay.subject.tolist() == [0.5, 0.25])
    window.dispatch.run("window.panel", name="curves", shown=True)
    until(lambda: overlay.subject is None, "for the mark to go")
    assert not seen(window.inside)
    window.dispatch.run("window.panel", name="gallery", shown=True)
    until(lambda: window.gallery.samples_wanted() > 0, "for the gallery to want samples")
    until(lambda: window.gallery.cloud._groups, "for the gallery's samples")
