"""The composition board by mouse, by keyboard alone, and without JavaScript."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from accelerator.extensions import db
from accelerator.kernel.enums import Outcome, PortfolioRuleKind, Role
from accelerator.models.selection import Decision
from accelerator.models.startups import Startup
from accelerator.queries import portfolio as queries
from accelerator.rules.portfolio import version_of
from accelerator.services import accounts, portfolio
from tests import committee, make
from tests.browser.conftest import Person

pytestmark = pytest.mark.browser

PASSWORD = "une phrase assez longue"


@pytest.fixture
def board(site):
    """A batch of two places, six candidates, a rule: at least one from Bretagne, where only the last comes from."""
    batch = committee.reviewed_batch(applications=6)
    entries = committee.entries(batch)
    db.session.get_one(Startup, entries[5].startup_id).region_code = "53"
    grace = make.user(Role.MANAGER, name="Grace", email="grace@exemple.fr")
    grace.password_hash = accounts.password_hash(PASSWORD)
    db.session.commit()
    portfolio.add_rule(
        actor=make.actor(grace),
        code=batch.code,
        kind=PortfolioRuleKind.MINIMUM,
        trait=("region", "53"),
        bound=1,
        version=version_of(queries.rules(batch.id)),
    )
    return f"/staff/batches/{batch.code}/board", [entry.id for entry in entries]


@pytest.fixture
def grace(chromium, site, board):
    """A manager in front of the board."""
    person = Person(chromium, site, locale="en")
    person.sign_in("grace@exemple.fr", PASSWORD)
    person.open(board[0])
    return person


def _decisions() -> list[tuple]:
    db.session.rollback()
    rows = db.session.execute(
        select(Decision.application_id, Decision.outcome, Decision.waitlist_position).order_by(Decision.application_id)
    )
    return [tuple(row) for row in rows]


def _says(person: Person, words: str) -> None:
    person.page.locator(".notices", has_text=words).wait_for()


def test_a_startup_is_dragged_in_and_the_counters_follow(grace, board):
    one, two, three, *_rest, six = board[1]
    page = grace.page
    page.set_viewport_size({"width": 1280, "height": 2600})  # a scroll on the way would pick up another card
    rule = page.locator("#rules ~ .table-frame tbody tr")
    assert "short by 1" in rule.inner_text()

    page.locator(f"[data-card='{six}']").drag_to(page.locator("[data-zone='admit']"))
    _says(grace, "Rank 6 is admitted.")
    assert "met" in rule.inner_text()
    assert "1 of 2" in page.inner_text("#admitted")
    assert page.evaluate("document.activeElement.id") == f"application-{six}"
    for number, entry in ((1, one), (2, two)):
        page.locator(f"[data-card='{entry}']").drag_to(page.locator("[data-zone='waitlist'] h2"))
        _says(grace, f"Rank {number} is on the waitlist.")
    page.locator(f"[data-card='{three}']").drag_to(page.locator(f"[data-card='{two}']"))
    _says(grace, "Rank 3 is on the waitlist.")
    grace.inspect()

    assert _decisions() == [
        (one, Outcome.WAITLIST, 1),
        (two, Outcome.WAITLIST, 3),
        (three, Outcome.WAITLIST, 2),
        (six, Outcome.ADMIT, None),
    ]
    assert grace.complaints == []


def test_the_board_by_keyboard_alone(grace, board):
    one, two, three, *_rest = board[1]
    page = grace.page
    page.focus(f"#application-{one}")

    page.keyboard.press("a")
    _says(grace, "Rank 1 is admitted.")
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.id") == f"application-{two}"
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.id") == f"application-{three}"
    page.keyboard.press("w")
    _says(grace, "Rank 3 is on the waitlist.")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("o")
    _says(grace, "Rank 1 is neither admitted nor on the waitlist.")
    for _ in ("its page", "the reason it owes", "its first button"):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    _says(grace, "Rank 1 is admitted.")

    assert _decisions() == [(one, Outcome.ADMIT, None), (three, Outcome.WAITLIST, 1)]
    assert "Rank 1 is admitted." in page.locator("body > p[role=status]").inner_text()
    assert grace.complaints == []


def test_a_move_keeps_a_reason_that_is_being_typed(grace, board):
    _one, two, three, *_rest = board[1]
    page = grace.page
    page.focus(f"#application-{two}")
    page.keyboard.press("a")
    _says(grace, "Rank 2 is admitted.")

    page.fill(f"#reason_{two}", "Half a sentence")
    page.focus(f"#application-{three}")
    page.keyboard.press("w")
    _says(grace, "Rank 3 is on the waitlist.")

    assert page.input_value(f"#reason_{two}") == "Half a sentence"


def test_somebody_else_was_first_and_the_reader_is_put_on_the_sentence(grace, board):
    one, two, *_rest = board[1]
    db.session.rollback()
    batch = db.session.get_one(committee.Batch, 1)
    committee.choose(batch, committee.admit(db.session.get_one(committee.Application, two)))
    page = grace.page

    page.focus(f"#application-{one}")
    page.keyboard.press("a")
    page.locator(".error-summary", has_text="Not done: Rank 1, Admit.").wait_for()

    assert "error-summary" in page.evaluate("document.activeElement.className")
    assert page.locator(f"[data-zone='admit'] #application-{two}").count() == 1
    assert [line for line in grace.complaints if "409" not in line] == []


def test_the_board_works_without_javascript_on_a_phone(chromium, site, board):
    one, *_rest = board[1]
    context = chromium.new_context(
        java_script_enabled=False, base_url=site.url, locale="en", viewport={"width": 390, "height": 844}
    )
    page = context.new_page()
    page.goto("/sign-in")
    page.fill("#email", "grace@exemple.fr")
    page.fill("#password", PASSWORD)
    page.click("main form button[type=submit]")
    page.goto(board[0])

    page.click(f"#application-{one} button[value='{one}:admit']")
    page.wait_for_url(f"**#application-{one}")

    assert "Rank 1 is admitted." in page.inner_text(".notices")
    assert _decisions() == [(one, Outcome.ADMIT, None)]
    context.close()
