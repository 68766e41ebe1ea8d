"""The studio's pages: wishes in the address, plans in the background, assignments as a file, one taken away by hand."""

from __future__ import annotations

import base64
import io

import pytest
from sqlalchemy import select

from accelerator.kernel.enums import ApplicationState, BatchState, Role
from accelerator.models.reviewing import Assignment, AssignmentProposal, BatchReviewer
from accelerator.queries.reviewing import planning
from accelerator.services import tasks
from tests import make

BASE = "/staff/batches/SF6/reviewers"


class Round:
    """A manager, a batch in review, its committee and its admissible applications."""

    def __init__(self, reviewers: int = 3, applications: int = 4) -> None:
        self.manager = make.manager()
        self.batch = make.batch(code="SF6", state=BatchState.REVIEWING, reviews_per_application=2)
        self.people = [make.user(Role.REVIEWER) for _ in range(reviewers)]
        for person in self.people:
            make.batch_reviewer(self.batch, person, 10)
        self.entries = [make.application(of=self.batch, state=ApplicationState.ADMISSIBLE) for _ in range(applications)]


def _file(*lines: str) -> dict[str, object]:
    content = "\n".join(["application,reviewer,action", *lines]).encode()
    return {"file": (io.BytesIO(content), "assignments.csv")}


def test_the_address_says_what_the_plan_is_asked_for(browser, db):
    round_ = Round()

    page = browser.sign_in(round_.manager).get(
        "staff.reviewing.assign", code="SF6", each="1", most="2", least="1", mixed="yes"
    )

    assert "4 admissible applications × 1" in page.text
    assert "Every reviewer has at least 1 dossier, or as many as agreed." in page.text
    assert "Readers lack in some applications" in page.text
    assert page.table("Readers of each application, as proposed") == [["1", "4"]]
    assert sorted(row[3] for row in page.table("Dossiers of each reviewer, as proposed")) == ["1", "1", "2"]
    action = page.tree.xpath("//form[contains(@action, 'assign') and @method='post']/@action")[0]
    assert "each=1" in action and "most=2" in action


def test_a_wish_that_is_no_number_is_left_out_and_said(browser, db):
    round_ = Round()

    page = browser.sign_in(round_.manager).get("staff.reviewing.assign", code="SF6", each="many", least="-4")

    assert page.status == 200
    assert "4 admissible applications × 2" in page.text
    assert page.text.count("Not a number that can be used: it was left out.") == 2


def test_confirm_makes_the_plan_of_the_address(browser, db):
    round_ = Round()
    browser.sign_in(round_.manager)
    looked = browser.get("staff.reviewing.assign", code="SF6", each="1")
    fingerprint = looked.tree.xpath("//input[@name='fingerprint']")[0].get("value")

    other = browser.post("staff.reviewing.confirm", {"fingerprint": fingerprint}, code="SF6")
    done = browser.post("staff.reviewing.confirm", {"fingerprint": fingerprint}, code="SF6", each="1")

    assert (other.status, done.status) == (409, 302)
    assert len(db.scalars(select(Assignment)).all()) == 4


def test_a_large_plan_is_asked_for_followed_and_looked_at(browser, db, monkeypatch):
    monkeypatch.setattr(planning, "MOST_CELLS_TOGETHER", 0)
    round_ = Round()
    browser.sign_in(round_.manager)

    before = browser.get("staff.reviewing.assign", code="SF6", together="5")
    asked = browser.post("staff.assignment.ask", code="SF6", together="5")
    waits = browser.follow(asked)
    proposal = db.scalars(select(AssignmentProposal)).one()
    told = browser.get("staff.assignment.progress", code="SF6", proposal_id=proposal.id)
    tasks.run_due_tasks()
    ready = browser.get("staff.reviewing.assign", code="SF6", together="5")

    assert "are too many to weigh while you wait" in before.text
    assert asked.location == f"{BASE}/assign?together=5"
    assert "The plan waits for its turn" in waits.text
    assert told.json["state"] == "queued"
    assert "8 new reviews" in ready.text


def test_a_proposal_is_stopped_and_asked_for_again(browser, db, monkeypatch):
    monkeypatch.setattr(planning, "MOST_CELLS_TOGETHER", 0)
    round_ = Round()
    browser.sign_in(round_.manager)
    browser.post("staff.assignment.ask", code="SF6", together="5")
    proposal = db.scalars(select(AssignmentProposal)).one()

    stopped = browser.post("staff.assignment.stop", code="SF6", proposal_id=proposal.id, together="5")
    shown = browser.follow(stopped)
    again = browser.post("staff.assignment.stop", code="SF6", proposal_id=proposal.id)

    assert shown.notices == ["The proposal is stopped. Nothing was assigned."]
    assert "Have the plan made" in shown.text
    assert again.status == 422


def test_ask_for_a_small_plan_is_refused(browser, db):
    round_ = Round()

    page = browser.sign_in(round_.manager).post("staff.assignment.ask", code="SF6")

    assert page.status == 422
    assert db.scalars(select(AssignmentProposal)).all() == []


def test_what_was_taken_away_comes_back_as_a_file(browser, db):
    round_ = Round()
    make.assignment(of=round_.entries[0], reviewer=round_.people[0])
    browser.sign_in(round_.manager)

    out = browser.get("staff.assignment.export", code="SF6")
    back = browser.post(
        "staff.assignment.lines", {"file": (io.BytesIO(out.body.encode()), "assignments.csv")}, code="SF6"
    )
    form = {name: back.tree.xpath(f"//input[@name='{name}']")[0].get("value") for name in ("content", "fingerprint")}
    done = browser.post("staff.assignment.apply", {**form, "reason": "As proposed."}, code="SF6")

    rows = out.body.removeprefix("\ufeff").splitlines()
    assert rows[0] == "application,reviewer,action,startup,reviewer_name"
    assert sum(",keep," in row for row in rows) == 1 and sum(",give," in row for row in rows) == 7
    assert len(back.table("Dossiers given and taken away")) == 7
    assert browser.follow(done).notices == ["Given: 7. Taken away: 0."]
    assert len(db.scalars(select(Assignment)).all()) == 8


