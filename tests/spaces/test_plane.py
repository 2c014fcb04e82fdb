import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genplay.spaces.plane import HOME, Box, Grid, integrate_density


def normal(mean, std):
    return lambda x: -(((x - mean) / std) ** 2).sum(axis=1) / 2 - np.log(2 * np.pi * std**2)


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


def test_a_gaussian_that_sticks_out_of_the_box_is_found_and_weighs_one():
    integral = integrate_density(normal(np.array([1.5, 0.0]), 0.8), HOME)
    assert integral.log_mass == pytest.approx(0, abs=1e-3)
    assert integral.settled
    assert integral.box.x1 > HOME.x1


def test_a_needle_makes_the_grid_finer():
    integral = integrate_density(normal(np.zeros(2), 0.02), HOME, n=64)
    assert integral.log_mass == pytest.approx(0, abs=1e-3)
    assert integral.n > 64


def test_what_never_ends_is_not_settled():
    assert not integrate_density(lambda x: np.zeros(len(x)), HOME, n=32).settled
