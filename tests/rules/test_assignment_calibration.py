"""A hand-out beside dossiers that everybody reads: they count in loads and in the graph, and nothing of them lacks."""

from __future__ import annotations

import random

import pytest

from accelerator.rules import assignment
from accelerator.rules.assignment import Group, Limits, Reviewer, Values

CALIBRATION = {101, 102, 103}


def everybody(people, barred=()):
    return {(entry, person) for entry in CALIBRATION for person in people} - set(barred)


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize("has_values", [False, True])
def test_the_rest_is_handed_out_as_if_capacities_were_smaller(seed, has_values):
    chance = random.Random(seed)
    people = list(range(1, chance.randint(3, 7)))
    entries = list(range(11, 11 + chance.randint(2, 7)))
    conflicts = {(e, p) for e in [*entries, *CALIBRATION] for p in people if chance.random() < 0.15}
    kept = everybody(people, conflicts)
    held = {person: sum(1 for _, reader in kept if reader == person) for person in people}
    reviewers = [Reviewer(person, chance.randint(0, 8)) for person in people]
    worth = Values.of({(e, p): float(chance.randint(1, 3)) for e in entries for p in people if chance.random() < 0.5})
    asked = {"per_application": 2, "values": worth if has_values else None, "limits": Limits(connected=False)}

    made = assignment.assign(
        [*entries, *CALIBRATION], reviewers, conflicts, kept=kept, read_by_all=CALIBRATION, **asked
    )
    alone = assignment.assign(
        entries, [Reviewer(one.id, max(0, one.capacity - held[one.id])) for one in reviewers], conflicts, **asked
    )

    assert not {entry for entry, _ in made.pairs} & CALIBRATION
    assert made.missing == alone.missing
    assert made.value == pytest.approx(alone.value)
    given = {person: sum(1 for _, reader in made.pairs if reader == person) for person in people}
    assert made.loads == {person: held[person] + given[person] for person in people}
    assert all(not given[one.id] or made.loads[one.id] <= one.capacity for one in reviewers)
    assert not {short.application_id for short in made.shortfalls} & CALIBRATION


@pytest.mark.parametrize("together", [0, 1, 2])
def test_what_everybody_reads_does_not_use_up_what_two_may_share(together):
    people = [1, 2, 3, 4]
    asked = {"per_application": 2, "limits": Limits(co_reviews=together)}
    reviewers = [Reviewer(person, 20) for person in people]

    made = assignment.assign(
        [11, 12, *CALIBRATION], reviewers, [], kept=everybody(people), read_by_all=CALIBRATION, **asked
    )
    alone = assignment.assign([11, 12], reviewers, [], **asked)

    assert made.missing == alone.missing
    assert made.is_connected


def test_a_reviewer_over_the_limit_gets_nothing_more_and_what_lacks_is_explained():
    made = assignment.assign(
        [11, *CALIBRATION],
        [Reviewer(1, 2), Reviewer(2, 2)],
        [],
        per_application=2,
        kept=everybody([1, 2]),
        read_by_all=CALIBRATION,
    )

    assert made.pairs == ()
    assert made.loads == {1: 3, 2: 3}
    assert [(short.application_id, short.missing) for short in made.shortfalls] == [(11, 2)]
    assert "holds the number of dossiers agreed" in made.shortfalls[0].reason


def test_they_connect_what_is_handed_out_and_lack_no_group():
    people = [1, 2, 3, 4]
    limits = Limits(groups=(Group("technical", frozenset({1})),))

    made = assignment.assign(
        [11, 12, *CALIBRATION],
        [Reviewer(person, 4) for person in people],
        [(101, 1), (11, 3), (11, 4), (12, 1), (12, 2)],
        per_application=2,
        kept=everybody(people, {(101, 1)}),
        read_by_all=CALIBRATION,
        limits=limits,
    )

    assert made.is_connected
    assert [one.application_id for one in made.undiverse] == [12]


@pytest.mark.parametrize("has_values", [False, True])
def test_nothing_of_them_is_handed_out_even_where_a_reader_was_taken_away(has_values):
    worth = Values.of({(101, 2): 9.0, (11, 1): 1.0}) if has_values else None

    made = assignment.assign(
        [11, 101],
        [Reviewer(person, 5) for person in (1, 2, 3)],
        [],
        per_application=2,
        kept=[(101, 1)],
        read_by_all={101},
        values=worth,
    )

    assert {entry for entry, _ in made.pairs} == {11}
    assert made.missing == 0
