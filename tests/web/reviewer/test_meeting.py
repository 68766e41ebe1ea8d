"""A meeting at the members' screens: one journey of chair and three members, and what whoever must step out never gets."""

from __future__ import annotations

import pytest

from accelerator.kernel.enums import (
    AssignmentState,
    Ballot,
    Conclusion,
    IdentifyingKind,
    InvitationState,
    MaskState,
    Role,
)
from accelerator.models.blindness import BlindnessScan, IdentifyingPhrase
from accelerator.models.reviewing import Assignment, Review
from tests import make, statements
from tests.meeting import Room
from tests.page import Browser


def browsers(app, *people) -> list[Browser]:
    return [Browser(app).sign_in(person) for person in people]


def open_page(browser: Browser, held: Room):
    return browser.get("reviewer.meeting.room", meeting_id=held.id)


def state(browser: Browser, held: Room, etag: str = ""):
    headers = {"If-None-Match": etag} if etag else {}
    return browser._open("GET", "reviewer.meeting.state", {"meeting_id": held.id}, {"headers": headers})


def test_a_meeting_of_a_chair_and_three_members_of_whom_one_has_a_tie(app, browser, db):
    held = Room(applications=2, members=3)
    question = make.question(held.batch, label_en="What do you do?")
    first, second = held.entries
    make.answer(first, question, "We bake bread with models.")
    make.answer(second, question, "We plan tours.")
    ada, eve, grace = held.members
    held.tie(ada, first)
    chair = browser.sign_in(make.manager())
    one, two, three = browsers(app, ada, eve, grace)

    page = chair.get("staff.meeting.meeting", code=held.batch.code)
    ticked = page.tree.xpath("//input[@name='agenda'][@checked]/@value")
    opened = chair.post(
        "staff.meeting.meeting", {"title": "Friday", "place": "Lyon", "agenda": ticked}, code=held.batch.code
    )
    held.id = 1
    assert chair.follow(opened).h1 == "Friday"

    desk = one.get("reviewer.reviewing.desk")
    assert desk.links("Join the meeting") == [f"/reviewing/meetings/{held.id}"]
    for member in (one, two, three):
        assert "Confirm that you are here" in open_page(member, held).text
        assert member.post("reviewer.meeting.arrive", meeting_id=held.id).status == 302
    assert "has not called a dossier yet" in open_page(one, held).text

    held.call()
    out, inside = open_page(one, held), open_page(two, held)
    assert "You have a tie to the dossier being discussed. You will be called back." in out.text
    assert "We bake bread with models." in inside.text
    assert "Rank 1" not in inside.body  # the startup's name

    held.open_vote()
    assert (
        two.post("reviewer.meeting.vote", {"seen": held.seen, "choice": "in_favour"}, meeting_id=held.id).status == 302
    )
    three.post("reviewer.meeting.vote", {"seen": held.seen, "choice": "in_favour"}, meeting_id=held.id)
    three.post("reviewer.meeting.vote", {"seen": held.seen, "choice": "against"}, meeting_id=held.id)
    refused = one.follow(
        one.post("reviewer.meeting.vote", {"seen": held.seen, "choice": "against"}, meeting_id=held.id)
    )
    assert refused.notices == ["You have stepped out: you do not vote on this dossier."]
    at_chair = chair.get("staff.meeting.meeting", code=held.batch.code)
    assert "Votes in: 2. Members in the room who may vote: 2." in at_chair.text
    assert "in favour, " not in at_chair.text and "in favour, " not in open_page(two, held).text

    held.close_vote()
    said = "1 in favour, 1 against, abstentions: 0. A tie: the vote decides nothing."
    assert said in open_page(two, held).text
    assert said in chair.get("staff.meeting.meeting", code=held.batch.code).text
    concluded = chair.post(
        "staff.meeting.conclude",
        {"seen": held.seen, "conclusion": "admit", "note": "Bread it is.", "then": "next"},
        code=held.batch.code,
    )
    assert chair.follow(concluded).notices == ["The conclusion is kept."]
    assert "We plan tours." in open_page(one, held).text

    chair.post("staff.meeting.close", {"seen": held.seen}, code=held.batch.code)
    assert "This meeting was closed on" in open_page(three, held).text
    minutes = chair.get("staff.meeting.minutes", code=held.batch.code).text
    assert f"Stepped out: {ada.name} (Recorded by the programme" in minutes
    assert "Bread it is." in minutes and said in minutes
    assert "Members in the room who could vote: 2 of 2." in minutes


def test_who_must_step_out_gets_nothing_of_the_dossier(app, browser, db):
    held = Room(applications=3, members=2)
    ada, eve = held.members
    make.answer(held.entries[0], make.question(held.batch), "A secret recipe.")
    held.tie(ada, held.entries[0], "A cousin of mine.")
    held.tie(ada, held.entries[1], "A cousin of mine.")
    held.start().arrive()
    one = browser.sign_in(ada)
    held.call()

    page, answer = open_page(one, held), state(one, held)

    for text in ("A secret recipe.", "Rank 1", "cousin", "Vote", f"{held.entries[0].id:03d}", held.seen, "figures"):
        assert text not in page.tree.find(".//main").text_content()
    assert page.tree.xpath("//main//input[@name='seen']") == []
    assert set(answer.json) == {"stamp"}
    etag = answer.response.headers["ETag"]
    held.open_vote()
    held.vote(eve, Ballot.AGAINST)
    held.close_vote()
    held.conclude(Conclusion.REFUSE)
    assert state(one, held, etag).status == 304  # the vote and its end are not felt outside
    held.call()
    assert state(one, held, etag).status == 304  # nor that another dossier with a tie was called
    held.call()
    assert state(one, held, etag).status == 200


