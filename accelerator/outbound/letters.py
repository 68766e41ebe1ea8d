"""Outbound · Letters — the text of a letter from its template, in the recipient's language.

A template's first line is `Subject: …`; the rest, after an empty line, is the body, in plain text. What
people typed goes in as values and is never taken for template code.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime
from babel.numbers import format_currency
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from accelerator.kernel.bilingual import Bilingual
from accelerator.kernel.money import Money
from accelerator.outbound import settings
from accelerator.shapes import CLDR


@cache
def _environment(folder: str, locale: str) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(folder), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )

    def shown_instant(value: datetime, zone: str = "Europe/Paris") -> str:
        local = value.astimezone(ZoneInfo(zone))
        return f"{format_datetime(local, 'EEEE d MMMM y HH:mm', locale=CLDR[locale])} ({zone})"

    def shown_day(value: date) -> str:
        return format_date(value, "long", locale=CLDR[locale])

    def shown_money(value: Money) -> str:
        return format_currency(value.amount, value.currency, locale=CLDR[locale])

    def shown_text(value: Bilingual) -> str:
        return value.text_in(locale)

    environment.filters.update(instant=shown_instant, day=shown_day, money=shown_money, local=shown_text)
    return environment


def render_part(name: str, locale: str, values: Mapping[str, object]) -> str:
    """A passage of a letter, without a line break around it.

    Raises: jinja2.UndefinedError when a value the passage names is missing.
    """
    environment = _environment(str(settings.templates / "letters"), locale)
    return environment.get_template(f"{locale}/{name}.part").render(url=settings.public_url, **values).strip()


def render(kind: str, locale: str, values: Mapping[str, object]) -> tuple[str, str]:
    """Subject and body of one letter.

    Raises: jinja2.UndefinedError when a value the template names is missing.
    """
    environment = _environment(str(settings.templates / "letters"), locale)
    text = environment.get_template(f"{locale}/{kind}.txt").render(url=settings.public_url, **values)
    head, _, body = text.partition("\n")
    return " ".join(head.removeprefix("Subject:").split())[:200], body.strip() + "\n"
