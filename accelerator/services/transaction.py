"""Services · Transaction — the only commit in the house."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, cast

from sqlalchemy import CursorResult, Executable

from accelerator.extensions import db
from accelerator.services import audit_chain

log = logging.getLogger(__name__)

_HOOKS = "after_commit_hooks"


@contextmanager
def transaction() -> Iterator[None]:
    """Commit on the way out, roll back on any error. An inner call joins the outer.

    On SQLite it starts with the write lock (BEGIN IMMEDIATE), so that what is read inside cannot change
    before it is written. The audit entries of the transaction are chained last, just before the commit.
    """
    session = db.session()
    if _HOOKS in session.info:
        yield
        return
    if session.new or session.dirty or session.deleted:
        raise RuntimeError("rows were changed outside a service transaction")
    session.rollback()  # ends the page's read-only transaction
    hooks: list[Callable[[], None]] = []
    session.info[_HOOKS] = hooks
    try:
        session.connection(execution_options={"sqlite_begin": "IMMEDIATE"})
        yield
        session.flush()
        audit_chain.write_pending(session)
        session.commit()
    except BaseException:
        session.rollback()
        audit_chain.forget_pending(session)
        raise
    finally:
        del session.info[_HOOKS]
    for hook in hooks:
        try:
            hook()
        except Exception:
            log.exception("after-commit hook failed: %r", hook)


def after_commit(hook: Callable[[], None]) -> None:
    """Run the hook once the present transaction is safely stored; never if it fails."""
    db.session().info[_HOOKS].append(hook)


def changed_rows(statement: Executable) -> int:
    """Run one UPDATE or DELETE and say how many rows it changed.

    What is scarce (seats, places, credits) is taken with it: `UPDATE … SET taken = taken + 1 WHERE taken <
    capacity` changes one row or none, and that answer is the only truth about who got it.
    """
    return cast("CursorResult[Any]", db.session.execute(statement)).rowcount
