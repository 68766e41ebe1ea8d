"""Services · Selection — choices are prepared, seen again as a whole, made final, and frozen with their proof."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import delete, insert, select, update

from accelerator.extensions import db
from accelerator.kernel import clock
from accelerator.kernel.actor import Actor
from accelerator.kernel.enums import ApplicationState, BatchState, OfferState, Outcome
from accelerator.kernel.errors import Conflict, NotAllowed, NotFound, RuleViolation
from accelerator.kernel.message import Message
from accelerator.kernel.permissions import Permission
from accelerator.models.applications import Application
from accelerator.models.programmes import Batch, Programme, Track
from accelerator.models.selection import Decision, Offer, RankingRun, SelectionSnapshot
from accelerator.queries import portfolio, rankings
from accelerator.queries import selection as queries
from accelerator.queries.meeting import chair
from accelerator.queries.meeting.conclusions import overturned
from accelerator.rules import access
from accelerator.rules import selection as rules
from accelerator.rules.scoring import Review
from accelerator.rules.selection import Choice
from accelerator.services import audit, decision_letters, request_keys
from accelerator.services.transaction import changed_rows, transaction

STALE_RANKING = Message("Reviews changed after the ranking was computed. Compute it again first.")

STATE_AFTER = {
    Outcome.ADMIT: ApplicationState.ADMITTED,
    Outcome.WAITLIST: ApplicationState.WAITLISTED,
    Outcome.REFUSE: ApplicationState.REFUSED,
}


def save_choices(*, actor: Actor, code: str, choices: Sequence[Choice], version: str) -> int:
    """Prepare the outcome of some applications; the rest stays as it is. How many off-rank choices owe a reason.

    Args:   version names what the manager saw prepared (queries.selection.prepared).
    Raises: NotAllowed, NotFound, RuleViolation on a waitlist position given twice, Conflict when somebody saved
            meanwhile or the batch is not in review.
    """
    with transaction():
        batch = batch_in_review(actor, code)
        stored = queries.choices(batch.id)
        refuse_stale(stored, version)
        known = set(queries.candidate_ids(batch.id))
        if not known.issuperset(choice.application_id for choice in choices):
            raise NotFound(Message("There is no such application in this batch."))
        merged = {choice.application_id: choice for choice in stored if choice.application_id in known}
        merged.update((choice.application_id, choice) for choice in choices)
        prepared = rules.in_order(list(merged.values()), queries.order(batch.id))
        store_choices(actor, batch.id, prepared)
        audit.record(actor, "prepared choices", f"batch:{batch.id}", choices=len(choices))
        reasons = {choice.application_id: choice.reason for choice in prepared}
        return sum(not reasons.get(one) for one in queries.departures(batch.id, prepared))


def propose_from_ranking(*, actor: Actor, code: str, version: str) -> int:
    """Prepare the first of the ranking for the free places and the next ten for the waitlist, instead of what was.

    Returns: how many are admitted.
    Raises:  NotAllowed, NotFound, RuleViolation without a ranking, Conflict as `save_choices`.
    """
    with transaction():
        batch = batch_in_review(actor, code)
        stored = queries.choices(batch.id)
        refuse_stale(stored, version)
        known = set(queries.candidate_ids(batch.id))
        order = [application_id for application_id in queries.order(batch.id) if application_id in known]
        if not order:
            raise RuleViolation(Message("There is no ranking yet: no review has been submitted."))
        prepared = rules.proposal(order, batch.places - batch.places_taken)
        store_choices(actor, batch.id, prepared)
        before = [[choice.application_id, str(choice.outcome), choice.reason] for choice in stored[:200]]
        audit.record(actor, "proposed choices from the ranking", f"batch:{batch.id}", instead_of=before)
        return sum(choice.outcome is Outcome.ADMIT for choice in prepared)


def confirm(
    *, actor: Actor, code: str, version: str, typed_places: int, respond_by: datetime, request_key: str = ""
) -> int:
    """Make the choice final: applications are told apart, offers and letters drafted, everything frozen.

    Every application without a choice is refused. Nothing leaves the house yet.

    Args:    version names what the recap showed; typed_places is the number of admissions, typed by the manager.
    Returns: the number of offers.
    Raises:  NotAllowed, NotFound, Conflict when something changed since the recap, RuleViolation otherwise.
    """
    proved = _proved(actor, code)  # before the write lock: it recomputes everything
    with transaction():
        if (earlier := request_keys.earlier_result(actor, request_key)) is not None:
            return int(earlier)
        batch = batch_in_review(actor, code)
        stored = queries.choices(batch.id)
        refuse_stale(stored, version)
        known = queries.candidate_ids(batch.id)
        admissible = set(known)
        chosen = [choice for choice in stored if choice.application_id in admissible]
        admitted = [choice for choice in chosen if choice.outcome is Outcome.ADMIT]
        _refuse_unready(batch, chosen, len(admitted), typed_places)
        now = clock.now()
        rules.refuse_answer_date(respond_by, now, batch.starts_on, _zone(batch))
        taken = changed_rows(
            update(Batch)
            .where(
                Batch.id == batch.id,
                Batch.state == BatchState.REVIEWING,
                Batch.places_taken + len(admitted) <= Batch.places,
            )
            .values(
                places_taken=Batch.places_taken + len(admitted), state=BatchState.DECIDED, version=Batch.version + 1
            )
        )
        if not taken:
            raise Conflict(Message("The places of this batch were taken meanwhile. Look at the recap again."))
        _decide(actor, batch.id, known, chosen, now)
        digest = _freeze(actor, batch, now, proved)
        _draft_offers(batch, [choice.application_id for choice in admitted], respond_by, now)
        _draft_answers(batch)
        request_keys.keep(actor, request_key, len(admitted))
        audit.record(
            actor, "confirmed selection", f"batch:{batch.id}", places=len(admitted), decisions=len(known), sha256=digest
        )
        return len(admitted)


def verify(*, code: str) -> list[str]:
    """What is wrong with the frozen result of a batch; nothing when it holds. Changes nothing.

    The document must have its hash, its ranking (from version 2 on with intervals, chances and the robustness sheet)
    must follow from its scores, and the stored reviews and decisions
    must be those it holds.

    Raises: NotFound.
    """
    batch_id = db.session.scalar(select(Batch.id).where(Batch.code == code))
    frozen = queries.find_frozen(batch_id) if batch_id is not None else None
    if batch_id is None or frozen is None:
        raise NotFound(Message("There is no frozen selection under this code."))
    if rules.fingerprint(frozen.document) != frozen.sha256:
        return ["the document does not have its SHA-256"]
    document = json.loads(frozen.document)
    wrong = []
    if difference := rules.recomputation_differs(document):
        wrong.append(difference)
    if _score_lines(rankings.reviews_decided(batch_id)) != document["scores"]:
        wrong.append("the stored reviews are not those of the document")
    if _decisions(batch_id) != document["decisions"]:
        wrong.append("the stored decisions are not those of the document")
    return wrong


def batch_in_review(actor: Actor, code: str) -> Batch:
    """The batch, locked, for somebody who may decide. Raises: NotAllowed, NotFound, Conflict unless it is in review."""
    if not (verdict := access.may(actor, Permission.SELECTION_DECIDE)):
        raise NotAllowed(verdict.reason)
    batch = db.session.scalar(
        select(Batch)
        .where(Batch.code == code)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    if batch is None:
        raise NotFound(Message("There is no such batch."))
    if batch.state is BatchState.DECIDED:
        raise Conflict(Message("This batch is decided: its choices are final."))
    if batch.state is not BatchState.REVIEWING:
        raise Conflict(Message("This batch is not in review yet."))
    return batch


def refuse_stale(stored: Sequence[Choice], version: str) -> None:
    """Raise Conflict unless the version names what is stored."""
    if rules.version_of(stored) != version:
        raise Conflict(Message("Somebody else saved choices meanwhile. Compare, and save again."))


def _refuse_unready(batch: Batch, chosen: Sequence[Choice], admitted: int, typed_places: int) -> None:
    run = rankings.find_run(batch.id)
    if run is None or run.is_stale:
        raise RuleViolation(STALE_RANKING)
    if chair.is_open(batch.id):
        raise RuleViolation(Message("A meeting of the committee is still open: close it first."))
    if not admitted:
        raise RuleViolation(Message("No startup is admitted yet. Choose first."))
    if admitted > batch.places - batch.places_taken:
        raise RuleViolation(
            Message(
                "%(admitted)s are admitted for %(places)s places.",
                admitted=admitted,
                places=batch.places - batch.places_taken,
            )
        )
    reasons = {choice.application_id: choice.reason for choice in chosen}
    owed = sum(not reasons.get(one) for one in queries.departures(batch.id, chosen))
    if owed:
        raise RuleViolation(Message("%(count)s off-rank choices still need a reason.", count=owed))
    unexplained = sum(not one.reason for one in overturned(batch.id))
    if unexplained:
        raise RuleViolation(
            Message("%(count)s choices go against what the committee concluded, without a reason.", count=unexplained)
        )
    if typed_places != admitted:
        raise RuleViolation(Message("Type the number of places you give: %(count)s.", count=admitted), field="places")


def store_choices(actor: Actor, batch_id: int, prepared: Sequence[Choice]) -> None:
    """Inside a transaction: bring the decisions of a batch in step; lines that stay as they are keep their author and instant."""
    now = clock.now()
    before = {choice.application_id: choice for choice in queries.choices(batch_id)}
    after = {choice.application_id: choice for choice in prepared}
    gone = [one for one in before if one not in after]
    changed = [choice for one, choice in after.items() if before.get(one) != choice]
    replaced = [*gone, *(choice.application_id for choice in changed)]
    for start in range(0, len(replaced), 500):
        db.session.execute(delete(Decision).where(Decision.application_id.in_(replaced[start : start + 500])))
    if changed:
        db.session.execute(insert(Decision), [_decision(actor, batch_id, choice, now) for choice in changed])


def _decision(actor: Actor, batch_id: int, choice: Choice, now: datetime) -> dict[str, object]:
    return {
        "application_id": choice.application_id,
        "batch_id": batch_id,
        "outcome": choice.outcome,
        "waitlist_position": choice.position,
        "rank": None,
        "reason": choice.reason,
        "decided_by_user_id": actor.user_id,
        "decided_at": now,
    }


def _decide(actor: Actor, batch_id: int, known: Sequence[int], chosen: Sequence[Choice], now: datetime) -> None:
    """Give every application its decision, its rank in it, and its state."""
    places = {application_id: place for place, application_id in enumerate(queries.order(batch_id), start=1)}
    by_id = {choice.application_id: choice for choice in chosen}
    final = [by_id.get(one, Choice(one, Outcome.REFUSE)) for one in known]
    db.session.execute(delete(Decision).where(Decision.batch_id == batch_id))
    db.session.execute(
        insert(Decision),
        [
            {**_decision(actor, batch_id, choice, now), "rank": places.get(choice.application_id)}
            for choice in rules.in_order(final, list(places))
        ],
    )
    for outcome, state in STATE_AFTER.items():
        decided = select(Decision.application_id).where(Decision.batch_id == batch_id, Decision.outcome == outcome)
        db.session.execute(
            update(Application).where(Application.id.in_(decided)).values(state=state, decided_at=now),
            execution_options={"synchronize_session": False},
        )


def _proved(actor: Actor, code: str) -> dict[str, object] | None:
    """The ranking of a batch in review as it will be frozen, if it follows from its reviews when recomputed."""
    batch = db.session.scalar(select(Batch).where(Batch.code == code, Batch.state == BatchState.REVIEWING))
    if batch is None or not access.may(actor, Permission.SELECTION_DECIDE):
        return None
    ranked = _ranked(batch, rankings.reviews_to_rank(batch.id))
    return None if ranked is None or rules.recomputation_differs(ranked) else ranked


def _ranked(batch: Batch, reviews: Sequence[Review]) -> dict[str, object] | None:
    """The stored ranking with the scores it rests on and what it was computed by; None where it says too little."""
    run = db.session.get_one(RankingRun, batch.id) if rankings.find_run(batch.id) else None
    if run is None or "methods" not in run.notes:
        return None
    return {
        "version": rules.SNAPSHOT_VERSION,
        "batch": batch.code,
        "places": batch.places,
        "method": run.method,
        "methods": run.notes["methods"],
        "variances": [run.quality_variance, run.severity_variance, run.noise_variance],
        "variants": run.variants,
        "scores": _score_lines(reviews),
        "ranking": queries.frozen_standings(batch.id),
    }


def _freeze(actor: Actor, batch: Batch, now: datetime, proved: Mapping[str, object] | None) -> str:
    """Keep everything the decision rests on, in one spelling, with its SHA-256.

    Raises: RuleViolation when what was proved before the transaction is not what is stored now.
    """
    ranked = _ranked(batch, rankings.reviews_decided(batch.id))
    if ranked is None or ranked != proved:
        raise RuleViolation(STALE_RANKING)
    content = {
        **ranked,
        "confirmed_at": now.isoformat(),
        "portfolio_rules": portfolio.frozen_rules(batch.id),
        "decisions": _decisions(batch.id),
    }
    document = rules.canonical(content)
    digest = rules.fingerprint(document)
    db.session.add(
        SelectionSnapshot(
            batch_id=batch.id,
            method=str(content["method"]),
            document=document,
            sha256=digest,
            confirmed_at=now,
            confirmed_by_user_id=actor.user_id,
        )
    )
    return digest


def _score_lines(reviews: Sequence[Review]) -> list[list[object]]:
    return [[review.application_id, review.reviewer_id, review.overall] for review in reviews]


def _decisions(batch_id: int) -> list[list[object]]:
    rows = db.session.execute(
        select(Decision.application_id, Decision.outcome, Decision.waitlist_position, Decision.rank, Decision.reason)
        .where(Decision.batch_id == batch_id)
        .order_by(Decision.application_id)
    )
    return [[row[0], str(row[1]), *row[2:]] for row in rows]


def _zone(batch: Batch) -> str:
    return db.session.scalars(
        select(Programme.zone).join(Track, Track.programme_id == Programme.id).where(Track.id == batch.track_id)
    ).one()


def _draft_offers(batch: Batch, admitted: Sequence[int], respond_by: datetime, now: datetime) -> None:
    offers = [
        Offer(
            batch_id=batch.id,
            application_id=application_id,
            state=OfferState.DRAFT,
            respond_by=respond_by,
            made_at=now,
        )
        for application_id in admitted
    ]
    db.session.add_all(offers)
    db.session.flush()
    decision_letters.write(batch, Outcome.ADMIT, admitted, as_draft=True)


def _draft_answers(batch: Batch) -> None:
    """Draft the letters to those on the waitlist, with their position, and to those refused."""
    for outcome in (Outcome.WAITLIST, Outcome.REFUSE):
        decided = db.session.scalars(
            select(Decision.application_id)
            .where(Decision.batch_id == batch.id, Decision.outcome == outcome)
            .order_by(Decision.application_id)
        ).all()
        decision_letters.write(batch, outcome, decided, as_draft=True)
