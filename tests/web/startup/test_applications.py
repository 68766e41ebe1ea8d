"""Start, write in steps, check, submit, follow, withdraw."""

from __future__ import annotations

import io
from datetime import timedelta

import pikepdf
import pytest
from sqlalchemy import select

from accelerator.kernel import clock
from accelerator.kernel.enums import ApplicationState, QuestionKind, Role, ScreeningGround
from accelerator.models.applications import Answer, Application, Deck, LateArrival
from accelerator.rules.applications import fingerprint
from accelerator.rules.screening import ScreeningReason
from accelerator.services import letters, screening
from tests import make
from tests.conftest import at


def pdf(pages: int = 1) -> io.BytesIO:
    made = pikepdf.new()
    for _page in range(pages):
        made.add_blank_page()
    out = io.BytesIO()
    made.save(out)
    out.seek(0)
    return out


@pytest.fixture
def ada(db):
    return make.user(name="Ada")


@pytest.fixture
def draft(db, ada):
    """A draft with one question in each of the steps 2 to 4, nothing answered."""
    of = make.batch(code="GS-1")
    make.question(of, label_en="Which problem?", step=2)
    make.question(of, label_en="Who uses it?", step=3, kind=QuestionKind.CHOICE, max_words=None, choices=CHOICES)
    make.question(of, label_en="Two people?", step=4, kind=QuestionKind.YES_NO, max_words=None)
    startup = make.startup(people=(ada,), pitch="Reads scans.", name="Cohérence")
    return make.application(of=of, by=startup, state=ApplicationState.DRAFT)


CHOICES = [{"value": "nobody", "fr": "Personne", "en": "Nobody"}, {"value": "testers", "fr": "Essais", "en": "Testers"}]


def questions(db, draft) -> list:
    rows = db.scalars(select(make.Question).where(make.Question.batch_id == draft.batch_id))
    return sorted(rows, key=lambda row: row.step)


def complete(db, draft) -> None:
    for question, text in zip(questions(db, draft), ("A problem.", "nobody", "yes"), strict=True):
        make.answer(draft, question, text)
    make.deck(draft)


def test_start_chooses_the_startup_and_opens_one_draft(browser, db, ada):
    of = make.batch(code="GS-1")
    startup = make.startup(people=(ada,), name="Cohérence")

    shown = browser.sign_in(ada).get("startup.applications.start", batch_code="GS-1")
    first = browser.post("startup.applications.open_draft", batch_code="GS-1", startup_id=startup.id)
    again = browser.post("startup.applications.open_draft", batch_code="GS-1", startup_id=startup.id)

    assert "Cohérence" in shown.text
    application = db.scalars(select(Application)).one()
    assert first.location == again.location == f"/my/applications/{application.id}/steps/1"
    assert browser.follow(first).h1 == "Your startup"
    assert application.batch_id == of.id


def test_start_for_a_stranger_or_a_closed_call_is_refused(browser, db, ada):
    make.batch(code="GS-1")
    make.batch(code="OLD", closes_at=clock.now() - timedelta(seconds=1))
    mine, other = make.startup(people=(ada,)), make.startup(people=(make.user(),))
    browser.sign_in(ada)

    stranger = browser.post("startup.applications.open_draft", batch_code="GS-1", startup_id=other.id)
    late = browser.post("startup.applications.open_draft", batch_code="OLD", startup_id=mine.id)
    unknown = browser.post("startup.applications.open_draft", batch_code="NONE", startup_id=mine.id)

    assert (stranger.status, late.status, unknown.status) == (404, 422, 404)
    assert "Which startup applies?" not in browser.get("startup.applications.start", batch_code="OLD").text
    assert db.scalars(select(Application)).all() == []


