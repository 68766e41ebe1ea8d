"""The intake through pages: list, dossier, screening, table to take away."""

from __future__ import annotations

import csv
import io
import json
from datetime import datetime

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import select

from accelerator.kernel.enums import ApplicationState, BatchState, QuestionKind, Role
from accelerator.models.applications import Application, Deck
from accelerator.models.audit import AuditEntry
from accelerator.models.letters import Letter
from accelerator.outbound import files
from tests import make
from tests.statements import counted


def test_intake_lists_what_came_in_and_not_the_drafts(browser, db):
    batch = make.batch(code="B")
    make.application(of=batch, by=make.startup(name="Anis"))
    make.application(of=batch, by=make.startup(name="Half-written"), state=ApplicationState.DRAFT)

    page = browser.sign_in(make.manager()).get("staff.applications.intake", code="B")

    assert [row[1] for row in page.table()] == ["Anis"]
    assert "Half-written" not in page.body


def test_intake_keeps_its_filters_in_every_link(browser, db, monkeypatch):
    monkeypatch.setattr("accelerator.queries.intake.ROWS_A_PAGE", 1)
    batch = make.batch(code="B")
    for name in ("Anis", "Anisette"):
        make.application(of=batch, by=make.startup(name=name, region_code="11"))

    page = browser.sign_in(make.manager()).get("/staff/batches/B/applications?q=anis&region=11&nonsense=1&code=X")

    assert page.links("Next") == ["/staff/batches/B/applications?page=2&region=11&q=anis"]
    assert page.links("XLSX") == ["/staff/batches/B/applications.xlsx?region=11&q=anis"]
    assert (page.value("q"), page.value("region")) == ("anis", "11")
    second = browser.get(page.links("Next")[0])
    assert [row[1] for row in second.table()] == ["Anisette"]


@pytest.mark.parametrize(
    "query", ["state=nonsense", "region=99", "sector=x", "screened=maybe", "q=%00%27%22%3Cscript%3E", "q=" + "x" * 5000]
)
def test_intake_takes_any_filter_from_the_address(browser, db, query):
    make.application(of=make.batch(code="B"))

    assert browser.sign_in(make.manager()).get(f"/staff/batches/B/applications?{query}").status == 200


def test_intake_of_nothing_says_so(browser, db):
    make.batch(code="B")
    browser.sign_in(make.manager())

    assert "Nothing has come in yet" in browser.get("staff.applications.intake", code="B").text
    assert "No application matches" in browser.get("/staff/batches/B/applications?q=zzz").text
    assert browser.get("/staff/batches/B/applications?page=0").status == 404
    assert browser.get("/staff/batches/B/applications?page=999").status == 200


def test_intake_page_costs_the_same_with_one_row_and_with_three(browser, db):
    batch = make.batch(code="B")
    browser.sign_in(make.manager())
    costs = []
    for more in (1, 2):
        for _ in range(more):
            make.application(of=batch)
        with counted() as sent:
            browser.get("staff.applications.intake", code="B")
        costs.append(len(sent))

    assert costs == [5, 5]  # who is asking (2), the batch, the counts, the rows


@pytest.mark.parametrize(
    "role", [Role.FOUNDER, Role.REVIEWER, Role.SPONSOR, Role.ADMINISTRATOR, (Role.COORDINATOR, "84")]
)
def test_strangers_read_and_screen_nothing(browser, db, role):
    application = make.application(of=make.batch(code="B"))
    browser.sign_in(make.user(role))

    for endpoint in ("intake", "recap"):
        assert browser.get(f"staff.applications.{endpoint}", code="B").status == 403
    for kind in ("csv", "xlsx"):
        assert browser.get("staff.applications.export", kind=kind, code="B").status == 403
    for endpoint in ("show", "deck"):
        assert browser.get(f"staff.applications.{endpoint}", application_id=application.id).status == 403
    for endpoint in ("screen", "undo"):
        page = browser.post(f"staff.applications.{endpoint}", {"outcome": "yes"}, application_id=application.id)
        assert page.status == 403
    assert db.scalars(select(Application.state)).all() == [ApplicationState.SUBMITTED]


