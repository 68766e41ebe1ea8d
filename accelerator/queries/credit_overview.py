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
    next_step: Message
    chart: charts.LineChart
    last_day: date | None
    billed: Money
    days: list[DayReading]
    month_on: date | None
    not_covered: list[NotCoveredSum]


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
        next_step=forecast.next_step(ahead, left=left, expires_on=expires_on, is_linked=is_linked),
        chart=_burn_chart(grants, drawn.by_day, ahead, left, expires_on),
        last_day=days[0].day if days else None,
        billed=Money.of(drawn.billed, zero.currency),
        days=days,
        month_on=month_on,
        not_covered=_not_covered(startup_id, month_on, zero.currency),
    )


def _not_covered(startup_id: int, month_on: date | None, currency: str) -> list[NotCoveredSum]:
    if month_on is None:
        return []
    last = (month_on + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    return [line for line in usage.not_covered_in(startup_id, month_on, last) if line.amount.currency == currency]


def _burn_chart(
    grants: list[GrantRow], by_day: Mapping[date, Decimal], ahead: forecast.Runway, left: Money, expires_on: date
) -> charts.LineChart:
    """Credits left day by day as usage was reported, then as they go on at the recent pace."""
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
    series = [charts.Line(Message("Credits left"), points)]
    if ahead.burn is not None and ahead.burn.until < expires_on:
        end = ahead.expected_out_on or expires_on
        rest = 0 if ahead.expected_out_on else ahead.lost_minor
        series.append(
            charts.Line(Message("At the recent pace"), [(ahead.burn.until, float(left.amount)), (end, rest / 100)])
        )
    return charts.line(series, marked=charts.Marked(expires_on, Message("Expiry")), width=520, decimals=2)
