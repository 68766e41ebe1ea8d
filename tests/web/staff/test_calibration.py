"""Choosing calibration dossiers, the recap, what divides; and the story of a committee that calibrates itself."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from accelerator.kernel.enums import ApplicationState, BatchState, Role
from accelerator.models.calibration import CalibrationDossier
from accelerator.models.letters import Letter
from accelerator.models.reviewing import Assignment
from tests import make
from tests.statements import counted


class Round:
    """A manager, a batch in review, its committee and its admissible applications."""

    def __init__(self, reviewers: int = 4, applications: int = 6, capacity: int = 10) -> None:
        self.manager = make.manager()
        self.rubric = make.rubric("3", "1")
        self.criteria = [one.id for one in make.criteria(self.rubric)]
        self.batch = make.batch(
            code="SF6", state=BatchState.REVIEWING, reviews_per_application=2, rubric_id=self.rubric.id
        )
        self.people = [make.user(Role.REVIEWER) for _ in range(reviewers)]
        for person in self.people:
            make.batch_reviewer(self.batch, person, capacity)
        self.entries = [
            make.application(of=self.batch, by=make.startup(name=f"Zeta {n}"), state=ApplicationState.ADMISSIBLE).id
            for n in range(applications)
        ]

    def choose(self, browser, *places: int):
        picks = [str(self.entries[place]) for place in places]
        query = "&".join(f"pick={pick}" for pick in picks)
        recap = browser.sign_in(self.manager).get(f"/staff/batches/SF6/calibration/recap?{query}")
        keys = {"fingerprint": recap.tree.xpath("//input[@name='fingerprint']/@value")[0], "pick": picks}
        return recap, browser.post("staff.calibration.choose", keys, code="SF6")


@pytest.fixture
def round_(db):
    return Round()


def test_the_page_proposes_what_nobody_has_begun_and_finds_by_name_and_number(browser, round_, db):
    make.assignment(
        of=db.get(make.Application, round_.entries[0]), reviewer=round_.people[0], state="reviewed", position=1
    )
    browser.sign_in(round_.manager)

    page = browser.get("staff.calibration.show", code="SF6")
    by_name = browser.get("/staff/batches/SF6/calibration?q=zeta%203")
    by_number = browser.get(f"/staff/batches/SF6/calibration?q={round_.entries[4]:03d}&pick={round_.entries[1]}")
    nothing = browser.get("/staff/batches/SF6/calibration?q=%25")

    assert [row[1].split(" Dossier")[0] for row in page.table("Proposed")] == [f"Zeta {n}" for n in range(1, 6)]
    assert page.table("Proposed")[0][-2:] == ["4", "0"]
    assert [row[1].split(" Dossier")[0] for row in by_name.table("Proposed")] == ["Zeta 3"]
    assert [row[1].split(" Dossier")[0] for row in by_number.table("Proposed")] == ["Zeta 4"]
    assert by_number.value("pick") == str(round_.entries[1])
    assert "No admissible dossier of this name or number is left" in nothing.text


def test_the_recap_says_what_it_costs_and_stores_nothing(browser, db):
    round_ = Round(capacity=1)

    page = browser.sign_in(round_.manager).get(
        f"/staff/batches/SF6/calibration/recap?pick={round_.entries[0]}&pick={round_.entries[1]}"
    )

    assert "8 reviews added 4 members × 2 dossiers" in page.text
    assert "2 hours of work in all counted at 10 minutes a review" in page.text
    assert "4 members would then hold more than the limit agreed" in page.text
    assert "2 calibration dossiers, 4 e-mails" in page.text
    assert db.scalars(select(CalibrationDossier)).all() == []


@pytest.mark.parametrize("picks", ["", "pick=x", "pick=99999999999999999999", "pick=-1&pick=%00"])
def test_a_recap_of_nothing_asks_to_choose(browser, round_, db, picks):
    page = browser.sign_in(round_.manager).get(f"/staff/batches/SF6/calibration/recap?{picks}")

    assert page.status == 422
    assert page.errors == ["Choose at least one dossier."]


def test_choosing_twice_or_too_many_is_refused(browser, round_, db):
    _, sent = round_.choose(browser, 0, 1)
    assert sent.location == "/staff/batches/SF6/calibration"
    shown = browser.follow(sent)
    assert shown.notices == ["The calibration dossiers are chosen. The committee has been told."]

    again = browser.post("staff.calibration.choose", {"pick": [str(round_.entries[0])]}, code="SF6")
    many = browser.post("staff.calibration.choose", {"pick": [str(one) for one in round_.entries]}, code="SF6")

    assert (again.status, many.status) == (409, 422)
    assert len(db.scalars(select(CalibrationDossier)).all()) == 2


def test_withdraw_until_somebody_has_begun(browser, round_, db):
    round_.choose(browser, 0, 1)
    duty = db.scalar(select(Assignment.id).where(Assignment.application_id == round_.entries[0]))
    person = db.get(make.User, db.get(Assignment, duty).reviewer_user_id)
    browser.sign_in(person).post(f"/reviewing/assignments/{duty}/autosave", {"comment": "Begun."})

    browser.sign_in(round_.manager)
    refused = browser.post("staff.calibration.withdraw", code="SF6", application_id=round_.entries[0])
    done = browser.post("staff.calibration.withdraw", code="SF6", application_id=round_.entries[1])
    page = browser.follow(done)

    assert (refused.status, done.status) == (422, 302)
    assert page.notices == ["It is an ordinary dossier again. 4 reviews are no longer asked for."]
    assert [row[0].split(" Dossier")[0] for row in page.table("The calibration dossiers chosen")] == ["Zeta 0"]
    assert browser.post("staff.calibration.withdraw", code="SF6", application_id=round_.entries[1]).status == 404


def test_a_note_is_written_and_an_overlong_one_refused(browser, round_, db):
    round_.choose(browser, 0)
    at = {"code": "SF6", "application_id": round_.entries[0]}

    saved = browser.post("staff.calibration.note", {"note": "Look at the market."}, **at)
    refused = browser.post("staff.calibration.note", {"note": "x" * 1001}, **at)

    assert "Look at the market." in browser.follow(saved).text
    assert refused.status == 422
    assert refused.errors == ["What should reviewers look at?: At most 1,000 characters."]
    assert browser.get("staff.calibration.note", **at).value("note") == "Look at the market."
    assert browser.get("staff.calibration.note", code="SF6", application_id=round_.entries[1]).status == 404


@pytest.mark.parametrize("applications", [2, 5])
def test_the_page_costs_a_fixed_number_of_statements(browser, db, applications):
    round_ = Round(applications=applications + 1)
    round_.choose(browser, *range(min(applications, 4)))
    browser.get("staff.calibration.show", code="SF6")

    with counted() as sent:
        browser.get("staff.calibration.show", code="SF6")

    assert len(sent) == 18


def test_a_decided_batch_offers_nothing_to_choose(browser, db):
    round_ = Round()
    round_.choose(browser, 0)
    round_.batch = db.get(make.Batch, round_.batch.id)
    round_.batch.state = BatchState.DECIDED
    db.commit()

    page = browser.get("staff.calibration.show", code="SF6")

    assert "This batch is decided: no review can be added." in page.text
    assert page.tree.xpath("//button[text()='Withdraw']") == []


def test_the_committee_the_progress_and_the_studio_lead_here(browser, round_, db):
    round_.choose(browser, 0)

    for endpoint in ("staff.reviewing.committee", "staff.reviewing.progress", "staff.reviewing.assign"):
        page = browser.get(endpoint, code="SF6")
        assert page.links("Calibration dossiers") == ["/staff/batches/SF6/calibration"]


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.FOUNDER])
def test_strangers_are_kept_out(browser, round_, db, role):
    browser.sign_in(make.user(role))

    assert browser.get("staff.calibration.show", code="SF6").status == 403
    assert browser.get("/staff/batches/SF6/calibration/recap").status == 403
    for act in ("withdraw", "note"):
        assert browser.post(f"staff.calibration.{act}", code="SF6", application_id=round_.entries[0]).status == 403
    assert browser.post("staff.calibration.choose", code="SF6").status == 403


def test_a_committee_calibrates_itself(browser, round_, db):
    """The manager chooses, three reviewers score, the fourth's comparison opens, and the manager sees what divides."""
    _, sent = round_.choose(browser, 0)
    assert browser.follow(sent).table("The calibration dossiers chosen")[0][1] == "0 of 4"
    assert len(db.scalars(select(Letter).where(Letter.kind == "calibration_ready")).all()) == 4
    last: object = None
    for person, team in zip(round_.people, (5, 2, 4, 2), strict=True):
        browser.sign_in(person)
        desk = browser.get("/reviewing/")
        path = desk.links("Open the next dossier")[0]
        card = browser.get(path)
        action = card.tree.xpath("//form[@id='scorecard']/@action")[0]
        first, second = round_.criteria
        last = browser.follow(browser.post(action, {f"criterion_{first}": str(team), f"criterion_{second}": "3"}))

    assert last.h1 == "My calibration"
    assert "You scored 1.50 points below the group." in last.text
    assert [row[1:3] for row in last.table()] == [["2 Anchor 2", "4 Anchor 4"], ["3 Anchor 3", "3 Anchor 3"]]
    page = browser.sign_in(round_.manager).get("staff.calibration.show", code="SF6")
    assert page.table("The calibration dossiers chosen")[0][1] == "4 of 4"
    assert page.table("Points between two reviewers, by criterion and dossier") == [
        ["Criterion 1", "1.8 divides"],
        ["Criterion 2", "0.0"],
    ]
    assert browser.sign_in(round_.manager).get("/reviewing/calibration/SF6").status == 403
