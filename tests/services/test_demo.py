"""The demo: the same seed gives the same rows, every invariant of the house holds in it, and it never touches other data."""

from __future__ import annotations

import hashlib
import shutil
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from accelerator.extensions import Model
from accelerator.extensions import db as database
from accelerator.kernel import clock
from accelerator.kernel.enums import (
    ApplicationState,
    AssignmentState,
    BatchState,
    BookingState,
    ConflictSource,
    InvitationState,
    OfferState,
    WorkshopSessionState,
)
from accelerator.kernel.errors import Conflict, RuleViolation
from accelerator.kernel.regions import REGIONS, region_of_postcode
from accelerator.models.accounts import User
from accelerator.models.applications import Answer, Application, Deck
from accelerator.models.counter import Reached
from accelerator.models.credits import CreditGrant
from accelerator.models.programmes import Batch
from accelerator.models.reviewing import BatchReviewer
from accelerator.models.selection import Offer, RankingRun, SelectionSnapshot
from accelerator.models.startups import Membership, Startup
from accelerator.models.workshops import Booking, Venue, WorkshopSession
from accelerator.outbound import files, pdf_check
from accelerator.queries import applications as own_applications
from accelerator.queries import ledger
from accelerator.queries.interests import findings
from accelerator.queries.reviewing import comparison
from accelerator.rules.identity import normal_siren
from accelerator.services import accounts, audit, demo, interests, selection
from tests import make
from tests.conftest import at

TODAY = date(2026, 11, 23)
SECRET_COLUMNS = {"user.password_hash"}  # salted anew each time


def tell(**others: object) -> demo.Seeded:
    return demo.seed(**{"size": "small", "number": 7, "today": TODAY, **others})  # type: ignore[arg-type]


def fingerprints(db) -> dict[str, str]:
    found = {}
    for table in Model.metadata.sorted_tables:
        columns = [column for column in table.c if f"{table.name}.{column.name}" not in SECRET_COLUMNS]
        rows = db.execute(select(*columns).order_by(*table.primary_key.columns)).all()
        found[table.name] = hashlib.sha256(repr([tuple(row) for row in rows]).encode()).hexdigest()
    return found


def replace_database(app, db, source: Path) -> None:
    db.remove()
    database.engine.dispose()
    for leftover in app.config["INSTANCE"].glob("work.sqlite3*"):
        leftover.unlink()
    shutil.copyfile(source, app.config["INSTANCE"] / "work.sqlite3")


@pytest.fixture
def told(app, db):
    """A house with the small demo, told once and copied for every test."""
    kept = app.config["INSTANCE"] / "demo.sqlite3"
    at("2026-11-23T10:00Z")
    if kept.exists():
        replace_database(app, db, kept)
    else:
        tell()
        db.remove()
        database.engine.dispose()
        shutil.copyfile(app.config["INSTANCE"] / "work.sqlite3", kept)
    return db


def count(db, model, *conditions) -> int:
    return db.scalar(select(func.count()).select_from(model).where(*conditions))


def test_the_same_seed_and_day_give_the_same_rows_and_another_seed_others(app, told):
    empty = app.config["INSTANCE"] / "template.sqlite3"
    first = fingerprints(told)
    replace_database(app, told, empty)
    at("2026-11-24T17:30Z")
    tell()
    second = fingerprints(told)
    replace_database(app, told, empty)
    tell(number=8)
    third = fingerprints(told)

    assert [name for name in first if first[name] != second[name]] == []
    assert {name for name in first if first[name] != third[name]} >= {"startup", "answer", "review", "booking"}


