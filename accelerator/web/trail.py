"""Web · Trail — an entry of the audit trail in the reader's words: its verb, what it is about, its details."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from flask import current_app
from markupsafe import Markup, escape

from accelerator.kernel import enums
from accelerator.kernel.actor import SYSTEM
from accelerator.kernel.message import N_
from accelerator.kernel.money import Money
from accelerator.queries import subjects
from accelerator.queries.audit import AuditRow
from accelerator.queries.subjects import Subject
from accelerator.rules import access
from accelerator.web import filters, verbs, words
from accelerator.web.links import url_for
from accelerator.web.locale import sentence
from accelerator.web.security import current_actor

_KINDS: Final[dict[str, str]] = {
    "application": N_("Application of %(name)s"),
    "assignment": N_("Review of %(name)s"),
    "attendance": N_("Attendance at “%(name)s”"),
    "booking": N_("Booking for “%(name)s”"),
    "cloud_account": N_("Cloud account of %(name)s"),
    "credit_allocation": N_("Credits of %(name)s"),
    "credit_grant": N_("Credit grant of %(name)s"),
    "credit_pool": N_("Credit pool %(name)s"),
    "letter": N_("E-mail “%(name)s”"),
    "offer": N_("Offer to %(name)s"),
    "remark": N_("Remark on %(name)s"),
    "report": N_("Report %(name)s"),
    "usage_import": N_("Cost export %(name)s"),
    "usage_upload": N_("Cost export %(name)s"),
}
_WHOLE: Final[dict[str, str]] = {
    "house": N_("The programme"),
    "outbox": N_("E-mails"),
    "programme": N_("The programme"),
}
_BARE: Final[dict[str, str]] = {
    "attendance": N_("Attendance no. %(number)s"),
    "offer": N_("Offer no. %(number)s"),
}
_PAGES: Final[dict[str, tuple[str, str]]] = {
    "application": ("staff.applications.show", "application_id"),
    "assignment": ("staff.applications.show", "application_id"),
    "attendance": ("coordinator.workshops.show", "workshop_session_id"),
    "batch": ("staff.programmes.batch", "code"),
    "booking": ("coordinator.workshops.show", "workshop_session_id"),
    "cloud_account": ("staff.startups.show", "startup_id"),
    "credit_allocation": ("staff.credits.allocation", "allocation_id"),
    "credit_grant": ("staff.credits.grant", "grant_id"),
    "credit_pool": ("staff.credits.pool", "pool_id"),
    "letter": ("staff.letters.show", "letter_id"),
    "offer": ("staff.applications.show", "application_id"),
    "remark": ("staff.discussion.show", "application_id"),
    "report": ("staff.reports.show", "report_id"),
    "startup": ("staff.startups.show", "startup_id"),
    "usage_import": ("staff.usage.show", "import_id"),
    "usage_upload": ("staff.usage.upload", "upload_id"),
    "workshop_session": ("coordinator.workshops.show", "workshop_session_id"),
}
_REFERENCES: Final[dict[str, str]] = {
    "application": "application",
    "assignment": "assignment",
    "session": "workshop_session",
    "startup": "startup",
    "to": "user",
    "user": "user",
    "user_id": "user",
}
"""Details that hold the id of a thing, and its kind."""

_STATES: Final[dict[str, tuple[type[StrEnum], ...]]] = {
    "before": (enums.ApplicationState,),
    "conclusion": (enums.Conclusion,),
    "ground": (enums.ScreeningGround,),
    "kind": (enums.EvidenceKind,),
    "outcome": (enums.Outcome,),
    "role": (enums.Role,),
    "was": (enums.ApplicationState, enums.OfferState),
}
_SHOWN_CHARACTERS: Final = 16
"""Of a fingerprint; the whole one stands in the cell's title."""


@dataclass(frozen=True)
class Line:
    """One entry ready to draw."""

    entry: AuditRow
    who: str
    verb: str
    about: Markup
    details: list[tuple[str, Markup]]


def _known(references: Iterable[str]) -> dict[str, Subject]:
    """The names this person may read: of what they may open. The others are not fetched."""
    actor, views = current_actor(), current_app.view_functions
    closed = {
        kind
        for kind, (endpoint, _key) in _PAGES.items()
        if not (permission := getattr(views.get(endpoint), "permission", None))
        or not access.permitted(actor, permission)
    }
    return subjects.named(one for one in references if one.partition(":")[0] not in closed)


