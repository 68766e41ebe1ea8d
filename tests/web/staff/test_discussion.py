"""The discussion of an application for the programme team: under its name, beside the dossier, without scores."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from accelerator.kernel.enums import Role
from accelerator.models.discussion import Remark
from accelerator.models.letters import Letter
from accelerator.services import rankings
from tests import committee, make
from tests.discussing import Table

SHOW, WRITE, WITHDRAW = (f"staff.discussion.{view}" for view in ("show", "write", "withdraw"))


@pytest.fixture
def table(db):
    return Table()


def test_the_team_reads_and_writes(browser, db, table):
    table.write(table.first, "Strong.")
    browser.sign_in(table.claire)

    page = browser.get(SHOW, application_id=table.id)
    assert page.h1 == "Discussion of Boréal Santé"
    assert f"Reviewers know the startup as dossier {table.code}: do not name it." in page.text
    assert page.links("Read the dossier") == [f"/staff/applications/{table.id}"]

    answer = browser.post(WRITE, {"body": "@Ada Lovelace, thank you."}, application_id=table.id)
    assert browser.follow(answer).notices == ["Your remark is posted.", "Told by e-mail: Ada Lovelace."]
    letter = db.scalars(select(Letter)).one()
    assert f"/reviewing/assignments/{table.duty(table.ada)}/discussion" in letter.body


def test_the_team_sees_no_score_here_either(browser, db, table):
    table.scores_are("4.37", "1.64")

    page = browser.sign_in(table.claire).get(SHOW, application_id=table.id)

    for score in ("4.37", "1.64", "4,37", "1,64"):
        assert score not in page.body
    assert "The scores are far apart." in page.text


def test_the_team_is_warned_too(browser, db, table):
    page = browser.sign_in(table.claire).post(WRITE, {"body": "Rose told me."}, application_id=table.id)

    assert (page.status, page.value("body")) == (422, "Rose told me.")
    assert page.errors[0].startswith("Your remark: This may say whose the dossier is: “Rose”.")
    assert table.remarks() == []


def test_the_team_withdraws_its_own(browser, db, table):
    mine, other = table.write(table.boss, "Mine."), table.write(table.first, "Hers.")
    browser.sign_in(table.claire)

    assert browser.post(WITHDRAW, application_id=table.id, remark_id=other).status == 404
    assert browser.post(WITHDRAW, application_id=table.id, remark_id=mine).location.endswith("/discussion")
    assert table.remarks() == [("Mine.", False), ("Hers.", True)]


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.FOUNDER, Role.SPONSOR, Role.ADMINISTRATOR, Role.EXPERT])
def test_other_roles_are_refused(browser, db, table, role):
    mine = table.write(table.first, "Here.")
    browser.sign_in(make.user(role))

    assert browser.get(SHOW, application_id=table.id).status == 403
    assert browser.post(WRITE, {"body": "Me."}, application_id=table.id).status == 403
    assert browser.post(WITHDRAW, application_id=table.id, remark_id=mine).status == 403
    assert table.remarks() == [("Here.", True)]


def test_a_draft_and_nothing_are_not_found(browser, db, table):
    draft = make.application(of=table.batch, state=make.ApplicationState.DRAFT)
    browser.sign_in(table.claire)

    for application_id in (draft.id, 999_999, 10**12):
        assert browser.get(SHOW, application_id=application_id).status == 404
        assert browser.post(WRITE, {"body": "Me."}, application_id=application_id).status == 404


def test_a_dossier_before_its_screening_has_nothing_to_say(browser, db, table):
    waiting = make.application(of=table.batch)
    page = browser.sign_in(table.claire).get(SHOW, application_id=waiting.id)

    assert "No review has been sent." in page.text
    assert "This dossier is not in review: nothing can be added to its discussion." in page.text
    assert browser.post(WRITE, {"body": "Me."}, application_id=waiting.id).status == 422
    assert table.remarks() == []


def test_a_manager_with_a_conflict_finds_nothing(browser, db, table):
    table.write(table.first, "@Claire Dumont, look.")
    table.conflict(table.claire)
    browser.sign_in(table.claire)

    assert browser.get(SHOW, application_id=table.id).status == 404
    dossier = browser.get("staff.applications.show", application_id=table.id)
    assert "What the committee says" not in dossier.text


def test_the_application_page_says_how_much_there_is(browser, db, table):
    browser.sign_in(table.claire)
    assert "What the committee says Deck" in browser.get("staff.applications.show", application_id=table.id).text

    table.write(table.first, "@Claire Dumont, look.")
    page = browser.get("staff.applications.show", application_id=table.id)
    assert "What the committee says 1 remark 1 new You are mentioned there." in page.text
    assert page.links("What the committee says") == [f"/staff/applications/{table.id}/discussion"]

    browser.get(SHOW, application_id=table.id)
    page = browser.get("staff.applications.show", application_id=table.id)
    assert "What the committee says 1 remark Deck" in page.text
    assert "mentioned" not in page.text


def test_the_ranking_leads_to_the_discussion(browser, db, table):
    rankings.compute_ranking(actor=table.boss, code=table.batch.code)

    page = browser.sign_in(table.claire).get("staff.selection.ranking", code=table.batch.code)

    assert page.links("2") == [f"/staff/applications/{table.id}/discussion"]


def test_the_trail_names_the_startup_to_who_may_know_and_nobody_the_text(browser, db, table):
    mine = table.write(table.first, "Only for the committee.")

    page = browser.sign_in(table.claire).get("staff.audit.index")
    assert "wrote a remark" in page.text
    assert page.links("Remark on Boréal Santé") == [f"/staff/applications/{table.id}/discussion"]
    assert "Only for the committee." not in page.body

    page = browser.sign_in(make.user(Role.ADMINISTRATOR)).get("staff.audit.index")
    assert f"remark:{mine}" in page.text
    assert "Boréal" not in page.text


@pytest.mark.parametrize("remarks", [0, 1, 24])
def test_the_page_costs_a_fixed_number_of_statements(browser, db, table, count_statements, remarks):
    table.many(remarks, table.grace)
    browser.sign_in(table.claire)
    browser.get(SHOW, application_id=table.id)

    with count_statements() as asked:
        browser.get(SHOW, application_id=table.id)

    assert asked.count == 11


def test_whoever_both_reviews_and_manages_is_told_where_they_reviewed(browser, db, table):
    both = make.user(Role.MANAGER, Role.REVIEWER, name="Both Roles")
    make.batch_reviewer(table.batch, both)
    committee.review(table.entry, both, 3.0)
    browser.sign_in(table.claire).post(WRITE, {"body": "@Both Roles?"}, application_id=table.id)

    assert "/reviewing/assignments/" in db.scalars(select(Letter.body)).one()
    assert db.scalars(select(Remark.body)).all() == ["@Both Roles?"]
