"""A committee meets: one open meeting, one dossier at a time, ties sent out, votes frozen, the past untouched."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from accelerator.kernel import clock
from accelerator.kernel.enums import (
    ApplicationState,
    AssignmentState,
    Ballot,
    BatchState,
    Conclusion,
    ConflictSource,
    InvitationState,
    MeetingStage,
    Outcome,
    Role,
)
from accelerator.kernel.errors import Conflict, NotAllowed, NotFound, RuleViolation
from accelerator.models.audit import AuditEntry
from accelerator.models.meeting import Meeting, MeetingAttendance, MeetingDeparture, MeetingItem, MeetingVote
from accelerator.models.reviewing import Assignment, BatchReviewer, ConflictOfInterest, Review
from accelerator.models.selection import Decision
from accelerator.queries.meeting import room
from accelerator.rules.meeting import Tally
from accelerator.services import meeting as services
from tests import committee, make
from tests.conftest import at
from tests.meeting import Room


def count(db, table) -> int:
    return db.scalar(select(func.count()).select_from(table))


def departures(db) -> list[tuple]:
    rows = db.execute(
        select(MeetingDeparture.user_id, MeetingDeparture.source, MeetingDeparture.ground).order_by(
            MeetingDeparture.item_id, MeetingDeparture.user_id
        )
    )
    return [tuple(row) for row in rows]


def test_start_opens_one_meeting_with_its_agenda_in_order(db):
    held = Room()

    held.start(held.entries[2], held.entries[0], held.entries[2])

    assert db.execute(
        select(MeetingItem.position, MeetingItem.application_id).order_by(MeetingItem.position)
    ).all() == [
        (1, held.entries[2].id),
        (2, held.entries[0].id),
    ]
    with pytest.raises(Conflict, match="open already"):
        held.start()
    assert count(db, Meeting) == 1


def test_the_database_itself_refuses_a_second_open_meeting(db):
    held = Room().start()

    db.add(Meeting(batch_id=held.batch.id, title="Another", opened_at=clock.now()))
    with pytest.raises(IntegrityError):
        db.commit()
    db.rollback()


def test_a_double_click_opens_one_meeting(db):
    held = Room()

    first = held.start(request_key="one").id

    assert held.start(request_key="one").id == first


def test_start_refuses_strangers_states_and_wrong_agendas_and_leaves_nothing(db):
    held = Room()
    stranger = make.application(state=ApplicationState.ADMISSIBLE)

    with pytest.raises(RuleViolation, match="at least one"):
        held.start(application_ids=[])
    with pytest.raises(RuleViolation, match="no longer a candidate"):
        held.start(stranger)
    with pytest.raises(NotAllowed):
        held.start(actor=make.actor(held.members[0]))
    with pytest.raises(NotFound):
        held.start(code="none")
    with pytest.raises(Conflict, match="not in review"):
        held.start(code=make.batch().code)
    assert count(db, Meeting) == count(db, MeetingItem) == 0


def test_start_refuses_more_than_sixty_dossiers_and_a_batch_without_committee(db):
    held = Room(applications=2)
    many = [make.application(of=held.batch, state=ApplicationState.ADMISSIBLE) for _ in range(60)]
    alone = committee.reviewed_batch(applications=1)

    with pytest.raises(RuleViolation, match="At most 60"):
        held.start(*held.entries, *many)
    with pytest.raises(RuleViolation, match="Nobody sits"):
        held.start(*committee.entries(alone), code=alone.code)


def test_arrival_and_leaving_are_stays_and_a_second_press_changes_nothing(db):
    held = Room().start()
    ada = held.members[0]

    at("2026-12-01T09:00Z")
    held.arrive(ada, ada)
    at("2026-12-01T10:00Z")
    services.leave(actor=make.actor(ada), meeting_id=held.id)
    services.leave(actor=make.actor(ada), meeting_id=held.id)
    at("2026-12-01T11:00Z")
    services.mark_presence(actor=held.chair, code=held.batch.code, user_id=ada.id, is_here=True)

    rows = db.execute(select(MeetingAttendance.arrived_at, MeetingAttendance.left_at).order_by(MeetingAttendance.id))
    assert [(row.arrived_at.hour, row.left_at and row.left_at.hour) for row in rows] == [(9, 10), (11, None)]


def test_only_members_come_in(db):
    held = Room().start()
    eve = make.user(Role.REVIEWER)
    asked = make.user(Role.REVIEWER)
    make.batch_reviewer(held.batch, asked, state=InvitationState.INVITED)

    for stranger in (eve, asked):
        with pytest.raises(NotFound):
            held.arrive(stranger)
        with pytest.raises(NotFound):
            services.mark_presence(actor=held.chair, code=held.batch.code, user_id=stranger.id, is_here=True)
        with pytest.raises(NotFound):
            held.screen(stranger)
    with pytest.raises(NotAllowed):
        services.mark_presence(
            actor=make.actor(held.members[0]), code=held.batch.code, user_id=held.members[0].id, is_here=True
        )
    assert count(db, MeetingAttendance) == 0


def test_whoever_has_a_tie_on_record_is_sent_out_when_the_dossier_is_called(db):
    held = Room()
    ada, eve, _ = held.members
    held.tie(ada, held.entries[0])
    held.start().arrive(ada, eve)

    held.call()

    assert departures(db) == [(ada.id, ConflictSource.REGISTERED, "A cousin.")]
    assert (held.screen(ada).is_out, held.screen(eve).is_out) == (True, False)
    held.call()
    assert held.screen(ada).is_out is False


def test_a_late_comer_with_a_tie_steps_out_at_once(db):
    held = Room()
    ada = held.members[0]
    held.tie(ada, held.entries[0])
    held.start()
    held.call()
    assert departures(db) == []

    held.arrive(ada)

    assert departures(db) == [(ada.id, ConflictSource.REGISTERED, "A cousin.")]


def test_a_certain_tie_that_no_desk_recorded_sends_out_too(db):
    """Nobody assigned the founder her own dossier, so that her tie was never put on record."""
    held = Room(members=2)
    founder = make.user(Role.REVIEWER, Role.FOUNDER)
    make.batch_reviewer(held.batch, founder)
    make.member(db.get_one(make.Startup, held.entries[1].startup_id), founder)

    held.start().arrive(founder)
    held.call("2")

    assert held.screen(founder).is_out is True
    assert [(row[0], row[1]) for row in departures(db)] == [(founder.id, ConflictSource.INFERRED)]


def test_a_tie_that_becomes_known_during_the_discussion_counts_at_once(db):
    held = Room()
    ada = held.members[0]
    held.start().arrive()
    held.call()
    held.open_vote()
    held.vote(ada)

    held.tie(ada, held.entries[0])

    assert held.screen(ada).shows_dossier is False
    with pytest.raises(NotAllowed, match="stepped out"):
        held.vote(ada, Ballot.AGAINST)
    held.close_vote()
    assert room.tally(held.item(held.entries[0]).id) == Tally()


def test_stepping_out_records_the_tie_and_drops_the_vote_and_the_review(db):
    held = Room()
    ada, eve, _ = held.members
    held.start().arrive()
    held.call()
    held.open_vote()
    held.vote(ada)
    held.vote(eve, Ballot.AGAINST)

    held.step_out(ada)
    held.step_out(ada)

    entry = held.entries[0]
    assert db.execute(select(ConflictOfInterest.reviewer_user_id, ConflictOfInterest.ground)).all() == [
        (ada.id, "My brother founded it.")
    ]
    assert departures(db) == [(ada.id, ConflictSource.DECLARED, "My brother founded it.")]
    assert db.scalars(select(MeetingVote.user_id)).all() == [eve.id]
    assert (
        db.scalars(select(Review.id).where(Review.application_id == entry.id, Review.reviewer_user_id == ada.id)).all()
        == []
    )
    state = select(Assignment.state).where(Assignment.application_id == entry.id, Assignment.reviewer_user_id == ada.id)
    assert db.scalar(state) is AssignmentState.CONFLICTED
    held.close_vote()
    item = held.item(entry)
    assert (room.tally(item.id), item.eligible, item.present) == (Tally(0, 1, 0), 2, 2)


def test_a_closed_vote_stays_as_it_was_when_somebody_steps_out_later(db):
    held = Room()
    ada = held.members[0]
    held.start().arrive()
    held.call()
    held.open_vote()
    held.vote(ada)
    held.close_vote()

    held.step_out(ada)

    assert room.tally(held.item(held.entries[0]).id) == Tally(1, 0, 0)
    assert held.screen(ada).is_out is True


def test_stepping_out_of_a_dossier_that_is_gone_records_nothing(db):
    held = Room().start().arrive()
    held.call()
    before = held.seen
    held.call()

    with pytest.raises(Conflict, match="Nothing was recorded"):
        services.step_out(actor=make.actor(held.members[0]), meeting_id=held.id, seen=before, reason="A tie.")
    assert count(db, ConflictOfInterest) == 0


def test_a_vote_is_replaced_until_it_is_closed_and_frozen_after(db):
    held = Room()
    ada, eve, grace = held.members
    held.start().arrive()
    held.call()
    with pytest.raises(Conflict, match="not open"):
        held.vote(ada)
    held.open_vote()
    held.vote(ada)
    held.vote(ada, Ballot.AGAINST)
    held.vote(eve, Ballot.ABSTAIN)

    held.close_vote()

    with pytest.raises(Conflict, match="not open"):
        held.vote(grace)
    with pytest.raises(Conflict, match="no second vote"):
        held.open_vote()
    with pytest.raises(Conflict, match="No vote is open"):
        held.close_vote()
    item = held.item(held.entries[0])
    assert (room.tally(item.id), item.eligible, item.present) == (Tally(0, 1, 1), 3, 3)


def test_the_trail_knows_that_somebody_voted_and_not_how(db):
    held = Room().start().arrive()
    held.call()
    held.open_vote()

    held.vote(held.members[0], Ballot.AGAINST)

    entry = db.scalars(select(AuditEntry).where(AuditEntry.verb == "voted")).one()
    assert entry.detail == {}


def test_a_vote_meant_for_another_dossier_is_not_counted(db):
    held = Room().start().arrive()
    held.call()
    before = held.seen
    held.call()
    held.open_vote()

    with pytest.raises(Conflict, match="Another dossier"):
        held.vote(held.members[0], seen=before)
    assert count(db, MeetingVote) == 0


def test_who_is_not_in_the_room_does_not_vote(db):
    held = Room().start().arrive()
    held.call()
    held.open_vote()
    services.leave(actor=make.actor(held.members[0]), meeting_id=held.id)

    with pytest.raises(Conflict, match="you are here"):
        held.vote(held.members[0])


def test_two_chairs_who_press_next_move_on_by_one(db):
    held = Room().start()
    held.call()
    before = held.seen
    held.call(seen=before)

    with pytest.raises(Conflict, match="moved on"):
        held.call(seen=before)
    assert db.scalar(select(Meeting.current_position)) == 2


def test_nothing_else_happens_while_a_vote_is_open(db):
    held = Room().start().arrive()
    held.call()
    held.open_vote()

    for act in (held.call, held.conclude, held.close, held.open_vote):
        with pytest.raises(Conflict, match="close it first"):
            act()


def test_the_agenda_is_walked_and_withdrawn_applications_are_passed_over(db):
    held = Room(applications=3)
    first, second, third = held.entries
    held.start()
    second.state = ApplicationState.WITHDRAWN
    db.commit()

    held.call()
    held.call()
    assert db.scalar(select(Meeting.current_position)) == 3
    held.call("previous")
    assert db.scalar(select(Meeting.current_position)) == 1
    with pytest.raises(RuleViolation, match="no other dossier"):
        held.call("previous")
    with pytest.raises(RuleViolation, match="withdrawn"):
        held.call("2")
    for nonsense in ("9", "nine", "", "٣"):
        with pytest.raises(RuleViolation, match="no other dossier"):
            held.call(nonsense)


def test_a_conclusion_prepares_the_choice_and_counts_the_reasons_owed(db):
    held = Room(applications=4, places=2)
    held.start()
    held.call("3")

    owed = held.conclude(Conclusion.ADMIT, note="Clear.")

    assert owed == 2  # the one admitted, and the one passed over for it
    assert held.conclude(Conclusion.ADMIT, reason="The only one in its region.") == 1
    row = db.execute(select(Decision.application_id, Decision.outcome, Decision.reason)).one()
    assert row == (held.entries[2].id, Outcome.ADMIT, "The only one in its region.")
    assert held.conclude(Conclusion.ADMIT) == 1  # the reason stays while the outcome does
    item = held.item(held.entries[2])
    assert (item.conclusion, item.eligible, item.present) == (Conclusion.ADMIT, 3, 0)


def test_a_waitlist_place_that_is_prepared_stays(db):
    held = Room(applications=4)
    one, two, three, four = held.entries
    committee.choose(held.batch, committee.wait(four, 1), committee.wait(three, 2))
    held.start()
    held.call("4")

    held.conclude(Conclusion.WAITLIST)

    assert db.scalar(select(Decision.waitlist_position).where(Decision.application_id == four.id)) == 1


def test_put_off_comes_back_after_the_others(db):
    held = Room(applications=3)
    held.start()
    held.call()

    held.conclude(Conclusion.LATER, then_next=True)
    held.conclude(Conclusion.ADMIT, then_next=True)
    held.conclude(Conclusion.REFUSE, then_next=True)

    assert db.scalar(select(Meeting.current_position)) == 1
    assert held.screen(held.members[0]).stage is MeetingStage.CALLED
    assert count(db, Decision) == 2
    held.conclude(Conclusion.WAITLIST, then_next=True)  # the last one: there is nothing to call
    assert db.scalar(select(Meeting.current_position)) == 1


def test_a_conclusion_in_a_batch_decided_meanwhile_leaves_nothing(db):
    held = Room(applications=3)
    committee.choose(held.batch, committee.admit(held.entries[0]))
    held.start()
    held.call()
    held.batch.state = BatchState.DECIDED
    db.commit()

    with pytest.raises(Conflict, match="decided"):
        held.conclude()

    assert held.item(held.entries[0]).conclusion is None
    held.close()


def test_a_selection_is_not_final_before_its_meeting_is_closed(db):
    held = Room(applications=3)
    committee.choose(held.batch, committee.admit(held.entries[0]))
    held.start()

    with pytest.raises(RuleViolation, match="still open: close it first"):
        committee.confirm(held.batch)

    held.close()
    assert committee.confirm(held.batch) == 1


def test_a_closed_meeting_is_the_past(db):
    held = Room(applications=2).start().arrive()
    ada = held.members[0]
    held.call()
    seen = held.seen

    held.close()

    assert count(db, MeetingAttendance) == db.scalar(select(func.count(MeetingAttendance.left_at))) == 3
    for act in (
        lambda: held.call(seen=seen),
        held.open_vote,
        held.conclude,
        held.close,
        lambda: held.arrive(ada),
        lambda: services.leave(actor=make.actor(ada), meeting_id=held.id),
        lambda: held.vote(ada, seen=seen),
        lambda: held.step_out(ada),
        lambda: services.mark_presence(actor=held.chair, code=held.batch.code, user_id=ada.id, is_here=True),
    ):
        with pytest.raises(Conflict):
            act()
    assert held.start().id == 2


def test_only_the_programme_team_leads_a_meeting(db):
    held = Room().start().arrive()
    held.call()
    member = make.actor(held.members[0])
    code, seen = held.batch.code, held.seen

    for act in (
        lambda: services.call_dossier(actor=member, code=code, seen=seen, to="next"),
        lambda: services.open_vote(actor=member, code=code, seen=seen),
        lambda: services.close_meeting(actor=member, code=code, seen=seen),
        lambda: services.conclude(actor=member, code=code, seen=seen, conclusion=Conclusion.ADMIT, note=""),
        lambda: services.print_minutes(actor=member, code=code, locale="fr"),
    ):
        with pytest.raises(NotAllowed):
            act()
    with pytest.raises(NotFound):
        services.open_vote(actor=held.chair, code="none", seen=seen)


def test_an_outsider_of_another_committee_is_not_found(db):
    held, other = Room().start(), Room()

    with pytest.raises(NotFound):
        held.screen(other.members[0])
    assert db.scalar(select(func.count()).select_from(BatchReviewer)) == 6


def test_whoever_is_out_learns_nothing_by_guessing_the_turn(db):
    held = Room()
    ada = held.members[0]
    held.tie(ada, held.entries[0])
    held.start().arrive()
    held.call()

    for guess in (held.seen, "1.7", ""):
        with pytest.raises(NotAllowed, match="stepped out"):
            held.vote(ada, seen=guess)
        services.step_out(actor=make.actor(ada), meeting_id=held.id, seen=guess, reason="A guess.")
    assert db.scalars(select(ConflictOfInterest.ground)).all() == ["A cousin."]


def test_a_founder_who_joins_the_committee_during_her_own_dossier_is_out(db):
    held = Room(members=2)
    held.start().arrive()
    held.call()
    founder = make.user(Role.REVIEWER, Role.FOUNDER)
    make.batch_reviewer(held.batch, founder)
    make.member(db.get_one(make.Startup, held.entries[0].startup_id), founder)

    held.arrive(founder)

    assert held.screen(founder).is_out is True
    assert [(row[0], row[1]) for row in departures(db)] == [(founder.id, ConflictSource.INFERRED)]
