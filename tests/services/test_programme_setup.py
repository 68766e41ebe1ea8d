"""The shipped programme: whole, bilingual, installed once, and never over what stands."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from accelerator.kernel.actor import SYSTEM
from accelerator.kernel.enums import BatchState, Role
from accelerator.kernel.errors import NotAllowed, NotFound
from accelerator.kernel.regions import REGIONS, region_of_postcode
from accelerator.models.audit import AuditEntry
from accelerator.models.programmes import Batch, Programme, Question
from accelerator.models.reviewing import Criterion, Rubric
from accelerator.models.workshops import Venue, Workshop
from accelerator.rules.programmes import BatchPlan, contradictions
from accelerator.services import programme_setup
from accelerator.services.transaction import transaction
from tests import make
from tests.conftest import at


def test_install_fills_an_empty_house_and_a_second_one_adds_nothing(db):
    at("2026-11-23T09:00Z")

    first = programme_setup.install(actor=SYSTEM)
    second = programme_setup.install(actor=SYSTEM)

    assert (first.tracks, first.batches, first.criteria, first.counter_definitions) == (2, 7, 6, 1)
    assert second.total == 0
    assert db.scalars(select(AuditEntry.verb)).all() == ["installed the programme"]
    programme = db.scalars(select(Programme)).one()
    assert (programme.target, str(programme.target_on)) == (2500, "2027-12-31")


def test_states_follow_from_the_dates_of_the_day(db):
    at("2026-11-23T09:00Z")

    programme_setup.install(actor=SYSTEM)

    assert dict(db.execute(select(Batch.code, Batch.state)).all()) == {
        "GS-2024-1": BatchState.DECIDED,
        "GS-2025-1": BatchState.DECIDED,
        "GS-2025-2": BatchState.DECIDED,
        "GS-2026-1": BatchState.DECIDED,
        "GS-2026-2": BatchState.DECIDED,
        "GS-2027-1": BatchState.REVIEWING,
        "REG-2027": BatchState.OPEN,
    }


def test_dates_of_every_shipped_batch_hold_to_the_rules(db):
    at("2026-11-23T09:00Z")
    programme_setup.install(actor=SYSTEM)

    for batch in db.scalars(select(Batch)):
        plan = BatchPlan(**{name: getattr(batch, name) for name in BatchPlan.__dataclass_fields__})
        assert contradictions(plan) == [], batch.code
        assert batch.is_rolling or (batch.places == 15 and 116 <= (batch.ends_on - batch.starts_on).days <= 126)


def test_every_region_has_a_venue_in_its_own_postcodes(db):
    programme_setup.install(actor=SYSTEM)

    venues = db.scalars(select(Venue)).all()

    assert {venue.region_code for venue in venues} == set(REGIONS)
    for venue in venues:
        assert region_of_postcode(venue.postcode) == venue.region_code
        assert venue.zone == REGIONS[venue.region_code].zone


def test_every_shipped_text_is_in_both_languages():
    def pairs(value):
        if isinstance(value, dict):
            for key, text in value.items():
                if key == "fr" or key.endswith("_fr"):
                    yield key, text, value.get(key[:-2] + "en", "")
                else:
                    yield from pairs(text)
        elif isinstance(value, list):
            for part in value:
                yield from pairs(part)

    found = [
        pair
        for name in ("programme", "batches", "form", "rubric", "workshops")
        for pair in pairs(dict(programme_setup.shipped(name)))
    ]

    assert len(found) > 100
    assert [pair for pair in found if not pair[1].strip() or not pair[2].strip() or pair[1] == pair[2]] == []


def test_form_fits_the_columns_and_the_steps(db):
    programme_setup.install(actor=SYSTEM)

    questions = db.scalars(select(Question).order_by(Question.batch_id, Question.step, Question.position)).all()

    first = [question for question in questions if question.batch_id == questions[0].batch_id]
    assert {question.step for question in first} == {2, 3, 4}
    assert len(questions) == 7 * len(first)
    for question in first:
        assert len(question.label_fr) <= 300
        assert len(question.help_fr) <= 500
        assert (question.kind == "choice") == bool(question.choices)
    assert {question.code for question in first if question.is_identifying} == {
        "demo_url",
        "team",
        "other_programmes",
        "public_text",
    }


def test_rubric_has_an_anchor_for_every_point(db):
    programme_setup.install(actor=SYSTEM)

    criteria = db.scalars(select(Criterion)).all()

    assert {tuple(anchor["points"] for anchor in criterion.anchors) for criterion in criteria} == {
        ("1", "2", "3", "4", "5")
    }


def test_what_stands_is_left_alone(db):
    programme_setup.install(actor=SYSTEM)
    workshop = db.scalars(select(Workshop).where(Workshop.code == "rag")).one()
    workshop.title_en = "Our own title"
    db.delete(db.scalars(select(Venue).where(Venue.code == "lab-lyon")).one())
    db.commit()

    again = programme_setup.install(actor=SYSTEM)

    assert (again.venues, again.workshops) == (1, 0)
    assert db.scalar(select(Workshop.title_en).where(Workshop.code == "rag")) == "Our own title"


def test_a_new_batch_gets_the_form_once_and_keeps_its_own(db):
    programme_setup.install(actor=SYSTEM)
    bare = make.batch()
    bare.rubric_id = None
    db.commit()
    own = make.batch()
    make.question(own)

    with transaction():
        given = programme_setup.give_form(bare.id)
        again = programme_setup.give_form(bare.id)
        kept = programme_setup.give_form(own.id)

    assert given == len(programme_setup.shipped("form")["questions"])
    assert (again, kept) == (0, 0)
    rubric = db.scalars(select(Rubric).join(Batch, Batch.rubric_id == Rubric.id).where(Batch.id == bare.id)).one()
    assert rubric.code == "genai-studio"


def test_an_unknown_batch_gets_nothing(db):
    with pytest.raises(NotFound, match="no such batch"):
        programme_setup.give_form(99)

    assert db.scalar(select(func.count()).select_from(Question)) == 0


def test_a_founder_installs_nothing(db):
    ada = make.actor(make.user(Role.FOUNDER))

    with pytest.raises(NotAllowed):
        programme_setup.install(actor=ada)

    assert db.scalar(select(func.count()).select_from(Programme)) == 0
