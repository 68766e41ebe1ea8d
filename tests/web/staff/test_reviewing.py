"""The committee, handing dossiers out, watching how it goes, one dossier by hand: for the manager, and for strangers."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy import func, select

from accelerator.extensions import db as database
from accelerator.kernel import clock
from accelerator.kernel.enums import ApplicationState, AssignmentState, BatchState, Role
from accelerator.models.accounts import User
from accelerator.models.letters import Letter
from accelerator.models.reviewing import Assignment, BatchReviewer, ConflictOfInterest
from tests import make


class Round:
    """A manager, a batch in review, its committee and its admissible applications."""

    def __init__(self, reviewers: int = 3, applications: int = 4, capacity: int = 10) -> None:
        self.manager = make.manager()
        self.batch = make.batch(code="SF6", state=BatchState.REVIEWING, reviews_per_application=2)
        self.reviewers = [make.user(Role.REVIEWER) for _ in range(reviewers)]
        for person in self.reviewers:
            make.batch_reviewer(self.batch, person, capacity)
        self.applications = [
            make.application(of=self.batch, state=ApplicationState.ADMISSIBLE) for _ in range(applications)
        ]


def _fingerprint(page):
    return page.tree.xpath("//input[@name='fingerprint']")[0].get("value")


def _confirm(browser):
    looked = browser.get("staff.reviewing.assign", code="SF6")
    return browser.post("staff.reviewing.confirm", {"fingerprint": _fingerprint(looked)}, code="SF6")


def test_committee_names_somebody_new(browser, db):
    round_ = Round(reviewers=0)

    page = browser.sign_in(round_.manager).post(
        "staff.reviewing.committee", {"email": "ada@exemple.fr", "name": "Ada", "capacity": "9"}, code="SF6"
    )

    assert page.location == "/staff/batches/SF6/reviewers"
    shown = browser.follow(page)
    assert shown.notices == ["Invited. An e-mail is on its way; dossiers come once it is accepted."]
    assert shown.table("Members of the committee")[0][0].startswith("Ada ada@exemple.fr Invited, no answer yet since")
    assert "1 invited, no answer yet" in shown.text
    assert shown.tree.xpath("//td//input[@name='capacity']")[0].get("value") == "9"


@pytest.mark.parametrize(
    ("typed", "error"),
    [
        ({"email": "nonsense", "name": "A", "capacity": "9"}, "E-mail address: This is not an e-mail address"),
        ({"email": "a@exemple.fr", "name": "", "capacity": "9"}, "Name: Nobody here has this address yet"),
        ({"email": "a@exemple.fr", "name": "A", "capacity": "-1"}, "Maximum of dossiers: A limit is a whole number"),
        ({"email": "a@exemple.fr", "name": "A", "capacity": "x"}, "Maximum of dossiers: "),
    ],
)
def test_committee_refuses_and_keeps_what_was_typed(browser, db, typed, error):
    round_ = Round(reviewers=0)

    page = browser.sign_in(round_.manager).post("staff.reviewing.committee", typed, code="SF6")

    assert page.status == 422
    assert page.errors[0].startswith(error)
    assert page.value("email") == typed["email"]
    assert db.scalars(select(BatchReviewer)).all() == []


def test_committee_shows_limits_loads_and_conflicts(browser, db):
    round_ = Round(reviewers=1, capacity=3)
    ada = round_.reviewers[0]
    make.assignment(of=round_.applications[0], reviewer=ada)
    make.assignment(of=round_.applications[1], reviewer=ada, state=AssignmentState.REVIEWED)
    db.add(
        ConflictOfInterest(
            reviewer_user_id=ada.id,
            startup_id=round_.applications[2].startup_id,
            ground="Investor.",
            source="declared",
            declared_at=clock.now(),
        )
    )
    db.commit()

    page = browser.sign_in(round_.manager).get("staff.reviewing.committee", code="SF6")

    assert page.table("Members of the committee")[0][3:6] == ["2", "1", "1"]
    assert "8 are needed: 4 applications × 2 reviews" in page.text
    assert "The limits agreed do not add up" in page.text


def test_set_capacity_and_remove(browser, db):
    round_ = Round(reviewers=1, applications=1)
    ada = round_.reviewers[0]
    make.assignment(of=round_.applications[0], reviewer=ada)
    browser.sign_in(round_.manager)

    changed = browser.post("staff.reviewing.set_capacity", {"capacity": "4"}, code="SF6", user_id=ada.id)
    crooked = browser.post("staff.reviewing.set_capacity", {"capacity": "501"}, code="SF6", user_id=ada.id)
    assert db.scalars(select(BatchReviewer.capacity)).all() == [4]
    removed = browser.post("staff.reviewing.remove", code="SF6", user_id=ada.id)
    notices = browser.follow(removed).notices
    again = browser.post("staff.reviewing.remove", code="SF6", user_id=ada.id)

    assert (changed.status, crooked.status, removed.status, again.status) == (302, 422, 302, 404)
    assert notices[-1] == "Off the committee. 1 dossier went back."
    assert db.scalars(select(Assignment)).all() == []


def test_assign_shows_a_proposal_and_stores_nothing(browser, db):
    round_ = Round()

    page = browser.sign_in(round_.manager).get("staff.reviewing.assign", code="SF6")

    assert "Every application has its 2 reviewers." in page.text
    assert "Any two applications can be compared" in page.text
    assert "8 new reviews, 3 e-mails" in page.text
    assert sorted(row[3] for row in page.table("Dossiers of each reviewer, as proposed")) == ["2", "3", "3"]
    assert db.scalars(select(Assignment)).all() == []
    assert db.scalars(select(Letter)).all() == []


def test_confirm_stores_the_proposal_and_undo_takes_it_back(browser, db):
    round_ = Round()
    browser.sign_in(round_.manager)

    done = _confirm(browser)
    assert done.location == "/staff/batches/SF6/reviewers/progress"
    assert browser.follow(done).notices == ["8 reviews are assigned."]
    after = browser.get("staff.reviewing.assign", code="SF6")
    assert "Everything is assigned: nothing to add." in after.text
    undone = browser.post(
        "staff.reviewing.undo",
        {"assigned_at": after.tree.xpath("//input[@name='assigned_at']")[0].get("value")},
        code="SF6",
    )

    assert browser.follow(undone).notices == ["8 assignments are undone."]
    assert db.scalars(select(Assignment)).all() == []


def test_confirm_of_an_old_proposal_shows_the_new_one(browser, db):
    round_ = Round()
    looked = browser.sign_in(round_.manager).get("staff.reviewing.assign", code="SF6")
    make.application(of=round_.batch, state=ApplicationState.ADMISSIBLE)

    page = browser.post("staff.reviewing.confirm", {"fingerprint": _fingerprint(looked)}, code="SF6")

    assert page.status == 409
    assert page.errors[0].startswith("The committee or the applications changed since you looked.")
    assert _fingerprint(page) != _fingerprint(looked)
    assert db.scalars(select(Assignment)).all() == []


def test_undo_with_a_crooked_instant_is_a_conflict(browser, db):
    round_ = Round()
    browser.sign_in(round_.manager)
    _confirm(browser)

    for text in ("", "x", "2026-01-01T00:00:00", "2026-01-01T00:00:00+00:00"):
        assert browser.post("staff.reviewing.undo", {"assigned_at": text}, code="SF6").status == 409

    assert db.scalar(select(func.count()).select_from(Assignment)) == 8


def test_assign_explains_every_shortfall(browser, db):
    round_ = Round(reviewers=1)

    page = browser.sign_in(round_.manager).get("staff.reviewing.assign", code="SF6")

    assert "4 applications stay short: see below why." in page.text
    assert [row[1:] for row in page.table("Applications that stay short")] == [
        [
            "1",
            "Only 1 of 1 reviewers can still take it: the others hold it already, have a conflict of interest or gave "
            "it back.",
        ]
    ] * 4


def test_assign_with_nothing_to_do_says_what_comes_first(browser, db):
    round_ = Round(reviewers=0, applications=0)

    nothing = browser.sign_in(round_.manager).get("staff.reviewing.assign", code="SF6")
    make.application(of=round_.batch, state=ApplicationState.ADMISSIBLE)
    nobody = browser.get("staff.reviewing.assign", code="SF6")
    late = round_.batch
    late.reviews_due_at = clock.now()
    db.commit()
    closed = browser.get("staff.reviewing.assign", code="SF6")

    assert "There is nothing to assign yet" in nothing.text
    assert "Nobody is on the committee yet" in nobody.text
    assert "Reviews were due on" in closed.text


def test_progress_shows_pace_and_coverage_and_reminds_once(browser, db):
    round_ = Round(reviewers=2, applications=2)
    ada, grace = round_.reviewers
    past = clock.now() - timedelta(days=30)
    for application in round_.applications:
        make.assignment(of=application, reviewer=ada, assigned_at=past)
    make.assignment(of=round_.applications[0], reviewer=grace, assigned_at=past, state=AssignmentState.REVIEWED)
    round_.applications[0].reviews = 1
    round_.batch.reviews_due_at = clock.now() + timedelta(days=10)
    db.commit()
    browser.sign_in(round_.manager)

    page = browser.get("staff.reviewing.progress", code="SF6")
    rows = {row[0]: row for row in page.table()}
    reminded = browser.post("staff.reviewing.remind", code="SF6", user_id=ada.id)
    again = browser.post("staff.reviewing.remind", code="SF6", user_id=ada.id)
    everyone = browser.post("staff.reviewing.remind_all", code="SF6")

    assert rows[ada.name][1] == "0 of 2" and rows[ada.name][4] == "Will be late out of reach: 2"
    assert rows[grace.name][1] == "1 of 1" and rows[grace.name][4] == "Has finished"
    assert [row[1:] for row in page.table("Applications without all their reviews, the fewest reviews first")] == [
        ["1", "0"],
        ["2", "1"],
    ]
    assert "1 application with 0 reviews, 1 application with 1 review." in page.text
    assert (reminded.status, again.status, everyone.status) == (302, 422, 422)
    assert again.errors == ["Nothing is left there to remind of, or a reminder went out within a day."]
    assert db.scalars(select(Letter.to_user_id)).all() == [ada.id]


def test_progress_of_a_decided_batch_still_shows_its_reviews(browser, db):
    round_ = Round()
    browser.sign_in(round_.manager)
    _confirm(browser)
    for row, state in zip(
        round_.applications,
        (ApplicationState.ADMITTED, ApplicationState.WAITLISTED, ApplicationState.REFUSED, ApplicationState.REFUSED),
        strict=True,
    ):
        row.state = state
    round_.batch.state = BatchState.DECIDED
    database.session.commit()

    progress = browser.get("staff.reviewing.progress", code="SF6")
    committee = browser.get("staff.reviewing.committee", code="SF6")

    assert "0 of 8 reviews in" in progress.text
    assert "8 are needed" in committee.text


def test_progress_before_anything_is_assigned(browser, db):
    round_ = Round()

    page = browser.sign_in(round_.manager).get("staff.reviewing.progress", code="SF6")

    assert "Nothing is assigned yet" in page.text


@pytest.mark.parametrize("size", [1, 3])
@pytest.mark.parametrize("endpoint", ["committee", "progress"])
def test_lists_cost_the_same_whatever_they_show(browser, db, endpoint, size):
    round_ = Round(reviewers=size, applications=size)
    for person in round_.reviewers:
        make.assignment(of=round_.applications[0], reviewer=person)
    statements: list[str] = []

    def note(_connection, _cursor, statement, *_rest):
        statements.append(statement)

    browser.sign_in(round_.manager)
    sa.event.listen(database.engine, "before_cursor_execute", note)
    browser.get(f"staff.reviewing.{endpoint}", code="SF6")
    sa.event.remove(database.engine, "before_cursor_execute", note)

    selects = [text for text in statements if text.startswith("SELECT")]
    assert len(selects) == {"committee": 17, "progress": 12}[endpoint], "\n".join(selects)


def test_hand_out_moves_a_dossier_and_says_who_must_not_have_it(browser, db):
    round_ = Round(reviewers=3, applications=1)
    ada, grace, alan = round_.reviewers
    held = make.assignment(of=round_.applications[0], reviewer=ada)
    db.add(
        ConflictOfInterest(
            reviewer_user_id=alan.id,
            startup_id=round_.applications[0].startup_id,
            ground="His sister.",
            source="declared",
            declared_at=clock.now(),
        )
    )
    db.commit()
    where = {"code": "SF6", "application_id": round_.applications[0].id}
    browser.sign_in(round_.manager)

    page = browser.get("staff.reviewing.hand_out", **where)
    refused = browser.post("staff.reviewing.hand_out", {"to": str(alan.id), "instead_of": "0"}, **where)
    moved = browser.post("staff.reviewing.hand_out", {"to": str(grace.id), "instead_of": str(held.id)}, **where)

    assert [option.text for option in page.tree.xpath("//select[@name='to']/option")] == [f"{grace.name} (0/10)"]
    assert f"{alan.name}: His sister. (Declared by the reviewer)" in page.text
    assert refused.errors == ["Give it to: Conflict of interest: His sister."]
    assert browser.follow(moved).notices == ["The dossier is assigned. The reviewer has been told."]
    assert db.scalars(select(Assignment.reviewer_user_id)).all() == [grace.id]


@pytest.mark.parametrize(
    "typed", [{}, {"to": "x"}, {"to": "99999", "instead_of": "x"}, {"to": "1", "instead_of": "-7"}]
)
def test_hand_out_with_nonsense_changes_nothing(browser, db, typed):
    round_ = Round(reviewers=1, applications=1)

    page = browser.sign_in(round_.manager).post(
        "staff.reviewing.hand_out", typed, code="SF6", application_id=round_.applications[0].id
    )

    assert page.status == 422
    assert db.scalars(select(Assignment)).all() == []


def test_hand_out_of_another_batchs_application_is_not_found(browser, db):
    round_, other = Round(), make.application(state=ApplicationState.ADMISSIBLE)

    page = browser.sign_in(round_.manager).get("staff.reviewing.hand_out", code="SF6", application_id=other.id)

    assert page.status == 404


@pytest.mark.parametrize("role", [Role.FOUNDER, Role.REVIEWER, (Role.COORDINATOR, "84"), Role.SPONSOR])
def test_strangers_are_refused_everywhere(browser, db, role):
    round_ = Round()
    browser.sign_in(make.user(role))
    person, application = round_.reviewers[0].id, round_.applications[0].id
    base = "/staff/batches/SF6/reviewers"

    statuses = {
        *(browser.get(base + path).status for path in ("", "/assign", "/progress", f"/applications/{application}")),
        *(
            browser.post(base + path).status
            for path in (
                "",
                "/assign",
                "/undo",
                "/remind",
                f"/{person}/capacity",
                f"/{person}/remove",
                f"/{person}/remind",
                f"/applications/{application}",
            )
        ),
    }

    assert statuses == {403}


def test_an_unknown_batch_is_not_found(browser, db):
    browser.sign_in(make.manager())

    for path in ("", "/assign", "/progress"):
        assert browser.get(f"/staff/batches/NOWHERE/reviewers{path}").status == 404


@pytest.mark.shared
def test_naughty_strings_as_names_are_kept_or_refused(browser, db, shared):
    round_ = Round(reviewers=0)
    browser.sign_in(round_.manager)
    strings = json.loads((shared / "bad-input" / "blns.json").read_text(encoding="utf-8"))

    for number, text in enumerate(strings[::12]):
        page = browser.post(
            "staff.reviewing.committee",
            {"email": f"person-{number}@exemple.fr", "name": text, "capacity": "3"},
            code="SF6",
        )
        assert page.status in (302, 422)
        assert (
            browser.post("staff.reviewing.committee", {"email": text, "name": "A", "capacity": text}, code="SF6").status
            == 422
        )

    names = set(db.scalars(select(User.name)))
    assert '<a href="\\x17javascript:javascript:alert(1)" id="fuzzelement1">test</a>' in names
    assert browser.get("staff.reviewing.committee", code="SF6").status == 200
