"""Services · Audit chain — how audit entries are hashed, one onto the other.

The hash covers everything but the person's name, so that a name can be erased and the chain still holds.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import insert, select, text
from sqlalchemy.orm import Session

from accelerator.models.audit import AuditEntry

GENESIS = "0" * 64
_PENDING = "pending_audit_entries"
_PG_LOCK = 0x617564  # one writer of the chain at a time; SQLite's write lock does the same


def entry_hash(
    previous_hash: str,
    happened_at: datetime,
    actor_user_id: int | None,
    verb: str,
    subject: str,
    detail: Mapping[str, object],
) -> str:
    """SHA-256 over the canonical JSON of one entry and the hash before it."""
    document = json.dumps(
        [previous_hash, happened_at.isoformat(), actor_user_id, verb, subject, detail],
        sort_keys=True,
        ensure_ascii=False,
        separators=(",", ":"),
        default=str,
    )
    return hashlib.sha256(document.encode()).hexdigest()


def add_pending(session: Session, entry: dict[str, object]) -> None:
    """Remember an entry until the transaction is about to commit."""
    session.info.setdefault(_PENDING, []).append(entry)


def forget_pending(session: Session) -> None:
    """Drop the entries of a transaction that failed."""
    session.info.pop(_PENDING, None)


def write_pending(session: Session) -> None:
    """Chain and insert the entries of this transaction."""
    entries = session.info.pop(_PENDING, None)
    if not entries:
        return
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _PG_LOCK})
    previous = session.scalar(select(AuditEntry.hash).order_by(AuditEntry.id.desc()).limit(1)) or GENESIS
    rows = []
    for entry in entries:
        digest = entry_hash(
            previous,
            entry["happened_at"],
            entry["actor_user_id"],
            entry["verb"],
            entry["subject"],
            entry["detail"],
        )
        rows.append({**entry, "previous_hash": previous, "hash": digest})
        previous = digest
    session.execute(insert(AuditEntry), rows)
