"""The register, a suspicion confirmed, an invitation accepted and a rubric versioned, on both databases."""

from __future__ import annotations

from decimal import Decimal

from flask import Flask
from sqlalchemy import select

from accelerator.extensions import db as database
from accelerator.kernel.enums import ApplicationState, AssignmentState, BatchState, InterestKind, InvitationState, Role
from accelerator.models.reviewing import Assignment, BatchReviewer
from accelerator.queries import rubrics as rubric_queries
from accelerator.queries.interests import findings
from accelerator.queries.reviewing import committee
from accelerator.rules.interests import InterestEntry, TieEntry
from accelerator.services import interests, rubrics
from tests import make
from tests.rules.test_rubrics import line, plan
from tests.services.test_interests import House
from tests.services.test_invitations import Asked
from tests.services.test_rubrics import save, scored_batch


def test_a_suspicion_and_a_certain_conflict_clear_the_desk(either_app: Flask):
    with either_app.app_context():
        house = House()
        duty, finding = house.duty(), house.suspected()
        assert house.decide(interests.confirm_suspicion, finding) == 1
        other = make.application(of=house.batch, by=make.startup(name="Cyclone"), state=ApplicationState.ADMISSIBLE)
        second = make.assignment(of=other, reviewer=house.ada).id
        siren = database.session.get_one(make.Startup, other.startup_id).siren
        interests.declare_interest(
            actor=house.reviewer, entry=InterestEntry(InterestKind.BOARD, "Cyclone", siren=siren)
        )
        interests.name_tie(
            actor=house.founder, startup_id=house.startup_id, entry=TieEntry("adviser", "", person="Ada Lovelace")
        )
        assert interests.step_aside_everywhere() == 0

        board = findings.board(house.batch_id)
        states = database.session.scalars(select(Assignment.state).where(Assignment.id.in_([duty, second]))).all()

        assert [one.startup for one in board.barred] == ["Boréal", "Cyclone"]
        assert set(states) == {AssignmentState.CONFLICTED}
        assert board.waiting == ()


def test_an_invitation_is_accepted(either_app: Flask):
    from accelerator.kernel import clock
    from accelerator.services import reviewing

    with either_app.app_context():
        asked = Asked()
        reviewing.accept_invitation(token=asked.token, capacity=7)
        page = committee.committee(
            asked.batch_id, due_at=asked.batch.reviews_due_at, per_application=1, now=clock.now()
        )

        assert database.session.scalars(select(BatchReviewer.state)).all() == [InvitationState.ACCEPTED]
        assert (page.members, page.invited, page.capacity) == (1, 0, 7)


def test_a_scored_rubric_gets_a_version(either_app: Flask):
    with either_app.app_context():
        boss = make.actor(make.user(Role.MANAGER))
        rubric_id = rubrics.create_rubric(actor=boss, code="grid", plan=plan(line(), line("market")))
        batch = scored_batch(rubric_id)
        saved = save(boss, rubric_id, plan(line(weight=Decimal(9))))
        used = next(one for one in rubric_queries.sheet(saved).batches if one.id == batch.id)

        assert [(row.version, row.is_scored) for row in rubric_queries.rubrics() if row.code == "grid"] == [
            (2, False),
            (1, True),
        ]
        assert not used.can_change
        assert batch.state is BatchState.REVIEWING
