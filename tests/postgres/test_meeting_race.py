"""A meeting under many hands at once, over HTTP on the real server, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections import Counter

from flask import Flask
from sqlalchemy import func, select

from accelerator.extensions import db as database
from accelerator.kernel.enums import Ballot, Role
from accelerator.models.meeting import Meeting, MeetingAttendance, MeetingDeparture, MeetingItem, MeetingVote
from accelerator.models.reviewing import ConflictOfInterest
from tests import make
from tests.meeting import Room
from tests.server import live_server

MEMBERS = 60


def large_room(**columns) -> Room:
    """A meeting whose committee has sixty more members than reviewed."""
    held = Room(applications=4, members=2, **columns)
    for _ in range(MEMBERS):
        member = make.user(Role.REVIEWER)
        make.batch_reviewer(held.batch, member)
        held.members.append(member)
    return held


def votes() -> int:
    return database.session.scalar(select(func.count()).select_from(MeetingVote)) or 0


def test_many_chairs_who_press_next_at_once_move_on_by_one(either_app: Flask):
    held = Room(applications=4).start()
    held.call()
    form = {"seen": held.seen, "to": "next"}

    with live_server(either_app, threads=16) as server:
        cookie = server.cookie_for(make.manager())
        answers = server.post_at_once([(f"/staff/batches/{held.batch.code}/meeting/call", form, cookie)] * 30)

    database.session.rollback()
    assert Counter(answer.status for answer in answers) == {302: 30}
    assert database.session.execute(select(Meeting.current_position, Meeting.turn)).one() == (2, 2)


def test_many_starts_at_once_open_one_meeting(either_app: Flask):
    held = Room(applications=2)
    form = {"title": "Friday", "agenda": str(held.entries[0].id)}

    with live_server(either_app, threads=16) as server:
        cookie = server.cookie_for(make.manager())
        answers = server.post_at_once([(f"/staff/batches/{held.batch.code}/meeting", form, cookie)] * 20)

    database.session.rollback()
    assert Counter(answer.status for answer in answers) == {302: 20}
    assert database.session.scalar(select(func.count()).select_from(Meeting)) == 1


def test_votes_at_the_moment_of_closing_are_counted_or_refused_and_the_count_stands(either_app: Flask):
    held = large_room().start().arrive()
    held.call()
    held.open_vote()
    form = {"seen": held.seen, "choice": "in_favour"}
    path = f"/reviewing/meetings/{held.id}/vote"

    with live_server(either_app, threads=16) as server:
        chair = server.cookie_for(make.manager())
        posts = [(path, form, server.cookie_for(member)) for member in held.members]
        closing = (f"/staff/batches/{held.batch.code}/meeting/vote", {"seen": held.seen, "to": "close"}, chair)
        answers = server.post_at_once([*posts[:30], closing, *posts[30:]])
        database.session.rollback()
        counted = votes()
        late = server.post_at_once(posts)

    database.session.rollback()
    assert {answer.status for answer in (*answers, *late)} == {302}
    item = held.item(held.entries[0])
    assert item.vote_closed_at is not None and item.present == len(held.members)
    last = database.session.scalar(select(func.max(MeetingVote.cast_at)))
    assert last is None or last <= item.vote_closed_at
    assert votes() == counted


def test_one_member_who_votes_from_many_tabs_has_one_vote(either_app: Flask):
    held = Room(applications=1).start().arrive()
    held.call()
    held.open_vote()

    with live_server(either_app, threads=16) as server:
        cookie = server.cookie_for(held.members[0])
        path = f"/reviewing/meetings/{held.id}/vote"
        server.post_at_once([(path, {"seen": held.seen, "choice": str(one)}, cookie) for one in list(Ballot) * 10])

    database.session.rollback()
    assert votes() == 1


def test_a_conflict_declared_while_voting_leaves_no_vote(either_app: Flask):
    held = Room(applications=1).start().arrive()
    held.call()
    held.open_vote()
    ada = held.members[0]

    with live_server(either_app, threads=16) as server:
        cookie = server.cookie_for(ada)
        vote = (f"/reviewing/meetings/{held.id}/vote", {"seen": held.seen, "choice": "against"}, cookie)
        out = (f"/reviewing/meetings/{held.id}/step-out", {"seen": held.seen, "reason": "My sister."}, cookie)
        answers = server.post_at_once([*[vote] * 15, out, out, *[vote] * 15])

    database.session.rollback()
    assert {answer.status for answer in answers} == {302}
    assert votes() == 0
    assert database.session.scalars(select(MeetingDeparture.user_id)).all() == [ada.id]
    assert database.session.scalars(select(ConflictOfInterest.reviewer_user_id)).all() == [ada.id]


def test_one_member_who_arrives_many_times_is_here_once(either_app: Flask):
    held = Room(applications=1).start()

    with live_server(either_app, threads=16) as server:
        cookie = server.cookie_for(held.members[0])
        answers = server.post_at_once([(f"/reviewing/meetings/{held.id}/here", {}, cookie)] * 30)

    database.session.rollback()
    assert {answer.status for answer in answers} == {302}
    assert database.session.scalar(select(func.count()).select_from(MeetingAttendance)) == 1
    assert database.session.scalar(select(func.count()).select_from(MeetingItem)) == 1
