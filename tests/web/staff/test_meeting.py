"""The chair's pages and the minutes: what is proposed, what comes too late, who may read, what is printed."""

from __future__ import annotations

import io

import pikepdf
import pytest
from sqlalchemy import select

from accelerator.kernel.enums import Ballot, Conclusion, Outcome, PortfolioRuleKind, Role
from accelerator.kernel.errors import RuleViolation
from accelerator.kernel.message import Message
from accelerator.models.meeting import Meeting, MeetingItem
from accelerator.models.selection import Decision, SelectionSnapshot
from accelerator.outbound import pdf
from accelerator.rules import portfolio as portfolio_rules
from accelerator.services import portfolio
from tests import committee, make, statements
from tests.committee import admit, choose, wait
from tests.conftest import at
from tests.meeting import Room
from tests.page import Browser


def page_of(browser, held: Room):
    return browser.get("staff.meeting.meeting", code=held.batch.code)


def act(browser, held: Room, view: str, **data):
    return browser.follow(browser.post(f"staff.meeting.{view}", {"seen": held.seen, **data}, code=held.batch.code))


@pytest.fixture
def chair(browser, db):
    return browser.sign_in(make.manager())


PAGES = ["meeting", "state", "minutes", "minutes_pdf"]


@pytest.mark.parametrize("view", PAGES)
def test_the_meeting_is_for_the_programme_team(app, browser, db, view):
    held = Room(applications=1).start()

    signed_out = browser.get(f"staff.meeting.{view}", code=held.batch.code)
    member = browser.sign_in(held.members[0]).get(f"staff.meeting.{view}", code=held.batch.code)
    unknown = browser.sign_in(make.manager()).get(f"staff.meeting.{view}", code="none")

    assert (signed_out.status, member.status, unknown.status) == (302, 403, 404)


def test_the_agenda_is_proposed_from_what_is_prepared(chair, db):
    held = Room(applications=5)
    one, two, three, four, five = held.entries
    choose(held.batch, admit(two), wait(five, 1))

    page = page_of(chair, held)

    assert page.tree.xpath("//input[@name='agenda']/@value") == [
        str(entry.id) for entry in (two, five, one, three, four)
    ]
    assert page.tree.xpath("//input[@name='agenda'][@checked]/@value")[:2] == [str(two.id), str(five.id)]


def test_a_refused_start_keeps_what_was_typed(chair, db):
    held = Room(applications=3)

    page = chair.post(
        "staff.meeting.meeting",
        {"title": "", "place": "Lyon", "agenda": [str(held.entries[2].id)]},
        code=held.batch.code,
    )
    empty = chair.post("staff.meeting.meeting", {"title": "Friday"}, code=held.batch.code)

    assert (page.status, page.errors, page.value("place")) == (422, ["Title: Give the meeting a title."], "Lyon")
    assert page.tree.xpath("//input[@name='agenda'][@checked]/@value") == [str(held.entries[2].id)]
    assert empty.errors == ["Agenda: Tick at least one dossier."]
    assert db.scalar(select(Meeting.id)) is None


def test_without_a_ranking_there_is_nothing_to_put_on_an_agenda(chair, db):
    batch = committee.reviewed_batch(ranked=False)

    page = chair.get("staff.meeting.meeting", code=batch.code)

    assert "There is nothing to discuss yet" in page.text


def test_a_decided_batch_leads_to_its_minutes_or_its_ranking(chair, db):
    held = Room(applications=3).start()
    choose(held.batch, admit(held.entries[0]))
    held.close()
    committee.confirm(held.batch)
    other = committee.decided_batch()

    assert page_of(chair, held).location.endswith(f"/{held.batch.code}/minutes")
    assert chair.get("staff.meeting.meeting", code=other.code).location.endswith(f"/{other.code}/ranking")
    assert "No meeting has been held" in chair.get("staff.meeting.minutes", code=other.code).text
    assert chair.get("staff.meeting.minutes_pdf", code=other.code).status == 404


def test_the_pages_of_the_selection_lead_there(chair, db):
    held = Room(applications=3)
    decided = committee.decided_batch()
    meeting = [f"/staff/batches/{held.batch.code}/meeting"]

    assert chair.get("staff.selection.ranking", code=held.batch.code).links("Meeting") == meeting
    assert chair.get("staff.portfolio.board", code=held.batch.code).links("Meeting") == meeting
    assert chair.get("staff.selection.offers", code=decided.code).links("Minutes") == [
        f"/staff/batches/{decided.code}/minutes"
    ]


