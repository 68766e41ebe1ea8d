"""Services · Request keys — a double click, a reload, a retry after a lost answer: one act."""

from __future__ import annotations

from sqlalchemy import select

from accelerator.extensions import db
from accelerator.kernel import clock
from accelerator.kernel.actor import Actor
from accelerator.models.accounts import RequestKey


def earlier_result(actor: Actor, key: str) -> str | None:
    """What the act with this key gave when it was done before; None when it is new.

    Call it inside the transaction of the act, and `keep` with the result before it ends.
    """
    if not key:
        return None
    return db.session.scalar(select(RequestKey.result).where(RequestKey.key == _owned(actor, key)))


def keep(actor: Actor, key: str, result: object) -> None:
    """Remember the result of the act under its key."""
    if key:
        db.session.add(
            RequestKey(key=_owned(actor, key), user_id=actor.user_id, result=str(result), made_at=clock.now())
        )


def _owned(actor: Actor, key: str) -> str:
    """Keys are the browser's; another person's equal key is another key."""
    return f"{actor.user_id or 0}:{key}"[:64]
