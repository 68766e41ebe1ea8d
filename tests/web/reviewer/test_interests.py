"""My register of interests: asked once, declared, corrected, ended; questions about names; nothing for strangers."""

from __future__ import annotations

import pytest
from sqlalchemy import select, text

from accelerator.kernel.enums import ApplicationState, AssignmentState, BatchState, InterestKind, Role
from accelerator.models.interests import Interest, InterestStatement
from accelerator.models.reviewing import Assignment, ConflictOfInterest
from tests import make
from tests.conftest import at

TYPED = {"kind": "fund", "organisation": "Fonds Alpha", "siren": "732 829 320", "since_year": "2020"}


@pytest.fixture
def ada(db):
    return make.user(Role.REVIEWER, name="Ada Lovelace")


def dossier(ada, **columns):
    batch = make.batch(state=BatchState.REVIEWING)
    make.batch_reviewer(batch, ada)
    entry = make.application(of=batch, by=make.startup(name="Boréal"), state=ApplicationState.ADMISSIBLE)
    return make.assignment(of=entry, reviewer=ada, **columns).id


def test_the_first_dossier_waits_for_a_statement(browser, db, ada):
    duty = dossier(ada)
    db.execute(text("DELETE FROM interest_statement"))
    db.commit()

    asked = browser.sign_in(ada).get("reviewer.reviewing.review", assignment_id=duty)
    page = browser.follow(asked)
    stated = browser.post(
        page.tree.xpath("//form[contains(@action, 'complete')]")[0].get("action"), {"interests_seen": "0"}
    )

    assert page.h1 == "My interests"
    assert "Before your first dossier" in page.text
    assert stated.location == f"/reviewing/assignments/{duty}"
    assert browser.follow(stated).h1.startswith("Dossier")
    assert db.scalars(select(InterestStatement.interests)).all() == [0]
    assert "nothing to declare" in browser.get("reviewer.interests.index").text


def test_declare_correct_end_and_take_out(browser, db, ada):
    at("2026-11-25T09:00Z")
    browser.sign_in(ada)

    declared = browser.follow(browser.post("reviewer.interests.index", TYPED))
    assert declared.notices == ["Declared. Dossiers it speaks against are not given to you."]
    row = declared.table("My register of interests")[0]
    assert row[:3] == ["Fonds Alpha SIREN 732 829 320", "A fund or an investor", "since 2020"]
    mine = db.scalars(select(Interest.id)).one()

    edited = browser.get("reviewer.interests.edit", interest_id=mine)
    assert (edited.value("organisation"), edited.value("kind"), edited.value("since_year")) == (
        "Fonds Alpha",
        "fund",
        "2020",
    )
    saved = browser.post("reviewer.interests.edit", {**TYPED, "organisation": "Alpha Capital"}, interest_id=mine)
    assert saved.location == "/reviewing/interests"
    ended = browser.follow(browser.post("reviewer.interests.end", interest_id=mine))
    assert ended.notices[-1] == "Ended in 2026. It counts until the end of 2029."
    assert ended.table("My register of interests")[0][2] == "2020 – 2026"
    out = browser.follow(browser.post("reviewer.interests.remove", interest_id=mine))
    assert out.notices[-1] == "The entry is taken out."
    assert db.scalars(select(Interest)).all() == []


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"siren": "732829321"}, "Its SIREN: This number does not pass its check"),
        ({"kind": "nonsense"}, "What is it?: Choose one of the list."),
        ({"kind": "past_employer"}, "Ended in: Type the year in which you left."),
        ({"since_year": "soon"}, "Since: Type a year, for example 2024."),
        ({"since_year": "99999999999999999999"}, "Since: Type a year, for example 2024."),
        ({"organisation": ""}, "Name of the organisation: Type the name of the organisation."),
    ],
)
def test_a_refused_entry_keeps_what_was_typed(browser, db, ada, change, error):
    page = browser.sign_in(ada).post("reviewer.interests.index", {**TYPED, **change})

    assert page.status == 422
    assert page.errors[0].startswith(error)
    assert page.value("organisation") == {**TYPED, **change}["organisation"]
    assert db.scalars(select(Interest)).all() == []


def test_a_refused_correction_changes_nothing(browser, db, ada):
    mine = make.interest(ada, organisation="Alpha").id

    page = browser.sign_in(ada).post("reviewer.interests.edit", {**TYPED, "siren": "1"}, interest_id=mine)

    assert page.status == 422
    assert db.scalars(select(Interest.organisation)).all() == ["Alpha"]


def test_ending_twice_and_a_statement_on_an_old_page_are_refused(browser, db, ada):
    mine = make.interest(ada, until_year=2024).id
    browser.sign_in(ada)

    ended = browser.post("reviewer.interests.end", interest_id=mine)
    stale = browser.post("reviewer.interests.complete", {"interests_seen": "0"})

    assert (ended.status, stale.status) == (422, 422)
    assert stale.errors == ["Your register changed since you looked. Read it again."]


def test_a_question_about_a_name_is_answered_without_naming_the_applicant(browser, db, ada):
    duty = dossier(ada)
    make.interest(ada, InterestKind.FUND, organisation="Fonds Alpha")
    make.tie(db.scalars(select(make.Startup)).first(), organisation="ALPHA S.A.S.")

    page = browser.sign_in(ada).get("reviewer.interests.index")
    evidence = page.tree.xpath("//input[@name='evidence']")[0].get("value")
    assert "Only the names agree: “Fonds Alpha”, “ALPHA S.A.S.”." in page.text
    assert "Boréal" not in page.body
    assert not page.tree.xpath("//input[@name='startup_id']")
    confirmed = browser.follow(browser.post("reviewer.interests.confirm", {"evidence": evidence}))
    again = browser.post("reviewer.interests.confirm", {"evidence": evidence})

    assert confirmed.notices == ["Thank you. 1 dossier has left your desk."]
    assert again.status == 404
    assert db.get_one(Assignment, duty).state is AssignmentState.CONFLICTED
    assert len(db.scalars(select(ConflictOfInterest)).all()) == 1


def test_strangers_and_other_reviewers_get_nothing(browser, db, ada):
    mine = make.interest(ada).id
    pages = [
        ("GET", "reviewer.interests.edit", {"interest_id": mine}),
        ("POST", "reviewer.interests.edit", {"interest_id": mine}),
        ("POST", "reviewer.interests.end", {"interest_id": mine}),
        ("POST", "reviewer.interests.remove", {"interest_id": mine}),
    ]
    own = [("GET", "reviewer.interests.index"), ("POST", "reviewer.interests.complete")]

    def statuses(person):
        browser.sign_in(person)
        answers = [
            browser.get(name, **values) if method == "GET" else browser.post(name, TYPED, **values)
            for method, name, values in pages
        ]
        return [answer.status for answer in answers]

    assert statuses(make.user(Role.REVIEWER)) == [404] * 4
    assert statuses(make.user()) == [403] * 4
    assert [browser.get(name).status if method == "GET" else browser.post(name).status for method, name in own] == [
        403,
        403,
    ]
    assert db.scalars(select(Interest.id)).all() == [mine]


def test_the_register_costs_the_same_for_one_and_for_many(browser, db, ada, count_statements):
    counts = []
    browser.sign_in(ada)
    for more in (1, 4):
        for _ in range(more):
            make.interest(ada)
        with count_statements() as asked:
            browser.get("reviewer.interests.index")
        counts.append(asked.count)

    assert counts[0] == counts[1]
