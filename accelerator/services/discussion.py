"""Services · Discussion — a remark on a dossier, an answer to one, one withdrawn; what somebody has read of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, insert, select, update

from accelerator.extensions import db
from accelerator.kernel import clock
from accelerator.kernel.actor import Actor
from accelerator.kernel.errors import NotFound, RuleViolation
from accelerator.kernel.message import Message
from accelerator.models.applications import Application
from accelerator.models.discussion import DiscussionReading, Remark, RemarkMention
from accelerator.queries import blindness
from accelerator.queries.discussion import readers as queries
from accelerator.queries.discussion.readers import Place, Reader
from accelerator.rules import discussion as rules
from accelerator.services import audit, letters, request_keys
from accelerator.services.transaction import changed_rows, transaction

LETTER = "discussion_mention"


@dataclass(frozen=True)
class Written:
    """A remark as stored: who is told of it, and whether something else in it looked like a name."""

    remark_id: int
    told: tuple[str, ...]
    leaves_a_name: bool


def write_remark(
    *, actor: Actor, application_id: int, body: str, reply_to_id: int | None = None, request_key: str = ""
) -> Written:
    """Add a remark to the discussion of a dossier, or an answer to one; whoever is named in it gets one e-mail.

    An answer to an answer stands below the same remark.

    Raises: NotFound for whoever takes no part, and for an answer to nothing here; RuleViolation once the batch is
            decided, when the discussion is full, and on "body" when the remark says whose the dossier is.
    """
    with transaction():
        _lock(application_id)
        place = queries.place(application_id, actor.user_id or 0)
        others = {one.user_id: one for one in queries.readers(application_id) if one.user_id != actor.user_id}
        mentions = rules.mentions(body, {user_id: one.name for user_id, one in others.items()})
        told = [others[user_id] for user_id in rules.named(mentions)]
        names, leaves_a_name = tuple(one.name for one in told), rules.leaves_a_name(body, mentions)
        if (earlier := request_keys.earlier_result(actor, request_key)) is not None:
            return Written(int(earlier), names, leaves_a_name)
        _refuse_closed(place)
        _refuse_revealing(application_id, rules.without_names(body, mentions))
        remark_id = _store(actor, place, body, _strand(application_id, reply_to_id))
        _tell(place, remark_id, told)
        request_keys.keep(actor, request_key, remark_id)
        audit.record(actor, "wrote a remark", f"remark:{remark_id}", users=[one.user_id for one in told])
        return Written(remark_id, names, leaves_a_name)


def withdraw_remark(*, actor: Actor, application_id: int, remark_id: int) -> None:
    """Take one's own remark out of the discussion; its place and its answers stay. Doing it again changes nothing.

    Raises: NotFound for another's remark too; RuleViolation once the batch is decided.
    """
    with transaction():
        _lock(application_id)
        place = queries.place(application_id, actor.user_id or 0)
        own = (
            Remark.id == remark_id,
            Remark.application_id == application_id,
            Remark.author_user_id == actor.user_id,
        )
        if db.session.scalar(select(Remark.id).where(*own)) is None:
            raise NotFound(Message("There is no such remark of yours here."))
        if not place.verdict:
            raise RuleViolation(place.verdict.reason)
        withdrawn = update(Remark).where(*own, Remark.withdrawn_at.is_(None)).values(withdrawn_at=clock.now())
        if changed_rows(withdrawn):
            audit.record(actor, "withdrew a remark", f"remark:{remark_id}")


def note_read(*, actor: Actor, application_id: int, newest_at: datetime | None) -> None:
    """Remember that the discussion was opened, and up to which remark it was read.

    Args:   newest_at is when the newest remark on the page was written; None when there was none.
    Raises: NotFound.
    """
    with transaction():
        _lock(application_id)
        place = queries.place(application_id, actor.user_id or 0)
        seen_at = newest_at or clock.now()
        if place.last_seen_at is None:
            db.session.execute(
                insert(DiscussionReading).values(
                    user_id=actor.user_id, application_id=application_id, last_seen_at=seen_at
                )
            )
        else:
            db.session.execute(
                update(DiscussionReading)
                .where(
                    DiscussionReading.user_id == actor.user_id,
                    DiscussionReading.application_id == application_id,
                    DiscussionReading.last_seen_at < seen_at,
                )
                .values(last_seen_at=seen_at)
            )
        read = select(Remark.id).where(Remark.application_id == application_id, Remark.written_at <= seen_at)
        db.session.execute(
            update(RemarkMention)
            .where(
                RemarkMention.user_id == actor.user_id,
                RemarkMention.seen_at.is_(None),
                RemarkMention.remark_id.in_(read),
            )
            .values(seen_at=clock.now())
            .execution_options(synchronize_session=False)
        )


def _lock(application_id: int) -> None:
    """One at a time in one discussion: what is read after this cannot change before it is written."""
    db.session.execute(select(Application.id).where(Application.id == application_id).with_for_update(key_share=True))


def _refuse_closed(place: Place) -> None:
    if not place.verdict:
        raise RuleViolation(place.verdict.reason)
    held = select(func.count()).select_from(Remark).where(Remark.application_id == place.application_id)
    if not (verdict := rules.can_add(db.session.scalars(held).one())):
        raise RuleViolation(verdict.reason)


def _refuse_revealing(application_id: int, text: str) -> None:
    """Whoever reads this knows the dossier by its number; staff are held to it too, since reviewers read them."""
    if found := rules.revealed(text, blindness.identifying(application_id)):
        raise RuleViolation(
            Message(
                "This may say whose the dossier is: “%(phrases)s”. Write it in other words; somebody of the committee is "
                "named in full, after an @.",
                phrases=", ".join(found),
            ),
            field="body",
        )


def _strand(application_id: int, reply_to_id: int | None) -> int | None:
    """The remark below which an answer stands. Raises: NotFound."""
    if reply_to_id is None:
        return None
    strand = db.session.scalar(
        select(func.coalesce(Remark.reply_to_id, Remark.id)).where(
            Remark.id == reply_to_id, Remark.application_id == application_id
        )
    )
    if strand is None:
        raise NotFound(Message("There is no such remark to answer here."))
    return strand


def _store(actor: Actor, place: Place, body: str, reply_to_id: int | None) -> int:
    remark_id: int = db.session.execute(
        insert(Remark)
        .values(
            batch_id=place.batch_id,
            application_id=place.application_id,
            author_user_id=actor.user_id,
            body=body,
            written_at=clock.now(),
            reply_to_id=reply_to_id,
        )
        .returning(Remark.id)
    ).scalar_one()
    return remark_id


def _tell(place: Place, remark_id: int, told: Sequence[Reader]) -> None:
    """One letter each, which says where and not what."""
    if not told:
        return
    db.session.execute(insert(RemarkMention), [{"remark_id": remark_id, "user_id": one.user_id} for one in told])
    values = {"dossier": place.code, "batch": place.batch, "application_id": place.application_id}
    for one in told:
        letters.write(
            one.user_id,
            LETTER,
            about=f"application:{place.application_id}",
            values={**values, "assignment_id": one.assignment_id},
        )
