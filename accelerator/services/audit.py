"""Services · Audit — who did what, written in the caller's transaction."""

from __future__ import annotations

import json

from sqlalchemy import select

from accelerator.extensions import db
from accelerator.kernel import clock
from accelerator.kernel.actor import Actor
from accelerator.models.audit import AuditEntry
from accelerator.services import audit_chain


def record(actor: Actor, verb: str, subject: str, **detail: object) -> None:
    """Add one entry to the trail; it is stored if and only if the transaction is.

    Args: subject names one thing as "<table>:<id>"; detail holds what a later reader needs, as JSON values.
    """
    plain = json.loads(json.dumps(detail, default=str))
    audit_chain.add_pending(
        db.session(),
        {
            "happened_at": clock.now(),
            "actor_user_id": actor.user_id,
            "actor_name": actor.name,
            "verb": verb,
            "subject": subject,
            "detail": plain,
        },
    )


def first_broken_entry() -> int | None:
    """The id of the first audit entry whose hash does not follow from the one before; None when all do."""
    previous = audit_chain.GENESIS
    for entry in db.session.scalars(select(AuditEntry).order_by(AuditEntry.id).execution_options(yield_per=1000)):
        expected = audit_chain.entry_hash(
            previous, entry.happened_at, entry.actor_user_id, entry.verb, entry.subject, entry.detail
        )
        if entry.previous_hash != previous or entry.hash != expected:
            return entry.id
        previous = entry.hash
    return None
