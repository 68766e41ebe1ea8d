"""Dossiers given back together, offered when out of reach, taken by others: the desks' side of it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from accelerator.extensions import db as database
from accelerator.kernel import clock
from accelerator.kernel.actor import SYSTEM
from accelerator.kernel.enums import (
    ApplicationState,
    AssignmentState,
    BatchState,
    ConflictSource,
    InvitationState,
    Role,
)
from accelerator.kernel.errors import Conflict, NotFound, RuleViolation
from accelerator.models.calibration import CalibrationDossier
from accelerator.models.letters import Letter
from accelerator.models.reviewing import Assignment, BatchReviewer, ConflictOfInterest, ReviewDraft
from accelerator.services import reviewing
from tests import make
from tests.statements import counted


class Round:
    """Ada, with four dossiers for ten days and little more than ten left; Eve, who holds nothing."""

    def __init__(self, *, dossiers: int = 4, **columns: object) -> None:
        now = clock.now()
        columns = {"reviews_due_at": now + timedelta(days=10, hours=1), "reviews_per_application": 1, **columns}
        self.batch = make.batch(state=BatchState.REVIEWING, **columns)
        self.ada, self.eve = make.user(Role.REVIEWER, name="Ada"), make.user(Role.REVIEWER, name="Eve")
        for person in (self.ada, self.eve):
            make.batch_reviewer(self.batch, person, capacity=dossiers)
        self.applications = [
            make.application(of=self.batch, state=ApplicationState.ADMISSIBLE) for _ in range(dossiers)
        ]
        self.assignments = [
            make.assignment(of=one, reviewer=self.ada, position=place, assigned_at=now - timedelta(days=10))
            for place, one in enumerate(self.applications, start=1)
        ]
        self.ids = [one.id for one in self.assignments]
        self.code = self.batch.code

    def done(self, places: int) -> None:
        for one in self.assignments[:places]:
            one.state = AssignmentState.REVIEWED
        database.session.commit()

    def begin(self, place: int) -> None:
        database.session.add(ReviewDraft(assignment_id=self.ids[place], scores={}, comment="…", saved_at=clock.now()))
        database.session.commit()

    def holder(self, place: int, db) -> list[str]:
        db.rollback()
        rows = db.execute(
            select(Assignment.reviewer_user_id, Assignment.state).where(
                Assignment.application_id == self.applications[place].id
            )
        )
        names = {self.ada.id: "Ada", self.eve.id: "Eve"}
        return sorted(f"{names[person]} {state}" for person, state in rows)


def letters_of(kind: str, db) -> list[Letter]:
    db.rollback()
    return list(db.scalars(select(Letter).where(Letter.kind == kind).order_by(Letter.id)))


def test_what_is_out_of_reach_is_ticked_and_given_back_at_once(browser, db):
    manager, round_ = make.manager(), Round(dossiers=5)
    browser.sign_in(round_.ada)
    late = browser.get("reviewer.looking.give_some_back", code=round_.code)
    assert late.tree.xpath("//input[@name='dossiers'][@checked]") == []  # less than half of the time is gone
    round_.assignments[4].state = AssignmentState.REVIEWED
    round_.begin(3)
    page = browser.get("reviewer.looking.give_some_back", code=round_.code)
    assert page.tree.xpath("//input[@name='dossiers'][@checked]/@value") == [str(id_) for id_ in round_.ids[:3]]

    page = browser.post(
        f"/reviewing/batches/{round_.code}/give-back",
        {"dossiers": [str(id_) for id_ in round_.ids[1:3]], "reason": "A trip."},
    )

    assert page.location == "/reviewing/"
    assert round_.holder(1, db) == round_.holder(2, db) == ["Ada declined"]
    assert round_.holder(0, db) == ["Ada open"]
    [letter] = letters_of("dossiers_given_back", db)
    assert letter.to_user_id == manager.id
    assert "A trip." in letter.body
    assert f"{round_.applications[1].id:03d}, {round_.applications[2].id:03d}" in letter.body


@pytest.mark.parametrize(
    ("typed", "status"),
    [
        ({"reason": "A trip."}, 422),
        ({"dossiers": ["1x"], "reason": "A trip."}, 422),
        ({"dossiers": ["{0}"], "reason": " "}, 422),
        ({"dossiers": ["{0}", "99999999"], "reason": "A trip."}, 422),
    ],
)
def test_giving_back_with_nonsense_changes_nothing(browser, db, typed, status):
    round_ = Round()
    typed = {
        key: [one.format(*round_.ids) for one in value] if key == "dossiers" else value for key, value in typed.items()
    }

    page = browser.sign_in(round_.ada).post(f"/reviewing/batches/{round_.code}/give-back", typed)

    assert page.status == status
    assert page.errors
    assert round_.holder(0, db) == ["Ada open"]


def test_a_dossier_sent_in_another_tab_keeps_the_others_from_being_given_back(app, db):
    round_ = Round()
    round_.done(1)

    with pytest.raises(Conflict):
        reviewing.give_some_back(
            actor=make.actor(round_.ada), code=round_.code, assignment_ids=round_.ids[:2], reason="No time."
        )

    assert round_.holder(1, db) == ["Ada open"]


def test_a_dossier_of_another_batch_or_person_is_not_given_back(app, db):
    round_, other = Round(), Round()
    make.batch_reviewer(other.batch, round_.ada)
    with pytest.raises(NotFound):
        reviewing.give_some_back(
            actor=make.actor(round_.ada), code=other.code, assignment_ids=round_.ids[:1], reason="No time."
        )
    with pytest.raises(Conflict):
        reviewing.give_some_back(
            actor=make.actor(round_.eve), code=round_.code, assignment_ids=round_.ids[:1], reason="No time."
        )


def test_a_given_back_dossier_looks_for_a_reader_and_is_taken(browser, db):
    round_ = Round()
    reviewing.give_some_back(
        actor=make.actor(round_.ada), code=round_.code, assignment_ids=round_.ids[:1], reason="No time."
    )
    code = f"{round_.applications[0].id:03d}"

    assert "looks for a reader" in browser.sign_in(round_.ada).get("reviewer.looking.dossiers", code=round_.code).text
    page = browser.sign_in(round_.eve).get("reviewer.looking.dossiers", code=round_.code)
    assert [row[0] for row in page.table("Those with the fewest readers first")] == [f"Dossier {code}"]

    page = browser.post(f"/reviewing/batches/{round_.code}/looking/{round_.applications[0].id}/take", {})

    assert page.location.startswith("/reviewing/assignments/")
    assert round_.holder(0, db) == ["Ada declined", "Eve open"]
    assert letters_of("dossier_taken", db) == []
    assert round_.applications[0].assigned == 1


def test_what_is_out_of_reach_is_offered_once_and_its_reviewer_is_told(app, db):
    make.manager()
    round_ = Round()
    round_.done(1)  # one in ten days: one more in the ten that are left, and two out of reach

    assert reviewing.offer_stalled_dossiers() == 2
    assert reviewing.offer_stalled_dossiers() == 0

    db.rollback()
    assert [one.offered_at is not None for one in round_.assignments] == [False, False, True, True]
    [letter] = letters_of("dossiers_offered", db)
    assert letter.to_user_id == round_.ada.id
    assert "2 of your dossiers" in letter.subject


def test_a_dossier_begun_is_not_offered_and_one_offered_is_kept_by_beginning_it(app, db):
    round_ = Round()
    round_.done(1)
    round_.begin(3)
    assert reviewing.offer_stalled_dossiers() == 2
    db.rollback()
    assert [one.offered_at is not None for one in round_.assignments] == [False, True, True, False]

    round_.begin(2)
    with pytest.raises(Conflict):
        reviewing.take_dossier(actor=make.actor(round_.eve), code=round_.code, application_id=round_.applications[2].id)
    reviewing.take_dossier(actor=make.actor(round_.eve), code=round_.code, application_id=round_.applications[1].id)

    assert round_.holder(1, db) == ["Eve open"]
    assert round_.holder(2, db) == ["Ada open"]
    [letter] = letters_of("dossier_taken", db)
    assert letter.to_user_id == round_.ada.id


def test_taking_one_more_than_agreed_agrees_to_it(app, db):
    round_ = Round()
    round_.done(1)
    reviewing.offer_stalled_dossiers()
    seat = db.scalars(select(BatchReviewer).where(BatchReviewer.user_id == round_.eve.id)).one()
    seat.capacity = 0
    db.commit()

    reviewing.take_dossier(actor=make.actor(round_.eve), code=round_.code, application_id=round_.applications[3].id)

    db.rollback()
    assert seat.capacity == 1


def test_nobody_takes_what_they_had_or_are_tied_to(browser, db):
    round_ = Round(reviews_per_application=2)
    tied = round_.applications[0]
    db.add(
        ConflictOfInterest(
            reviewer_user_id=round_.eve.id,
            startup_id=tied.startup_id,
            ground="A friend",
            source=ConflictSource.DECLARED,
            declared_at=clock.now(),
        )
    )
    db.commit()

    page = browser.sign_in(round_.eve).get("reviewer.looking.dossiers", code=round_.code)

    assert len(page.table("Those with the fewest readers first")) == 3
    assert f"Dossier {tied.id:03d}" not in page.text
    had = round_.applications[1]
    assert browser.post(f"/reviewing/batches/{round_.code}/looking/{tied.id}/take").status == 409
    browser.sign_in(round_.ada)
    assert browser.post(f"/reviewing/batches/{round_.code}/looking/{had.id}/take").status == 409
    assert round_.holder(0, db) == round_.holder(1, db) == ["Ada open"]


def test_only_members_see_what_looks_for_a_reader(browser, db):
    round_, stranger, invited = Round(), make.user(Role.REVIEWER), make.user(Role.REVIEWER)
    make.batch_reviewer(round_.batch, invited, state=InvitationState.INVITED)
    make.statement(stranger)
    for person in (stranger, invited):
        browser.sign_in(person)
        assert browser.get(f"/reviewing/batches/{round_.code}/looking").status == 404
        assert browser.get(f"/reviewing/batches/{round_.code}/give-back").status == 404


def test_interests_are_asked_for_before_the_list(browser, db):
    round_, new = Round(), make.user(Role.REVIEWER)
    browser.sign_in(new)
    page = browser.get(f"/reviewing/batches/{round_.code}/looking")
    assert page.location.startswith("/reviewing/interests")


def test_a_closed_round_offers_and_gives_nothing(browser, db):
    manager, round_ = make.manager(), Round(reviews_due_at=clock.now() - timedelta(minutes=1))
    application = round_.applications[0]

    assert (
        "Reviews are no longer taken."
        in browser.sign_in(round_.eve).get("reviewer.looking.dossiers", code=round_.code).text
    )
    assert browser.post(f"/reviewing/batches/{round_.code}/looking/{application.id}/take").status == 422
    assert reviewing.offer_stalled_dossiers() == 0
    with pytest.raises(RuleViolation):
        reviewing.offer_stalled(actor=make.actor(manager), batch_id=round_.batch.id)


def test_the_progress_board_says_what_is_out_of_reach_and_offers_it(browser, db):
    manager, round_ = make.manager(), Round()
    round_.done(1)
    page = browser.sign_in(manager).get("staff.reviewing.progress", code=round_.code)
    assert "2 dossiers will not be reviewed in time" in page.text
    assert "out of reach: 2" in page.text

    page = browser.post(f"/staff/batches/{round_.code}/reviewers/offer", {})
    assert page.location == f"/staff/batches/{round_.code}/reviewers/progress"
    page = browser.get("staff.reviewing.progress", code=round_.code)
    assert "Offered to others: 2." in page.text
    assert "Offer them to others" not in page.text
    page = browser.post(f"/staff/batches/{round_.code}/reviewers/offer")
    assert page.status == 422
    assert "Nothing new is out of reach" in page.text


@pytest.mark.parametrize("dossiers", [3, 30])
def test_the_list_costs_the_same_whatever_it_shows(browser, db, dossiers):
    round_ = Round(dossiers=dossiers, reviews_per_application=2)
    browser.sign_in(round_.eve)

    with counted() as seen:
        browser.get("reviewer.looking.dossiers", code=round_.code)

    assert len(seen) == 12


def test_the_clock_offers_for_nobody_in_particular(app, db):
    round_ = Round()
    round_.done(1)
    with pytest.raises(NotFound):
        reviewing.offer_stalled(actor=SYSTEM, batch_id=0)
    assert reviewing.offer_stalled(actor=make.actor(make.manager()), batch_id=round_.batch.id) == 2


def test_what_everybody_scores_is_neither_given_back_nor_offered(browser, db):
    manager, round_ = make.manager(), Round()
    db.add(
        CalibrationDossier(
            application_id=round_.applications[3].id,
            batch_id=round_.batch.id,
            position=1,
            note="",
            chosen_at=clock.now(),
            chosen_by_user_id=manager.id,
        )
    )
    db.commit()
    round_.done(1)

    page = browser.sign_in(round_.ada).get("reviewer.looking.give_some_back", code=round_.code)
    assert page.tree.xpath("//input[@name='dossiers']/@value") == [str(id_) for id_ in round_.ids[1:3]]
    page = browser.post(
        f"/reviewing/batches/{round_.code}/give-back", {"dossiers": [str(round_.ids[3])], "reason": "No time."}
    )
    assert page.status == 422
    assert round_.holder(3, db) == ["Ada open"]
    assert reviewing.offer_stalled_dossiers() == 2
    db.rollback()
    assert [one.offered_at is not None for one in round_.assignments] == [False, True, True, False]
