"""Queries · Calls — the published calls as anyone sees them: dates, track, questions, criteria."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import Row, Select, bindparam, func, select

from accelerator.extensions import db
from accelerator.kernel import clock
from accelerator.kernel.bilingual import Bilingual
from accelerator.kernel.enums import BatchPhase, BatchState
from accelerator.kernel.errors import NotFound
from accelerator.kernel.message import Message
from accelerator.models.columns import UtcDateTime
from accelerator.models.programmes import Batch, Programme, Question, Track
from accelerator.models.reviewing import Criterion
from accelerator.rules import programmes
from accelerator.rules.applications import AskedQuestion

PAGE_SIZE: Final = 20
HAS_CLOSED: Final = frozenset(BatchPhase) - {BatchPhase.DRAFT, BatchPhase.UPCOMING, BatchPhase.OPEN}

CALL_COLUMNS: Final = (
    Batch.id.label("batch_id"),
    Batch.code,
    Batch.name_fr,
    Batch.name_en,
    Batch.state.label("batch_state"),
    Batch.is_rolling,
    Batch.places,
    Batch.place_name,
    Batch.rubric_id,
    Batch.opens_at,
    Batch.closes_at,
    Batch.decides_on,
    Batch.starts_on,
    Batch.ends_on,
    Track.name_fr.label("track_fr"),
    Track.name_en.label("track_en"),
    Track.summary_fr.label("track_summary_fr"),
    Track.summary_en.label("track_summary_en"),
    Programme.contact_email,
)
"""What `call_of` needs of a row that joins batch, track and programme."""


@dataclass(frozen=True)
class Call:
    """One call: the batch with its dates, its track and where it stands now."""

    batch_id: int
    code: str
    name: Bilingual
    track: Bilingual
    summary: Bilingual
    is_rolling: bool
    places: int
    place_name: str
    rubric_id: int | None
    opens_at: datetime
    closes_at: datetime
    decides_on: date
    starts_on: date
    ends_on: date
    contact_email: str
    phase: BatchPhase
    is_decision_due: bool

    @property
    def is_open(self) -> bool:
        """True while applications can be sent in."""
        return self.phase is BatchPhase.OPEN

    @property
    def has_closed(self) -> bool:
        """True from the deadline on."""
        return self.phase in HAS_CLOSED


@dataclass(frozen=True)
class CriterionRow:
    """One line of the rubric an application will be read by, with its share of the whole (0 to 1)."""

    label: Bilingual
    help: Bilingual
    share: float


def call_of(row: Row[Any]) -> Call:
    """The call in a row that holds CALL_COLUMNS."""
    dates = programmes.BatchDates(
        row.batch_state, row.opens_at, row.closes_at, row.starts_on, row.ends_on, row.is_rolling
    )
    return Call(
        batch_id=row.batch_id,
        code=row.code,
        name=Bilingual(row.name_fr, row.name_en),
        track=Bilingual(row.track_fr, row.track_en),
        summary=Bilingual(row.track_summary_fr, row.track_summary_en),
        is_rolling=row.is_rolling,
        places=row.places,
        place_name=row.place_name,
        rubric_id=row.rubric_id,
        opens_at=row.opens_at,
        closes_at=row.closes_at,
        decides_on=row.decides_on,
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        contact_email=row.contact_email,
        phase=programmes.phase(dates, clock.now()),
        is_decision_due=row.decides_on < clock.today_in(programmes.PROGRAMME_ZONE),
    )


def _published() -> Select[Any]:
    return (
        select(*CALL_COLUMNS)
        .join(Track, Track.id == Batch.track_id)
        .join(Programme, Programme.id == Track.programme_id)
        .where(Batch.state != BatchState.DRAFT)
    )


_CURRENT: Final = (
    _published()
    .where(Batch.state == BatchState.OPEN, Batch.closes_at > bindparam("now", type_=UtcDateTime))
    .order_by(Batch.is_rolling, Batch.closes_at, Batch.id)
)
"""Written once a process."""


def current() -> list[Call]:
    """The calls that are open or announced: those of a batch first, the nearest deadline first; one statement."""
    rows = db.session.connection().execute(_CURRENT, {"now": clock.now()})
    return [call_of(row) for row in rows]


def past(page: int) -> tuple[list[Call], int]:
    """One page of the calls whose deadline has passed, latest first, and the number of pages; two statements."""
    closed = (Batch.state != BatchState.OPEN) | (Batch.closes_at <= clock.now())
    total = db.session.scalar(select(func.count(Batch.id)).where(Batch.state != BatchState.DRAFT, closed)) or 0
    rows = db.session.execute(
        _published()
        .where(closed)
        .order_by(Batch.closes_at.desc(), Batch.id)
        .limit(PAGE_SIZE)
        .offset((page - 1) * PAGE_SIZE)
    )
    return [call_of(row) for row in rows], -(-total // PAGE_SIZE)


def call(code: str) -> Call:
    """The published call with this code.

    Raises: NotFound when there is none, or it is still in preparation.
    """
    row = db.session.execute(_published().where(Batch.code == code)).first()
    if row is None:
        raise NotFound(Message("There is no call under this name."))
    return call_of(row)


def questions(batch_id: int) -> list[AskedQuestion]:
    """The questions of a batch's form in the order they are asked."""
    rows = db.session.execute(
        select(
            Question.id,
            Question.code,
            Question.step,
            Question.kind,
            Question.label_fr,
            Question.label_en,
            Question.help_fr,
            Question.help_en,
            Question.is_required,
            Question.max_words,
            Question.choices,
        )
        .where(Question.batch_id == batch_id)
        .order_by(Question.step, Question.position)
    )
    return [
        AskedQuestion(
            id=row.id,
            code=row.code,
            step=row.step,
            kind=row.kind,
            label=Bilingual(row.label_fr, row.label_en),
            help=Bilingual(row.help_fr, row.help_en),
            is_required=row.is_required,
            max_words=row.max_words,
            choices=tuple((one["value"], Bilingual(one["fr"], one["en"])) for one in row.choices or ()),
        )
        for row in rows
    ]


def criteria(rubric_id: int | None) -> list[CriterionRow]:
    """The criteria of a rubric in printed order, each with its share of the whole."""
    rows = db.session.execute(
        select(Criterion.label_fr, Criterion.label_en, Criterion.help_fr, Criterion.help_en, Criterion.weight)
        .where(Criterion.rubric_id == rubric_id)
        .order_by(Criterion.position)
    ).all()
    total = sum((row.weight for row in rows), Decimal(0))
    return [
        CriterionRow(
            Bilingual(row.label_fr, row.label_en), Bilingual(row.help_fr, row.help_en), float(row.weight / total)
        )
        for row in rows
    ]
