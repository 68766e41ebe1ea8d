"""Bench · A programme of a given size: one batch in review, three reviews an application, written in bulk."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from sqlalchemy import insert, select

from accelerator.extensions import db
from accelerator.kernel import clock
from accelerator.kernel.actor import SYSTEM
from accelerator.kernel.enums import (
    ApplicationState,
    AssignmentState,
    BatchState,
    EvidenceKind,
    Role,
    Sector,
)
from accelerator.kernel.regions import REGIONS
from accelerator.models.accounts import RoleGrant, User
from accelerator.models.applications import Application
from accelerator.models.counter import Evidence, Reached
from accelerator.models.interests import InterestStatement
from accelerator.models.reviewing import Assignment, BatchReviewer, Review, Score
from accelerator.models.startups import Startup
from accelerator.services import rankings
from tests import make


@dataclass(frozen=True)
class Paths:
    """Who asks, and what."""

    batch_code: str
    manager: tuple[int, int]
    founder: tuple[int, int]
    reviewer: tuple[int, int]
    reviews: list[tuple[str, dict[str, str]]]


def fill(size: int) -> Paths:
    """`size` applications of 15 places with three reviews each; 120 open assignments to save reviews on."""
    chance = random.Random(size)
    now = clock.now()
    manager = make.manager()
    founder = make.user(name="Founder")
    rubric = make.rubric("3", "2", "2", "1", "1")
    criteria = make.criteria(rubric)
    batch = make.batch(
        rubric_id=rubric.id,
        state=BatchState.REVIEWING,
        opens_at=now - timedelta(days=60),
        closes_at=now - timedelta(days=10),
        reviews_due_at=now + timedelta(days=10),
    )
    make.batch()
    for _ in range(6):
        make.workshop_session()
    make.counter_definition()
    newcomer, *reviewers = _reviewers(1 + max(12, size // 33), batch.id, now)
    startups = _startups(size, chance, now)
    make.db.session.commit()
    _member(founder, startups[0], now)
    applications = _applications(startups, batch.id, now)
    _reached(chance, now)
    open_ids = _reviews(applications, reviewers, newcomer, criteria, batch, chance, now)
    db.session.commit()
    rankings.compute_ranking(actor=SYSTEM, code=batch.code)
    form = {f"criterion_{criterion.id}": "3" for criterion in criteria} | {"comment": "A solid dossier."}
    epoch = lambda user: (user.id, user.session_epoch)  # noqa: E731
    reviewer = db.session.get_one(User, newcomer)
    return Paths(
        batch_code=batch.code,
        manager=epoch(manager),
        founder=epoch(founder),
        reviewer=epoch(reviewer),
        reviews=[(f"/reviewing/assignments/{assignment_id}", form) for assignment_id in open_ids],
    )


def _reviewers(count, batch_id, now):
    ids = list(
        db.session.scalars(
            insert(User).returning(User.id),
            [
                {
                    "email": f"reviewer{n}@exemple.fr",
                    "name": f"Reviewer {n}",
                    "locale": "fr",
                    "is_active": True,
                    "session_epoch": 0,
                    "created_at": now,
                }
                for n in range(count)
            ],
        )
    )
    db.session.execute(
        insert(RoleGrant), [{"user_id": i, "role": Role.REVIEWER, "region_code": "", "granted_at": now} for i in ids]
    )
    db.session.execute(
        insert(BatchReviewer), [{"batch_id": batch_id, "user_id": i, "capacity": 300, "named_at": now} for i in ids]
    )
    db.session.execute(insert(InterestStatement), [{"user_id": i, "interests": 0, "stated_at": now} for i in ids])
    return ids


def _startups(count, chance, now):
    regions, sectors = list(REGIONS), list(Sector)
    return list(
        db.session.scalars(
            insert(Startup).returning(Startup.id),
            [
                {
                    "name": f"Startup {n}",
                    "siren": make.siren(n),
                    "region_code": chance.choice(regions),
                    "sector": chance.choice(sectors),
                    "city": "Lyon",
                    "created_at": now,
                }
                for n in range(count)
            ],
        )
    )


def _member(founder, startup_id, now):
    from accelerator.models.startups import Membership

    db.session.add(Membership(startup_id=startup_id, user_id=founder.id, is_owner=True, joined_at=now))
    db.session.commit()


def _applications(startups, batch_id, now):
    return list(
        db.session.scalars(
            insert(Application).returning(Application.id),
            [
                {
                    "batch_id": batch_id,
                    "startup_id": startup_id,
                    "state": ApplicationState.ADMISSIBLE,
                    "started_at": now,
                    "saved_at": now,
                    "submitted_at": now - timedelta(days=20, seconds=n),
                    "receipt": f"R-{n:06d}",
                    "reviews": 3,
                    "assigned": 3,
                }
                for n, startup_id in enumerate(startups)
            ],
        )
    )


def _reached(chance, now):
    regions = list(REGIONS)
    ids = list(
        db.session.scalars(
            insert(Startup).returning(Startup.id),
            [{"name": f"Reached {n}", "region_code": chance.choice(regions), "created_at": now} for n in range(1000)],
        )
    )
    days = [(now - timedelta(days=chance.randrange(700))).date() for _ in ids]
    codes = dict(db.session.execute(select(Startup.id, Startup.region_code)).tuples().all())
    db.session.execute(
        insert(Reached),
        [
            {"startup_id": i, "region_code": codes[i], "counted_on": day, "definition_version": 1}
            for i, day in zip(ids, days, strict=True)
        ],
    )
    db.session.execute(
        insert(Evidence),
        [
            {
                "startup_id": i,
                "kind": EvidenceKind.WORKSHOP_ATTENDED,
                "reference": f"attendance:{i}",
                "happened_on": day,
                "recorded_at": now,
            }
            for i, day in zip(ids, days, strict=True)
        ],
    )


def _reviews(applications, reviewers, newcomer, criteria, batch, chance, now):
    assignments = []
    for application_id in applications:
        assignments += [(application_id, reader) for reader in chance.sample(reviewers, 3)]
    open_pairs = [(application_id, newcomer) for application_id in applications[:120]]
    rows = [
        {
            "batch_id": batch.id,
            "application_id": a,
            "reviewer_user_id": r,
            "state": AssignmentState.REVIEWED if n < len(assignments) else AssignmentState.OPEN,
            "position": n,
            "assigned_at": now,
            "due_at": batch.reviews_due_at,
        }
        for n, (a, r) in enumerate(assignments + open_pairs)
    ]
    ids = list(db.session.scalars(insert(Assignment).returning(Assignment.id, sort_by_parameter_order=True), rows))
    severity = {r: chance.gauss(0, 0.4) for r in reviewers}
    quality = {a: chance.gauss(3, 0.6) for a in applications}
    reviews, points = [], []
    for (a, r), assignment_id in zip(assignments, ids, strict=False):
        values = [min(5, max(1, round(chance.gauss(quality[a] + severity[r], 0.7)))) for _ in criteria]
        total = sum(c.weight for c in criteria)
        overall = (sum(v * c.weight for v, c in zip(values, criteria, strict=True)) / total).quantize(Decimal("0.01"))
        reviews.append(
            {
                "assignment_id": assignment_id,
                "batch_id": batch.id,
                "application_id": a,
                "reviewer_user_id": r,
                "overall": overall,
                "comment": "",
                "submitted_at": now,
            }
        )
        points.append(values)
    review_ids = list(db.session.scalars(insert(Review).returning(Review.id, sort_by_parameter_order=True), reviews))
    db.session.execute(
        insert(Score),
        [
            {"review_id": i, "criterion_id": c.id, "points": v}
            for i, values in zip(review_ids, points, strict=True)
            for c, v in zip(criteria, values, strict=True)
        ],
    )
    return ids[len(assignments) :]
