"""A batch report from the asking to the kept file: tagged, hashed, the same for the same data."""

from __future__ import annotations

import io
import json
from datetime import date, timedelta

import pikepdf
import pytest
from sqlalchemy import select

from accelerator.extensions import db as database
from accelerator.kernel import clock
from accelerator.kernel.actor import SYSTEM
from accelerator.kernel.enums import BatchState, OfferState, Role, TaskState
from accelerator.kernel.errors import Conflict, NotAllowed, NotFound, RuleViolation
from accelerator.kernel.message import Message
from accelerator.models.audit import AuditEntry
from accelerator.models.reports import Report
from accelerator.models.selection import Offer
from accelerator.models.tasks import Task
from accelerator.outbound import files, pdf
from accelerator.services import reports, tasks
from tests import make
from tests.conftest import at


@pytest.fixture
def quick(monkeypatch):
    """Reports whose bytes do not matter: the printing itself is left out."""
    monkeypatch.setattr(pdf, "printed", lambda html: pdf.Printed(b"%PDF-1.7 " + html.encode(), 7))


def accept(batch, **columns):
    """A startup of the batch's cohort."""
    company = make.startup(**columns)
    application = make.application(of=batch, by=company)
    now = clock.now()
    database.session.add(
        Offer(
            batch_id=batch.id,
            application_id=application.id,
            state=OfferState.ACCEPTED,
            respond_by=now + timedelta(days=7),
            made_at=now,
            answered_at=now,
        )
    )
    database.session.commit()
    return company


def _issued(db, batch, locale: str = "fr") -> Report:
    report_id = reports.ask_report(actor=make.actor(make.manager()), batch_id=batch.id, locale=locale)
    tasks.run_due_tasks()
    db.expire_all()
    report = db.get(Report, report_id)
    assert report.state is TaskState.DONE, report.failure
    return report


def _text_of(content: bytes) -> str:
    """What is laid out, as far as the structure tree tells: every heading of the outline."""

    def titles(items) -> list[str]:
        return [title for item in items for title in (str(item.title), *titles(item.children))]

    with pikepdf.open(io.BytesIO(content)) as document, document.open_outline() as outline:
        return "\n".join(titles(outline.root))


def test_reports_are_numbered_by_batch(db):
    manager = make.actor(make.manager())
    one, two = make.batch(code="GS-2025-1"), make.batch(code="GS-2025-2")

    for batch, locale in ((one, "fr"), (one, "en"), (two, "fr")):
        reports.ask_report(actor=manager, batch_id=batch.id, locale=locale)

    assert db.scalars(select(Report.number).order_by(Report.id)).all() == [
        "GS-2025-1/R-001",
        "GS-2025-1/R-002",
        "GS-2025-2/R-001",
    ]
    assert db.scalars(select(AuditEntry.verb)).all() == ["asked for report"] * 3


def test_a_double_click_asks_once(db):
    manager = make.actor(make.manager())
    batch = make.batch()

    first = reports.ask_report(actor=manager, batch_id=batch.id, locale="fr", request_key="k")
    second = reports.ask_report(actor=manager, batch_id=batch.id, locale="fr", request_key="k")

    assert first == second
    assert len(db.scalars(select(Task)).all()) == 1


def test_refused_asking_leaves_nothing_behind(db):
    batch, draft = make.batch(), make.batch(state=BatchState.DRAFT)

    with pytest.raises(NotAllowed):
        reports.ask_report(actor=make.actor(make.user(Role.SPONSOR)), batch_id=batch.id, locale="fr")
    for wrong, locale, error in (
        (batch.id, "de", RuleViolation),
        (draft.id, "fr", RuleViolation),
        (999, "fr", NotFound),
    ):
        with pytest.raises(error):
            reports.ask_report(actor=make.actor(make.manager()), batch_id=wrong, locale=locale)

    assert db.scalars(select(Report)).all() == []
    assert db.scalars(select(Task)).all() == []


