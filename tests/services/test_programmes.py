"""Making, editing and opening a batch."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from accelerator.kernel import clock
from accelerator.kernel.enums import ApplicationState, BatchState, Role
from accelerator.kernel.errors import Conflict, NotAllowed, NotFound, RuleViolation
from accelerator.models.audit import AuditEntry
from accelerator.models.programmes import Batch, Question
from accelerator.queries import batches
from accelerator.services import programmes
from tests import make
from tests.conftest import at


def plan(**changes):
    """A plan like that of the last batch, with a code of its own."""
    found = batches.stored_plan(make.batch(code="OLD"))
    return replace(found, code="F-2027-1", name_fr="Promotion 6", name_en="Batch 6", **changes)


def test_create_batch_stands_in_preparation_with_a_form_and_a_rubric(db):
    claire = make.manager()

    code = programmes.create_batch(actor=make.actor(claire), plan=plan(rubric_id=None), request_key="k1")

    batch = db.scalars(select(Batch).where(Batch.code == code)).one()
    assert (batch.state, batch.places, batch.rubric_id is not None) == (BatchState.DRAFT, 15, True)
    assert batches.questions_of(batch.id) > 5
    assert db.scalars(select(AuditEntry.verb)).all() == ["created batch"]


def test_create_batch_twice_with_one_key_is_one_batch(db):
    actor, wanted = make.actor(make.manager()), plan()

    codes = {programmes.create_batch(actor=actor, plan=wanted, request_key="k1") for _ in range(2)}

    assert codes == {"F-2027-1"}
    assert db.scalar(select(func.count()).select_from(Batch)) == 2


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"code": "old"}, "code"),
        ({"track_id": 999}, "track_id"),
        ({"rubric_id": 999}, "rubric_id"),
        ({"places": 0}, "places"),
    ],
)
def test_create_batch_refused_leaves_nothing_behind(db, changes, field):
    wanted = replace(plan(), **changes)

    with pytest.raises(RuleViolation) as refusal:
        programmes.create_batch(actor=make.actor(make.manager()), plan=wanted, request_key="k1")

    assert refusal.value.field == field
    assert db.scalars(select(Batch.code)).all() == ["OLD"]
    assert db.scalars(select(Question)).all() == []
    assert db.scalars(select(AuditEntry)).all() == []


@pytest.mark.parametrize("role", [Role.SPONSOR, Role.ADMINISTRATOR, Role.REVIEWER, Role.FOUNDER])
def test_only_managers_touch_batches(db, role):
    actor, wanted = make.actor(make.user(role)), plan()

    for act in (
        lambda: programmes.create_batch(actor=actor, plan=wanted),
        lambda: programmes.edit_batch(actor=actor, code="OLD", version=1, plan=wanted),
        lambda: programmes.publish(actor=actor, code="OLD"),
        lambda: programmes.start_review(actor=actor, code="OLD"),
    ):
        with pytest.raises(NotAllowed):
            act()


def test_edit_batch_records_what_changed(db):
    batch = make.batch(code="OLD")
    wanted = replace(batches.stored_plan(batch), places=20, name_en="Batch six")

    programmes.edit_batch(actor=make.actor(make.manager()), code="OLD", version=1, plan=wanted)

    db.refresh(batch)
    assert (batch.places, batch.name_en, batch.version) == (20, "Batch six", 2)
    assert db.scalars(select(AuditEntry.detail)).one()["changes"]["places"] == ["15", "20"]


def test_edit_batch_over_a_newer_version_is_a_conflict_and_changes_nothing(db):
    batch = make.batch(code="OLD", version=3)
    wanted = replace(batches.stored_plan(batch), places=20)

    with pytest.raises(Conflict):
        programmes.edit_batch(actor=make.actor(make.manager()), code="OLD", version=2, plan=wanted)

    db.refresh(batch)
    assert (batch.places, batch.version) == (15, 3)


def test_edit_batch_keeps_what_applicants_rely_on(db):
    batch = make.batch(code="OLD")
    earlier = replace(batches.stored_plan(batch), closes_at=batch.closes_at - timedelta(hours=1))

    with pytest.raises(RuleViolation) as refusal:
        programmes.edit_batch(actor=make.actor(make.manager()), code="OLD", version=1, plan=earlier)

    assert refusal.value.field == "closes_at"


def test_publish_opens_a_draft_with_a_form_once(db):
    batch = make.batch(code="OLD", state=BatchState.DRAFT)
    actor = make.actor(make.manager())

    with pytest.raises(RuleViolation):
        programmes.publish(actor=actor, code="OLD")  # it has no form
    make.question(batch)
    programmes.publish(actor=actor, code="OLD")
    with pytest.raises(RuleViolation):
        programmes.publish(actor=actor, code="OLD")

    db.refresh(batch)
    assert batch.state is BatchState.OPEN


def test_publish_after_the_closing_date_is_refused(db):
    at("2026-03-01T09:00Z")
    batch = make.batch(code="OLD", state=BatchState.DRAFT)
    make.question(batch)
    clock.fix(batch.closes_at)

    with pytest.raises(RuleViolation) as refusal:
        programmes.publish(actor=make.actor(make.manager()), code="OLD")

    assert refusal.value.reason == "The closing date has passed. Set a later one before you publish."


def test_start_review_waits_for_the_close_and_for_something_admissible(db):
    at("2026-03-01T09:00Z")
    batch = make.batch(code="OLD")
    actor = make.actor(make.manager())
    make.application(of=batch)

    with pytest.raises(RuleViolation):
        programmes.start_review(actor=actor, code="OLD")
    clock.fix(batch.closes_at)
    with pytest.raises(RuleViolation):
        programmes.start_review(actor=actor, code="OLD")
    make.application(of=batch, state=ApplicationState.ADMISSIBLE)
    programmes.start_review(actor=actor, code="OLD")

    db.refresh(batch)
    assert batch.state is BatchState.REVIEWING


def test_unknown_batch_is_not_found(db):
    with pytest.raises(NotFound):
        programmes.publish(actor=make.actor(make.manager()), code="NONE")
