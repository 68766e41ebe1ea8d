"""Services · Demo · Meeting — the committee of the running batch meets on the day it decides: through the services, minute by minute."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Final

from sqlalchemy import select

from accelerator.extensions import db
from accelerator.kernel import clock
from accelerator.kernel.actor import Actor
from accelerator.kernel.actor import RoleGrant as Grant
from accelerator.kernel.enums import Ballot, Conclusion, Role
from accelerator.models.accounts import User
from accelerator.models.applications import Application
from accelerator.models.meeting import Meeting, MeetingDeparture, MeetingItem
from accelerator.models.reviewing import Assignment, BatchReviewer
from accelerator.queries import selection as queries
from accelerator.rules.selection import version_of
from accelerator.services import meeting, rankings, selection
from accelerator.services.demo.accounts import actor_of
from accelerator.services.demo.book import phrases
from accelerator.services.demo.decisions import preference
from accelerator.services.demo.story import BatchFacts, Story, evening

MINUTES_EACH: Final = 9
TITLE: Final = "Comité de sélection"
PLACE: Final = "STATION F, salle Ada Lovelace"
NOTES: Final = (
    "Les trois évaluations concordent ; le comité suit le classement.",
    "Clients pilotes nommés et mesurés. Demander la convention signée avant le démarrage.",
    "Débat sur le calendrier : l’équipe peut libérer deux personnes à plein temps.",
    "",
    "Produit en service, peu de marché décrit ; un mentor commercial est à prévoir.",
)


def plan_meeting(story: Story, batch: BatchFacts, favourite: int | None) -> None:
    """Put the committee's meeting on the timeline, in the afternoon before the decision is confirmed."""
    story.then(evening(batch.decides_on, 13), lambda: _meet(story, batch, favourite))


def _meet(story: Story, batch: BatchFacts, favourite: int | None) -> None:
    chair, chance = actor_of(story, "manager"), Random(batch.id)
    start = clock.now()
    rankings.compute_ranking(actor=chair, code=batch.code)
    db.session.flush()
    prepared = queries.choices(batch.id)
    selection.propose_from_ranking(actor=chair, code=batch.code, version=version_of(prepared))
    passed_over, preferred = preference(batch, favourite)
    order = queries.order(batch.id)
    near = [one for one in order[batch.places - 4 : batch.places + 3] if one not in (passed_over, preferred)]
    agenda = [*order[:2], *near, passed_over, preferred]
    members = _members(batch)
    meeting_id = meeting.start_meeting(
        actor=chair, code=batch.code, title=TITLE, place=PLACE, application_ids=list(dict.fromkeys(agenda))
    )
    for number, member in enumerate(members[:-1]):
        _at(start, number % 4, lambda member=member: meeting.arrive(actor=member, meeting_id=meeting_id))  # type: ignore[misc]
    _at(start, 31, lambda: meeting.arrive(actor=members[-1], meeting_id=meeting_id))
    admitted = (set(order[: batch.places]) | {preferred}) - {passed_over}
    for number, application_id in enumerate(dict.fromkeys(agenda)):
        begun = start + timedelta(minutes=5 + number * MINUTES_EACH)
        conclusion = (
            Conclusion.ADMIT
            if application_id in admitted
            else Conclusion.REFUSE
            if application_id == passed_over
            else Conclusion.WAITLIST
        )
        reason = _reason(application_id, passed_over, preferred)
        _discuss(chair, batch, members, begun, chance, number, conclusion, reason)
    ended = len(set(agenda)) * MINUTES_EACH + 10
    _at(start, ended, lambda: meeting.close_meeting(actor=chair, code=batch.code, seen=_seen(batch)))


