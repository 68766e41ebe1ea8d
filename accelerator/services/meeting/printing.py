"""Services · Meeting · Printing — the minutes as a tagged PDF with the SHA-256 of what they say."""

from __future__ import annotations

from dataclasses import dataclass

from accelerator.extensions import db
from accelerator.kernel import clock
from accelerator.kernel.actor import Actor
from accelerator.kernel.errors import NotAllowed, NotFound, RuleViolation
from accelerator.kernel.message import LOCALES, Message
from accelerator.kernel.permissions import Permission
from accelerator.outbound import pdf, report_pages
from accelerator.queries import batches
from accelerator.queries.meeting import minutes as queries
from accelerator.rules import access


@dataclass(frozen=True)
class PrintedMinutes:
    """The document and the name it is saved under."""

    content: bytes
    file_name: str


def print_minutes(*, actor: Actor, code: str, locale: str) -> PrintedMinutes:
    """The minutes of a batch in one language, made now; two prints of the same minutes carry the same SHA-256.

    Raises: NotAllowed, NotFound before the first meeting, RuleViolation when the document cannot be printed.
    """
    if not (verdict := access.may(actor, Permission.SELECTION_READ)):
        raise NotAllowed(verdict.reason)
    now = clock.now()
    batch = batches.batch(code, now)
    found = queries.minutes(batch)
    if not found.meetings:
        raise NotFound(Message("No meeting of this committee has been held."))
    db.session.rollback()  # nothing is read any more, and printing takes its time
    number = f"{batch.code} · {found.fingerprint[:12]}"
    language = locale if locale in LOCALES else LOCALES[0]
    html = report_pages.html("minutes.html", language, {"report": found, "number": number, "as_of": now})
    try:
        printed = pdf.printed(html)
    except pdf.CannotPrint as refusal:
        raise RuleViolation(refusal.reason) from refusal
    return PrintedMinutes(printed.content, f"minutes-{batch.code}-{language}.pdf")
