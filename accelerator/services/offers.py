"""Services · Offers — places are offered, answered, taken back, and pass down the waitlist.

An offer holds one place of its batch from the moment it is made until it is declined, expired or rescinded. Places
move by one conditional UPDATE, so there are never more offers than places, whoever races.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, update

from accelerator.extensions import db
from accelerator.kernel import clock
from accelerator.kernel.actor import SYSTEM, Actor
from accelerator.kernel.enums import (
    ApplicationState,
    BatchState,
    EvidenceKind,
    OfferState,
    Outcome,
)
from accelerator.kernel.errors import Conflict, NotAllowed, NotFound, RuleViolation
from accelerator.kernel.message import Message
from accelerator.kernel.permissions import Permission
from accelerator.models.applications import Application
from accelerator.models.programmes import Batch, Programme, Track
from accelerator.models.selection import Offer
from accelerator.queries import decision_letters as letter_queries
from accelerator.queries import offers as queries
from accelerator.rules import access
from accelerator.rules import selection as rules
from accelerator.services import audit, counter, decision_letters, letters, request_keys
from accelerator.services.transaction import changed_rows, transaction

ALREADY = {
    OfferState.ACCEPTED: Message("This place has been accepted already."),
    OfferState.DECLINED: Message("This place has been declined already."),
    OfferState.RESCINDED: Message("The programme has withdrawn this offer."),
}


def accept(*, actor: Actor, offer_id: int) -> None:
    """Take the place for a startup of the actor: it belongs to the cohort and counts. Twice is once.

    Raises: NotAllowed, NotFound for another startup's offer, RuleViolation after the date, Conflict when it was
            answered otherwise.
    """
    with transaction():
        offer = queries.founder_offer(_founder(actor), offer_id)
        if offer.state is OfferState.ACCEPTED:
            return
        now = clock.now()
        _answer(actor, offer, OfferState.ACCEPTED, now)
        counter.record_evidence(
            actor=actor,
            startup_id=offer.startup_id,
            kind=EvidenceKind.BATCH_MEMBER,
            reference=f"offer:{offer.id}",
            happened_on=clock.today_in("Europe/Paris"),
        )
        _tell(offer_id, "offer_accepted")
        audit.record(actor, "accepted offer", f"offer:{offer.id}")


def decline(*, actor: Actor, offer_id: int, reason: str = "") -> None:
    """Give the place back; the next on the waitlist is offered it. Twice is once.

    Raises: as `accept`.
    """
    with transaction():
        offer = queries.founder_offer(_founder(actor), offer_id)
        if offer.state is OfferState.DECLINED:
            return
        batch = _batch_of(offer_id, is_locked=True)
        _answer(actor, offer, OfferState.DECLINED, clock.now(), reason)
        decision_letters.supersede([offer.application_id])
        _tell(offer_id, "offer_declined")
        audit.record(actor, "declined offer", f"offer:{offer.id}", reason=reason)
        _pass_on(actor, batch)


def rescind(*, actor: Actor, offer_id: int, reason: str) -> None:
    """Take an offer back, accepted or not, with a reason; the place goes to the waitlist.

    Raises: NotAllowed, NotFound, RuleViolation without a reason, Conflict when it holds no place any more.
    """
    with transaction():
        if not (verdict := access.may(actor, Permission.SELECTION_DECIDE)):
            raise NotAllowed(verdict.reason)
        batch = _batch_of(offer_id, is_locked=True)
        if not reason.strip():
            raise RuleViolation(Message("Say why the offer is withdrawn."), field="reason")
        offer = db.session.get_one(Offer, offer_id, populate_existing=True)
        before = offer.state
        changed = changed_rows(
            update(Offer)
            .where(Offer.id == offer_id, Offer.state == before, Offer.state.in_(_HOLDING))
            .values(state=OfferState.RESCINDED, answered_at=clock.now(), reason=reason[:1000])
        )
        if not changed:
            raise Conflict(Message("This offer holds no place any more."))
        decision_letters.supersede([offer.application_id])
        if before is not OfferState.DRAFT:
            _tell(offer_id, "offer_rescinded")
        if before is OfferState.ACCEPTED:
            counter.withdraw_evidence(
                actor=actor, kind=EvidenceKind.BATCH_MEMBER, reference=f"offer:{offer_id}", reason=reason
            )
        audit.record(actor, "rescinded offer", f"offer:{offer_id}", reason=reason, was=str(before))
        _pass_on(actor, batch)


def offer_place(*, actor: Actor, code: str, application_id: int, reason: str, request_key: str = "") -> int:
    """Offer a free place to somebody on the waitlist by hand; out of turn it needs a reason. The offer's id.

    Raises: NotAllowed, NotFound, RuleViolation, Conflict when no place is free or it is offered already.
    """
    with transaction():
        if (earlier := request_keys.earlier_result(actor, request_key)) is not None:
            return int(earlier)
        batch = decision_letters.decided_batch(actor, code)
        waiting = {line.application_id: line for line in queries.waitlist(batch.id)}
        if application_id not in waiting:
            raise NotFound(Message("There is no such application on the waitlist."))
        if not waiting[application_id].is_next_in_turn:
            raise Conflict(Message("This application no longer waits for a place."))
        if application_id != queries.next_in_turn(batch.id) and not reason.strip():
            raise RuleViolation(Message("Say why this application comes before its turn."), field="reason")
        now = clock.now()
        if rules.answer_by(now, batch.starts_on, _zone(batch)) is None:
            raise RuleViolation(Message("The batch has started: no more places are offered."))
        if not _take_place(batch.id):
            raise Conflict(Message("No place of this batch is free."))
        offer_id = _make(actor, batch, application_id, now, reason)
        request_keys.keep(actor, request_key, offer_id)
        return offer_id


def expire_due_offers() -> int:
    """Close the offers nobody answered in time, each passing its place on; how many."""
    due = list(
        db.session.scalars(
            select(Offer.id)
            .where(Offer.state == OfferState.SENT, Offer.respond_by < clock.now())
            .order_by(Offer.respond_by, Offer.id)
        )
    )
    expired = 0
    for offer_id in due:
        with transaction():
            now, batch = clock.now(), _batch_of(offer_id, is_locked=True)
            changed = changed_rows(
                update(Offer)
                .where(Offer.id == offer_id, Offer.state == OfferState.SENT, Offer.respond_by < now)
                .values(state=OfferState.EXPIRED, answered_at=now)
            )
            if changed:
                expired += 1
                decision_letters.supersede([db.session.get_one(Offer, offer_id).application_id])
                _tell(offer_id, "offer_expired")
                audit.record(SYSTEM, "expired offer", f"offer:{offer_id}")
                _pass_on(SYSTEM, batch)
    return expired


_HOLDING = (OfferState.DRAFT, OfferState.SENT, OfferState.ACCEPTED)


def _founder(actor: Actor) -> Actor:
    if not (verdict := access.may(actor, Permission.OFFER_ANSWER)):
        raise NotAllowed(verdict.reason)
    return actor


def _batch_of(offer_id: int, *, is_locked: bool = False) -> Batch:
    """The batch of an offer. Whoever takes both locks takes the batch's first, so that none waits for the other."""
    wanted = select(Batch).join(Offer, Offer.batch_id == Batch.id).where(Offer.id == offer_id)
    batch = db.session.scalar(wanted.with_for_update(of=Batch, key_share=True) if is_locked else wanted)
    if batch is None:
        raise NotFound(Message("There is no such offer."))
    return batch


