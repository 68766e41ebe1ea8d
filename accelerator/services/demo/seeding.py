"""Services · Demo · Seeding — fill an empty house, chapter by chapter; refuse any other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random
from typing import Final

from sqlalchemy import String, cast, func, select, update

from accelerator.extensions import Model, db
from accelerator.kernel import clock
from accelerator.kernel.actor import SYSTEM
from accelerator.kernel.enums import ApplicationState, LetterState
from accelerator.kernel.errors import Conflict, RuleViolation
from accelerator.kernel.message import Message
from accelerator.models.accounts import User
from accelerator.models.applications import Application
from accelerator.models.audit import AuditEntry
from accelerator.models.counter import Reached
from accelerator.models.letters import Letter
from accelerator.models.reviewing import Review
from accelerator.models.startups import Membership, Startup
from accelerator.models.workshops import WorkshopSession
from accelerator.services import audit, blindness, programme_setup, rankings
from accelerator.services.demo.accounts import ACCOUNTS, open_accounts
from accelerator.services.demo.applications import Applying
from accelerator.services.demo.calibration import calibrate
from accelerator.services.demo.counting import Counting
from accelerator.services.demo.credits import plan_credits
from accelerator.services.demo.decisions import plan_decision, set_rules
from accelerator.services.demo.discussion import hold_discussions
from accelerator.services.demo.meeting import plan_meeting
from accelerator.services.demo.reviews import review_batch
from accelerator.services.demo.startups import Founding
from accelerator.services.demo.story import (
    FINISHED,
    IN_REVIEW,
    ROLLING,
    RUNNING,
    SIZES,
    BatchFacts,
    Story,
    open_the_story,
)
from accelerator.services.demo.workshops import hold_workshops
from accelerator.services.transaction import transaction

S = ApplicationState
SIGN: Final = "seeded the demo"


@dataclass(frozen=True)
class Seeded:
    """What the house holds now; `is_new` is False when the demo was there already."""

    is_new: bool
    startups: int
    applications: int
    reviews: int
    workshop_sessions: int
    reached: int


def seed(
    *, size: str, number: int, today: date | None = None, tell: Callable[[str], None] = lambda _line: None
) -> Seeded:
    """Fill a house that holds nothing but the shipped programme, whole or not at all.

    Args:   number is the seed; today is the day the story is told on; tell hears what comes next.
    Raises: Conflict when the database holds anything else; RuleViolation for an unknown size.
    """
    if size not in SIZES:
        raise RuleViolation(Message("There is no size “%(size)s”.", size=size))
    with transaction():
        if _is_demo():
            return _figures(is_new=False)
        _refuse_other_data()
        story = Story(SIZES[size], Random(number), today or clock.today_in("Europe/Paris"))
        with clock.held(story.now):
            _tell(story, tell)
            audit.record(SYSTEM, SIGN, "house", size=size, seed=number, today=story.today)
        return _figures(is_new=True)


def _tell(story: Story, tell: Callable[[str], None]) -> None:
    programme_setup.install(actor=SYSTEM)
    open_the_story(story)
    open_accounts(story)
    founding, applying = Founding(story), Applying(story)
    for code in (*FINISHED, RUNNING):
        tell(code)
        _decided_batch(story, founding, applying, story.batches[code])
    tell(IN_REVIEW)
    _batch_in_review(story, founding, applying, story.batches[IN_REVIEW])
    tell(ROLLING)
    _rolling_call(story, founding, applying, story.batches[ROLLING])
    applying.keep()
    story.book.write()
    tell("decisions and credits")
    plan_credits(story)
    hold_discussions(story)
    story.live()
    tell("workshops")
    counting = Counting(story)
    hold_workshops(story, founding, counting)
    counting.keep()
    story.book.write()
    tell("ranking")
    calibrate(story, story.batches[IN_REVIEW])
    rankings.compute_ranking(actor=SYSTEM, code=IN_REVIEW)
    tell("blind reading")
    blindness.search_batch(story.batches[IN_REVIEW].id)
    db.session.flush()
    set_rules(story, story.batches[IN_REVIEW])
    _send_letters()
    _sign_in()


def _decided_batch(story: Story, founding: Founding, applying: Applying, batch: BatchFacts) -> None:
    entries = []
    favourite: int | None = None
    for place in range(story.size.decided_applications):
        is_ours = batch.code == RUNNING and place == 0
        startup = founding.startup(
            since=batch.opens_at.date(),
            user_id=story.people["founder"] if is_ours else None,
            founder=ACCOUNTS[0].name if is_ours else "",
            region_code="84" if is_ours else "",
        )
        state = S.ADMISSIBLE if is_ours or story.chance.random() < 0.94 else S.INADMISSIBLE
        entry = applying.entry(batch, startup, state)
        if is_ours:
            favourite, entry = startup.id, replace(entry, quality=4.6)
        entries.append(entry)
    read = [entry for entry in entries if entry.state is S.ADMISSIBLE]
    review_batch(story, applying, batch, read, reviewers=story.size.reviewers_decided, done_share=1.0)
    if batch.code == RUNNING:
        plan_meeting(story, batch, favourite)
    plan_decision(story, batch, favourite)


def _batch_in_review(story: Story, founding: Founding, applying: Applying, batch: BatchFacts) -> None:
    since = batch.opens_at.date()
    entries = []
    count = story.size.review_applications
    states = [S.ADMISSIBLE] * count + [S.INADMISSIBLE] * (count // 20) + [S.WITHDRAWN] * (count // 40)
    for state in story.chance.sample(states, len(states)) + [S.DRAFT] * (count // 14):
        entries.append(applying.entry(batch, founding.startup(since=since), state))
    read = [entry for entry in entries if entry.state is S.ADMISSIBLE]
    for entry in story.chance.sample(read, min(story.size.decks, len(read))):
        applying.deck(entry)
    size = story.size
    review_batch(story, applying, batch, read, reviewers=size.reviewers_review, done_share=size.review_done_share)


def _rolling_call(story: Story, founding: Founding, applying: Applying, batch: BatchFacts) -> None:
    for place in range(story.size.rolling_applications):
        region_code = story.chance.choice(
            ["84", "93", "76", "75", "52", "53", "32", "44", "28", "24", "27", "94", "04", "01"]
        )
        state = S.SUBMITTED if place % 3 == 0 else S.INADMISSIBLE if place % 11 == 5 else S.ADMISSIBLE
        applying.entry(batch, founding.startup(since=batch.opens_at.date(), region_code=region_code), state)
    own = founding.startup(
        since=story.today - timedelta(days=20),
        region_code="53",
        user_id=story.people["applicant"],
        founder=ACCOUNTS[1].name,
    )
    applying.entry(batch, own, S.DRAFT)


def _send_letters() -> None:
    """What was written on the way has long been sent, under names that the seed decides."""
    db.session.flush()
    db.session.execute(
        update(Letter)
        .where(Letter.state == LetterState.QUEUED)
        .values(state=LetterState.SENT, sent_at=Letter.written_at, attempts=1)
    )
    db.session.execute(update(Letter).values(message_id="<demo-" + cast(Letter.id, String) + "@accelerator>"))


def _sign_in() -> None:
    """Who has reviewed or applied has been here, last when the last of it was done."""
    db.session.flush()
    reviewed = select(func.max(Review.submitted_at)).where(Review.reviewer_user_id == User.id)
    applied = (
        select(func.max(Application.saved_at))
        .join(Membership, Membership.startup_id == Application.startup_id)
        .where(Membership.user_id == User.id)
    )
    seen = func.coalesce(reviewed.scalar_subquery(), applied.scalar_subquery())
    db.session.execute(update(User).values(last_sign_in_at=seen).execution_options(synchronize_session=False))


def _is_demo() -> bool:
    return db.session.scalar(select(AuditEntry.id).where(AuditEntry.verb == SIGN).limit(1)) is not None


def _refuse_other_data() -> None:
    for table, name in (
        (User, "people"),
        (Startup, "startups"),
        (Application, "applications"),
        (WorkshopSession, "workshop sessions"),
    ):
        count = _count(table)
        if count:
            raise Conflict(
                Message(
                    "This database holds %(count)s %(things)s already. The demo fills an empty one only: set INSTANCE or "
                    "DATABASE_URL to another place.",
                    count=count,
                    things=name,
                )
            )


def _figures(*, is_new: bool) -> Seeded:
    return Seeded(
        is_new, _count(Startup), _count(Application), _count(Review), _count(WorkshopSession), _count(Reached)
    )


def _count(table: type[Model]) -> int:
    return db.session.scalar(select(func.count()).select_from(table)) or 0
