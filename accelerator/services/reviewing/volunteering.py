"""Services · Reviewing · Volunteering — dossiers out of a reviewer's reach are offered to the others, who take them."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from sqlalchemy import exists, select, update

from accelerator.extensions import db
from accelerator.kernel import clock
from accelerator.kernel.actor import SYSTEM, Actor
from accelerator.kernel.bilingual import Bilingual
from accelerator.kernel.enums import AssignmentState, BatchState
from accelerator.kernel.errors import Conflict, RuleViolation
from accelerator.kernel.message import Message
from accelerator.models.applications import Application
from accelerator.models.programmes import Batch
from accelerator.models.reviewing import Assignment, BatchReviewer
from accelerator.queries.reviewing import looking
from accelerator.rules import reviewing
from accelerator.services import audit, blindness, letters
from accelerator.services.reviewing.committee import managed_batch
from accelerator.services.reviewing.duties import recount, take_back
from accelerator.services.reviewing.handing_out import store
from accelerator.services.transaction import transaction

GONE = Message("Somebody else has taken this dossier, or it has all its readers by now. Choose another.")


def offer_stalled(*, actor: Actor, batch_id: int) -> int:
    """Offer the untouched dossiers that their reviewers will not get to in time to the others; how many.

    They stay on their desks: whoever begins one first, its reviewer or another, has it. Each reviewer is told once.

    Raises: NotAllowed, NotFound; RuleViolation when the round is closed or nothing new is out of reach.
    """
    with transaction():
        managed_batch(actor, batch_id)
        batch = _locked(batch_id)
        if not reviewing.is_round_open(batch.state, batch.reviews_due_at, clock.now()):
            raise RuleViolation(Message("This round is closed: reviewers can no longer send reviews."))
        offered = _offer(actor, batch, clock.now())
        if not offered:
            raise RuleViolation(Message("Nothing new is out of reach: everybody can still finish, or it is offered."))
        return offered


def offer_stalled_dossiers() -> int:
    """Do so in every open round; how many dossiers are offered. For the clock."""
    now = clock.now()
    due = list(
        db.session.scalars(
            select(Batch.id)
            .where(
                Batch.state.in_((BatchState.OPEN, BatchState.REVIEWING)),
                Batch.reviews_due_at > now,
                exists().where(Assignment.batch_id == Batch.id, Assignment.state == AssignmentState.OPEN),
            )
            .order_by(Batch.id)
        )
    )
    offered = 0
    for batch_id in due:
        with transaction():
            batch = _locked(batch_id)
            if reviewing.is_round_open(batch.state, batch.reviews_due_at, now):
                offered += _offer(SYSTEM, batch, now)
    return offered


def take_dossier(*, actor: Actor, code: str, application_id: int) -> int:
    """Put a dossier that looks for a reader on the actor's desk; the assignment's id.

    A free seat is taken before one that is offered; who held the offered one is told. Beyond the number agreed, the
    click is the agreement to one more.

    Raises: NotFound; RuleViolation once the round is closed; Conflict when somebody else was first.
    """
    user_id = actor.user_id or 0
    place = looking.seat(code, user_id)
    blindness.search_application(application_id)
    with transaction():
        now = clock.now()
        batch = _locked(place.batch_id)
        place = looking.seat(code, user_id)
        if not place.is_open(now):
            raise RuleViolation(Message("This round is closed: reviewers can no longer send reviews."))
        if not looking.looking(place, user_id, among=[application_id]):
            raise Conflict(GONE)
        db.session.execute(
            update(BatchReviewer)
            .where(
                BatchReviewer.batch_id == batch.id,
                BatchReviewer.user_id == user_id,
                BatchReviewer.capacity < place.held + 1,
            )
            .values(capacity=place.held + 1)
        )
        readers = db.session.scalar(select(Application.assigned).where(Application.id == application_id)) or 0
        if readers >= place.each:
            _release(batch, application_id, user_id, now)
        store(batch, [(application_id, user_id)], now)
        recount(Application.id == application_id)
        audit.record(actor, "took a dossier that looked for a reader", f"application:{application_id}")
        return db.session.scalars(
            select(Assignment.id).where(
                Assignment.application_id == application_id, Assignment.reviewer_user_id == user_id
            )
        ).one()


def _locked(batch_id: int) -> Batch:
    """The batch: one hand at a time gives and takes in it. Reviews, which only refer to it, do not wait."""
    return db.session.get_one(Batch, batch_id, with_for_update={"key_share": True}, populate_existing=True)


def _offer(actor: Actor, batch: Batch, now: datetime) -> int:
    new = [one for one in looking.stalled(batch.id, due_at=batch.reviews_due_at, now=now) if not one.is_offered]
    ids = [one.assignment_id for one in new]
    for start in range(0, len(ids), 500):
        db.session.execute(update(Assignment).where(Assignment.id.in_(ids[start : start + 500])).values(offered_at=now))
    for user_id, dossiers in sorted(Counter(one.reviewer_id for one in new).items()):
        letters.write(
            user_id,
            "dossiers_offered",
            about=f"batch:{batch.id}",
            values={
                "batch": Bilingual(batch.name_fr, batch.name_en),
                "dossiers": dossiers,
                "due_at": batch.reviews_due_at,
            },
        )
    if new:
        audit.record(actor, "offered dossiers to other reviewers", f"batch:{batch.id}", dossiers=len(new))
    return len(new)


def _release(batch: Batch, application_id: int, user_id: int, now: datetime) -> None:
    """Take the assignment offered longest off its desk, if it is still untouched, and tell its reviewer."""
    held = db.session.scalars(
        select(Assignment)
        .where(
            Assignment.application_id == application_id,
            Assignment.reviewer_user_id != user_id,
            Assignment.offered_at.is_not(None),
            Assignment.state == AssignmentState.OPEN,
        )
        .order_by(Assignment.offered_at, Assignment.id)
        .with_for_update()
    ).all()
    untouched = set(
        db.session.scalars(select(Assignment.id).where(Assignment.id.in_([one.id for one in held]), looking.OFFERABLE))
    )
    released = next((one for one in held if one.id in untouched), None)
    if released is None:
        raise Conflict(GONE)
    reviewer_id = released.reviewer_user_id
    take_back(Assignment.id == released.id, now)
    letters.write(
        reviewer_id,
        "dossier_taken",
        about=f"application:{application_id}",
        values={
            "batch": Bilingual(batch.name_fr, batch.name_en),
            "dossier": reviewing.dossier_code(application_id),
        },
    )
