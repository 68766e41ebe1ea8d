"""Reports on the pages of the team: asked for, followed, taken away, tried again."""

from __future__ import annotations

from sqlalchemy import select

from accelerator.extensions import db as database
from accelerator.kernel.enums import BatchState, Role, TaskState
from accelerator.models.reports import Report
from accelerator.models.tasks import Task
from accelerator.services import tasks
from tests import make


def test_a_manager_asks_follows_and_takes_away_a_report(browser, db):
    batch = make.batch(code="GS-2025-1", name_en="Spring batch")
    browser.sign_in(make.manager())

    asked = browser.post("staff.reports.ask", {"batch_id": batch.id, "locale": "en"})
    waiting = browser.follow(asked)
    progress = browser.get(f"{asked.location}/progress").json
    tasks.run_due_tasks()
    ready = browser.get(asked.location)
    taken = browser.get(ready.tree.xpath("//main//a[contains(@class,'button--primary')]/@href")[0])

    assert waiting.h1 == "Report GS-2025-1/R-001"
    assert "Waiting for its turn" in waiting.text
    assert waiting.tree.xpath("//noscript//a[@href]")
    assert progress == {"state": "queued", "done": 0, "total": 0, "step": ""}
    assert "The file still has its hash" in ready.text
    assert not ready.tree.xpath("//noscript/meta")
    assert taken.response.mimetype == "application/pdf"
    assert taken.response.headers["Content-Disposition"] == "attachment; filename=GS-2025-1-R-001-en.pdf"
    assert taken.body.startswith(b"%PDF-1.7")
    assert browser.get(f"{asked.location}/progress").json["done"] == 4
    assert browser.get("staff.reports.index").table()[0][:4] == [
        "GS-2025-1/R-001",
        "Spring batch",
        "In English",
        "Ready",
    ]


def test_a_wrong_choice_is_refused_on_the_form(browser, db):
    make.batch()
    draft = make.batch(state=BatchState.DRAFT)
    browser.sign_in(make.manager())

    page = browser.post("staff.reports.ask", {"batch_id": draft.id, "locale": "klingon"})

    assert page.status == 422
    assert len(page.errors) == 2
    assert db.scalars(select(Report)).all() == []


def test_an_empty_house_says_what_to_do(browser, db):
    manager = browser.sign_in(make.manager()).get("staff.reports.index")
    sponsor = browser.sign_in(make.user(Role.SPONSOR)).get("staff.reports.index")

    assert "Publish a batch first" in manager.text
    assert "The programme team has not issued a report yet." in sponsor.text


def test_a_failed_report_says_why_and_is_tried_again(browser, db):
    batch = make.batch()
    browser.sign_in(make.manager())
    address = browser.post("staff.reports.ask", {"batch_id": batch.id, "locale": "fr"}).location
    report = db.scalars(select(Report)).one()
    report.state, report.failure = TaskState.FAILED, "<b>The document took too long to print."
    database.session.commit()

    failed = browser.get(address)
    again = browser.post(f"{address}/retry")

    assert "<b>The document took too long to print." in failed.text
    assert again.location == address
    assert db.scalars(select(Report.state)).one() is TaskState.QUEUED
    assert len(db.scalars(select(Task)).all()) == 2
    assert browser.post(f"{address}/retry").status == 409


def test_a_sponsor_reads_and_asks_for_nothing(browser, db):
    batch = make.batch()
    address = browser.sign_in(make.manager()).post("staff.reports.ask", {"batch_id": batch.id, "locale": "fr"}).location
    browser.sign_in(make.user(Role.SPONSOR))

    assert browser.get(address).status == 200
    assert not browser.get("staff.reports.index").tree.xpath("//main//form")
    assert browser.post("staff.reports.ask", {"batch_id": batch.id, "locale": "fr"}).status == 403
    assert browser.post(f"{address}/retry").status == 403
    assert len(db.scalars(select(Report)).all()) == 1


def test_strangers_see_no_report(browser, db):
    batch = make.batch()
    address = browser.sign_in(make.manager()).post("staff.reports.ask", {"batch_id": batch.id, "locale": "fr"}).location

    for person in (make.user(), make.user(Role.REVIEWER), make.user((Role.COORDINATOR, "84"))):
        browser.sign_in(person)
        for path in (address, f"{address}/progress", f"{address}/file", "/staff/reports/"):
            assert browser.get(path).status == 403


def test_unknown_reports_and_pages_are_not_found(browser, db):
    browser.sign_in(make.manager())

    assert browser.get("staff.reports.show", report_id=9).status == 404
    assert browser.get("staff.reports.download", report_id=9).status == 404
    assert browser.get("/staff/reports/?page=x").status == 404
