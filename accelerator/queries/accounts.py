"""Queries · Accounts — people and what they may be."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

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


def find_signed_in(user_id: int) -> SignedIn | None:
    """The active person with roles and startups; None when unknown or disabled. Two statements."""
    rows = db.session.execute(
        select(User.name, User.email, User.locale, User.session_epoch, RoleGrantRow.role, RoleGrantRow.region_code)
        .outerjoin(RoleGrantRow, RoleGrantRow.user_id == User.id)
        .where(User.id == user_id, User.is_active)
    ).all()
    if not rows:
        return None
    startup_ids = db.session.scalars(select(Membership.startup_id).where(Membership.user_id == user_id))
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
