"""Calibration on a reviewer's desk: first, final, and compared for the reviewer alone."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from accelerator.kernel import clock
from accelerator.kernel.enums import ApplicationState, BatchState, Role
from accelerator.models.calibration import CalibrationDossier
from accelerator.models.reviewing import ConflictOfInterest, Review
from tests import make
from tests.statements import counted


class Desk:
    """Ada has two calibration dossiers and one more; three others have the calibration dossiers too."""

    def __init__(self, calibration: int = 2, others: int = 3) -> None:
        self.rubric = make.rubric("3", "1")
        self.team, self.market = make.criteria(self.rubric)
        self.batch = make.batch(rubric_id=self.rubric.id, state=BatchState.REVIEWING, code="SF6")
        self.ada = make.user(Role.REVIEWER, name="Ada")
        self.others = [make.user(Role.REVIEWER, name=f"Otherwise {number}") for number in range(others)]
        entries = [make.application(of=self.batch, state=ApplicationState.ADMISSIBLE) for _ in range(calibration + 1)]
        self.startups = [entry.startup_id for entry in entries]
        self.codes = [f"{entry.id:03d}" for entry in entries]
        self.ordinary = make.assignment(of=entries[-1], reviewer=self.ada, position=1).id
        self.duties: dict[int, list[int]] = {}
        for place, entry in enumerate(entries[:-1], start=1):
            make.db.session.add(
                CalibrationDossier(
                    application_id=entry.id,
                    batch_id=self.batch.id,
                    position=place,
                    note="Look at the market.",
                    chosen_at=clock.now(),
                )
            )
            for person in (self.ada, *self.others):
                duty = make.assignment(of=entry, reviewer=person, position=place + 1)
                self.duties.setdefault(person.id, []).append(duty.id)
        self.own = self.duties[self.ada.id]

    def scores(self, team: int = 3, market: int = 3) -> dict[str, str]:
        return {f"criterion_{self.team.id}": str(team), f"criterion_{self.market.id}": str(market)}

    def send(self, browser, person, place: int, **scores):
        duty = self.duties[person.id][place]
        path = f"/reviewing/assignments/{duty}?calibration=1"
        return browser.sign_in(person).post(path, {**self.scores(**scores), "comment": "My very own words."})


@pytest.fixture
def desk(db):
    return Desk()


def test_desk_shows_the_calibration_first_and_the_others_shut(browser, desk, db):
    page = browser.sign_in(desk.ada).get("reviewer.reviewing.desk")

    assert [row[0] for row in page.table("Calibration: 0 of 2 done")] == [f"Dossier {code}" for code in desk.codes[:2]]
    assert [row[0] for row in page.table("To do after the calibration, in your order")] == [f"Dossier {desk.codes[2]}"]
    assert page.links(f"Dossier {desk.codes[2]}") == []
    assert page.links("Open the next dossier") == [f"/reviewing/assignments/{desk.own[0]}"]
    assert page.links("My scores beside the group’s") == ["/reviewing/calibration/SF6"]
    assert "0 of 3 done" in page.text


@pytest.mark.parametrize("calibration", [1, 3])
def test_desk_costs_what_it_did(browser, db, calibration):
    desk = Desk(calibration)
    browser.sign_in(desk.ada)

    with counted() as sent:
        browser.get("reviewer.reviewing.desk")

    assert len(sent) == 4


def test_an_ordinary_dossier_leads_to_the_calibration_with_its_reason(browser, desk, db):
    page = browser.sign_in(desk.ada).get(f"/reviewing/assignments/{desk.ordinary}")

    assert page.location == f"/reviewing/assignments/{desk.own[0]}"
    shown = browser.follow(page)
    assert shown.notices == ["Calibration dossiers come first: the others open once you have sent yours."]
    assert shown.h1 == f"Dossier {desk.codes[0]}"


def test_an_ordinary_dossier_is_neither_sent_nor_saved_from_an_old_tab(browser, desk, db):
    browser.sign_in(desk.ada)
    path = f"/reviewing/assignments/{desk.ordinary}"

    sent = browser.post(path, desk.scores())
    saved = browser.post(f"{path}/autosave", desk.scores())

    assert (sent.status, saved.status) == (422, 422)
    assert sent.errors == ["Calibration dossiers come first: the others open once you have sent yours."]
    assert sent.links("Open the calibration dossier") == [f"/reviewing/assignments/{desk.own[0]}"]
    assert db.scalars(select(Review.id)).all() == []


def test_the_scorecard_says_that_it_is_final_and_offers_no_giving_back(browser, desk, db):
    page = browser.sign_in(desk.ada).get(f"/reviewing/assignments/{desk.own[0]}")

    assert "Final once sent" in page.text
    assert "I cannot review this one" not in page.text
    assert "I have a tie to this startup" in page.text
    assert page.links("Skip for now") == [f"/reviewing/assignments/{desk.own[1]}?skipped={desk.own[0]}"]


def test_sending_leads_to_the_next_calibration_dossier_then_to_the_comparison_then_on(browser, desk, db):
    first = desk.send(browser, desk.ada, 0)
    second = desk.send(browser, desk.ada, 1)

    assert first.location == f"/reviewing/assignments/{desk.own[1]}"
    assert second.location == "/reviewing/calibration/SF6"
    shown = browser.follow(second)
    assert shown.h1 == "My calibration"
    assert "The comparison opens when 3 others have sent theirs. You sent 3.00." in shown.text
    assert shown.links("On to my dossiers") == ["/reviewing/"]
    assert browser.get(f"/reviewing/assignments/{desk.ordinary}").status == 200


def test_a_review_sent_can_be_read_and_left_by_a_conflict_not_changed(browser, desk, db):
    desk.send(browser, desk.ada, 0)
    path = f"/reviewing/assignments/{desk.own[0]}"

    page = browser.get(path)
    again = browser.post(path, desk.scores(5, 5))

    assert "You have sent this calibration review: it is final." in page.text
    assert "Closes on" in page.text
    assert "Send again" not in page.body
    assert (again.status, again.errors) == (422, ["You have sent this calibration review: it is final."])
    left = browser.post(f"{path}/conflict", {"conflict_reason": "My sister."})
    assert left.status == 302
    feedback = browser.get("/reviewing/calibration/SF6")
    assert f"Dossier {desk.codes[0]}" not in feedback.text
    assert f"Dossier {desk.codes[1]}" in feedback.text


def test_the_comparison_shows_the_middle_and_nobody(browser, desk, db):
    for number, other in enumerate(desk.others):
        desk.send(browser, other, 0, team=number + 3, market=4)
    before = browser.sign_in(desk.ada).get("/reviewing/calibration/SF6")
    assert "The comparison comes after your own review." in before.text
    assert "Look at the market." not in before.text
    assert "median of" not in before.text
    desk.send(browser, desk.ada, 0, team=2, market=5)

    page = browser.get("/reviewing/calibration/SF6")

    assert page.table(f"Dossier {desk.codes[0]}, criterion by criterion") == [
        ["Criterion 1", "2 Anchor 2", "4 Anchor 4", "3.50 to 4.50"],
        ["Criterion 2", "5 Anchor 5", "4 Anchor 4", "4"],
    ]
    assert "You scored 1.25 points below the group." in page.text
    assert "Your score: 2.75. The group’s: 4.00, the median of 3 others." in page.text
    assert "You are stricter than the group. On average over 1 dossier, you scored 1.25 below it." in page.text
    assert "Look at the market." in page.text
    for other in desk.others:
        assert other.name not in page.body
    assert "My very own words." not in page.body


def test_a_dossier_in_conflict_is_not_on_the_page_whatever_its_assignment_says(browser, desk, db):
    for person in (*desk.others, desk.ada):
        desk.send(browser, person, 0)
    db.add(
        ConflictOfInterest(
            reviewer_user_id=desk.ada.id,
            startup_id=desk.startups[0],
            ground="Investor.",
            source="registered",
            declared_at=clock.now(),
        )
    )
    db.commit()

    page = browser.sign_in(desk.ada).get("/reviewing/calibration/SF6")

    assert desk.codes[0] not in page.text
    assert "median of" not in page.text


@pytest.mark.parametrize("calibration", [1, 3])
def test_the_comparison_costs_a_fixed_number_of_statements(browser, db, calibration):
    desk = Desk(calibration)
    for place in range(calibration):
        for person in (*desk.others, desk.ada):
            desk.send(browser, person, place)
    browser.get("/reviewing/calibration/SF6")

    with counted() as sent:
        page = browser.get("/reviewing/calibration/SF6")

    assert page.text.count("median of 3 others") == calibration
    assert len(sent) == 5


def test_saving_a_review_costs_no_more_than_before(browser, db):
    desk = Desk(calibration=1)
    desk.send(browser, desk.ada, 0)
    browser.get("/reviewing/")
    scores = desk.scores()

    with counted() as sent:
        browser.post(f"/reviewing/assignments/{desk.ordinary}", scores)

    assert len(sent) == 14


def test_strangers_find_nothing(browser, desk, db):
    assert browser.sign_in(make.user(Role.REVIEWER)).get("/reviewing/calibration/SF6").status == 404
    assert browser.sign_in(desk.ada).get("/reviewing/calibration/NOWHERE").status == 404
    assert browser.sign_in(make.user(Role.FOUNDER)).get("/reviewing/calibration/SF6").status == 403
    assert browser.sign_in(desk.others[0]).get(f"/reviewing/assignments/{desk.own[0]}").status == 404


def test_the_desk_speaks_french(browser, desk, db):
    desk.ada.locale = "fr"
    db.commit()

    page = browser.sign_in(desk.ada).get("/reviewing/")

    assert "Étalonnage\u00a0: 0 sur 2 terminés" in page.body