def test_every_invariant_of_the_house_holds(told):
    db, reached = told, count(told, Reached)

    assert ledger.faults() == []
    assert audit.first_broken_entry() is None
    for table, wrong in {
        "application": "reviews <> (SELECT count(*) FROM review r WHERE r.application_id = t.id) OR assigned <> "
        "(SELECT count(*) FROM assignment a WHERE a.application_id = t.id AND a.state IN ('open', 'reviewed'))",
        "workshop_session": "seats_taken <> (SELECT count(*) FROM booking b WHERE b.workshop_session_id = t.id AND b.state = 'booked')",
        "batch": "places_taken <> (SELECT count(*) FROM offer o WHERE o.batch_id = t.id AND o.state IN ('draft', 'sent', 'accepted'))",
        "reached": "counted_on <> (SELECT min(happened_on) FROM evidence e WHERE e.startup_id = t.startup_id) "
        "OR region_code <> (SELECT region_code FROM startup s WHERE s.id = t.startup_id)",
        "batch_reviewer": "capacity < (SELECT count(*) FROM assignment a WHERE a.batch_id = t.batch_id "
        "AND a.reviewer_user_id = t.user_id AND a.state IN ('open', 'reviewed'))",
        "attendance": "booking_id IS NOT NULL AND person_name <> (SELECT person_name FROM booking b WHERE b.id = t.booking_id)",
    }.items():
        assert db.scalar(text(f"SELECT count(*) FROM {table} t WHERE {wrong}")) == 0, table
    evident = db.scalar(text("SELECT count(DISTINCT startup_id) FROM evidence WHERE withdrawn_at IS NULL"))
    assert evident == reached
    for siren, postcode, region_code in db.execute(select(Startup.siren, Startup.postcode, Startup.region_code)):
        assert (normal_siren(siren), region_of_postcode(postcode)) == (siren, region_code)


def test_four_batches_are_over_one_runs_one_is_in_review_and_a_call_is_open(told):
    db = told
    now = datetime(2026, 11, 23, 10, tzinfo=UTC)
    decided = db.scalars(select(Batch).where(Batch.state == BatchState.DECIDED).order_by(Batch.code)).all()
    assert [batch.code for batch in decided if batch.ends_on < TODAY] == [
        "GS-2024-1",
        "GS-2025-1",
        "GS-2025-2",
        "GS-2026-1",
    ]
    assert [batch.code for batch in decided if batch.starts_on <= TODAY <= batch.ends_on] == ["GS-2026-2"]
    for batch in decided:
        assert count(db, Offer, Offer.batch_id == batch.id, Offer.state == OfferState.ACCEPTED) == 15
        assert count(db, Offer, Offer.batch_id == batch.id, Offer.state == OfferState.DECLINED) == 1
        assert selection.verify(code=batch.code) == []
    assert count(db, SelectionSnapshot) == 5
    reviewing = db.scalars(select(Batch).where(Batch.state == BatchState.REVIEWING)).one()
    assert reviewing.code == "GS-2027-1"
    assert reviewing.closes_at < now < reviewing.reviews_due_at
    assert count(db, RankingRun, RankingRun.batch_id == reviewing.id) == 1
    rolling = db.scalars(select(Batch).where(Batch.state == BatchState.OPEN)).one()
    assert (rolling.code, rolling.is_rolling, rolling.opens_at < now < rolling.closes_at) == ("REG-2027", True, True)


@pytest.mark.parametrize("today", [date(2026, 9, 20), date(2028, 2, 29)])
def test_the_story_holds_on_other_days_too(db, today):
    at(f"{today}T10:00Z")

    tell(today=today)

    now = datetime(today.year, today.month, today.day, 8, tzinfo=UTC)
    running = db.scalars(select(Batch).where(Batch.code == "GS-2026-2")).one()
    reviewing = db.scalars(select(Batch).where(Batch.code == "GS-2027-1")).one()
    assert running.starts_on <= today <= running.ends_on
    assert reviewing.closes_at < now < reviewing.reviews_due_at
    assert ledger.faults() == []
    assert count(db, Application, Application.submitted_at > now) == 0
    assert count(db, Application, Application.submitted_at < Application.started_at) == 0


