"""The one table of colours: every name has a light and a dark column, and one meaning everywhere in the program.

Text colours reach WCAG AA (contrast 4.5) on every surface they are written on, marks reach 3; the tests compute it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

__all__ = ["DARK", "LIGHT", "THEMES", "Tokens", "contrast"]

MARKERS = ("o", "s", "t1", "d", "x", "t", "p", "star", "h", "+")
"""One shape per class beside its colour, by pyqtgraph's symbol names."""


@dataclass(frozen=True)
class Tokens:
    """Every colour of one theme as ``#RRGGBB``.

    ``data``, ``model``, ``truth`` and the two sides of ``error`` (positive: the model has too much there) mean the same
    thing on every view. ``heat`` holds the stops of the lookup tables by layer, lowest value first; each begins at
    ``canvas`` or has it in the middle, so that *nothing there* looks like the empty stage.
    """

    name: str
    dark: bool
    background: str
    surface: str
    raised: str
    sunken: str
    canvas: str
    border: str
    border_strong: str
    grid: str
    text: str
    text_dim: str
    text_on_accent: str
    accent: str
    accent_hover: str
    accent_soft: str
    selection: str
    focus: str
    data: str
    model: str
    truth: str
    error_positive: str
    error_negative: str
    warning: str
    danger: str
    ok: str
    classes: tuple[str, ...]  # the blues last: the model's samples are blue
    heat: Mapping[str, tuple[str, ...]]
    markers: tuple[str, ...] = MARKERS


LIGHT = Tokens(
    name="light",
    dark=False,
    background="#F3F4F7",
    surface="#FFFFFF",
    raised="#FFFFFF",
    sunken="#E9EBF0",
    canvas="#FFFFFF",
    border="#DADEE6",
    border_strong="#7C8494",
    grid="#E6E9EE",
    text="#1A2130",
    text_dim="#4F5868",
    text_on_accent="#FFFFFF",
    accent="#0B6E69",
    accent_hover="#085955",
    accent_soft="#D5EDEB",
    selection="#CBE8E5",
    focus="#0B6E69",
    data="#A94400",
    model="#1B62CC",
    truth="#3A7318",
    error_positive="#BE2540",
    error_negative="#6645C2",
    warning="#8A5A00",
    danger="#B3261E",
    ok="#2A7230",
    classes=(
        "#C24E00",
        "#00805C",
        "#B04A86",
        "#6F4699",
        "#8F6500",
        "#7B5528",
        "#7F7A00",
        "#555B66",
        "#0069A8",
        "#2487C2",
    ),
    heat=MappingProxyType(
        {
            "density": ("#FFFFFF", "#D6E6FB", "#93BDF3", "#4A8AE0", "#1B5CBC", "#0A2F70"),
            "truth": ("#FFFFFF", "#E0F0D3", "#B0D68E", "#74AE47", "#417A1C", "#1E420A"),
            "energy": ("#1E1247", "#3B3F94", "#3C7DAE", "#62B5A7", "#B9DEB4", "#FFFFFF"),
            "error": ("#4A2C9E", "#8D75D6", "#CFC5EE", "#FFFFFF", "#F6C3CB", "#DE6C7E", "#9E1730"),
            "discriminator": ("#7FA9E8", "#C3D8F6", "#FFFFFF", "#F6D6BE", "#E2A06E"),
        }
    ),
)

DARK = Tokens(
    name="dark",
    dark=True,
    background="#14171D",
    surface="#1B1F27",
    raised="#242933",
    sunken="#101319",
    canvas="#0E1116",
    border="#2F3643",
    border_strong="#7A8496",
    grid="#20252E",
    text="#E8EBF1",
    text_dim="#A5AEBD",
    text_on_accent="#05201E",
    accent="#3CC6BB",
    accent_hover="#62D9D0",
    accent_soft="#173B3A",
    selection="#17413F",
    focus="#3CC6BB",
    data="#FFA45C",
    model="#6FB1FF",
    truth="#9AD45F",
    error_positive="#FF7288",
    error_negative="#B59CFF",
    warning="#F0B849",
    danger="#FF8478",
    ok="#79CE80",
    classes=(
        "#FF9556",
        "#3FCFA3",
        "#EE94C7",
        "#BE9DEB",
        "#E8BF4F",
        "#C9A172",
        "#D3CD4B",
        "#B4BBC7",
        "#58B4F2",
        "#93D4FF",
    ),
    heat=MappingProxyType(
        {
            "density": ("#0E1116", "#11294D", "#1B4E92", "#3381D6", "#7DB8FA", "#E4F1FF"),
            "truth": ("#0E1116", "#1C3310", "#386319", "#659A34", "#9FD168", "#EAF8DB"),
            "energy": ("#F3F6C4", "#8FD3A0", "#3FA0A0", "#35679B", "#2F3470", "#0E1116"),
            "error": ("#CDBDFF", "#8C6FE0", "#42347A", "#0E1116", "#6E2333", "#D9546C", "#FFC0CA"),
            "discriminator": ("#2C5B97", "#1B3454", "#0E1116", "#4B2E18", "#94592B"),
        }
    ),
)

THEMES: Mapping[str, Tokens] = MappingProxyType({"light": LIGHT, "dark": DARK})


def _luminance(colour: str) -> float:
    channels = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(one: str, other: str) -> float:
    """The WCAG 2.2 contrast ratio of two colours ``#RRGGBB``, from 1 to 21."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)
