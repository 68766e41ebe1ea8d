"""The public counter: page, open data, widget."""

from __future__ import annotations

import csv
import io
import json
from datetime import date, datetime, timedelta, timezone

import pytest
import sqlalchemy as sa

from accelerator.extensions import db as database
from accelerator.kernel import clock
from accelerator.models.counter import CounterCorrection, Reached
from tests import make
from tests.conftest import at


def _count(region: str, number: int, on: date = date(2025, 3, 1)) -> None:
    make.programme()
    make.counter_definition()
    for _ in range(number):
        company = make.startup(region_code=region, name="Secret Startup", is_stealth=True)
        database.session.add(Reached(startup_id=company.id, region_code=region, counted_on=on, definition_version=1))
    database.session.commit()


def test_counter_before_the_programme_is_set_up_is_not_found(browser):
    assert browser.get("public.counter.index").status == 404
    assert browser.get("public.counter.figures").status == 404


def test_counter_with_nothing_counted_yet(browser, db):
    make.programme()

    page = browser.get("public.counter.index")

    assert "0 startups supported" in page.text
    assert "There is nothing to draw yet." in page.text
    assert "No correction so far." in page.text


def test_counter_page_shows_definition_history_pace_and_regions(browser, db):
    at("2026-03-15T09:00:00+00:00")
    for month in range(1, 13):
        _count("11", month % 3 + 1, date(2025, month, 10))

    page = browser.get("public.counter.index")

    assert "24 startups supported" in page.text
    assert "A startup counts…" in page.text
    assert "Definition, version 1" in page.text
    assert "To reach the target, 114.9 startups a month are needed." in page.text
    assert "with 80% probability" in page.text
    months = page.table("Startups counted, month by month")
    assert months[0][:2] == ["31 Jan 2025", "2"]
    assert months[-1] == ["31 Dec 2027", "–", "2,500", "47", "69"]
    assert "Secret" not in page.body


def test_counter_page_publishes_corrections_as_text(browser, db):
    make.programme()
    database.session.add(
        CounterCorrection(corrected_at=clock.now(), change=-1, reason="<script>alert(1)</script> counted twice")
    )
    database.session.commit()

    page = browser.get("public.counter.index")

    rows = page.table("What was counted and should not have been, latest first")
    assert rows[0][1:] == ["-1", "<script>alert(1)</script> counted twice"]


def test_counter_json_says_everything_the_page_does(browser, db):
    at("2026-03-15T09:00:00+00:00")
    _count("11", 12, date(2026, 1, 5))
    _count("84", 7, date(2026, 3, 5))
    _count("94", 2, date(2026, 3, 6))
    database.session.add(
        CounterCorrection(
            corrected_at=datetime(2026, 3, 2, tzinfo=timezone(timedelta(0))), change=-1, reason="Counted twice"
        )
    )
    database.session.commit()

    document = browser.get("public.counter.figures").json

    regions = {line["code"]: (line["counted"], line["hidden"]) for line in document.pop("regions")}
    assert len(regions) == 18
    assert regions["11"] == (12, None)
    assert regions["94"] == (None, "fewer_than_5")
    assert document.pop("documentation").endswith("/counter#open-data")
    assert document == {
        "programme": "GenAI Studio",
        "as_of": "2026-03-15",
        "counted": 21,
        "target": 2500,
        "target_on": "2027-12-31",
        "definition": {
            "version": 1,
            "valid_from": "2024-05-13",
            "fr": "Une startup compte…",
            "en": "A startup counts…",
        },
        "months": [
            {"month": "2026-01", "added": 12, "counted": 12},
            {"month": "2026-02", "added": 0, "counted": 12},
            {"month": "2026-03", "added": 9, "counted": 21},
        ],
        "corrections": [{"corrected_at": "2026-03-02T00:00:00+00:00", "change": -1, "reason": "Counted twice"}],
        "licence": "Licence Ouverte 2.0 (Etalab)",
    }


