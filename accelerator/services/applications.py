"""Services · Applications — an application is started, saved, submitted before the deadline, withdrawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from accelerator.extensions import db
from accelerator.kernel import clock
from accelerator.kernel.actor import Actor
from accelerator.kernel.bilingual import Bilingual
from accelerator.kernel.enums import ApplicationState, BatchPhase
from accelerator.kernel.errors import NotAllowed, NotFound, RuleViolation
from accelerator.kernel.message import Message
from accelerator.kernel.permissions import Permission
from accelerator.models.applications import Answer, Application, LateArrival
from accelerator.models.startups import Membership
from accelerator.queries import applications as queries
from accelerator.queries import calls, startups
from accelerator.queries.calls import Call
from accelerator.rules import access, lifecycle
from accelerator.rules import applications as rules
from accelerator.rules.applications import Merge, TypedAnswer
from accelerator.rules.lifecycle import ApplicantAct
from accelerator.services import audit, blindness, decision_letters, letters, rankings
from accelerator.services.transaction import transaction


@dataclass(frozen=True)
class Saved:
    """What became of a save: when it was stored, the mark of every text as it is stored now, and the conflicts.

    `conflicts` maps question ids to the text somebody else stored meanwhile; those typed texts were not stored.
    """

    saved_at: datetime
    fingerprints: Mapping[int, str]
    conflicts: Mapping[int, str]


def start_application(*, actor: Actor, batch_code: str, startup_id: int) -> int:
    """The draft of a startup for an open call, new or the one it has; a withdrawn one becomes a draft again; its id.

    Raises: NotAllowed; NotFound to strangers and for unknown calls; RuleViolation when the call is not open.
    """
    if not (verdict := access.may(actor, Permission.APPLICATION_APPLY)):
        raise NotAllowed(verdict.reason)
    try:
        return _start(actor, batch_code, startup_id)
    except IntegrityError:  # a co-founder started it in the same instant
        return _start(actor, batch_code, startup_id)


def _start(actor: Actor, batch_code: str, startup_id: int) -> int:
    with transaction():
        startups.own(actor.user_id, startup_id)
        call = calls.call(batch_code)
        application = db.session.scalar(
            select(Application)
            .where(Application.batch_id == call.batch_id, Application.startup_id == startup_id)
            .with_for_update()
        )
        if application is not None and application.state is not ApplicationState.WITHDRAWN:
            return application.id
        if not call.is_open:
            raise RuleViolation(_not_open(call))
        now = clock.now()
        if application is None:
            application = Application(batch_id=call.batch_id, startup_id=startup_id, started_at=now, saved_at=now)
            db.session.add(application)
            verb = "started application"
        else:
            application.state = lifecycle.after(application.state, ApplicantAct.REOPEN)
            application.version += 1
            application.saved_at = now
            application.submitted_at = application.receipt = application.screened_at = None
            application.screened_by_user_id, application.screening_reason = None, ""
            blindness.forget(startup_id)
            verb = "reopened application"
        db.session.flush()
        audit.record(actor, verb, f"application:{application.id}", batch=batch_code)
        return application.id


def _not_open(call: Call) -> Message:
    if call.has_closed:
        return Message("This call closed on %(closes)s (Paris time).", closes=call.closes_at)
    return Message("This call opens on %(opens)s (Paris time).", opens=call.opens_at)


def save_answers(*, actor: Actor, application_id: int, typed: Mapping[int, TypedAnswer]) -> Saved:
    """Keep what was typed in a draft, whatever its shape; what a co-founder changed meanwhile is not overwritten.

    Raises: NotFound to strangers; Conflict once submitted; RuleViolation on "q_<id>" for a text beyond all size.
    """
    with transaction():
        application = locked_application(actor, application_id)
        lifecycle.after(application.state, ApplicantAct.SAVE)
        asked = {question.id: question for question in calls.questions(application.batch_id)}
        stored = {
            answer.question_id: answer
            for answer in db.session.scalars(select(Answer).where(Answer.application_id == application_id))
        }
        fingerprints: dict[int, str] = {}
        conflicts: dict[int, str] = {}
        has_changed = False
        for question_id, one in typed.items():
            if question_id not in asked:
                raise NotFound(Message("This question is not part of the form."))
            rules.refuse_too_long(asked[question_id], one.text)
            answer = stored.get(question_id)
            before = answer.text if answer else ""
            match rules.merge(one, before):
                case Merge.WRITE:
                    _write_answer(application_id, question_id, answer, one.text)
                    fingerprints[question_id] = rules.fingerprint(one.text)
                    has_changed = True
                case Merge.CONFLICT:
                    conflicts[question_id] = before
                    fingerprints[question_id] = rules.fingerprint(before)
                case Merge.KEEP:
                    fingerprints[question_id] = rules.fingerprint(before)
        if has_changed:
            application.version += 1
            application.saved_at = clock.now()
            audit.record(actor, "saved application", f"application:{application_id}", version=application.version)
        return Saved(application.saved_at, fingerprints, conflicts)


def _write_answer(application_id: int, question_id: int, answer: Answer | None, text: str) -> None:
    if answer is None:
        db.session.add(Answer(application_id=application_id, question_id=question_id, text=text))
    elif text:
        answer.text = text
    else:
        db.session.delete(answer)


def submit_application(
    *, actor: Actor, application_id: int, is_true: bool, may_contact: bool, arrived_at: datetime
) -> str:
    """Send a complete application in before the deadline of this server's clock; its receipt.

    The same application sent twice is one submission with one receipt. One that comes too late is written to
    the late arrivals and changes nothing else.

    Args:   arrived_at is when the request reached the server: waiting for others costs nobody the deadline.
    Raises: NotFound to strangers; Conflict once withdrawn or decided; RuleViolation when late or incomplete.
    """
    with transaction():
        application = locked_application(actor, application_id)
        if application.receipt and application.state is not ApplicationState.WITHDRAWN:
            return application.receipt
        state = lifecycle.after(application.state, ApplicantAct.SUBMIT)
        sheet = queries.sheet(actor.user_id, application_id)
        call = sheet.dossier.application.call
        is_late = arrived_at >= call.closes_at or call.phase not in (BatchPhase.OPEN, BatchPhase.CLOSED)
        if is_late:
            db.session.add(
                LateArrival(
                    batch_id=call.batch_id, application_id=application_id, user_id=actor.user_id, arrived_at=arrived_at
                )
            )
            audit.record(actor, "came late", f"application:{application_id}", arrived_at=arrived_at.isoformat())
        else:
            _refuse_incomplete(sheet, is_true)
            application.state = state
            application.submitted_at = arrived_at
            application.receipt = rules.receipt_number(call.code, application_id)
            application.version += 1
            audit.record(
                actor,
                "submitted application",
                f"application:{application_id}",
                receipt=application.receipt,
                declares_true=is_true,
                may_be_contacted=may_contact,
            )
            _tell_people(application, sheet.dossier, "receipt")
    if is_late:
        raise RuleViolation(_too_late(call, arrived_at))
    return application.receipt or ""


def _too_late(call: Call, arrived_at: datetime) -> Message:
    return Message(
        "The call closed on %(closes)s (Paris time). Your application arrived after that, on %(arrived)s: it has not "
        "been submitted. The late arrival is on record; everything you typed is kept.",
        closes=call.closes_at,
        arrived=arrived_at,
    )


def _refuse_incomplete(sheet: queries.Sheet, is_true: bool) -> None:
    if sheet.problems:
        raise RuleViolation(Message("Some answers are missing or need a change. The list shows which."))
    if not is_true:
        raise RuleViolation(Message("Confirm that the answers are true."), field="is_true")


def withdraw_application(*, actor: Actor, application_id: int) -> None:
    """Take an application back; it leaves the committee's desks. Until the deadline it can be started again.

    Raises: NotFound to strangers; Conflict once it is decided.
    """
    with transaction():
        application = locked_application(actor, application_id)
        if application.state is ApplicationState.WITHDRAWN:
            return
        before = application.state
        application.state = lifecycle.after(before, ApplicantAct.WITHDRAW)
        application.version += 1
        audit.record(actor, "withdrew application", f"application:{application_id}", before=before)
        if before is not ApplicationState.DRAFT:
            rankings.note_reviews_changed(application.batch_id)
            decision_letters.supersede([application.id])
            _tell_people(application, queries.dossier(actor.user_id, application_id), "application_withdrawn")


def _tell_people(application: Application, dossier: queries.Dossier, kind: str) -> None:
    """One letter of this kind to everyone of the startup, with the dates that come next."""
    call = dossier.application.call
    for person in startups.people(application.startup_id):
        letters.write(
            person.user_id,
            kind,
            about=f"application:{application.id}",
            values={
                "application_id": application.id,
                "startup": dossier.startup_name,
                "batch": Bilingual(call.name.fr, call.name.en),
                "receipt": application.receipt,
                "submitted_at": application.submitted_at,
                "is_rolling": call.is_rolling,
                "closes_at": call.closes_at,
                "decides_on": call.decides_on,
                "starts_on": call.starts_on,
            },
        )


def locked_application(actor: Actor, application_id: int) -> Application:
    """The application to one of its people, locked until the transaction ends.

    Raises: NotFound to strangers.
    """
    application = db.session.scalar(
        select(Application)
        .join(Membership, Membership.startup_id == Application.startup_id)
        .where(Application.id == application_id, Membership.user_id == actor.user_id)
        .with_for_update(of=Application, key_share=True)
        .execution_options(populate_existing=True)
    )
    if application is None:
        raise NotFound(Message("There is no such application among yours."))
    return application