@pytest.mark.parametrize("locale", ["fr", "en"])
def test_an_issued_report_is_a_tagged_pdf_in_its_language(db, locale):
    batch = make.batch(name_fr="Promotion du printemps", name_en="Spring batch", code="GS-2025-1")
    accept(batch, name="Ada Labs", pitch="Des agents qui lisent.", city="Lyon")

    report = _issued(db, batch, locale)

    path = files.path_of(report.stored_as)
    with pikepdf.open(path) as document:
        root = document.Root
        assert bool(root.MarkInfo.Marked)
        assert len(root.StructTreeRoot.K) > 0
        assert str(root.Lang) == locale
        assert bool(root.ViewerPreferences.DisplayDocTitle)
        name = {"fr": "Promotion du printemps", "en": "Spring batch"}[locale]
        word = {"fr": "Rapport", "en": "Report"}[locale]
        assert str(document.docinfo["/Title"]) == f"{word} GS-2025-1/R-001 – {name}"
        assert b"pdfuaid" in bytes(root.Metadata.read_bytes())
        fonts = [
            found
            for found in document.objects
            if isinstance(found, pikepdf.Dictionary) and found.get("/Type") == "/FontDescriptor"
        ]
        assert fonts
        assert all("/FontFile2" in font or "/FontFile3" in font for font in fonts)
        pages = len(document.pages)
    assert (report.pages, report.size_bytes) == (pages, path.stat().st_size)
    headings = _text_of(path.read_bytes())
    assert {"fr": "Notes sur les chiffres", "en": "Notes on the figures"}[locale] in headings
    assert "Ada Labs" in headings
    assert db.scalars(select(AuditEntry.verb).order_by(AuditEntry.id.desc())).first() == "issued report"


def test_every_drawing_has_words_and_every_table_headings(db):
    make.programme()
    batch = make.batch()
    for _ in range(6):
        accept(batch)

    report = _issued(db, batch)

    with pikepdf.open(files.path_of(report.stored_as)) as document:
        elements = [
            found
            for found in document.objects
            if isinstance(found, pikepdf.Dictionary) and found.get("/Type") == "/StructElem"
        ]
        figures = [element for element in elements if element.S == "/Figure"]
        assert len(figures) >= 5
        assert all(str(element.get("/Alt", "")).strip() for element in figures)
        kinds = {str(element.S) for element in elements}
        assert {"/H1", "/H2", "/Table", "/TH", "/TD", "/Caption"} <= kinds


def test_the_same_data_at_the_same_moment_gives_the_same_document(db, quick):
    at("2026-03-01T09:00:00+00:00")
    batch = make.batch()
    accept(batch, name="Ada Labs")
    first = _issued(db, batch)
    before = first.sha256
    first.state = TaskState.FAILED
    database.session.commit()

    reports.retry_report(actor=make.actor(make.manager()), report_id=first.id)
    tasks.run_due_tasks()

    db.expire_all()
    assert first.state is TaskState.DONE
    assert first.sha256 == before


def test_an_empty_batch_has_a_report_too(db, quick):
    report = _issued(db, make.batch(is_rolling=True, places=0), "en")

    text = files.path_of(report.stored_as).read_text()
    for sentence in (
        "No application was submitted.",
        "No startup has accepted a place yet.",
        "No credits have been granted to this batch.",
        "No workshop session was held in the time of the batch.",
    ):
        assert sentence in text


def test_what_cannot_be_printed_fails_with_a_sentence_and_may_be_tried_again(db, monkeypatch, quick):
    manager = make.actor(make.manager())
    batch = make.batch()
    report_id = reports.ask_report(actor=manager, batch_id=batch.id, locale="fr")

    def cannot(_html: str) -> pdf.Printed:
        raise pdf.CannotPrint(Message("The document took too long to print."))

    with monkeypatch.context() as patched:
        patched.setattr(pdf, "printed", cannot)
        tasks.run_due_tasks()
    db.expire_all()
    failed = db.get(Report, report_id)

    assert (failed.state, failed.sha256) == (TaskState.FAILED, None)
    assert failed.failure == "The document took too long to print."
    with pytest.raises(NotFound):
        reports.stored_report(actor=manager, report_id=report_id)

    reports.retry_report(actor=manager, report_id=report_id)
    tasks.run_due_tasks()
    db.expire_all()
    assert db.get(Report, report_id).state is TaskState.DONE
    with pytest.raises(Conflict):
        reports.retry_report(actor=manager, report_id=report_id)


def test_an_issued_report_is_never_made_again(db, quick):
    batch = make.batch()
    report = _issued(db, batch)
    issued_at, digest = report.issued_at, report.sha256

    reports.make_report(tasks.Progress(report.task_id), {"report_id": report.id})

    db.expire_all()
    assert (report.issued_at, report.sha256) == (issued_at, digest)


def test_a_changed_file_is_found_out(db, quick):
    manager = make.actor(make.manager())
    report = _issued(db, make.batch())
    assert reports.stored_report(actor=manager, report_id=report.id).is_intact

    files.path_of(report.stored_as).write_bytes(b"%PDF-1.7 something else")

    assert not reports.stored_report(actor=manager, report_id=report.id).is_intact
    files.path_of(report.stored_as).unlink()
    with pytest.raises(NotFound):
        reports.stored_report(actor=manager, report_id=report.id)


def test_founders_read_no_report(db, quick):
    report = _issued(db, make.batch())

    with pytest.raises(NotAllowed):
        reports.stored_report(actor=make.actor(make.user()), report_id=report.id)


