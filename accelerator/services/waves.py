"""Services · Waves — the letters on decisions leave together or in parts, now or at a time; offers before answers."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import select, update

from accelerator.extensions import db
from accelerator.kernel import clock
from accelerator.kernel.actor import SYSTEM, Actor
from accelerator.kernel.enums import BatchState, LetterState, OfferState, Outcome
from accelerator.kernel.errors import Conflict, NotFound, RuleViolation
from accelerator.kernel.message import Message
from accelerator.models.applications import Application
from accelerator.models.letters import Letter
from accelerator.models.programmes import Batch, Programme, Track
from accelerator.models.selection import Offer
from accelerator.queries import decision_letters as queries
from accelerator.rules import selection as rules
from accelerator.services import audit, decision_letters, request_keys
from accelerator.services.transaction import transaction

OFFERS_FIRST = Message("Send the offers first: those admitted should hear before the others.")


def send_offers(
    *,
    actor: Actor,
    code: str,
    respond_by: datetime,
    expected: int,
    only: Collection[int] | None = None,
    leaves_at: datetime | None = None,
    request_key: str = "",
) -> int:
    """Send drafted offers of a batch with their letters, or plan that; a new date to answer rewrites them. How many.

    Args:   expected is the number the recap showed; only names applications, the rest stays drafted; leaves_at plans
            the wave for later, until when everything is as before.
    Raises: NotAllowed, NotFound, RuleViolation on a date, Conflict when the number is another by now.
    """
    with transaction():
        if (earlier := request_keys.earlier_result(actor, request_key)) is not None:
            return int(earlier)
        batch = decision_letters.decided_batch(actor, code)
        now = clock.now()
        rules.refuse_leaving_time(leaves_at, now, batch.starts_on, _zone(batch))
        rules.refuse_answer_date(respond_by, leaves_at or now, batch.starts_on, _zone(batch))
        drafts = _offers(_to_send(batch.id, Outcome.ADMIT, only))
        _refuse_another_count(expected, len(drafts))
        written = {draft.application_id for draft in queries.drafts(batch.id, Outcome.ADMIT)}
        anew = [one for one in drafts if one.respond_by != respond_by or one.application_id not in written]
        for offer in anew:
            offer.respond_by = respond_by
        db.session.flush()
        decision_letters.write(batch, Outcome.ADMIT, [offer.application_id for offer in anew], as_draft=True)
        chosen = [offer.application_id for offer in drafts]
        if leaves_at is None:
            _offers_leave(chosen, now)
        else:
            decision_letters.plan(chosen, leaves_at)
        _note(
            actor,
            "sent offers" if leaves_at is None else "planned offers",
            batch,
            Outcome.ADMIT,
            len(drafts),
            respond_by=respond_by,
            leaves_at=leaves_at,
        )
        request_keys.keep(actor, request_key, len(drafts))
        return len(drafts)


def send_answers(
    *,
    actor: Actor,
    code: str,
    outcome: Outcome,
    expected: int,
    only: Collection[int] | None = None,
    leaves_at: datetime | None = None,
    request_key: str = "",
) -> int:
    """Queue drafted letters to the waitlist, or to those not selected, or plan that; how many.

    Those to the refused are brought up to date as they leave, so that no workshop that has filled up is proposed.

    Args:   as `send_offers`.
    Raises: NotAllowed, NotFound, Conflict when the number is another by now, RuleViolation before the offers left.
    """
    with transaction():
        if (earlier := request_keys.earlier_result(actor, request_key)) is not None:
            return int(earlier)
        batch = decision_letters.decided_batch(actor, code)
        if outcome is Outcome.ADMIT:
            raise NotFound(Message("There is nothing at this address."))
        rules.refuse_leaving_time(leaves_at, clock.now(), batch.starts_on, _zone(batch))
        if _offers_stay(batch.id, until=leaves_at):
            raise RuleViolation(OFFERS_FIRST)
        chosen = _to_send(batch.id, outcome, only)
        _refuse_another_count(expected, len(chosen))
        if leaves_at is None:
            _answers_leave(batch, outcome, chosen)
        else:
            decision_letters.plan(chosen, leaves_at)
        verb = "sent answers" if leaves_at is None else "planned answers"
        _note(actor, verb, batch, outcome, len(chosen), leaves_at=leaves_at)
        request_keys.keep(actor, request_key, len(chosen))
        return len(chosen)


def hold_wave(*, actor: Actor, code: str, outcome: Outcome, leaves_at: datetime) -> int:
    """Keep the letters that would leave by themselves at this time: they are plain drafts again; how many.

    Raises: NotAllowed, NotFound, Conflict when they have left or were held.
    """
    with transaction():
        batch = decision_letters.decided_batch(actor, code)
        planned = [draft.application_id for draft in queries.drafts(batch.id, outcome) if draft.leaves_at == leaves_at]
        if not planned:
            raise Conflict(Message("These e-mails have left, or do not leave by themselves any more."))
        decision_letters.plan(planned, None)
        _note(actor, "held letters", batch, outcome, len(planned))
        return len(planned)


def send_due_waves() -> int:
    """Release the drafts whose time has come, offers first; how many. Answers wait while an offer is still drafted."""
    with transaction():
        codes = db.session.scalars(
            select(Batch.code)
            .join(Application, Application.batch_id == Batch.id)
            .join(Letter, Letter.decides_application_id == Application.id)
            .where(Letter.state == LetterState.DRAFT, Letter.leaves_at <= clock.now())
            .where(Batch.state == BatchState.DECIDED)
            .distinct()
            .order_by(Batch.code)
        ).all()
    return sum(_send_due_of(code) for code in codes)


def _send_due_of(code: str) -> int:
    with transaction():
        batch, now, sent = decision_letters.decided_batch(SYSTEM, code), clock.now(), 0
        for outcome in Outcome:
            due = [
                draft.application_id
                for draft in queries.drafts(batch.id, outcome)
                if draft.leaves_at is not None and draft.leaves_at <= now
            ]
            if not due:
                continue
            if outcome is Outcome.ADMIT:
                due = _still_answerable(due, now)
                _offers_leave(due, now)
            elif _offers_stay(batch.id, until=None):
                continue
            else:
                _answers_leave(batch, outcome, due)
            _note(SYSTEM, "sent planned letters", batch, outcome, len(due))
            sent += len(due)
        return sent


def _still_answerable(application_ids: Sequence[int], now: datetime) -> list[int]:
    """Those whose offer can still be answered; the others are held, because a late offer would be an insult."""
    alive = set(
        db.session.scalars(
            select(Offer.application_id).where(Offer.application_id.in_(application_ids), Offer.respond_by > now)
        )
    )
    decision_letters.plan([one for one in application_ids if one not in alive], None)
    return [one for one in application_ids if one in alive]


def _to_send(batch_id: int, outcome: Outcome, only: Collection[int] | None) -> list[int]:
    waiting = [one.application_id for one in queries.to_send(batch_id, outcome)]
    return waiting if only is None else [one for one in waiting if one in only]


def _offers(application_ids: Sequence[int]) -> list[Offer]:
    found = db.session.scalars(
        select(Offer)
        .where(Offer.application_id.in_(application_ids))
        .order_by(Offer.id)
        .execution_options(populate_existing=True)
    )
    return list(found)


def _offers_leave(application_ids: Sequence[int], now: datetime) -> None:
    for part in queries.chunks(application_ids):
        db.session.execute(
            update(Offer)
            .where(Offer.application_id.in_(part), Offer.state == OfferState.DRAFT)
            .values(state=OfferState.SENT, sent_at=now),
            execution_options={"synchronize_session": False},
        )
    db.session.expire_all()
    decision_letters.release(application_ids)


def _answers_leave(batch: Batch, outcome: Outcome, application_ids: Sequence[int]) -> None:
    if outcome is Outcome.REFUSE:
        _waiting, changed = decision_letters.changes(batch, outcome, only=set(application_ids))
        decision_letters.rewrite(changed)
    decision_letters.release(application_ids)


def _offers_stay(batch_id: int, *, until: datetime | None) -> bool:
    """True while an offer is drafted that will not have left by then."""
    stays = select(Offer.id).where(Offer.batch_id == batch_id, Offer.state == OfferState.DRAFT).limit(1)
    if until is not None:
        leaving = select(Letter.decides_application_id).where(
            Letter.state == LetterState.DRAFT, Letter.leaves_at <= until, Letter.decides_application_id.is_not(None)
        )
        stays = stays.where(Offer.application_id.not_in(leaving))
    return db.session.scalar(stays) is not None


def _note(actor: Actor, verb: str, batch: Batch, outcome: Outcome, letters: int, **detail: object) -> None:
    audit.record(actor, verb, f"batch:{batch.id}", outcome=outcome, letters=letters, **detail)


def _refuse_another_count(expected: int, found: int) -> None:
    if expected != found:
        raise Conflict(Message("There are %(count)s e-mails to send by now. Look at the recap again.", count=found))


def _zone(batch: Batch) -> str:
    return db.session.scalars(
        select(Programme.zone).join(Track, Track.programme_id == Programme.id).where(Track.id == batch.track_id)
    ).one()