def test_export_is_safe_in_a_spreadsheet_and_on_the_record(browser, db):
    batch = make.batch(code="B")
    for name in ("=1+1", "+33", "-2", "@SUM(A1)", "Anis"):
        make.application(of=batch, by=make.startup(name=name))

    page = browser.sign_in(make.manager()).get("staff.applications.export", kind="csv", code="B")

    assert page.response.headers["Content-Disposition"] == "attachment; filename=B.csv"
    assert page.body.startswith("\ufeff")
    rows = list(csv.reader(io.StringIO(page.body.removeprefix("\ufeff"))))
    assert [row[3] for row in rows] == ["Startup", "'=1+1", "'+33", "'-2", "'@SUM(A1)", "Anis"]
    assert db.scalars(select(AuditEntry.verb)).all() == ["exported intake"]

    page = browser.get("staff.applications.export", kind="xlsx", code="B")
    assert page.response.headers["Content-Disposition"] == "attachment; filename=B.xlsx"
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(page.response.data)).get_sheet_by_index(0).to_python()
    assert [row[3] for row in sheet] == ["Startup", "=1+1", "+33", "-2", "@SUM(A1)", "Anis"]
    assert isinstance(sheet[1][2], datetime)


def test_dossier_shows_answers_and_screens_on_to_the_next(browser, db):
    batch = make.batch(code="B")
    question = make.question(batch, label_en="What do you build?")
    yes_no = make.question(batch, label_en="In France?", kind=QuestionKind.YES_NO)
    first, second = (make.application(of=batch, by=make.startup(name=name)) for name in ("Anis", "Badiane"))
    make.answer(first, question, "A <b>reader</b>\nof contracts")
    make.answer(first, yes_no, "yes")
    browser.sign_in(make.manager())

    page = browser.get("staff.applications.show", application_id=first.id)
    sent = browser.post("staff.applications.screen", {"outcome": "yes"}, application_id=first.id)

    assert "What do you build? A <b>reader</b> of contracts" in page.text
    assert "In France? Yes" in page.text
    assert sent.location == f"/staff/applications/{second.id}"
    after = browser.follow(sent)
    assert (after.h1, after.notices) == ("Badiane", ["Anis is admissible."])


def test_not_admissible_needs_a_reason_and_keeps_what_was_typed(browser, db):
    application = make.application(by=make.startup(people=(make.user(),)))
    browser.sign_in(make.manager())

    bare = browser.post(
        "staff.applications.screen", {"outcome": "no", "explanation": "Typed at length"}, application_id=application.id
    )
    wrong = browser.post(
        "staff.applications.screen", {"outcome": "no", "ground": "made up"}, application_id=application.id
    )
    nothing = browser.post("staff.applications.screen", {}, application_id=application.id)

    assert (bare.status, wrong.status, nothing.status) == (422, 422, 422)
    assert bare.errors == ["Why is it not admissible?: Choose the reason: the applicant is told."]
    assert bare.value("explanation") == "Typed at length"
    assert db.scalars(select(Letter)).all() == []
    done = browser.post(
        "staff.applications.screen", {"outcome": "no", "ground": "incomplete"}, application_id=application.id
    )
    assert done.status == 302
    assert "The application is incomplete." in browser.follow(done).text


def test_screening_is_undone_from_the_dossier(browser, db):
    application = make.application(state=ApplicationState.ADMISSIBLE, screened_at=make.clock.now())
    browser.sign_in(make.manager())

    assert "Undo the screening" in browser.get("staff.applications.show", application_id=application.id).text
    browser.post("staff.applications.undo", application_id=application.id)

    assert db.scalars(select(Application.state)).all() == [ApplicationState.SUBMITTED]
    assert browser.post("staff.applications.undo", application_id=application.id).status == 409


