"""A meeting on paper: the agenda's order, who may vote, quorum, a vote in words, the way from dossier to dossier."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accelerator.kernel import clock
from accelerator.kernel.enums import Ballot, Conclusion, Outcome
from accelerator.kernel.enums import MeetingStage as S
from accelerator.kernel.errors import Conflict
from accelerator.rules import meeting as rules
from accelerator.rules.meeting import Act, Contender, Tally

THEN = clock.now()


def at(*, called=True, opened=False, closed=False, conclusion=None) -> S:
    return rules.stage(
        called_at=THEN if called else None,
        vote_opened_at=THEN if opened else None,
        vote_closed_at=THEN if closed else None,
        conclusion=conclusion,
    )


def test_a_dossier_stands_where_its_row_says():
    assert [
        at(called=False),
        at(),
        at(opened=True),
        at(opened=True, closed=True),
        at(conclusion=Conclusion.ADMIT),
        at(opened=True, closed=True, conclusion=Conclusion.LATER),
        at(conclusion=Conclusion.LATER),
    ] == [S.WAITING, S.CALLED, S.VOTING, S.VOTED, S.CONCLUDED, S.VOTED, S.CALLED]


ALLOWED = {
    (S.WAITING, Act.CALL),
    *((stage, act) for stage in (S.CALLED, S.VOTED, S.CONCLUDED) for act in (Act.CALL, Act.CONCLUDE, Act.LEAVE)),
    (S.CALLED, Act.OPEN_VOTE),
    (S.VOTING, Act.CLOSE_VOTE),
}


@pytest.mark.parametrize(("before", "act"), list(itertools.product(S, Act)))
def test_only_what_the_table_allows_is_done(before, act):
    assert rules.can(before, act) is ((before, act) in ALLOWED)
    if (before, act) not in ALLOWED:
        with pytest.raises(Conflict):
            rules.after(before, act)


def test_an_open_vote_lets_nothing_else_happen():
    for act in (Act.CALL, Act.CONCLUDE, Act.LEAVE, Act.OPEN_VOTE):
        with pytest.raises(Conflict, match="close it first"):
            rules.after(S.VOTING, act)
    with pytest.raises(Conflict, match="no second vote"):
        rules.after(S.VOTED, Act.OPEN_VOTE)


@pytest.mark.parametrize(
    ("stage", "is_member", "is_here", "is_out", "says"),
    [
        (S.VOTING, True, True, False, ""),
        (S.VOTING, False, True, False, "Only members"),
        (S.VOTING, True, False, False, "you are here"),
        (S.VOTING, True, True, True, "stepped out"),
        (S.VOTING, True, False, True, "stepped out"),
        (S.CALLED, True, True, False, "not open"),
        (S.VOTED, True, True, False, "not open"),
        (S.CONCLUDED, True, True, False, "not open"),
    ],
)
def test_who_may_vote(stage, is_member, is_here, is_out, says):
    verdict = rules.can_vote(stage, is_member=is_member, is_here=is_here, is_out=is_out)

    assert bool(verdict) is not bool(says)
    assert says in str(verdict.reason or "")


@pytest.mark.parametrize(
    ("present", "eligible", "met"),
    [(0, 0, False), (1, 1, True), (1, 2, True), (1, 3, False), (2, 3, True), (4, 9, False), (5, 9, True)],
)
def test_half_of_those_who_may_sit_are_a_quorum(present, eligible, met):
    assert rules.has_quorum(present, eligible) is met


@pytest.mark.parametrize(
    ("tally", "says"),
    [
        (Tally(), "No vote in favour or against."),
        (Tally(0, 0, 3), "No vote in favour or against."),
        (Tally(2, 1, 9), "A majority is in favour."),
        (Tally(1, 2, 0), "A majority is against."),
        (Tally(2, 2, 1), "A tie: the vote decides nothing."),
    ],
)
def test_a_vote_in_words(tally, says):
    assert rules.result_words(tally) == says


@given(st.lists(st.sampled_from(Ballot), max_size=30))
def test_a_tally_counts_every_vote_once(ballots):
    counted = rules.tally(ballots)

    assert counted == Tally(*(ballots.count(one) for one in Ballot))
    assert counted.cast == len(ballots)


def contender(rank: int, outcome: Outcome | None = None, position: int | None = None, close: bool = False) -> Contender:
    return Contender(100 + rank, rank, outcome, position, close)


def test_the_agenda_is_admissions_then_waitlist_then_the_band():
    ranked = [
        contender(1, Outcome.ADMIT),
        contender(2, None, close=True),
        contender(3, Outcome.WAITLIST, 2, close=True),
        contender(4, Outcome.ADMIT, close=True),
        contender(5, Outcome.WAITLIST, 1),
        contender(6, Outcome.REFUSE, close=True),
        contender(7),
    ]

    assert rules.proposed_agenda(ranked, 2) == [101, 104, 105, 103, 102, 106]


def test_without_prepared_choices_those_among_the_places_come_first():
    ranked = [contender(1), contender(2), contender(3, close=True), contender(4)]

    assert rules.proposed_agenda(ranked, 2) == [101, 102, 103]


@given(
    st.lists(st.tuples(st.sampled_from([None, *Outcome]), st.booleans()), max_size=150),
    st.integers(0, 100),
)
def test_an_agenda_names_each_candidate_at_most_once_and_never_too_many(drawn, places):
    ranked = [contender(rank, outcome, rank, close) for rank, (outcome, close) in enumerate(drawn, start=1)]

    agenda = rules.proposed_agenda(ranked, places)

    assert len(agenda) == len(set(agenda)) <= rules.MOST_ITEMS
    assert set(agenda) <= {one.application_id for one in ranked}


CONCLUSIONS = [None, Conclusion.LATER, Conclusion.ADMIT]


@pytest.mark.parametrize("conclusions", list(itertools.product(CONCLUSIONS, repeat=3)))
@pytest.mark.parametrize("current", [None, 1, 2, 3])
def test_next_passes_over_what_is_concluded_and_takes_what_was_put_off_last(conclusions, current):
    agenda = list(zip((1, 2, 3), conclusions, strict=True))
    turn = [1, 2, 3] if current is None else [(current + step - 1) % 3 + 1 for step in (1, 2)]
    state = dict(agenda)
    expected = [one for one in turn if state[one] is None] + [one for one in turn if state[one] is Conclusion.LATER]

    assert rules.next_position(agenda, current) == (expected[0] if expected else None)


def test_previous_is_the_one_before():
    assert [rules.previous_position([1, 2, 3], one) for one in (None, 1, 2, 3)] == [None, None, 1, 2]


def test_a_stamp_is_equal_only_for_equal_screens():
    assert rules.stamp(1, "out") == rules.stamp(1, "out") != rules.stamp(2, "out")


def test_the_fingerprint_follows_the_contents_and_not_their_order():
    assert rules.fingerprint({"a": 1, "b": THEN}) == rules.fingerprint({"b": THEN, "a": 1})
    assert rules.fingerprint({"a": 1}) != rules.fingerprint({"a": 2})
