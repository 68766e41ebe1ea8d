"""Shapes — how values look in a language: days, instants, amounts, numbers. Pages and printed reports share them.

Every function takes the language last ("fr" or "en"); nothing here knows a request or a table.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from functools import cache, lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from babel.dates import format_date
from babel.numbers import format_currency, format_decimal, format_percent, get_decimal_symbol

from accelerator.kernel.bilingual import Bilingual
from accelerator.kernel.message import Message
from accelerator.kernel.money import Money
from accelerator.kernel.regions import REGIONS

PROGRAMME_ZONE: Final = "Europe/Paris"
NOTHING: Final = "–"
GAP: Final = "\u00a0"
"""Between thousands in French. CLDR's narrow U+202F is hardly a hair wide in our text face: 2 500 would read 2500."""
CLDR: Final = {"fr": "fr", "en": "en_GB"}  # British English: 1 March 2026
SEPARATORS: Final = {"fr": (GAP, ","), "en": (",", ".")}  # thousands, decimals

Said = Callable[[str], str]
"""From an English sentence to the reader's."""

Words = Mapping[tuple[type[StrEnum], str], str]
"""The English word of every state and kind."""


def translated(sentence: object, said: Said, words: Words, language: str) -> str:
    """A sentence in the reader's language: a Message with its values, a marked text, a Bilingual, a state."""
    if isinstance(sentence, Bilingual):
        text = sentence.text_in(language)
        return typeset(text) if language == "fr" else text
    if isinstance(sentence, StrEnum):
        return said(words[type(sentence), sentence.value])
    if isinstance(sentence, Message):
        text = said(sentence.msgid)
        if not sentence.values:
            return text
        return text % {name: _value(value, said, words, language) for name, value in sentence.values.items()}
    return said(str(sentence)) if sentence else ""


_GLUED: Final = re.compile(r" (?=[;:?!»%€])(?!%\()|(?<=«) |(?<=\d) (?=\d{3}\b)")
"""The spaces of French typography that no line may break at: before a mark, inside quotes, between thousands."""


@lru_cache(maxsize=4096)
def typeset(text: str) -> str:
    """French with no-break spaces where its typography wants them, whatever space was typed."""
    return _GLUED.sub(GAP, text.replace("\u202f", GAP))


def _value(value: object, said: Said, words: Words, language: str) -> object:
    if isinstance(value, Message | Bilingual) or (isinstance(value, StrEnum) and (type(value), value.value) in words):
        return translated(value, said, words, language)
    if isinstance(value, datetime):
        return instant(value, PROGRAMME_ZONE, language)
    if isinstance(value, date):
        return day(value, PROGRAMME_ZONE, language)
    if isinstance(value, Money):
        return money(value, language)
    return value


def instant(value: datetime | None, zone: str, language: str) -> str:
    """Day and time in a zone: "1 March 2026, 09:00"."""
    if value is None:
        return NOTHING
    local = value.astimezone(_zone(zone))
    return f"{day(local.date(), zone, language)}, {local:%H:%M}"


def short_instant(value: datetime | None, zone: str, language: str) -> str:
    """Day and time for dense tables: "01/03/2026 09:00"."""
    if value is None:
        return NOTHING
    local = value.astimezone(_zone(zone))
    if language == "fr":
        return f"{local:%d/%m/%Y %H:%M}"
    return f"{local.day} {_month_abbreviation(local.month, language)} {local:%Y %H:%M}"


@cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


@cache
def _month_abbreviation(month: int, language: str) -> str:
    return format_date(date(2000, month, 1), "MMM", locale=CLDR[language])


def time(value: datetime, zone: str, language: str) -> str:
    """Wall-clock time in a zone: "09:00"."""
    return f"{value.astimezone(_zone(zone)):%H:%M}"


@lru_cache(maxsize=4096)
def day(value: date | datetime | None, zone: str, language: str) -> str:
    """A calendar day: "1 March 2026"."""
    if value is None:
        return NOTHING
    if isinstance(value, datetime):
        value = value.astimezone(_zone(zone)).date()
    return _first_of_month(value, format_date(value, "long", locale=CLDR[language]), language)


@lru_cache(maxsize=4096)
def weekday(value: date | datetime, zone: str, language: str) -> str:
    """A calendar day with its weekday: "Sunday 1 March 2026"."""
    if isinstance(value, datetime):
        value = value.astimezone(_zone(zone)).date()
    return _first_of_month(value, format_date(value, "EEEE d MMMM y", locale=CLDR[language]), language)