def _discuss(
    chair: Actor,
    batch: BatchFacts,
    members: Sequence[Actor],
    begun: datetime,
    chance: Random,
    number: int,
    conclusion: Conclusion,
    reason: str,
) -> None:
    """One dossier: called, somebody may step out, a vote on all but the clearest, a conclusion."""
    code = batch.code
    _at(begun, 0, lambda: meeting.call_dossier(actor=chair, code=code, seen=_seen(batch), to="next"))
    if number == 3:
        _at(begun, 1, lambda: _step_out(batch, members))
    if number > 1:
        _at(begun, 5, lambda: meeting.open_vote(actor=chair, code=code, seen=_seen(batch)))
        _at(begun, 6, lambda: _vote(batch, members, chance, conclusion))
        _at(begun, 7, lambda: meeting.close_vote(actor=chair, code=code, seen=_seen(batch)))
    note = NOTES[number % len(NOTES)]
    _at(
        begun,
        8,
        lambda: meeting.conclude(
            actor=chair, code=code, seen=_seen(batch), conclusion=conclusion, note=note, reason=reason
        ),
    )


def _vote(batch: BatchFacts, members: Sequence[Actor], chance: Random, conclusion: Conclusion) -> None:
    likely = Ballot.IN_FAVOUR if conclusion is Conclusion.ADMIT else Ballot.AGAINST
    other = Ballot.AGAINST if likely is Ballot.IN_FAVOUR else Ballot.IN_FAVOUR
    item = _item(batch)
    out = set(db.session.scalars(select(MeetingDeparture.user_id).where(MeetingDeparture.item_id == item.id)))
    for member in members[:-1]:
        ballot = chance.choices([likely, other, Ballot.ABSTAIN], weights=[7, 2, 1])[0]
        if member.user_id not in out:
            meeting.cast_vote(actor=member, meeting_id=item.meeting_id, seen=_seen(batch), choice=ballot)


def _step_out(batch: BatchFacts, members: Sequence[Actor]) -> None:
    """A member who does not review the dossier remembers a tie to it."""
    item = _item(batch)
    readers = set(
        db.session.scalars(select(Assignment.reviewer_user_id).where(Assignment.application_id == item.application_id))
    )
    out = set(db.session.scalars(select(MeetingDeparture.user_id).where(MeetingDeparture.item_id == item.id)))
    free = [one for one in members[1:-1] if one.user_id not in readers | out]
    if free:
        reason = phrases("phrases")["reasons"]["conflict"][0]
        meeting.step_out(actor=free[0], meeting_id=item.meeting_id, seen=_seen(batch), reason=reason)


def _reason(application_id: int, passed_over: int, preferred: int) -> str:
    reasons = phrases("phrases")["reasons"]
    if application_id == passed_over:
        return str(reasons["passed_over"][0])
    return str(reasons["off_rank"][0]) if application_id == preferred else ""


def _members(batch: BatchFacts) -> list[Actor]:
    rows = db.session.execute(
        select(User.id, User.name)
        .join(BatchReviewer, BatchReviewer.user_id == User.id)
        .where(BatchReviewer.batch_id == batch.id)
        .order_by(User.id)
    )
    return [Actor(row.id, row.name, frozenset({Grant(Role.REVIEWER)})) for row in rows]


def _item(batch: BatchFacts) -> MeetingItem:
    return db.session.scalars(
        select(MeetingItem)
        .join(Meeting, (Meeting.id == MeetingItem.meeting_id) & (Meeting.current_position == MeetingItem.position))
        .join(Application, Application.id == MeetingItem.application_id)
        .where(Meeting.batch_id == batch.id, Meeting.closed_at.is_(None))
    ).one()


def _seen(batch: BatchFacts) -> str:
    row = db.session.execute(
        select(Meeting.id, Meeting.turn).where(Meeting.batch_id == batch.id, Meeting.closed_at.is_(None))
    ).one()
    return f"{row.id}.{row.turn}"


def _at(start: datetime, minutes: int, act: Callable[[], object]) -> None:
    with clock.held(start + timedelta(minutes=minutes)):
        act()
