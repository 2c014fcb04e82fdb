"""Where lanes and curves go."""

from __future__ import annotations

import pytest

from genplay.ui.stage.race.places import Measures, Rect, places

MEASURES = Measures(
    gap=8, head=28, border=8, figures_width=140, figures_height=70, curves_width=250, curves_height=176, lane_width=150,
    side=90,
)  # fmt: skip
SIZES = [(600, 530), (1250, 500), (1250, 800), (760, 400), (420, 700), (1800, 900)]


def apart(one: Rect, other: Rect) -> bool:
    return (
        one[0] + one[2] <= other[0] or other[0] + other[2] <= one[0]
        or one[1] + one[3] <= other[1] or other[1] + other[3] <= one[1]
    )  # fmt: skip


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("lanes", [1, 2, 3, 4])
def test_everything_is_inside_and_nothing_lies_on_another(size: tuple[int, int], lanes: int) -> None:
    found = places(*size, lanes, MEASURES)
    assert len(found.lanes) == lanes
    assert found.curves is not None
    parts = [*found.lanes, found.curves]
    for i, part in enumerate(parts):
        assert part[0] >= 0
        assert part[1] >= 0
        assert part[0] + part[2] <= size[0]
        assert part[1] + part[3] <= size[1]
        assert all(apart(part, other) for other in parts[i + 1 :])
    assert found.curves[2] >= MEASURES.curves_width
    assert found.curves[3] >= MEASURES.curves_height


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("lanes", [1, 2, 3, 4])
def test_all_lanes_are_equally_large(size: tuple[int, int], lanes: int) -> None:
    assert len({place[2:] for place in places(*size, lanes, MEASURES).lanes}) == 1


def test_a_wide_room_has_one_row_and_a_square_one_two() -> None:
    assert len({y for _, y, _, _ in places(1250, 500, 4, MEASURES).lanes}) == 1
    assert len({y for _, y, _, _ in places(900, 900, 4, MEASURES).lanes}) == 2


def test_what_pictures_cannot_use_the_curves_get() -> None:
    low, high = places(600, 520, 3, MEASURES), places(600, 580, 3, MEASURES)
    assert high.side == low.side
    assert high.curves[3] > low.curves[3]


def test_where_there_is_no_room_for_both_lanes_and_curves_are_seen_in_turn() -> None:
    found = places(410, 200, 4, MEASURES)
    assert found.curves is None
    assert len(found.lanes) == 4
    assert {wide for _, _, wide, _ in found.lanes} == {201}
