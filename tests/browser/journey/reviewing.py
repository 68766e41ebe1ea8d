"""Step 4: reviewers read without names, score by keyboard, step back from a tie; the manager watches."""

from __future__ import annotations

from accelerator.extensions import db
from accelerator.kernel.enums import AssignmentState
from accelerator.models.applications import Application
from accelerator.models.reviewing import Assignment, Criterion, Review
from accelerator.models.startups import Startup
from accelerator.services import reviewing
from tests.browser.conftest import Person
from tests.browser.journey.applying import OTHERS
from tests.browser.journey.story import Story, press_key
from tests.conftest import at

COMMENT = "Une équipe qui mesure. 5 s c ?"


def one_reviewer_works_by_keyboard(story: Story) -> None:
    """The first dossier is scored, the second left for a tie, both without touching the mouse."""
    at("2027-05-20T09:00Z")
    reader = story.signed_in(story.readers[0])
    reader.open("/reviewing/")
    reader.press(story.say("Open the next dossier"))
    reader.press(story.say("I have nothing to declare"))
    first = _dossier(story, reader)
    for points in _points(story, first, reader=0):
        reader.page.keyboard.press(str(points))
    reader.page.keyboard.type(COMMENT)
    press_key(reader, "Control+Enter")
    reader.reads(story.say("Review sent."))

    second = _dossier(story, reader)
    assert second != first
    reader.page.keyboard.press("c")
    reader.page.keyboard.type("Ma sœur y travaille.")
    reader.page.keyboard.press("Tab")
    press_key(reader, "Enter")
    reader.reads(story.say("Thank you. This dossier has left your desk."))
    _dossier(story, reader)

    story.look_again()
    assert [review.comment for review in db.session.query(Review)] == [COMMENT]
    assert db.session.get_one(Assignment, first).state is AssignmentState.REVIEWED
    assert db.session.get_one(Assignment, second).state is AssignmentState.CONFLICTED


def the_others_have_scored(story: Story) -> None:
    """What is left of three reviewers' work, stored by the service a page would call."""
    at("2027-06-02T09:00Z")
    story.look_again()
    open_now = db.session.query(Assignment).filter_by(state=AssignmentState.OPEN).order_by(Assignment.id)
    work = [(duty.id, story.readers.index(_email(story, duty.reviewer_user_id))) for duty in open_now]
    for duty_id, reader in work:
        criteria = _criteria(story)
        reviewing.submit_review(
            actor=story.actor(story.readers[reader]),
            assignment_id=duty_id,
            scores=dict(zip(criteria, _points(story, duty_id, reader=reader), strict=True)),
            comment="Lu deux fois.",
        )
    reader = story.signed_in(story.readers[0])
    reader.open("/reviewing/")
    reader.reads(story.say("All done, thank you. You can change a review until the round closes."))


def the_manager_sees_how_far_it_is(story: Story) -> None:
    """Fourteen reviews in, one application short because of the tie."""
    manager = story.manager
    manager.open(f"/staff/batches/{story.code}/reviewers/progress")
    manager.reads(story.say("%(done)s of %(count)s", done=14, count=14))
    manager.reads(story.say("applications without all their reviews"))


def _dossier(story: Story, reader: Person) -> int:
    """The assignment on the page, which names nobody."""
    html = reader.page.content()
    for name in (story.startup, *OTHERS, "Inès Marchand", story.founder_email, "Fondatrice"):
        assert name not in html
    return int(reader.page.url.split("/assignments/")[1].split("?")[0])


def _points(story: Story, duty_id: int, *, reader: int) -> list[int]:
    """The scores of one reviewer: by the quality of the startup, one point less on a criterion of their own."""
    story.look_again()
    startup = (
        db.session.query(Startup.name)
        .join(Application, Application.startup_id == Startup.id)
        .join(Assignment, Assignment.application_id == Application.id)
        .filter(Assignment.id == duty_id)
        .scalar()
    )
    quality = 5 - (story.startup, *OTHERS).index(startup)
    return [max(1, quality - (place == reader)) for place, _criterion in enumerate(_criteria(story))]


def _criteria(story: Story) -> list[int]:
    rows = db.session.query(Criterion.id).filter_by(rubric_id=story.batch().rubric_id).order_by(Criterion.position)
    return [row.id for row in rows]


def _email(story: Story, user_id: int) -> str:
    return next(email for email in story.readers if story.user(email).id == user_id)