def _first_of_month(value: date, text: str, language: str) -> str:
    """French says "1er mars", and no other day so."""
    return text.replace("1 ", "1er ", 1) if language == "fr" and value.day == 1 else text


def place(value: date | float, shape: str, in_full: bool, language: str) -> str:
    """A place on a chart's axis, short for its ticks, or in full for the table behind it."""
    if not isinstance(value, date):
        return number(value, 0 if float(value).is_integer() else 2, language)
    if shape == "year" and not in_full:
        return str(value.year)
    if shape == "day" or in_full:
        return format_date(value, "d MMM y" if in_full else "d MMM", locale=CLDR[language])
    return format_date(value, "MMM y", locale=CLDR[language])


def month(value: date, language: str) -> str:
    """A calendar month: "March 2026"."""
    return format_date(value, "MMMM y", locale=CLDR[language])


def exact(value: Decimal, language: str) -> str:
    """A decimal to its last digit, without the zeros behind it."""
    whole, _, fraction = format(abs(value), "f").partition(".")
    shown = _wide(format_decimal(int(whole), "#,##0", locale=CLDR[language]))
    if fraction := fraction.rstrip("0"):
        shown += get_decimal_symbol(CLDR[language]) + fraction
    return f"-{shown}" if value < 0 else shown


@lru_cache(maxsize=4096)
def money(value: Money | None, language: str) -> str:
    """An amount with its currency."""
    return NOTHING if value is None else _wide(format_currency(value.amount, value.currency, locale=CLDR[language]))


def amount(value: Decimal | None, currency: str, language: str) -> str:
    """A measured or estimated amount, not counted in cents, with its currency."""
    return NOTHING if value is None else _wide(format_currency(value, currency, locale=CLDR[language]))


@lru_cache(maxsize=4096)
def whole_money(value: Money | None, language: str) -> str:
    """An amount with its currency, rounded to whole units, for figures at a glance."""
    if value is None:
        return NOTHING
    pattern = "#,##0\u00a0¤" if language == "fr" else "¤#,##0"
    return _wide(format_currency(value.amount, value.currency, pattern, locale=CLDR[language], currency_digits=False))


def number(value: float | Decimal | None, decimals: int, language: str) -> str:
    """A number with the reader's separators and a fixed count of decimals."""
    if value is None:
        return NOTHING
    exact = Decimal(repr(value)) if isinstance(value, float) else value
    thousands, point = SEPARATORS[language]
    return f"{exact:,.{decimals}f}".translate({44: thousands, 46: point})


@lru_cache(maxsize=4096)
def percent(value: float | None, language: str) -> str:
    """A share from 0 to 1 as whole percent."""
    return NOTHING if value is None else _wide(format_percent(value, locale=CLDR[language]))


def _wide(text: str) -> str:
    return text.replace("\u202f", GAP)


def siren(value: str | None) -> str:
    """A SIREN in groups of three, with non-breaking spaces."""
    return NOTHING if not value else "\u00a0".join((value[:3], value[3:6], value[6:]))


def region(code: str) -> str:
    """A region's name by INSEE code."""
    found = REGIONS.get(code)
    return found.name if found else NOTHING


def filters(language: str, said: Said, words: Words) -> dict[str, Callable[..., str]]:
    """The template filters of a document in one language, under the names that pages use."""
    zone = PROGRAMME_ZONE
    return {
        "t": lambda value: translated(value, said, words, language),
        "word": lambda value: translated(value, said, words, language) or NOTHING,
        "instant": lambda value, zone=zone: instant(value, zone, language),
        "short_instant": lambda value, zone=zone: short_instant(value, zone, language),
        "time": lambda value, zone=zone: time(value, zone, language),
        "day": lambda value, zone=zone: day(value, zone, language),
        "weekday": lambda value, zone=zone: weekday(value, zone, language),
        "place": lambda value, shape, in_full=False: place(value, shape, in_full, language),
        "money": lambda value: money(value, language),
        "whole_money": lambda value: whole_money(value, language),
        "number": lambda value, decimals=0: number(value, decimals, language),
        "percent": lambda value: percent(value, language),
        "siren": siren,
        "region": region,
    }
