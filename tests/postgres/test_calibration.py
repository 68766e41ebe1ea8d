"""Calibration on both databases, and what happens at once: two choices, a choice and a yes, a withdrawal and a start."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from flask import Flask
from sqlalchemy import func, select

from accelerator.extensions import db as database
from accelerator.kernel import clock
from accelerator.kernel.enums import AssignmentState
from accelerator.models.calibration import CalibrationDossier
from accelerator.models.letters import Letter
from accelerator.models.reviewing import Assignment, ReviewDraft
from accelerator.queries.reviewing import calibration, comparison
from accelerator.services import reviewing
from tests import make
from tests.server import live_server
from tests.services.test_calibration import Round

CLIENTS = 20


def count(model, *conditions) -> int:
    database.session.rollback()
    return database.session.scalar(select(func.count()).select_from(model).where(*conditions))


def test_the_pages_say_the_same_on_both_databases(either_app: Flask):
    with either_app.app_context():
        round_ = Round()
        round_.choose(0)
        for person, team in zip(round_.people, (5, 2, 4, 2), strict=True):
            round_.send(person, 0, team=team)

        found = comparison.feedback("SF6", round_.people[3], clock.now())
        overview = calibration.overview(round_.batch_id, round_.rubric.id)
        _, proposed, in_all = calibration.candidates(round_.batch_id, search="startup")

        assert str(found.dossiers[0].comparison.difference) == "-1.50"
        assert [(one.expected, one.done, one.begun) for one in overview.dossiers] == [(4, 4, 4)]
        assert overview.is_any_dividing
        assert len(proposed) == in_all == 4


def test_many_choices_at_once_are_one(either_app: Flask):
    round_ = Round()
    manager = database.session.get(make.User, round_.boss.user_id)
    fingerprint = calibration.recap(round_.batch_id, round_.entries[:1]).fingerprint
    with live_server(either_app, threads=16) as server:
        cookie = server.cookie_for(manager)
        form = {"pick": str(round_.entries[0]), "fingerprint": fingerprint}
        database.session.rollback()
        answers = server.post_at_once([("/staff/batches/SF6/calibration/recap", form, cookie)] * CLIENTS)

    assert Counter(answer.status for answer in answers) == {302: 1, 409: CLIENTS - 1}
    assert count(CalibrationDossier) == 1
    assert count(Assignment) == 4
    assert count(Letter, Letter.kind == "calibration_ready") == 4


@pytest.mark.parametrize("turn", range(3))
def test_who_accepts_while_it_is_chosen_gets_each_dossier_once(either_app: Flask, turn: int):
    round_ = Round()
    reviewing.name_reviewer(
        actor=round_.boss, batch_id=round_.batch_id, email="grace@exemple.fr", name="Grace", capacity=9
    )
    body = database.session.scalars(select(Letter.body).where(Letter.kind == "reviewer_invited")).one()
    token = re.search(r"/committee/([\w-]+)", body).group(1)
    manager = database.session.get(make.User, round_.boss.user_id)
    fingerprint = calibration.recap(round_.batch_id, round_.entries[:1]).fingerprint
    with live_server(either_app, threads=8) as server:
        cookie = server.cookie_for(manager)
        form = {"pick": str(round_.entries[0]), "fingerprint": fingerprint}
        database.session.rollback()
        requests = [
            ("/staff/batches/SF6/calibration/recap", form, cookie),
            (f"/committee/{token}/accept", {"capacity": "5"}, cookie),
        ]
        answers = server.post_at_once(requests if turn % 2 else requests[::-1])

    statuses = Counter(answer.status for answer in answers)
    assert statuses in ({302: 2}, {302: 1, 409: 1})
    database.session.rollback()
    grace = database.session.scalar(select(make.User.id).where(make.User.email == "grace@exemple.fr"))
    assert count(Assignment, Assignment.reviewer_user_id == grace) == count(CalibrationDossier)


def test_a_withdrawal_and_a_start_at_once_are_one_or_the_other(either_app: Flask):
    round_ = Round(reviewers=8)
    round_.choose(0)
    manager = database.session.get(make.User, round_.boss.user_id)
    duties = {person: round_.duty(person, 0) for person in round_.people}
    people = {person: database.session.get(make.User, person) for person in round_.people}
    with live_server(either_app, threads=16) as server:
        saves = [
            (f"/reviewing/assignments/{duties[id_]}/autosave", {"comment": "Begun."}, server.cookie_for(person))
            for id_, person in people.items()
        ]
        path = f"/staff/batches/SF6/calibration/{round_.entries[0]}/withdraw"
        withdrawal = (path, {}, server.cookie_for(manager))
        database.session.rollback()
        answers = server.post_at_once([*saves[:4], withdrawal, *saves[4:]])

    chosen, begun = count(CalibrationDossier), count(ReviewDraft)
    assert (answers[4].status, chosen) in ((302, 0), (422, 1))
    assert begun == (0 if not chosen else 8)
    assert count(Assignment, Assignment.state == AssignmentState.OPEN) == (8 if chosen else 0)
