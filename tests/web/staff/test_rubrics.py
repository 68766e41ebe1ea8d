"""The rubric editor: made, changed, versioned, previewed, chosen; without a script, and not for strangers."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from accelerator.kernel.enums import Role
from accelerator.models.programmes import Batch
from accelerator.models.reviewing import Rubric
from accelerator.queries import rubrics as queries
from accelerator.services import rubrics
from tests import make
from tests.rules.test_rubrics import line, plan
from tests.services.test_rubrics import scored_batch


@pytest.fixture
def boss(db):
    return make.manager()


def made(boss, *lines):
    return rubrics.create_rubric(actor=make.actor(boss), code="grid", plan=plan(*lines))


def typed(page):
    """Everything the editor shows, as a browser would send it."""
    form = page.tree.xpath("//main//form")[0]
    sent = {}
    for field in form.xpath(".//input|.//textarea"):
        if field.get("type") == "checkbox" and field.get("checked") is None:
            continue
        text = field.text if field.tag == "textarea" else field.get("value")
        sent[field.get("name")] = (text or "").strip("\r\n")
    return sent


def test_new_rubric_line_by_line(browser, db, boss):
    empty = browser.sign_in(boss).get("staff.rubrics.new")
    sent = {
        **typed(empty),
        "code": "grid",
        "name_fr": "Grille",
        "name_en": "Rubric",
        "scale_min": "1",
        "scale_max": "3",
    }
    redrawn = browser.post("staff.rubrics.new", {**sent, "act": "redraw"})
    assert (redrawn.status, len(redrawn.table("What each point stands for"))) == (200, 3)
    more = browser.post("staff.rubrics.new", {**typed(redrawn), "act": "add"})
    assert (more.status, more.value("criteria-3-position"), more.value("name_fr")) == (200, "4", "Grille")
    assert db.scalars(select(Rubric)).all() == []
    sent = {
        **typed(more),
        "criteria-3-position": "0",
        "criteria-3-code": "team",
        "criteria-3-weight": "2,5",
        "criteria-3-label_fr": "Équipe",
        "criteria-3-label_en": "Team",
        "criteria-0-code": "market",
        "criteria-0-weight": "7.5",
        "criteria-0-label_fr": "Marché",
        "criteria-0-label_en": "Market",
        **{
            f"criteria-{n}-anchors-{at}-{language}": text
            for n in (0, 3)
            for at, text in ((0, "Low"), (2, "High"))
            for language in ("fr", "en")
        },
    }

    page = browser.follow(browser.post("staff.rubrics.new", {**sent, "act": "save"}))

    assert page.notices == ["The rubric is made. Choose the batches that are scored with it."]
    assert [row[:3] for row in page.table("Criteria in order")] == [
        ["Market market", "7.5", "75%"],
        ["Team team", "2.5", "25%"],
    ]
    assert "Total weight10" in page.text


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"name_fr": ""}, "Name in French: Give the rubric a name."),
        ({"criteria-0-weight": "much"}, "Weight: Type an amount"),
        ({"criteria-0-weight": "0"}, "Weight: A weight is above 0"),
        ({"criteria-1-code": "team"}, "Code: Two criteria have the code “team”."),
        ({"criteria-1-label_en": ""}, "Criterion in English: Name the criterion in both languages."),
        ({"criteria-0-anchors-4-en": ""}, "Anchor in English: Both ends of the scale need an anchor"),
        ({"scale_max": "12"}, "Highest point: The scale goes up, within 0 and 9."),
        ({"criteria-0-is_removed": "y", "criteria-1-is_removed": "y"}, "A rubric has at least one criterion."),
    ],
)
def test_edit_refuses_and_keeps_what_was_typed(browser, db, boss, change, error):
    rubric_id = made(boss, line(), line("market"))
    before = queries.sheet(rubric_id)
    shown = browser.sign_in(boss).get("staff.rubrics.edit", rubric_id=rubric_id)

    page = browser.post("staff.rubrics.edit", {**typed(shown), **change, "act": "save"}, rubric_id=rubric_id)

    assert page.status == 422
    assert page.errors[0].startswith(error)
    assert page.value("criteria-1-label_fr") == "Équipe"
    assert queries.sheet(rubric_id) == before


def test_edit_in_place_then_as_a_version(browser, db, boss):
    rubric_id = made(boss, line(), line("market"))
    browser.sign_in(boss)
    shown = browser.get("staff.rubrics.edit", rubric_id=rubric_id)
    changed = browser.post(
        "staff.rubrics.edit",
        {**typed(shown), "criteria-0-is_removed": "y", "act": "save"},
        rubric_id=rubric_id,
    )
    assert changed.location == f"/staff/rubrics/{rubric_id}"
    assert [row[0] for row in browser.follow(changed).table("Criteria in order")] == ["Team market"]
    scored_batch(rubric_id)

    shown = browser.get("staff.rubrics.edit", rubric_id=rubric_id)
    assert "what you save becomes version 2" in shown.text
    saved = browser.post(
        "staff.rubrics.edit", {**typed(shown), "criteria-0-weight": "9", "act": "save"}, rubric_id=rubric_id
    )
    page = browser.follow(saved)
    stale = browser.post(
        "staff.rubrics.edit",
        {**typed(shown), "criteria-0-weight": "8", "act": "save", "request_key": "another"},
        rubric_id=rubric_id,
    )

    assert page.notices[-1] == "Saved as a new version. Batches keep theirs until you choose."
    assert "Version 2" in page.text
    assert stale.status == 409
    assert stale.errors[0].startswith("Somebody else changed this rubric")
    assert stale.value("criteria-0-weight") == "8"


def test_preview_is_the_scorecard(browser, db, boss):
    page = browser.sign_in(boss).get("staff.rubrics.preview", rubric_id=made(boss, line(), line("market")))

    assert "1. Team" in page.text and "50%" in page.text and "Anchor 5" in page.text
    assert len(page.tree.xpath("//input[@type='radio']")) == 10


def test_choose_for_a_batch_until_somebody_has_scored(browser, db, boss):
    rubric_id = made(boss)
    free, scored = make.batch(), scored_batch(make.rubric().id)
    browser.sign_in(boss)
    page = browser.get("staff.rubrics.show", rubric_id=rubric_id)
    offered = [option.get("value") for option in page.tree.xpath("//select[@name='batch_id']/option")]

    chosen = browser.follow(browser.post("staff.rubrics.choose", {"batch_id": str(free.id)}, rubric_id=rubric_id))
    refused = browser.post("staff.rubrics.choose", {"batch_id": str(scored.id)}, rubric_id=rubric_id)

    assert offered == [str(free.id)]
    assert chosen.notices == [f"{free.code} is scored with this version."]
    assert refused.status == 422
    assert refused.errors == ["Somebody has scored in this batch already, or begun to: its rubric stays."]
    assert db.get_one(Batch, free.id).rubric_id == rubric_id


def test_the_list_costs_the_same_for_one_and_for_many(browser, db, boss, count_statements):
    browser.sign_in(boss)
    counts = []
    for more in (1, 3):
        for _ in range(more):
            make.batch()
        with count_statements() as asked:
            page = browser.get("staff.rubrics.index")
        counts.append(asked.count)

    assert counts[0] == counts[1]
    assert len(page.table("Rubrics and their versions")) == 4


def test_strangers_get_nothing(browser, db, boss):
    rubric_id = made(boss)
    for person in (make.user(), make.user(Role.REVIEWER), make.user(Role.SPONSOR)):
        browser.sign_in(person)
        answers = [
            browser.get("staff.rubrics.index"),
            browser.post("staff.rubrics.new"),
            browser.get("staff.rubrics.show", rubric_id=rubric_id),
            browser.post("staff.rubrics.edit", rubric_id=rubric_id),
            browser.get("staff.rubrics.preview", rubric_id=rubric_id),
            browser.post("staff.rubrics.choose", rubric_id=rubric_id),
        ]
        assert [answer.status for answer in answers] == [403] * 6

    assert [browser.sign_in(boss).get(f"/staff/rubrics/99{end}").status for end in ("", "/edit", "/preview")] == [
        404
    ] * 3
