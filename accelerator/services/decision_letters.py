"""Services · Decision letters — one live letter about one application; drafts are written anew from today's facts.

Whoever writes one holds the lock of its batch, and the database refuses a second one that is live.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import bindparam, select, update

from accelerator.extensions import db
from accelerator.kernel import clock
from accelerator.kernel.actor import Actor
from accelerator.kernel.enums import BatchState, LetterState, Outcome
from accelerator.kernel.errors import Conflict, NotAllowed, NotFound
from accelerator.kernel.message import Message
from accelerator.kernel.permissions import Permission
from accelerator.models.letters import Letter
from accelerator.models.programmes import Batch
from accelerator.outbound import letters as letter_text
from accelerator.queries import decision_letters as queries
from accelerator.queries import feedback, letter_texts
from accelerator.queries.decision_letters import Draft, Facts, Recipient
from accelerator.queries.ways_on import Traveller, ways_on
from accelerator.rules import access
from accelerator.rules.ways_on import WayOn
from accelerator.services import audit, request_keys
from accelerator.services.transaction import changed_rows, transaction


@dataclass(frozen=True)
class Composed:
    """The letter on one application as it reads today."""

    to: Recipient
    about: str
    subject: str
    body: str


@dataclass(frozen=True)
class Change:
    """One draft that reads otherwise today: what of it differs, in the order of a letter."""

    draft: Draft
    today: Composed

    @property
    def has_another_reader(self) -> bool:
        """True when it goes to another person or address."""
        return (self.draft.to_user_id, self.draft.to_email) != (self.today.to.user_id, self.today.to.email)

    @property
    def has_another_language(self) -> bool:
        """True when the recipient reads the other language by now."""
        return self.draft.locale != self.today.to.locale

    @property
    def has_another_subject(self) -> bool:
        """True when its subject changes."""
        return self.draft.subject != self.today.subject

    @property
    def has_another_text(self) -> bool:
        """True when its text changes."""
        return self.draft.body != self.today.body

    @property
    def is_any(self) -> bool:
        """True when anything differs at all."""
        return self.has_another_reader or self.has_another_language or self.has_another_subject or self.has_another_text


def compose(batch: Batch, kind: str, application_ids: Sequence[int]) -> dict[int, Composed]:
    """The letters of one kind about these applications as they read today; none where a startup has no people."""
    people = queries.recipients(application_ids)
    texts = letter_texts.in_use(kind)
    composed = {}
    for one, facts in told(batch, kind, application_ids, people=people).items():
        to = people[one]
        typed = texts.get((kind, to.locale))
        if typed is None or typed.is_shipped:
            subject, body = letter_text.render(kind, to.locale, facts.values)
        else:
            subject, body = letter_text.fill(kind, to.locale, typed.subject, typed.body, facts.values)
        composed[one] = Composed(to, facts.about, subject, body)
    return composed


def told(
    batch: Batch,
    kind: str,
    application_ids: Sequence[int],
    *,
    people: Mapping[int, Recipient] | None = None,
    locale: str = "",
) -> dict[int, Facts]:
    """Everything the letters of one kind tell about these applications.

    Args: locale is the language of the passages, instead of each recipient's.
    """
    readers = queries.recipients(application_ids) if people is None else people
    found = queries.facts(batch, kind, [one for one in application_ids if one in readers])
    passages = _passages(batch, kind, readers, locale)
    return {
        one: replace(
            facts,
            values={
                "recipient": readers[one].name,
                "startup": readers[one].startup,
                **facts.values,
                **passages.get(one, {}),
            },
        )
        for one, facts in found.items()
    }


def _passages(batch: Batch, kind: str, people: Mapping[int, Recipient], locale: str) -> dict[int, dict[str, object]]:
    """What the letter to a refused startup says of its dossier, once ready, and where it can go on."""
    if kind != queries.KIND_OF[Outcome.REFUSE]:
        return {}
    ready = feedback.ready_texts(list(people))
    ways = ways_on([Traveller(to.startup_id, to.region_code, to.department_code) for to in people.values()], batch.id)
    written: dict[tuple[str, WayOn], str] = {}
    found: dict[int, dict[str, object]] = {}
    for one, to in people.items():
        way, language = ways[to.startup_id], locale or to.locale
        if (language, way) not in written:
            values = {"sessions": way.sessions, "call": way.call}
            written[language, way] = letter_text.render_part("way_on", language, values)
        text = ready.get(one, "")
        block = letter_text.render_part("feedback_block", language, {"feedback": text}) if text else ""
        found[one] = {"feedback": block, "path": written[language, way]}
    return found


def write(batch: Batch, outcome: Outcome, application_ids: Sequence[int], *, as_draft: bool) -> int:
    """Put the letter of one outcome about each application in the outbox, in place of any that is live; how many.

    Runs in the caller's transaction, which holds the lock of the batch.
    """
    supersede(application_ids)
    kind, now = queries.KIND_OF[outcome], clock.now()
    composed = compose(batch, kind, application_ids)
    db.session.add_all(
        Letter(
            to_user_id=letter.to.user_id,
            to_email=letter.to.email,
            locale=letter.to.locale,
            kind=kind,
            about=letter.about,
            decides_application_id=one,
            subject=letter.subject,
            body=letter.body,
            state=LetterState.DRAFT if as_draft else LetterState.QUEUED,
            message_id=f"<{uuid.uuid4()}@accelerator>",
            written_at=now,
            send_after=now,
        )
        for one in application_ids
        if (letter := composed.get(one)) is not None
    )
    db.session.flush()
    return len(composed)


def supersede(application_ids: Sequence[int]) -> None:
    """Discard what is written about these decisions and has not left; one being sent right now may still arrive."""
    for part in queries.chunks(application_ids):
        changed_rows(
            update(Letter)
            .where(
                Letter.decides_application_id.in_(part),
                Letter.state.in_((LetterState.DRAFT, LetterState.QUEUED, LetterState.FAILED)),
            )
            .values(state=LetterState.DISCARDED, leaves_at=None)
        )


def release(application_ids: Sequence[int]) -> int:
    """Queue the drafts about these decisions, in the caller's transaction; how many."""
    released, now = 0, clock.now()
    for part in queries.chunks(application_ids):
        released += changed_rows(
            update(Letter)
            .where(Letter.decides_application_id.in_(part), Letter.state == LetterState.DRAFT)
            .values(state=LetterState.QUEUED, send_after=now, leaves_at=None)
        )
    return released