def _zone(batch: Batch) -> str:
    return db.session.scalars(
        select(Programme.zone).join(Track, Track.programme_id == Programme.id).where(Track.id == batch.track_id)
    ).one()


def _answer(actor: Actor, offer: queries.FounderOffer, state: OfferState, now: datetime, reason: str = "") -> None:
    changed = changed_rows(
        update(Offer)
        .where(Offer.id == offer.id, Offer.state == OfferState.SENT, Offer.respond_by >= now)
        .values(state=state, answered_at=now, answered_by_user_id=actor.user_id, reason=reason[:1000])
    )
    if changed:
        return
    found = db.session.scalar(select(Offer.state).where(Offer.id == offer.id))
    if found in ALREADY:
        raise Conflict(ALREADY[found])
    raise RuleViolation(
        Message(
            "The answer was due by %(respond_by)s. The place has gone to the waitlist; write to the programme team.",
            respond_by=offer.respond_by,
        )
    )


def _take_place(batch_id: int) -> bool:
    return bool(
        changed_rows(
            update(Batch)
            .where(Batch.id == batch_id, Batch.state == BatchState.DECIDED, Batch.places_taken < Batch.places)
            .values(places_taken=Batch.places_taken + 1)
        )
    )


def _free_place(batch_id: int) -> None:
    changed_rows(
        update(Batch).where(Batch.id == batch_id, Batch.places_taken > 0).values(places_taken=Batch.places_taken - 1)
    )


def _pass_on(actor: Actor, batch: Batch) -> None:
    """Free the place of an offer that ended, and offer it to the next on the waitlist until the batch starts."""
    _free_place(batch.id)
    now = clock.now()
    if rules.answer_by(now, batch.starts_on, _zone(batch)) is None or not _take_place(batch.id):
        return
    application_id = queries.next_in_turn(batch.id)
    if application_id is None:
        _free_place(batch.id)
        return
    _make(actor, batch, application_id, now)


def _make(actor: Actor, batch: Batch, application_id: int, now: datetime, reason: str = "") -> int:
    """Offer the place just taken: sent at once, or drafted while the first wave has not left."""
    wave_waits = db.session.scalar(
        select(Offer.respond_by).where(Offer.batch_id == batch.id, Offer.state == OfferState.DRAFT).limit(1)
    )
    leaving = [draft.leaves_at for draft in letter_queries.drafts(batch.id, Outcome.ADMIT)]
    respond_by = wave_waits or rules.answer_by(now, batch.starts_on, _zone(batch))
    if respond_by is None:
        raise RuleViolation(Message("The batch has started: no more places are offered."))
    offer = Offer(
        batch_id=batch.id,
        application_id=application_id,
        state=OfferState.DRAFT if wave_waits else OfferState.SENT,
        respond_by=respond_by,
        made_at=now,
        sent_at=None if wave_waits else now,
    )
    db.session.add(offer)
    changed_rows(
        update(Application)
        .where(Application.id == application_id)
        .values(state=ApplicationState.ADMITTED, decided_at=now)
    )
    db.session.flush()
    decision_letters.write(batch, Outcome.ADMIT, [application_id], as_draft=bool(wave_waits))
    if leaving and all(leaving):  # every offer that waits leaves by itself: so does this one, with the last of them
        decision_letters.plan([application_id], max(at for at in leaving if at is not None))
    audit.record(actor, "offered place from waitlist", f"offer:{offer.id}", application=application_id, reason=reason)
    return offer.id


def _tell(offer_id: int, kind: str) -> None:
    """A letter to the startup's owner about what became of an offer."""
    offer = db.session.get_one(Offer, offer_id, populate_existing=True)
    batch = _batch_of(offer_id)
    told = letter_queries.facts(batch, "offer", [offer.application_id])[offer.application_id]
    for to in letter_queries.recipients([offer.application_id]).values():
        letters.write(to.user_id, kind, about=told.about, values={"startup": to.startup, **told.values})
