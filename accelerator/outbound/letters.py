"""Outbound · Letters — the text of a letter from its template, in the recipient's language.

A template's first line is `Subject: …`; the rest, after an empty line, is the body, in plain text. What
people typed goes in as values and is never taken for template code.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime
from babel.numbers import format_currency
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from accelerator.kernel.bilingual import Bilingual
from accelerator.kernel.money import Money
from accelerator.outbound import settings
from accelerator.shapes import CLDR, PROGRAMME_ZONE

PARIS_TIME: Final = {"fr": "heure de Paris", "en": "Paris time"}
LOCAL_TIME: Final = {"fr": "heure locale", "en": "local time"}

EXPRESSIONS: Final = {
    "recipient": "{{ recipient }}",
    "startup": "{{ startup }}",
    "batch": "{{ batch|local }}",
    "respond_by": "{{ respond_by|instant }}",
    "starts_on": "{{ starts_on|day }}",
    "ends_on": "{{ ends_on|day }}",
    "place": "{{ place or '–' }}",
    "position": "{{ position }}",
    "feedback": "{{ feedback }}",
    "path": "{{ path }}",
    "offer.link": "{{ url }}/my/offers/{{ offer_id }}",
    "waitlisted.link": "{{ url }}/my/applications/{{ application_id }}",
}
"""What stands in place of a name in braces, in a text that somebody typed."""

_NAME: Final = re.compile(r"\{([a-z_]+)\}")
_GAPS: Final = re.compile(r"\n{3,}")


@cache
def _environment(folder: str, locale: str) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(folder), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )

    def shown_instant(value: datetime, zone: str = PROGRAMME_ZONE) -> str:
        local = value.astimezone(ZoneInfo(zone))
        said = PARIS_TIME[locale] if zone == PROGRAMME_ZONE else LOCAL_TIME[locale]
        return f"{format_datetime(local, 'EEEE d MMMM y HH:mm', locale=CLDR[locale])} ({said})"

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


@cache
def _expression(folder: str, locale: str, expression: str) -> Template:
    return _environment(folder, locale).from_string(expression)


def fill(kind: str, locale: str, subject: str, body: str, values: Mapping[str, object]) -> tuple[str, str]:
    """Subject and body of a letter whose text somebody typed: only names in braces are replaced, once.

    What was typed is never taken for template code, nor is what stands in place of a name looked at again.
    """
    folder = str(settings.templates / "letters")

    def shown(found: re.Match[str]) -> str:
        expression = EXPRESSIONS.get(f"{kind}.{found[1]}") or EXPRESSIONS.get(found[1])
        if expression is None:
            return found[0]
        return _expression(folder, locale, expression).render(url=settings.public_url, **values)

    head, text = (_NAME.sub(shown, one) for one in (subject, body))
    return " ".join(head.split())[:200], _GAPS.sub("\n\n", text).strip() + "\n"


def shipped(kind: str, locale: str) -> tuple[str, str]:
    """The text that ships, with names in braces where values stand: what a manager starts from."""
    environment = Environment(
        loader=FileSystemLoader(str(settings.templates / "letters")), trim_blocks=True, lstrip_blocks=True
    )
    environment.filters.update(dict.fromkeys(("instant", "day", "local"), str))
    names = {name.rpartition(".")[2] for name in EXPRESSIONS}
    values = {name: "{" + name + "}" for name in names}
    text = environment.get_template(f"{locale}/{kind}.txt").render(url="", offer_id="", application_id="", **values)
    head, _, body = text.partition("\n")
    for address in ("/my/offers/", "/my/applications/"):
        body = body.replace(address, "{link}")
    return " ".join(head.removeprefix("Subject:").split()), body.strip()


def render(kind: str, locale: str, values: Mapping[str, object]) -> tuple[str, str]:
    """Subject and body of one letter.

    Raises: jinja2.UndefinedError when a value the template names is missing.
    """
    environment = _environment(str(settings.templates / "letters"), locale)
    text = environment.get_template(f"{locale}/{kind}.txt").render(url=settings.public_url, **values)
    head, _, body = text.partition("\n")
    return " ".join(head.removeprefix("Subject:").split())[:200], body.strip() + "\n"
