"""Services · Imports · Reviews — opinions given elsewhere, scored on the batch's own rubric, one row a review."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from sqlalchemy import select

from accelerator.extensions import db
from accelerator.kernel import clock
from accelerator.kernel.actor import Actor
from accelerator.kernel.enums import ApplicationState, AssignmentState, Role
from accelerator.kernel.errors import NotFound, RuleViolation
from accelerator.kernel.message import Message
from accelerator.kernel.permissions import Permission
from accelerator.models.accounts import RoleGrant, User
from accelerator.models.applications import Application
from accelerator.models.programmes import Batch
from accelerator.models.reviewing import Assignment, BatchReviewer, Criterion, Review, Rubric, Score
from accelerator.models.selection import SelectionSnapshot
from accelerator.models.startups import Startup
from accelerator.rules.imports import instant, points, siren_of
from accelerator.rules.scoring import Criterion as Line
from accelerator.rules.scoring import Scale, overall_score
from accelerator.services import rankings
from accelerator.services.accounts import normal_email
from accelerator.services.imports.reports import Report, importing, one_line, require_columns, usable_rows

APPLICATION: Final = ("application", "receipt", "siren", "siret")
REVIEWER: Final = ("reviewer", "reviewer_email", "evaluateur", "email")
OWN_COLUMNS: Final = frozenset({*APPLICATION, *REVIEWER, "reviewer_name", "comment", "submitted_at"})
NOT_REVIEWED: Final = frozenset(
    {ApplicationState.DRAFT, ApplicationState.WITHDRAWN, ApplicationState.INADMISSIBLE, ApplicationState.SUBMITTED}
)


def import_reviews(
    *, actor: Actor, content: bytes, batch_code: str, dry_run: bool = False, strict: bool = False
) -> Report:
    """Bring in the reviews of one batch: application (receipt or SIREN), reviewer's address, points by criterion code.

    Reviewers not known yet are made members of the committee without a letter. A review that stands already is
    unchanged when it is equal and refused when it differs. The same file again changes nothing.

    Raises: NotAllowed, NotFound, RuleViolation when the file cannot be read or the result of the batch is frozen.
    """
    with importing(
        actor, Permission.REVIEWING_MANAGE, content, subject=f"batch:{batch_code}", dry_run=dry_run, strict=strict
    ) as (table, report):
        batch = db.session.scalar(select(Batch).where(Batch.code == batch_code))
        if batch is None:
            raise NotFound(Message("There is no batch “%(code)s”.", code=batch_code))
        if db.session.get(SelectionSnapshot, batch.id) is not None:
            raise RuleViolation(Message("The result of this batch is frozen: no review can be added."))
        desk = _Desk(batch, report)
        require_columns(table, APPLICATION, REVIEWER, *((code,) for code in desk.criteria))
        used = OWN_COLUMNS | set(desk.criteria)
        report.columns_left_out = [name for name in table.columns if name and name not in used]
        for row in usable_rows(table, report):
            with one_line(report, row.line):
                desk.take(row.values)
        desk.close()
    return report


class _Desk:
    def __init__(self, batch: Batch, report: Report) -> None:
        self.batch, self.report, self.now = batch, report, clock.now()
        rubric = db.session.get(Rubric, batch.rubric_id) if batch.rubric_id else None
        if rubric is None:
            raise RuleViolation(Message("This batch has no rubric yet."))
        self.scale = Scale(rubric.scale_min, rubric.scale_max)
        rows = db.session.scalars(
            select(Criterion).where(Criterion.rubric_id == rubric.id).order_by(Criterion.position)
        )
        self.criteria = {row.code: Line(row.id, row.weight) for row in rows}
        self.applications: dict[str, Application] = {}
        for application, siren in db.session.execute(
            select(Application, Startup.siren)
            .join(Startup, Startup.id == Application.startup_id)
            .where(Application.batch_id == batch.id)
        ):
            self.applications |= {key: application for key in (application.receipt, siren) if key}
        self.assignments = {
            (row.application_id, row.reviewer_user_id): row
            for row in db.session.scalars(select(Assignment).where(Assignment.batch_id == batch.id))
        }
        self.reviews = {
            row.assignment_id: row for row in db.session.scalars(select(Review).where(Review.batch_id == batch.id))
        }
        self.reviewers: dict[str, int] = {}
        self.members = {
            row.user_id: row
            for row in db.session.scalars(select(BatchReviewer).where(BatchReviewer.batch_id == batch.id))
        }
        self.loads: dict[int, int] = {}
        for _application_id, user_id in self.assignments:
            self.loads[user_id] = self.loads.get(user_id, 0) + 1

    def take(self, values: Mapping[str, str]) -> None:
        application = self._application(values)
        scores = {line.id: points(values.get(code, ""), code) for code, line in self.criteria.items()}
        overall = overall_score(scores, list(self.criteria.values()), self.scale)
        email = normal_email(next((values[name] for name in REVIEWER if values.get(name)), ""))
        if "@" not in email or len(email) > 254:
            raise RuleViolation(Message("no e-mail address of the reviewer"), field="reviewer")
        user_id = self._reviewer(email, values.get("reviewer_name", ""))
        assignment = self.assignments.get((application.id, user_id))
        if assignment is not None and assignment.state is AssignmentState.REVIEWED:
            self._compare(assignment, scores, values.get("comment", ""))
            return
        if assignment is not None and assignment.state is not AssignmentState.OPEN:
            raise RuleViolation(Message("%(email)s stepped back from this application", email=email))
        submitted_at = instant(values.get("submitted_at", "")) or self.now
        if submitted_at > self.now:
            raise RuleViolation(Message("submitted in the future"), field="submitted_at")
        assignment = self._close(application, user_id, assignment, submitted_at)
        review = Review(
            assignment_id=assignment.id,
            batch_id=self.batch.id,
            application_id=application.id,
            reviewer_user_id=user_id,
            overall=overall,
            comment=values.get("comment", ""),
            submitted_at=submitted_at,
            scores=[Score(criterion_id=key, points=value) for key, value in scores.items()],
        )
        db.session.add(review)
        db.session.flush()
        self.reviews[assignment.id] = review
        application.reviews += 1
        self.report.imported += 1

    def close(self) -> None:
        """Capacities hold what was read, and the ranking knows that it is stale."""
        for user_id, load in self.loads.items():
            member = self.members.get(user_id)
            if member is not None and member.capacity < load:
                member.capacity = load
        db.session.flush()
        if self.report.imported:
            rankings.note_reviews_changed(self.batch.id)

    def _application(self, values: Mapping[str, str]) -> Application:
        named = next((values[name] for name in APPLICATION if values.get(name)), "")
        found = self.applications.get(named) or self.applications.get(_siren_in(named))
        if found is None:
            raise RuleViolation(
                Message("“%(text)s” is no application of this batch", text=named[:40]), field="application"
            )
        if found.state in NOT_REVIEWED:
            raise RuleViolation(
                Message("the application is not admissible for review: %(state)s", state=str(found.state)),
                field="application",
            )
        return found

    def _reviewer(self, email: str, name: str) -> int:
        if email not in self.reviewers:
            user = db.session.scalar(select(User).where(User.email == email))
            if user is None:
                user = User(email=email, name=(name or email.partition("@")[0])[:120], locale="fr", created_at=self.now)
                db.session.add(user)
                db.session.flush()
            if not db.session.scalar(
                select(RoleGrant.id).where(RoleGrant.user_id == user.id, RoleGrant.role == Role.REVIEWER)
            ):
                db.session.add(RoleGrant(user_id=user.id, role=Role.REVIEWER, region_code="", granted_at=self.now))
            if user.id not in self.members:
                member = BatchReviewer(batch_id=self.batch.id, user_id=user.id, capacity=0, named_at=self.now)
                db.session.add(member)
                self.members[user.id] = member
            self.reviewers[email] = user.id
        return self.reviewers[email]

    def _close(
        self, application: Application, user_id: int, assignment: Assignment | None, submitted_at: datetime
    ) -> Assignment:
        """The duty this review fulfils, made where there was none."""
        if assignment is None:
            assignment = Assignment(
                batch_id=self.batch.id,
                application_id=application.id,
                reviewer_user_id=user_id,
                position=self.loads.get(user_id, 0) + 1,
                assigned_at=submitted_at,
                due_at=self.batch.reviews_due_at,
            )
            db.session.add(assignment)
            self.assignments[(application.id, user_id)] = assignment
            self.loads[user_id] = self.loads.get(user_id, 0) + 1
            application.assigned += 1
        assignment.state, assignment.closed_at = AssignmentState.REVIEWED, submitted_at
        db.session.flush()
        return assignment

    def _compare(self, assignment: Assignment, scores: Mapping[int, int], comment: str) -> None:
        review = self.reviews[assignment.id]
        stored = {
            row.criterion_id: row.points
            for row in db.session.execute(select(Score.criterion_id, Score.points).where(Score.review_id == review.id))
        }
        if stored != dict(scores) or review.comment != comment:
            raise RuleViolation(Message("this reviewer has already given another review of this application"))
        self.report.unchanged += 1


def _siren_in(text: str) -> str:
    try:
        return siren_of({"siren": text}, []) or ""
    except RuleViolation:
        return ""
