"""The desk, the blind dossier with its scorecard, stepping back, the deck: for the reviewer, and for strangers."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy import select

from accelerator.extensions import db as database
from accelerator.forms.base import clean_text
from accelerator.kernel import clock
from accelerator.kernel.enums import ApplicationState, AssignmentState, BatchState, QuestionKind, Role
from accelerator.models.applications import Deck
from accelerator.models.reviewing import Assignment, ConflictOfInterest, Review, ReviewDraft, Score
from accelerator.outbound import files
from tests import make


class Desk:
    """A reviewer with three dossiers of one batch, in desk order."""

    def __init__(self, dossiers: int = 3) -> None:
        self.ada = make.user(Role.REVIEWER, name="Ada")
        rubric = make.rubric("3", "1")
        self.team, self.market = make.criteria(rubric)
        self.batch = make.batch(rubric_id=rubric.id, state=BatchState.REVIEWING)
        self.applications = [
            make.application(of=self.batch, state=ApplicationState.ADMISSIBLE) for _ in range(dossiers)
        ]
        self.assignments = [
            make.assignment(of=application, reviewer=self.ada, position=place)
            for place, application in enumerate(self.applications, start=1)
        ]
        self.ids = [assignment.id for assignment in self.assignments]
        self.codes = [f"{application.id:03d}" for application in self.applications]
        self.scores = {f"criterion_{self.team.id}": "5", f"criterion_{self.market.id}": "1"}


@pytest.fixture
def desk(db):
    return Desk()


def test_desk_lists_own_dossiers_in_order_with_the_time_left(browser, desk, db):
    page = browser.sign_in(desk.ada).get("reviewer.reviewing.desk")

    assert page.h1 == "My desk"
    assert [row[0] for row in page.table("To do, in your order")] == [f"Dossier {code}" for code in desk.codes]
    assert "0 of 3 done, about 30 minutes left" in page.text
    assert "Counted at 10 minutes a dossier until your own pace is known." in page.text
    assert "(Paris time)" in page.text
    assert page.links("Open the next dossier") == [f"/reviewing/assignments/{desk.ids[0]}"]


def test_desk_counts_at_the_own_pace(browser, desk, db):
    browser.sign_in(desk.ada).post(f"/reviewing/assignments/{desk.ids[0]}", {**desk.scores, "seconds": "420"})

    page = browser.get("reviewer.reviewing.desk")

    assert "1 of 3 done, about 15 minutes left" in page.text
    assert "Counted at your own pace: about 7 minutes a dossier." in page.text
    assert page.table("Dossiers reviewed")[0][-1] == "4.00"


def test_desk_without_dossiers_says_what_comes(browser, db):
    page = browser.sign_in(make.user(Role.REVIEWER)).get("reviewer.reviewing.desk")

    assert "No dossier is waiting for you" in page.text


def test_desk_of_a_closed_round_offers_nothing_to_open(browser, desk, db):
    desk.batch.reviews_due_at = clock.now() - timedelta(hours=1)
    db.commit()

    page = browser.sign_in(desk.ada).get("reviewer.reviewing.desk")

    assert "Closed on" in page.text
    assert page.links("Open the next dossier") == []


@pytest.mark.parametrize("dossiers", [1, 3])
def test_desk_costs_the_same_whatever_it_shows(app, browser, db, dossiers):
    desk = Desk(dossiers)
    statements: list[str] = []

    def note(_connection, _cursor, statement, *_rest):
        statements.append(statement)

    browser.sign_in(desk.ada)
    sa.event.listen(database.engine, "before_cursor_execute", note)
    browser.get("/reviewing/")
    sa.event.remove(database.engine, "before_cursor_execute", note)

    assert len([text for text in statements if text.startswith("SELECT")]) == 4


def test_review_page_shows_answers_and_labelled_points(browser, desk, db):
    question = make.question(desk.batch, label_en="What does it do?")
    choice = make.question(
        desk.batch,
        kind=QuestionKind.CHOICE,
        label_en="Who uses it?",
        choices=[{"value": "testers", "fr": "Des testeurs", "en": "Testers"}],
    )
    yes = make.question(desk.batch, kind=QuestionKind.YES_NO, label_en="Is it live?")
    make.question(desk.batch, label_en="What else?")
    make.answer(desk.applications[0], question, "It reads <b>charts</b>.\nAnd {{ 7*7 }} more.")
    make.answer(desk.applications[0], choice, "testers")
    make.answer(desk.applications[0], yes, "yes")

    page = browser.sign_in(desk.ada).get("reviewer.reviewing.review", assignment_id=desk.ids[0])

    assert page.h1 == f"Dossier {desk.codes[0]}"
    answers = [" ".join(node.text_content().split()) for node in page.tree.xpath("//*[@class='dossier-answer']")]
    assert answers == [
        "What does it do? It reads <b>charts</b>. And {{ 7*7 }} more.",
        "Who uses it? Testers",
        "Is it live? Yes",
        "What else? Not answered.",
    ]
    legends = [" ".join(node.text_content().split()) for node in page.tree.xpath("//legend")]
    assert legends == ["1. Criterion 1 75%", "2. Criterion 2 25%"]
    assert "Anchor 5" in page.text


def test_submit_saves_and_goes_on_to_the_next(browser, desk, db):
    page = browser.sign_in(desk.ada).post(
        "reviewer.reviewing.review",
        {**desk.scores, "comment": "Strong team.", "seconds": "90"},
        assignment_id=desk.ids[0],
    )

    assert page.location == f"/reviewing/assignments/{desk.ids[1]}"
    assert db.scalars(select(Review.comment)).all() == ["Strong team."]
    assert sorted(db.scalars(select(Score.points))) == [1, 5]


def test_submit_of_the_last_one_returns_to_the_desk(browser, db):
    desk = Desk(1)

    page = browser.sign_in(desk.ada).post(
        "reviewer.reviewing.review", {**desk.scores, "comment": ""}, assignment_id=desk.ids[0]
    )

    assert page.location == "/reviewing/"
    assert "All done, thank you." in browser.follow(page).text


def test_submit_incomplete_keeps_what_was_typed_and_names_what_is_missing(browser, desk, db):
    page = browser.sign_in(desk.ada).post(
        "reviewer.reviewing.review",
        {f"criterion_{desk.team.id}": "4", "comment": "Half done"},
        assignment_id=desk.ids[0],
    )

    assert page.status == 422
    assert page.errors == ["Score every criterion.", "Criterion 2"]
    assert page.value(f"criterion_{desk.team.id}") == "4"
    assert page.value("comment") == "Half done"
    assert db.scalars(select(Review)).all() == []


@pytest.mark.parametrize("points", ["0", "6", "99", "x", "", "-1", "4.5", "٣"])
def test_submit_with_points_off_the_scale_is_refused(browser, desk, db, points):
    page = browser.sign_in(desk.ada).post(
        "reviewer.reviewing.review",
        {**desk.scores, f"criterion_{desk.team.id}": points},
        assignment_id=desk.ids[0],
    )

    assert page.status == 422
    assert db.scalars(select(Review)).all() == []


def test_submit_with_a_criterion_of_another_rubric_is_refused(browser, desk, db):
    (other,) = make.criteria(make.rubric("1"))

    page = browser.sign_in(desk.ada).post(
        "reviewer.reviewing.review", {**desk.scores, f"criterion_{other.id}": "3"}, assignment_id=desk.ids[0]
    )

    assert page.errors == ["This criterion is not part of the rubric."]
    assert db.scalars(select(Review)).all() == []


def test_skip_changes_nothing_and_comes_back_at_the_end(browser, desk, db):
    first = browser.sign_in(desk.ada).get("reviewer.reviewing.review", assignment_id=desk.ids[0])
    (skip,) = first.links("Skip for now")

    second = browser.get(skip)
    sent = browser.post(second.tree.xpath("//form[@data-scorecard]")[0].get("action"), desk.scores)
    last = browser.follow(sent)
    end = browser.post(last.tree.xpath("//form[@data-scorecard]")[0].get("action"), desk.scores)

    assert skip == f"/reviewing/assignments/{desk.ids[1]}?skipped={desk.ids[0]}"
    assert sent.location == f"/reviewing/assignments/{desk.ids[2]}?skipped={desk.ids[0]}"
    assert end.location == f"/reviewing/assignments/{desk.ids[0]}?skipped={desk.ids[0]}"
    assert db.get(Assignment, desk.ids[0]).state is AssignmentState.OPEN


def test_a_crooked_skip_list_is_ignored(browser, desk, db):
    page = browser.sign_in(desk.ada).get(f"/reviewing/assignments/{desk.ids[0]}?skipped=a,-3,,99999999999999999999,7")

    assert page.status == 200


def test_autosave_keeps_a_draft_that_the_page_shows_again(browser, desk, db):
    answer = browser.sign_in(desk.ada).post(
        "reviewer.reviewing.autosave",
        {f"criterion_{desk.team.id}": "2", "comment": "So far", "seconds": "12"},
        assignment_id=desk.ids[0],
    )
    page = browser.get("reviewer.reviewing.review", assignment_id=desk.ids[0])

    assert answer.json["stamp"] == pytest.approx(db.scalars(select(ReviewDraft.saved_at)).one().timestamp())
    assert page.value(f"criterion_{desk.team.id}") == "2"
    assert page.value("comment") == "So far"
    assert "Draft kept, not sent yet." in page.text
    assert browser.get("/reviewing/").table("To do, in your order")[0][3] == "Begun"


def test_advice_to_the_startup_is_kept_apart_from_the_comment(browser, desk, db):
    path = f"/reviewing/assignments/{desk.ids[0]}"
    browser.sign_in(desk.ada).post(f"{path}/autosave", {"comment": "For us.", "advice": "Half a thought"})
    begun = browser.get(path)
    browser.post(path, {**desk.scores, "comment": "For us.", "advice": "Show a paying client."})
    sent = browser.get(path)
    too_long = browser.post(path, {**desk.scores, "advice": "x" * 2001})

    assert (begun.value("comment"), begun.value("advice")) == ("For us.", "Half a thought")
    assert (sent.value("comment"), sent.value("advice")) == ("For us.", "Show a paying client.")
    assert db.execute(select(Review.comment, Review.advice)).all() == [("For us.", "Show a paying client.")]
    assert too_long.errors == ["To the startup: what would make the project stronger?: At most 2,000 characters."]
    assert db.scalars(select(ReviewDraft)).all() == []


def test_autosave_too_long_or_too_late_says_why(browser, desk, db):
    browser.sign_in(desk.ada)
    long = browser.post("reviewer.reviewing.autosave", {"comment": "x" * 4001}, assignment_id=desk.ids[0])
    desk.batch.reviews_due_at = clock.now()
    db.commit()
    late = browser.post("reviewer.reviewing.autosave", {"comment": "x"}, assignment_id=desk.ids[0])

    assert (long.status, late.status) == (422, 422)
    assert "too long" in long.json["error"] and late.json["error"].startswith("This round closed on")
    assert db.scalars(select(ReviewDraft)).all() == []


def test_after_the_due_date_the_review_is_read_only_with_a_sentence(browser, desk, db):
    browser.sign_in(desk.ada).post(f"/reviewing/assignments/{desk.ids[0]}", {**desk.scores, "comment": "Mine."})
    desk.batch.reviews_due_at = clock.now()
    db.commit()

    page = browser.get("reviewer.reviewing.review", assignment_id=desk.ids[0])
    refused = browser.post(f"/reviewing/assignments/{desk.ids[0]}", {**desk.scores, "comment": "Changed."})

    assert "This round closed on" in page.text and "Mine." in page.text
    assert page.tree.xpath("//input[@type='radio'][not(@disabled)]") == []
    assert page.tree.xpath("//button[contains(., 'Send')]") == []
    assert refused.status == 422
    assert db.scalars(select(Review.comment)).all() == ["Mine."]


def test_conflict_takes_the_dossier_off_the_desk_at_once(browser, desk, db):
    page = browser.sign_in(desk.ada).post(
        "reviewer.reviewing.declare_conflict", {"conflict_reason": "My cousin."}, assignment_id=desk.ids[0]
    )

    assert page.location == f"/reviewing/assignments/{desk.ids[1]}"
    assert db.scalars(select(ConflictOfInterest.ground)).all() == ["My cousin."]
    assert browser.get(f"/reviewing/assignments/{desk.ids[0]}").status == 404
    assert "Conflicts of interest you declared (1)" in browser.get("/reviewing/").text


@pytest.mark.parametrize(
    ("endpoint", "field", "label"),
    [
        ("declare_conflict", "conflict_reason", "What ties you to this startup?"),
        ("give_back", "give_back_reason", "Why are you giving it back?"),
    ],
)
def test_stepping_back_without_a_reason_is_refused(browser, desk, db, endpoint, field, label):
    browser.sign_in(desk.ada)
    empty = browser.post(f"reviewer.reviewing.{endpoint}", {field: "  "}, assignment_id=desk.ids[0])
    long = browser.post(f"reviewer.reviewing.{endpoint}", {field: "x" * 301}, assignment_id=desk.ids[0])

    assert (empty.status, empty.errors) == (422, [f"{label}: Write a sentence."])
    assert (long.status, long.errors) == (422, [f"{label}: At most 300 characters."])
    assert long.value(field) == "x" * 301
    assert db.get(Assignment, desk.ids[0]).state is AssignmentState.OPEN


def test_give_back_goes_on_to_the_next(browser, desk, db):
    page = browser.sign_in(desk.ada).post(
        "reviewer.reviewing.give_back", {"give_back_reason": "No time."}, assignment_id=desk.ids[0]
    )

    assert page.location == f"/reviewing/assignments/{desk.ids[1]}"
    assert db.get(Assignment, desk.ids[0]).state is AssignmentState.DECLINED
    assert browser.get(f"/reviewing/assignments/{desk.ids[0]}").status == 404


def _deck(application, content=b"%PDF-1.7 x"):
    name, digest = files.keep(content, folder="decks", suffix=".pdf")
    database.session.add(
        Deck(
            application_id=application.id,
            file_name="Boreal-AI.pdf",
            size_bytes=len(content),
            pages=12,
            sha256=digest,
            stored_as=name,
            uploaded_at=clock.now(),
        )
    )
    database.session.commit()


def test_deck_comes_as_an_attachment_with_a_neutral_name(browser, desk, db):
    _deck(desk.applications[0])

    answer = browser.sign_in(desk.ada).get("reviewer.reviewing.deck", assignment_id=desk.ids[0])

    assert answer.response.headers["Content-Disposition"] == f"attachment; filename=dossier-{desk.codes[0]}.pdf"
    assert answer.body == b"%PDF-1.7 x"


@pytest.mark.parametrize(
    "stranger",
    [lambda: make.user(Role.REVIEWER), lambda: make.user(Role.FOUNDER), lambda: make.manager(), None],
    ids=["another reviewer", "founder", "manager", "nobody"],
)
def test_strangers_get_nothing(browser, desk, db, stranger):
    _deck(desk.applications[0])
    expected = {404, 403}
    if stranger is None:
        expected = {302}
    else:
        person = stranger()
        make.statement(person)
        browser.sign_in(person)
    path = f"/reviewing/assignments/{desk.ids[0]}"

    statuses = {
        browser.get(path).status,
        browser.get(f"{path}/deck").status,
        browser.post(path, desk.scores).status,
        browser.post(f"{path}/autosave", {"comment": "x"}).status,
        browser.post(f"{path}/conflict", {"conflict_reason": "x"}).status,
        browser.post(f"{path}/give-back", {"give_back_reason": "x"}).status,
    }

    assert statuses <= expected and len(statuses) == 1
    assert db.get(Assignment, desk.ids[0]).state is AssignmentState.OPEN
    assert db.scalars(select(ReviewDraft)).all() == []


def test_conflicted_and_withdrawn_dossiers_are_404_on_every_path(browser, desk, db):
    _deck(desk.applications[0])
    _deck(desk.applications[1], b"%PDF-1.7 y")
    desk.assignments[0].state = AssignmentState.CONFLICTED
    desk.applications[1].state = ApplicationState.WITHDRAWN
    db.commit()
    browser.sign_in(desk.ada)

    for id_ in desk.ids[:2]:
        path = f"/reviewing/assignments/{id_}"
        assert browser.get(path).status == browser.get(f"{path}/deck").status == 404
        assert browser.post(path, desk.scores).status == 404
        assert browser.post(f"{path}/autosave", {"comment": "x"}).status == 404


def test_reviewers_never_see_who_applied_nor_what_others_think(browser, db):
    founder = make.user(name="Hypatia Dubois", email="hypatia@boreal-ai.fr")
    startup = make.startup(
        people=(founder,),
        name="Boreal Intelligence SAS",
        website="https://boreal-ai.fr",
        city="Quimperlé",
        postcode="29300",
        pitch="Boreal reads charts.",
    )
    desk = Desk(1)
    application = make.application(of=desk.batch, by=startup, state=ApplicationState.ADMISSIBLE)
    assignment = make.assignment(of=application, reviewer=desk.ada, position=0)
    team = make.question(desk.batch, is_identifying=True, label_en="Who are you?")
    video = make.question(desk.batch, kind=QuestionKind.URL, label_en="A video?")
    make.answer(application, team, "Hypatia Dubois and friends")
    make.answer(application, video, "https://video.example/boreal-ai")
    _deck(application)
    other = make.user(Role.REVIEWER, name="Grace Hopper")
    others = make.assignment(of=application, reviewer=other)
    browser.sign_in(other).post(
        f"/reviewing/assignments/{others.id}", {**desk.scores, "comment": "GRACE-COMMENT", "advice": "GRACE-ADVICE"}
    )
    siren = startup.siren
    browser.sign_in(desk.ada)
    path = f"/reviewing/assignments/{assignment.id}"

    seen = [
        browser.get("/reviewing/").body,
        browser.get(path).body,
        browser.post(path, {}).body,
        browser.post(f"{path}/autosave", {"comment": "x"}).body,
        browser.post(f"{path}/conflict", {}).body,
        str(browser.get(f"{path}/deck").response.headers),
    ]

    words = ["boreal", "hypatia", "dubois", siren, "quimperlé", "29300", "video.example", "grace"]
    for page in seen:
        for word in words:
            assert word not in page.lower()
    browser.post(path, desk.scores)
    for page in (browser.get("/reviewing/").body, browser.get(path).body):
        assert not [word for word in words if word in page.lower()]


def test_what_is_blind_is_not_even_asked_of_the_database(browser, desk, db):
    statements: list[str] = []

    def note(_connection, _cursor, statement, *_rest):
        statements.append(statement)

    browser.sign_in(desk.ada)
    sa.event.listen(database.engine, "before_cursor_execute", note)
    browser.get(f"/reviewing/assignments/{desk.ids[0]}")
    browser.get("/reviewing/")
    sa.event.remove(database.engine, "before_cursor_execute", note)

    text = "\n".join(statements)
    for column in ("startup.name", "startup.siren", "startup.website", "startup.pitch", "startup.city", "file_name"):
        assert column not in text
    assert "is_identifying IS 0" in text or "is_identifying IS false" in text


@pytest.mark.shared
def test_naughty_strings_through_every_text_field_come_back_whole_or_refused(browser, desk, db, shared):
    strings = json.loads((shared / "bad-input" / "blns.json").read_text(encoding="utf-8"))
    browser.sign_in(desk.ada)
    path = f"/reviewing/assignments/{desk.ids[0]}"

    for text in strings:
        saved = browser.post(f"{path}/autosave", {"comment": text})
        assert saved.status in (200, 422)
    for text in strings[::25]:
        sent = browser.post(path, {**desk.scores, "comment": text, "seconds": text, "criterion_" + text[:20]: text})
        assert sent.status in (302, 422)
        if sent.status == 302:
            assert browser.get(path).value("comment") == clean_text(text)
        refused = browser.post(f"{path}/conflict", {"conflict_reason": text + "x" * 301})
        assert refused.status == 422
