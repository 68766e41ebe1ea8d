"""The page of a cost export on its way: how far it is, stopping it, what came of it; and nobody else's business."""

from __future__ import annotations

import io

import pytest
from sqlalchemy import func, select

from accelerator.kernel.enums import Role
from accelerator.models.credits import UsageImport, UsageUpload
from accelerator.services.tasks import Progress, run_due_tasks
from accelerator.services.usage.uploads import READING
from tests import make
from tests.web.staff.test_credits import EXPORT


@pytest.fixture
def desk(browser, db):
    return browser.sign_in(make.manager())


def send(desk, content: bytes = EXPORT, **others):
    return desk.post("staff.usage.index", {"file": (io.BytesIO(content), "feb.csv"), **others})


def test_the_page_follows_the_file(desk, db):
    sent = desk.follow(send(desk))
    assert (sent.h1, sent.tree.xpath("//main//progress/@max")) == ("feb.csv", ["1"])
    (address,) = sent.tree.xpath("//*[@data-report-progress]/@data-report-progress")
    assert desk.get(address).json == {"state": "queued", "done": 0, "total": 0, "step": ""}
    assert desk.get("staff.usage.index").table()[0][:2] == ["feb.csv", "On its way"]
    Progress(1).step(0, 1, READING.msgid)
    assert desk.get(address).json["step"] == "Reading the file: 1\u00a0kB of 1\u00a0kB"
    assert "Reading the file: 1" in desk.get("staff.usage.upload", upload_id=1).text

    run_due_tasks()

    assert desk.get(address).json["state"] == "done"
    assert "The file is read" in desk.get("staff.usage.upload", upload_id=1).text
    assert "Files sent" not in desk.get("staff.usage.index").text


def test_keep_or_refuse_is_the_managers_choice(desk, db):
    assert desk.get("staff.usage.index").value("refused_lines") == "keep"

    refused = send(desk, refused_lines="refuse")
    run_due_tasks()

    page = desk.follow(refused)
    assert "Lines refused: 1. Nothing is stored, as you asked." in page.text
    assert page.table("Refused lines") == [["4", "“x” is not an amount"]]
    assert desk.get("staff.usage.index").table()[0][:2] == ["feb.csv", "Nothing stored"]
    assert db.scalars(select(UsageImport)).all() == []
    assert send(desk, refused_lines="perhaps").status == 422


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"%PDF-1.7", "This is not a cost export we know"),
        (b"SubscriptionId,Date,Cost\n", "This export names no currency. Say which one it is in."),
    ],
)
def test_an_unreadable_export_is_refused_on_its_page(desk, db, content, sentence):
    sent = send(desk, content)
    run_due_tasks()

    assert sentence in desk.follow(sent).text
    assert db.scalars(select(UsageImport)).all() == []


def test_a_file_is_stopped_once(desk, db):
    send(desk)

    stopped = desk.follow(desk.post("staff.usage.stop", upload_id=1))
    assert stopped.notices == ["The file is stopped and deleted. Nothing of it was stored."]
    assert "This file was stopped" in stopped.text
    assert desk.post("staff.usage.stop", upload_id=1).status == 422
    run_due_tasks()

    assert db.scalars(select(UsageImport)).all() == []


def test_the_same_file_while_it_waits_leads_to_the_first(desk, db):
    first, second = send(desk), send(desk)

    assert first.location == second.location
    assert desk.follow(second).notices == ["This file is on its way already."]
    assert db.scalar(select(func.count(UsageUpload.id))) == 1


def test_managers_may_send_more_than_others(desk, app, db, monkeypatch):
    monkeypatch.setitem(app.config, "MAX_CONTENT_LENGTH", 1000)
    large = EXPORT + EXPORT.split(b"\n", 1)[1] * 50

    assert send(desk, large).status == 302
    assert desk.sign_in(make.user(Role.FOUNDER)).post(
        "staff.usage.index", {"file": (io.BytesIO(large), "x")}
    ).status in (
        403,
        413,
    )


@pytest.mark.parametrize("role", [Role.FOUNDER, Role.REVIEWER, Role.SPONSOR, Role.ADMINISTRATOR])
def test_nobody_else_sees_or_stops_it(desk, db, role):
    send(desk)
    desk.sign_in(make.user(role))

    assert desk.get("staff.usage.upload", upload_id=1).status == 403
    assert desk.get("staff.usage.progress", upload_id=1).status == 403
    assert desk.post("staff.usage.stop", upload_id=1).status == 403
    assert db.scalars(select(UsageUpload.stopped_at)).all() == [None]


@pytest.mark.parametrize("name", ["a\x00b.csv", "<script>.csv", "x" * 400 + ".csv", "\u202ea.csv", ""])
def test_odd_names_are_kept_as_they_can_be_shown(desk, db, name):
    sent = desk.post("staff.usage.index", {"file": (io.BytesIO(EXPORT), name)})

    if name:
        assert "<script>." not in desk.follow(sent).body
        run_due_tasks()
        assert db.scalar(select(func.count(UsageImport.id))) == 1


def test_the_pages_cost_the_same_whatever_they_show(desk, db, count_statements):
    counts = []
    for place in range(3):
        send(desk, EXPORT + b"sub-3,2026-02-03,%d,EUR,Azure\n" % place)
        for address in (
            ("staff.usage.index", {}),
            ("staff.usage.upload", {"upload_id": 1}),
            ("staff.usage.progress", {"upload_id": 1}),
        ):
            with count_statements() as asked:
                desk.get(address[0], **address[1])
            counts.append(asked.count)

    assert counts == [INDEX, UPLOAD, PROGRESS] * 3


INDEX, UPLOAD, PROGRESS = 5, 3, 3
