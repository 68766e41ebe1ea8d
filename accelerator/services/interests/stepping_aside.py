"""Services · Interests · Stepping aside — dossiers leave the desk of whoever must not read them, and come back if it was wrong."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import ColumnElement, delete, insert, select, update

from accelerator.extensions import db
from accelerator.kernel import clock
from accelerator.kernel.actor import SYSTEM, Actor
from accelerator.kernel.bilingual import Bilingual
from accelerator.kernel.enums import AssignmentState, BatchState, ConflictSource
from accelerator.kernel.message import packed
from accelerator.models.applications import Application
from accelerator.models.programmes import Batch
from accelerator.models.reviewing import Assignment, ConflictOfInterest, ReviewDraft
from accelerator.models.startups import Startup
from accelerator.queries.interests import grounds
from accelerator.queries.reviewing.desk import DUTIES
from accelerator.rules import reviewing
from accelerator.rules.conflicts import Ground
from accelerator.services import audit, letters
from accelerator.services.reviewing.duties import managers
from accelerator.services.reviewing.stepping_back import close_duty
from accelerator.services.transaction import transaction

Pair = tuple[int, int]
"""Reviewer id, startup id."""


def step_aside(actor: Actor, *, reviewer_id: int | None = None, startup_id: int | None = None) -> int:
    """Record every certain conflict with a dossier at hand and take the dossier off the desk; how many left.

    What was recorded so before and no longer holds is forgotten. Without a reviewer or a startup: everybody.
    Call it in the transaction that changed what is known.
    """
    with transaction():
        held, inferred = _held(reviewer_id, startup_id), _inferred(reviewer_id, startup_id)
        pairs = held | inferred
        if not pairs:
            return 0
        certain = {
            (ground.reviewer_id, ground.startup_id): ground for ground in reversed(_between(pairs)) if ground.is_certain
        }
        for pair in sorted(inferred - certain.keys()):
            forget(actor, *pair, sources=(ConflictSource.INFERRED,))
        closed = 0
        for pair in sorted(held & certain.keys()):
            record(certain[pair], ConflictSource.INFERRED)
            closed += close_pair(actor, certain[pair])
        return closed


def step_aside_everywhere() -> int:
    """The same for everybody, by the clock: tables imported, people added, whatever made a conflict known."""
    pairs = _held(None, None) | _inferred(None, None)
    if not pairs:
        return 0
    known = _recorded()
    found = {(one.reviewer_id, one.startup_id) for one in _between(pairs) if one.is_certain}
    if found & pairs <= known and _inferred(None, None) <= found:
        return 0
    return step_aside(SYSTEM)


def record(ground: Ground, source: ConflictSource) -> None:
    """Put a conflict on record, unless one is there."""
    known = db.session.execute(
        select(ConflictOfInterest.id, ConflictOfInterest.source).where(
            ConflictOfInterest.reviewer_user_id == ground.reviewer_id,
            ConflictOfInterest.startup_id == ground.startup_id,
        )
    ).first()
    values = {
        "ground": str(ground.reason)[:300],
        "source": source,
        "sentence": packed(ground.reason),
        "evidence": ground.evidence,
    }
    if known is None:
        db.session.execute(
            insert(ConflictOfInterest).values(
                reviewer_user_id=ground.reviewer_id, startup_id=ground.startup_id, declared_at=clock.now(), **values
            )
        )
    elif known.source is ConflictSource.INFERRED and source is not ConflictSource.INFERRED:
        db.session.execute(update(ConflictOfInterest).where(ConflictOfInterest.id == known.id).values(**values))


def close_pair(actor: Actor, ground: Ground) -> int:
    """Take the startup's dossiers off the reviewer's desk, with any review, where the batch is not decided; how many."""
    duties = db.session.execute(
        select(
            Assignment.id,
            Assignment.application_id,
            Assignment.batch_id,
            Batch.code.label("batch_code"),
            Batch.name_fr,
            Batch.name_en,
        )
        .join(Application, Application.id == Assignment.application_id)
        .join(Batch, Batch.id == Assignment.batch_id)
        .where(
            Assignment.reviewer_user_id == ground.reviewer_id,
            Application.startup_id == ground.startup_id,
            Assignment.state.in_(DUTIES),
            Batch.state != BatchState.DECIDED,
        )
        .with_for_update(of=Assignment)
    ).all()
    for duty in duties:
        close_duty(duty, AssignmentState.CONFLICTED)
        db.session.execute(delete(ReviewDraft).where(ReviewDraft.assignment_id == duty.id))
        audit.record(
            actor,
            "recorded a conflict of interest",
            f"assignment:{duty.id}",
            reviewer=ground.reviewer_id,
            startup=ground.startup_id,
            reason=str(ground.reason),
        )
        for user_id in managers():
            letters.write(
                user_id,
                "conflict_found",
                about=f"application:{duty.application_id}",
                values={
                    "dossier": reviewing.dossier_code(duty.application_id),
                    "batch": Bilingual(duty.name_fr, duty.name_en),
                    "batch_code": duty.batch_code,
                    "application_id": duty.application_id,
                },
            )
    return len(duties)


def forget(actor: Actor, reviewer_id: int, startup_id: int, *, sources: Collection[ConflictSource]) -> None:
    """Take a conflict off the record; its dossiers can be given to this reviewer again, by hand."""
    db.session.execute(
        delete(ConflictOfInterest).where(
            ConflictOfInterest.reviewer_user_id == reviewer_id,
            ConflictOfInterest.startup_id == startup_id,
            ConflictOfInterest.source.in_(sources),
        )
    )
    of_startup = select(Application.id).where(Application.startup_id == startup_id)
    undecided = select(Batch.id).where(Batch.state != BatchState.DECIDED)
    db.session.execute(
        update(Assignment)
        .where(
            Assignment.reviewer_user_id == reviewer_id,
            Assignment.application_id.in_(of_startup),
            Assignment.batch_id.in_(undecided),
            Assignment.state == AssignmentState.CONFLICTED,
        )
        .values(state=AssignmentState.DECLINED)
        .execution_options(synchronize_session=False)
    )
    audit.record(actor, "took a conflict of interest back", f"user:{reviewer_id}", startup=startup_id)


def _between(pairs: Collection[Pair]) -> list[Ground]:
    startup_ids = sorted({startup_id for _, startup_id in pairs})
    found = grounds.between(
        sorted({reviewer_id for reviewer_id, _ in pairs}), select(Startup.id).where(Startup.id.in_(startup_ids))
    )
    return [ground for ground in found if (ground.reviewer_id, ground.startup_id) in pairs]


def _held(reviewer_id: int | None, startup_id: int | None) -> set[Pair]:
    """Who has, or has reviewed, a dossier of which startup."""
    statement = (
        select(Assignment.reviewer_user_id, Application.startup_id)
        .join(Application, Application.id == Assignment.application_id)
        .where(Assignment.state.in_(DUTIES), *_scope(Assignment.reviewer_user_id == reviewer_id, reviewer_id))
        .where(*_scope(Application.startup_id == startup_id, startup_id))
    )
    if reviewer_id is None and startup_id is None:
        statement = statement.join(Batch, Batch.id == Assignment.batch_id).where(Batch.state != BatchState.DECIDED)
    return {(row[0], row[1]) for row in db.session.execute(statement)}


def _inferred(reviewer_id: int | None, startup_id: int | None) -> set[Pair]:
    """What is on record because it was found, not because somebody said so."""
    rows = db.session.execute(
        select(ConflictOfInterest.reviewer_user_id, ConflictOfInterest.startup_id)
        .where(ConflictOfInterest.source == ConflictSource.INFERRED)
        .where(*_scope(ConflictOfInterest.reviewer_user_id == reviewer_id, reviewer_id))
        .where(*_scope(ConflictOfInterest.startup_id == startup_id, startup_id))
    )
    return {(row[0], row[1]) for row in rows}


def _recorded() -> set[Pair]:
    rows = db.session.execute(select(ConflictOfInterest.reviewer_user_id, ConflictOfInterest.startup_id))
    return {(row[0], row[1]) for row in rows}


def _scope(condition: ColumnElement[bool], wanted: int | None) -> list[ColumnElement[bool]]:
    return [] if wanted is None else [condition]
