"""The front page: what the programme is, the call, the next workshops, the counter."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from accelerator.extensions import db as database
from accelerator.kernel import clock
from accelerator.kernel.enums import BatchState, WorkshopSessionState
from accelerator.models.counter import Reached
from tests import make
from tests.conftest import at


def _count(region: str, number: int) -> None:
    make.counter_definition()
    for _ in range(number):
        company = make.startup(region_code=region)
        database.session.add(
            Reached(startup_id=company.id, region_code=region, counted_on=date(2025, 3, 1), definition_version=1)
        )
    database.session.commit()


def test_home_before_the_programme_is_set_up(browser):
    page = browser.get("/")

    assert page.status == 200
    assert page.h1 == "GenAI Studio"
    assert "No call is open today" in page.text


def test_home_shows_the_open_call_with_its_deadline(browser, db):
    now = at("2026-03-01T09:00:00+00:00")
    make.batch(name_en="Batch four", closes_at=now + timedelta(days=19, hours=3))
    make.batch(name_en="Not published", state=BatchState.DRAFT)
    make.batch(name_en="Closed", closes_at=now - timedelta(days=1))
    make.batch(name_en="Regional call", is_rolling=True, closes_at=now + timedelta(days=5))

    page = browser.get("/")

    assert "Batch four Until 20 March 2026, 13:00 (Paris time) 19 days left" in page.text
    assert "Not published" not in page.text
    assert "Closed" not in page.text
    assert page.text.index("Batch four") < page.text.index("Regional call")


def test_home_announces_a_call_that_is_not_open_yet(browser, db):
    now = at("2026-03-01T09:00:00+00:00")
    make.batch(name_en="Batch five", opens_at=now + timedelta(days=3))

    assert "Next call · STATION F track Batch five Opens 4 March 2026, 10:00 (Paris time)" in browser.get("/").text


def test_home_shows_the_next_four_sessions_only(browser, db):
    now = clock.now()
    for days in (9, 3, 5, 7, 1):
        make.workshop_session(starts_at=now + timedelta(days=days), venue=make.venue(city=f"City {days}"))
    make.workshop_session(state=WorkshopSessionState.DRAFT, venue=make.venue(city="Hidden"))
    make.workshop_session(starts_at=now - timedelta(days=1), venue=make.venue(city="Past"))

    cards = browser.get("/").tree.xpath("//li[@class='session-card']")

    assert [" ".join(card.text_content().split()).split("City ")[1][0] for card in cards] == ["1", "3", "5", "7"]


@pytest.mark.parametrize(
    ("taken", "closes", "words"),
    [(29, 1, "1 seat left"), (30, 1, "Full: waiting list"), (3, -1, "Booking closed")],
)
def test_home_says_whether_a_seat_can_be_had(browser, db, taken, closes, words):
    make.workshop_session(seats_taken=taken, booking_closes_at=clock.now() + timedelta(days=closes))

    assert words in browser.get("/").text


def test_home_shows_the_counter_by_region_and_hides_small_ones(browser, db):
    make.programme()
    _count("11", 12)
    _count("84", 7)
    _count("94", 2)

    page = browser.get("/")

    rows = dict(page.table("Startups counted, by region of the head office: 21"))
    assert rows["Île-de-France"] == "12"
    assert rows["Corse"] == "fewer than 5"
    assert len(rows) == 18
    assert len(page.tree.xpath("//svg[@role='img']/path")) == 18


def test_home_reads_in_french(browser, db):
    make.programme()
    make.batch(name_fr="Promotion quatre")

    page = browser.get("/?lang=fr")

    assert "Promotion quatre" in page.text
    assert "Prochains ateliers" in page.text


@pytest.mark.parametrize("rows", [1, 3])
def test_home_costs_the_same_with_more_to_show(browser, db, rows):
    make.programme()
    for _ in range(rows):
        make.batch()
        make.workshop_session()
    _count("84", rows)
    statements: list[str] = []

    def note(_connection, _cursor, statement, *_others) -> None:
        if statement.startswith("SELECT"):
            statements.append(statement)

    sa.event.listen(database.engine, "before_cursor_execute", note)
    browser.get("/")
    sa.event.remove(database.engine, "before_cursor_execute", note)

    assert len(statements) == 4
