"""Burn and runway: when credits run out, when they expire, what would be lost."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from accelerator.rules.forecast import Outlook, Runway, recent_burn, runway
from accelerator.rules.forecast import ahead as forecast_ahead

MARCH = date(2026, 3, 1)


def steady(amount: str, days: int = 28) -> dict[date, Decimal]:
    return {MARCH + timedelta(days=day): Decimal(amount) for day in range(days)}


def ahead(readings: dict[date, Decimal], left: int, expires_on: date, today: date | None = None) -> Runway:
    today = today or max(readings, default=MARCH)
    return runway(readings, granted_minor=100_000, left_minor=left, expires_on=expires_on, today=today)


def test_a_steady_pace_ends_when_the_last_credit_goes_with_little_doubt():
    found = ahead(steady("10"), 5_000, date(2026, 12, 31))

    assert found.outlook is Outlook.RUNS_OUT
    assert found.expected_out_on == date(2026, 4, 2)
    assert date(2026, 4, 1) <= found.earliest_out_on <= date(2026, 4, 2) <= found.latest_out_on <= date(2026, 4, 4)
    assert found.lost_minor == 0


def test_what_the_pace_does_not_use_before_the_last_day_is_lost():
    found = ahead(steady("10"), 100_000, date(2026, 4, 7))

    assert found.outlook is Outlook.EXPIRES_UNUSED
    assert found.expected_out_on is None
    assert found.lost_minor == 90_000


def test_the_quietest_and_the_busiest_week_bound_the_pace():
    readings = {**steady("1", 7), **{MARCH + timedelta(days=day): Decimal(9) for day in range(21, 28)}}

    burn = recent_burn(readings)

    assert burn is not None
    assert (burn.low, burn.expected, burn.high) == (Decimal(0), Decimal("2.5"), Decimal(9))


def test_only_the_last_28_days_count():
    readings = {MARCH - timedelta(days=100): Decimal(10_000), **steady("2")}

    burn = recent_burn(readings)

    assert burn is not None
    assert (burn.days, burn.expected) == (28, Decimal(2))


def test_there_is_an_outlook_for_every_case():
    end = date(2026, 12, 31)

    assert runway({}, granted_minor=0, left_minor=0, expires_on=None, today=MARCH).outlook is Outlook.NO_CREDITS
    assert ahead({}, 5_000, end).outlook is Outlook.NO_USAGE
    assert ahead({}, 5_000, end).lost_minor == 5_000
    assert ahead(steady("1"), 0, end).outlook is Outlook.SPENT
    assert ahead(steady("1"), 5_000, MARCH - timedelta(days=1)).outlook is Outlook.EXPIRED
    assert ahead(steady("1"), 5_000, end, today=date(2026, 6, 1)).outlook is Outlook.NO_USAGE


@given(
    st.dictionaries(st.integers(0, 60), st.decimals(-50, 500, places=6, allow_nan=False), max_size=40),
    st.integers(0, 10**9),
    st.integers(0, 700),
)
def test_low_expected_and_high_stay_in_order(days, left, ends):
    readings = {MARCH + timedelta(days=day): amount for day, amount in days.items()}

    found = ahead(readings, left, MARCH + timedelta(days=60 + ends))

    assert 0 <= found.lost_minor <= left
    if found.burn:
        assert 0 <= found.burn.low <= found.burn.expected <= found.burn.high
    if found.expected_out_on and found.earliest_out_on:
        assert found.earliest_out_on <= found.expected_out_on
    if found.expected_out_on and found.latest_out_on:
        assert found.expected_out_on <= found.latest_out_on


def test_a_pace_quiet_at_both_ends_lies_within_its_bounds():
    readings = {MARCH + timedelta(days=day): Decimal(0 if day in (0, 7) else 10) for day in range(8)}

    burn = recent_burn(readings)

    assert burn is not None
    assert burn.low <= burn.expected == Decimal("7.5") <= burn.high


series = st.dictionaries(st.integers(0, 90), st.decimals(0, 500, places=2, allow_nan=False), min_size=1, max_size=60)


@given(series, st.integers(1, 10**6), st.integers(0, 10**6), st.integers(0, 400))
def test_more_left_never_runs_out_earlier_and_never_loses_less(days, left, more, ends):
    readings = {MARCH + timedelta(days=day): amount for day, amount in days.items()}
    expires_on = max(readings) + timedelta(days=ends)

    little, much = ahead(readings, left, expires_on), ahead(readings, left + more, expires_on)

    for name in ("earliest_out_on", "expected_out_on", "latest_out_on"):
        assert (getattr(little, name) or date.max) <= (getattr(much, name) or date.max)
    assert little.lost.expected <= much.lost.expected
    assert little.billed.expected >= much.billed.expected


@given(series, st.integers(1, 10**6), st.integers(0, 400))
def test_amounts_are_in_order_and_nothing_is_both_lost_and_billed(days, left, ends):
    readings = {MARCH + timedelta(days=day): amount for day, amount in days.items()}

    found = ahead(readings, left, max(readings) + timedelta(days=ends))

    for amounts in (found.lost, found.billed, found.bill_after):
        assert 0 <= amounts.low <= amounts.expected <= amounts.high
    assert found.lost.high <= left
    assert not (found.lost.expected and found.billed.expected)


@given(series, st.integers(1, 10**6), st.integers(0, 400), st.sampled_from([10, 1000]))
def test_the_unit_of_the_currency_changes_no_day(days, left, ends, factor):
    readings = {MARCH + timedelta(days=day): amount for day, amount in days.items()}
    expires_on = max(readings) + timedelta(days=ends)

    one = ahead(readings, left, expires_on)
    other = ahead({day: amount * factor for day, amount in readings.items()}, left * factor, expires_on)

    assert (one.earliest_out_on, one.expected_out_on, one.latest_out_on) == (
        other.earliest_out_on,
        other.expected_out_on,
        other.latest_out_on,
    )


def test_the_bill_of_the_day_after_is_thirty_days_of_the_pace():
    found = ahead(steady("10"), 5_000, date(2026, 4, 7))

    assert found.lost.expected == 0
    assert found.billed.expected == 5_000
    assert found.bill_after.expected == 30_000
    assert found.bill_after.low < 30_000 < found.bill_after.high


def test_quiet_weekends_are_foretold_day_by_day():
    readings = {
        MARCH + timedelta(days=n): Decimal(0 if (MARCH + timedelta(days=n)).weekday() > 4 else 10) for n in range(56)
    }

    path = forecast_ahead(readings, 14)

    each = [round(float(path.amount(b - a)), 6) for a, b in zip(path.expected, path.expected[1:], strict=False)]
    days = [path.until + timedelta(days=n + 1) for n in range(14)]
    assert each == [0 if day.weekday() > 4 else 10 for day in days]


def test_steady_growth_goes_on_and_fades():
    readings = {MARCH + timedelta(days=n): Decimal(round(100 * 1.01**n)) for n in range(84)}

    path = forecast_ahead(readings, 365)
    each = [path.amount(b - a) for a, b in zip(path.expected, path.expected[1:], strict=False)]

    assert sum(readings[day] for day in sorted(readings)[-7:]) < sum(each[:7])
    assert each[13] > each[6]
    assert each[364] / each[357] < Decimal("1.01")


def test_recent_days_without_spending_foretell_nothing():
    readings = {MARCH: Decimal(50), **{MARCH + timedelta(days=n): Decimal(0) for n in range(1, 40)}}

    assert forecast_ahead(readings, 30) is None
    assert ahead(readings, 5_000, date(2026, 12, 31)).outlook is Outlook.NO_USAGE