def test_every_page_of_the_form_opens(browser, db, ada, draft):
    browser.sign_in(ada)

    titles = [browser.get("startup.applications.step", application_id=draft.id, step=n).h1 for n in (1, 2, 3, 4)]

    assert titles == ["Your startup", "Your product", "Your market and team", "What you expect, deck and consent"]
    assert browser.get("startup.applications.step", application_id=draft.id, step=5).status == 404
    assert browser.get("startup.applications.step", application_id=draft.id, step=0).status == 404
    resumed = browser.get("startup.applications.show", application_id=draft.id)
    assert resumed.links("Go on: Your product") == [f"/my/applications/{draft.id}/steps/2"]


def test_a_step_saves_what_was_typed_and_goes_on(browser, db, ada, draft):
    asked = questions(db, draft)[0]
    browser.sign_in(ada)

    on = browser.post(
        "startup.applications.step",
        {f"q_{asked.id}": " A  problem\r\n", f"base_{asked.id}": "", "go": "on"},
        application_id=draft.id,
        step=2,
    )
    stay = browser.post(
        "startup.applications.step",
        {f"q_{asked.id}": "Better", f"base_{asked.id}": fingerprint("A  problem"), "go": "stay"},
        application_id=draft.id,
        step=2,
    )

    assert on.location == f"/my/applications/{draft.id}/steps/3"
    assert stay.location == f"/my/applications/{draft.id}/steps/2"
    assert db.scalars(select(Answer.text)).all() == ["Better"]
    assert browser.follow(stay).value(f"q_{asked.id}") == "Better"


def test_a_step_with_a_text_beyond_all_size_keeps_it_on_the_page(browser, db, ada, draft):
    asked = questions(db, draft)[0]

    page = browser.sign_in(ada).post(
        "startup.applications.step", {f"q_{asked.id}": "x" * 12_001}, application_id=draft.id, step=2
    )

    assert page.status == 422
    assert page.errors == ["Which problem?: At most 12000 characters; these are 12001."]
    assert page.value(f"q_{asked.id}") == "x" * 12_001
    assert db.scalars(select(Answer)).all() == []


def test_a_step_changed_by_a_co_founder_shows_both_texts(browser, db, ada, draft):
    asked = questions(db, draft)[0]
    make.answer(draft, asked, "by Grace")
    typed = {f"q_{asked.id}": "by Ada", f"base_{asked.id}": "", "go": "on"}

    page = browser.sign_in(ada).post("startup.applications.step", typed, application_id=draft.id, step=2)
    base = page.value(f"base_{asked.id}")
    settled = browser.post(
        "startup.applications.step", {**typed, f"base_{asked.id}": base}, application_id=draft.id, step=2
    )

    assert page.status == 409
    assert page.value(f"q_{asked.id}") == "by Ada"
    assert "by Grace" in page.text
    assert settled.location == f"/my/applications/{draft.id}/steps/3"
    assert db.scalars(select(Answer.text)).all() == ["by Ada"]


def test_a_step_asked_to_check_says_what_is_missing(browser, db, ada, draft):
    page = browser.sign_in(ada).get("startup.applications.step", application_id=draft.id, step=2, check=1)

    assert page.status == 200
    assert page.errors == ["Which problem?: This answer is missing."]


def test_autosave_keeps_answers_with_their_marks(browser, db, ada, draft):
    asked = questions(db, draft)[0]
    document = {"answers": {str(asked.id): {"text": "Typed", "base": ""}}}

    page = browser.sign_in(ada).post_json("startup.applications.autosave", document, application_id=draft.id)

    assert page.status == 200
    assert page.json["marks"] == {str(asked.id): fingerprint("Typed")}
    assert db.scalars(select(Answer.text)).all() == ["Typed"]


