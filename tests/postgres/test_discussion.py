"""A remark pressed many times at once, a page opened in many tabs, and the discussion's statements, on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from flask import Flask
from sqlalchemy import func, select

from accelerator.extensions import db as database
from accelerator.kernel import clock
from accelerator.models.discussion import DiscussionReading, Remark, RemarkMention
from accelerator.models.letters import Letter
from accelerator.queries.discussion import pages, readers, talk
from accelerator.queries.reviewing import desk
from accelerator.services import discussion, rankings, reviewing
from tests.discussing import Table
from tests.server import live_server

PRESSES = 40


def count(model) -> int:
    """How many rows a table holds."""
    return database.session.scalars(select(func.count()).select_from(model)).one()


def test_one_person_pressing_many_times_posts_one_remark_and_one_letter(either_app: Flask):
    table = Table()
    path = f"/reviewing/assignments/{table.duty(table.ada)}/discussion"

    with live_server(either_app, threads=16) as server:
        cookie = server.cookie_for(table.ada)
        form = {"body": "@Grace Hopper, look.", "request_key": "one-form"}
        answers = server.post_at_once([(path, form, cookie)] * PRESSES)

    database.session.rollback()
    assert {answer.status for answer in answers} == {302}
    assert len({answer.location for answer in answers}) == 1
    assert (count(Remark), count(RemarkMention), count(Letter)) == (1, 1, 1)


def test_many_tabs_at_once_are_one_reading(either_app: Flask):
    table = Table()
    table.write(table.second, "Look.")

    def read(_tab: int) -> None:
        with either_app.app_context():
            discussion.note_read(actor=table.first, application_id=table.id, newest_at=None)
            database.session.remove()

    with ThreadPoolExecutor(8) as tabs:
        list(tabs.map(read, range(24)))

    database.session.rollback()
    assert count(DiscussionReading) == 1


def test_a_discussion_from_its_first_remark_to_a_conflict(either_app: Flask):
    with either_app.app_context():
        table = Table()
        rankings.compute_ranking(actor=table.boss, code=table.batch.code)
        mine = table.write(table.first, "@Grace Hopper, why?")
        table.write(table.second, "@Claire Dumont, see page 3.", reply_to_id=mine)
        gone = table.write(table.boss, "Withdrawn.")
        discussion.withdraw_remark(actor=table.boss, application_id=table.id, remark_id=gone)

        ada, claire = table.ada.id, table.claire.id
        page = pages.page(readers.place(table.id, ada), ada, is_blind=True)
        assert [(one.author, one.is_withdrawn, len(one.answers)) for one in page.strands] == [
            ("Ada Lovelace", False, 1),
            ("Claire Dumont", True, 0),
        ]
        assert (page.is_far_apart, page.remarks, page.told) == (True, 2, ("Claire Dumont", "Grace Hopper"))
        assert talk.of_application(table.id, claire) == talk.Talk(True, 2, 2, is_mentioned=True)
        rows = desk.rounds(table.grace.id, clock.now())[0].reviewed
        assert [row.talk for row in rows] == [talk.Talk(True, 2, 1, is_mentioned=True)]

        reviewing.declare_conflict(actor=table.second, assignment_id=table.duty(table.grace), reason="A friend.")
        assert [one.name for one in readers.readers(table.id)] == ["Ada Lovelace", "Claire Dumont"]
        assert [round_.reviewed for round_ in desk.rounds(table.grace.id, clock.now())] == [()]
