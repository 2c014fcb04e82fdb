"""What a flow on the plane shows of its inside: the plane as it is bent stage by stage, that no mass is lost, one point.

Mass: a small cell of area A around the noise z becomes a cell of area A · |det ∂x/∂z| around x = f⁻¹(z). The mass
N(z; 0, I) · A is the same as p(x) times the new area, which is measured here from the cell's warped corners alone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from genplay.models.base import About, HasLayers
from genplay.models.exhibits import Exhibit, Facts, Matrix, PlanePicture, Polyline
from genplay.quantity import Kind, Quantity, estimate, exact
from genplay.spaces.plane import Box, Grid

__all__ = ["look_at_cells", "plane_exhibits"]

Array = NDArray[np.float64]

PICTURES = 5
"""At most so many stages are drawn, the first and the last among them."""
LINES = 13
LINE_POINTS = 49
CELLS = 24
SHOWN = 300
NOISE_BOX = Box(-4.0, 4.0, -4.0, 4.0)


class Bending(HasLayers, Protocol):
    """What these exhibits ask of a model."""

    density_kind: Kind

    @property
    def density_method(self) -> str: ...

    def warp(self, x: Tensor) -> tuple[Tensor, Tensor]: ...

    def unwarp(self, z: Tensor) -> Tensor: ...


@dataclass(frozen=True)
class Cells:
    """n × n cells of the noise: their corners (n + 1, n + 1, 2) in data space, and the mass of each by both measures, (n, n).

    Beside them, at no cost of its own, a point there and back: f⁻¹(z) (1, 2) and log |det ∂f/∂x|.
    """

    corners: Array
    in_noise: Array
    in_data: Array
    back: Tensor
    log_det: float


def plane_exhibits(flow: Bending, about: About, fine: bool) -> tuple[Exhibit, ...]:
    """All of them, about the point ``about.x``; the view is the square around the data. Not ``fine``: with fewer points."""
    box = Box.around(about.data.double().cpu().numpy())
    pictures, z = _warped(flow, about, box, fine)
    cells = look_at_cells(flow, about.x, z, CELLS if fine else CELLS // 2)
    matrix = (_jacobian(flow, about.x),) if fine else ()
    return (_one_point(flow, about.x, z, cells), *matrix, *pictures, *_mass(cells, box))


@torch.no_grad()
def _warped(flow: Bending, about: About, box: Box, fine: bool) -> tuple[list[PlanePicture], Tensor]:
    """The grid, some of the data and the chosen point after some of the stages; and where that point ends, (1, 2)."""
    count, shown_points = (LINE_POINTS, SHOWN) if fine else (LINE_POINTS // 2, SHOWN // 2)
    across = np.linspace(box.x0, box.x1, LINES), np.linspace(box.y0, box.y1, LINES)
    along = np.linspace(box.x0, box.x1, count), np.linspace(box.y0, box.y1, count)
    upright = np.stack(np.broadcast_arrays(across[0][:, None], along[1][None, :]), axis=2)
    level = np.stack(np.broadcast_arrays(along[0][None, :], across[1][:, None]), axis=2)
    data = about.data[:shown_points]
    grid = torch.tensor(np.concatenate([upright, level]).reshape(-1, 2)).to(data)
    states = flow.stages(torch.cat([about.x, data, grid]))
    stages = states.double().cpu().numpy()
    last = len(stages) - 1
    shown = sorted({round(i * last / (PICTURES - 1)) for i in range(PICTURES)})
    pictures = []
    for i in shown:
        point, points, rest = np.split(stages[i], [1, 1 + len(data)])
        lines = [Polyline(line, role="dim") for line in rest.reshape(2 * LINES, count, 2)]
        lines.append(Polyline(points, role="data", dots=True, label="data"))
        lines.append(Polyline(point, role="truth", dots=True, label="the chosen point"))
        title = (
            "Data" if i == 0 else "Noise: after the last stage" if i == last else f"After stage {i} of {last}"
        )
        pictures.append(
            PlanePicture(
                title, box if i == 0 else NOISE_BOX, tuple(lines),
                help="The same grid and the same points, bent a little further by every stage.",
                legend=("data", "the chosen point"),
            )
        )  # fmt: skip
    return pictures, states[-1, :1]


@torch.no_grad()
def look_at_cells(flow: Bending, x: Tensor, z: Tensor, n: int) -> Cells:
    """Cells of the noise, warped back; x (1, 2) and z = f(x) come along."""
    grid = Grid(NOISE_BOX, n)
    edges = np.linspace(NOISE_BOX.x0, NOISE_BOX.x1, n + 1), np.linspace(NOISE_BOX.y0, NOISE_BOX.y1, n + 1)
    corners = torch.tensor(np.stack(np.meshgrid(*edges), axis=2).reshape(-1, 2)).to(x)
    centres = torch.tensor(grid.points()).to(x)
    back = flow.unwarp(torch.cat([corners, centres, z]))
    again, log_det = flow.warp(torch.cat([back[len(corners) : -1], x]))
    bend = log_det.double().expand(len(again)).cpu().numpy()
    p = _normal(again[:-1]) * np.exp(bend[:-1])
    warped = back[: len(corners)].double().cpu().numpy().reshape(n + 1, n + 1, 2)
    return Cells(
        warped,
        _normal(centres).reshape(n, n) * grid.cell_area,
        p.reshape(n, n) * _areas(warped),
        back[-1:],
        float(bend[-1]),
    )


def _normal(z: Tensor) -> Array:
    """N(z; 0, I), (n, 2) → (n,)."""
    out: Array = torch.exp(-0.5 * z.double().square().sum(dim=1)).cpu().numpy() / (2 * math.pi)
    return out


def _jacobian(flow: Bending, x: Tensor) -> Matrix:
    """∂f/∂x at the chosen point."""
    with torch.enable_grad():
        twice = x.detach().expand(2, -1).clone().requires_grad_()
        # Row i of the batch is differentiated through output i alone.
        (rows,) = torch.autograd.grad(flow.warp(twice)[0].diagonal().sum(), twice)
    return Matrix(
        "Jacobian at the chosen point", rows.double().cpu().numpy(), ("z₁", "z₂"), ("x₁", "x₂"), scale="signed",
        help="How z moves when x moves a little; the size of its determinant is how much the map stretches areas there.",
    )  # fmt: skip


def _areas(corners: Array) -> Array:
    """Areas of quadrilaterals from their diagonals, ½ |d₁ × d₂|: corners (n + 1, n + 1, 2) → (n, n)."""
    one = corners[1:, 1:] - corners[:-1, :-1]
    other = corners[1:, :-1] - corners[:-1, 1:]
    return 0.5 * np.abs(one[..., 0] * other[..., 1] - one[..., 1] * other[..., 0])


def _mass(cells: Cells, box: Box) -> tuple[PlanePicture, PlanePicture, Facts]:
    """Cells of one size in noise, where they come from in the data, how their area changes, and what they weigh."""
    corners, in_noise, in_data = cells.corners, cells.in_noise, cells.in_data
    n = len(in_noise)
    ways = [*corners, *corners.swapaxes(0, 1)]
    before = PlanePicture(
        "Cells of noise, seen in the data", box, tuple(Polyline(way, role="model") for way in ways),
        help="Every cell holds the mass of a square of the noise: small cells are where the density is high.",
        legend=("where a square grid of the noise comes from",),
    )  # fmt: skip
    size = Grid(NOISE_BOX, n).cell_area
    factor = np.log(np.maximum(_areas(corners), 1e-12) / size)
    change = PlanePicture(
        "Area on the way from noise to data", NOISE_BOX, field=factor, scale="signed", unit="log of the ratio",
        help="How much a cell of the noise grows (or shrinks, below 0) as it becomes a cell of the data: log |det ∂x/∂z|.",
    )  # fmt: skip
    how = f"sum over {n} × {n} cells, each a point's density times the area between four corners"
    facts = Facts(
        "Mass is conserved",
        (
            ("Mass of all cells in the noise", estimate(float(in_noise.sum()), None, how, unit="")),
            ("Mass of the same cells in the data", estimate(float(in_data.sum()), None, how, unit="")),
            (
                "Largest difference in a cell",
                estimate(float(np.abs(in_noise - in_data).max()), None, "over all cells", unit=""),
            ),
        ),
        help="Where the plane is stretched the density falls in the same measure, so every cell keeps its mass.",
    )
    return before, change, facts


def _one_point(flow: Bending, x: Tensor, z: Tensor, cells: Cells) -> Facts:
    """Forward and inverse of the chosen point."""
    normal = float(-0.5 * z.double().square().sum()) - math.log(2 * math.pi)
    bend = cells.log_det
    method, kind = flow.density_method, flow.density_kind
    return Facts(
        "One point, there and back",
        (
            ("x", _pair(x)),
            ("z = f(x)", _pair(z)),
            ("f⁻¹(z)", _pair(cells.back)),
            ("log N(z; 0, I)", exact(normal, "standard normal")),
            ("log |det ∂f/∂x|", Quantity(bend, kind, None, method)),
            ("log p(x), their sum", Quantity(normal + bend, kind, None, method)),
        ),
        help="The density at x is that of the noise at z, times how much the map stretches the plane around x.",
    )


def _pair(x: Tensor) -> str:
    a, b = x[0].double().tolist()
    return f"({a:.4f}, {b:.4f})".replace("-", "−")