def test_autosave_from_a_stale_page_gives_both_texts(browser, db, ada, draft):
    asked = questions(db, draft)[0]
    make.answer(draft, asked, "by Grace")
    document = {"answers": {str(asked.id): {"text": "by Ada", "base": ""}}}

    page = browser.sign_in(ada).post_json("startup.applications.autosave", document, application_id=draft.id)

    assert page.status == 409
    assert page.json["conflicts"] == {str(asked.id): "by Grace"}
    assert db.scalars(select(Answer.text)).all() == ["by Grace"]


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        "text",
        {"answers": []},
        {"answers": {"x": {"text": "a", "base": ""}}},
        {"answers": {"1": "text"}},
        {"answers": {"1": {"text": 1, "base": ""}}},
        {"answers": {"1": {"text": "x" * 60_000, "base": ""}}},
        {"answers": {str(number): {"text": "", "base": ""} for number in range(300)}},
        {"answers": {"9" * 40: {"text": "a", "base": ""}}},
    ],
)
def test_autosave_refuses_what_it_cannot_read(browser, db, ada, draft, document):
    page = browser.sign_in(ada).post_json("startup.applications.autosave", document, application_id=draft.id)

    assert page.status == 422
    assert db.scalars(select(Answer)).all() == []


def test_autosave_signed_out_says_so(browser, db, draft):
    page = browser.post_json("startup.applications.autosave", {"answers": {}}, application_id=draft.id)

    assert (page.status, page.json) == (401, {"error": "sign_in"})


def test_deck_is_uploaded_given_back_and_removed(browser, db, ada, draft):
    browser.sign_in(ada)
    place = {"application_id": draft.id, "step": 4}

    upload = browser.post("startup.applications.step", {"deck": (pdf(3), "../Mon deck.PDF"), "go": "stay"}, **place)
    shown = browser.follow(upload)
    handed = browser.get("startup.applications.deck", application_id=draft.id)
    removed = browser.post("startup.applications.step", {"go": "remove-deck"}, **place)

    assert "Mon deck.pdf 3 pages" in shown.text
    assert handed.body.startswith(b"%PDF-")
    assert handed.response.headers["Content-Disposition"] == 'attachment; filename="Mon deck.pdf"'
    assert handed.response.headers["X-Content-Type-Options"] == "nosniff"
    assert handed.response.mimetype == "application/pdf"
    assert removed.status == 302
    assert db.scalars(select(Deck)).all() == []
    assert browser.get("startup.applications.deck", application_id=draft.id).status == 404


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (
            b"<html><script>alert(1)</script>",
            "This file is not a PDF, whatever its name says. Export your deck as PDF.",
        ),
        (b"%PDF-1.4 broken", "This PDF cannot be opened: it is damaged or not a normal deck. Export it again."),
    ],
)
def test_deck_refused_by_content_keeps_the_answers_typed_with_it(browser, db, ada, draft, content, reason):
    asked = questions(db, draft)[2]

    page = browser.sign_in(ada).post(
        "startup.applications.step",
        {f"q_{asked.id}": "yes", f"base_{asked.id}": "", "deck": (io.BytesIO(content), "deck.pdf"), "go": "on"},
        application_id=draft.id,
        step=4,
    )

    assert page.status == 422
    assert page.errors == [f"Pitch deck: {reason}"]
    assert page.value(f"q_{asked.id}") == "yes"
    assert db.scalars(select(Deck)).all() == []


def test_every_sample_file_is_taken_or_refused_with_a_reason(browser, db, ada, draft, shared):
    browser.sign_in(ada)
    statuses = set()

    for path in sorted((shared / "bad-input").glob("p*/*")):
        upload = {"deck": (io.BytesIO(path.read_bytes()), path.stem + ".pdf")}
        page = browser.post("startup.applications.step", upload, application_id=draft.id, step=4)
        statuses.add(page.status)
        assert page.status == 302 or page.errors[0].startswith("Pitch deck: "), path.name

    assert statuses == {302, 422}


def test_check_lists_what_is_missing_with_a_way_to_each(browser, db, ada, draft):
    page = browser.sign_in(ada).get("startup.applications.check", application_id=draft.id)

    first = questions(db, draft)[0]
    assert "4 things are left to do." in page.text
    assert page.links("Which problem?") == [f"/my/applications/{draft.id}/steps/2?check=1#q_{first.id}"]
    assert page.links("Pitch deck") == [f"/my/applications/{draft.id}/steps/4?check=1#deck"]
    assert "Submit the application" not in page.text


