"""Values look in French and English as CLDR says, but for the space between thousands, which is wide enough to see."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from babel.dates import format_datetime
from babel.numbers import format_decimal
from hypothesis import given
from hypothesis import strategies as st

from accelerator import shapes
from accelerator.kernel.money import Money


@given(
    st.one_of(st.integers(-(10**12), 10**12), st.decimals(-(10**9), 10**9, places=4), st.floats(-1e9, 1e9)),
    st.integers(0, 3),
    st.sampled_from(["fr", "en"]),
)
def test_numbers_are_those_of_cldr(value, decimals, language):
    pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
    wanted = format_decimal(
        Decimal(repr(value)) if isinstance(value, float) else value, pattern, locale=shapes.CLDR[language]
    )

    assert shapes.number(value, decimals, language).replace("-", "") == wanted.replace("-", "").replace(
        "\u202f", "\u00a0"
    )


@given(st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1)), st.sampled_from(["fr", "en"]))
def test_short_instants_are_those_of_cldr(value, language):
    value = value.replace(tzinfo=UTC)
    pattern = "dd/MM/yyyy HH:mm" if language == "fr" else "d MMM yyyy HH:mm"
    local = value.astimezone(shapes._zone("Europe/Paris"))

    assert shapes.short_instant(value, "Europe/Paris", language) == format_datetime(
        local, pattern, locale=shapes.CLDR[language]
    )


def test_the_first_of_a_month_in_french():
    first = datetime(2026, 3, 1, 9, tzinfo=UTC)

    assert shapes.day(first, "Europe/Paris", "fr") == "1er mars 2026"
    assert shapes.weekday(first, "Europe/Paris", "fr") == "dimanche 1er mars 2026"
    assert shapes.day(first.replace(day=11), "Europe/Paris", "fr") == "11 mars 2026"
    assert shapes.day(first, "Europe/Paris", "en") == "1 March 2026"


def test_thousands_stand_apart_in_every_french_amount():
    amount = Money(250_000_000, "EUR")

    assert shapes.money(amount, "fr") == "2\u00a0500\u00a0000,00\u00a0€"
    assert shapes.whole_money(amount, "fr") == "2\u00a0500\u00a0000\u00a0€"
    assert shapes.exact(Decimal("2500.50"), "fr") == "2\u00a0500,5"