def test_every_account_signs_in_and_finds_its_part(told):
    db = told
    people = {
        account.key: accounts.check_password(email=account.email, password=demo.PASSWORD) for account in demo.ACCOUNTS
    }
    assert None not in people.values()
    founder, applicant = people["founder"][0], people["applicant"][0]
    startup_id = db.scalars(select(Membership.startup_id).where(Membership.user_id == founder)).one()
    assert count(db, CreditGrant, CreditGrant.startup_id == startup_id) == 1
    assert count(db, Booking, Booking.user_id == founder, Booking.state == BookingState.BOOKED) >= 1
    draft_id = db.scalars(
        select(Application.id)
        .join(Membership, Membership.startup_id == Application.startup_id)
        .where(Membership.user_id == applicant, Application.state == ApplicationState.DRAFT)
    ).one()
    assert own_applications.dossier(applicant, draft_id).is_draft
    open_duties = db.scalar(
        text("SELECT count(*) FROM assignment WHERE reviewer_user_id = :who AND state = 'open'"),
        {"who": people["reviewer"][0]},
    )
    assert open_duties >= 1
    lyon = select(Venue.id).where(Venue.code == "lab-lyon")
    assert (
        count(
            db,
            WorkshopSession,
            WorkshopSession.venue_id.in_(lyon),
            func.date(WorkshopSession.starts_at) == "2026-11-23",
        )
        == 1
    )


def test_workshops_are_of_every_kind_and_the_waiting_list_waits_at_a_full_room(told):
    db = told
    states = set(db.scalars(select(WorkshopSession.state)))
    assert states == set(WorkshopSessionState)
    waiting = db.scalars(select(Booking.workshop_session_id).where(Booking.state == BookingState.WAITING)).all()
    assert waiting
    full = db.get(WorkshopSession, waiting[0])
    assert full.seats_taken == full.capacity
    assert count(db, WorkshopSession) == 20


def test_decks_are_valid_and_answers_natural(told):
    db = told
    decks = db.scalars(select(Deck)).all()
    assert len(decks) == 3
    for deck in decks:
        content = files.path_of(deck.stored_as).read_bytes()
        assert hashlib.sha256(content).hexdigest() == deck.sha256
        assert pdf_check.clean(content, max_pages=60).pages == deck.pages
    texts = db.scalars(select(Answer.text)).all()
    assert all("{" not in answer for answer in texts)
    assert len(set(texts)) > len(texts) / 4


def test_two_suspicions_and_an_invitation_wait_and_no_certain_conflict_is_on_a_desk(told):
    batch = told.scalars(select(Batch).where(Batch.code == "GS-2027-1")).one()
    board = findings.board(batch.id)

    assert sorted(one.kind for one in board.waiting) == ["chain", "investor"]
    assert [one.kind for one in board.barred if one.source is ConflictSource.INFERRED] == ["company"]
    assert board.unstated == ()
    assert [row.state for row in told.scalars(select(BatchReviewer)) if row.state is not InvitationState.ACCEPTED] == [
        InvitationState.INVITED
    ]
    assert interests.step_aside_everywhere() == 0


def test_a_second_run_changes_nothing(told):
    db = told
    before = fingerprints(db)

    second = tell(number=99)

    assert (second.is_new, second.startups) == (False, count(db, Startup))
    assert fingerprints(db) == before


def test_other_data_is_never_touched(db):
    make.startup()

    with pytest.raises(Conflict, match="holds 1 startups already"):
        tell()

    assert (count(db, Startup), count(db, Batch)) == (1, 0)


def test_the_committee_in_review_has_calibrated_itself(told):
    reviewer = told.scalar(select(User.id).where(User.email == "evaluatrice@exemple.fr"))

    found = comparison.feedback("GS-2027-1", reviewer, clock.now())

    assert [(one.comparison is not None, one.missing) for one in found.dossiers] == [(True, 0)] * 3
    assert [one.note for one in found.dossiers].count("") == 2
    assert told.scalar(text("SELECT count(*) FROM calibration_dossier")) == 3


def test_an_unknown_size_is_refused(db):
    with pytest.raises(RuleViolation, match="no size “huge”"):
        tell(size="huge")


def test_assignments_are_spread_evenly_and_nobody_reads_twice(told):
    db = told
    loads = db.scalars(
        text(
            "SELECT count(*) FROM assignment a JOIN batch b ON b.id = a.batch_id WHERE b.code = 'GS-2027-1' "
            f"AND a.state <> '{AssignmentState.CONFLICTED}' GROUP BY reviewer_user_id"
        )
    ).all()
    assert len(loads) == 12
    assert max(loads) - min(loads) <= 2  # even to one, and what everybody scores was on some desks already
    assert set(db.scalars(select(Startup.region_code))) <= set(REGIONS)
