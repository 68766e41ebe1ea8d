"""Services · Demo · Story — what is drawn once and everybody shares: the day, the chance, the sizes, the batches."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import select, update

from accelerator.extensions import db
from accelerator.kernel import clock
from accelerator.kernel.enums import BatchState
from accelerator.models.programmes import Batch, Question
from accelerator.models.reviewing import Criterion
from accelerator.services.demo.book import Book, phrases

PARIS: Final = ZoneInfo("Europe/Paris")
FINISHED: Final = ("GS-2024-1", "GS-2025-1", "GS-2025-2", "GS-2026-1")
RUNNING: Final = "GS-2026-2"
IN_REVIEW: Final = "GS-2027-1"
ROLLING: Final = "REG-2027"


@dataclass(frozen=True)
class Size:
    """How much of everything."""

    decided_applications: int  # a decided batch
    review_applications: int  # admissible ones of the batch in review; a few others come on top
    review_done_share: float
    rolling_applications: int
    reviewers_decided: int
    reviewers_review: int
    regional_startups: int  # startups that come to workshops only
    workshop_sessions: int
    decks: int
    credited_batches: int  # the last ones whose members got credits


SIZES: Final = {
    "small": Size(24, 36, 0.7, 8, 6, 12, 140, 20, 3, 2),
    "normal": Size(110, 168, 0.7, 60, 10, 12, 1_120, 60, 24, 5),
    "large": Size(110, 10_000, 1.0, 60, 10, 300, 1_120, 60, 24, 5),
}


@dataclass(frozen=True)
class BatchFacts:
    """What the demo needs to know of one shipped batch."""

    id: int
    code: str
    places: int
    rubric_id: int
    reviews_per_application: int
    opens_at: datetime
    closes_at: datetime
    reviews_due_at: datetime
    decides_on: date
    starts_on: date
    ends_on: date
    questions: tuple[tuple[int, str], ...]  # id, code
    criteria: tuple[tuple[int, str], ...]  # id, weight


@dataclass
class Story:
    """One telling: the same seed and day give the same rows."""

    size: Size
    chance: Random
    today: date
    book: Book = field(default_factory=Book)
    batches: dict[str, BatchFacts] = field(default_factory=dict)
    people: dict[str, int] = field(default_factory=dict)  # account key -> user id
    reviewers: list[int] = field(default_factory=list)
    startups: dict[int, StartupFacts] = field(default_factory=dict)
    cohorts: dict[str, list[StartupFacts]] = field(default_factory=dict)
    _acts: list[tuple[datetime, Callable[[], None]]] = field(default_factory=list)

    @property
    def now(self) -> datetime:
        """Nine in the morning in Paris on the day of the story."""
        return datetime.combine(self.today, time(9), PARIS).astimezone(UTC)

    def startup(self, startup_id: int) -> StartupFacts:
        """One startup of the demo."""
        return self.startups[startup_id]

    def then(self, instant: datetime, act: Callable[[], None]) -> None:
        """Put an act on the timeline."""
        self._acts.append((instant, act))

    def live(self) -> None:
        """Everything on the timeline happens, in the order of time, each under a clock that stands at its instant."""
        for instant, act in sorted(self._acts, key=lambda planned: planned[0]):
            with clock.held(instant):
                act()
        self._acts.clear()

    def moment(self, start: datetime, end: datetime) -> datetime:
        """An instant between two, to the second."""
        seconds = max(int((end - start).total_seconds()), 1)
        return (start + timedelta(seconds=self.chance.randrange(seconds))).astimezone(UTC)

    def person_name(self) -> str:
        """A French name."""
        people = phrases("people")
        return f"{self.chance.choice(people['first'])} {self.chance.choice(people['family'])}"


@dataclass(frozen=True)
class StartupFacts:
    """One startup of the demo, as the other chapters need it."""

    id: int
    name: str
    siren: str
    region_code: str
    story: int  # the line of stories.toml it lives by
    founders: tuple[str, ...]
    user_id: int | None = None


def evening(day: date, hour: int = 18) -> datetime:
    """An hour of a day in Paris, in UTC."""
    return datetime.combine(day, time(hour), PARIS).astimezone(UTC)


def open_the_story(story: Story) -> None:
    """Bring the shipped batches to where the story needs them and remember them."""
    _move_the_present(story)
    for batch in db.session.scalars(select(Batch)):
        questions = db.session.execute(
            select(Question.id, Question.code)
            .where(Question.batch_id == batch.id)
            .order_by(Question.step, Question.position)
        )
        criteria = db.session.execute(
            select(Criterion.id, Criterion.weight)
            .where(Criterion.rubric_id == batch.rubric_id)
            .order_by(Criterion.position)
        )
        story.batches[batch.code] = BatchFacts(
            **{
                name: getattr(batch, name)
                for name in BatchFacts.__dataclass_fields__
                if name not in ("questions", "criteria")
            },
            questions=tuple((row.id, row.code) for row in questions),
            criteria=tuple((row.id, str(row.weight)) for row in criteria),
        )


def _move_the_present(story: Story) -> None:
    """The story is told in November 2026; on another day the batches of the present move with it."""
    now, today = story.now, story.today
    for code in (*FINISHED, RUNNING, IN_REVIEW):
        db.session.execute(update(Batch).where(Batch.code == code).values(state=BatchState.REVIEWING))
    batch = db.session.scalars(select(Batch).where(Batch.code == IN_REVIEW)).one()
    if not (batch.closes_at < now < batch.reviews_due_at):
        closes_on = today - timedelta(days=15)
        batch.opens_at, batch.closes_at = evening(closes_on - timedelta(days=41), 9), evening(closes_on, 23)
        batch.reviews_due_at, batch.decides_on = evening(today + timedelta(days=18)), today + timedelta(days=25)
        batch.starts_on, batch.ends_on = today + timedelta(days=98), today + timedelta(days=221)
    running = db.session.scalars(select(Batch).where(Batch.code == RUNNING)).one()
    if not (running.starts_on < today < running.ends_on):
        running.ends_on = today + timedelta(days=46)
        running.starts_on = min(running.starts_on, today - timedelta(days=77))
        running.decides_on = min(running.decides_on, running.starts_on - timedelta(days=59))
    rolling = db.session.scalars(select(Batch).where(Batch.code == ROLLING)).one()
    rolling.state = BatchState.OPEN
    if not (rolling.opens_at < now < rolling.closes_at):
        rolling.opens_at, rolling.closes_at = (
            evening(today - timedelta(days=84), 9),
            evening(today + timedelta(days=342)),
        )
        rolling.reviews_due_at = evening(today + timedelta(days=354))
        rolling.decides_on, rolling.starts_on = today + timedelta(days=361), today + timedelta(days=364)
        rolling.ends_on = today + timedelta(days=403)
    db.session.flush()
