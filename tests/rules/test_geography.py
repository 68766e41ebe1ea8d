"""The map of the regions and its colours."""

from __future__ import annotations

import re

import pytest

from accelerator.rules import geography

SQUARE = [(0.0, 45.0), (1.0, 45.0), (2.0, 45.0), (2.0, 47.0), (0.0, 47.0), (0.0, 45.0)]
NEXT = [(2.0, 45.0), (4.0, 45.0), (4.0, 47.0), (2.0, 47.0), (2.0, 45.0)]


def _corners(path: str) -> set[tuple[int, int]]:
    x, y, *steps = [int(text) for text in re.findall(r"-?\d+", path)]
    corners = {(x, y)}
    for step_x, step_y in zip(steps[::2], steps[1::2], strict=True):
        x, y = x + step_x, y + step_y
        corners.add((x, y))
    return corners


def test_neighbours_keep_their_common_border():
    drawn = geography.drawn_map({"84": [SQUARE], "93": [NEXT]})

    assert len(_corners(drawn.paths["84"])) == 4
    assert len(_corners(drawn.paths["84"]) & _corners(drawn.paths["93"])) == 2


def test_north_is_up_and_everything_is_inside_the_drawing():
    drawn = geography.drawn_map({"84": [SQUARE], "04": [SQUARE]})

    assert list(drawn.insets) == ["04"]
    box = drawn.insets["04"]
    for x, y in _corners(drawn.paths["04"]):
        assert box.x <= x <= box.x + box.width
        assert box.y <= y <= box.y + box.height
    assert all(0 <= x <= drawn.width and 0 <= y <= drawn.height for x, y in _corners(drawn.paths["84"]))


def test_specks_are_left_out_unless_they_are_all_there_is():
    speck = [(5.0, 45.0), (5.0001, 45.0), (5.0001, 45.0001), (5.0, 45.0)]

    assert geography.drawn_map({"84": [SQUARE, speck]}).paths["84"].count("M") == 1
    assert geography.drawn_map({"84": [SQUARE], "93": [speck]}).paths["93"].count("M") == 1


def test_a_region_without_an_outline_is_refused():
    with pytest.raises(ValueError, match="93"):
        geography.drawn_map({"84": [SQUARE], "93": []})


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ([], []),
        ([0, 3], []),
        ([7], [5, 7]),
        ([5, 9, 14, 40, 47, 120, 380], [5, 9, 40, 100]),
        ([10] * 12, [5, 10]),
    ],
)
def test_class_bounds_rise_and_are_round(counts, expected):
    assert geography.class_bounds(counts, first=5) == expected


def test_class_of_a_count():
    assert [geography.class_of(count, [5, 12, 40]) for count in (0, 4, 5, 12, 39, 400)] == [0, 0, 1, 2, 2, 3]
