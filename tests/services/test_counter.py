"""The counter: each startup once, from its first standing fact; corrections are published."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from accelerator.kernel.actor import SYSTEM
from accelerator.kernel.enums import EvidenceKind, Role
from accelerator.kernel.errors import NotAllowed, NotFound, RuleViolation
from accelerator.models.audit import AuditEntry
from accelerator.models.counter import CounterCorrection, Evidence, Reached
from accelerator.services import counter
from tests import make


def _attended(startup, number: int, on: date) -> None:
    make.counter_definition()
    counter.record_evidence(
        actor=SYSTEM,
        startup_id=startup.id,
        kind=EvidenceKind.WORKSHOP_ATTENDED,
        reference=f"attendance:{number}",
        happened_on=on,
    )


def _counted(db) -> list[tuple[int, date]]:
    return [tuple(row) for row in db.execute(select(Reached.startup_id, Reached.counted_on))]


def test_a_startup_counts_once_from_its_earliest_fact(db):
    ada = make.startup()

    _attended(ada, 1, date(2026, 3, 5))
    _attended(ada, 2, date(2026, 1, 9))
    _attended(ada, 2, date(2026, 1, 9))

    assert _counted(db) == [(ada.id, date(2026, 1, 9))]
    assert len(db.scalars(select(Evidence)).all()) == 2


def test_correcting_the_only_fact_takes_the_startup_out_and_publishes_why(db):
    ada = make.startup()
    _attended(ada, 1, date(2026, 3, 5))
    fact = db.scalars(select(Evidence)).one()

    counter.correct_evidence(
        actor=make.actor(make.manager()), startup_id=ada.id, evidence_id=fact.id, reason=" Counted twice "
    )

    assert _counted(db) == []
    correction = db.scalars(select(CounterCorrection)).one()
    assert (correction.change, correction.reason) == (-1, "Counted twice")
    assert db.scalars(select(AuditEntry.verb).order_by(AuditEntry.id.desc())).first() == "withdrew evidence"


def test_correcting_one_fact_of_two_leaves_the_startup_counted_from_the_other(db):
    ada = make.startup()
    _attended(ada, 1, date(2026, 1, 9))
    _attended(ada, 2, date(2026, 3, 5))
    first = db.scalars(select(Evidence).order_by(Evidence.id)).first()

    counter.correct_evidence(
        actor=make.actor(make.manager()), startup_id=ada.id, evidence_id=first.id, reason="Not there"
    )

    assert _counted(db) == [(ada.id, date(2026, 3, 5))]
    assert db.scalars(select(CounterCorrection)).all() == []


@pytest.mark.parametrize("role", [Role.SPONSOR, Role.COORDINATOR, Role.FOUNDER, Role.ADMINISTRATOR])
def test_others_may_not_correct(db, role):
    ada = make.startup()
    _attended(ada, 1, date(2026, 3, 5))
    fact = db.scalars(select(Evidence)).one()
    person = make.user((role, "84") if role is Role.COORDINATOR else role)

    with pytest.raises(NotAllowed):
        counter.correct_evidence(actor=make.actor(person), startup_id=ada.id, evidence_id=fact.id, reason="No")

    assert _counted(db) == [(ada.id, date(2026, 3, 5))]


def test_a_correction_needs_a_reason_and_a_standing_fact_of_that_startup(db):
    manager = make.actor(make.manager())
    ada, eve = make.startup(), make.startup()
    _attended(ada, 1, date(2026, 3, 5))
    fact = db.scalars(select(Evidence)).one()

    with pytest.raises(RuleViolation):
        counter.correct_evidence(actor=manager, startup_id=ada.id, evidence_id=fact.id, reason="  ")
    with pytest.raises(NotFound):
        counter.correct_evidence(actor=manager, startup_id=eve.id, evidence_id=fact.id, reason="Wrong one")
    counter.correct_evidence(actor=manager, startup_id=ada.id, evidence_id=fact.id, reason="Counted twice")
    with pytest.raises(NotFound):
        counter.correct_evidence(actor=manager, startup_id=ada.id, evidence_id=fact.id, reason="Again")

    assert len(db.scalars(select(CounterCorrection)).all()) == 1
