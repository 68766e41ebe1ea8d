"""The conflicts of a batch, decisions on suspicions, the list to take away, a person to check."""

from __future__ import annotations

import csv
import io

import pytest
from sqlalchemy import select

from accelerator.kernel.enums import ApplicationState, BatchState, InterestKind, Role
from accelerator.models.audit import AuditEntry
from accelerator.models.interests import Interest, Suspicion
from accelerator.models.letters import Letter
from accelerator.models.reviewing import ConflictOfInterest
from tests import make


class House:
    """A manager, Ada on a committee, two startups of which one names a fund that is called as Ada's."""

    def __init__(self) -> None:
        self.manager = make.manager()
        self.ada = make.user(Role.REVIEWER, name="Ada Lovelace", email="ada@lovelace.ai")
        self.batch = make.batch(code="SF6", state=BatchState.REVIEWING)
        make.batch_reviewer(self.batch, self.ada)
        self.boreal, self.cyclone = make.startup(name="Boréal"), make.startup(name="Cyclone")
        for startup in (self.boreal, self.cyclone):
            make.application(of=self.batch, by=startup, state=ApplicationState.ADMISSIBLE)
        make.tie(self.boreal, organisation="ALPHA S.A.S.", siren="732829320")
        make.interest(self.ada, InterestKind.FUND, organisation="Fonds Alpha")
        make.interest(self.ada, InterestKind.BOARD, organisation="Cyclone", siren=self.cyclone.siren)


@pytest.fixture
def house(db):
    return House()


def hidden(page, verdict):
    form = page.tree.xpath(f"//form[.//input[@name='verdict'][@value='{verdict}']]")[0]
    return {field.get("name"): field.get("value") for field in form.xpath(".//input")}


def test_conflicts_shows_what_is_certain_and_what_waits(browser, db, house):
    page = browser.sign_in(house.manager).get("staff.interests.conflicts", code="SF6")

    (waiting,) = page.table("Suspicions to decide")
    (barred,) = page.table("Conflicts with their ground")
    assert waiting[:2] == ["Ada Lovelace", "Boréal"]
    assert "Only the names agree: “Fonds Alpha”, “ALPHA S.A.S.”." in waiting[2]
    assert barred[:2] == ["Ada Lovelace", "Cyclone"]
    assert "The reviewer sits on the board of Cyclone. It is this startup." in barred[2]


@pytest.mark.parametrize(
    ("verdict", "notice", "conflicts"),
    [
        ("confirm", "Confirmed. 0 dossiers left the desk.", 1),
        ("ignore", "Ignored. It does not come back unless its evidence changes.", 0),
    ],
)
def test_one_click_decides_and_another_takes_it_back(browser, db, house, verdict, notice, conflicts):
    looked = browser.sign_in(house.manager).get("staff.interests.conflicts", code="SF6")
    sent = hidden(looked, verdict)

    decided = browser.follow(browser.post("staff.interests.decide", sent, code="SF6"))
    again = browser.post("staff.interests.decide", sent, code="SF6")

    assert decided.notices == [notice]
    assert "Nothing waits for a decision." in decided.text
    assert len(db.scalars(select(ConflictOfInterest)).all()) == conflicts
    assert again.status == 409
    assert again.errors == ["This has been decided, or what it rested on has changed. Look again."]
    suspicion = db.scalars(select(Suspicion.id)).one()
    back = browser.follow(browser.post("staff.interests.reopen", code="SF6", suspicion_id=suspicion))
    assert back.notices[-1] == "The decision is taken back: the suspicion waits again."
    assert db.scalars(select(ConflictOfInterest)).all() == []
    assert browser.post("staff.interests.reopen", code="SF6", suspicion_id=suspicion).status == 404


