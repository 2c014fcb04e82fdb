"""genplay: a playground for generative models. ``genplay.fit`` trains one, ``genplay.open`` opens a saved run,
``genplay.compare`` measures several side by side, ``genplay.race`` trains several side by side, ``genplay.ensemble`` mixes them.

Importing this loads neither torch nor Qt.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from genplay.lab.compare import compare
    from genplay.lab.fit import fit
    from genplay.lab.mixture import ensemble
    from genplay.lab.race_fit import race
    from genplay.lab.run import open_run as open  # noqa: A004

__version__ = "0.1.0"
__all__ = ["__version__", "compare", "ensemble", "fit", "open", "race"]


def __getattr__(name: str) -> Any:
    if name == "compare":
        from genplay.lab.compare import compare

        return compare
    if name == "fit":
        from genplay.lab.fit import fit

        return fit
    if name == "ensemble":
        from genplay.lab.mixture import ensemble

        return ensemble
    if name == "race":
        from genplay.lab.race_fit import race

        return race
    if name == "open":
        from genplay.lab.run import open_run

        return open_run
    raise AttributeError(f"module 'genplay' has no attribute '{name}'")
