"""Queries · People — everybody with a role in the team, and what each may be."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import func, or_, select

from accelerator.extensions import db
from accelerator.kernel.enums import Role
from accelerator.models.accounts import RoleGrant, User

ROWS_A_PAGE: Final = 50


@dataclass(frozen=True)
class Held:
    """One role a person holds; an empty region means everywhere."""

    role: Role
    region_code: str


@dataclass(frozen=True)
class PersonRow:
    """One person with the roles held."""

    id: int
    name: str
    email: str
    is_active: bool
    has_password: bool
    last_sign_in_at: datetime | None
    roles: list[Held]


@dataclass(frozen=True)
class PeoplePage:
    """One page of people, and how many there are in all."""

    rows: list[PersonRow]
    total: int
    pages: int


def people(*, role: Role | None, search: str, page: int) -> PeoplePage:
    """People by name; without a role asked, everybody who is more than a founder. Three statements."""
    wanted = RoleGrant.role == role if role is not None else RoleGrant.role != Role.FOUNDER
    conditions = [User.id.in_(select(RoleGrant.user_id).where(wanted))]
    if search:
        conditions.append(
            or_(User.name.icontains(search, autoescape=True), User.email.icontains(search, autoescape=True))
        )
    total = db.session.scalars(select(func.count()).select_from(User).where(*conditions)).one()
    users = db.session.scalars(
        select(User)
        .where(*conditions)
        .order_by(func.lower(User.name), User.id)
        .limit(ROWS_A_PAGE)
        .offset((page - 1) * ROWS_A_PAGE)
    ).all()
    roles: dict[int, list[Held]] = {user.id: [] for user in users}
    grants = db.session.execute(
        select(RoleGrant.user_id, RoleGrant.role, RoleGrant.region_code)
        .where(RoleGrant.user_id.in_(roles))
        .order_by(RoleGrant.role, RoleGrant.region_code)
    )
    for user_id, held, region_code in grants:
        roles[user_id].append(Held(held, region_code))
    return PeoplePage(
        rows=[
            PersonRow(
                user.id,
                user.name,
                user.email,
                user.is_active,
                user.password_hash is not None,
                user.last_sign_in_at,
                roles[user.id],
            )
            for user in users
        ],
        total=total,
        pages=max(1, -(-total // ROWS_A_PAGE)),
    )
