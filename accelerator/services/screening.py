"""Services · Screening — an application is admissible or not; the applicant is told; decks are opened on the record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select, update

from accelerator.extensions import db
from accelerator.kernel import clock
from accelerator.kernel.actor import Actor
from accelerator.kernel.bilingual import Bilingual
from accelerator.kernel.enums import ApplicationState, BatchState, LetterState
from accelerator.kernel.errors import Conflict, NotAllowed, NotFound
from accelerator.kernel.message import Message
from accelerator.kernel.permissions import Permission
from accelerator.models.applications import Application
from accelerator.models.letters import Letter
from accelerator.models.programmes import Batch
from accelerator.models.startups import Membership, Startup
from accelerator.queries import dossiers
from accelerator.rules import access, screening
from accelerator.rules.screening import ScreeningReason
from accelerator.services import audit, decks, letters, request_keys
from accelerator.services.decks import DeckFile
from accelerator.services.transaction import transaction

LETTER: str = "not_admissible"


@dataclass(frozen=True)
class Screened:
    """What one screening did: whose application it was, and the next one that waits."""

    startup: str
    next_application_id: int | None


@dataclass(frozen=True)
class ScreenedMany:
    """How many applications were found admissible, and how many had changed meanwhile and were left alone."""

    done: int
    left: int


def admit_to_review(*, actor: Actor, application_id: int) -> Screened:
    """Find a submitted application admissible.

    Raises: NotAllowed, NotFound, Conflict when it is no longer waiting to be screened.
    """
    _refuse_others(actor)
    with transaction():
        application, batch = _load(application_id)
        _refuse_unless_waiting(application, batch)
        _write(actor, application, ApplicationState.ADMISSIBLE, "")
        audit.record(actor, "found admissible", f"application:{application.id}")
        return _screened(application)


def turn_down(*, actor: Actor, application_id: int, reason: ScreeningReason) -> Screened:
    """Find a submitted application not admissible; the letter to the startup waits as a draft.

    Raises: NotAllowed, NotFound, RuleViolation without a reason, Conflict when it no longer waits.
    """
    _refuse_others(actor)
    screening.refuse_bare_refusal(reason)
    with transaction():
        application, batch = _load(application_id)
        _refuse_unless_waiting(application, batch)
        _write(actor, application, ApplicationState.INADMISSIBLE, reason.stored())
        startup = db.session.get_one(Startup, application.startup_id)
        for user_id in _owners(startup.id):
            letters.write(
                user_id,
                LETTER,
                about=f"application:{application.id}",
                values={
                    "startup": startup.name,
                    "batch": Bilingual(batch.name_fr, batch.name_en),
                    "ground": reason.ground.value if reason.ground else "",
                    "explanation": reason.explanation,
                },
                as_draft=True,
            )
        audit.record(
            actor,
            "found not admissible",
            f"application:{application.id}",
            ground=reason.ground,
            said=reason.explanation,
        )
        return _screened(application)


def undo_screening(*, actor: Actor, application_id: int) -> None:
    """Put a screened application back among those that wait; a letter not yet sent is discarded.

    Raises: NotAllowed, NotFound, Conflict once reviewers are assigned or the batch is decided.
    """
    _refuse_others(actor)
    with transaction():
        application, batch = _load(application_id)
        verdict = screening.can_undo(application.state, batch.state, assigned=application.assigned)
        if not verdict:
            raise Conflict(verdict.reason)
        before = application.state
        application.state = ApplicationState.SUBMITTED
        application.screened_at, application.screened_by_user_id, application.screening_reason = None, None, ""
        application.version += 1
        db.session.execute(
            update(Letter)
            .where(
                Letter.about == f"application:{application.id}",
                Letter.kind == LETTER,
                Letter.state.in_([LetterState.DRAFT, LetterState.QUEUED, LetterState.FAILED]),
                Letter.leased_until.is_(None),
            )
            .values(state=LetterState.DISCARDED)
        )
        audit.record(actor, "undid screening", f"application:{application.id}", was=before)


def admit_many(*, actor: Actor, batch_code: str, application_ids: Sequence[int], request_key: str = "") -> ScreenedMany:
    """Find these applications of a batch admissible; one that changed meanwhile is left as it is.

    Raises: NotAllowed, NotFound, Conflict when the batch is decided.
    """
    _refuse_others(actor)
    with transaction():
        if (earlier := request_keys.earlier_result(actor, request_key)) is not None:
            done, _, left = earlier.partition("/")
            return ScreenedMany(int(done), int(left))
        batch = db.session.scalar(select(Batch).where(Batch.code == batch_code))
        if batch is None:
            raise NotFound(Message("There is no such batch."))
        if batch.state is BatchState.DECIDED:
            raise Conflict(Message("This batch is decided: nothing more is screened."))
        found = db.session.scalars(
            select(Application).where(Application.batch_id == batch.id, Application.id.in_(application_ids))
        ).all()
        waiting = [one for one in found if screening.can_screen(one.state, batch.state)]
        for application in waiting:
            _write(actor, application, ApplicationState.ADMISSIBLE, "")
            audit.record(actor, "found admissible", f"application:{application.id}", together=len(waiting))
        result = ScreenedMany(len(waiting), len(set(application_ids)) - len(waiting))
        request_keys.keep(actor, request_key, f"{result.done}/{result.left}")
        return result


def open_deck(*, actor: Actor, application_id: int) -> DeckFile:
    """The deck of a submitted application, for somebody who may read applications; the access is on the record.

    Raises: NotAllowed, NotFound.
    """
    if not (verdict := access.may(actor, Permission.APPLICATION_READ)):
        raise NotAllowed(verdict.reason)
    with transaction():
        _load(application_id)
        deck = decks.deck_of(application_id)
        audit.record(actor, "opened deck", f"application:{application_id}", file=deck.file_name)
        return deck


def note_export(*, actor: Actor, batch_id: int, rows: int) -> None:
    """Put on the record that the intake of a batch left the house as a file."""
    with transaction():
        audit.record(actor, "exported intake", f"batch:{batch_id}", rows=rows)


def _refuse_others(actor: Actor) -> None:
    if not (verdict := access.may(actor, Permission.APPLICATION_SCREEN)):
        raise NotAllowed(verdict.reason)


def _load(application_id: int) -> tuple[Application, Batch]:
    row = db.session.execute(
        select(Application, Batch)
        .join(Batch, Batch.id == Application.batch_id)
        .where(Application.id == application_id, Application.state != ApplicationState.DRAFT)
    ).first()
    if row is None:
        raise NotFound(Message("There is no such application."))
    application, batch = row
    return application, batch


def _refuse_unless_waiting(application: Application, batch: Batch) -> None:
    verdict = screening.can_screen(application.state, batch.state)
    if not verdict:
        raise Conflict(verdict.reason)


def _write(actor: Actor, application: Application, state: ApplicationState, reason: str) -> None:
    application.state = state
    application.screened_at = clock.now()
    application.screened_by_user_id = actor.user_id
    application.screening_reason = reason
    application.version += 1


def _screened(application: Application) -> Screened:
    db.session.flush()
    after = (application.id, application.submitted_at) if application.submitted_at else None
    return Screened(
        db.session.get_one(Startup, application.startup_id).name,
        dossiers.next_to_screen(application.batch_id, after=after),
    )


def _owners(startup_id: int) -> list[int]:
    """Who answers for a startup: its owners, or everybody where none is named."""
    rows = db.session.execute(
        select(Membership.user_id, Membership.is_owner)
        .where(Membership.startup_id == startup_id)
        .order_by(Membership.id)
    ).all()
    return [row.user_id for row in rows if row.is_owner] or [row.user_id for row in rows]
