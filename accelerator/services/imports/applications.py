"""Services · Imports · Applications — the entries of one batch with their answers, as they stood in a spreadsheet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final

from sqlalchemy import select

from accelerator.extensions import db
from accelerator.kernel import clock
from accelerator.kernel.actor import Actor
from accelerator.kernel.enums import ApplicationState, BatchState, EvidenceKind, OfferState, Outcome
from accelerator.kernel.errors import NotFound, RuleViolation
from accelerator.kernel.message import Message
from accelerator.kernel.permissions import Permission
from accelerator.models.applications import Answer, Application
from accelerator.models.programmes import Batch
from accelerator.models.selection import Decision, Offer
from accelerator.queries import calls
from accelerator.rules.applications import AskedQuestion, receipt_number, refuse_too_long
from accelerator.rules.imports import (
    PARIS,
    STARTUP_COLUMNS,
    StartupRow,
    answer,
    application_state,
    instant,
    known_columns,
    siren_of,
    startup_row,
)
from accelerator.services import counter
from accelerator.services.imports.places import take_place
from accelerator.services.imports.reports import Report, importing, one_line, require_columns, usable_rows
from accelerator.services.imports.startups import StartupDesk

S = ApplicationState
OWN_COLUMNS: Final = frozenset({"submitted_at", "state"})
OUTCOMES: Final[Mapping[S, Outcome]] = {
    S.ADMITTED: Outcome.ADMIT,
    S.WAITLISTED: Outcome.WAITLIST,
    S.REFUSED: Outcome.REFUSE,
}


@dataclass(frozen=True)
class _Entry:
    """One row, read."""

    startup: StartupRow
    state: ApplicationState
    submitted_at: datetime | None
    answers: dict[int, str]  # question id -> text


def import_applications(
    *,
    actor: Actor,
    content: bytes,
    batch_code: str,
    default_region: str = "",
    dry_run: bool = False,
    strict: bool = False,
) -> Report:
    """Bring in the applications of one batch: `siren` or `name` and `postcode`, `submitted_at`, `state`, answers by code.

    A startup not known yet is created. A known application keeps its state and its answers and gains what is
    missing. The same file again changes nothing.

    Raises: NotAllowed, NotFound, RuleViolation when the file cannot be read.
    """
    with importing(
        actor, Permission.BATCH_MANAGE, content, subject=f"batch:{batch_code}", dry_run=dry_run, strict=strict
    ) as (table, report):
        batch = db.session.scalar(select(Batch).where(Batch.code == batch_code))
        if batch is None:
            raise NotFound(Message("There is no batch “%(code)s”.", code=batch_code))
        require_columns(table, (*STARTUP_COLUMNS["siren"], *STARTUP_COLUMNS["siret"], *STARTUP_COLUMNS["name"]))
        questions = {question.code: question for question in calls.questions(batch.id)}
        used = known_columns(table.columns) | OWN_COLUMNS | set(questions)
        report.columns_left_out = [name for name in table.columns if name and name not in used]
        desk = _Desk(actor, batch, questions, report, default_region)
        for row in usable_rows(table, report):
            with one_line(report, row.line):
                desk.take(row.line, row.values)
    return report


class _Desk:
    def __init__(
        self, actor: Actor, batch: Batch, questions: Mapping[str, AskedQuestion], report: Report, default_region: str
    ) -> None:
        self.actor, self.batch, self.questions, self.report = actor, batch, questions, report
        self.default_region = default_region
        self.startups = StartupDesk()
        self.now = clock.now()
        rows = db.session.execute(
            select(Application.startup_id, Application.id).where(Application.batch_id == batch.id)
        ).all()
        self.known: dict[int, int] = {row.startup_id: row.id for row in rows}
        self.answered: set[tuple[int, int]] = {
            (row.application_id, row.question_id)
            for row in db.session.execute(
                select(Answer.application_id, Answer.question_id)
                .join(Application, Application.id == Answer.application_id)
                .where(Application.batch_id == batch.id)
            )
        }

    def take(self, line: int, values: Mapping[str, str]) -> None:
        entry = self._read(line, values)
        startup_id = self._startup_id(entry.startup)
        if startup_id in self.known:
            gained = self._answer(self.known[startup_id], entry.answers)
            self.report.merged += bool(gained)
            self.report.unchanged += not gained
            return
        if entry.state in OUTCOMES and self.batch.state is not BatchState.DECIDED:
            raise RuleViolation(
                Message("the batch is not decided: import it as admissible and decide here"), field="state"
            )
        if entry.state is S.ADMITTED and not take_place(self.batch.id):
            raise RuleViolation(Message("all %(places)s places are taken", places=self.batch.places), field="state")
        application = self._add(startup_id, entry)
        self._answer(application.id, entry.answers)
        if entry.state in OUTCOMES:
            self._decide(application, startup_id)
        self.report.imported += 1

    def _read(self, line: int, values: Mapping[str, str]) -> _Entry:
        row = self._startup_row(line, values)
        state = application_state(values.get("state", ""))
        submitted_at = instant(values.get("submitted_at", ""))
        if state is not S.DRAFT and submitted_at is None:
            raise RuleViolation(Message("no date and time of submission"), field="submitted_at")
        if submitted_at is not None and submitted_at > self.now:
            raise RuleViolation(Message("submitted in the future"), field="submitted_at")
        if submitted_at is not None and submitted_at > self.batch.closes_at:
            self.report.note(line, [Message("submitted after the call had closed")])
        answers = {}
        for code, question in self.questions.items():
            if text := answer(question, values.get(code, "")):
                refuse_too_long(question, text)
                answers[question.id] = text
        return _Entry(row, state, None if state is S.DRAFT else submitted_at, answers)

    def _startup_row(self, line: int, values: Mapping[str, str]) -> StartupRow:
        """The startup of the row; one that is known already needs no name and no place."""
        known = self.startups.by_siren(siren_of(values, []))
        if known is not None:
            values = {"name": known["name"], **{key: text for key, text in values.items() if text}}
        place = known["region_code"] if known is not None else self.default_region
        row = startup_row(values, default_region=place)
        self.report.note(line, row.notes)
        return row

    def _startup_id(self, row: StartupRow) -> int:
        counted = Report(is_dry_run=True)
        startup = self.startups.take(row, counted)
        self.startups.store()
        return int(startup["id"])

    def _add(self, startup_id: int, entry: _Entry) -> Application:
        came_at = entry.submitted_at or self.now
        decided_at = self._decided_at() if entry.state in OUTCOMES else None
        application = Application(
            batch_id=self.batch.id,
            startup_id=startup_id,
            state=entry.state,
            started_at=came_at,
            saved_at=came_at,
            submitted_at=entry.submitted_at,
            screened_at=self.now if entry.state not in (S.DRAFT, S.SUBMITTED, S.WITHDRAWN) else None,
            decided_at=decided_at,
        )
        db.session.add(application)
        db.session.flush()
        if entry.submitted_at is not None:
            application.receipt = receipt_number(self.batch.code, application.id)
        self.known[startup_id] = application.id
        return application

    def _answer(self, application_id: int, answers: Mapping[int, str]) -> int:
        missing = {key: text for key, text in answers.items() if (application_id, key) not in self.answered}
        for question_id, text in missing.items():
            db.session.add(Answer(application_id=application_id, question_id=question_id, text=text))
            self.answered.add((application_id, question_id))
        db.session.flush()
        return len(missing)

    def _decide(self, application: Application, startup_id: int) -> None:
        """The decision of the past; an admitted startup had accepted its place, and counts."""
        outcome, decided_at = OUTCOMES[application.state], self._decided_at()
        db.session.add(
            Decision(
                application_id=application.id,
                batch_id=self.batch.id,
                outcome=outcome,
                reason="",
                decided_by_user_id=self.actor.user_id,
                decided_at=decided_at,
            )
        )
        if outcome is not Outcome.ADMIT:
            return
        offer = Offer(
            batch_id=self.batch.id,
            application_id=application.id,
            state=OfferState.ACCEPTED,
            respond_by=decided_at + timedelta(days=7),
            made_at=decided_at,
            sent_at=decided_at,
            answered_at=decided_at,
        )
        db.session.add(offer)
        db.session.flush()
        counter.record_evidence(
            actor=self.actor,
            startup_id=startup_id,
            kind=EvidenceKind.BATCH_MEMBER,
            reference=f"offer:{offer.id}",
            happened_on=decided_at.astimezone(PARIS).date(),
        )

    def _decided_at(self) -> datetime:
        return min(datetime.combine(self.batch.decides_on, time(12), PARIS), self.now)
