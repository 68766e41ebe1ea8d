"""The only commit: joined, rolled back, hooked, chained."""

from __future__ import annotations

import pytest
from sqlalchemy import select, text

from accelerator.kernel.actor import SYSTEM
from accelerator.models.audit import AuditEntry
from accelerator.models.startups import Startup
from accelerator.services import audit
from accelerator.services.transaction import after_commit, transaction
from tests import make


def test_inner_transaction_joins_the_outer_and_falls_with_it(db):
    with pytest.raises(ValueError, match="no"), transaction():
        with transaction():
            db.add(Startup(name="Lost", region_code="84", created_at=make.clock.now()))
        raise ValueError("no")

    assert db.scalars(select(Startup)).all() == []


def test_hooks_run_after_the_commit_only(db):
    ran = []
    with transaction():
        after_commit(lambda: ran.append("stored"))
        assert ran == []
    with pytest.raises(ValueError, match="no"), transaction():
        after_commit(lambda: ran.append("never"))
        raise ValueError("no")

    assert ran == ["stored"]


def test_rows_changed_outside_are_refused(db):
    startup = make.startup()
    startup.name = "Sneaked in"

    with pytest.raises(RuntimeError, match="outside"), transaction():
        pass


def test_audit_entries_are_chained_and_an_altered_byte_is_found(db):
    with transaction():
        audit.record(SYSTEM, "did one", "thing:1")
        audit.record(SYSTEM, "did two", "thing:2", amount=3)
    with transaction():
        audit.record(SYSTEM, "did three", "thing:3")
    assert audit.first_broken_entry() is None

    db.execute(text("DROP TRIGGER audit_entry_refuses_update"))
    db.execute(text("UPDATE audit_entry SET subject = 'thing:9' WHERE id = 2"))
    db.commit()

    assert audit.first_broken_entry() == 2


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entry SET verb = 'x'",
        "DELETE FROM audit_entry",
        "INSERT OR REPLACE INTO audit_entry SELECT * FROM audit_entry",
    ],
)
def test_audit_entries_cannot_be_changed(db, statement):
    with transaction():
        audit.record(SYSTEM, "did", "thing:1")

    with pytest.raises(Exception, match="append-only"):
        db.execute(text(statement))
    db.rollback()

    assert db.scalars(select(AuditEntry.verb)).all() == ["did"]