def test_counter_csv_is_one_tidy_table(browser, db):
    at("2026-03-15T09:00:00+00:00")
    _count("11", 12, date(2026, 3, 5))

    page = browser.get("public.counter.table")

    assert page.response.mimetype == "text/csv"
    rows = list(csv.DictReader(io.StringIO(page.body.removeprefix("\ufeff"))))
    assert len(rows) == 20
    assert rows[0] == {
        "measure": "total", "code": "", "name": "", "month": "", "added": "", "counted": "12", "hidden": "",
    }  # fmt: skip
    assert [row for row in rows if row["code"] == "11"][0]["counted"] == "12"
    assert rows[-1]["month"] == "2026-03"


@pytest.mark.parametrize("endpoint", ["public.counter.figures", "public.counter.table"])
def test_open_data_may_be_read_by_other_sites_and_kept(browser, db, endpoint):
    make.programme()

    first = browser.get(endpoint).response
    second = browser.client.get(browser.url(endpoint), headers={"If-None-Match": first.headers["ETag"]})

    assert first.headers["Access-Control-Allow-Origin"] == "*"
    assert first.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert first.headers["Cache-Control"] == "public, max-age=300"
    assert "Set-Cookie" not in first.headers
    assert second.status_code == 304


def test_open_data_of_somebody_signed_in_stays_out_of_shared_caches(browser, db):
    make.programme()

    response = browser.sign_in(make.user()).get("public.counter.figures").response

    assert response.headers["Cache-Control"] == "private, max-age=300"


def test_other_pages_stay_closed_to_other_sites(browser, db):
    make.programme()

    response = browser.get("public.counter.index").response

    assert "Access-Control-Allow-Origin" not in response.headers
    assert response.headers["X-Frame-Options"] == "DENY"


def test_widget_alone_may_be_framed(browser, db):
    _count("11", 12)

    page = browser.get("public.counter.widget", lang="fr")

    assert "frame-ancestors *" in page.response.headers["Content-Security-Policy"]
    assert "X-Frame-Options" not in page.response.headers
    assert "12 startups accompagnées" in page.text
    assert not page.tree.xpath("//form|//script")


@pytest.mark.parametrize("rows", [1, 3])
def test_counter_costs_the_same_with_more_to_show(browser, db, rows):
    for index in range(rows):
        _count("84", 6, date(2025, 1 + index, 3))
        database.session.add(CounterCorrection(corrected_at=clock.now(), change=-1, reason="Counted twice"))
    database.session.commit()
    statements: list[str] = []

    def note(_connection, _cursor, statement, *_others) -> None:
        if statement.startswith("SELECT"):
            statements.append(statement)

    sa.event.listen(database.engine, "before_cursor_execute", note)
    browser.get("public.counter.index")
    sa.event.remove(database.engine, "before_cursor_execute", note)

    assert len(statements) == 5


def test_naughty_corrections_are_shown_as_they_are(browser, db, shared):
    make.programme()
    reasons = [text for text in json.loads((shared / "bad-input" / "blns.json").read_text()) if "\x00" not in text]
    for text in reasons[-50:]:
        database.session.add(CounterCorrection(corrected_at=clock.now(), change=-1, reason=text[:300]))
    database.session.commit()

    assert browser.get("public.counter.index").status == 200
    assert len(browser.get("public.counter.figures").json["corrections"]) == 50


def test_a_startup_whose_region_is_not_known_counts_in_a_line_of_its_own(browser, db):
    _count("84", 7)
    _count("", 6)

    page = browser.get("public.counter.index")
    figures = browser.get("public.counter.figures").json

    assert "Region not known6" in page.text
    assert figures["counted"] == 13
    assert {line["code"]: line["counted"] for line in figures["regions"]}[""] == 6
    assert browser.get("/").status == 200


def test_the_region_is_completed_once_it_is_known(db):
    from accelerator.services import counter
    from accelerator.services.transaction import transaction

    _count("", 1)
    startup_id = db.scalar(sa.select(Reached.startup_id))
    with transaction():
        counter.note_region(startup_id, "53")

    assert db.scalar(sa.select(Reached.region_code)) == "53"
