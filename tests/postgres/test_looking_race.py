"""Many volunteers at once for one dossier, over HTTP on the real server, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from flask import Flask
from sqlalchemy import select

from accelerator.extensions import db as database
from accelerator.kernel import clock
from accelerator.kernel.enums import ApplicationState, AssignmentState, BatchState, Role
from accelerator.models.reviewing import Assignment
from tests import make
from tests.server import live_server

VOLUNTEERS = 60


def test_of_60_volunteers_for_one_offered_dossier_exactly_one_has_it(either_app: Flask):
    now = clock.now()
    batch = make.batch(state=BatchState.REVIEWING, reviews_per_application=1)
    application = make.application(of=batch, state=ApplicationState.ADMISSIBLE)
    holder = make.user(Role.REVIEWER)
    make.batch_reviewer(batch, holder)
    make.assignment(of=application, reviewer=holder, offered_at=now, assigned_at=now - timedelta(days=9))
    volunteers = [make.user(Role.REVIEWER) for _ in range(VOLUNTEERS)]
    for person in volunteers:
        make.batch_reviewer(batch, person)

    with live_server(either_app, threads=16) as server:
        path = f"/reviewing/batches/{batch.code}/looking/{application.id}/take"
        answers = server.post_at_once([(path, {}, server.cookie_for(person)) for person in volunteers])

    database.session.rollback()
    assert Counter(answer.status for answer in answers) == {302: 1, 409: VOLUNTEERS - 1}
    held = database.session.execute(select(Assignment.reviewer_user_id, Assignment.state)).all()
    assert [state for _, state in held] == [AssignmentState.OPEN]
    assert held[0].reviewer_user_id != holder.id
    assert application.assigned == 1
