"""The geometry of charts: round ticks, everything inside the frame, tables that say what is drawn."""

from __future__ import annotations

import re
from datetime import date

import pytest

from accelerator.rules import charts
from accelerator.rules.charts import Band, Item, Line, Marked


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1]),
        (0, 2500, [0, 500, 1000, 1500, 2000, 2500]),
        (0, 97, [0, 20, 40, 60, 80, 100]),
        (-3, 7, [-4, -2, 0, 2, 4, 6, 8]),
        (0, 0, [0, 0.2, 0.4, 0.6, 0.8, 1]),
        (1.2, 4.9, [1, 2, 3, 4, 5]),
    ],
)
def test_nice_numbers_are_round_and_enclose_the_values(low, high, expected):
    assert charts.nice_numbers(low, high) == expected


@pytest.mark.parametrize("high", [10**power * factor for power in range(-3, 10) for factor in (1, 1.7, 3, 9.99)])
def test_nice_numbers_are_few_and_reach_the_top(high):
    numbers = charts.nice_numbers(0, high)

    assert numbers[0] == 0
    assert numbers[-1] >= high * (1 - 1e-9)
    assert 2 <= len(numbers) <= charts.MOST_TICKS + 1


@pytest.mark.parametrize(
    ("first", "last", "shape", "ticks"),
    [
        (date(2026, 3, 1), date(2026, 3, 4), "day", 4),
        (date(2026, 3, 1), date(2026, 3, 31), "day", 5),
        (date(2026, 1, 1), date(2026, 5, 20), "month", 5),
        (date(2024, 9, 10), date(2026, 11, 20), "month", 4),
        (date(2020, 6, 1), date(2027, 12, 31), "year", 3),
        (date(2026, 3, 1), date(2026, 3, 1), "day", 1),
        (date(9999, 1, 1), date(9999, 12, 31), "month", 6),
    ],
)
def test_nice_days_suit_the_length(first, last, shape, ticks):
    days, found = charts.nice_days(first, last)

    assert (found, len(days)) == (shape, ticks)
    assert all(first <= day <= last for day in days)


def _numbers_of(path: str) -> list[float]:
    return [float(text) for text in re.findall(r"-?\d+\.?\d*", path)]


def test_line_stays_inside_its_frame():
    points = [(date(2026, month, 1), float(month * month)) for month in range(1, 13)]
    chart = charts.line(
        [Line("Used", points)],
        band=Band("Range", [(date(2027, 1, 1), 100.0, 200.0), (date(2027, 6, 1), 120.0, 420.0)]),
        marked=Marked(date(2027, 12, 31), "Target"),
    )

    for path in (chart.lines[0].path, chart.band_path):
        numbers = _numbers_of(path)
        assert all(chart.left <= x <= chart.right for x in numbers[::2])
        assert all(chart.top <= y <= chart.bottom for y in numbers[1::2])
    assert chart.marked is not None
    assert (chart.marked.x, chart.marked.is_late) == (chart.right, True)


def test_line_rises_with_its_values():
    chart = charts.line([Line("Used", [(1, 10.0), (2, 20.0), (3, 15.0)])])

    _, first, _, second, _, third = _numbers_of(chart.lines[0].path)
    assert second < third < first
    assert (chart.lines[0].end_x, chart.lines[0].end_value) == (chart.right, 15.0)


def test_line_table_has_every_place_and_says_nothing_where_a_series_does():
    chart = charts.line(
        [Line("A", [(1, 10.0), (2, 20.0)]), Line("B", [(2, 5.0), (3, 6.0)])], band=Band("R", [(3, 1.0, 9.0)])
    )

    assert [(row.place, row.values) for row in chart.rows] == [
        (1, (10.0, None, None, None)),
        (2, (20.0, 5.0, None, None)),
        (3, (None, 6.0, 1.0, 9.0)),
    ]


def test_line_without_points_is_empty():
    chart = charts.line([Line("A", [])], marked=Marked(date(2026, 1, 1), "Today"))

    assert chart.is_empty
    assert (chart.lines, chart.marked, chart.x_ticks) == ((), None, ())


def test_line_with_one_point_draws_it_in_the_middle():
    chart = charts.line([Line("A", [(date(2026, 1, 1), 0.0)])])

    assert chart.lines[0].end_x == (chart.left + chart.right) / 2


def test_bars_share_one_scale_in_the_order_given():
    chart = charts.bars([Item("B", 5), Item("A", 10), Item("none", 0)])

    assert [(bar.label, bar.length) for bar in chart.bars] == [("B", 265.0), ("A", 530.0), ("none", 0.0)]
    assert chart.bars[-1].y + chart.thickness < chart.height


def test_bars_refuse_what_cannot_be_drawn():
    with pytest.raises(ValueError, match="zero"):
        charts.bars([Item("A", -1)])


def test_histogram_counts_every_value_once():
    chart = charts.histogram([1, 1.4, 2, 3, 4.9, 5, 7], low=1, high=5, bins=4)

    assert [drawn.count for drawn in chart.bins] == [2, 1, 1, 3]
    assert all(chart.top <= drawn.y <= chart.bottom for drawn in chart.bins)


@pytest.mark.parametrize("values", [[], [3.0], [2.0, 2.0]])
def test_histogram_of_little_is_no_failure(values):
    chart = charts.histogram(values)

    assert sum(drawn.count for drawn in chart.bins) == len(values)
    assert chart.is_empty is not bool(values)


def test_intervals_lie_in_the_frame_with_the_line_between_two_places():
    items = [
        charts.Interval("Ada", 1, 1, 4),
        charts.Interval("A name that is far too long for its line", 2, 9, 40, True),
    ]

    chart = charts.intervals(items, mark=15)

    first, second = chart.rows
    assert (first.low_x, first.at_x, first.is_open) == (chart.left, chart.left, False)
    assert second.short == "A name that is far too long…"
    assert first.high_x < second.at_x < chart.mark_x < second.high_x <= chart.right
    assert chart.top < first.y < second.y < chart.bottom < chart.height
    assert [tick.value for tick in chart.x_ticks] == [1, 10, 20, 30, 40]


def test_intervals_over_many_places_keep_the_first_apart():
    chart = charts.intervals([charts.Interval("Ada", 1, 2, 9_000)], mark=15)

    ticks = [tick.position for tick in chart.x_ticks]
    assert [tick.value for tick in chart.x_ticks][:6] == [1, 2, 5, 10, 20, 50]
    assert ticks == sorted(ticks)
    assert chart.rows[0].at_x - chart.rows[0].low_x > 30
    assert chart.rows[0].high_x == chart.right


def test_intervals_of_nothing_are_empty():
    assert charts.intervals([], mark=15).is_empty
