"""Services · Counter — evidence in, corrections in; each startup counts once."""

from __future__ import annotations

from datetime import date

from sqlalchemy import delete, func, select, update

from accelerator.extensions import db
from accelerator.kernel import clock
from accelerator.kernel.actor import Actor
from accelerator.kernel.enums import EvidenceKind
from accelerator.kernel.errors import NotAllowed, NotFound, RuleViolation
from accelerator.kernel.message import Message
from accelerator.kernel.permissions import Permission
from accelerator.models.counter import CounterCorrection, CounterDefinition, Evidence, Reached
from accelerator.models.startups import Startup
from accelerator.rules import access
from accelerator.services import audit
from accelerator.services.transaction import transaction


def record_evidence(*, actor: Actor, startup_id: int, kind: EvidenceKind, reference: str, happened_on: date) -> None:
    """Write down a fact that makes a startup count, and count it from that day if it does not count yet.

    Call it in the transaction of the fact itself. The same fact again changes nothing.

    Args: reference names the row that proves it: "offer:12", "attendance:34".
    """
    with transaction():
        known = db.session.scalar(
            select(Evidence).where(Evidence.kind == kind, Evidence.reference == reference).limit(1)
        )
        if known is not None and known.withdrawn_at is None:
            return
        if known is None:
            db.session.add(
                Evidence(
                    startup_id=startup_id,
                    kind=kind,
                    reference=reference,
                    happened_on=happened_on,
                    recorded_at=clock.now(),
                )
            )
        else:
            known.withdrawn_at, known.withdrawn_reason, known.happened_on = None, "", happened_on
        db.session.flush()
        _recount(startup_id)
        audit.record(actor, "recorded evidence", f"startup:{startup_id}", kind=str(kind), reference=reference)


def withdraw_evidence(*, actor: Actor, kind: EvidenceKind, reference: str, reason: str) -> None:
    """Say that a fact was not one; if the startup no longer counts, the correction log says so.

    Raises: NotFound when no such evidence stands.
    """
    with transaction():
        found = db.session.scalar(
            select(Evidence).where(
                Evidence.kind == kind, Evidence.reference == reference, Evidence.withdrawn_at.is_(None)
            )
        )
        if found is None:
            raise NotFound(Message("There is no such evidence."))
        found.withdrawn_at, found.withdrawn_reason = clock.now(), reason[:300]
        db.session.flush()
        if _recount(found.startup_id) < 0:
            db.session.add(CounterCorrection(corrected_at=clock.now(), change=-1, reason=reason[:300]))
        audit.record(actor, "withdrew evidence", f"startup:{found.startup_id}", reference=reference, reason=reason)


def correct_evidence(*, actor: Actor, startup_id: int, evidence_id: int, reason: str) -> None:
    """A person of the programme team withdraws one fact; the reason is published if the figure changes.

    Raises: NotAllowed, NotFound when it does not stand (any more), RuleViolation without a reason.
    """
    with transaction():
        if not (verdict := access.may(actor, Permission.COUNTER_CORRECT)):
            raise NotAllowed(verdict.reason)
        if not reason.strip():
            raise RuleViolation(Message("Give the reason."), field="reason")
        fact = db.session.get(Evidence, evidence_id)
        if fact is None or fact.startup_id != startup_id:
            raise NotFound(Message("There is no such evidence."))
        withdraw_evidence(actor=actor, kind=fact.kind, reference=fact.reference, reason=reason.strip())


def note_region(startup_id: int, region_code: str) -> None:
    """Complete, in the caller's transaction, the region of a startup that began to count before it was known."""
    db.session.execute(
        update(Reached)
        .where(Reached.startup_id == startup_id, Reached.region_code == "")
        .values(region_code=region_code)
    )


def _recount(startup_id: int) -> int:
    """Bring the startup's line in `reached` in step with its standing evidence; the change of the count."""
    first_on = db.session.scalar(
        select(func.min(Evidence.happened_on)).where(Evidence.startup_id == startup_id, Evidence.withdrawn_at.is_(None))
    )
    counted_on = db.session.scalar(select(Reached.counted_on).where(Reached.startup_id == startup_id))
    if first_on is None:
        db.session.execute(delete(Reached).where(Reached.startup_id == startup_id))
        return -1 if counted_on is not None else 0
    if counted_on is not None:
        if counted_on != first_on:
            db.session.execute(update(Reached).where(Reached.startup_id == startup_id).values(counted_on=first_on))
        return 0
    db.session.add(
        Reached(
            startup_id=startup_id,
            region_code=db.session.scalars(select(Startup.region_code).where(Startup.id == startup_id)).one(),
            counted_on=first_on,
            definition_version=db.session.scalars(select(func.max(CounterDefinition.version))).one(),
        )
    )
    db.session.flush()
    return 1
