"""Queries · Interests · Grounds — reviewers and startups with everything known of them, as the rules want to see them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import aliased

from accelerator.extensions import db
from accelerator.kernel.enums import ConflictSource, InterestKind
from accelerator.kernel.message import unpacked
from accelerator.models.accounts import User
from accelerator.models.interests import Interest, StartupTie
from accelerator.models.reviewing import ConflictOfInterest
from accelerator.models.startups import Membership, Startup
from accelerator.queries.interests.register import present_year
from accelerator.rules import conflicts
from accelerator.rules.conflicts import Colleague, Ground, ReviewerTies, StartupTies, Tie, still_counts

StartupIds = Select[Any]
"""A statement that gives startup ids."""


@dataclass
class _Known:
    """What the statements brought, by reviewer."""

    startups: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    interests: dict[int, list[conflicts.Interest]] = field(default_factory=lambda: defaultdict(list))
    colleagues: dict[int, list[Colleague]] = field(default_factory=lambda: defaultdict(list))
    declared: dict[int, dict[int, str]] = field(default_factory=lambda: defaultdict(dict))
    sources: dict[int, dict[int, ConflictSource]] = field(default_factory=lambda: defaultdict(dict))


def between(reviewer_ids: Collection[int], startup_ids: StartupIds) -> list[Ground]:
    """Every ground between these reviewers and these startups, certain or suspected. Eight statements."""
    if not reviewer_ids:
        return []
    return conflicts.find_all(reviewers(reviewer_ids, startup_ids), startups(startup_ids))


def reviewers(user_ids: Collection[int], startup_ids: StartupIds) -> list[ReviewerTies]:
    """What is known of these people, by id; of what is on record, what concerns these startups. Five statements."""
    known = _Known()
    _read_interests(user_ids, known)
    _read_own_startups(user_ids, known)
    _read_declared_startups(user_ids, known)
    _read_record(user_ids, startup_ids, known)
    people = db.session.execute(select(User.id, User.name, User.email).where(User.id.in_(user_ids)).order_by(User.id))
    return [
        ReviewerTies(
            id=person.id,
            email=person.email,
            name=person.name,
            startup_ids=frozenset(known.startups[person.id]),
            declared=known.declared[person.id],
            sources=known.sources[person.id],
            interests=tuple(known.interests[person.id]),
            colleagues=tuple(known.colleagues[person.id]),
        )
        for person in people
    ]


def stranger(*, name: str, email: str, declared: Collection[conflicts.Interest]) -> ReviewerTies:
    """Somebody who is not known here, or not with these interests: what the chains through them are is looked up."""
    known = _Known()
    _read_declared_startups((), known, {0: declared})
    return ReviewerTies(id=0, email=email, name=name, interests=tuple(declared), colleagues=tuple(known.colleagues[0]))


def with_more(reviewer: ReviewerTies, declared: Collection[conflicts.Interest]) -> ReviewerTies:
    """A known reviewer with interests that are not in the register yet."""
    more = stranger(name=reviewer.name, email=reviewer.email, declared=declared)
    return replace(
        reviewer,
        interests=(*reviewer.interests, *more.interests),
        colleagues=(*reviewer.colleagues, *more.colleagues),
    )


def startups(startup_ids: StartupIds) -> list[StartupTies]:
    """What is known of these startups. Three statements."""
    emails: dict[int, list[str]] = defaultdict(list)
    members: dict[int, list[tuple[int, str]]] = defaultdict(list)
    for row in db.session.execute(
        select(Membership.startup_id, Membership.user_id, User.name, User.email)
        .join(User, User.id == Membership.user_id)
        .where(Membership.startup_id.in_(startup_ids))
    ):
        members[row.startup_id].append((row.user_id, row.name))
        emails[row.startup_id].append(row.email)
    named: dict[int, list[Tie]] = defaultdict(list)
    for row in db.session.execute(
        select(
            StartupTie.startup_id, StartupTie.kind, StartupTie.organisation, StartupTie.siren, StartupTie.person
        ).where(StartupTie.startup_id.in_(startup_ids))
    ):
        named[row.startup_id].append(Tie(row.kind, row.organisation, row.siren or "", row.person))
    rows = db.session.execute(
        select(Startup.id, Startup.name, Startup.siren).where(Startup.id.in_(startup_ids)).order_by(Startup.id)
    )
    return [
        StartupTies(
            id=row.id,
            emails=tuple(emails[row.id]),
            name=row.name,
            siren=row.siren or "",
            members=tuple(members[row.id]),
            ties=tuple(named[row.id]),
        )
        for row in rows
    ]


def _read_interests(user_ids: Collection[int], known: _Known) -> None:
    """What was declared and still counts."""
    year = present_year()
    for row in db.session.scalars(select(Interest).where(Interest.user_id.in_(user_ids)).order_by(Interest.id)):
        if still_counts(row.until_year, year):
            known.interests[row.user_id].append(
                conflicts.Interest(row.kind, row.organisation, row.siren or "", row.person, row.until_year)
            )


def _read_own_startups(user_ids: Collection[int], known: _Known) -> None:
    """The startups they are members of, which are companies they are tied to, and the people there."""
    other = aliased(Membership)
    rows = db.session.execute(
        select(Membership.user_id, Startup.id, Startup.name, Startup.siren, other.user_id.label("person_id"), User.name)
        .join(Startup, Startup.id == Membership.startup_id)
        .outerjoin(other, (other.startup_id == Startup.id) & (other.user_id != Membership.user_id))
        .outerjoin(User, User.id == other.user_id)
        .where(Membership.user_id.in_(user_ids))
        .order_by(Membership.user_id, Startup.id, other.user_id)
    )
    for reviewer_id, startup_id, startup, siren, person_id, person in rows:
        if startup_id not in known.startups[reviewer_id]:
            known.startups[reviewer_id].add(startup_id)
            known.interests[reviewer_id].append(conflicts.Interest(InterestKind.COMPANY, startup, siren or ""))
        if person_id is not None:
            known.colleagues[reviewer_id].append(Colleague(startup_id, startup, person_id, person))


def _read_declared_startups(
    user_ids: Collection[int],
    known: _Known,
    declared: Mapping[int, Collection[conflicts.Interest]] | None = None,
) -> None:
    """The people of startups known here that an interest names by SIREN, as a company that goes on."""
    through: dict[str, list[tuple[int, conflicts.Interest]]] = defaultdict(list)
    for reviewer_id, entries in (declared or {id_: tuple(known.interests[id_]) for id_ in user_ids}).items():
        for interest in entries:
            if interest.siren and interest.until_year is None and interest.kind is not InterestKind.CLOSE_PERSON:
                through[interest.siren].append((reviewer_id, interest))
    for row in _people_of(list(through)):
        for reviewer_id, interest in through[row.siren]:
            if row.user_id != reviewer_id and row.id not in known.startups[reviewer_id]:
                known.colleagues[reviewer_id].append(Colleague(row.id, row.name, row.user_id, row.person, interest))


def _people_of(sirens: list[str]) -> list[Any]:
    if not sirens:
        return []
    return list(
        db.session.execute(
            select(Startup.id, Startup.name, Startup.siren, User.id.label("user_id"), User.name.label("person"))
            .join(Membership, Membership.startup_id == Startup.id)
            .join(User, User.id == Membership.user_id)
            .where(Startup.siren.in_(sirens))
            .order_by(Startup.id, User.id)
        )
    )


def _read_record(user_ids: Collection[int], startup_ids: StartupIds, known: _Known) -> None:
    """Conflicts on record. What was only inferred is left out: it is inferred anew, or no longer true."""
    rows = db.session.scalars(
        select(ConflictOfInterest)
        .where(
            ConflictOfInterest.reviewer_user_id.in_(user_ids),
            ConflictOfInterest.startup_id.in_(startup_ids),
            ConflictOfInterest.source != ConflictSource.INFERRED,
        )
        .order_by(ConflictOfInterest.id)
    )
    for row in rows:
        known.declared[row.reviewer_user_id][row.startup_id] = unpacked(row.sentence) if row.sentence else row.ground
        known.sources[row.reviewer_user_id][row.startup_id] = row.source
