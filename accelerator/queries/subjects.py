"""Queries · Subjects — the names of the things that entries and letters speak of as "<kind>:<id>"."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, literal, null, select, union_all

from accelerator.extensions import db
from accelerator.kernel.bilingual import Bilingual
from accelerator.models.accounts import User
from accelerator.models.applications import Application
from accelerator.models.credits import CloudAccount, CreditAllocation, CreditGrant, CreditPool, UsageImport, UsageUpload
from accelerator.models.discussion import Remark
from accelerator.models.letters import Letter
from accelerator.models.programmes import Batch
from accelerator.models.reports import Report
from accelerator.models.reviewing import Assignment
from accelerator.models.selection import Offer
from accelerator.models.startups import Startup
from accelerator.models.workshops import Attendance, Booking, Workshop, WorkshopSession


@dataclass(frozen=True)
class Subject:
    """One thing by its name. `target` is the id or code of the page to open about it, `currency` that of its amounts."""

    kind: str
    name: Bilingual
    target: str
    currency: str = ""


def named(references: Iterable[str]) -> dict[str, Subject]:
    """Each reference that names something still there, with its name; one statement, however many are asked for."""
    asked: dict[str, set[int]] = {}
    for reference in references:
        kind, _, number = reference.partition(":")
        if kind in _PARTS and number.isdecimal():
            asked.setdefault(kind, set()).add(int(number))
    if not asked:
        return {}
    parts = [_PARTS[kind][0].where(_PARTS[kind][1].in_(ids)) for kind, ids in sorted(asked.items())]
    return {
        f"{row.kind}:{row.id}": Subject(row.kind, Bilingual(row.fr, row.en), str(row.target), row.currency or "")
        for row in db.session.execute(union_all(*parts))
    }


def _part(
    kind: str,
    key: Any,
    fr: Any,
    en: Any,
    target: Any,
    currency: ColumnElement[Any] | Any = None,
) -> tuple[Select[Any], Any]:
    return (
        select(
            literal(kind).label("kind"),
            key.label("id"),
            fr.label("fr"),
            en.label("en"),
            db.cast(target, db.String).label("target"),
            (null() if currency is None else currency).label("currency"),
        ),
        key,
    )


def _joined(part: tuple[Select[Any], Any], *joins: tuple[Any, ColumnElement[bool]]) -> tuple[Select[Any], Any]:
    statement, key = part
    for table, on in joins:
        statement = statement.join(table, on)
    return statement, key


_OF_SESSION = (Workshop, Workshop.id == WorkshopSession.workshop_id)
_PARTS: Final[dict[str, tuple[Select[Any], Any]]] = {
    "application": _joined(
        _part("application", Application.id, Startup.name, Startup.name, Application.id),
        (Startup, Startup.id == Application.startup_id),
    ),
    "assignment": _joined(
        _part("assignment", Assignment.id, Startup.name, Startup.name, Application.id),
        (Application, Application.id == Assignment.application_id),
        (Startup, Startup.id == Application.startup_id),
    ),
    "attendance": _joined(
        _part("attendance", Attendance.id, Workshop.title_fr, Workshop.title_en, WorkshopSession.id),
        (WorkshopSession, WorkshopSession.id == Attendance.workshop_session_id),
        _OF_SESSION,
    ),
    "batch": _part("batch", Batch.id, Batch.name_fr, Batch.name_en, Batch.code),
    "booking": _joined(
        _part("booking", Booking.id, Workshop.title_fr, Workshop.title_en, WorkshopSession.id),
        (WorkshopSession, WorkshopSession.id == Booking.workshop_session_id),
        _OF_SESSION,
    ),
    "cloud_account": _joined(
        _part("cloud_account", CloudAccount.id, Startup.name, Startup.name, Startup.id),
        (Startup, Startup.id == CloudAccount.startup_id),
    ),
    "credit_allocation": _joined(
        _part(
            "credit_allocation",
            CreditAllocation.id,
            Batch.name_fr,
            Batch.name_en,
            CreditAllocation.id,
            CreditPool.currency,
        ),
        (Batch, Batch.id == CreditAllocation.batch_id),
        (CreditPool, CreditPool.id == CreditAllocation.pool_id),
    ),
    "credit_grant": _joined(
        _part("credit_grant", CreditGrant.id, Startup.name, Startup.name, CreditGrant.id, CreditGrant.currency),
        (Startup, Startup.id == CreditGrant.startup_id),
    ),
    "credit_pool": _part(
        "credit_pool", CreditPool.id, CreditPool.name, CreditPool.name, CreditPool.id, CreditPool.currency
    ),
    "letter": _part("letter", Letter.id, Letter.subject, Letter.subject, Letter.id),
    "offer": _joined(
        _part("offer", Offer.id, Startup.name, Startup.name, Offer.application_id),
        (Application, Application.id == Offer.application_id),
        (Startup, Startup.id == Application.startup_id),
    ),
    "remark": _joined(
        _part("remark", Remark.id, Startup.name, Startup.name, Remark.application_id),
        (Application, Application.id == Remark.application_id),
        (Startup, Startup.id == Application.startup_id),
    ),
    "report": _part("report", Report.id, Report.number, Report.number, Report.id),
    "startup": _part("startup", Startup.id, Startup.name, Startup.name, Startup.id),
    "usage_upload": _part("usage_upload", UsageUpload.id, UsageUpload.file_name, UsageUpload.file_name, UsageUpload.id),
    "usage_import": _part("usage_import", UsageImport.id, UsageImport.file_name, UsageImport.file_name, UsageImport.id),
    "user": _part("user", User.id, User.name, User.name, User.id),
    "workshop_session": _joined(
        _part("workshop_session", WorkshopSession.id, Workshop.title_fr, Workshop.title_en, WorkshopSession.id),
        _OF_SESSION,
    ),
}
