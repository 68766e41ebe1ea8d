"""The discussion of a dossier for a reviewer: blind, without scores, closed to whoever has not sent their own review."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from accelerator.kernel.enums import AssignmentState, Role
from accelerator.models.discussion import Remark
from accelerator.models.reviewing import Assignment
from accelerator.rules.discussion import REMARK_MAX
from accelerator.services import discussion, reviewing
from tests import make
from tests.discussing import Table

SHOW, WRITE, WITHDRAW = (f"reviewer.discussion.{view}" for view in ("show", "write", "withdraw"))


@pytest.fixture
def table(db):
    return Table()


def articles(page):
    """The comments and remarks of a page, spaces folded."""
    return [" ".join(node.text_content().split()) for node in page.tree.xpath("//main//article")]


def test_the_page_shows_comments_then_remarks_then_the_box(browser, db, table):
    mine = table.write(table.first, "Why so low,\n@Grace Hopper?")
    table.write(table.second, "No <b>customer</b> {{ 7*7 }} %s.", reply_to_id=mine)

    page = browser.sign_in(table.ada).get(SHOW, assignment_id=table.duty(table.ada))

    assert page.h1 == f"Discussion of dossier {table.code}"
    texts = articles(page)
    assert texts[0].startswith("Ada Lovelace (you)") and texts[0].endswith("Solid evidence.")
    assert texts[1].startswith("Grace Hopper") and texts[1].endswith("Too early.")
    assert "Why so low, @Grace Hopper?" in texts[2]
    assert texts[3].endswith("No <b>customer</b> {{ 7*7 }} %s.")
    assert [node.text for node in page.tree.xpath("//*[@class='remark__name']")] == ["@Grace Hopper"]
    assert page.links("Read the dossier") == [f"/reviewing/assignments/{table.duty(table.ada)}"]
    assert page.value("body") == ""


def test_the_page_carries_no_score_and_no_name_of_the_startup(browser, db, table):
    table.scores_are("4.37", "1.64")
    table.write(table.boss, "Let us talk.")

    page = browser.sign_in(table.ada).get(SHOW, assignment_id=table.duty(table.ada))

    assert not re.search(r"\d[.,]\d\d?\b", page.text)
    for secret in ("Boréal", "Rose", "4.37", "1.64", "4,37", "1,64", "2.73", table.startup.siren):
        assert secret not in page.body


def test_two_sets_of_scores_give_the_same_page_but_for_the_flag(browser, db, table):
    table.write(table.boss, "Let us talk.")
    browser.sign_in(table.ada)
    browser.get(SHOW, assignment_id=table.duty(table.ada))
    seen = {}
    for scores in (("1.00", "5.00"), ("5.00", "1.00"), ("3.00", "3.00")):
        table.scores_are(*scores)
        seen[scores] = browser.get(SHOW, assignment_id=table.duty(table.ada)).text

    flag = "The scores are far apart. Say what you rested yours on: the others may have seen something else. "
    assert seen["1.00", "5.00"] == seen["5.00", "1.00"]
    assert seen["1.00", "5.00"].replace(flag, "") == seen["3.00", "3.00"]
    assert flag in seen["1.00", "5.00"]
    assert "far apart" not in seen["3.00", "3.00"]


@pytest.mark.parametrize("who", ["eve", "stranger", "founder", "manager"])
def test_others_find_nothing_at_any_address(browser, db, table, who):
    mine = table.write(table.first, "Here.")
    person = {
        "eve": table.eve,
        "stranger": make.user(Role.REVIEWER),
        "founder": table.rose,
        "manager": table.claire,
    }[who]
    expected = 403 if who in ("founder", "manager") else 404
    browser.sign_in(person)

    for person_id in table.ids.values():
        assert browser.get(SHOW, assignment_id=person_id).status == expected
        assert browser.post(WRITE, {"body": "Me."}, assignment_id=person_id).status == expected
        assert browser.post(WITHDRAW, assignment_id=person_id, remark_id=mine).status == expected

    assert table.remarks() == [("Here.", True)]


def test_a_reviewer_with_an_open_review_sees_no_sign_of_it(browser, db, table):
    table.write(table.first, "Here.")
    table.write(table.boss, "And here.")
    browser.sign_in(table.eve)

    for page in (browser.get("/reviewing/"), browser.get(f"/reviewing/assignments/{table.open_id}")):
        assert "iscussion" not in page.text
        assert "remark" not in page.text


def test_posting_leads_to_the_remark_and_says_who_is_told(browser, db, table):
    page = browser.sign_in(table.ada).post(
        WRITE, {"body": "@Grace Hopper, @Eve Martin: see page 3."}, assignment_id=table.duty(table.ada)
    )

    remark = db.scalars(select(Remark)).one()
    assert page.location == f"/reviewing/assignments/{table.duty(table.ada)}/discussion#remark-{remark.id}"
    assert remark.body == "@Grace Hopper, @Eve Martin: see page 3."
    assert browser.follow(page).notices == [
        "Your remark is posted.",
        "Told by e-mail: Grace Hopper.",
        "Only the people listed below the box can be told. Another name after an @ stays as you typed it.",
    ]


def test_the_notice_is_the_same_for_an_assigned_person_and_for_a_made_up_one(browser, db, table):
    browser.sign_in(table.ada)
    notices = []
    for name in ("Eve Martin", "Nobody Atall"):
        page = browser.post(WRITE, {"body": f"@{name}, yes?"}, assignment_id=table.duty(table.ada))
        notices.append(browser.follow(page).notices)

    assert notices[0] == notices[1]


def test_the_names_below_the_box_are_those_who_take_part(browser, db, table):
    page = browser.sign_in(table.ada).get(SHOW, assignment_id=table.duty(table.ada))

    assert page.tree.xpath("//button[@data-mention]/@data-mention") == ["Claire Dumont", "Grace Hopper"]


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ("", "Your remark: Write a sentence."),
        (" \n ", "Your remark: Write a sentence."),
        ("a" * (REMARK_MAX + 1), "Your remark: At most 4,000 characters."),
        (
            "This is Boréal Santé.",
            "Your remark: This may say whose the dossier is: “Boréal Santé”. Write it in other words; somebody of the "
            "committee is named in full, after an @.",
        ),
    ],
)
def test_a_refused_remark_stays_in_the_box(browser, db, table, body, error):
    page = browser.sign_in(table.ada).post(WRITE, {"body": body}, assignment_id=table.duty(table.ada))

    assert page.status == 422
    assert page.errors == [error]
    assert page.value("body") == body.strip()
    assert table.remarks() == []


def test_the_longest_remark_is_kept_whole(browser, db, table):
    text = "é" * REMARK_MAX

    assert browser.sign_in(table.ada).post(WRITE, {"body": text}, assignment_id=table.duty(table.ada)).status == 302
    assert table.remarks() == [(text, True)]


def test_a_double_click_is_one_remark(browser, db, table):
    browser.sign_in(table.ada)
    form = {"body": "Once.", "request_key": "the-same"}

    pages = [browser.post(WRITE, form, assignment_id=table.duty(table.ada)) for _ in range(2)]

    assert pages[0].location == pages[1].location
    assert table.remarks() == [("Once.", True)]


def test_a_reply_is_written_below_its_remark(browser, db, table):
    first = table.write(table.second, "Too early.")
    table.write(table.boss, "Is it?")
    browser.sign_in(table.ada)
    address = browser.get(SHOW, assignment_id=table.duty(table.ada)).links("Reply")[0]

    page = browser.get(address)

    box = page.tree.xpath(f"//*[@id='remark-{first}']//form//textarea")
    assert [field.get("name") for field in box] == ["body"]
    assert page.value("reply_to") == str(first)
    assert "Reply to Grace Hopper" in page.text

    refused = browser.post(WRITE, {"body": "", "reply_to": str(first)}, assignment_id=table.duty(table.ada))
    assert refused.tree.xpath(f"//*[@id='remark-{first}']//form//textarea")

    browser.post(WRITE, {"body": "Not at all.", "reply_to": str(first)}, assignment_id=table.duty(table.ada))
    assert db.scalars(select(Remark.reply_to_id).where(Remark.body == "Not at all.")).one() == first


@pytest.mark.parametrize("wrong", ["999999", "x", "-1", "1" * 40, "١"])
def test_a_reply_to_nothing_is_not_stored(browser, db, table, wrong):
    browser.sign_in(table.ada)

    assert browser.get(SHOW, assignment_id=table.duty(table.ada), reply_to=wrong).status == 200
    assert browser.post(WRITE, {"body": "A", "reply_to": wrong}, assignment_id=table.duty(table.ada)).status == 404
    assert table.remarks() == []


def test_one_withdraws_ones_own_and_no_other(browser, db, table):
    mine = table.write(table.first, "My mistake.")
    other = table.write(table.second, "Too early.")
    browser.sign_in(table.ada)
    page = browser.get(SHOW, assignment_id=table.duty(table.ada))
    actions = page.tree.xpath("//form[contains(@action, '/withdraw')]/@action")
    assert actions == [f"/reviewing/assignments/{table.duty(table.ada)}/discussion/{mine}/withdraw"]

    assert browser.post(WITHDRAW, assignment_id=table.duty(table.ada), remark_id=other).status == 404
    for _ in range(2):
        page = browser.post(WITHDRAW, assignment_id=table.duty(table.ada), remark_id=mine)
        assert page.location == f"/reviewing/assignments/{table.duty(table.ada)}/discussion"

    page = browser.follow(page)
    assert "Withdrawn by its author." in page.text
    assert "My mistake." not in page.body
    assert table.remarks() == [("My mistake.", False), ("Too early.", True)]


def test_a_decided_batch_can_be_read_only(browser, db, table):
    mine = table.write(table.first, "Before.")
    table.decide()
    browser.sign_in(table.ada)

    page = browser.get(SHOW, assignment_id=table.duty(table.ada))
    assert "This batch is decided: the discussion can be read, no longer continued." in page.text
    assert page.tree.xpath("//main//form") == []
    assert page.links("Reply") == []

    late = browser.post(WRITE, {"body": "After."}, assignment_id=table.duty(table.ada))
    assert (late.status, late.errors) == (
        422,
        ["This batch is decided: the discussion can be read, no longer continued."],
    )
    page = browser.post(WITHDRAW, assignment_id=table.duty(table.ada), remark_id=mine)
    assert browser.follow(page).notices == ["This batch is decided: the discussion can be read, no longer continued."]
    assert table.remarks() == [("Before.", True)]


def test_what_is_new_is_marked_until_it_was_read(browser, db, table):
    table.write(table.second, "@Ada Lovelace, look.")
    duty = table.duty(table.ada)
    browser.sign_in(table.ada)

    desk = browser.get("/reviewing/")
    assert f"You are mentioned: Discussion of dossier {table.code}" in desk.text
    assert "Discussion 1 remark 1 new" in desk.table("Dossiers reviewed")[0][3]
    assert "Discussion 1 remark 1 new" in browser.get(f"/reviewing/assignments/{duty}").text

    assert "Not read yet" in browser.get(SHOW, assignment_id=duty).text
    assert "Not read yet" not in browser.get(SHOW, assignment_id=duty).text
    desk = browser.get("/reviewing/")
    assert "mentioned" not in desk.text
    assert desk.table("Dossiers reviewed")[0][3].endswith("Discussion 1 remark")


def test_what_others_have_read_is_still_new_to_me(browser, db, table):
    for text in ("One.", "Two.", "Three."):
        table.write(table.second, text)
    table.read(table.second)
    table.read(table.boss)

    desk = browser.sign_in(table.ada).get("/reviewing/")

    assert desk.table("Dossiers reviewed")[0][3].endswith("Discussion 3 remarks 3 new")
    assert "3 remarks 3 new" in browser.get(f"/reviewing/assignments/{table.duty(table.ada)}").text


def test_looking_again_writes_nothing(browser, db, table, count_statements):
    table.write(table.second, "Look.")
    browser.sign_in(table.ada)
    browser.get(SHOW, assignment_id=table.duty(table.ada))

    readings = table.readings()
    browser.get(SHOW, assignment_id=table.duty(table.ada))

    assert table.readings() == readings == {table.ada.id: db.scalars(select(Remark.written_at)).one()}


@pytest.mark.parametrize("how", ["declared", "recorded"])
def test_a_conflict_takes_every_sign_away_at_once(browser, db, table, how):
    table.write(table.second, "@Ada Lovelace, look.")
    duty = table.duty(table.ada)
    browser.sign_in(table.ada)
    assert "mentioned" in browser.get("/reviewing/").text

    if how == "declared":
        reviewing.declare_conflict(actor=table.first, assignment_id=duty, reason="A friend.")
    else:
        table.decide()
        table.conflict(table.ada)

    desk = browser.get("/reviewing/")
    assert "mentioned" not in desk.text
    assert "iscussion" not in desk.text
    assert browser.get(SHOW, assignment_id=duty).status == 404
    assert browser.post(WRITE, {"body": "Still here."}, assignment_id=duty).status == 404


def test_a_given_back_dossier_has_no_discussion(browser, db, table):
    db.get(Assignment, table.duty(table.ada)).state = AssignmentState.DECLINED
    db.commit()

    assert browser.sign_in(table.ada).get(SHOW, assignment_id=table.duty(table.ada)).status == 404


@pytest.mark.parametrize("remarks", [0, 1, 24])
def test_the_page_costs_a_fixed_number_of_statements(browser, db, table, count_statements, remarks):
    ids = table.many(remarks, table.grace)
    if ids:
        table.many(3, table.ada, reply_to_id=ids[0])
    browser.sign_in(table.ada)
    browser.get(SHOW, assignment_id=table.duty(table.ada))

    with count_statements() as asked:
        browser.get(SHOW, assignment_id=table.duty(table.ada))

    assert (
        asked.count == 15
    )  # who asks (3), whose page, may they; extent, comments, remarks, masks (3), flag (2), names (2)


def test_posting_costs_a_fixed_number_of_statements(browser, db, table, count_statements):
    browser.sign_in(table.ada)
    browser.post(WRITE, {"body": "The first.", "request_key": "0"}, assignment_id=table.duty(table.ada))
    counts = []
    for key, body in (("1", "Plain."), ("2", "@Grace Hopper?")):
        with count_statements() as asked:
            browser.post(WRITE, {"body": body, "request_key": key}, assignment_id=table.duty(table.ada))
        counts.append(asked.count)

    assert counts == [16, 19]


def test_the_desk_costs_no_more_for_discussions(browser, db, table, count_statements):
    browser.sign_in(table.ada)
    with count_statements() as before:
        browser.get("/reviewing/")
    table.many(20, table.grace)
    table.write(table.second, "@Ada Lovelace, look.")

    with count_statements() as after:
        browser.get("/reviewing/")

    assert before.count == after.count == 4


def test_long_threads_come_in_pages(browser, db, table):
    ids = table.many(27, table.grace)
    duty = table.duty(table.ada)
    browser.sign_in(table.ada)

    page = browser.get(SHOW, assignment_id=duty)
    assert "Page 2 of 2" in page.text
    assert [text for text in articles(page) if "Remark number" in text][-1].endswith("Remark number 27. Reply")
    first = browser.get(SHOW, assignment_id=duty, page=1)
    assert len([text for text in articles(first) if "Remark number" in text]) == 25
    assert browser.get(SHOW, assignment_id=duty, page=3).status == 404
    assert browser.get(SHOW, assignment_id=duty, page="x").status == 404

    reply = browser.post(f"/reviewing/assignments/{duty}/discussion?page=1", {"body": "Yes.", "reply_to": str(ids[0])})
    assert reply.location.startswith(f"/reviewing/assignments/{duty}/discussion?page=1#remark-")
    own = browser.post(f"/reviewing/assignments/{duty}/discussion?page=1", {"body": "New."})
    assert own.location.startswith(f"/reviewing/assignments/{duty}/discussion#remark-")


def test_the_french_page_reads_so(browser, db, table):
    table.write(table.first, "Bonjour.")

    page = browser.sign_in(table.grace).get(SHOW, assignment_id=table.duty(table.grace))

    assert page.h1 == f"Discussion du dossier {table.code}"
    assert "Les notes sont très éloignées." in page.text
    assert page.links("Répondre")


def test_control_characters_do_not_reach_the_table(browser, db, table):
    browser.sign_in(table.ada).post(WRITE, {"body": "a\x00b\r\nc\u202e"}, assignment_id=table.duty(table.ada))

    assert table.remarks() == [("ab\nc\u202e", True)]


def test_the_team_is_called_so(browser, db, table):
    discussion.write_remark(actor=table.boss, application_id=table.id, body="Let us talk.")

    page = browser.sign_in(table.ada).get(SHOW, assignment_id=table.duty(table.ada))

    assert any(text.startswith("Claire Dumont · programme team") for text in articles(page))
