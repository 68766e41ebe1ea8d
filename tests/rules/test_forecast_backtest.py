"""The forecast against days it has not seen: rolling origins over real exports and over families of made-up series."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from accelerator.rules.forecast import ahead

READINGS = Path(__file__).with_name("spending_by_day.csv")
HORIZONS = (7, 14, 28)
FIRST_ORIGIN = 10
JANUARY = date(2026, 1, 1)
FAMILIES = ("weekday", "growth", "decline", "bursts", "startup", "zero", "monthend", "shift")


def shipped() -> Iterator[tuple[str, str, date, list[Decimal]]]:
    """Daily sums of the sample exports: totals, and accounts with ten days of readings in three weeks or more."""
    with READINGS.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(line for line in file if not line.startswith("#")):
            yield (
                row["source"],
                row["series"],
                date.fromisoformat(row["first_day"]),
                [Decimal(amount) for amount in row["readings"].split()],
            )


def synthetic() -> Iterator[tuple[str, str, date, list[Decimal]]]:
    """Twelve series of each family: gamma noise of 30 % around a mean, and what the family adds."""
    chance = np.random.default_rng(20260301)
    for family in FAMILIES:
        for number in range(12):
            day = np.arange(45 if family == "startup" else 84)
            shape = {
                "weekday": np.where((day + number) % 7 < 2, 0.3, 1.28),
                "growth": np.exp(chance.uniform(0.02, 0.08) * day / 7),
                "decline": np.exp(-chance.uniform(0.02, 0.08) * day / 7),
                "bursts": 1 + 6 * (chance.random(len(day)) < 0.08),
                "startup": np.ones(len(day)),
                "zero": 2.0 * (chance.random(len(day)) < 0.5),
                "monthend": np.array([6.0 if (JANUARY + timedelta(int(n))).day >= 28 else 1.0 for n in day]),
                "shift": np.where(day > chance.integers(20, 70), chance.uniform(0.6, 1.6), 1.0),
            }[family]
            amounts = chance.lognormal(2, 1) * shape * chance.gamma(1 / 0.09, 0.09, len(day))
            yield family, str(number), JANUARY, [Decimal(f"{amount:.4f}") for amount in amounts]


def back_test(series, step: int) -> dict[str, np.ndarray]:
    """By source: (inside the band, absolute error, that of the flat mean of 28 days) of every origin and horizon."""
    found = defaultdict(list)
    for source, _name, first, spent in series:
        size = float(max(abs(amount) for amount in spent)) or 1.0
        for origin in range(FIRST_ORIGIN, len(spent) - min(HORIZONS) + 1, step):
            path = ahead({first + timedelta(days=n): spent[n] for n in range(origin)}, max(HORIZONS))
            recent = spent[max(0, origin - 28) : origin]
            flat = max(0.0, float(sum(recent)) / len(recent))
            for horizon in HORIZONS:
                if path is None or origin + horizon > len(spent):
                    continue
                actual = sum(spent[origin : origin + horizon], Decimal(0))
                low, expected, high = (path.amount(line[horizon]) for line in (path.low, path.expected, path.high))
                errors = abs(float(actual - expected)) / size, abs(float(actual) - flat * horizon) / size
                found[source].append((low <= actual <= high, *errors))
    return {source: np.array(rows, dtype=float) for source, rows in found.items()}


def test_four_futures_in_five_lie_in_the_band_on_the_sample_exports():
    by_source = back_test(shipped(), 1)
    inside, error, flat_error = np.concatenate(list(by_source.values())).mean(axis=0)

    assert sum(map(len, by_source.values())) > 1_900
    assert 0.75 <= inside <= 0.85
    assert error <= flat_error * 1.005  # a tie
    assert by_source["focus"][:, 0].mean() > 0.5


def test_bands_hold_on_made_up_families_and_growth_and_weekdays_lower_the_error():
    by_family = back_test(synthetic(), 3)
    inside, error, flat_error = np.concatenate(list(by_family.values())).mean(axis=0)

    assert 0.70 <= inside <= 0.90
    assert error < flat_error
    for family in FAMILIES:
        assert by_family[family][:, 0].mean() >= 0.60, family
    for family in ("growth", "decline"):
        assert by_family[family][:, 1].mean() < by_family[family][:, 2].mean(), family


@pytest.mark.shared
def test_the_readings_are_those_of_the_sample_exports(shared):
    sums: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for source, names, account, cost in (
        ("azure", ("azure/nise-synthetic/2025-01.csv", "azure/nise-synthetic/2025-02.csv"), "ResourceGroupName", None),
        ("focus", ("focus/focus_sample.csv",), "SubAccountId", "BilledCost"),
    ):
        for name in names:
            with (shared / name).open(encoding="utf-8-sig", newline="") as file:
                for row in csv.DictReader(file):
                    amount = Decimal(row[cost or "CostInBillingCurrency"])
                    for series in (row[account], "total"):
                        sums[source, series] += amount

    for source, name, _first, spent in shipped():
        assert abs(sum(spent) - sums[source, name]) < Decimal("0.0000001")
