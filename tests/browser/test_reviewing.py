"""Scoring by keyboard, and what is typed outliving a reload, a lost connection and a lost sign-in."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select, update

from accelerator.extensions import db
from accelerator.kernel.enums import ApplicationState, AssignmentState, BatchState, Role
from accelerator.models.accounts import User
from accelerator.models.reviewing import Assignment, ConflictOfInterest, Review, ReviewDraft, Score
from accelerator.services import accounts
from tests import make
from tests.browser.conftest import Person

pytestmark = pytest.mark.browser

PASSWORD = "une phrase assez longue"


@pytest.fixture
def desk(chromium, site):
    """Ada in front of the first of three dossiers."""
    ada = make.user(Role.REVIEWER, name="Ada", email="ada@exemple.fr")
    ada.password_hash = accounts.password_hash(PASSWORD)
    rubric = make.rubric("3", "1")
    batch = make.batch(rubric_id=rubric.id, state=BatchState.REVIEWING)
    question = make.question(batch)
    ids = []
    for place in range(3):
        application = make.application(of=batch, state=ApplicationState.ADMISSIBLE)
        make.answer(application, question, "It reads charts.\n" * 30)
        ids.append(make.assignment(of=application, reviewer=ada, position=place).id)
    person = Person(chromium, site, locale="en")
    person.ids = ids
    person.sign_in("ada@exemple.fr", PASSWORD)
    return person


def _stored(statement):
    db.session.rollback()
    db.session.expire_all()
    return db.session.scalars(statement).all()


def test_scoring_by_keyboard_alone(desk):
    desk.open("/reviewing/")
    desk.open(f"/reviewing/assignments/{desk.ids[0]}")
    page = desk.page

    page.keyboard.press("5")
    page.keyboard.press("1")
    assert page.inner_text("[data-total]") == "4.00 / 5 · 2 of 2 criteria scored"
    page.keyboard.type("Strong team. 5 s c ?")
    page.keyboard.press("Control+Enter")
    page.wait_for_url(f"**/assignments/{desk.ids[1]}")
    page.keyboard.press("s")
    page.wait_for_url(f"**/assignments/{desk.ids[2]}?skipped={desk.ids[1]}")
    page.keyboard.press("?")
    assert page.locator("[data-keys]").get_attribute("open") is not None
    page.keyboard.press("2")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("3")
    page.keyboard.press("c")
    page.keyboard.type("My cousin.")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/assignments/{desk.ids[1]}?skipped={desk.ids[1]}")

    assert _stored(select(Review.comment)) == ["Strong team. 5 s c ?"]
    assert sorted(_stored(select(Score.points))) == [1, 5]
    assert _stored(select(ConflictOfInterest.ground)) == ["My cousin."]
    assert _stored(select(Assignment.state).order_by(Assignment.id)) == [
        AssignmentState.REVIEWED,
        AssignmentState.OPEN,
        AssignmentState.CONFLICTED,
    ]
    assert desk.complaints == []


def test_autosave_shows_its_state_and_survives_a_reload(desk):
    page = desk.page
    page.goto(f"/reviewing/assignments/{desk.ids[0]}")

    page.keyboard.press("4")
    page.fill("#comment", "So far so good")
    page.locator("[data-save-state]", has_text="Saved at").wait_for()
    page.reload()

    assert page.input_value("#comment") == "So far so good"
    assert page.inner_text("[data-total]").startswith("4.00 / 5 · 1 of 2")
    assert _stored(select(ReviewDraft.comment)) == ["So far so good"]
    assert page.evaluate("Object.keys(localStorage).filter(key => key.startsWith('review:'))") == []
    assert desk.complaints == []


def test_what_is_typed_without_a_connection_is_kept_and_sent_later(desk):
    page = desk.page
    page.goto(f"/reviewing/assignments/{desk.ids[0]}")

    desk.context.set_offline(True)
    page.fill("#comment", "Typed in a tunnel")
    page.fill("#advice", "Look for the light")
    page.locator("[data-save-state]", has_text="No connection").wait_for()
    desk.context.set_offline(False)
    page.locator("[data-save-state]", has_text="Saved at").wait_for()

    assert _stored(select(ReviewDraft.comment)) == ["Typed in a tunnel"]
    assert _stored(select(ReviewDraft.advice)) == ["Look for the light"]


def test_what_is_typed_while_signed_out_comes_back_after_signing_in(desk):
    page = desk.page
    page.goto(f"/reviewing/assignments/{desk.ids[0]}")
    db.session.rollback()
    db.session.execute(update(User).values(session_epoch=User.session_epoch + 1))
    db.session.commit()

    page.fill("#comment", "Typed after the session ended")
    page.locator("[data-save-state]", has_text="signed out").wait_for()
    assert _stored(select(ReviewDraft)) == []
    page.click("[data-save-state] a")
    page.fill("#email", "ada@exemple.fr")
    page.fill("#password", PASSWORD)
    page.click("main form button[type=submit]")
    page.wait_for_url(re.compile(rf"/assignments/{desk.ids[0]}$"))

    assert page.input_value("#comment") == "Typed after the session ended"
    page.locator("[data-save-state]", has_text="Saved at").wait_for()
    assert _stored(select(ReviewDraft.comment)) == ["Typed after the session ended"]