def test_lines_that_cannot_be_done_are_listed_and_nothing_is_stored(browser, db):
    round_ = Round()
    receipt, email = round_.entries[0].receipt, round_.people[0].email

    page = browser.sign_in(round_.manager).post(
        "staff.assignment.lines", _file(f"{receipt},{email},take", f"{receipt},max@x.fr,give"), code="SF6"
    )

    assert [row[4] for row in page.table("Lines that do nothing, and why")] == [
        "This reviewer does not hold this dossier.",
        "Nobody on the committee has the address “max@x.fr”.",
    ]
    assert "No line of this file changes anything." in page.text
    assert db.scalars(select(Assignment)).all() == []


@pytest.mark.parametrize(
    ("sent", "error"),
    [
        ({}, "File of assignments: Choose a file."),
        ({"file": "text"}, "File of assignments: Choose a file."),
        ({"file": (io.BytesIO(b""), "a.csv")}, "File of assignments: This file is empty."),
        ({"file": (io.BytesIO(b"a,b\n1,2\n"), "a.csv")}, "File of assignments: The column “application” is missing."),
    ],
)
def test_a_file_that_cannot_be_read_is_refused(browser, db, sent, error):
    round_ = Round()

    page = browser.sign_in(round_.manager).post("staff.assignment.lines", sent, code="SF6")

    assert page.status == 422
    assert page.errors == [error]


def test_apply_without_a_reason_or_of_changed_lines_changes_nothing(browser, db):
    round_ = Round()
    receipt, email = round_.entries[0].receipt, round_.people[0].email
    content = base64.b64encode(f"application,reviewer,action\n{receipt},{email},give\n".encode()).decode()
    browser.sign_in(round_.manager)

    silent = browser.post("staff.assignment.apply", {"content": content, "fingerprint": "x"}, code="SF6")
    changed = browser.post(
        "staff.assignment.apply", {"content": content, "fingerprint": "x", "reason": "Yes."}, code="SF6"
    )
    crooked = browser.post(
        "staff.assignment.apply", {"content": "%%%", "fingerprint": "x", "reason": "Yes."}, code="SF6"
    )

    assert (silent.status, changed.status, crooked.status) == (422, 409, 422)
    assert silent.errors == ["Why these changes?: Write a sentence."]
    assert changed.errors == [
        "Why these changes?: Something changed since you looked: these lines would do something else. Look again."
    ]
    assert db.scalars(select(Assignment)).all() == []


def test_set_fields_are_ticked_kept_and_shown(browser, db):
    round_ = Round(reviewers=1)
    ada = round_.people[0]
    where = {"code": "SF6", "user_id": ada.id}
    browser.sign_in(round_.manager)

    blank = browser.get("staff.reviewing.set_fields", **where)
    done = browser.post("staff.reviewing.set_fields", {"topics": ["health", "legal"], "regions": "84"}, **where)
    shown = browser.follow(done)
    crooked = browser.post("staff.reviewing.set_fields", {"topics": "magic"}, **where)

    assert blank.tree.xpath("//input[@name='topics' and @checked]") == []
    assert shown.notices == [f"What {ada.name} knows well is noted."]
    assert shown.table("Members of the committee")[0][2].startswith("Health, Law and compliance, Auvergne-Rhône-Alpes")
    assert crooked.status == 422
    assert db.scalars(select(BatchReviewer.topics)).all() == [["health", "legal"]]


def test_take_away_from_the_page_of_the_dossier(browser, db):
    round_ = Round()
    held = make.assignment(of=round_.entries[0], reviewer=round_.people[0])
    where = {"code": "SF6", "application_id": round_.entries[0].id, "assignment_id": held.id}
    browser.sign_in(round_.manager)

    silent = browser.post("staff.reviewing.take_away", {}, **where)
    assert len(db.scalars(select(Assignment)).all()) == 1
    done = browser.post("staff.reviewing.take_away", {"reason": "Balance."}, **where)

    assert silent.status == 422
    assert browser.follow(done).notices == ["The dossier is taken away."]
    assert db.scalars(select(Assignment)).all() == []


@pytest.mark.parametrize("role", [Role.FOUNDER, Role.REVIEWER, (Role.COORDINATOR, "84"), Role.SPONSOR])
def test_strangers_are_refused_everywhere(browser, db, role):
    round_ = Round()
    browser.sign_in(make.user(role))
    person, entry = round_.people[0].id, round_.entries[0].id

    statuses = {
        *(
            browser.get(BASE + path).status
            for path in ("/assign.csv", "/assign/file", "/assign/proposals/1", f"/{person}/fields")
        ),
        *(
            browser.post(BASE + path).status
            for path in (
                "/assign/file",
                "/assign/file/apply",
                "/assign/proposals",
                "/assign/proposals/1/stop",
                f"/{person}/fields",
                f"/applications/{entry}/1/take",
            )
        ),
    }

    assert statuses == {403}


@pytest.mark.parametrize("size", [1, 3])
def test_the_studio_costs_the_same_whatever_it_shows(browser, db, count_statements, size):
    round_ = Round(reviewers=size, applications=size)
    browser.sign_in(round_.manager)

    with count_statements() as sent:
        browser.get("staff.reviewing.assign", code="SF6")

    assert sent.count == 15
