"""Calibration dossiers: chosen with their conflicts, first and final, kept by the studio, withdrawn, given to who joins."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from accelerator.kernel import clock
from accelerator.kernel.enums import ApplicationState, AssignmentState, BatchState, ConflictSource, LetterState, Role
from accelerator.kernel.errors import Conflict, NotAllowed, NotFound, RuleViolation
from accelerator.models.audit import AuditEntry
from accelerator.models.calibration import CalibrationDossier
from accelerator.models.letters import Letter
from accelerator.models.reviewing import Assignment, BatchReviewer, ConflictOfInterest, Review, ReviewDraft
from accelerator.queries.reviewing import calibration, committee, comparison, studio
from accelerator.rules.assignment.wishes import Wishes
from accelerator.services import reviewing
from tests import make


class Round:
    """A batch in review with a committee; nothing is assigned yet."""

    def __init__(self, reviewers: int = 4, applications: int = 5, capacity: int = 10, per: int = 2) -> None:
        self.boss = make.actor(make.manager())
        self.rubric = make.rubric("3", "1")
        self.batch = make.batch(
            state=BatchState.REVIEWING, reviews_per_application=per, rubric_id=self.rubric.id, code="SF6"
        )
        self.batch_id = self.batch.id
        self.team, self.market = (one.id for one in make.criteria(self.rubric))
        people = [make.user(Role.REVIEWER) for _ in range(reviewers)]
        for person in people:
            make.batch_reviewer(self.batch, person, capacity)
        self.people = [person.id for person in people]
        self.actors = {person.id: make.actor(person) for person in people}
        entries = [make.application(of=self.batch, state=ApplicationState.ADMISSIBLE) for _ in range(applications)]
        self.entries = [entry.id for entry in entries]
        self.startups = {entry.id: entry.startup_id for entry in entries}

    def choose(self, *places: int, **others):
        ids = [self.entries[place] for place in places]
        values = {"fingerprint": calibration.recap(self.batch_id, ids).fingerprint, "application_ids": ids, **others}
        return reviewing.choose_calibration(**{"actor": self.boss, "batch_id": self.batch_id, **values})

    def withdraw(self, place: int, **others):
        values = {"actor": self.boss, "batch_id": self.batch_id, "application_id": self.entries[place], **others}
        return reviewing.withdraw_calibration(**values)

    def bar(self, reviewer_id: int, place: int) -> None:
        make.db.session.add(
            ConflictOfInterest(
                reviewer_user_id=reviewer_id,
                startup_id=self.startups[self.entries[place]],
                ground="Investor.",
                source=ConflictSource.DECLARED,
                declared_at=clock.now(),
            )
        )
        make.db.session.commit()

    def hand_out(self, **wishes):
        asked = Wishes(**{"each": 2, **wishes})
        found = studio.preview(self.batch_id, asked)
        return reviewing.confirm_assignment(
            actor=self.boss, batch_id=self.batch_id, fingerprint=found.fingerprint, asked=asked
        )

    def duty(self, reviewer_id: int, place: int) -> int:
        make.db.session.rollback()
        found = make.db.session.scalar(
            select(Assignment.id).where(
                Assignment.reviewer_user_id == reviewer_id, Assignment.application_id == self.entries[place]
            )
        )
        assert found is not None
        return int(found)

    def send(self, reviewer_id: int, place: int, team: int = 3, market: int = 3) -> int:
        return reviewing.submit_review(
            actor=self.actors[reviewer_id],
            assignment_id=self.duty(reviewer_id, place),
            scores={self.team: team, self.market: market},
            comment="",
        )

    def type(self, reviewer_id: int, place: int) -> None:
        reviewing.autosave_draft(
            actor=self.actors[reviewer_id],
            assignment_id=self.duty(reviewer_id, place),
            scores={self.team: 4},
            comment="Begun.",
        )


def pairs(db) -> set[tuple[int, int]]:
    db.rollback()
    open_ = Assignment.state.in_((AssignmentState.OPEN, AssignmentState.REVIEWED))
    return {
        (row[0], row[1])
        for row in db.execute(select(Assignment.application_id, Assignment.reviewer_user_id).where(open_))
    }


def chosen(db) -> list[int]:
    db.rollback()
    return list(db.scalars(select(CalibrationDossier.application_id).order_by(CalibrationDossier.position)))


def letters(db, kind="calibration_ready"):
    db.rollback()
    return list(db.scalars(select(Letter).where(Letter.kind == kind).order_by(Letter.id)))


def test_choosing_gives_each_member_free_of_conflict_each_dossier_and_one_letter(db):
    round_ = Round()
    one, two, *_ = round_.people
    round_.bar(one, 0)

    added = round_.choose(0, 1)

    expected = {(round_.entries[place], person) for place in (0, 1) for person in round_.people}
    assert added == 7
    assert pairs(db) == expected - {(round_.entries[0], one)}
    assert chosen(db) == round_.entries[:2]
    assert [letter.to_user_id for letter in letters(db)] == round_.people
    assert "2 calibration dossiers come first" in letters(db)[1].subject
    assert "1 calibration dossier comes first" in letters(db)[0].subject
    entry = db.scalars(select(AuditEntry).where(AuditEntry.verb == "chose calibration dossiers")).one()
    assert entry.detail["assignments"] == 7
    counts = dict(db.execute(select(make.Application.id, make.Application.assigned)).all())
    assert [counts[id_] for id_ in round_.entries] == [3, 4, 0, 0, 0]
    assert two in round_.actors


def test_what_is_on_a_desk_already_becomes_a_calibration_dossier_and_nothing_is_doubled(db):
    round_ = Round()
    round_.hand_out()
    before = pairs(db)

    added = round_.choose(0)

    assert added == 2
    assert len(pairs(db)) == len(before) + 2
    assert {person for entry, person in pairs(db) if entry == round_.entries[0]} == set(round_.people)
    assert len(letters(db)) == 4


def test_choosing_twice_with_one_key_is_one_act(db):
    round_ = Round()
    recap = calibration.recap(round_.batch_id, round_.entries[:1])

    first = round_.choose(0, request_key="key", fingerprint=recap.fingerprint)
    again = round_.choose(0, request_key="key", fingerprint=recap.fingerprint)

    assert first == again == 4
    assert len(letters(db)) == 4


def test_members_with_a_limit_of_zero_get_none(db):
    round_ = Round()
    reviewing.set_capacity(actor=round_.boss, batch_id=round_.batch_id, user_id=round_.people[0], capacity=0)

    assert round_.choose(0) == 3
    assert round_.people[0] not in {person for _, person in pairs(db)}


def test_choosing_is_refused_and_leaves_nothing_behind(db):
    round_ = Round(applications=8)
    round_.hand_out()
    begun = next(place for place, entry in enumerate(round_.entries) if (entry, round_.people[0]) in pairs(db))
    round_.type(round_.people[0], begun)
    free = [place for place in range(8) if place != begun]
    before, told = pairs(db), len(letters(db))

    with pytest.raises(RuleViolation, match="at least one"):
        round_.choose()
    with pytest.raises(RuleViolation, match="At most 5"):
        round_.choose(*free[:6])
    with pytest.raises(Conflict, match="Nothing was chosen"):
        round_.choose(begun)
    with pytest.raises(Conflict, match="Nothing was chosen"):
        round_.choose(free[0], fingerprint="another")
    with pytest.raises(NotAllowed):
        round_.choose(free[0], actor=round_.actors[round_.people[0]])
    assert pairs(db) == before
    assert (chosen(db), len(letters(db))) == ([], told)


def test_choosing_what_was_chosen_is_a_conflict_and_five_is_the_end(db):
    round_ = Round(applications=7)
    round_.choose(0, 1, 2)

    with pytest.raises(Conflict):
        round_.choose(0)
    with pytest.raises(RuleViolation, match="3 are chosen already"):
        round_.choose(3, 4, 5)
    round_.choose(3, 4)

    assert chosen(db) == round_.entries[:5]


def test_choosing_after_the_round_or_without_anybody_is_refused(db):
    alone = Round(reviewers=0)
    with pytest.raises(RuleViolation, match="Nobody on the committee"):
        alone.choose(0)

    db.get(make.Batch, alone.batch_id).reviews_due_at = clock.now() - timedelta(hours=1)
    db.commit()
    with pytest.raises(RuleViolation, match="Reviews were due"):
        alone.choose(0)
    assert chosen(db) == []


def test_a_committee_that_changed_since_the_recap_is_a_conflict(db):
    round_ = Round()
    seen = calibration.recap(round_.batch_id, round_.entries[:1]).fingerprint
    round_.bar(round_.people[0], 0)

    with pytest.raises(Conflict):
        round_.choose(0, fingerprint=seen)
    assert chosen(db) == []


def test_others_open_once_the_calibration_is_sent_and_what_was_typed_is_kept(db):
    round_ = Round()
    one = round_.people[0]
    round_.hand_out(each=4)
    round_.type(one, 4)
    round_.choose(0, 1)

    for place in (3, 4):
        with pytest.raises(RuleViolation, match="Calibration dossiers come first"):
            round_.type(one, place)
        with pytest.raises(RuleViolation, match="Calibration dossiers come first"):
            round_.send(one, place)
        with pytest.raises(RuleViolation, match="Calibration dossiers come first"):
            reviewing.open_deck(actor=round_.actors[one], assignment_id=round_.duty(one, place))
    round_.send(one, 0)
    with pytest.raises(RuleViolation):
        round_.send(one, 4)
    round_.send(one, 1)
    assert db.scalars(select(ReviewDraft.comment)).all() == ["Begun."]
    round_.send(one, 4)

    assert len(db.scalars(select(Review.id)).all()) == 3


def test_a_calibration_dossier_that_is_withdrawn_or_in_conflict_holds_nobody_back(db):
    round_ = Round()
    one, two, *_ = round_.people
    round_.hand_out(each=4)
    round_.choose(0, 1)

    reviewing.declare_conflict(actor=round_.actors[one], assignment_id=round_.duty(one, 0), reason="My sister.")
    db.get(make.Application, round_.entries[1]).state = ApplicationState.WITHDRAWN
    db.commit()
    round_.send(one, 4)

    with pytest.raises(RuleViolation, match="Calibration dossiers come first"):
        round_.send(two, 4)


def test_another_batch_is_not_held_back(db):
    round_ = Round()
    round_.choose(0)
    ada = db.get(make.User, round_.people[0])
    other = make.batch(state=BatchState.REVIEWING, rubric_id=round_.rubric.id)
    duty = make.assignment(of=make.application(of=other, state=ApplicationState.ADMISSIBLE), reviewer=ada)
    duty_id = duty.id

    reviewing.submit_review(
        actor=round_.actors[ada.id],
        assignment_id=duty_id,
        scores={round_.team: 3, round_.market: 3},
        comment="",
    )

    assert len(db.scalars(select(Review.id)).all()) == 1


def test_a_calibration_review_is_final_not_given_back_and_left_by_a_conflict_alone(db):
    round_ = Round()
    one, two, *_ = round_.people
    round_.choose(0)
    with pytest.raises(RuleViolation, match="not given back"):
        reviewing.give_back(actor=round_.actors[one], assignment_id=round_.duty(one, 0), reason="No time.")
    round_.send(one, 0, team=5)

    with pytest.raises(RuleViolation, match="it is final"):
        round_.send(one, 0, team=1)
    with pytest.raises(RuleViolation, match="it is final"):
        round_.type(one, 0)
    reviewing.declare_conflict(actor=round_.actors[one], assignment_id=round_.duty(one, 0), reason="My sister.")

    assert db.scalars(select(Review.id)).all() == []
    with pytest.raises(NotFound):
        comparison.feedback("SF6", one, clock.now())
    assert comparison.feedback("SF6", two, clock.now()).dossiers[0].state is AssignmentState.OPEN


def test_the_studio_keeps_calibration_and_counts_it(db):
    round_ = Round(capacity=3)
    round_.choose(0, 1)

    found = studio.preview(round_.batch_id, Wishes(each=2))
    assert (found.applications, found.needed, found.kept, found.calibration) == (3, 6, 0, 2)
    assert [(row.before, row.after) for row in found.loads] == [(2, 3)] * 4
    assert found.plan.missing == 2
    assert found.plan.is_connected
    round_.hand_out()

    ordinary = {pair for pair in pairs(db) if pair[0] not in round_.entries[:2]}
    assert len(ordinary) == 4
    assert {pair for pair in pairs(db) if pair[0] in round_.entries[:2]} == {
        (entry, person) for entry in round_.entries[:2] for person in round_.people
    }


def test_a_committee_over_its_limits_is_said_before_and_after(db):
    round_ = Round(capacity=1)

    recap = calibration.recap(round_.batch_id, round_.entries[:2])
    assert len(recap.over) == 4
    round_.choose(0, 1)

    found = studio.preview(round_.batch_id, Wishes(each=2, together=1, least=1))
    assert found.plan.pairs == ()
    assert {row.after for row in found.loads} == {2}
    assert found.plan.missing == 6
    assert {"holds the number of dossiers agreed" in row.reason for row in found.short} == {True}


def test_undo_leaves_calibration_where_it_is(db):
    round_ = Round()
    round_.choose(0)
    assert committee.find_last_wave(round_.batch_id) is None
    round_.hand_out()
    round_.choose(1)
    wave = committee.find_last_wave(round_.batch_id)
    assert wave.assignments == 6

    undone = reviewing.undo_assignment(actor=round_.boss, batch_id=round_.batch_id, assigned_at=wave.assigned_at)

    assert undone == 6
    assert pairs(db) == {(entry, person) for entry in round_.entries[:2] for person in round_.people}


def test_withdrawing_takes_back_what_was_given_for_it_and_the_letters_that_have_not_left(db):
    round_ = Round()
    round_.hand_out()
    before = pairs(db)
    round_.choose(0)

    returned = round_.withdraw(0)

    assert returned == 2
    assert pairs(db) == before
    assert chosen(db) == []
    assert {letter.state for letter in letters(db)} == {LetterState.DISCARDED}
    assert {letter.state for letter in letters(db, "dossiers_ready")} == {LetterState.QUEUED}


def test_withdrawing_one_of_two_keeps_the_letter(db):
    round_ = Round()
    round_.choose(0, 1)

    assert round_.withdraw(1) == 4

    assert chosen(db) == round_.entries[:1]
    assert {letter.state for letter in letters(db)} == {LetterState.QUEUED}


@pytest.mark.parametrize("act", ["type", "send"])
def test_withdrawing_is_refused_once_somebody_has_begun(db, act):
    round_ = Round()
    round_.choose(0)
    getattr(round_, act)(round_.people[0], 0)

    with pytest.raises(RuleViolation, match="Somebody has begun"):
        round_.withdraw(0)
    with pytest.raises(NotFound):
        round_.withdraw(1)
    with pytest.raises(NotAllowed):
        round_.withdraw(0, actor=round_.actors[round_.people[0]])
    assert chosen(db) == round_.entries[:1]
    assert len(pairs(db)) == 4


def test_who_accepts_later_gets_the_calibration_dossiers_free_of_conflict(db):
    round_ = Round()
    round_.choose(0, 1)
    grace = reviewing.name_reviewer(
        actor=round_.boss, batch_id=round_.batch_id, email="grace@exemple.fr", name="Grace", capacity=9
    )
    round_.bar(grace, 1)
    body = db.scalars(select(Letter.body).where(Letter.kind == "reviewer_invited")).one()
    token = re.search(r"/committee/([\w-]+)", body).group(1)

    assert grace not in {person for _, person in pairs(db)}
    reviewing.accept_invitation(token=token, capacity=5)

    assert {entry for entry, person in pairs(db) if person == grace} == {round_.entries[0]}
    assert [letter.to_user_id for letter in letters(db)] == [*round_.people, grace]


def test_who_accepts_where_nothing_calibrates_gets_no_letter(db):
    round_ = Round(reviewers=0)
    reviewing.name_reviewer(
        actor=round_.boss, batch_id=round_.batch_id, email="grace@exemple.fr", name="Grace", capacity=9
    )
    body = db.scalars(select(Letter.body).where(Letter.kind == "reviewer_invited")).one()

    reviewing.accept_invitation(token=re.search(r"/committee/([\w-]+)", body).group(1), capacity=5)

    assert letters(db) == []
    assert db.scalars(select(BatchReviewer.capacity)).all() == [5]


def test_a_note_is_kept_and_only_of_a_calibration_dossier(db):
    round_ = Round()
    round_.choose(0)
    values = {"actor": round_.boss, "batch_id": round_.batch_id, "note": "Look at the market."}

    reviewing.set_calibration_note(application_id=round_.entries[0], **values)

    assert calibration.chosen_note(round_.batch_id, round_.entries[0]).note == "Look at the market."
    with pytest.raises(NotFound):
        reviewing.set_calibration_note(application_id=round_.entries[1], **values)


def test_feedback_opens_with_three_others_and_moves_by_threes(db):
    round_ = Round(reviewers=6)
    round_.choose(0)
    reviewing.set_calibration_note(
        actor=round_.boss, batch_id=round_.batch_id, application_id=round_.entries[0], note="Look at the market."
    )
    own, *others = round_.people

    def seen():
        return comparison.feedback("SF6", own, clock.now()).dossiers[0]

    for sent, other in enumerate(others[:3]):
        round_.send(other, 0, team=sent + 3, market=4)
    assert (seen().comparison, seen().missing, seen().note, seen().lines) == (None, 3, "", ())
    round_.send(own, 0, team=2, market=4)

    opened = seen()
    assert (opened.comparison.others, str(opened.comparison.difference)) == (3, "-1.50")
    assert [(line.own.points, line.group.median, line.own.anchor.en) for line in opened.lines] == [
        (2, 4, "Anchor 2"),
        (4, 4, "Anchor 4"),
    ]
    assert opened.note == "Look at the market."
    round_.send(others[3], 0, team=1, market=1)
    assert seen() == opened
    assert comparison.feedback("SF6", own, clock.now()).standing.lean.value == "stricter"


def test_feedback_with_two_others_says_that_one_lacks(db):
    round_ = Round()
    round_.choose(0)
    for person in round_.people[:3]:
        round_.send(person, 0)

    found = comparison.feedback("SF6", round_.people[0], clock.now())

    assert (found.dossiers[0].missing, found.dossiers[0].comparison, found.standing) == (1, None, None)


def test_feedback_of_a_stranger_or_of_another_batch_is_not_found(db):
    round_ = Round()
    round_.choose(0)
    stranger = make.user(Role.REVIEWER).id

    for code, person in (("SF6", stranger), ("NOWHERE", round_.people[0])):
        with pytest.raises(NotFound):
            comparison.feedback(code, person, clock.now())
