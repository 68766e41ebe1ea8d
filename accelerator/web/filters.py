"""Web · Filters — how values look on a page; a filter's name is its shape."""

from __future__ import annotations

import hashlib
import secrets
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime, format_time
from babel.numbers import format_currency, format_decimal, format_percent
from flask import Flask, url_for

from accelerator.kernel.bilingual import Bilingual
from accelerator.kernel.message import Message
from accelerator.kernel.money import Money
from accelerator.kernel.regions import REGIONS
from accelerator.web import locale, words
from accelerator.web.locale import counted
from accelerator.web.locale import sentence as gettext

PROGRAMME_ZONE = "Europe/Paris"


def translated(sentence: object) -> str:
    """A sentence in the reader's language: a Message with its values, a marked text, a Bilingual, a state."""
    if isinstance(sentence, Bilingual):
        return sentence.text_in(locale.current())
    if isinstance(sentence, StrEnum):
        return word(sentence)
    if isinstance(sentence, Message):
        text = gettext(sentence.msgid)
        if not sentence.values:
            return text
        return text % {name: _value(value) for name, value in sentence.values.items()}
    return gettext(str(sentence)) if sentence else ""


def _value(value: object) -> object:
    if isinstance(value, Message | Bilingual):
        return translated(value)
    if isinstance(value, datetime):
        return shown_instant(value)
    if isinstance(value, date):
        return shown_day(value)
    if isinstance(value, Money):
        return shown_money(value)
    return value


def shown_instant(value: datetime | None, zone: str = PROGRAMME_ZONE) -> str:
    """Day and time in a zone: "1 March 2026, 09:00"; say the zone's name beside it where it matters."""
    if value is None:
        return "–"
    local = value.astimezone(ZoneInfo(zone))
    day = format_date(local.date(), "long", locale=locale.current())
    return f"{day}, {format_time(local, 'HH:mm', locale=locale.current())}"


def shown_short_instant(value: datetime | None, zone: str = PROGRAMME_ZONE) -> str:
    """Day and time for dense tables: "01/03/2026 09:00"."""
    if value is None:
        return "–"
    pattern = "dd/MM/yyyy HH:mm" if locale.current() == "fr" else "d MMM yyyy HH:mm"
    return format_datetime(value.astimezone(ZoneInfo(zone)), pattern, locale=locale.current())


def shown_time(value: datetime, zone: str = PROGRAMME_ZONE) -> str:
    """Wall-clock time in a zone: "09:00"."""
    return format_time(value.astimezone(ZoneInfo(zone)), "HH:mm", locale=locale.current())


def shown_day(value: date | datetime | None, zone: str = PROGRAMME_ZONE) -> str:
    """A calendar day: "1 March 2026"."""
    if value is None:
        return "–"
    if isinstance(value, datetime):
        value = value.astimezone(ZoneInfo(zone)).date()
    return format_date(value, "long", locale=locale.current())


def shown_weekday(value: date | datetime, zone: str = PROGRAMME_ZONE) -> str:
    """A calendar day with its weekday: "Sunday 1 March 2026"."""
    if isinstance(value, datetime):
        value = value.astimezone(ZoneInfo(zone)).date()
    return format_date(value, "EEEE d MMMM y", locale=locale.current())


def shown_place(value: date | float, shape: str, in_full: bool = False) -> str:
    """A place on a chart's axis, short for its ticks, or in full for the table behind it."""
    if not isinstance(value, date):
        return shown_number(value, 0 if float(value).is_integer() else 2)
    if shape == "year" and not in_full:
        return str(value.year)
    if shape == "day" or in_full:
        return format_date(value, "d MMM y" if in_full else "d MMM", locale=locale.current())
    return format_date(value, "MMM y", locale=locale.current())


def shown_money(value: Money | None) -> str:
    """An amount with its currency."""
    return "–" if value is None else format_currency(value.amount, value.currency, locale=locale.current())


def shown_whole_money(value: Money | None) -> str:
    """An amount with its currency, rounded to whole units, for figures at a glance."""
    if value is None:
        return "–"
    pattern = "#,##0 ¤" if locale.current() == "fr" else "¤#,##0"
    return format_currency(value.amount, value.currency, pattern, locale=locale.current(), currency_digits=False)


def shown_number(value: float | Decimal | None, decimals: int = 0) -> str:
    """A number with the reader's separators and a fixed count of decimals."""
    if value is None:
        return "–"
    pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
    return format_decimal(value, pattern, locale=locale.current())


def shown_percent(value: float | None) -> str:
    """A share from 0 to 1 as whole percent."""
    return "–" if value is None else format_percent(value, locale=locale.current())


def shown_siren(value: str | None) -> str:
    """A SIREN in groups of three, with non-breaking spaces."""
    return "–" if not value else "\u00a0".join((value[:3], value[3:6], value[6:]))


def shown_size(value: int) -> str:
    """A file size in kB or MB (SI)."""
    kilobytes = value / 1000
    if kilobytes < 1000:
        return "\u00a0".join((shown_number(max(1, round(kilobytes))), gettext("kB")))
    return "\u00a0".join((shown_number(kilobytes / 1000, 1), gettext("MB")))


def region_name(code: str) -> str:
    """A region's name by INSEE code."""
    region = REGIONS.get(code)
    return region.name if region else "–"


def word(value: StrEnum | None) -> str:
    """A state or kind in the reader's language."""
    return gettext(words.WORDS[type(value), value.value]) if value is not None else "–"


def register(app: Flask) -> None:
    """Filters and globals of every template."""
    static = Path(app.static_folder or "static")

    @cache
    def static_url(name: str) -> str:
        """The address of a file of our own, which changes when the file does; worked out once a process."""
        digest = hashlib.sha256((static / name).read_bytes()).hexdigest()[:10]
        return url_for("static", filename=name, v=digest)

    app.jinja_env.filters.update(
        t=translated,
        local=translated,
        instant=shown_instant,
        short_instant=shown_short_instant,
        time=shown_time,
        day=shown_day,
        weekday=shown_weekday,
        place=shown_place,
        money=shown_money,
        whole_money=shown_whole_money,
        number=shown_number,
        percent=shown_percent,
        siren=shown_siren,
        size=shown_size,
        region=region_name,
        word=word,
    )
    app.jinja_env.globals.update(
        _=gettext,
        ngettext=counted,
        static_url=static_url,
        current_locale=locale.current,
        new_request_key=lambda: secrets.token_hex(16),
        REGIONS=REGIONS,
    )