def test_the_chair_leads_from_dossier_to_dossier_by_form_alone(chair, db):
    held = Room(applications=3).start()
    ada = held.members[0]

    came = act(chair, held, "presence", member=str(ada.id), here="yes")
    called = act(chair, held, "call", to="next")
    opened = act(chair, held, "vote", to="open")
    held.vote(ada, Ballot.AGAINST)
    closed = act(chair, held, "vote", to="close")
    put_off = act(chair, held, "conclude", then="later", note="Ask again.")

    assert "1 of 3 members are here." in came.text
    assert called.tree.findtext(".//h2[@id='now']") == "Rank 1"
    assert "Votes in: 0. Members in the room who may vote: 1." in opened.text
    assert "0 in favour, 1 against, abstentions: 0. A majority is against." in closed.text
    assert put_off.notices == ["Put off."]
    assert put_off.tree.findtext(".//h2[@id='now']") == "Rank 2"
    assert [row[3] for row in put_off.table("Dossiers in the order they are called")] == [
        "Put off",
        "Under discussion",
        "Not called yet",
    ]


def test_what_comes_too_late_is_said_on_the_page_as_it_stands(chair, db):
    held = Room(applications=3).start()
    held.call()
    before = held.seen
    held.call()

    page = chair.follow(chair.post("staff.meeting.call", {"seen": before, "to": "next"}, code=held.batch.code))

    assert page.notices == ["The meeting has moved on: somebody else called another dossier."]
    assert page.tree.findtext(".//h2[@id='now']") == "Rank 2"


def test_a_conclusion_needs_to_be_chosen_and_what_was_typed_stays(chair, db):
    held = Room(applications=2).start()
    held.call()

    none = chair.post(
        "staff.meeting.conclude", {"seen": held.seen, "note": "A long talk.", "then": "next"}, code=held.batch.code
    )
    long = chair.post(
        "staff.meeting.conclude",
        {"seen": held.seen, "conclusion": "admit", "note": "a" * 1001},
        code=held.batch.code,
    )

    assert (none.status, none.errors) == (422, ["Conclusion: Choose a conclusion."])
    assert none.value("note") == "A long talk."
    assert (long.status, long.errors) == (422, ["Note for the minutes: At most 1,000 characters."])
    assert db.scalar(select(Decision.application_id)) is None


def test_a_conclusion_off_rank_says_how_many_reasons_are_owed(chair, db):
    held = Room(applications=4, places=2).start()
    held.call("3")

    page = act(chair, held, "conclude", conclusion="admit", then="stay")

    assert page.notices == ["The conclusion is kept. 2 off-rank choices still need a reason."]
    assert "Prepared so far: Admitted" in page.text
    assert page.value("conclusion") == "admit"


def test_the_chairs_page_says_who_is_out_and_why(chair, db):
    held = Room(applications=1, members=2)
    held.tie(held.members[0], held.entries[0], "<b>A cousin</b>")
    held.start().arrive(held.members[0])

    held.call()
    page = page_of(chair, held)

    assert f"{held.members[0].name} Stepped out<b>A cousin</b>" in page.text
    assert "Members in the room who may vote: 0." in page.text
    assert "Fewer than half of those who may sit on this dossier are here." in page.text


def test_a_name_is_never_taken_for_code(chair, db):
    held = Room(applications=1)
    db.get_one(make.Startup, held.entries[0].startup_id).name = "<script>alert(1)</script>"
    db.commit()
    held.start(title="<i>Friday</i>")
    held.call()

    for view in ("meeting", "minutes"):
        page = chair.get(f"staff.meeting.{view}", code=held.batch.code)
        assert "<script>alert" not in page.body and "<i>Friday" not in page.body


def test_the_chairs_state_changes_with_votes_and_arrivals_only_when_there_are_some(chair, db):
    held = Room(applications=1, members=2).start()
    code = held.batch.code

    def stamp() -> str:
        return chair.get("staff.meeting.state", code=code).json["stamp"]

    first = stamp()
    assert stamp() == first
    seen = [first]
    for change in (held.arrive, held.call, held.open_vote, lambda: held.vote(held.members[0]), held.close_vote):
        change()
        seen.append(stamp())
    assert len(set(seen)) == 6
    held.close()
    assert stamp() not in seen


