"""The studio: what reviewers know, large plans in the background, one dossier by hand, assignments from a file."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from accelerator.kernel import clock
from accelerator.kernel.enums import ApplicationState, AssignmentState, BatchState, Role, Sector, TaskState
from accelerator.kernel.errors import Conflict, NotAllowed, NotFound, RuleViolation
from accelerator.models.applications import Application
from accelerator.models.audit import AuditEntry
from accelerator.models.letters import Letter
from accelerator.models.reviewing import Assignment, AssignmentProposal, BatchReviewer, ConflictOfInterest, ReviewDraft
from accelerator.models.tasks import Task
from accelerator.queries.reviewing import planning, studio
from accelerator.rules.assignment.wishes import Wishes
from accelerator.services import reviewing, tasks
from accelerator.services.reviewing.lines import judged_lines
from tests import make


class Round:
    """A batch in review: startups in health and law by turns, a committee that knows nothing yet."""

    def __init__(self, reviewers: int = 3, applications: int = 4, capacity: int = 10, per: int = 1) -> None:
        self.manager = make.actor(make.manager())
        self.batch = make.batch(state=BatchState.REVIEWING, reviews_per_application=per)
        self.batch_id = self.batch.id
        self.people = [make.user(Role.REVIEWER) for _ in range(reviewers)]
        for person in self.people:
            make.batch_reviewer(self.batch, person, capacity)
        self.entries = [
            make.application(
                of=self.batch,
                by=make.startup(sector=(Sector.HEALTH, Sector.LEGAL)[n % 2]),
                state=ApplicationState.ADMISSIBLE,
            )
            for n in range(applications)
        ]

    def knows(self, person, *topics, regions=()):
        reviewing.set_fields(
            actor=self.manager, batch_id=self.batch_id, user_id=person.id, topics=topics, regions=regions
        )

    def file(self, *lines: tuple[Application, object, str]) -> bytes:
        rows = [f"{entry.receipt},{person.email},{action}" for entry, person, action in lines]
        return "\n".join(["application,reviewer,action", *rows]).encode()


@pytest.fixture
def waiting(monkeypatch):
    """A house in which every plan with wishes is too large to wait for."""
    monkeypatch.setattr(planning, "MOST_CELLS_TOGETHER", 0)
    return Wishes(each=1, together=4)


def held(db):
    return sorted(tuple(row) for row in db.execute(select(Assignment.application_id, Assignment.reviewer_user_id)))


def verbs(db):
    return list(db.scalars(select(AuditEntry.verb).order_by(AuditEntry.id)))


def test_set_fields_sends_dossiers_to_those_who_know_them(db):
    round_ = Round(reviewers=2)
    ada, eve = round_.people
    round_.knows(ada, Sector.HEALTH)
    round_.knows(eve, Sector.LEGAL, regions=["11"])

    shown = studio.preview(round_.batch_id, Wishes(each=1))
    blind = studio.preview(round_.batch_id, Wishes(each=1, by_topic=False))

    ids = [entry.id for entry in round_.entries]
    assert shown.plan.pairs == ((ids[0], ada.id), (ids[1], eve.id), (ids[2], ada.id), (ids[3], eve.id))
    assert (shown.readers_who_know, blind.readers_who_know) == (4, None)
    assert shown.plan.value == shown.plan.bound == 8
    assert verbs(db)[-1] == "noted what a reviewer knows"


@pytest.mark.parametrize("regions", [["99"], ["11", ""]])
def test_set_fields_refuses_a_region_that_is_none(db, regions):
    round_ = Round()

    with pytest.raises(RuleViolation, match="There is no region"):
        round_.knows(round_.people[0], Sector.HEALTH, regions=regions)

    assert db.scalars(select(BatchReviewer.topics)).all() == [[], [], []]


def test_set_fields_of_a_stranger_is_not_found(db):
    round_ = Round()

    with pytest.raises(NotFound):
        round_.knows(make.user(Role.REVIEWER), Sector.HEALTH)


def test_the_preview_says_who_has_too_little_and_which_readers_lack(db):
    round_ = Round(reviewers=2, applications=2)
    round_.knows(round_.people[0], Sector.HEALTH)

    shown = studio.preview(round_.batch_id, Wishes(each=1, least=2, mixed=True))

    assert [row.missing for row in shown.under] == [2]
    assert {row.group for row in shown.undiverse} == {"Readers who name topics", "Readers who name regions"} or (
        shown.undiverse_in_all == 2
    )
    assert shown.coverage == ((1, 2),)
    assert sum(count for _, _, count in shown.load_steps) == 2


def test_confirm_follows_the_wishes_that_were_looked_at(db):
    round_ = Round()
    asked = Wishes(each=2, most=3)
    shown = studio.preview(round_.batch_id, asked)

    with pytest.raises(Conflict):
        reviewing.confirm_assignment(actor=round_.manager, batch_id=round_.batch_id, fingerprint=shown.fingerprint)
    count = reviewing.confirm_assignment(
        actor=round_.manager, batch_id=round_.batch_id, fingerprint=shown.fingerprint, asked=asked
    )

    assert count == 8
    assert held(db) == sorted(shown.plan.pairs)


def test_a_large_plan_is_made_in_the_background_and_confirmed(db, waiting):
    round_ = Round()
    act = {"actor": round_.manager, "batch_id": round_.batch_id}

    before = studio.studio(round_.batch_id, waiting)
    proposal_id = reviewing.ask_proposal(**act, asked=waiting)
    again = reviewing.ask_proposal(**act, asked=waiting)
    on_its_way = studio.studio(round_.batch_id, waiting)
    tasks.run_due_tasks()
    ready = studio.studio(round_.batch_id, waiting)
    count = reviewing.confirm_assignment(**act, fingerprint=ready.preview.fingerprint, asked=waiting)

    assert (before.preview, before.proposal) == (None, None)
    assert again == proposal_id
    assert on_its_way.preview is None and on_its_way.proposal.is_waited_for
    assert ready.proposal.is_made and not ready.proposal.is_waited_for
    assert ready.preview.plan.missing == 0
    assert count == 4 and held(db) == sorted(ready.preview.plan.pairs)
    task = db.scalars(select(Task)).one()
    assert task.state is TaskState.DONE and task.done_steps == task.total_steps


def test_a_plan_whose_basis_changed_is_not_confirmed(db, waiting):
    round_ = Round()
    act = {"actor": round_.manager, "batch_id": round_.batch_id}
    reviewing.ask_proposal(**act, asked=waiting)
    tasks.run_due_tasks()
    looked = studio.studio(round_.batch_id, waiting)
    reviewing.set_capacity(**act, user_id=round_.people[0].id, capacity=3)

    with pytest.raises(Conflict, match="changed since you looked"):
        reviewing.confirm_assignment(**act, fingerprint=looked.preview.fingerprint, asked=waiting)

    assert held(db) == []


def test_a_proposal_is_stopped_before_and_while_it_is_made(db, waiting, monkeypatch):
    round_ = Round()
    act = {"actor": round_.manager, "batch_id": round_.batch_id}
    first = reviewing.ask_proposal(**act, asked=waiting)
    reviewing.stop_proposal(**act, proposal_id=first)
    tasks.run_due_tasks()
    second = reviewing.ask_proposal(**act, asked=waiting)
    step = tasks.Progress.step

    def stop_at_once(progress, done, total, name=""):
        step(progress, done, total, name)
        if done == 0:
            reviewing.stop_proposal(**act, proposal_id=second)

    monkeypatch.setattr(tasks.Progress, "step", stop_at_once)
    tasks.run_due_tasks()

    assert second != first
    assert db.scalars(select(AssignmentProposal.outcome)).all() == [None, None]
    assert db.scalars(select(Task.state)).all() == [TaskState.DONE, TaskState.DONE]
    with pytest.raises(RuleViolation, match="stopped already"):
        reviewing.stop_proposal(**act, proposal_id=second)
    with pytest.raises(NotFound):
        reviewing.stop_proposal(**act, proposal_id=second + 1)


def test_a_small_plan_is_not_asked_for(db):
    round_ = Round()

    with pytest.raises(RuleViolation, match="made at once"):
        reviewing.ask_proposal(actor=round_.manager, batch_id=round_.batch_id, asked=Wishes(each=1))

    assert db.scalars(select(AssignmentProposal)).all() == []


def test_give_of_one_more_than_planned_asks_for_a_reason(db):
    round_ = Round()
    ada, eve, zoe = round_.people
    make.assignment(of=round_.entries[0], reviewer=ada)
    act = {"actor": round_.manager, "batch_id": round_.batch_id, "application_id": round_.entries[0].id}

    with pytest.raises(RuleViolation) as refusal:
        reviewing.give(**act, to_user_id=eve.id)
    assert refusal.value.field == "reason"
    assert len(held(db)) == 1
    reviewing.give(**act, to_user_id=eve.id, reason="The first two disagree.")

    assert held(db) == sorted([(round_.entries[0].id, ada.id), (round_.entries[0].id, eve.id)])


def test_take_away_frees_the_desk_and_keeps_what_was_typed(db):
    round_ = Round()
    ada, eve, _ = round_.people
    untouched = make.assignment(of=round_.entries[0], reviewer=ada)
    begun = make.assignment(of=round_.entries[1], reviewer=eve)
    reviewing.autosave_draft(actor=make.actor(eve), assignment_id=begun.id, scores={}, comment="Half")
    act = {"actor": round_.manager, "batch_id": round_.batch_id, "reason": "Balance."}
    first, second = untouched.id, begun.id

    reviewing.take_away(**act, application_id=round_.entries[0].id, assignment_id=first)
    reviewing.take_away(**act, application_id=round_.entries[1].id, assignment_id=second)

    db.expire_all()
    assert db.scalars(select(Assignment.state)).all() == [AssignmentState.DECLINED]
    assert db.scalars(select(ReviewDraft.comment)).all() == ["Half"]
    assert db.scalars(select(Application.assigned).order_by(Application.id)).all() == [0, 0, 0, 0]
    assert verbs(db)[-2:] == ["took a dossier away"] * 2


def test_take_away_refuses_a_review_no_reason_and_another_application(db):
    round_ = Round()
    done = make.assignment(of=round_.entries[0], reviewer=round_.people[0], state=AssignmentState.REVIEWED)
    act = {"actor": round_.manager, "batch_id": round_.batch_id, "assignment_id": done.id}
    first, second = round_.entries[0].id, round_.entries[1].id

    with pytest.raises(RuleViolation, match="nothing to take away"):
        reviewing.take_away(**act, application_id=first, reason="No.")
    with pytest.raises(RuleViolation, match="Write a sentence"):
        reviewing.take_away(**act, application_id=first, reason=" ")
    with pytest.raises(NotFound):
        reviewing.take_away(**act, application_id=second, reason="No.")

    assert len(held(db)) == 1


def test_apply_lines_gives_and_takes_as_previewed(db):
    round_ = Round()
    ada, eve, zoe = round_.people
    first, second, *_ = round_.entries
    make.assignment(of=first, reviewer=ada)
    db.add(
        ConflictOfInterest(
            reviewer_user_id=zoe.id,
            startup_id=second.startup_id,
            ground="Her brother.",
            source="declared",
            declared_at=clock.now(),
        )
    )
    db.commit()
    content = round_.file((first, ada, "take"), (first, eve, "give"), (second, zoe, "give"))
    judged, fingerprint = judged_lines(batch_id=round_.batch_id, content=content)
    act = {"actor": round_.manager, "batch_id": round_.batch_id, "content": content, "reason": "Agreed on Monday."}
    assert [one.refusal for one in judged] == [None, None, "Conflict of interest: Her brother."]
    assert len(held(db)) == 1

    done = reviewing.apply_lines(**act, fingerprint=fingerprint, request_key="k")
    again = reviewing.apply_lines(**act, fingerprint=fingerprint, request_key="k")

    assert done == again == (1, 1)
    assert held(db) == [(first.id, eve.id)]
    assert [letter.to_user_id for letter in db.scalars(select(Letter))] == [eve.id]
    assert verbs(db)[-1] == "assigned from a file"


def test_apply_lines_refused_leaves_nothing_behind(db):
    round_ = Round()
    ada, eve, _ = round_.people
    first = round_.entries[0]
    content = round_.file((first, ada, "give"))
    _, fingerprint = judged_lines(batch_id=round_.batch_id, content=content)
    act = {"actor": round_.manager, "batch_id": round_.batch_id, "content": content}

    with pytest.raises(RuleViolation, match="Write a sentence"):
        reviewing.apply_lines(**act, fingerprint=fingerprint, reason="")
    with pytest.raises(Conflict, match="Look again"):
        reviewing.apply_lines(**act, fingerprint="another", reason="Yes.")
    nothing = round_.file((first, eve, "take"))
    with pytest.raises(RuleViolation, match="nothing to do"):
        _, name = judged_lines(batch_id=round_.batch_id, content=nothing)
        reviewing.apply_lines(**{**act, "content": nothing}, fingerprint=name, reason="Yes.")

    assert held(db) == []
    assert db.scalars(select(Letter)).all() == []


@pytest.mark.parametrize(
    "act",
    [
        lambda r, a: reviewing.set_fields(actor=a, batch_id=r.batch_id, user_id=r.people[0].id, topics=(), regions=()),
        lambda r, a: reviewing.ask_proposal(actor=a, batch_id=r.batch_id, asked=Wishes(each=1)),
        lambda r, a: reviewing.stop_proposal(actor=a, batch_id=r.batch_id, proposal_id=1),
        lambda r, a: reviewing.take_away(
            actor=a, batch_id=r.batch_id, application_id=1, assignment_id=1, reason="Mine."
        ),
        lambda r, a: reviewing.apply_lines(actor=a, batch_id=r.batch_id, content=b"x", fingerprint="x", reason="Mine."),
    ],
)
def test_only_managers_use_the_studio(db, act):
    round_ = Round()

    with pytest.raises(NotAllowed):
        act(round_, make.actor(round_.people[0]))
