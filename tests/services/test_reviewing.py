"""Reviews typed, sent and replaced; stepping back; the deck."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import event, select

from accelerator.extensions import db as database
from accelerator.kernel import clock
from accelerator.kernel.enums import ApplicationState, AssignmentState, BatchState, ConflictSource, Role
from accelerator.kernel.errors import NotFound, RuleViolation
from accelerator.models.applications import Deck
from accelerator.models.audit import AuditEntry
from accelerator.models.letters import Letter
from accelerator.models.reviewing import Assignment, ConflictOfInterest, Review, ReviewDraft, Score
from accelerator.models.selection import RankingRun
from accelerator.outbound import files
from accelerator.queries.reviewing import desk as desks
from accelerator.services import reviewing
from tests import make


@pytest.fixture
def round_(db):
    """A reviewer, her actor, a batch in review with a rubric 3:1, and one assignment."""

    class Round:
        ada = make.user(Role.REVIEWER, name="Ada")
        rubric = make.rubric("3", "1")
        batch = make.batch(rubric_id=rubric.id, state=BatchState.REVIEWING)
        application = make.application(of=batch, state=ApplicationState.ADMISSIBLE)
        assignment = make.assignment(of=application, reviewer=ada)
        team, market = make.criteria(rubric)
        actor = make.actor(ada)

        def submit(self, team=5, market=1, **others):
            values = {"comment": "Strong team.", "scores": {self.team.id: team, self.market.id: market}, **others}
            return reviewing.submit_review(actor=self.actor, assignment_id=self.assignment.id, **values)

    made = Round()
    database.session.expire_all()
    return made


def _counts(round_):
    database.session.expire_all()
    return round_.application.assigned, round_.application.reviews


def test_submit_review_stores_scores_closes_the_assignment_and_counts(round_, db):
    db.add(
        RankingRun(
            batch_id=round_.batch.id,
            computed_at=clock.now() - timedelta(hours=1),
            applications=1,
            reviews_seen=0,
            method="mean",
            quality_variance=0,
            severity_variance=0,
            noise_variance=0,
        )
    )
    db.commit()

    review_id = round_.submit(seconds=300)

    review = db.get(Review, review_id)
    assert (review.overall, review.comment) == (Decimal("4.00"), "Strong team.")
    assert dict(db.execute(select(Score.criterion_id, Score.points)).all()) == {
        round_.team.id: 5,
        round_.market.id: 1,
    }
    db.refresh(round_.assignment)
    assert round_.assignment.state is AssignmentState.REVIEWED
    assert round_.assignment.active_seconds == 300
    assert _counts(round_) == (1, 1)
    assert db.scalars(select(RankingRun.reviews_changed_at)).one() is not None
    assert db.scalars(select(AuditEntry.verb)).all() == ["sent a review"]


def test_submit_review_again_replaces_the_earlier_one(round_, db):
    round_.submit()

    round_.submit(team=2, market=2, comment="On reflection, weak.")

    assert db.scalars(select(Review.comment)).all() == ["On reflection, weak."]
    assert db.scalars(select(Score.points)).all() == [2, 2]
    assert _counts(round_) == (1, 1)


def test_submit_review_refused_leaves_nothing_behind(round_, db):
    with pytest.raises(RuleViolation, match="Score every criterion"):
        round_.submit(scores={round_.team.id: 5})

    assert db.scalars(select(Review)).all() == []
    assert db.get(Assignment, round_.assignment.id).state is AssignmentState.OPEN
    assert _counts(round_) == (1, 0)


def test_submit_review_removes_the_draft(round_, db):
    reviewing.autosave_draft(actor=round_.actor, assignment_id=round_.assignment.id, scores={}, comment="Hm")

    round_.submit()

    assert db.scalars(select(ReviewDraft)).all() == []


@pytest.mark.parametrize(
    "columns", [{"reviews_due_at": "past"}, {"state": BatchState.DECIDED}], ids=["after the date", "decided"]
)
def test_submit_review_after_the_round_is_refused_with_its_date(round_, db, columns):
    for name, value in columns.items():
        setattr(round_.batch, name, clock.now() - timedelta(seconds=1) if value == "past" else value)
    db.commit()

    with pytest.raises(RuleViolation, match="This round closed on"):
        round_.submit()
    with pytest.raises(RuleViolation, match="This round closed on"):
        reviewing.autosave_draft(actor=round_.actor, assignment_id=round_.assignment.id, scores={}, comment="x")

    assert db.scalars(select(Review)).all() == []
    assert db.scalars(select(ReviewDraft)).all() == []


def test_another_reviewers_assignment_is_not_there(round_, db):
    eve = make.actor(make.user(Role.REVIEWER, name="Eve"))
    scores = {round_.team.id: 5, round_.market.id: 5}
    mine = {"actor": eve, "assignment_id": round_.assignment.id}

    for act in (
        lambda: reviewing.submit_review(**mine, scores=scores, comment=""),
        lambda: reviewing.autosave_draft(**mine, scores=scores, comment=""),
        lambda: reviewing.declare_conflict(**mine, reason="no"),
        lambda: reviewing.give_back(**mine, reason="no"),
        lambda: reviewing.open_deck(**mine),
    ):
        with pytest.raises(NotFound):
            act()

    assert _counts(round_) == (1, 0)


def test_a_withdrawn_application_is_on_no_desk(round_, db):
    round_.application.state = ApplicationState.WITHDRAWN
    db.commit()

    with pytest.raises(NotFound):
        round_.submit()

    assert desks.rounds(round_.ada.id, clock.now()) == []


def test_autosave_replaces_the_draft_and_caps_the_time(round_, db):
    first = {"actor": round_.actor, "assignment_id": round_.assignment.id}
    reviewing.autosave_draft(**first, scores={round_.team.id: 4}, comment="One", seconds=20)
    reviewing.autosave_draft(**first, scores={round_.team.id: 3}, comment="Two", seconds=10**6)
    reviewing.autosave_draft(**first, scores={round_.team.id: 3}, comment="Two", seconds=-50)

    draft = db.scalars(select(ReviewDraft)).one()
    assert (draft.scores, draft.comment) == ({str(round_.team.id): 3}, "Two")
    assert db.get(Assignment, round_.assignment.id).active_seconds == 20 + 900


def test_declare_conflict_takes_the_dossier_and_its_review_away_and_tells_the_manager(round_, db):
    barbara = make.user(Role.MANAGER, name="Barbara")
    round_.submit()

    reviewing.declare_conflict(
        actor=round_.actor, assignment_id=round_.assignment.id, reason="My brother founded a rival."
    )

    assert db.scalars(select(Review)).all() == [] and db.scalars(select(Score)).all() == []
    assert db.get(Assignment, round_.assignment.id).state is AssignmentState.CONFLICTED
    assert _counts(round_) == (0, 0)
    conflict = db.scalars(select(ConflictOfInterest)).one()
    assert (conflict.reviewer_user_id, conflict.startup_id, conflict.source, conflict.ground) == (
        round_.ada.id,
        round_.application.startup_id,
        ConflictSource.DECLARED,
        "My brother founded a rival.",
    )
    letter = db.scalars(select(Letter)).one()
    assert letter.to_user_id == barbara.id
    assert "Ada has declared a conflict" in letter.body and "My brother founded a rival." in letter.body
    with pytest.raises(NotFound):
        round_.submit()


def test_declare_conflict_after_the_decision_is_refused(round_, db):
    round_.batch.state = BatchState.DECIDED
    db.commit()

    with pytest.raises(RuleViolation, match="decided"):
        reviewing.declare_conflict(actor=round_.actor, assignment_id=round_.assignment.id, reason="Late.")

    assert db.scalars(select(ConflictOfInterest)).all() == []


def test_give_back_keeps_what_was_typed_and_tells_the_manager(round_, db):
    make.user(Role.MANAGER)
    reviewing.autosave_draft(actor=round_.actor, assignment_id=round_.assignment.id, scores={}, comment="Half a page")

    reviewing.give_back(actor=round_.actor, assignment_id=round_.assignment.id, reason="I am ill.")

    assert db.get(Assignment, round_.assignment.id).state is AssignmentState.DECLINED
    assert _counts(round_) == (0, 0)
    assert db.scalars(select(ReviewDraft.comment)).all() == ["Half a page"]
    assert "I am ill." in db.scalars(select(Letter.body)).one()


def test_give_back_of_a_reviewed_dossier_is_refused(round_, db):
    round_.submit()

    with pytest.raises(RuleViolation, match="no longer to give back"):
        reviewing.give_back(actor=round_.actor, assignment_id=round_.assignment.id, reason="Tired.")

    assert _counts(round_) == (1, 1)


def test_open_deck_gives_a_neutral_name_and_leaves_a_trace(round_, db):
    name, digest = files.keep(b"%PDF-1.7 boreal", folder="decks", suffix=".pdf")
    db.add(
        Deck(
            application_id=round_.application.id,
            file_name="Boreal-AI-deck.pdf",
            size_bytes=15,
            pages=1,
            sha256=digest,
            stored_as=name,
            uploaded_at=clock.now(),
        )
    )
    db.commit()

    path, shown_as = reviewing.open_deck(actor=round_.actor, assignment_id=round_.assignment.id)

    assert path.read_bytes() == b"%PDF-1.7 boreal"
    assert shown_as == f"dossier-{round_.application.id:03d}.pdf"
    assert db.scalars(select(AuditEntry.verb)).all() == ["opened a deck"]


def test_open_deck_without_one_is_not_found(round_, db):
    with pytest.raises(NotFound, match="no deck"):
        reviewing.open_deck(actor=round_.actor, assignment_id=round_.assignment.id)


def test_submit_review_costs_few_statements(round_, db):
    statements = []
    duty = {"actor": round_.actor, "assignment_id": round_.assignment.id, "comment": ""}
    scores = {round_.team.id: 5, round_.market.id: 1}

    def note(_connection, _cursor, statement, *_rest):
        statements.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        reviewing.submit_review(**duty, scores=scores)
    finally:
        event.remove(database.engine, "before_cursor_execute", note)

    assert len(statements) == 12, "\n".join(statements)