def test_closing_asks_once_more_and_cannot_be_undone(chair, db):
    held = Room(applications=2).start()

    asked = chair.get("staff.meeting.close", code=held.batch.code)
    seen = held.seen
    done = chair.follow(chair.post("staff.meeting.close", {"seen": seen}, code=held.batch.code))
    again = chair.post("staff.meeting.close", {"seen": seen}, code=held.batch.code)

    assert "0 of 2 dossiers are concluded." in asked.text
    assert done.notices == ["The meeting is closed. Its minutes are below."]
    assert again.location.endswith("/meeting")


def test_pages_cost_the_same_for_one_and_many_dossiers(chair, db):
    counts = []
    for many in (1, 6):
        held = Room(applications=many).start().arrive()
        held.call()
        with statements.counted() as page:
            page_of(chair, held)
        held.close()
        with statements.counted() as minutes:
            chair.get("staff.meeting.minutes", code=held.batch.code)
        with statements.counted() as start:
            page_of(chair, held)
        counts.append((len(page), len(minutes), len(start)))

    assert counts == [(12, 25, 8), (12, 25, 8)]


def held_meeting(**columns) -> Room:
    """A batch that has been decided in a meeting of an hour."""
    at("2026-07-10T11:00Z")
    held = Room(applications=4, members=3, **columns)
    ada, eve, grace = held.members
    held.tie(ada, held.entries[1])
    manager = make.actor(make.manager())
    portfolio.add_rule(
        actor=manager,
        code=held.batch.code,
        kind=PortfolioRuleKind.MINIMUM,
        trait=("region", "84"),
        bound=1,
        version=portfolio_rules.version_of([]),
    )
    held.start().arrive(ada, eve)
    held.call()
    held.open_vote()
    held.vote(ada)
    held.vote(eve, Ballot.ABSTAIN)
    held.close_vote()
    held.conclude(Conclusion.ADMIT, note="Ready to start.", then_next=True)
    at("2026-07-10T11:30Z")
    held.arrive(grace)
    held.conclude(Conclusion.REFUSE, reason="Not free in time.", then_next=True)
    held.conclude(Conclusion.ADMIT, reason="The only one in its region.")
    at("2026-07-10T12:00Z")
    held.close()
    choose(held.batch, wait(held.entries[3], 1))
    committee.confirm(held.batch)
    return held


def test_minutes_hold_attendance_conflicts_votes_reasons_and_the_frozen_result(chair, db):
    held = held_meeting()
    ada, eve, grace = held.members

    page = chair.get("staff.meeting.minutes", code=held.batch.code)

    assert sorted(page.table("Members of the committee and when they were in the room")) == sorted(
        [[ada.name, "13:00–14:00"], [eve.name, "13:00–14:00"], [grace.name, "13:30–14:00"]]
    )
    assert "3 of 3 members came. The quorum, half of the committee, was met." in page.text
    assert (
        "Vote: 1 in favour, 0 against, abstentions: 1. A majority is in favour. Members in the room who could vote: 2 of 3."
        in page.text
    )
    assert f"Stepped out: {ada.name} (Recorded by the programme, 13:00)." in page.text
    assert "A cousin" not in page.text  # the kind of ground is in the minutes, the ground is not
    assert "Conclusion: AdmitReady to start." in page.text
    assert page.table("Admitted: 2 of 2 places") == [["Rank 1", "1"], ["Rank 3", "3"]]
    assert page.table("Waitlist, in its order") == [["1", "Rank 4", "4"]]
    assert "Rank 2 (rank 2): Do not select. Not free in time." in page.text
    assert "Rank 3 (rank 3): Admit. The only one in its region." in page.text
    assert "Portfolio rules in force at least 1 from Auvergne-Rhône-Alpes: met SHA-256" in page.text
    assert "1 dossier of the agenda was not reached." in page.text
    frozen = db.scalar(select(SelectionSnapshot.sha256))
    assert frozen in page.text


def test_the_minutes_say_when_the_quorum_was_missed(chair, db):
    held = Room(applications=1, members=3).start()
    held.arrive(held.members[0])
    held.call()
    held.conclude()
    held.close()

    page = chair.get("staff.meeting.minutes", code=held.batch.code)

    assert "1 of 3 members came. The quorum, half of the committee, was not met." in page.text
    assert "Members in the room who could vote: 1 of 3. The quorum was missed." in page.text


def test_the_fingerprint_is_the_same_in_both_languages_and_changes_with_the_contents(app, db):
    held = Room(applications=2).start().arrive()
    held.call()

    def fingerprint(locale: str) -> str:
        browser = Browser(app).sign_in(make.user(Role.MANAGER, locale=locale))
        return browser.get("staff.meeting.minutes", code=held.batch.code).tree.xpath("string(//main//p/code[last()])")

    first = fingerprint("en")
    assert (len(first), fingerprint("fr")) == (64, first)
    held.conclude(Conclusion.REFUSE)
    assert fingerprint("en") != first


