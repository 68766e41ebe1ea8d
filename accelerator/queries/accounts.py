"""Queries · Accounts — people and what they may be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import bindparam, select

from accelerator.extensions import db
from accelerator.kernel.actor import Actor, RoleGrant
from accelerator.models.accounts import RoleGrant as RoleGrantRow
from accelerator.models.accounts import User
from accelerator.models.startups import Membership


@dataclass(frozen=True)
class SignedIn:
    """A signed-in browser: the actor and the epoch its cookie must carry."""

    actor: Actor
    session_epoch: int


_SIGNED_IN: Final = (
    select(User.name, User.email, User.locale, User.session_epoch, RoleGrantRow.role, RoleGrantRow.region_code)
    .outerjoin(RoleGrantRow, RoleGrantRow.user_id == User.id)
    .where(User.id == bindparam("user_id"), User.is_active)
)
_STARTUPS_OF: Final = select(Membership.startup_id).where(Membership.user_id == bindparam("user_id"))
"""Written once a process: every page of a signed-in person asks both."""


def find_signed_in(user_id: int) -> SignedIn | None:
    """The active person with roles and startups; None when unknown or disabled. Two statements."""
    connection = db.session.connection()
    rows = connection.execute(_SIGNED_IN, {"user_id": user_id}).all()
    if not rows:
        return None
    startup_ids = connection.execute(_STARTUPS_OF, {"user_id": user_id}).scalars()
    first = rows[0]
    grants = frozenset(RoleGrant(row.role, row.region_code or None) for row in rows if row.role is not None)
    actor = Actor(
        user_id=user_id,
        name=first.name,
        grants=grants,
        startup_ids=frozenset(startup_ids),
        locale=first.locale,
        email=first.email,
    )
    return SignedIn(actor, first.session_epoch)
