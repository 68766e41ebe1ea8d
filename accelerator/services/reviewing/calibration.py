"""Services · Reviewing · Calibration — dossiers that everybody scores first: chosen, withdrawn, given to who joins."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import delete, func, insert, select, update

from accelerator.extensions import db
from accelerator.kernel import clock
from accelerator.kernel.actor import Actor
from accelerator.kernel.bilingual import Bilingual
from accelerator.kernel.enums import AssignmentState, LetterState
from accelerator.kernel.errors import Conflict, NotFound, RuleViolation
from accelerator.kernel.message import Message
from accelerator.models.applications import Application
from accelerator.models.calibration import CalibrationDossier
from accelerator.models.letters import Letter
from accelerator.models.programmes import Batch
from accelerator.models.reviewing import Assignment, BatchReviewer
from accelerator.queries.reviewing import calibration as queries
from accelerator.queries.reviewing import planning
from accelerator.queries.reviewing.desk import IS_CALIBRATION
from accelerator.rules import calibration
from accelerator.services import audit, blindness, letters, request_keys
from accelerator.services.reviewing.committee import managed_batch
from accelerator.services.reviewing.duties import recount, take_back
from accelerator.services.reviewing.handing_out import assignable, store
from accelerator.services.transaction import changed_rows, transaction


def choose_calibration(
    *, actor: Actor, batch_id: int, application_ids: Collection[int], fingerprint: str, request_key: str = ""
) -> int:
    """Make these dossiers calibration ones, give each to every member free of conflict, and tell them; reviews added.

    Assignments that are there already become calibration ones.

    Args:   fingerprint is that of the recap that was looked at.
    Raises: NotAllowed, NotFound, RuleViolation; Conflict when it would now do something else.
    """
    for application_id in sorted(application_ids)[: calibration.MOST]:
        blindness.search_application(application_id)
    with transaction():
        if (earlier := request_keys.earlier_result(actor, request_key)) is not None:
            return int(earlier)
        now = clock.now()
        batch = assignable(actor, batch_id, now)
        _lock(batch_id, application_ids)
        chosen = len(queries.chosen_ids(batch_id))
        if not (verdict := calibration.can_choose(chosen, len(set(application_ids)))):
            raise RuleViolation(verdict.reason)
        made = queries.recap(batch_id, application_ids)
        if made.fingerprint != fingerprint or len(made.dossiers) != len(set(application_ids)):
            raise Conflict(
                Message("The committee or the dossiers changed since you looked. Nothing was chosen; look again.")
            )
        if not made.people:
            raise RuleViolation(Message("Nobody on the committee can score these dossiers."))
        _keep(actor, batch_id, [one.application_id for one in made.dossiers], now)
        if made.pairs:
            store(batch, made.pairs, now)
        recount(Application.id.in_([one.application_id for one in made.dossiers]))
        _tell(batch, made.people)
        audit.record(
            actor,
            "chose calibration dossiers",
            f"batch:{batch_id}",
            dossiers=[one.code for one in made.dossiers],
            assignments=len(made.pairs),
        )
        request_keys.keep(actor, request_key, len(made.pairs))
        return len(made.pairs)


def withdraw_calibration(*, actor: Actor, batch_id: int, application_id: int) -> int:
    """Make it an ordinary dossier again while nobody has begun it; duties given for it go back. How many.

    Letters not yet sent to who has no calibration dossier left are discarded.

    Raises: NotAllowed, NotFound, RuleViolation.
    """
    with transaction():
        managed_batch(actor, batch_id)
        _lock(batch_id, [application_id])
        row = _chosen(batch_id, application_id)
        if not (verdict := calibration.can_withdraw(int(application_id in queries.begun_ids(batch_id)))):
            raise RuleViolation(verdict.reason)
        chosen_at = row.chosen_at
        db.session.execute(delete(CalibrationDossier).where(CalibrationDossier.application_id == application_id))
        given = (Assignment.application_id == application_id) & (Assignment.assigned_at >= chosen_at)
        returned = take_back(given, clock.now())
        still_asked = select(Assignment.reviewer_user_id).where(
            Assignment.batch_id == batch_id, Assignment.state == AssignmentState.OPEN, IS_CALIBRATION
        )
        db.session.execute(
            update(Letter)
            .where(
                Letter.about == f"batch:{batch_id}",
                Letter.kind == queries.LETTER,
                Letter.state == LetterState.QUEUED,
                Letter.leased_until.is_(None),
                Letter.to_user_id.not_in(still_asked),
            )
            .values(state=LetterState.DISCARDED)
            .execution_options(synchronize_session=False)
        )
        audit.record(actor, "withdrew a calibration dossier", f"application:{application_id}", returned=returned)
        return returned


def set_calibration_note(*, actor: Actor, batch_id: int, application_id: int, note: str) -> None:
    """Say what to look at in a dossier; reviewers read it beside the comparison, after their own review.

    Raises: NotAllowed, NotFound.
    """
    with transaction():
        managed_batch(actor, batch_id)
        changed = changed_rows(
            update(CalibrationDossier)
            .where(CalibrationDossier.batch_id == batch_id, CalibrationDossier.application_id == application_id)
            .values(note=note)
        )
        if not changed:
            raise NotFound(Message("This is not a calibration dossier of this batch."))
        audit.record(actor, "wrote a calibration note", f"application:{application_id}")


def give_calibration(batch: Batch, user_id: int, now: datetime) -> int:
    """Give somebody who joins a committee its calibration dossiers, and tell them; how many. The caller's transaction."""
    application_ids = queries.chosen_ids(batch.id)
    if not application_ids:
        return 0
    found = planning.basis(batch.id)
    pairs = [pair for pair in queries.new_pairs(found, application_ids) if pair[1] == user_id]
    if pairs:
        store(batch, pairs, now)
        recount(Application.id.in_(application_ids))
        _tell(batch, [user_id])
    return len(pairs)


