"""The pace required and the band around the target day."""

from __future__ import annotations

from datetime import date

import pytest

from accelerator.rules import projection
from accelerator.rules.projection import Month

TODAY = date(2026, 11, 15)
BY = date(2027, 12, 31)


def _months(*added: int) -> list[Month]:
    months, total, first = [], 0, date(2025, 11, 1)
    for number in added:
        total += number
        months.append(Month(first, number, total))
        first = projection.next_month(first)
    return months


def test_history_has_no_gap_and_ends_this_month():
    months = projection.history([(2025, 12, 3), (2026, 2, 4)], today=date(2026, 3, 9))

    assert months == [
        Month(date(2025, 12, 1), 3, 3),
        Month(date(2026, 1, 1), 0, 3),
        Month(date(2026, 2, 1), 4, 7),
        Month(date(2026, 3, 1), 0, 7),
    ]
    assert projection.history([], today=TODAY) == []


def test_required_pace_spreads_what_is_missing_over_the_months_left():
    found = projection.reach(_months(*[50] * 13), target=2_500, by=BY, today=TODAY)

    assert found.total == 650
    assert found.required_per_month == pytest.approx(1850 / (411 / projection.DAYS_A_MONTH))
    assert found.recent_per_month == 50


def test_a_steady_pace_leaves_no_spread_and_an_uneven_one_does():
    steady = projection.reach(_months(*[50] * 13), target=2_500, by=BY, today=TODAY).at_target_day
    uneven = projection.reach(_months(*[0, 100] * 6, 50), target=2_500, by=BY, today=TODAY).at_target_day

    assert steady is not None and uneven is not None
    assert steady.low == steady.expected == steady.high
    assert uneven.low < uneven.expected < uneven.high
    assert uneven.expected == pytest.approx(steady.expected)


def test_the_band_widens_with_time_and_never_falls_below_today():
    band = projection.reach(_months(*[0, 90] * 6, 5), target=2_500, by=BY, today=TODAY).band

    widths = [point.high - point.low for point in band]
    assert widths == sorted(widths)
    assert (band[0].on, band[-1].on) == (TODAY, BY)
    assert all(545 <= point.low <= point.expected <= point.high for point in band)
    assert [point.on for point in band] == sorted({point.on for point in band})


@pytest.mark.parametrize(
    ("months", "today"),
    [
        ([], TODAY),
        (_months(10, 10), date(2025, 12, 20)),
        (_months(*[300] * 13), TODAY),
        (_months(*[10] * 13), date(2028, 1, 5)),
    ],
    ids=["nothing yet", "too early", "reached", "after the day"],
)
def test_no_band_where_there_is_nothing_to_foresee(months, today):
    found = projection.reach(months, target=2_500, by=BY, today=today)

    assert (found.band, found.at_target_day) == ((), None)


def test_the_month_under_way_is_not_taken_for_a_whole_one():
    found = projection.reach(_months(*[60] * 12, 0), target=2_500, by=BY, today=TODAY)

    assert found.recent_per_month == 60
