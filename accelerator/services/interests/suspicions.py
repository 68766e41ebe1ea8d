"""Services · Interests · Suspicions — confirmed or ignored with one click, remembered, and decided anew if it was wrong."""

from __future__ import annotations

from sqlalchemy import delete, insert, select

from accelerator.extensions import db
from accelerator.kernel import clock
from accelerator.kernel.actor import Actor
from accelerator.kernel.enums import ConflictSource, SuspicionState
from accelerator.kernel.errors import Conflict, NotAllowed, NotFound
from accelerator.kernel.message import Message, packed
from accelerator.kernel.permissions import Permission
from accelerator.models.interests import Suspicion
from accelerator.models.reviewing import BatchReviewer, ConflictOfInterest
from accelerator.models.startups import Startup
from accelerator.queries.interests import findings, grounds
from accelerator.queries.interests.findings import Board
from accelerator.rules import access
from accelerator.rules.conflicts import Ground
from accelerator.services import audit
from accelerator.services.interests.stepping_aside import close_pair, forget, record
from accelerator.services.reviewing.committee import managed_batch
from accelerator.services.transaction import transaction


def confirm_suspicion(*, actor: Actor, batch_id: int, reviewer_id: int, startup_id: int, evidence: str) -> int:
    """Make a suspicion a conflict on record; the dossiers that left the desk for it.

    Raises: NotAllowed, NotFound; Conflict when it has been decided or its evidence is gone.
    """
    with transaction():
        ground = _undecided(actor, batch_id, reviewer_id, startup_id, evidence)
        _remember(actor, ground, SuspicionState.CONFIRMED)
        record(ground, ConflictSource.REGISTERED)
        return close_pair(actor, ground)


def ignore_suspicion(*, actor: Actor, batch_id: int, reviewer_id: int, startup_id: int, evidence: str) -> None:
    """Let a suspicion rest for as long as its evidence stays the same.

    Raises: NotAllowed, NotFound; Conflict when it has been decided or its evidence is gone.
    """
    with transaction():
        ground = _undecided(actor, batch_id, reviewer_id, startup_id, evidence)
        _remember(actor, ground, SuspicionState.IGNORED)


def confirm_own_suspicion(*, actor: Actor, evidence: str) -> int:
    """A reviewer says that the names agree for a reason: every startup it concerns; how many dossiers left the desk.

    Raises: NotAllowed; NotFound when nothing of the kind waits.
    """
    if not (verdict := access.may(actor, Permission.REVIEW_SUBMIT)):
        raise NotAllowed(verdict.reason)
    with transaction():
        waiting = [one for one in findings.askable(actor.user_id or 0) if one.evidence == evidence]
        if not waiting:
            raise NotFound(Message("This question is no longer open."))
        closed = 0
        for ground in waiting:
            _remember(actor, ground, SuspicionState.CONFIRMED)
            record(ground, ConflictSource.DECLARED)
            closed += close_pair(actor, ground)
        return closed


def reopen_suspicion(*, actor: Actor, batch_id: int, suspicion_id: int) -> None:
    """Take a decision back: the suspicion waits again, and a conflict that only rested on it is off the record.

    Raises: NotAllowed, NotFound.
    """
    with transaction():
        managed_batch(actor, batch_id)
        row = db.session.get(Suspicion, suspicion_id)
        if row is None or not _is_asked(batch_id, row.reviewer_user_id):
            raise NotFound(Message("There is no such decision."))
        subject, startup_id, evidence = row.reviewer_user_id, row.startup_id, row.evidence
        was_confirmed = row.state is SuspicionState.CONFIRMED
        db.session.execute(delete(Suspicion).where(Suspicion.id == suspicion_id))
        audit.record(actor, "reopened a suspicion", f"user:{subject}", startup=startup_id, evidence=evidence)
        rests_on_it = select(ConflictOfInterest.id).where(
            ConflictOfInterest.reviewer_user_id == subject,
            ConflictOfInterest.startup_id == startup_id,
            ConflictOfInterest.evidence == evidence,
        )
        if was_confirmed and db.session.scalar(rests_on_it) is not None:
            forget(actor, subject, startup_id, sources=tuple(ConflictSource))


def export_conflicts(*, actor: Actor, batch_id: int) -> Board:
    """The conflicts of a batch to take away; the trail says who took them.

    Raises: NotAllowed, NotFound.
    """
    with transaction():
        managed_batch(actor, batch_id)
        found = findings.board(batch_id)
        audit.record(
            actor,
            "exported conflicts of interest",
            f"batch:{batch_id}",
            barred=len(found.barred),
            waiting=len(found.waiting),
        )
        return found


def _undecided(actor: Actor, batch_id: int, reviewer_id: int, startup_id: int, evidence: str) -> Ground:
    managed_batch(actor, batch_id)
    if not _is_asked(batch_id, reviewer_id):
        raise NotFound(Message("This person is not on the committee."))
    decided = select(Suspicion.id).where(
        Suspicion.reviewer_user_id == reviewer_id,
        Suspicion.startup_id == startup_id,
        Suspicion.evidence == evidence,
    )
    between = grounds.between([reviewer_id], select(Startup.id).where(Startup.id == startup_id))
    ground = next((one for one in between if one.evidence == evidence and not one.is_certain), None)
    if ground is None or db.session.scalar(decided) is not None:
        raise Conflict(Message("This has been decided, or what it rested on has changed. Look again."))
    return ground


def _remember(actor: Actor, ground: Ground, state: SuspicionState) -> None:
    db.session.execute(
        insert(Suspicion).values(
            reviewer_user_id=ground.reviewer_id,
            startup_id=ground.startup_id,
            evidence=ground.evidence,
            kind=ground.kind,
            sentence=packed(ground.reason),
            state=state,
            decided_by_user_id=actor.user_id,
            decided_at=clock.now(),
        )
    )
    verb = "confirmed a suspicion" if state is SuspicionState.CONFIRMED else "ignored a suspicion"
    audit.record(
        actor,
        verb,
        f"user:{ground.reviewer_id}",
        startup=ground.startup_id,
        evidence=ground.evidence,
        reason=str(ground.reason),
    )


def _is_asked(batch_id: int, user_id: int) -> bool:
    return (
        db.session.scalar(
            select(BatchReviewer.id).where(BatchReviewer.batch_id == batch_id, BatchReviewer.user_id == user_id)
        )
        is not None
    )
