"""Naming reviewers, handing dossiers out, undoing it, one by hand, reminding."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, insert, select

from accelerator.extensions import db as database
from accelerator.kernel import clock
from accelerator.kernel.enums import ApplicationState, AssignmentState, BatchState, InvitationState, LetterState, Role
from accelerator.kernel.errors import Conflict, NotAllowed, NotFound, RuleViolation
from accelerator.models.accounts import RoleGrant, User
from accelerator.models.applications import Application
from accelerator.models.letters import Letter
from accelerator.models.reviewing import Assignment, BatchReviewer, ConflictOfInterest, ReviewDraft
from accelerator.queries.reviewing import committee, studio
from accelerator.rules.assignment.wishes import Wishes
from accelerator.services import reviewing
from tests import make


class Round:
    """A batch in review with a committee and admissible applications."""

    def __init__(self, reviewers: int = 3, applications: int = 4, capacity: int = 10, per: int = 2) -> None:
        self.manager = make.actor(make.manager())
        self.batch = make.batch(state=BatchState.REVIEWING, reviews_per_application=per)
        self.reviewers = [make.user(Role.REVIEWER) for _ in range(reviewers)]
        for person in self.reviewers:
            make.batch_reviewer(self.batch, person, capacity)
        self.applications = [
            make.application(of=self.batch, state=ApplicationState.ADMISSIBLE) for _ in range(applications)
        ]
        self.batch_id = self.batch.id
        self.per = per

    def preview(self):
        return studio.preview(self.batch_id, Wishes(each=self.per))

    def confirm(self, **others):
        values = {"fingerprint": self.preview().fingerprint, **others}
        return reviewing.confirm_assignment(actor=self.manager, batch_id=self.batch_id, **values)

    def assigned(self):
        database.session.expire_all()
        return database.session.scalars(select(Application.assigned).order_by(Application.id)).all()


def _letters(kind):
    return database.session.scalars(select(Letter).where(Letter.kind == kind).order_by(Letter.id)).all()


def test_name_reviewer_invites_somebody_unknown_and_gives_no_role_yet(db):
    round_ = Round(reviewers=0)

    user_id = reviewing.name_reviewer(
        actor=round_.manager, batch_id=round_.batch_id, email="Ada@Exemple.fr ", name="Ada", capacity=12
    )

    assert db.get(User, user_id).email == "ada@exemple.fr"
    row = db.scalars(select(BatchReviewer)).one()
    assert db.scalars(select(RoleGrant.role).where(RoleGrant.user_id == user_id)).all() == []
    assert (row.state, row.capacity, row.asked_capacity) == (InvitationState.INVITED, 12, 12)
    assert [letter.kind for letter in db.scalars(select(Letter).order_by(Letter.id))] == ["reviewer_invited"]


def test_name_reviewer_takes_a_known_person_without_a_name(db):
    round_, grace = Round(reviewers=0), make.user(Role.FOUNDER, name="Grace", email="grace@exemple.fr")

    reviewing.name_reviewer(
        actor=round_.manager, batch_id=round_.batch_id, email="grace@exemple.fr", name="", capacity=5
    )

    assert db.get(User, grace.id).name == "Grace"
    assert [letter.kind for letter in db.scalars(select(Letter))] == ["reviewer_invited"]


def test_name_reviewer_pressed_twice_is_one_act(db):
    round_ = Round(reviewers=0)
    act = {"actor": round_.manager, "batch_id": round_.batch_id, "email": "a@exemple.fr", "name": "A", "capacity": 3}

    first = reviewing.name_reviewer(**act, request_key="k")
    second = reviewing.name_reviewer(**act, request_key="k")

    assert first == second
    assert db.scalar(select(func.count()).select_from(BatchReviewer)) == 1


def test_name_reviewer_refused_leaves_nothing_behind(db):
    round_ = Round(reviewers=1)
    act = {"actor": round_.manager, "batch_id": round_.batch_id, "capacity": 3}
    before = db.scalar(select(func.count()).select_from(User))

    with pytest.raises(RuleViolation, match="type the person's name"):
        reviewing.name_reviewer(**act, email="new@exemple.fr", name="")
    with pytest.raises(RuleViolation, match="already on the committee"):
        reviewing.name_reviewer(**act, email=round_.reviewers[0].email, name="")

    assert db.scalar(select(func.count()).select_from(User)) == before
    assert db.scalars(select(Letter)).all() == []


@pytest.mark.parametrize(
    "act",
    [
        lambda r, a: reviewing.name_reviewer(actor=a, batch_id=r.batch_id, email="x@exemple.fr", name="X", capacity=3),
        lambda r, a: reviewing.set_capacity(actor=a, batch_id=r.batch_id, user_id=r.reviewers[0].id, capacity=3),
        lambda r, a: reviewing.remove_reviewer(actor=a, batch_id=r.batch_id, user_id=r.reviewers[0].id),
        lambda r, a: reviewing.confirm_assignment(actor=a, batch_id=r.batch_id, fingerprint="x"),
        lambda r, a: reviewing.undo_assignment(actor=a, batch_id=r.batch_id, assigned_at=clock.now()),
        lambda r, a: reviewing.give(
            actor=a, batch_id=r.batch_id, application_id=r.applications[0].id, to_user_id=r.reviewers[0].id
        ),
        lambda r, a: reviewing.remind(actor=a, batch_id=r.batch_id, user_id=r.reviewers[0].id),
        lambda r, a: reviewing.remind_all(actor=a, batch_id=r.batch_id),
    ],
)
def test_only_managers_run_the_committee(db, act):
    round_ = Round()

    with pytest.raises(NotAllowed):
        act(round_, make.actor(round_.reviewers[0]))

    assert db.scalars(select(Assignment)).all() == []


def test_set_capacity_of_somebody_else_is_not_found(db):
    round_ = Round()

    with pytest.raises(NotFound):
        reviewing.set_capacity(
            actor=round_.manager, batch_id=round_.batch_id, user_id=make.user(Role.REVIEWER).id, capacity=3
        )


def test_preview_stores_nothing_and_confirm_stores_exactly_it(db):
    round_ = Round()
    preview = round_.preview()
    assert db.scalars(select(Assignment)).all() == []

    count = round_.confirm()

    stored = db.execute(select(Assignment.application_id, Assignment.reviewer_user_id)).all()
    assert sorted(map(tuple, stored)) == list(preview.plan.pairs)
    assert count == 8
    assert round_.assigned() == [2, 2, 2, 2]
    assert [letter.to_user_id for letter in _letters("dossiers_ready")] == [person.id for person in round_.reviewers]


def test_each_desk_has_an_order_of_its_own(db):
    round_ = Round(reviewers=2, applications=12, per=2, capacity=12)
    round_.confirm()

    orders = [
        db.scalars(
            select(Assignment.application_id)
            .where(Assignment.reviewer_user_id == person.id)
            .order_by(Assignment.position)
        ).all()
        for person in round_.reviewers
    ]

    assert sorted(orders[0]) == sorted(orders[1])
    assert orders[0] != orders[1]


def test_confirm_of_another_plan_than_the_one_looked_at_is_a_conflict(db):
    round_ = Round()
    looked_at = round_.preview().fingerprint
    make.application(of=round_.batch, state=ApplicationState.ADMISSIBLE)

    with pytest.raises(Conflict, match="changed since you looked"):
        round_.confirm(fingerprint=looked_at)

    assert db.scalars(select(Assignment)).all() == []


def test_confirm_twice_with_one_key_is_one_act(db):
    round_ = Round()
    fingerprint = round_.preview().fingerprint

    first = round_.confirm(fingerprint=fingerprint, request_key="k")
    second = round_.confirm(fingerprint=fingerprint, request_key="k")

    assert first == second == 8
    assert db.scalar(select(func.count()).select_from(Assignment)) == 8


def test_confirm_with_nothing_to_assign_says_so(db):
    round_ = Round()
    round_.confirm()

    with pytest.raises(RuleViolation, match="nothing to assign"):
        round_.confirm()


@pytest.mark.parametrize(
    ("columns", "sentence"),
    [
        ({"state": BatchState.DRAFT}, "in preparation"),
        ({"state": BatchState.DECIDED}, "decided"),
        ({"rubric_id": None}, "no rubric"),
        ({"reviews_due_at": None}, "Reviews were due on"),
    ],
)
def test_confirm_outside_the_round_is_refused(db, columns, sentence):
    round_ = Round()
    for name, value in columns.items():
        setattr(round_.batch, name, clock.now() if name == "reviews_due_at" else value)
    db.commit()

    with pytest.raises(RuleViolation, match=sentence):
        round_.confirm()

    assert db.scalars(select(Assignment)).all() == []


def test_conflicts_of_every_ground_are_kept_out_of_the_plan(db):
    round_ = Round(reviewers=4, applications=3, per=1, capacity=3)
    member, same_mail, declared, free = round_.reviewers
    startup_ids = [application.startup_id for application in round_.applications]
    same_mail.email = "grace@boreal.ai"
    for application in round_.applications:
        founder = make.user(email=f"founder{application.id}@boreal.ai")
        make.startup(people=(founder,), name=f"Side {application.id}")
        db.execute(
            insert(make.Membership).values(startup_id=application.startup_id, user_id=founder.id, joined_at=clock.now())
        )
        db.execute(
            insert(make.Membership).values(startup_id=application.startup_id, user_id=member.id, joined_at=clock.now())
        )
        db.add(
            ConflictOfInterest(
                reviewer_user_id=declared.id,
                startup_id=application.startup_id,
                ground="Investor.",
                source="declared",
                declared_at=clock.now(),
            )
        )
    db.commit()

    preview = round_.preview()

    assert {reviewer_id for _, reviewer_id in preview.plan.pairs} == {free.id}
    assert preview.conflicts_avoided == 9
    assert committee.conflict_counts(round_.batch_id) == {member.id: 3, same_mail.id: 3, declared.id: 3}
    assert len(startup_ids) == 3


def test_top_up_adds_for_what_came_later_and_never_to_who_stepped_back(db):
    round_ = Round(reviewers=3, applications=2, per=2)
    round_.confirm()
    given = db.scalars(select(Assignment)).first()
    reviewing.give_back(
        actor=make.actor(db.get(User, given.reviewer_user_id)), assignment_id=given.id, reason="No time."
    )
    make.application(of=round_.batch, state=ApplicationState.ADMISSIBLE)
    before = {(a.application_id, a.reviewer_user_id): a.id for a in db.scalars(select(Assignment))}
    db.expire_all()

    count = round_.confirm()

    assert count == 3
    assert round_.assigned() == [2, 2, 2]
    after = {(a.application_id, a.reviewer_user_id): a.id for a in db.scalars(select(Assignment))}
    assert before.items() <= after.items()


def test_undo_takes_the_last_hand_out_back_with_its_letters(db):
    round_ = Round()
    round_.confirm()
    wave = committee.find_last_wave(round_.batch_id)

    undone = reviewing.undo_assignment(actor=round_.manager, batch_id=round_.batch_id, assigned_at=wave.assigned_at)

    assert undone == 8
    assert db.scalars(select(Assignment)).all() == []
    assert round_.assigned() == [0, 0, 0, 0]
    assert {letter.state for letter in _letters("dossiers_ready")} == {LetterState.DISCARDED}
    assert committee.find_last_wave(round_.batch_id) is None


def test_undo_leaves_what_somebody_has_started_on(db):
    round_ = Round()
    round_.confirm()
    wave = committee.find_last_wave(round_.batch_id)
    first = db.scalars(select(Assignment).order_by(Assignment.id)).first()
    ada = db.get(User, first.reviewer_user_id)
    reviewing.autosave_draft(actor=make.actor(ada), assignment_id=first.id, scores={}, comment="Begun")

    undone = reviewing.undo_assignment(actor=round_.manager, batch_id=round_.batch_id, assigned_at=wave.assigned_at)

    assert undone == 7
    kept = db.scalars(select(Assignment)).one()
    assert (kept.id, kept.state) == (first.id, AssignmentState.OPEN)
    assert sorted(round_.assigned()) == [0, 0, 0, 1]
    assert db.scalars(select(ReviewDraft.comment)).all() == ["Begun"]
    assert {letter.to_user_id for letter in _letters("dossiers_ready") if letter.state == LetterState.QUEUED} == {
        ada.id
    }


def test_undo_is_refused_once_all_is_started_on_or_the_batch_decided(db):
    round_ = Round(applications=1, reviewers=1, per=1)
    round_.confirm()
    wave = committee.find_last_wave(round_.batch_id)
    held = db.scalars(select(Assignment)).one()
    ada = make.actor(db.get(User, held.reviewer_user_id))
    reviewing.autosave_draft(actor=ada, assignment_id=held.id, scores={}, comment="Begun")
    act = {"actor": round_.manager, "batch_id": round_.batch_id, "assigned_at": wave.assigned_at}

    with pytest.raises(RuleViolation, match="nothing is left to undo"):
        reviewing.undo_assignment(**act)
    round_.batch.state = BatchState.DECIDED
    db.commit()
    with pytest.raises(RuleViolation, match="This batch is decided"):
        reviewing.undo_assignment(**act)

    assert db.scalar(select(func.count()).select_from(Assignment)) == 1


def test_undo_of_another_wave_than_the_last_is_a_conflict(db):
    round_ = Round()
    round_.confirm()

    with pytest.raises(Conflict):
        reviewing.undo_assignment(
            actor=round_.manager, batch_id=round_.batch_id, assigned_at=clock.now() - timedelta(days=1)
        )

    assert round_.assigned() == [2, 2, 2, 2]


def test_remove_reviewer_gives_open_dossiers_back_and_keeps_what_was_typed(db):
    round_ = Round(reviewers=2, applications=3, per=1)
    round_.confirm()
    ada = round_.reviewers[0]
    hers = db.scalars(select(Assignment).where(Assignment.reviewer_user_id == ada.id).order_by(Assignment.id)).all()
    reviewing.autosave_draft(actor=make.actor(ada), assignment_id=hers[0].id, scores={}, comment="Half")

    returned = reviewing.remove_reviewer(actor=round_.manager, batch_id=round_.batch_id, user_id=ada.id)

    assert returned == len(hers)
    assert sum(round_.assigned()) == 3 - returned
    assert db.scalars(select(Assignment.state).where(Assignment.reviewer_user_id == ada.id)).all() == [
        AssignmentState.DECLINED
    ]
    assert db.scalars(select(ReviewDraft.comment)).all() == ["Half"]
    assert db.scalars(select(BatchReviewer.user_id)).all() == [round_.reviewers[1].id]


def test_remove_reviewer_keeps_reviews_sent(db):
    round_ = Round(reviewers=1, applications=1, per=1)
    round_.confirm()
    assignment = db.scalars(select(Assignment)).one()
    scores = {criterion.id: 4 for criterion in make.criteria(make.Rubric(id=round_.batch.rubric_id))}
    reviewing.submit_review(
        actor=make.actor(round_.reviewers[0]), assignment_id=assignment.id, scores=scores, comment="Good."
    )

    returned = reviewing.remove_reviewer(actor=round_.manager, batch_id=round_.batch_id, user_id=round_.reviewers[0].id)

    assert returned == 0
    assert round_.assigned() == [1]
    assert round_.preview().plan.pairs == () and round_.preview().plan.missing == 0


def test_give_moves_an_open_dossier_to_another_reviewer(db):
    round_ = Round(reviewers=2, applications=1, per=1)
    round_.confirm()
    held = db.scalars(select(Assignment)).one()
    other = next(person for person in round_.reviewers if person.id != held.reviewer_user_id)

    reviewing.give(
        actor=round_.manager,
        batch_id=round_.batch_id,
        application_id=held.application_id,
        to_user_id=other.id,
        from_assignment_id=held.id,
    )

    assert db.scalars(select(Assignment.reviewer_user_id)).all() == [other.id]
    assert round_.assigned() == [1]
    assert _letters("dossiers_ready")[-1].to_user_id == other.id


def test_give_refuses_conflict_holder_full_desk_and_stranger(db):
    round_ = Round(reviewers=3, applications=2, per=1, capacity=1)
    first, second = round_.applications
    ada, grace, alan = round_.reviewers
    make.assignment(of=first, reviewer=ada)
    db.add(
        ConflictOfInterest(
            reviewer_user_id=grace.id,
            startup_id=first.startup_id,
            ground="Her brother.",
            source="declared",
            declared_at=clock.now(),
        )
    )
    make.assignment(of=second, reviewer=alan)
    db.commit()
    act = {"actor": round_.manager, "batch_id": round_.batch_id, "application_id": first.id}

    for to_user_id, sentence in (
        (ada.id, "already"),
        (grace.id, "Conflict of interest: Her brother."),
        (alan.id, "number of dossiers agreed"),
        (make.user(Role.REVIEWER).id, "not on the committee"),
    ):
        with pytest.raises(RuleViolation, match=sentence):
            reviewing.give(**act, to_user_id=to_user_id)

    assert db.scalar(select(func.count()).select_from(Assignment)) == 2
    assert db.scalars(select(Letter)).all() == []


def test_give_of_a_reviewed_assignment_moves_nothing(db):
    round_ = Round(reviewers=2, applications=1, per=1)
    held = make.assignment(of=round_.applications[0], reviewer=round_.reviewers[0], state=AssignmentState.REVIEWED)

    with pytest.raises(RuleViolation, match="nothing to move"):
        reviewing.give(
            actor=round_.manager,
            batch_id=round_.batch_id,
            application_id=held.application_id,
            to_user_id=round_.reviewers[1].id,
            from_assignment_id=held.id,
        )

    assert db.scalar(select(func.count()).select_from(Assignment)) == 1


def test_remind_writes_once_a_day(db):
    round_ = Round(reviewers=2, applications=2, per=2)
    round_.confirm()
    ada = round_.reviewers[0]
    act = {"actor": round_.manager, "batch_id": round_.batch_id}

    reviewing.remind(**act, user_id=ada.id)
    with pytest.raises(RuleViolation, match="within a day"):
        reviewing.remind(**act, user_id=ada.id)
    others = reviewing.remind_all(**act)

    assert others == 1
    assert [letter.to_user_id for letter in _letters("review_reminder")] == [person.id for person in round_.reviewers]
    assert "2 dossiers left" in _letters("review_reminder")[0].body
    clock.fix(clock.now() + timedelta(hours=24, seconds=1))
    assert reviewing.remind_all(**act) == 2


def test_remind_of_a_closed_round_or_a_finished_desk_is_refused(db):
    round_ = Round(reviewers=1, applications=0)
    act = {"actor": round_.manager, "batch_id": round_.batch_id}

    with pytest.raises(RuleViolation, match="finished"):
        reviewing.remind_all(**act)
    round_.batch.reviews_due_at = clock.now()
    db.commit()
    with pytest.raises(RuleViolation, match="closed"):
        reviewing.remind_all(**act)

    assert db.scalars(select(Letter)).all() == []


def test_undo_takes_the_hand_out_back_and_leaves_what_came_by_itself_since(db):
    round_ = Round(applications=4, reviewers=3, per=1)
    round_.confirm()
    wave = committee.find_last_wave(round_.batch_id)
    application_id, holder = db.execute(
        select(Assignment.application_id, Assignment.reviewer_user_id).order_by(Assignment.id).limit(1)
    ).one()
    other = db.scalars(
        select(BatchReviewer.user_id).where(BatchReviewer.batch_id == round_.batch_id, BatchReviewer.user_id != holder)
    ).first()
    reviewing.give(
        actor=round_.manager,
        batch_id=round_.batch_id,
        application_id=application_id,
        to_user_id=other,
        reason="She knows the field.",
    )
    assert committee.find_last_wave(round_.batch_id) == wave

    undone = reviewing.undo_assignment(actor=round_.manager, batch_id=round_.batch_id, assigned_at=wave.assigned_at)

    assert undone == 4
    kept = db.scalars(select(Assignment)).one()
    assert (kept.application_id, kept.reviewer_user_id) == (application_id, other)
