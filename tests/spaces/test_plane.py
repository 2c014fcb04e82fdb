import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genplay.spaces.plane import Box, Grid


def test_an_empty_box_cannot_be_made():
    with pytest.raises(ValueError, match="empty box"):
        Box(1, 1, 0, 2)


@given(st.lists(st.tuples(st.floats(-50, 50), st.floats(-50, 50)), min_size=1, max_size=20))
def test_a_box_around_points_is_a_square_that_holds_them(points):
    x = np.array(points)
    box = Box.around(x)
    assert box.contains(x).all()
    assert box.width == pytest.approx(box.height)


def test_growing_keeps_the_centre():
    box = Box(0, 2, 0, 4).grown(1.5)
    assert (box.x0, box.x1, box.y0, box.y1) == (-0.5, 2.5, -1, 5)
    assert box.area == 18


def test_grid_points_run_along_x_first_and_sit_in_the_cells_middle():
    grid = Grid(Box(0, 2, 10, 14), 2)
    np.testing.assert_array_equal(grid.points(), [[0.5, 11], [1.5, 11], [0.5, 13], [1.5, 13]])
    assert grid.cell_area * grid.n**2 == grid.box.area


def test_the_midpoint_rule_weighs_a_gaussian_inside_the_box():
    grid = Grid(Box(-2, 2, -2, 2), 64)
    density = np.exp(-(grid.points() ** 2).sum(axis=1) / (2 * 0.3**2)) / (2 * np.pi * 0.3**2)
    assert density.sum() * grid.cell_area == pytest.approx(1, abs=1e-9)
