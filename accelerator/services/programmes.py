"""Services · Programmes — a batch is made, edited, published as an open call, and goes into review."""

from __future__ import annotations

from dataclasses import asdict

from sqlalchemy import func, select

from accelerator.extensions import db
from accelerator.kernel import clock
from accelerator.kernel.actor import Actor
from accelerator.kernel.enums import ApplicationState, BatchState
from accelerator.kernel.errors import Conflict, NotAllowed, NotFound, RuleViolation
from accelerator.kernel.message import Message
from accelerator.kernel.permissions import Permission
from accelerator.models.applications import Application
from accelerator.models.programmes import Batch, Track
from accelerator.models.reviewing import Rubric
from accelerator.queries import batches
from accelerator.rules import access, programmes
from accelerator.rules.programmes import BatchPlan
from accelerator.services import audit, programme_setup, request_keys, rubrics
from accelerator.services.transaction import transaction


def create_batch(*, actor: Actor, plan: BatchPlan, request_key: str = "") -> str:
    """Make a batch in preparation, with the programme's form and, where none is chosen, its rubric; its code.

    Raises: NotAllowed, RuleViolation on the field to blame.
    """
    _refuse_others(actor)
    with transaction():
        if (earlier := request_keys.earlier_result(actor, request_key)) is not None:
            return earlier
        _refuse_contradictions(plan)
        _refuse_taken_code(plan.code, None)
        _refuse_unknown(plan)
        batch = Batch(**asdict(plan), state=BatchState.DRAFT)
        db.session.add(batch)
        db.session.flush()
        programme_setup.give_form(batch.id)
        request_keys.keep(actor, request_key, batch.code)
        audit.record(actor, "created batch", f"batch:{batch.id}", code=batch.code)
        return batch.code


def edit_batch(*, actor: Actor, code: str, version: int, plan: BatchPlan) -> str:
    """Change what may still be changed about a batch; its code.

    Raises: NotAllowed, NotFound, Conflict when somebody saved meanwhile, RuleViolation on the field to blame.
    """
    _refuse_others(actor)
    with transaction():
        batch = _batch(code)
        if batch.version != version:
            raise Conflict(Message("Somebody else changed this batch while you were typing. Compare and save again."))
        before = batches.stored_plan(batch)
        now = clock.now()
        phase = programmes.phase(batches.dates_of(batch), now)
        for violation in programmes.refused_changes(
            before, plan, phase_now=phase, places_taken=batch.places_taken, now=now
        ):
            raise violation
        _refuse_contradictions(plan)
        _refuse_taken_code(plan.code, batch.id)
        _refuse_unknown(plan)
        if plan.rubric_id != before.rubric_id:
            rubrics.refuse_once_scored(batch)
        changed = {name: value for name, value in asdict(plan).items() if getattr(before, name) != value}
        for name, value in changed.items():
            setattr(batch, name, value)
        batch.version += 1
        programme_setup.give_form(batch.id)
        audit.record(
            actor,
            "edited batch",
            f"batch:{batch.id}",
            changes={name: [str(getattr(before, name)), str(value)] for name, value in changed.items()},
        )
        return batch.code


def publish(*, actor: Actor, code: str) -> None:
    """Open the call: from now on the public sees it, and startups apply between its dates.

    Raises: NotAllowed, NotFound, RuleViolation when the batch is not ready.
    """
    _refuse_others(actor)
    with transaction():
        batch = _batch(code)
        now = clock.now()
        verdict = programmes.can_publish(
            programmes.phase(batches.dates_of(batch), now),
            batch.closes_at,
            now,
            has_form=batches.questions_of(batch.id) > 0,
        )
        if not verdict:
            raise RuleViolation(verdict.reason)
        _refuse_contradictions(batches.stored_plan(batch))
        batch.state = BatchState.OPEN
        batch.version += 1
        audit.record(actor, "published call", f"batch:{batch.id}", code=batch.code)


def start_review(*, actor: Actor, code: str) -> None:
    """Hand the admissible applications to the committee.

    Raises: NotAllowed, NotFound, RuleViolation while the call is open or nothing is admissible.
    """
    _refuse_others(actor)
    with transaction():
        batch = _batch(code)
        admissible = db.session.scalars(
            select(func.count())
            .select_from(Application)
            .where(Application.batch_id == batch.id, Application.state == ApplicationState.ADMISSIBLE)
        ).one()
        verdict = programmes.can_start_review(
            programmes.phase(batches.dates_of(batch), clock.now()),
            admissible=admissible,
            has_rubric=batch.rubric_id is not None,
            is_rolling=batch.is_rolling,
        )
        if not verdict:
            raise RuleViolation(verdict.reason)
        batch.state = BatchState.REVIEWING
        batch.version += 1
        audit.record(actor, "started review", f"batch:{batch.id}", code=batch.code, applications=admissible)


def _refuse_others(actor: Actor) -> None:
    if not (verdict := access.may(actor, Permission.BATCH_MANAGE)):
        raise NotAllowed(verdict.reason)


def _batch(code: str) -> Batch:
    batch = db.session.scalar(select(Batch).where(Batch.code == code))
    if batch is None:
        raise NotFound(Message("There is no such batch."))
    return batch


def _refuse_contradictions(plan: BatchPlan) -> None:
    for violation in programmes.contradictions(plan):
        raise violation


def _refuse_taken_code(code: str, batch_id: int | None) -> None:
    holder = db.session.scalar(select(Batch.id).where(func.lower(Batch.code) == code.lower()))
    if holder is not None and holder != batch_id:
        raise RuleViolation(Message("Another batch has this code."), field="code")


def _refuse_unknown(plan: BatchPlan) -> None:
    if db.session.get(Track, plan.track_id) is None:
        raise RuleViolation(Message("Choose one of the list."), field="track_id")
    if plan.rubric_id is not None and db.session.get(Rubric, plan.rubric_id) is None:
        raise RuleViolation(Message("Choose one of the list."), field="rubric_id")
