"""Web · Filters — how values look on a page; a filter's name is its shape."""

from __future__ import annotations

import hashlib
import secrets
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from functools import cache
from pathlib import Path

from flask import Flask, url_for

from accelerator import shapes
from accelerator.kernel.message import Message
from accelerator.kernel.money import Money
from accelerator.kernel.regions import REGIONS
from accelerator.rules import screening
from accelerator.shapes import PROGRAMME_ZONE
from accelerator.web import locale, verbs, words
from accelerator.web.locale import counted
from accelerator.web.locale import sentence as gettext


def translated(sentence: object) -> str:
    """A sentence in the reader's language: a Message with its values, a marked text, a Bilingual, a state."""
    return shapes.translated(sentence, gettext, words.WORDS, locale.current())


def said(text: str) -> str:
    """The house's sentence in the reader's language; what somebody wrote stays as it was written."""
    return translated(text) if isinstance(text, Message) else text


def shown_instant(value: datetime | None, zone: str = PROGRAMME_ZONE) -> str:
    """Day and time in a zone; say the zone's name beside it where it matters."""
    return shapes.instant(value, zone, locale.current())


def shown_short_instant(value: datetime | None, zone: str = PROGRAMME_ZONE) -> str:
    """Day and time for dense tables."""
    return shapes.short_instant(value, zone, locale.current())


def shown_time(value: datetime, zone: str = PROGRAMME_ZONE) -> str:
    """Wall-clock time in a zone."""
    return shapes.time(value, zone, locale.current())


def shown_day(value: date | datetime | None, zone: str = PROGRAMME_ZONE) -> str:
    """A calendar day."""
    return shapes.day(value, zone, locale.current())


def shown_weekday(value: date | datetime, zone: str = PROGRAMME_ZONE) -> str:
    """A calendar day with its weekday."""
    return shapes.weekday(value, zone, locale.current())


def shown_month(value: date) -> str:
    """A calendar month."""
    return shapes.month(value, locale.current())


def shown_exact(value: Decimal) -> str:
    """A decimal to its last digit."""
    return shapes.exact(value, locale.current())


def shown_place(value: date | float, shape: str, in_full: bool = False) -> str:
    """A place on a chart's axis, short for its ticks, or in full for the table behind it."""
    return shapes.place(value, shape, in_full, locale.current())


def shown_money(value: Money | None) -> str:
    """An amount with its currency."""
    return shapes.money(value, locale.current())


def shown_whole_money(value: Money | None) -> str:
    """An amount with its currency, rounded to whole units, for figures at a glance."""
    return shapes.whole_money(value, locale.current())


def shown_amount(value: Decimal | None, currency: str) -> str:
    """A measured or estimated amount with its currency, to the cent."""
    return shapes.amount(value, currency, locale.current())


def shown_number(value: float | Decimal | None, decimals: int = 0) -> str:
    """A number with the reader's separators and a fixed count of decimals."""
    return shapes.number(value, decimals, locale.current())


def shown_percent(value: float | None) -> str:
    """A share from 0 to 1 as whole percent."""
    return shapes.percent(value, locale.current())


def shown_siren(value: str | None) -> str:
    """A SIREN in groups of three, with non-breaking spaces."""
    return shapes.siren(value)


def shown_size(value: int) -> str:
    """A file size in kB or MB (SI)."""
    kilobytes = value / 1000
    if kilobytes < 1000:
        return "\u00a0".join((shown_number(max(1, round(kilobytes))), gettext("kB")))
    return "\u00a0".join((shown_number(kilobytes / 1000, 1), gettext("MB")))


def shown_verb(stored: str) -> str:
    """What somebody did, as the audit trail stored it, in the reader's language."""
    return gettext(verbs.SAID.get(stored, stored))


def region_name(code: str) -> str:
    """A region's name by INSEE code."""
    return shapes.region(code)


def word(value: StrEnum | None) -> str:
    """A state or kind in the reader's language."""
    return gettext(words.WORDS[type(value), value.value]) if value is not None else "–"


def screening_reason(stored: str) -> str:
    """Why an application is not admissible, in the reader's language, with what the programme added in its own words."""
    reason = screening.reason_of(stored)
    return "\n".join(part for part in (word(reason.ground) if reason.ground else "", reason.explanation) if part)


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
        said=said,
        local=translated,
        instant=shown_instant,
        short_instant=shown_short_instant,
        time=shown_time,
        day=shown_day,
        weekday=shown_weekday,
        month=shown_month,
        place=shown_place,
        money=shown_money,
        whole_money=shown_whole_money,
        amount=shown_amount,
        number=shown_number,
        exact=shown_exact,
        percent=shown_percent,
        siren=shown_siren,
        size=shown_size,
        region=region_name,
        word=word,
        verb=shown_verb,
        screening_reason=screening_reason,
    )
    app.jinja_env.globals.update(
        _=gettext,
        ngettext=counted,
        static_url=static_url,
        current_locale=locale.current,
        new_request_key=lambda: secrets.token_hex(16),
        REGIONS=REGIONS,
    )