def test_a_tie_hides_the_dossier_even_before_any_departure_is_noted(app, browser, db):
    held = Room(applications=1, members=2).start().arrive()
    held.call()
    one = browser.sign_in(held.members[0])
    assert "Dossier" in open_page(one, held).text

    held.tie(held.members[0], held.entries[0])

    assert "You have a tie to the dossier" in open_page(one, held).text


def test_an_outsider_finds_no_meeting(app, browser, db):
    held = Room(applications=1).start()
    invited = make.user(Role.REVIEWER)
    make.batch_reviewer(held.batch, invited, state=InvitationState.INVITED)

    for person in (make.user(Role.REVIEWER), invited):
        stranger = browser.sign_in(person)
        assert open_page(stranger, held).status == 404
        assert state(stranger, held).status == 404
        assert stranger.get("reviewer.reviewing.desk").links("Join the meeting") == []
        for act in ("arrive", "leave", "vote"):
            answer = stranger.post(
                f"reviewer.meeting.{act}", {"seen": held.seen, "choice": "against"}, meeting_id=held.id
            )
            assert answer.status == 404
    assert open_page(browser.sign_in(make.user()), held).status == 403
    assert open_page(Browser(app), held).status == 302


def test_names_are_masked_at_the_meeting_as_at_the_desk(app, browser, db):
    held = Room(applications=1, members=1).start().arrive()
    entry = held.entries[0]
    make.answer(entry, make.question(held.batch), "Acme makes anvils.")
    db.add(
        IdentifyingPhrase(
            application_id=entry.id,
            phrase="Acme",
            kind=IdentifyingKind.COMPANY,
            state=MaskState.MASKED,
            is_in_answers=True,
            is_in_deck=False,
            places=[],
        )
    )
    db.commit()
    held.call()

    page = open_page(browser.sign_in(held.members[0]), held)

    assert "[masked] makes anvils." in page.text and "Acme" not in page.body
    db.delete(db.get_one(BlindnessScan, entry.id))
    db.commit()
    assert "This dossier is being made blind." in open_page(browser, held).text


def test_figures_are_held_back_from_whoever_has_still_to_review(app, browser, db):
    held = Room(applications=2, members=2).start().arrive()
    ada, eve = held.members
    duty = db.query(Assignment).filter_by(application_id=held.entries[0].id, reviewer_user_id=ada.id).one()
    duty.state = AssignmentState.OPEN
    db.delete(db.query(Review).filter_by(application_id=held.entries[0].id, reviewer_user_id=ada.id).one())
    db.commit()
    held.call()

    one, two = browsers(app, ada, eve)

    assert "its figures are held back from you" in open_page(one, held).text
    assert "Chance of a place" not in open_page(one, held).text
    assert "Chance of a place" in open_page(two, held).text


def test_stepping_out_needs_a_reason_and_works_at_once(app, browser, db):
    held = Room(applications=1, members=2).start().arrive()
    held.call()
    one = browser.sign_in(held.members[0])

    empty = one.post("reviewer.meeting.step_out", {"seen": held.seen, "reason": " "}, meeting_id=held.id)
    done = one.post(
        "reviewer.meeting.step_out", {"seen": held.seen, "reason": "My wife is the CTO."}, meeting_id=held.id
    )

    assert (empty.status, empty.errors) == (422, ["What ties you to this startup?: Write a sentence."])
    assert "You will be called back" in one.follow(done).text


def test_leaving_takes_the_dossier_away(app, browser, db):
    held = Room(applications=1, members=1).start().arrive()
    held.call()
    one = browser.sign_in(held.members[0])

    page = one.follow(one.post("reviewer.meeting.leave", meeting_id=held.id))

    assert "Confirm that you are here" in page.text


@pytest.mark.parametrize("choice", ["", "perhaps", "admit"])
def test_a_vote_that_cannot_be_read_is_said(app, browser, db, choice):
    held = Room(applications=1, members=1).start().arrive()
    held.call()
    held.open_vote()
    one = browser.sign_in(held.members[0])

    page = one.follow(one.post("reviewer.meeting.vote", {"seen": held.seen, "choice": choice}, meeting_id=held.id))

    assert page.notices == ["This vote cannot be read. Try again."]


def test_the_state_costs_one_statement_and_a_screen_eight(app, browser, db):
    held = Room(applications=1, members=2).start().arrive()
    make.answer(held.entries[0], make.question(held.batch), "Text.")
    held.call()
    one = browser.sign_in(held.members[0])
    etag = state(one, held).response.headers["ETag"]

    with statements.counted() as unchanged:
        answer = state(one, held, etag)
    with statements.counted() as whole:
        open_page(one, held)

    assert (answer.status, answer.body) == (304, "")
    assert len(unchanged) == 3  # two are the sign-in's
    assert len(whole) == 8


def test_the_desk_costs_one_statement_more(app, browser, db):
    held = Room(applications=1, members=1)
    one = browser.sign_in(held.members[0])
    with statements.counted() as before:
        one.get("reviewer.reviewing.desk")
    held.start()

    with statements.counted() as after:
        one.get("reviewer.reviewing.desk")

    assert len(before) == len(after) == 4