def test_naughty_names_and_pitches_are_printed(db, shared):
    batch = make.batch()
    texts = [text for text in json.loads((shared / "bad-input" / "blns.json").read_text()) if text.strip()]
    for text in texts[::26]:
        clean = text.encode("utf-8", "replace").decode().replace("\x00", "")
        accept(batch, name=clean[:160] or "-", pitch=clean[:300], city=clean[:120], website=clean[:300])

    report = _issued(db, batch)

    assert report.pages > 5


def test_figures_are_those_of_the_moment(db):
    from accelerator.queries.reports import activity, figures

    now = at("2026-03-01T09:00:00+00:00")
    batch = make.batch(starts_on=date(2026, 2, 1), ends_on=date(2026, 5, 30))
    accept(batch, name="Ada Labs", region_code="11")
    accept(batch, name="Hidden Gem", is_stealth=True, pitch="Secret", website="https://hidden.example")
    make.workshop_session(starts_at=now - timedelta(days=3))
    make.workshop_session(starts_at=now + timedelta(days=3))
    make.workshop_session(starts_at=now - timedelta(days=60))

    found = figures.batch_report(batch.id, as_of=now, ledger_upto=activity.last_ledger_entry())

    assert [step.count for step in found.steps] == [2, 2, 0, 2, 2]
    assert [portrait.name for portrait in found.portraits] == ["Ada Labs", None]
    assert (found.portraits[1].pitch, found.portraits[1].website) == ("", "")
    assert len(found.workshops.rows) == 1
    assert found.is_holding_back


def test_credits_follow_the_ledger_up_to_an_entry(db):
    from accelerator.kernel.enums import LedgerAccount, PostingKind
    from accelerator.models.credits import CreditAllocation, CreditGrant, LedgerEntry, LedgerPosting
    from accelerator.queries.reports import activity

    batch, pool, now = make.batch(), make.pool(), clock.now()
    allocation = CreditAllocation(pool_id=pool.id, batch_id=batch.id, amount_minor=1_000_000, made_at=now)
    database.session.add(allocation)
    database.session.flush()
    grant = CreditGrant(
        allocation_id=allocation.id,
        startup_id=make.startup(name="Ada Labs").id,
        amount_minor=500_000,
        currency="EUR",
        starts_on=date(2026, 1, 1),
        expires_on=date(2026, 12, 31),
        granted_at=now,
    )
    database.session.add(grant)
    database.session.flush()
    for kind, source, target, amount in (
        (PostingKind.GRANT, LedgerAccount.ALLOCATION, LedgerAccount.GRANT, 500_000),
        (PostingKind.CONSUME, LedgerAccount.GRANT, LedgerAccount.CONSUMED, 120_000),
        (PostingKind.CONSUME, LedgerAccount.GRANT, LedgerAccount.CONSUMED, 30_000),
    ):
        posting = LedgerPosting(kind=kind, made_at=now)
        database.session.add(posting)
        database.session.flush()
        for account, sign in ((source, -1), (target, 1)):
            database.session.add(
                LedgerEntry(
                    posting_id=posting.id,
                    account=account,
                    pool_id=pool.id,
                    allocation_id=allocation.id,
                    grant_id=None if account is LedgerAccount.ALLOCATION else grant.id,
                    amount_minor=sign * amount,
                    currency="EUR",
                )
            )
    database.session.commit()
    last = activity.last_ledger_entry()

    now_row = activity.credits(batch.id, upto=last).rows[0]
    before = activity.credits(batch.id, upto=last - 2).totals[0]

    assert (now_row.granted.minor, now_row.used.minor, now_row.left.minor) == (500_000, 150_000, 350_000)
    assert (before.used.minor, before.left.minor) == (120_000, 380_000)
    assert before.used_share == 0.24
    assert activity.credits(make.batch().id, upto=last).rows == ()


def test_reading_costs_the_same_with_more_to_tell(db):
    import sqlalchemy as sa

    from accelerator.queries.reports import figures

    counts = []
    for rows in (1, 3):
        batch = make.batch()
        for _ in range(rows):
            accept(batch)
            make.workshop_session(starts_at=clock.now() - timedelta(days=1))
        statements: list[str] = []

        def note(_connection, _cursor, statement, *_others, heard=statements) -> None:
            if statement.startswith("SELECT"):
                heard.append(statement)

        sa.event.listen(database.engine, "before_cursor_execute", note)
        figures.batch_report(batch.id, as_of=clock.now(), ledger_upto=0)
        sa.event.remove(database.engine, "before_cursor_execute", note)
        counts.append(len(statements))

    assert counts == [12, 12]


def test_system_may_issue_for_a_schedule(db):
    batch = make.batch()

    report_id = reports.ask_report(actor=SYSTEM, batch_id=batch.id, locale="en")

    assert db.get(Report, report_id).asked_by_user_id is None
