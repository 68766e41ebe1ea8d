"""Remarks written, answered and withdrawn; mentions and their letters; who is kept out; what a replaced review says."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from accelerator.kernel import clock
from accelerator.kernel.enums import ApplicationState, AssignmentState, InterestKind, LetterState, MaskState, Role
from accelerator.kernel.errors import NotFound, RuleViolation
from accelerator.models.applications import Application
from accelerator.models.audit import AuditEntry
from accelerator.models.blindness import IdentifyingPhrase
from accelerator.models.discussion import DiscussionReading, Remark, RemarkMention
from accelerator.models.letters import Letter
from accelerator.queries import rankings as ranked
from accelerator.queries.discussion import pages, readers, talk
from accelerator.queries.reviewing import desk
from accelerator.rules.discussion import MOST_REMARKS, STRANDS_A_PAGE
from accelerator.rules.interests import InterestEntry
from accelerator.services import discussion, interests, letters, rankings, reviewing
from tests import committee, make
from tests.conftest import at
from tests.discussing import Table


@pytest.fixture
def table(db):
    return Table()


def verbs(db, *wanted):
    return [verb for verb in db.scalars(select(AuditEntry.verb).order_by(AuditEntry.id)) if verb in wanted]


def page_for(table, person, *, is_blind=True, number=None):
    return pages.page(readers.place(table.id, person.id), person.id, is_blind=is_blind, number=number)


def names(table):
    return [one.name for one in readers.readers(table.id)]


def test_a_remark_is_stored_and_on_the_trail(table, db):
    now = at("2026-11-25T09:00Z")

    written = discussion.write_remark(actor=table.first, application_id=table.id, body="Why so low?")

    row = db.get(Remark, written.remark_id)
    assert (row.body, row.author_user_id, row.batch_id, row.application_id, row.written_at, row.reply_to_id) == (
        "Why so low?",
        table.ada.id,
        table.batch_id,
        table.id,
        now,
        None,
    )
    assert (written.told, written.leaves_a_name) == ((), False)
    entry = db.scalars(select(AuditEntry).where(AuditEntry.verb == "wrote a remark")).one()
    assert (entry.subject, entry.detail) == (f"remark:{written.remark_id}", {"users": []})
    assert "Why so low?" not in str(entry.detail)


def test_an_answer_to_an_answer_stands_below_the_same_remark(table, db):
    first = table.write(table.first, "One.")
    second = table.write(table.second, "Two.", reply_to_id=first)
    third = table.write(table.boss, "Three.", reply_to_id=second)

    assert db.execute(select(Remark.id, Remark.reply_to_id).order_by(Remark.id)).all() == [
        (first, None),
        (second, first),
        (third, first),
    ]


def test_nothing_is_answered_that_stands_elsewhere(table, db):
    elsewhere = Table()
    other = elsewhere.write(elsewhere.first, "Elsewhere.")

    for wrong in (other, 0, 10**11):
        with pytest.raises(NotFound):
            table.write(table.first, "Here.", reply_to_id=wrong)

    assert db.scalar(select(func.count()).select_from(Remark)) == 1


def test_the_same_form_twice_is_one_remark(table, db):
    first = table.write(table.first, "@Grace Hopper, once.", request_key="k")
    second = discussion.write_remark(
        actor=table.first, application_id=table.id, body="@Grace Hopper, once.", request_key="k"
    )

    assert (second.remark_id, second.told) == (first, ("Grace Hopper",))
    assert len(table.remarks()) == 1
    assert db.scalar(select(func.count()).select_from(Letter)) == 1
    assert verbs(db, "wrote a remark") == ["wrote a remark"]


def test_the_double_click_is_answered_after_the_decision_too(table, db):
    first = table.write(table.first, "Once.", request_key="k")
    table.decide()

    assert table.write(table.first, "Once.", request_key="k") == first


@pytest.mark.parametrize("who", ["third", "stranger", "founder", "coordinator", "administrator"])
def test_whoever_takes_no_part_finds_nothing(table, db, who):
    others = {
        "third": table.eve,
        "stranger": make.user(Role.REVIEWER),
        "founder": table.rose,
        "coordinator": make.user((Role.COORDINATOR, "84")),
        "administrator": make.user(Role.ADMINISTRATOR),
    }
    actor = make.actor(others[who])
    mine = table.write(table.first, "Here.")

    for act in (
        lambda: table.write(actor, "Me too."),
        lambda: discussion.withdraw_remark(actor=actor, application_id=table.id, remark_id=mine),
        lambda: discussion.note_read(actor=actor, application_id=table.id, newest_at=None),
        lambda: readers.place(table.id, others[who].id),
    ):
        with pytest.raises(NotFound):
            act()

    assert table.remarks() == [("Here.", True)]
    assert table.readings() == {}


def test_who_sends_a_review_later_joins(table, db):
    table.write(table.first, "Before.")
    assert names(table) == ["Ada Lovelace", "Claire Dumont", "Grace Hopper"]

    table.send(table.eve)

    assert names(table) == ["Ada Lovelace", "Claire Dumont", "Eve Martin", "Grace Hopper"]
    assert [one.pieces[0].text.en for one in page_for(table, table.eve).strands] == ["Before."]


def test_a_manager_who_still_has_a_review_to_send_reads_nothing(table, db):
    both = make.user(Role.MANAGER, Role.REVIEWER, name="Both Roles")
    make.batch_reviewer(table.batch, both)
    duty = make.assignment(of=table.entry, reviewer=both)
    with pytest.raises(NotFound):
        readers.place(table.id, both.id)
    assert "Both Roles" not in names(table)

    duty.state = AssignmentState.REVIEWED
    db.commit()
    assert readers.place(table.id, both.id).assignment_id == duty.id
    assert "Both Roles" in names(table)

    table.conflict(both)
    with pytest.raises(NotFound):
        readers.place(table.id, both.id)
    assert "Both Roles" not in names(table)


def test_a_manager_with_a_conflict_reads_nothing(table, db):
    table.conflict(table.claire)

    assert readers.find_talk(table.id, table.claire.id) is None
    assert names(table) == ["Ada Lovelace", "Grace Hopper"]


def test_who_was_taken_off_the_committee_reads_no_further(table, db):
    table.write(table.first, "@Grace Hopper, look.")

    reviewing.remove_reviewer(actor=table.boss, batch_id=table.batch_id, user_id=table.grace.id)

    with pytest.raises(NotFound):
        readers.place(table.id, table.grace.id)
    assert names(table) == ["Ada Lovelace", "Claire Dumont"]
    [round_] = desk.rounds(table.grace.id, clock.now())
    assert [row.talk for row in round_.reviewed] == [talk.Talk()]


def test_a_disabled_person_is_not_named(table, db):
    table.grace.is_active = False
    db.commit()

    assert names(table) == ["Ada Lovelace", "Claire Dumont"]


def test_a_withdrawn_application_is_read_by_staff_only(table, db):
    table.entry.state = ApplicationState.WITHDRAWN
    db.commit()

    with pytest.raises(NotFound):
        readers.place(table.id, table.ada.id)
    assert not readers.place(table.id, table.claire.id).verdict
    with pytest.raises(RuleViolation):
        table.write(table.boss, "Gone.")


def test_a_mentioned_person_gets_one_letter_with_nothing_of_the_remark(table, db):
    written = discussion.write_remark(
        actor=table.first,
        application_id=table.id,
        body="@grace hopper and @Claire Dumont: secret. @Grace Hopper again, @Ada Lovelace is me, @Eve Martin too.",
    )

    assert written.told == ("Grace Hopper", "Claire Dumont")
    assert written.leaves_a_name
    assert set(db.scalars(select(RemarkMention.user_id))) == {table.grace.id, table.claire.id}
    rows = {row.to_user_id: row for row in db.scalars(select(Letter))}
    assert set(rows) == {table.grace.id, table.claire.id}
    to_grace, to_claire = rows[table.grace.id], rows[table.claire.id]
    assert (to_grace.kind, to_grace.about, to_grace.locale) == ("discussion_mention", f"application:{table.id}", "fr")
    assert f"/reviewing/assignments/{table.duty(table.grace)}/discussion\n" in to_grace.body
    assert f"/staff/applications/{table.id}/discussion\n" in to_claire.body
    assert f"dossier {table.code}" in to_claire.subject
    for row in rows.values():
        text = row.subject + row.body
        assert not any(word in text for word in ("secret", "Boréal", "Ada", "4.4", "1.6"))


def test_only_whoever_may_read_is_told(table, db):
    table.conflict(table.grace)

    written = discussion.write_remark(actor=table.boss, application_id=table.id, body="@Grace Hopper @Eve Martin")

    assert written.told == ()
    assert written.leaves_a_name
    assert db.scalars(select(Letter)).all() == []


@pytest.mark.parametrize("who", ["first", "boss"])
@pytest.mark.parametrize(
    "text", ["I know Boréal Santé.", "BOREAL SANTE", "Rose is good", "see www.boreal.fr", "the secret word of theirs"]
)
def test_a_remark_that_says_whose_the_dossier_is_has_to_be_reworded(table, db, who, text):
    table.startup.website = "https://boreal.fr"
    db.add(
        IdentifyingPhrase(
            application_id=table.id,
            phrase="secret word",
            kind="by_hand",
            places=[],
            is_in_answers=False,
            is_in_deck=True,
        )
    )
    db.commit()

    with pytest.raises(RuleViolation, match="whose the dossier is") as refused:
        table.write(getattr(table, who), text)

    assert refused.value.field == "body"
    assert table.remarks() == []
    assert db.scalars(select(AuditEntry.verb).where(AuditEntry.verb == "wrote a remark")).all() == []


def test_a_phrase_that_identifies_nobody_may_be_written(table, db):
    db.add(
        IdentifyingPhrase(
            application_id=table.id,
            phrase="Rose",
            kind="person",
            places=[],
            is_in_answers=True,
            is_in_deck=False,
            state=MaskState.SHOWN,
        )
    )
    db.commit()

    assert table.write(table.first, "Rose, as the colour.")


def test_a_reviewer_who_is_called_as_a_founder_is_named_with_an_at(table, db):
    namesake = make.user(Role.MANAGER, name="Rose Durand")

    written = discussion.write_remark(actor=table.first, application_id=table.id, body="@Rose Durand, please look.")

    assert written.told == (namesake.name,)
    with pytest.raises(RuleViolation):
        table.write(table.first, "Rose Durand, please look.")


def test_what_names_the_startup_later_on_is_masked_for_reviewers(table, db):
    table.write(table.boss, "Reminds me of Borealis.")
    table.startup.name = "Borealis"
    db.commit()

    blind, open_ = page_for(table, table.ada), page_for(table, table.claire, is_blind=False)

    assert [one.text.fr for one in blind.strands[0].pieces] == ["Reminds me of [masqué]."]
    assert [one.text.en for one in open_.strands[0].pieces] == ["Reminds me of Borealis."]


def test_own_remark_is_withdrawn_once_and_its_place_stays(table, db):
    mine = table.write(table.first, "Wrong.")
    table.write(table.second, "Right.", reply_to_id=mine)

    for _ in range(2):
        discussion.withdraw_remark(actor=table.first, application_id=table.id, remark_id=mine)

    assert verbs(db, "withdrew a remark") == ["withdrew a remark"]
    found = page_for(table, table.grace)
    assert [(one.is_withdrawn, one.pieces, len(one.answers)) for one in found.strands] == [(True, (), 1)]
    assert found.remarks == 1
    assert not found.has_strand(mine)


def test_nobody_withdraws_for_another(table, db):
    mine = table.write(table.first, "Mine.")

    for actor in (table.second, table.boss):
        with pytest.raises(NotFound):
            discussion.withdraw_remark(actor=actor, application_id=table.id, remark_id=mine)

    assert table.remarks() == [("Mine.", True)]


def test_a_decided_batch_is_read_and_no_longer_written(table, db):
    mine = table.write(table.first, "Before.")
    table.decide()

    with pytest.raises(RuleViolation, match="decided"):
        table.write(table.first, "After.")
    with pytest.raises(RuleViolation, match="decided"):
        discussion.withdraw_remark(actor=table.first, application_id=table.id, remark_id=mine)

    assert table.remarks() == [("Before.", True)]
    assert page_for(table, table.grace).remarks == 1


def test_a_closed_round_is_still_discussed(table, db):
    table.batch.reviews_due_at = clock.now() - timedelta(hours=1)
    db.commit()

    assert table.write(table.first, "The round is over.")


def test_a_full_discussion_takes_no_more(table, db):
    table.many(MOST_REMARKS - 1, table.ada)
    table.write(table.second, "The last.")

    with pytest.raises(RuleViolation, match="meet instead"):
        table.write(table.second, "One too many.")


def test_what_is_new_is_counted_for_each(table, db):
    at("2026-11-25T09:00Z")
    table.write(table.first, "@Grace Hopper, one.")
    assert talk.of_application(table.id, table.grace.id) == talk.Talk(True, 1, 1, is_mentioned=True)
    assert talk.of_application(table.id, table.ada.id) == talk.Talk(True, 1, 0, is_mentioned=False)

    table.read(table.second)
    assert talk.of_application(table.id, table.grace.id) == talk.Talk(True, 1, 0, is_mentioned=False)

    at("2026-11-25T09:05Z")
    late = table.write(table.boss, "@Grace Hopper, two.")
    table.write(table.second, "My own.")
    assert talk.of_application(table.id, table.grace.id) == talk.Talk(True, 3, 1, is_mentioned=True)

    discussion.withdraw_remark(actor=table.boss, application_id=table.id, remark_id=late)
    assert talk.of_application(table.id, table.grace.id) == talk.Talk(True, 2, 0, is_mentioned=False)


def test_reading_never_goes_back(table, db):
    early, late = at("2026-11-25T09:00Z"), make.instant("2026-11-25T10:00")
    discussion.note_read(actor=table.first, application_id=table.id, newest_at=late)
    discussion.note_read(actor=table.first, application_id=table.id, newest_at=early)

    assert table.readings() == {table.ada.id: late}


def test_what_was_not_on_the_page_stays_new(table, db):
    seen_at = at("2026-11-25T09:00Z")
    table.write(table.first, "@Grace Hopper, shown.")
    at("2026-11-25T09:00:01Z")
    table.write(table.first, "@Grace Hopper, just after.")

    discussion.note_read(actor=table.second, application_id=table.id, newest_at=seen_at)

    assert talk.of_application(table.id, table.grace.id) == talk.Talk(True, 2, 1, is_mentioned=True)
    assert db.scalar(select(func.count()).select_from(RemarkMention).where(RemarkMention.seen_at.is_(None))) == 1


def test_a_conflict_closes_the_discussion_and_stops_letters_on_their_way(table, db):
    table.write(table.first, "@Grace Hopper, look.")
    table.write(table.second, "I did.")

    reviewing.declare_conflict(actor=table.second, assignment_id=table.duty(table.grace), reason="A friend.")

    with pytest.raises(NotFound):
        readers.place(table.id, table.grace.id)
    assert db.scalars(select(Letter.state).where(Letter.kind == "discussion_mention")).all() == [LetterState.DISCARDED]
    found = page_for(table, table.ada)
    assert [one.author for one in found.strands] == ["Ada Lovelace", "Grace Hopper"]
    assert [one.name for one in found.comments] == ["Ada Lovelace"]
    assert found.told == ("Claire Dumont",)


def test_a_letter_already_sent_is_left_alone_by_a_conflict(table, db):
    table.write(table.first, "@Grace Hopper, look.")
    db.query(Letter).update({"state": LetterState.SENT})
    db.commit()

    reviewing.declare_conflict(actor=table.second, assignment_id=table.duty(table.grace), reason="A friend.")

    kinds = select(Letter.state).where(Letter.kind == "discussion_mention")
    assert db.scalars(kinds).all() == [LetterState.SENT]
    assert letters.send_due_letters() == 1  # the managers are told of the conflict


def test_a_review_replaced_after_the_discussion_says_so(table, db):
    criteria = make.criteria(db.get(make.Rubric, table.batch.rubric_id))
    scores = {line.id: 3 for line in criteria}

    reviewing.submit_review(actor=table.first, assignment_id=table.duty(table.ada), scores=scores, comment="")
    table.read(table.first)
    reviewing.submit_review(actor=table.first, assignment_id=table.duty(table.ada), scores=scores, comment="")
    reviewing.submit_review(actor=table.second, assignment_id=table.duty(table.grace), scores=scores, comment="")

    assert verbs(db, "replaced a review", "replaced a review after the discussion") == [
        "replaced a review",
        "replaced a review after the discussion",
        "replaced a review",
    ]


def test_remarks_change_nothing_in_the_ranking(table, db):
    rankings.compute_ranking(actor=table.boss, code=table.batch.code)
    entry = db.get(Application, table.id)
    before = (entry.reviews, entry.assigned)

    table.write(table.first, "@Grace Hopper: 5 out of 5.")
    table.read(table.second)

    db.refresh(entry)
    assert (entry.reviews, entry.assigned) == before
    assert ranked.stale_batches() == []


def test_comments_come_in_the_order_of_sending_whatever_the_scores(table, db):
    orders = set()
    for scores in (("1.00", "5.00"), ("5.00", "1.00")):
        table.scores_are(*scores)
        orders.add(tuple(one.name for one in page_for(table, table.claire, is_blind=False).comments))

    assert orders == {("Ada Lovelace", "Grace Hopper")}


@pytest.mark.parametrize(("scores", "expected"), [(("4.00", "2.00"), True), (("4.00", "2.50"), False)])
def test_far_apart_is_said_and_nothing_more(table, db, scores, expected):
    table.scores_are(*scores)

    assert page_for(table, table.ada).is_far_apart is expected


def test_the_widest_quarter_of_the_ranked_batch_is_far_apart(db):
    table = Table(scores=(3.5, 2.5))
    for number in range(8):
        entry = make.application(of=table.batch, state=ApplicationState.ADMISSIBLE)
        for person, score in ((table.ada, 3.0), (table.grace, 3.0 + number / 10)):
            committee.review(entry, person, score)
    assert not page_for(table, table.ada).is_far_apart

    rankings.compute_ranking(actor=table.boss, code=table.batch.code)
    assert page_for(table, table.ada).is_far_apart

    table.scores_are("3.50", "2.60", *["3.00"] * 16)
    assert not page_for(table, table.ada).is_far_apart


def test_dossiers_with_one_review_are_no_quarter_of_a_batch(db):
    table = Table(scores=(3.5, 2.5))
    for _ in range(8):
        entry = make.application(of=table.batch, state=ApplicationState.ADMISSIBLE)
        committee.review(entry, table.ada, 3.0)
    rankings.compute_ranking(actor=table.boss, code=table.batch.code)

    assert not page_for(table, table.ada).is_far_apart


def test_ones_own_remark_is_never_new(table, db):
    table.write(table.first, "Mine.")
    table.write(table.second, "Hers.")

    assert [one.is_new for one in page_for(table, table.ada).strands] == [False, True]


def test_pages_hold_whole_strands_and_open_at_the_last(table, db):
    ids = table.many(STRANDS_A_PAGE + 2, table.ada)
    table.many(3, table.grace, reply_to_id=ids[0])

    last, first = page_for(table, table.claire), page_for(table, table.claire, number=1)

    assert (last.page, last.pages, len(last.strands), last.remarks) == (2, 2, 2, STRANDS_A_PAGE + 5)
    assert (len(first.strands), len(first.strands[0].answers)) == (STRANDS_A_PAGE, 3)
    with pytest.raises(NotFound):
        page_for(table, table.claire, number=3)


def test_a_reading_is_kept_once(table, db):
    for _ in range(2):
        table.read(table.first)

    assert db.scalar(select(func.count()).select_from(DiscussionReading)) == 1


def test_a_certain_interest_closes_the_discussion_too(table, db):
    table.write(table.first, "@Grace Hopper, look.")
    own = InterestEntry(InterestKind.COMPANY, "Boréal Santé", siren=table.startup.siren)
    interests.declare_interest(actor=table.second, entry=own)

    with pytest.raises(NotFound):
        readers.place(table.id, table.grace.id)
    assert db.scalars(select(Letter.state).where(Letter.kind == "discussion_mention")).all() == [LetterState.DISCARDED]
