"""Services · Reviewing · Handing out — a previewed plan made true, and what is untouched of it undone."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import func, insert, select, update

from accelerator.extensions import db
from accelerator.kernel import clock
from accelerator.kernel.actor import Actor
from accelerator.kernel.bilingual import Bilingual
from accelerator.kernel.enums import AssignmentState, BatchState, LetterState
from accelerator.kernel.errors import Conflict, RuleViolation
from accelerator.kernel.message import Message
from accelerator.models.applications import Application
from accelerator.models.letters import Letter
from accelerator.models.programmes import Batch
from accelerator.models.reviewing import Assignment, ReviewDraft
from accelerator.queries.reviewing import committee, planning, studio
from accelerator.queries.reviewing.desk import DUTIES, IS_CALIBRATION
from accelerator.rules import reviewing
from accelerator.rules.assignment import Pair, Plan, desk_order
from accelerator.rules.assignment.wishes import Wishes
from accelerator.services import audit, blindness, letters, request_keys
from accelerator.services.reviewing.committee import managed_batch
from accelerator.services.reviewing.duties import recount, take_back
from accelerator.services.transaction import transaction

READY = "dossiers_ready"


def confirm_assignment(
    *, actor: Actor, batch_id: int, fingerprint: str, asked: Wishes | None = None, request_key: str = ""
) -> int:
    """Store exactly the plan that was looked at, and tell each reviewer; the number of new assignments.

    It adds what is missing to what is there: the first hand-out and every later top-up are this one act.

    Args:   asked is what the plan was asked for; None asks for what the batch wants.
    Raises: NotAllowed, NotFound, RuleViolation; Conflict when the plan is no longer the one looked at.
    """
    blindness.search_batch(batch_id)
    with transaction():
        if (earlier := request_keys.earlier_result(actor, request_key)) is not None:
            return int(earlier)
        now = clock.now()
        batch = assignable(actor, batch_id, now)
        asked = asked or Wishes(each=batch.reviews_per_application)
        made = _plan_as_stored_or_made(batch_id, asked)
        if made is None or planning.fingerprint(made) != fingerprint:
            raise Conflict(
                Message("The committee or the applications changed since you looked. Nothing was assigned; look again.")
            )
        if not made.pairs:
            raise RuleViolation(Message("There is nothing to assign."))
        store(batch, made.pairs, now, handed_out_at=now)
        recount(Application.batch_id == batch_id)
        tell_reviewers(batch, Counter(reviewer_id for _, reviewer_id in made.pairs))
        audit.record(
            actor,
            "assigned dossiers",
            f"batch:{batch_id}",
            assignments=len(made.pairs),
            missing=made.missing,
            plan=fingerprint,
            asked=asked.document(),
        )
        request_keys.keep(actor, request_key, len(made.pairs))
        return len(made.pairs)


def _plan_as_stored_or_made(batch_id: int, asked: Wishes) -> Plan | None:
    """The plan of today's basis; a large one only as it was made in the background."""
    found = planning.basis(batch_id)
    if not planning.is_large(found, asked):
        return planning.plan(found, asked, seed=batch_id)
    row = studio.find_proposal(batch_id, planning.basis_name(found, asked))
    return planning.account_for(found, asked, row[1]) if row is not None and row[1] is not None else None


def undo_assignment(*, actor: Actor, batch_id: int, assigned_at: datetime) -> int:
    """Take back what nobody has started on of the last hand-out; letters not yet sent are discarded. How many.

    A dossier that is reviewed, on which something is typed, or that everybody scores, stays with its reviewer, and so
    does the letter.

    Raises: NotAllowed, NotFound, RuleViolation; Conflict when another hand-out came after the one looked at.
    """
    with transaction():
        batch = managed_batch(actor, batch_id)
        wave = committee.find_last_wave(batch_id)
        if wave is None or wave.assigned_at != assigned_at:
            raise Conflict(Message("Another assignment was made meanwhile. Reload the page and look again."))
        if batch.state is BatchState.DECIDED:
            raise RuleViolation(Message("This batch is decided: its assignments no longer change."))
        of_wave = (Assignment.batch_id == batch_id) & (Assignment.handed_out_at == assigned_at)
        started = select(ReviewDraft.assignment_id)
        undone = take_back(of_wave & Assignment.id.not_in(started) & ~IS_CALIBRATION, clock.now())
        if not undone:
            raise RuleViolation(Message("Reviewers have started on all of this assignment: nothing is left to undo."))
        still_busy = select(Assignment.reviewer_user_id).where(of_wave, Assignment.state.in_(DUTIES))
        db.session.execute(
            update(Letter)
            .where(
                Letter.about == f"batch:{batch_id}",
                Letter.kind == READY,
                Letter.state == LetterState.QUEUED,
                Letter.written_at >= assigned_at,
                Letter.to_user_id.not_in(still_busy),
            )
            .values(state=LetterState.DISCARDED)
            .execution_options(synchronize_session=False)
        )
        audit.record(actor, "undid an assignment", f"batch:{batch_id}", assignments=undone)
        return undone


def assignable(actor: Actor, batch_id: int, now: datetime) -> Batch:
    """The batch, while dossiers of it are handed out. Raises: NotAllowed, NotFound, RuleViolation."""
    batch = managed_batch(actor, batch_id)
    verdict = reviewing.can_assign(batch.state, batch.rubric_id is not None, batch.reviews_due_at, now)
    if not verdict:
        raise RuleViolation(verdict.reason)
    return batch


def store(batch: Batch, pairs: Iterable[Pair], now: datetime, *, handed_out_at: datetime | None = None) -> None:
    """The assignments, at the end of each desk in an order of its own.

    Args: handed_out_at names the hand-out that can be undone as a whole; None for those that come by themselves.
    """
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
                "handed_out_at": handed_out_at,
                "due_at": batch.reviews_due_at,
            }
            for reviewer_id, applications in by_reviewer.items()
            for place, application_id in enumerate(
                desk_order(applications, seed=batch.id * 1_000_003 + reviewer_id), start=1
            )
        ],
    )


def tell_reviewers(batch: Batch, new: Mapping[int, int]) -> None:
    """One letter to each reviewer (user id -> new dossiers)."""
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
