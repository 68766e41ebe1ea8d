"""Queries · Startups — the startups of a person and their people."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from accelerator.extensions import db
from accelerator.kernel.errors import NotFound
from accelerator.kernel.message import Message
from accelerator.models.accounts import User
from accelerator.models.startups import Membership, Startup


@dataclass(frozen=True)
class MyStartup:
    """One startup of a person."""

    id: int
    name: str
    is_owner: bool


@dataclass(frozen=True)
class Person:
    """One person of a startup."""

    user_id: int
    name: str
    email: str
    is_owner: bool


def mine(user_id: int | None) -> list[MyStartup]:
    """The startups a person belongs to, by name."""
    rows = db.session.execute(
        select(Startup.id, Startup.name, Membership.is_owner)
        .join(Membership, Membership.startup_id == Startup.id)
        .where(Membership.user_id == user_id)
        .order_by(Startup.name, Startup.id)
    )
    return [MyStartup(*row) for row in rows]


def own(user_id: int | None, startup_id: int) -> Startup:
    """The startup, to one of its people.

    Raises: NotFound when the person does not belong to it, or it does not exist.
    """
    startup = db.session.scalar(
        select(Startup)
        .join(Membership, Membership.startup_id == Startup.id)
        .where(Startup.id == startup_id, Membership.user_id == user_id)
    )
    if startup is None:
        raise NotFound(Message("There is no such startup among yours."))
    return startup


def people(startup_id: int) -> list[Person]:
    """Everyone of a startup, owners first."""
    rows = db.session.execute(
        select(User.id, User.name, User.email, Membership.is_owner)
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.startup_id == startup_id)
        .order_by(Membership.is_owner.desc(), Membership.joined_at, Membership.id)
    )
    return [Person(*row) for row in rows]


def names_in_region(region_code: str) -> list[str]:
    """The names of the startups known in a region, to find one that is already there."""
    return list(db.session.scalars(select(Startup.name).where(Startup.region_code == region_code)))