def _keep(actor: Actor, batch_id: int, application_ids: Collection[int], now: datetime) -> None:
    """The dossiers, behind those chosen before."""
    last = db.session.scalar(
        select(func.max(CalibrationDossier.position)).where(CalibrationDossier.batch_id == batch_id)
    )
    db.session.execute(
        insert(CalibrationDossier),
        [
            {
                "application_id": application_id,
                "batch_id": batch_id,
                "position": place,
                "note": "",
                "chosen_at": now,
                "chosen_by_user_id": actor.user_id,
            }
            for place, application_id in enumerate(application_ids, start=(last or 0) + 1)
        ],
    )


def _chosen(batch_id: int, application_id: int) -> CalibrationDossier:
    row = db.session.scalar(
        select(CalibrationDossier).where(
            CalibrationDossier.batch_id == batch_id, CalibrationDossier.application_id == application_id
        )
    )
    if row is None:
        raise NotFound(Message("This is not a calibration dossier of this batch."))
    return row


def _lock(batch_id: int, application_ids: Collection[int]) -> None:
    """One choice at a time; nobody joins the committee, and nobody begins one of these dossiers, meanwhile."""
    db.session.execute(select(Batch.id).where(Batch.id == batch_id).with_for_update(key_share=True))
    db.session.execute(
        select(BatchReviewer.id).where(BatchReviewer.batch_id == batch_id).order_by(BatchReviewer.id).with_for_update()
    )
    db.session.execute(
        select(Assignment.id)
        .where(Assignment.application_id.in_(application_ids))
        .order_by(Assignment.id)
        .with_for_update()
    )


def _tell(batch: Batch, user_ids: Iterable[int]) -> None:
    """One letter to each, with the number of calibration dossiers that are open on the desk."""
    wanted = sorted(user_ids)
    left = Counter(
        db.session.scalars(
            select(Assignment.reviewer_user_id).where(
                Assignment.batch_id == batch.id,
                Assignment.reviewer_user_id.in_(wanted),
                Assignment.state == AssignmentState.OPEN,
                IS_CALIBRATION,
            )
        )
    )
    for user_id in wanted:
        letters.write(
            user_id,
            queries.LETTER,
            about=f"batch:{batch.id}",
            values={
                "batch": Bilingual(batch.name_fr, batch.name_en),
                "batch_code": batch.code,
                "dossiers": left[user_id],
                "due_at": batch.reviews_due_at,
            },
        )