def plan(application_ids: Sequence[int], leaves_at: datetime | None) -> None:
    """Have the drafts about these decisions leave by themselves at this time, or not any more with None.

    Runs in the caller's transaction, which holds the lock of the batch.
    """
    for part in queries.chunks(application_ids):
        changed_rows(
            update(Letter)
            .where(Letter.decides_application_id.in_(part), Letter.state == LetterState.DRAFT)
            .values(leaves_at=leaves_at)
        )


def changes(
    batch: Batch, outcome: Outcome, *, letter_id: int | None = None, only: Collection[int] | None = None
) -> tuple[int, list[Change]]:
    """How many drafts of one outcome wait, and those that would read otherwise today. Changes nothing.

    Args: letter_id names one of them; only names applications.
    """
    waiting = queries.drafts(batch.id, outcome, letter_id=letter_id)
    if only is not None:
        waiting = [draft for draft in waiting if draft.application_id in only]
    composed = compose(batch, queries.KIND_OF[outcome], [draft.application_id for draft in waiting])
    compared = [Change(draft, composed[draft.application_id]) for draft in waiting if draft.application_id in composed]
    return len(waiting), [change for change in compared if change.is_any]


def read_changes(
    *, actor: Actor, code: str, outcome: Outcome, letter_id: int | None = None
) -> tuple[int, list[Change]]:
    """What `write_anew` would do, for a page. Raises: NotAllowed, NotFound, Conflict unless the batch is decided."""
    return changes(read_batch(actor, code), outcome, letter_id=letter_id)


def write_anew(
    *,
    actor: Actor,
    code: str,
    outcome: Outcome,
    expected: int,
    letter_id: int | None = None,
    request_key: str = "",
) -> int:
    """Bring the drafts of one outcome, or one of them, in step with today's facts; how many changed.

    Args:   expected is the number the recap showed.
    Raises: NotAllowed, NotFound, Conflict when another number would change by now.
    """
    with transaction():
        if (earlier := request_keys.earlier_result(actor, request_key)) is not None:
            return int(earlier)
        batch = decided_batch(actor, code)
        _waiting, changed = changes(batch, outcome, letter_id=letter_id)
        if len(changed) != expected:
            raise Conflict(
                Message("%(count)s e-mails would change by now. Look at the recap again.", count=len(changed))
            )
        rewrite(changed)
        request_keys.keep(actor, request_key, len(changed))
        audit.record(
            actor,
            "wrote letters anew",
            f"batch:{batch.id}",
            outcome=outcome,
            letters=len(changed),
            applications=[change.draft.application_id for change in changed[:200]],
        )
        return len(changed)


def rewrite(changed: Sequence[Change]) -> None:
    """Replace these drafts by what they say today, in the caller's transaction; one that was released stays."""
    if not changed:
        return
    table, now = Letter.__table__, clock.now()
    db.session.execute(
        update(table)  # type: ignore[arg-type]
        .where(table.c.id == bindparam("letter"), table.c.state == LetterState.DRAFT)
        .values(
            to_user_id=bindparam("reader"),
            to_email=bindparam("address"),
            locale=bindparam("language"),
            subject=bindparam("headline"),
            body=bindparam("text"),
            written_at=now,
        ),
        [
            {
                "letter": change.draft.id,
                "reader": change.today.to.user_id,
                "address": change.today.to.email,
                "language": change.today.to.locale,
                "headline": change.today.subject,
                "text": change.today.body,
            }
            for change in changed
        ],
    )
    db.session.expire_all()


def decided_batch(actor: Actor, code: str) -> Batch:
    """The batch, locked, for somebody who may decide. Raises: NotAllowed, NotFound, Conflict unless it is decided."""
    return _decided(actor, code, is_locked=True)


def read_batch(actor: Actor, code: str) -> Batch:
    """The same without the lock, for a page. Raises: as `decided_batch`."""
    return _decided(actor, code, is_locked=False)


def _decided(actor: Actor, code: str, *, is_locked: bool) -> Batch:
    if not (verdict := access.may(actor, Permission.SELECTION_DECIDE)):
        raise NotAllowed(verdict.reason)
    wanted = select(Batch).where(Batch.code == code).execution_options(populate_existing=True)
    batch = db.session.scalar(wanted.with_for_update(key_share=True) if is_locked else wanted)
    if batch is None:
        raise NotFound(Message("There is no such batch."))
    if batch.state is not BatchState.DECIDED:
        raise Conflict(Message("This batch is not decided yet."))
    return batch