@pytest.mark.parametrize("locale", ["fr", "en"])
def test_the_printed_minutes_are_tagged_and_carry_the_pages_fingerprint(app, db, locale):
    held = held_meeting()
    browser = Browser(app).sign_in(make.user(Role.MANAGER, locale=locale))
    page = browser.get("staff.meeting.minutes", code=held.batch.code)
    fingerprint = page.tree.xpath("string((//main//p/code)[last()])")

    answer = browser.get("staff.meeting.minutes_pdf", code=held.batch.code)

    content = answer.response.get_data()
    assert answer.response.mimetype == "application/pdf"
    assert f"minutes-{held.batch.code}-" in answer.response.headers["Content-Disposition"]
    with pikepdf.open(io.BytesIO(content)) as document:
        root = document.Root
        assert bool(root.MarkInfo.Marked) and str(root.Lang) == locale
        metadata = bytes(root.Metadata.read_bytes())
        assert b"pdfuaid" in metadata
        assert fingerprint[:12].encode() in metadata
        kinds = {
            str(found.S)
            for found in document.objects
            if isinstance(found, pikepdf.Dictionary) and found.get("/Type") == "/StructElem"
        }
        assert {"/H1", "/H2", "/H3", "/H4", "/Table", "/TH", "/TD", "/Caption"} <= kinds
        title = {"fr": "Procès-verbal du comité", "en": "Minutes of the committee"}[locale]
        assert str(document.docinfo["/Title"]).startswith(title)


def test_what_cannot_be_printed_is_said(chair, db, monkeypatch):
    held = Room(applications=1).start()

    def fail(_html: str) -> pdf.Printed:
        raise pdf.CannotPrint(Message("The document took too long to print."))

    monkeypatch.setattr(pdf, "printed", fail)

    page = chair.get("staff.meeting.minutes_pdf", code=held.batch.code)

    assert (page.status, "took too long" in page.text) == (422, True)


def test_a_second_meeting_of_a_batch_stands_below_the_first(chair, db):
    held = Room(applications=2).start(title="First")
    held.close()
    held.start(title="Second")

    page = chair.get("staff.meeting.minutes", code=held.batch.code)

    assert [heading.text for heading in page.tree.xpath("//main//h2")] == ["First", "Second", "The decision"]
    assert db.scalars(select(MeetingItem.position).order_by(MeetingItem.id)).all() == [1, 2, 1, 2]
    assert db.scalars(select(Decision.outcome).where(Decision.outcome == Outcome.ADMIT)).all() == []


def test_what_was_typed_stays_when_the_vote_is_still_open_and_goes_when_the_meeting_moved_on(chair, db):
    held = Room(applications=2).start()
    held.call()
    held.open_vote()
    typed = {"seen": held.seen, "conclusion": "admit", "note": "A long talk."}

    early = chair.post("staff.meeting.conclude", typed, code=held.batch.code)
    held.close_vote()
    held.call()
    late = chair.follow(chair.post("staff.meeting.conclude", typed, code=held.batch.code))

    assert (early.status, early.errors) == (422, ["The vote is open: close it first."])
    assert early.value("note") == "A long talk."
    assert late.notices == ["The meeting has moved on: somebody else called another dossier."]
    assert late.value("note") == ""


def test_a_conclusion_that_the_choice_does_not_follow_is_shown_and_owes_a_reason(chair, db):
    held = Room(applications=3).start().arrive()
    held.call()
    first = held.entries[0]
    held.conclude(Conclusion.REFUSE, reason="Not now.")
    choose(held.batch, admit(first))

    recap = chair.get("staff.selection.recap", code=held.batch.code)

    assert "A meeting of the committee is still open." in recap.text
    assert "Rank 1: the committee concluded" in recap.text
    with pytest.raises(RuleViolation, match="still open: close it first"):
        committee.confirm(held.batch)
    held.close()
    with pytest.raises(RuleViolation, match="go against what the committee concluded"):
        committee.confirm(held.batch)

    choose(held.batch, admit(first, "New facts since."))
    assert committee.confirm(held.batch) == 1
    minutes = chair.get("staff.meeting.minutes", code=held.batch.code)
    assert "Choices that do not follow a conclusion" in minutes.text
    assert "New facts since." in minutes.text