def test_export_holds_every_ground_and_is_on_the_trail(browser, db, house):
    make.interest(house.ada, organisation="=cmd()", siren=house.boreal.siren)

    answer = browser.sign_in(house.manager).get("staff.interests.export", kind="csv", code="SF6")

    rows = list(csv.reader(io.StringIO(str(answer.body).lstrip("\ufeff"))))
    assert rows[0][:3] == ["Reviewer", "Startup", "State"]
    assert {tuple(row[:3]) for row in rows[1:]} == {
        ("Ada Lovelace", "Boréal", "Must not meet"),
        ("Ada Lovelace", "Boréal", "To decide"),
        ("Ada Lovelace", "Cyclone", "Must not meet"),
    } - {("Ada Lovelace", "Boréal", "To decide")}
    assert db.scalars(select(AuditEntry.verb)).all() == ["exported conflicts of interest"]


@pytest.mark.parametrize(
    ("typed", "startups"),
    [
        ({"email": "ada@lovelace.ai"}, {"Boréal": "Suspected", "Cyclone": "Certain"}),
        ({"name": "Grace", "interests": "732829320 Alpha"}, {"Boréal": "Certain"}),
        ({"name": "Grace", "interests": "alpha sas\nCYCLONE"}, {"Boréal": "Suspected", "Cyclone": "Suspected"}),
        ({"email": "grace@lovelace.ai"}, {}),
    ],
)
def test_check_says_what_would_speak_against_a_person_and_stores_nothing(browser, db, house, typed, startups):
    before = db.scalars(select(Interest.id)).all()

    page = browser.sign_in(house.manager).post("staff.interests.check", typed, code="SF6")

    assert page.status == 200
    found = {row[0]: row[1] for row in page.table("What speaks against it")} if startups else {}
    assert found == startups
    assert ("Nothing known speaks against them" in page.text) == (not startups)
    assert db.scalars(select(Interest.id)).all() == before
    assert db.scalars(select(Letter)).all() == []


@pytest.mark.parametrize(
    ("typed", "error"),
    [
        ({}, "Type an e-mail address, a name, or what the person is tied to."),
        ({"email": "nonsense"}, "E-mail address: This is not an e-mail address"),
        ({"interests": "Alpha\n732829321 Beta"}, "Companies and funds they are tied to: Line 2: This number does not"),
    ],
)
def test_check_refuses_and_keeps_what_was_typed(browser, db, house, typed, error):
    page = browser.sign_in(house.manager).post("staff.interests.check", typed, code="SF6")

    assert page.status == 422
    assert page.errors[0].startswith(error)
    assert page.value("email") == typed.get("email", "")


def test_hand_out_lists_suspicions_apart(browser, db, house):
    entry = db.scalars(select(make.Application).where(make.Application.startup_id == house.boreal.id)).one()

    page = browser.sign_in(house.manager).get("staff.reviewing.hand_out", code="SF6", application_id=entry.id)

    assert "Suspected, not decided" in page.text
    assert "Who must not have it" not in page.text


def test_strangers_get_nothing(browser, db, house):
    for person in (house.ada, make.user(), make.user(Role.SPONSOR)):
        browser.sign_in(person)
        answers = [
            browser.get("staff.interests.conflicts", code="SF6"),
            browser.post("staff.interests.decide", {"verdict": "ignore"}, code="SF6"),
            browser.post("staff.interests.reopen", code="SF6", suspicion_id=1),
            browser.get("staff.interests.export", kind="csv", code="SF6"),
            browser.get("staff.interests.check", code="SF6"),
        ]
        assert [answer.status for answer in answers] == [403] * 5

    assert db.scalars(select(Suspicion)).all() == []


def test_the_list_costs_the_same_for_one_and_for_many(browser, db, house, count_statements):
    browser.sign_in(house.manager)
    counts = []
    for more in (0, 3):
        for number in range(more):
            make.tie(house.boreal, organisation=f"Fund of {number}")
            make.interest(house.ada, organisation=f"fund of {number}")
            make.batch_reviewer(house.batch, make.user(Role.REVIEWER))
        with count_statements() as asked:
            browser.get("staff.interests.conflicts", code="SF6")
        counts.append(asked.count)

    assert counts[0] == counts[1]