def about(reference: str, known: Mapping[str, Subject]) -> Markup:
    """What a reference means: its name as a link, or, where the person may not open it, what it is called without."""
    kind, _, number = reference.partition(":")
    found = known.get(reference)
    if found is None:
        if kind in _BARE and number:
            return escape(sentence(_BARE[kind], number=number))
        return escape(sentence(_WHOLE[kind]) if kind in _WHOLE else reference)
    name = filters.translated(found.name)
    text = sentence(_KINDS[kind], name=name) if kind in _KINDS else name
    if kind not in _PAGES:
        return escape(text)
    endpoint, key = _PAGES[kind]
    target: str | int = found.target if key == "code" else int(found.target)
    return Markup('<a href="{}">{}</a>').format(url_for(endpoint, **{key: target}), text)


def links(references: Iterable[str]) -> dict[str, Markup]:
    """Each reference by name, as a link where the person may open its page; one statement for all of them."""
    asked = set(references)
    known = _known(asked)
    return {reference: about(reference, known) for reference in asked}


def named_link(reference: str) -> Markup:
    """One reference by name; empty where there is none."""
    return links([reference])[reference] if reference else Markup("")


def references_of(row: AuditRow) -> list[str]:
    """Everything an entry speaks of."""
    found = [row.subject]
    for name, value in row.detail.items():
        if name in _REFERENCES:
            found.append(f"{_REFERENCES[name]}:{value}")
        elif name == "reference":
            found.append(str(value))
        elif name == "users" and isinstance(value, list):
            found += [f"user:{one}" for one in value]
    return found


def lines(rows: Iterable[AuditRow]) -> list[Line]:
    """The entries with their names; one statement for all of them."""
    entries = list(rows)
    known = _known(reference for row in entries for reference in references_of(row))
    return [
        Line(
            entry=row,
            who=sentence(N_("The system"))
            if row.actor_user_id is None and row.actor_name == SYSTEM.name
            else row.actor_name,
            verb=filters.shown_verb(row.verb),
            about=about(row.subject, known),
            details=[
                (sentence(verbs.LABELS.get(name, name)), _value(name, value, row.subject, known))
                for name, value in row.detail.items()
            ],
        )
        for row in entries
    ]


def _value(name: str, value: object, subject: str, known: Mapping[str, Subject]) -> Markup:
    if name in _REFERENCES:
        return about(f"{_REFERENCES[name]}:{value}", known)
    if name == "reference":
        return about(str(value), known)
    if name == "users" and isinstance(value, list):
        return Markup(", ").join(about(f"user:{one}", known) for one in value)
    if name == "minor" and isinstance(value, int):
        found = known.get(subject)
        amount = Money(value, found.currency if found and found.currency else "EUR")
        return escape(filters.shown_money(amount) if found else filters.shown_number(amount.amount, 2))
    if name in ("sha256", "plan") and isinstance(value, str):
        return Markup('<span title="{}">{}…</span>').format(value, value[:_SHOWN_CHARACTERS])
    return escape(_text(name, value))


def _text(name: str, value: object) -> str:
    if isinstance(value, bool):
        return sentence(N_("Yes") if value else N_("No"))
    if isinstance(value, Mapping):
        return "; ".join(f"{key} {_text('', one)}" for key, one in value.items())
    if isinstance(value, list):
        return " → ".join(map(str, value)) if name == "" else ", ".join(map(str, value))
    if not isinstance(value, str):
        return filters.shown_number(value) if isinstance(value, int) and name not in ("seed", "posting") else str(value)
    for kind in _STATES.get(name, ()):
        if value in list(kind):
            return filters.word(kind(value))
    if name == "kind" and value in words.LETTERS:
        return sentence(words.LETTERS[value])
    if name == "region":
        return filters.region_name(value)
    if name == "locale":
        return sentence(N_("French") if value == "fr" else N_("English"))
    return _moment(value) if name in ("arrived_at", "respond_by", "starts_at", "today") else value


def _moment(text: str) -> str:
    try:
        return (
            filters.shown_instant(datetime.fromisoformat(text))
            if len(text) > 10
            else filters.shown_day(date.fromisoformat(text))
        )
    except ValueError:
        return text
