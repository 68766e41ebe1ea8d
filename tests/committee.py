"""A batch whose committee has done its work: applications whose order is known, reviews, offers."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from sqlalchemy import select

from accelerator.extensions import db
from accelerator.kernel import clock
from accelerator.kernel.enums import ApplicationState, AssignmentState, BatchState, Outcome, Role
from accelerator.models.applications import Application
from accelerator.models.programmes import Batch
from accelerator.models.reviewing import Review
from accelerator.models.selection import Offer
from accelerator.queries import selection as queries
from accelerator.rules.selection import Choice
from accelerator.services import rankings, selection, waves
from tests import make

FIRST_WAVE = timedelta(days=10)


def reviewed_batch(*, applications: int = 6, reviewers: int = 3, ranked: bool = True, **columns) -> Batch:
    """A batch in review; its applications are named Rank 1, Rank 2, … after the order their reviews give."""
    make.counter_definition()
    batch = make.batch(state=BatchState.REVIEWING, **{"places": 2, **columns})
    committee = [make.user(Role.REVIEWER) for _ in range(reviewers)]
    for place in range(1, applications + 1):
        owner = make.user()
        entry = make.application(
            of=batch,
            by=make.startup(people=(owner,), name=f"Rank {place}"),
            state=ApplicationState.ADMISSIBLE,
        )
        for number, reviewer in enumerate(committee):
            review(entry, reviewer, 5 - 4 * (place - 1) / max(applications - 1, 1) + (0.1 if number == 0 else -0.05))
    if ranked:
        rankings.compute_ranking(actor=make.actor(make.manager()), code=batch.code)
    return batch


def review(entry: Application, reviewer, overall: float) -> Review:
    """One submitted review."""
    duty = make.assignment(of=entry, reviewer=reviewer, state=AssignmentState.REVIEWED)
    entry.reviews += 1
    row = Review(
        assignment_id=duty.id,
        batch_id=entry.batch_id,
        application_id=entry.id,
        reviewer_user_id=reviewer.id,
        overall=Decimal(f"{overall:.2f}"),
        submitted_at=clock.now(),
    )
    db.session.add(row)
    db.session.commit()
    return row


def entries(batch: Batch) -> list[Application]:
    """The applications in the order of their names."""
    return list(
        db.session.scalars(select(Application).where(Application.batch_id == batch.id).order_by(Application.id))
    )


def version(batch: Batch) -> str:
    """What a manager who looks now has seen prepared."""
    return queries.prepared(batch.id).version


def choose(batch: Batch, *choices: Choice) -> int:
    """Prepare these choices as a manager."""
    return selection.save_choices(
        actor=make.actor(make.manager()), code=batch.code, choices=choices, version=version(batch)
    )


def admit(entry: Application, reason: str = "") -> Choice:
    """A choice."""
    return Choice(entry.id, Outcome.ADMIT, None, reason)


def wait(entry: Application, position: int | None = None, reason: str = "") -> Choice:
    """A choice."""
    return Choice(entry.id, Outcome.WAITLIST, position, reason)


def confirm(batch: Batch, **changes) -> int:
    """Make the prepared choice final, as typed after the recap."""
    prepared = queries.prepared(batch.id)
    return selection.confirm(
        **{
            "actor": changes.get("actor") or make.actor(make.manager()),
            "code": batch.code,
            "version": prepared.version,
            "typed_places": len(prepared.admitted),
            "respond_by": clock.now() + FIRST_WAVE,
            **changes,
        }
    )


def decided_batch(**columns) -> Batch:
    """A decided batch: the first of the ranking hold drafted offers, the next ten wait."""
    batch = reviewed_batch(**columns)
    selection.propose_from_ranking(actor=make.actor(make.manager()), code=batch.code, version=version(batch))
    confirm(batch)
    return batch


def offered_batch(**columns) -> Batch:
    """A decided batch whose offers have been sent."""
    batch = decided_batch(**columns)
    drafts = db.session.scalars(select(Offer).where(Offer.batch_id == batch.id)).all()
    waves.send_offers(
        actor=make.actor(make.manager()),
        code=batch.code,
        respond_by=drafts[0].respond_by,
        expected=len(drafts),
    )
    return batch


def owner_of(entry: Application):
    """The person who answers for an application."""
    user_id, _name = queries.addressees([entry.id])[entry.id]
    return db.session.get_one(make.User, user_id)


def offer_of(entry: Application) -> Offer:
    """The offer of an application."""
    return db.session.scalars(select(Offer).where(Offer.application_id == entry.id)).one()