def test_submit_gives_a_receipt_with_the_second(browser, db, ada, draft):
    complete(db, draft)
    at("2026-12-01T10:20:30Z")
    browser.sign_in(ada)

    checked = browser.get("startup.applications.check", application_id=draft.id)
    sent = browser.post("startup.applications.submit", {"is_true": "y"}, application_id=draft.id)
    twice = browser.post("startup.applications.submit", {"is_true": "y"}, application_id=draft.id)
    page = browser.follow(sent)

    assert "Nobody" in checked.text and "A problem." in checked.text
    db.refresh(draft)
    assert sent.location == twice.location == f"/my/applications/{draft.id}"
    assert draft.receipt in page.text
    assert "Arrived on 1 December 2026 at 11:20:30 (Paris time)" in page.text
    assert page.links("Add the next dates to my calendar") == [f"/my/applications/{draft.id}/dates.ics"]


def test_submit_without_the_declaration_is_refused(browser, db, ada, draft):
    complete(db, draft)

    page = browser.sign_in(ada).post("startup.applications.submit", {"may_contact": "y"}, application_id=draft.id)

    assert page.status == 422
    assert page.errors == ["The answers are true and we may make this application.: Confirm that the answers are true."]
    assert page.value("may_contact") == "y"


def test_submit_incomplete_is_refused(browser, db, ada, draft):
    page = browser.sign_in(ada).post("startup.applications.submit", {"is_true": "y"}, application_id=draft.id)

    assert page.status == 422
    assert page.errors == ["Some answers are missing or need a change. The list shows which."]


@pytest.mark.parametrize("form", [{"is_true": "y"}, {}])
def test_submit_late_says_so_and_is_on_record(browser, db, ada, draft, form):
    complete(db, draft)
    clock.fix(db.get_one(make.Batch, draft.batch_id).closes_at)

    page = browser.sign_in(ada).post("startup.applications.submit", form, application_id=draft.id)

    assert page.status == 422
    assert "it has not been submitted" in page.errors[0]
    db.refresh(draft)
    assert draft.state is ApplicationState.DRAFT
    assert db.scalars(select(LateArrival.application_id)).all() == [draft.id]


def test_a_sent_application_is_read_not_edited(browser, db, ada, draft):
    complete(db, draft)
    browser.sign_in(ada).post("startup.applications.submit", {"is_true": "y"}, application_id=draft.id)
    asked = questions(db, draft)[0]

    for view in ("step", "check"):
        values = {"step": 2} if view == "step" else {}
        page = browser.get(f"startup.applications.{view}", application_id=draft.id, **values)
        assert page.location == f"/my/applications/{draft.id}"
    page = browser.post("startup.applications.step", {f"q_{asked.id}": "late"}, application_id=draft.id, step=2)
    assert page.status == 409
    assert "A problem." in browser.get("startup.applications.show", application_id=draft.id).text


def test_dates_come_as_whole_days(browser, db, ada, draft):
    page = browser.sign_in(ada).get("startup.applications.dates", application_id=draft.id)

    of = db.get_one(make.Batch, draft.batch_id)
    assert page.response.mimetype == "text/calendar"
    assert page.body.count("BEGIN:VEVENT") == 3
    assert f"DTSTART;VALUE=DATE:{of.decides_on:%Y%m%d}" in page.body
    assert f"SUMMARY:Decision: {of.name_en}" in page.body


def test_a_rolling_call_has_no_dates_to_note(browser, db, ada):
    one = make.application(of=make.batch(is_rolling=True), by=make.startup(people=(ada,)))

    page = browser.sign_in(ada).get("startup.applications.show", application_id=one.id)

    assert page.links("Add the next dates to my calendar") == []
    assert browser.get("startup.applications.dates", application_id=one.id).status == 404


