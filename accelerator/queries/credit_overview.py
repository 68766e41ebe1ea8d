"""Queries · Credit overview — a startup's credits at one glance: left, until when, the burn, what is not covered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, localcontext

from accelerator.kernel.message import Message
from accelerator.kernel.money import Money
from accelerator.queries import credits, usage
from accelerator.queries.credits import GrantRow
from accelerator.queries.usage import DayReading, NotCoveredSum
from accelerator.rules import charts, forecast, ledger

MOST_CHART_DAYS = 400
CHART_STEPS = 24
BAND = Message("Four times out of five")


@dataclass(frozen=True)
class Estimate:
    """An estimated amount; four futures in five lie between low and high."""

    low: Money
    expected: Money
    high: Money


@dataclass(frozen=True)
class Overview:
    """All grants of a startup in one currency. `expires_on` is when the next credits left expire."""

    currency: str
    granted: Money
    used: Money
    expired: Money
    left: Money
    used_share: float
    expires_on: date
    grants: list[GrantRow]
    runway: forecast.Runway
    lost: Estimate
    billed_ahead: Estimate
    bill_after: Estimate
    next_step: Message
    chart: charts.LineChart
    last_day: date | None
    billed: Money
    days: list[DayReading]
    month_on: date | None
    not_covered: list[NotCoveredSum]
    expiries: int

    @property
    def is_told_ahead(self) -> bool:
        """Whether what lies ahead can be told: all that is left expires on one day."""
        return self.expiries == 1


def overviews(startup_id: int, *, today: date) -> list[Overview]:
    """One overview for each currency the startup holds credits in; none before its first grant."""
    grants = credits.grants_of(startup_id)
    days = usage.readings_by_day(startup_id)
    is_linked = bool(usage.linked_accounts(startup_id))
    return [
        _overview(
            startup_id,
            [grant for grant in grants if grant.granted.currency == currency],
            [day for day in days if day.currency == currency],
            is_linked,
            today,
        )
        for currency in sorted({grant.granted.currency for grant in grants})
    ]


def _overview(
    startup_id: int, grants: list[GrantRow], days: list[DayReading], is_linked: bool, today: date
) -> Overview:
    zero = Money(0, grants[0].granted.currency)
    granted, used, expired, left = (
        sum((getattr(grant, name) for grant in grants), zero) for name in ("granted", "used", "expired", "left")
    )
    alive = [grant.expires_on for grant in grants if grant.left.minor > 0 and grant.expires_on >= today]
    expires_on = min(alive) if alive else max(grant.expires_on for grant in grants)
    lots = [ledger.Lot(grant.id, grant.starts_on, grant.expires_on, grant.granted.minor) for grant in grants]
    drawn = ledger.draw({day.day: day.covered for day in days}, lots)
    ahead = forecast.runway(
        {day.day: day.covered for day in days},
        granted_minor=granted.minor,
        left_minor=left.minor,
        expires_on=expires_on,
        today=today,
    )
    month_on = days[0].day.replace(day=1) if days else None
    return Overview(
        currency=zero.currency,
        granted=granted,
        used=used,
        expired=expired,
        left=left,
        used_share=used.minor / granted.minor if granted.minor else 0.0,
        expires_on=expires_on,
        grants=grants,
        runway=ahead,
        lost=_estimate(ahead.lost, zero.currency),
        billed_ahead=_estimate(ahead.billed, zero.currency),
        bill_after=_estimate(ahead.bill_after or forecast.Amounts(), zero.currency),
        next_step=forecast.next_step(ahead, left=left, expires_on=expires_on, is_linked=is_linked),
        chart=_burn_chart(grants, drawn.by_day, ahead if len(set(alive)) == 1 else None, left, expires_on),
        last_day=days[0].day if days else None,
        billed=Money.of(drawn.billed, zero.currency),
        days=days,
        month_on=month_on,
        not_covered=_not_covered(startup_id, month_on, zero.currency),
        expiries=len(set(alive)),
    )


def _estimate(amounts: forecast.Amounts, currency: str) -> Estimate:
    return Estimate(*(Money(minor, currency) for minor in (amounts.low, amounts.expected, amounts.high)))


def _not_covered(startup_id: int, month_on: date | None, currency: str) -> list[NotCoveredSum]:
    if month_on is None:
        return []
    last = (month_on + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    return [line for line in usage.not_covered_in(startup_id, month_on, last) if line.amount.currency == currency]


def _burn_chart(
    grants: list[GrantRow], by_day: Mapping[date, Decimal], ahead: forecast.Runway | None, left: Money, expires_on: date
) -> charts.LineChart:
    """Credits left day by day as usage was reported, then as they go on, with the band around them."""
    if not by_day:
        return charts.line([])
    last, first = max(by_day), min(min(by_day), min(grant.starts_on for grant in grants))
    first = max(first, last - timedelta(days=MOST_CHART_DAYS))
    with localcontext() as context:
        context.prec = ledger.DIGITS
        spent = sum((amount for day, amount in by_day.items() if day < first), Decimal(0))
        points: list[tuple[charts.Place, float]] = []
        for number in range((last - first).days + 1):
            day = first + timedelta(days=number)
            spent += by_day.get(day, Decimal(0))
            given = sum((grant.granted.amount for grant in grants if grant.starts_on <= day), Decimal(0))
            points.append((day, float(given - spent)))
    series, band = [charts.Line(Message("Credits left"), points)], None
    if ahead is not None and ahead.path is not None and ahead.path.until < expires_on:
        line, band = _ahead_lines(ahead, left, expires_on)
        series.append(line)
    return charts.line(series, band=band, marked=charts.Marked(expires_on, Message("Expiry")), width=520, decimals=2)


def _ahead_lines(ahead: forecast.Runway, left: Money, expires_on: date) -> tuple[charts.Line, charts.Band]:
    """Credits left on the days ahead: the expected line down to its end, and the band around it up to expiry."""
    until = ahead.burn.until if ahead.burn else expires_on
    last = min(expires_on, until + timedelta(days=MOST_CHART_DAYS))
    step = max(1, -(-(last - until).days // CHART_STEPS))
    days = {until + timedelta(days=number) for number in range(0, (last - until).days, step)} | {last}
    days |= {day for day in (ahead.earliest_out_on, ahead.expected_out_on, ahead.latest_out_on) if day and day < last}
    line: list[tuple[charts.Place, float]] = []
    band: list[tuple[charts.Place, float, float]] = []
    for day in sorted(days):
        found = forecast.left_ahead(ahead, left.minor, day)
        band.append((day, found.low / 100, found.high / 100))
        if ahead.expected_out_on is None or day <= ahead.expected_out_on:
            line.append((day, found.expected / 100))
    return charts.Line(Message("At the recent pace"), line), charts.Band(BAND, band)