def test_ticked_ones_are_named_before_they_are_screened(browser, db):
    batch = make.batch(code="B")
    waiting = [make.application(of=batch, by=make.startup(name=name)) for name in ("Anis", "Badiane")]
    done = make.application(of=batch, by=make.startup(name="Cumin"), state=ApplicationState.ADMISSIBLE)
    browser.sign_in(make.manager())

    recap = browser.get(
        "/staff/batches/B/screen-together?"
        + "&".join(f"id={one.id}" for one in (*waiting, done))
        + "&id=x&id=99999999999999999999"
    )
    ids = recap.tree.xpath("//input[@name='id']/@value")
    sent = browser.post("staff.applications.screen_together", {"id": ids, "request_key": "k"}, code="B")

    assert "Applications to find admissible: 2" in recap.text
    assert [one.split()[0] for one in recap.tree.xpath("//ol//li/text()[normalize-space()]")] == ["Anis", "Badiane"]
    assert browser.follow(sent).notices == ["Found admissible: 2. Changed meanwhile and left alone: 0."]
    assert browser.get("/staff/batches/B/screen-together").status == 200


def test_deck_is_handed_out_and_noted(browser, db):
    application = make.application()
    name, digest = files.keep(b"%PDF-1.7 a deck", folder="decks", suffix=".pdf")
    db.add(
        Deck(
            application_id=application.id,
            file_name="présentation.pdf",
            size_bytes=15,
            pages=1,
            sha256=digest,
            stored_as=name,
            uploaded_at=application.saved_at,
        )
    )
    db.commit()
    browser.sign_in(make.manager())

    page = browser.get("staff.applications.deck", application_id=application.id)

    assert page.response.data == b"%PDF-1.7 a deck"
    assert page.response.headers["Content-Disposition"].startswith("attachment;")
    assert page.response.headers["X-Content-Type-Options"] == "nosniff"
    assert "opened deck" in browser.get("staff.applications.show", application_id=application.id).text


def test_deck_that_is_not_there_is_404(browser, db):
    application = make.application()

    page = browser.sign_in(make.manager()).get("staff.applications.deck", application_id=application.id)

    assert page.status == 404


@pytest.mark.parametrize("state", [state for state in ApplicationState if state is not ApplicationState.DRAFT])
@pytest.mark.parametrize("batch_state", [BatchState.OPEN, BatchState.DECIDED])
def test_dossier_stands_in_every_state(browser, db, state, batch_state):
    application = make.application(of=make.batch(code="B", state=batch_state), state=state)
    browser.sign_in(make.manager())

    assert browser.get("staff.applications.show", application_id=application.id).status == 200
    assert browser.get("staff.applications.intake", code="B").status == 200


def test_dossier_of_a_draft_is_404(browser, db):
    draft = make.application(state=ApplicationState.DRAFT)

    assert browser.sign_in(make.manager()).get("staff.applications.show", application_id=draft.id).status == 404


@pytest.mark.shared
def test_naughty_strings_reach_the_letter_as_typed(browser, db, shared):
    application = make.application(by=make.startup(people=(make.user(),)))
    browser.sign_in(make.manager())

    texts = json.loads((shared / "bad-input" / "blns.json").read_text())
    for text in texts[::3]:
        page = browser.post(
            "staff.applications.screen",
            {"outcome": "no", "ground": "incomplete", "explanation": text},
            application_id=application.id,
        )
        assert page.status in (302, 422)
        if page.status == 302:
            stored = db.scalars(select(Application.screening_reason)).one().partition("\n")[2]
            assert stored in db.scalars(select(Letter.body).order_by(Letter.id.desc()).limit(1)).one()
            assert browser.post("staff.applications.undo", application_id=application.id).status == 302
    for text in texts[::40]:
        assert browser.client.get("/staff/startups", query_string={"q": text}).status_code == 200
