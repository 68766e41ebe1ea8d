"""A review that is being sent while the selection is confirmed: it is in the frozen result, or refused."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from types import ModuleType

import pytest
from flask import Flask
from sqlalchemy import func, select

from accelerator.extensions import db as database
from accelerator.kernel.enums import BatchState
from accelerator.kernel.errors import DomainError
from accelerator.models.programmes import Batch
from accelerator.models.reviewing import Assignment, Criterion, Review
from accelerator.services import rankings, reviewing, selection
from tests import committee, make


class Race:
    """A batch about to be confirmed, and a reviewer about to send a review again."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.batch = committee.reviewed_batch(applications=4)
        self.code, self.batch_id = self.batch.code, self.batch.id
        self.manager = make.actor(make.manager())
        selection.propose_from_ranking(actor=self.manager, code=self.code, version=committee.version(self.batch))
        self.assignment_id, reviewer_id = database.session.execute(
            select(Assignment.id, Assignment.reviewer_user_id).where(Assignment.batch_id == self.batch_id).limit(1)
        ).one()
        self.reviewer = make.actor(database.session.get_one(make.User, reviewer_id))
        criteria = database.session.scalars(select(Criterion.id).where(Criterion.rubric_id == self.batch.rubric_id))
        self.scores = dict.fromkeys(criteria.all(), 1)
        database.session.rollback()
        self.refused: list[str] = []

    def send(self) -> None:
        reviewing.submit_review(
            actor=self.reviewer, assignment_id=self.assignment_id, scores=self.scores, comment="Changed my mind."
        )

    def confirm(self) -> None:
        committee.confirm(self.batch, actor=self.manager)

    def attempt(self, act: Callable[[], None]) -> None:
        with self.app.app_context():
            try:
                act()
            except DomainError:
                self.refused.append(act.__name__)
            finally:
                database.session.remove()


@pytest.mark.parametrize(
    ("first", "second", "module", "inside"),
    [("send", "confirm", rankings, "note_reviews_changed"), ("confirm", "send", selection, "_refuse_unready")],
)
def test_a_review_sent_while_the_selection_is_confirmed_is_frozen_or_refused(
    either_app: Flask, monkeypatch, first: str, second: str, module: ModuleType, inside: str
):
    race = Race(either_app)
    is_inside = threading.Event()
    whole = getattr(module, inside)

    def slowly(*arguments: object) -> object:
        is_inside.set()
        time.sleep(1)  # the first holds what it has written and has not committed: the second comes in here
        return whole(*arguments)

    monkeypatch.setattr(module, inside, slowly)
    ahead = threading.Thread(target=race.attempt, args=(getattr(race, first),))
    ahead.start()
    assert is_inside.wait(10)
    behind = threading.Thread(target=race.attempt, args=(getattr(race, second),))
    behind.start()
    ahead.join()
    behind.join()

    database.session.rollback()
    assert race.refused == [second]
    assert database.session.scalar(select(func.count()).select_from(Review)) == 12
    if first == "confirm":
        assert database.session.get_one(Batch, race.batch_id).state is BatchState.DECIDED
        assert selection.verify(code=race.code) == []
