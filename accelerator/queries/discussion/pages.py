"""Queries · Discussion · Pages — what stands on the page of one discussion. Scores are not among it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import case, exists, func, null, or_, select
from sqlalchemy.orm import aliased

from accelerator.extensions import db
from accelerator.kernel.bilingual import Bilingual
from accelerator.kernel.errors import NotFound
from accelerator.kernel.message import Message
from accelerator.models.accounts import User
from accelerator.models.discussion import Remark, RemarkMention
from accelerator.models.programmes import Batch
from accelerator.models.reviewing import Assignment, Review, Rubric
from accelerator.models.selection import Standing
from accelerator.queries import blindness as blind_queries
from accelerator.queries.discussion.readers import Place, readers
from accelerator.queries.reviewing.dossier import MARK
from accelerator.rules import blindness, discussion
from accelerator.rules.discussion import STRANDS_A_PAGE

Mask = Callable[[str], Bilingual]


@dataclass(frozen=True)
class Comment:
    """What one reviewer wrote beside the scores; an empty text where they wrote nothing."""

    name: str
    is_own: bool
    text: Bilingual
    sent_at: datetime


@dataclass(frozen=True)
class PieceShown:
    """A stretch of a remark as this person reads it."""

    text: Bilingual
    is_name: bool


@dataclass(frozen=True)
class RemarkShown:
    """One remark as this person reads it; a withdrawn one has no pieces. `is_team`: its author is no reviewer here."""

    id: int
    author: str
    is_own: bool
    is_team: bool
    written_at: datetime
    is_withdrawn: bool
    is_new: bool
    pieces: tuple[PieceShown, ...]
    answers: tuple[RemarkShown, ...] = ()


@dataclass(frozen=True)
class Discussion:
    """One page of the discussion of a dossier, the oldest remark first; without a page asked for it is the last one.

    `newest_at` is when the newest remark of all pages was written; None while there is none. `told` are the names
    that can be named.
    """

    comments: tuple[Comment, ...]
    is_far_apart: bool
    strands: tuple[RemarkShown, ...]
    remarks: int
    page: int
    pages: int
    newest_at: datetime | None
    told: tuple[str, ...]

    def has_strand(self, remark_id: int | None) -> bool:
        """True when this remark stands on the page, and may be answered."""
        return any(strand.id == remark_id and not strand.is_withdrawn for strand in self.strands)


def page(place: Place, user_id: int, *, is_blind: bool, number: int | None = None) -> Discussion:
    """The discussion as this person reads it, seven statements; blind, three more find what is masked.

    Raises: NotFound for a page that is not there.
    """
    application_id = place.application_id
    strands, remarks, newest_at = _extent(application_id)
    pages = max(1, -(-strands // STRANDS_A_PAGE))
    number = pages if number is None else number
    if number > pages:
        raise NotFound(Message("The discussion has fewer pages."))
    comments, rows = _comments(application_id), _remarks(application_id, number)
    bodies = [row.body for row in rows if row.body is not None]
    mask = _mask(application_id, [*(row.comment for row in comments), *bodies]) if is_blind else _bare
    return Discussion(
        comments=tuple(
            Comment(row.name, row.reviewer_user_id == user_id, mask(row.comment), row.submitted_at) for row in comments
        ),
        is_far_apart=_is_far_apart(place),
        strands=_strands(rows, place, user_id, mask),
        remarks=remarks,
        page=number,
        pages=pages,
        newest_at=newest_at,
        told=tuple(reader.name for reader in readers(application_id) if reader.user_id != user_id),
    )


def _extent(application_id: int) -> tuple[int, int, datetime | None]:
    """How many remarks have answers below them or could, how many stand in all, and when the newest was written."""
    row = db.session.execute(
        select(
            func.count().filter(Remark.reply_to_id.is_(None)),
            func.count().filter(Remark.withdrawn_at.is_(None)),
            func.max(Remark.written_at),
        ).where(Remark.application_id == application_id)
    ).one()
    return row[0], row[1], row[2]


def _comments(application_id: int) -> Sequence[Any]:
    return db.session.execute(
        select(Review.reviewer_user_id, Review.comment, Review.submitted_at, User.name)
        .join(User, User.id == Review.reviewer_user_id)
        .where(Review.application_id == application_id)
        .order_by(Review.submitted_at, Review.id)
    ).all()


def _is_far_apart(place: Place) -> bool:
    """The scores and the spreads of the batch go into the rule, and only its answer comes out. Two statements."""
    scores = db.session.execute(
        select(Review.overall, Rubric.scale_min, Rubric.scale_max)
        .join(Batch, Batch.id == Review.batch_id)
        .join(Rubric, Rubric.id == Batch.rubric_id)
        .where(Review.application_id == place.application_id)
    ).all()
    own = aliased(Standing)
    spread = select(own.spread).where(own.application_id == place.application_id).scalar_subquery()
    wider, ranked, is_ranked = db.session.execute(
        select(
            func.count().filter(Standing.spread > spread),
            func.count(),
            exists().where(own.application_id == place.application_id),
        )
        .select_from(Standing)
        .where(Standing.batch_id == place.batch_id, Standing.reviews > 1)
    ).one()
    if not scores:
        return False
    return discussion.far_apart(
        [float(row.overall) for row in scores],
        lowest=scores[0].scale_min,
        highest=scores[0].scale_max,
        wider=wider,
        ranked=ranked if is_ranked else 0,
    )


def _remarks(application_id: int, number: int) -> Sequence[Any]:
    """The remarks of one page with all of their answers. What is withdrawn is not fetched."""
    shown = (
        select(Remark.id)
        .where(Remark.application_id == application_id, Remark.reply_to_id.is_(None))
        .order_by(Remark.written_at, Remark.id)
        .limit(STRANDS_A_PAGE)
        .offset((number - 1) * STRANDS_A_PAGE)
        .subquery()
    )
    on_page = select(shown.c.id)
    return db.session.execute(
        select(
            Remark.id,
            Remark.reply_to_id,
            Remark.author_user_id,
            Remark.written_at,
            Remark.withdrawn_at,
            case((Remark.withdrawn_at.is_(None), Remark.body), else_=null()).label("body"),
            User.name,
            exists()
            .where(
                Assignment.application_id == Remark.application_id,
                Assignment.reviewer_user_id == Remark.author_user_id,
            )
            .label("is_reviewer"),
        )
        .join(User, User.id == Remark.author_user_id)
        .where(or_(Remark.id.in_(on_page), Remark.reply_to_id.in_(on_page)))
        .order_by(Remark.written_at, Remark.id)
    ).all()


def _named_in(remark_ids: Sequence[int]) -> dict[int, dict[int, str]]:
    """Who was named in each remark, with their names."""
    found: defaultdict[int, dict[int, str]] = defaultdict(dict)
    rows = db.session.execute(
        select(RemarkMention.remark_id, User.id, User.name)
        .join(User, User.id == RemarkMention.user_id)
        .where(RemarkMention.remark_id.in_(remark_ids))
    )
    for remark_id, user_id, name in rows:
        found[remark_id][user_id] = name
    return found


def _strands(rows: Sequence[Any], place: Place, user_id: int, mask: Mask) -> tuple[RemarkShown, ...]:
    named = _named_in([row.id for row in rows])
    shown = {row.id: _shown(row, named.get(row.id, {}), place, user_id, mask) for row in rows}
    answers: defaultdict[int, list[RemarkShown]] = defaultdict(list)
    for row in rows:
        if row.reply_to_id is not None:
            answers[row.reply_to_id].append(shown[row.id])
    return tuple(replace(shown[row.id], answers=tuple(answers[row.id])) for row in rows if row.reply_to_id is None)


def _shown(row: Any, names: Mapping[int, str], place: Place, user_id: int, mask: Mask) -> RemarkShown:
    is_own, is_withdrawn = row.author_user_id == user_id, row.withdrawn_at is not None
    is_unread = place.last_seen_at is None or row.written_at > place.last_seen_at
    return RemarkShown(
        id=row.id,
        author=row.name,
        is_own=is_own,
        is_team=not row.is_reviewer,
        written_at=row.written_at,
        is_withdrawn=is_withdrawn,
        is_new=is_unread and not is_own and not is_withdrawn,
        pieces=tuple(
            PieceShown(_bare(piece.text) if piece.is_name else mask(piece.text), piece.is_name)
            for piece in discussion.pieces(row.body or "", names)
        ),
    )


def _bare(text: str) -> Bilingual:
    return Bilingual(text, text)


def _mask(application_id: int, texts: Sequence[str]) -> Mask:
    """What a blind reader reads of these texts: whoever wrote them may have named the startup."""
    phrases = discussion.revealed("\n".join(texts), blind_queries.identifying(application_id))
    return lambda text: Bilingual(blindness.masked(text, phrases, MARK.fr), blindness.masked(text, phrases, MARK.en))