def test_withdraw_asks_first_and_can_be_taken_up_again(browser, db, ada, draft):
    complete(db, draft)
    browser.sign_in(ada).post("startup.applications.submit", {"is_true": "y"}, application_id=draft.id)

    asked = browser.get("startup.applications.withdraw", application_id=draft.id)
    done = browser.post("startup.applications.withdraw", application_id=draft.id)
    page = browser.follow(done)

    assert asked.h1 == "Withdraw this application?"
    assert page.notices == ["The application has been withdrawn."]
    assert page.links("Take it up again") == ["/my/applications/start/GS-1"]
    db.refresh(draft)
    assert draft.state is ApplicationState.WITHDRAWN


def test_withdraw_is_not_offered_once_refused(browser, db, ada):
    one = make.application(by=make.startup(people=(ada,)), state=ApplicationState.INADMISSIBLE)

    page = browser.sign_in(ada).get("startup.applications.withdraw", application_id=one.id)

    assert page.location == f"/my/applications/{one.id}"


def test_a_refusal_says_why(browser, db, ada):
    one = make.application(
        by=make.startup(people=(ada,)),
        state=ApplicationState.INADMISSIBLE,
        screening_reason="other\nThe product is not about AI.",
    )

    page = browser.sign_in(ada).get("startup.applications.show", application_id=one.id)

    assert "The product is not about AI." in page.text
    assert "other\n" not in page.body


def test_a_refusal_is_told_when_its_letter_leaves(browser, db, ada):
    one = make.application(by=make.startup(people=(ada,)))
    manager = make.actor(make.manager())
    reason = ScreeningReason(ScreeningGround.OUT_OF_SCOPE, "No model is used.")
    screening.turn_down(actor=manager, application_id=one.id, reason=reason)
    browser.sign_in(ada)

    before = browser.get("startup.applications.show", application_id=one.id)
    letters.release_drafts(actor=manager, about=[f"application:{one.id}"])
    after = browser.get("startup.applications.show", application_id=one.id)

    assert ("Submitted" in before.text, "No model is used." in before.text) == (True, False)
    assert ("Not admissible" in after.text, "No model is used." in after.text) == (True, True)


def test_strangers_find_nothing(browser, db, draft):
    browser.sign_in(make.user())

    for page in (
        browser.get("startup.applications.show", application_id=draft.id),
        browser.get("startup.applications.step", application_id=draft.id, step=2),
        browser.post("startup.applications.step", {"go": "on"}, application_id=draft.id, step=2),
        browser.post_json("startup.applications.autosave", {"answers": {}}, application_id=draft.id),
        browser.get("startup.applications.deck", application_id=draft.id),
        browser.get("startup.applications.check", application_id=draft.id),
        browser.post("startup.applications.submit", {"is_true": "y"}, application_id=draft.id),
        browser.get("startup.applications.dates", application_id=draft.id),
        browser.get("startup.applications.withdraw", application_id=draft.id),
        browser.post("startup.applications.withdraw", application_id=draft.id),
    ):
        assert page.status == 404


def test_reviewers_have_no_applications(browser, db, draft):
    page = browser.sign_in(make.user(Role.REVIEWER)).get("startup.applications.show", application_id=draft.id)

    assert page.status == 403


def test_pages_of_the_form_cost_a_fixed_number_of_statements(browser, db, ada, draft, count_statements):
    browser.sign_in(ada)
    number = draft.id
    with count_statements() as few:
        browser.get("startup.applications.step", application_id=number, step=2)
    of = db.get_one(make.Batch, draft.batch_id)
    for _number in range(5):
        make.answer(draft, make.question(of), "text")

    browser.sign_in(ada)
    with count_statements() as many:
        browser.get("startup.applications.step", application_id=number, step=2)

    assert few.count == many.count == 5
