"""What a manager asks of a hand-out, and what a reader who knows the field is worth."""

from __future__ import annotations

from accelerator.rules.assignment import Reviewer, assign
from accelerator.rules.assignment.wishes import Field, Wishes, limits, values

ENTRIES = {1: Field(("health",), ("84",)), 2: Field(("legal",), ("11",)), 3: Field(("health",), ())}
PEOPLE = {10: Field(("health", "media"), ("84",)), 20: Field((), ("11", "84")), 30: Field()}


def test_a_reader_who_knows_the_sector_is_worth_two_and_the_region_one():
    found = values(ENTRIES, PEOPLE)

    pairs = zip(found.applications.tolist(), found.reviewers.tolist(), found.worth.tolist(), strict=True)
    assert sorted(pairs) == [(1, 10, 3.0), (1, 20, 1.0), (2, 20, 1.0), (3, 10, 2.0)]
    assert not found.only_listed


def test_nothing_is_worth_anything_where_nobody_named_a_field():
    assert values(ENTRIES, {30: Field()}) is None


def test_mixed_readers_are_those_who_name_topics_and_those_who_name_regions():
    found = limits(Wishes(each=2, together=4, mixed=True), PEOPLE)

    assert [set(group.members) for group in found.groups] == [{10}, {10, 20}]
    assert (found.co_reviews, found.is_lack_spread, found.connected) == (4, True, True)
    assert not limits(Wishes(each=1), PEOPLE).connected


def test_dossiers_go_to_those_who_know_them():
    plan = assign(
        ENTRIES,
        [Reviewer(id_, 2) for id_ in PEOPLE],
        [],
        per_application=1,
        values=values(ENTRIES, PEOPLE),
        limits=limits(Wishes(each=1), PEOPLE),
    )

    assert plan.pairs == ((1, 10), (2, 20), (3, 10))


def test_wishes_are_plain_values_and_back():
    asked = Wishes(each=2, most=9, least=1, together=None, by_topic=False, mixed=True)

    assert Wishes.of(asked.document() | {"unknown": 1}) == asked
