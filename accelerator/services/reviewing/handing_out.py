"""Services · Reviewing · Handing out — a previewed plan made true, undone while untouched, one dossier by hand."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import delete, func, insert, select, update

from accelerator.extensions import db
from accelerator.kernel import clock
from accelerator.kernel.actor import Actor
from accelerator.kernel.bilingual import Bilingual
from accelerator.kernel.enums import AssignmentState, BatchState, InvitationState, LetterState
from accelerator.kernel.errors import Conflict, NotFound, RuleViolation
from accelerator.kernel.message import Message
from accelerator.models.applications import Application
from accelerator.models.letters import Letter
from accelerator.models.programmes import Batch
from accelerator.models.reviewing import Assignment, BatchReviewer
from accelerator.queries.reviewing import committee, planning
from accelerator.queries.reviewing.desk import DUTIES
from accelerator.rules import reviewing
from accelerator.rules.assignment import Pair, desk_order
from accelerator.services import audit, blindness, letters, request_keys
from accelerator.services.reviewing.committee import managed_batch
from accelerator.services.reviewing.duties import recount, take_back
from accelerator.services.transaction import transaction

READY = "dossiers_ready"


def confirm_assignment(*, actor: Actor, batch_id: int, fingerprint: str, request_key: str = "") -> int:
    """Store exactly the plan that was looked at, and tell each reviewer; the number of new assignments.

    It adds what is missing to what is there: the first hand-out and every later top-up are this one act.

    Raises: NotAllowed, NotFound, RuleViolation; Conflict when the plan is no longer the one looked at.
    """
    blindness.search_batch(batch_id)
    with transaction():
        if (earlier := request_keys.earlier_result(actor, request_key)) is not None:
            return int(earlier)
        now = clock.now()
        batch = _assignable(actor, batch_id, now)
        found = planning.basis(batch_id)
        made = planning.plan(found, per_application=batch.reviews_per_application, seed=batch_id)
        if planning.fingerprint(made) != fingerprint:
            raise Conflict(
                Message("The committee or the applications changed since you looked. Nothing was assigned; look again.")
            )
        if not made.pairs:
            raise RuleViolation(Message("There is nothing to assign."))
        _store(batch, made.pairs, now)
        recount(Application.batch_id == batch_id)
        _tell_reviewers(batch, Counter(reviewer_id for _, reviewer_id in made.pairs))
        audit.record(
            actor,
            "assigned dossiers",
            f"batch:{batch_id}",
            assignments=len(made.pairs),
            missing=made.missing,
            plan=fingerprint,
        )
        request_keys.keep(actor, request_key, len(made.pairs))
        return len(made.pairs)


def undo_assignment(*, actor: Actor, batch_id: int, assigned_at: datetime) -> int:
    """Take the last hand-out back while no reviewer has started on it; letters not yet sent are discarded.

    Raises: NotAllowed, NotFound, RuleViolation; Conflict when another hand-out came after the one looked at.
    """
    with transaction():
        batch = managed_batch(actor, batch_id)
        wave = committee.find_last_wave(batch_id)
        if wave is None or wave.assigned_at != assigned_at:
            raise Conflict(Message("Another assignment was made meanwhile. Reload the page and look again."))
        if wave.is_touched or batch.state is BatchState.DECIDED:
            raise RuleViolation(
                Message("A reviewer has started on this assignment: it can no longer be undone as a whole.")
            )
        undone = take_back((Assignment.batch_id == batch_id) & (Assignment.assigned_at == assigned_at), clock.now())
        db.session.execute(
            update(Letter)
            .where(
                Letter.about == f"batch:{batch_id}",
                Letter.kind == READY,
                Letter.state == LetterState.QUEUED,
                Letter.written_at >= assigned_at,
            )
            .values(state=LetterState.DISCARDED)
        )
        audit.record(actor, "undid an assignment", f"batch:{batch_id}", assignments=undone)
        return undone


def give(
    *, actor: Actor, batch_id: int, application_id: int, to_user_id: int, from_assignment_id: int | None = None
) -> None:
    """Give one application to one more reviewer, or move an open assignment to them, and tell them.

    Raises: NotAllowed, NotFound, RuleViolation.
    """
    blindness.search_application(application_id)
    with transaction():
        now = clock.now()
        batch = _assignable(actor, batch_id, now)
        _refuse_unfit(batch_id, application_id, to_user_id)
        if from_assignment_id is not None:
            mine = (Assignment.id == from_assignment_id) & (Assignment.application_id == application_id)
            if not take_back(mine & (Assignment.batch_id == batch_id), now):
                raise RuleViolation(Message("This dossier has been reviewed or given back meanwhile: nothing to move."))
        db.session.execute(
            delete(Assignment).where(
                Assignment.application_id == application_id,
                Assignment.reviewer_user_id == to_user_id,
                Assignment.state == AssignmentState.DECLINED,
            )
        )
        _store(batch, [(application_id, to_user_id)], now)
        recount(Application.id == application_id)
        _tell_reviewers(batch, {to_user_id: 1})
        audit.record(
            actor,
            "assigned a dossier by hand",
            f"application:{application_id}",
            to=to_user_id,
            instead_of=from_assignment_id,
        )


def _assignable(actor: Actor, batch_id: int, now: datetime) -> Batch:
    batch = managed_batch(actor, batch_id)
    verdict = reviewing.can_assign(batch.state, batch.rubric_id is not None, batch.reviews_due_at, now)
    if not verdict:
        raise RuleViolation(verdict.reason)
    return batch


def _refuse_unfit(batch_id: int, application_id: int, to_user_id: int) -> None:
    readable = select(Application.id).where(
        Application.id == application_id,
        Application.batch_id == batch_id,
        Application.state.not_in(reviewing.UNREADABLE),
    )
    if db.session.scalar(readable) is None:
        raise NotFound(Message("There is no such application."))
    capacity = db.session.scalar(
        select(BatchReviewer.capacity)
        .where(
            BatchReviewer.batch_id == batch_id,
            BatchReviewer.user_id == to_user_id,
            BatchReviewer.state == InvitationState.ACCEPTED,
        )
        .with_for_update()
    )
    if capacity is None:
        raise RuleViolation(Message("This person is not on the committee."), field="to")
    held = db.session.execute(
        select(Assignment.application_id, Assignment.state).where(
            Assignment.batch_id == batch_id, Assignment.reviewer_user_id == to_user_id
        )
    ).all()
    if any(row.application_id == application_id and row.state is not AssignmentState.DECLINED for row in held):
        raise RuleViolation(Message("This reviewer has, or had, this dossier already."), field="to")
    if sum(row.state in DUTIES for row in held) >= capacity:
        raise RuleViolation(Message("This reviewer already holds the number of dossiers agreed."), field="to")
    if grounds := planning.grounds_between(to_user_id, application_id):
        raise RuleViolation(Message("Conflict of interest: %(ground)s", ground=grounds[0].reason), field="to")


def _store(batch: Batch, pairs: Iterable[Pair], now: datetime) -> None:
    """The assignments, at the end of each desk in an order of its own."""
    behind: dict[int, int] = dict(
        db.session.execute(
            select(Assignment.reviewer_user_id, func.max(Assignment.position))
            .where(Assignment.batch_id == batch.id)
            .group_by(Assignment.reviewer_user_id)
        ).all()
    )
    by_reviewer: dict[int, list[int]] = defaultdict(list)
    for application_id, reviewer_id in pairs:
        by_reviewer[reviewer_id].append(application_id)
    db.session.execute(
        insert(Assignment),
        [
            {
                "batch_id": batch.id,
                "application_id": application_id,
                "reviewer_user_id": reviewer_id,
                "state": AssignmentState.OPEN,
                "position": behind.get(reviewer_id, 0) + place,
                "assigned_at": now,
                "due_at": batch.reviews_due_at,
            }
            for reviewer_id, applications in by_reviewer.items()
            for place, application_id in enumerate(
                desk_order(applications, seed=batch.id * 1_000_003 + reviewer_id), start=1
            )
        ],
    )


def _tell_reviewers(batch: Batch, new: Mapping[int, int]) -> None:
    for user_id, dossiers in sorted(new.items()):
        letters.write(
            user_id,
            READY,
            about=f"batch:{batch.id}",
            values={
                "batch": Bilingual(batch.name_fr, batch.name_en),
                "dossiers": dossiers,
                "due_at": batch.reviews_due_at,
            },
        )
