"""Why a reviewer must not score a startup, and what only makes one ask."""

from __future__ import annotations

import random
import time

import pytest

from accelerator.kernel.enums import ConflictSource, GroundKind, InterestKind, TieKind
from accelerator.rules.conflicts import (
    Colleague,
    Interest,
    ReviewerTies,
    StartupTies,
    Tie,
    company_domain,
    find,
    find_all,
    organisation_key,
    person_key,
    still_counts,
)

ALPHA, BETA = "732829320", "552100554"


@pytest.mark.parametrize(
    ("email", "domain"),
    [
        ("ada@boreal.ai", "boreal.ai"),
        ("ada@Boreal.AI", "boreal.ai"),
        ("ada@gmail.com", ""),
        ("ada@exemple.fr", ""),
        ("nonsense", "nonsense"),
    ],
)
def test_company_domain(email, domain):
    assert company_domain(email) == domain


def reviewer(*interests: Interest, **others) -> ReviewerTies:
    return ReviewerTies(**{"id": 1, "email": "ada@alpha.ai", "name": "Ada Lovelace", "interests": interests, **others})


def startup(*ties: Tie, **others) -> StartupTies:
    return StartupTies(**{"id": 7, "name": "Boréal", "siren": BETA, "ties": ties, **others})


def shape(grounds):
    return [(ground.kind, ground.is_certain) for ground in grounds]


def test_no_tie_no_ground():
    assert find(ReviewerTies(1, "ada@alpha.ai"), StartupTies(7, ("eve@beta.ai",))) == []


def test_personal_mail_ties_nobody():
    assert find(ReviewerTies(1, "ada@gmail.com"), StartupTies(7, ("eve@gmail.com",))) == []


def test_declared_comes_first_then_membership_then_mail():
    ada = ReviewerTies(1, "ada@beta.ai", frozenset({7}), {7: "My sister works there."})

    grounds = find(ada, StartupTies(7, ("eve@beta.ai",)))

    assert [(ground.source, str(ground.reason)) for ground in grounds] == [
        (ConflictSource.DECLARED, "My sister works there."),
        (ConflictSource.INFERRED, "The reviewer is a member of this startup."),
        (ConflictSource.INFERRED, "The reviewer's e-mail domain is that of a member of this startup."),
    ]
    assert all(ground.is_certain for ground in grounds)


def test_what_the_programme_recorded_says_so():
    ada = ReviewerTies(1, "", declared={7: "Seen."}, sources={7: ConflictSource.REGISTERED})

    assert [ground.source for ground in find(ada, StartupTies(7))] == [ConflictSource.REGISTERED]


@pytest.mark.parametrize("kind", list(InterestKind))
def test_the_startup_s_own_siren_is_certain_whatever_the_tie(kind):
    grounds = find(reviewer(Interest(kind, "Boreal SAS", BETA, person="Eve Martin")), startup())

    assert [ground.is_certain for ground in grounds] == [True]
    assert "It is this startup. SIREN 552100554 on both sides." in grounds[0].reason


def test_the_startup_s_name_is_a_suspicion():
    grounds = find(reviewer(Interest(InterestKind.COMPANY, "BOREAL S.A.S.")), startup())

    assert shape(grounds) == [(GroundKind.COMPANY, False)]
    assert str(grounds[0].reason) == (
        "The reviewer works for BOREAL S.A.S. or holds shares in it. The startup bears this name. "
        "Only the names agree: “BOREAL S.A.S.”, “Boréal”."
    )
    assert not grounds[0].is_askable


def test_two_numbers_are_two_companies_whatever_their_names():
    assert find(reviewer(Interest(InterestKind.COMPANY, "Boréal", ALPHA)), startup()) == []


@pytest.mark.parametrize(
    ("kind", "tie_kind", "certain"),
    [
        (InterestKind.FUND, TieKind.SHAREHOLDER, True),
        (InterestKind.BOARD, TieKind.SHAREHOLDER, True),
        (InterestKind.COMPANY, TieKind.ADVISER, True),
        (InterestKind.ADVISING, TieKind.BOARD, True),
        (InterestKind.PAST_EMPLOYER, TieKind.SHAREHOLDER, False),
        (InterestKind.CLOSE_PERSON, TieKind.SHAREHOLDER, False),
        (InterestKind.COMPANY, TieKind.FORMER_EMPLOYER, False),
        (InterestKind.PAST_EMPLOYER, TieKind.FORMER_EMPLOYER, False),
    ],
)
def test_the_same_organisation_on_both_sides(kind, tie_kind, certain):
    by_siren = find(reviewer(Interest(kind, "Fonds Alpha", ALPHA)), startup(Tie(tie_kind, "ALPHA", ALPHA)))
    by_name = find(reviewer(Interest(kind, "Fonds Alpha")), startup(Tie(tie_kind, "ALPHA S.A.", ALPHA)))

    assert [ground.is_certain for ground in by_siren] == [certain]
    assert [ground.is_certain for ground in by_name] == [False]
    assert by_name[0].is_askable
    assert by_name[0].evidence != by_siren[0].evidence


def test_a_tie_that_ended_is_a_suspicion_with_its_year():
    grounds = find(
        reviewer(Interest(InterestKind.BOARD, "Alpha", ALPHA, until_year=2025)),
        startup(Tie(TieKind.SHAREHOLDER, "Alpha", ALPHA)),
    )

    assert shape(grounds) == [(GroundKind.INVESTOR, False)]
    assert "The reviewer sits on the board of Alpha. That ended in 2025." in grounds[0].reason


def test_a_tie_counts_for_three_years_after_its_end():
    assert [still_counts(year, 2026) for year in (None, 2026, 2023, 2022)] == [True, True, True, False]


def test_a_chain_is_spelled_out_and_never_certain():
    ada = reviewer(startup_ids=frozenset({3}), colleagues=(Colleague(3, "Atelier", 20, "Grace Hopper"),))

    grounds = find(ada, startup(members=((20, "Grace Hopper"), (21, "Eve Martin"))))

    assert shape(grounds) == [(GroundKind.CHAIN, False)]
    assert str(grounds[0].reason) == "The reviewer is a member of Atelier with Grace Hopper, who is a member of Boréal."


def test_a_chain_through_a_board_seat():
    seat = Interest(InterestKind.BOARD, "Atelier", ALPHA)
    ada = reviewer(seat, colleagues=(Colleague(3, "Atelier", 20, "Grace Hopper", through=seat),))

    (ground,) = find(ada, startup(members=((20, "Grace Hopper"),)))

    assert str(ground.reason) == (
        "The reviewer sits on the board of Atelier. Grace Hopper is a member of Atelier and of Boréal."
    )


def test_the_chain_back_to_the_own_startup_is_none():
    ada = reviewer(startup_ids=frozenset({7}), colleagues=(Colleague(7, "Boréal", 20, "Grace Hopper"),))

    grounds = find(ada, startup(members=((1, "Ada Lovelace"), (20, "Grace Hopper"))))

    assert shape(grounds) == [(GroundKind.MEMBER, True)]


@pytest.mark.parametrize(
    ("ties", "members", "says"),
    [
        (
            (Tie(TieKind.ADVISER, person="LOVELACE Ada"),),
            (),
            "The startup names somebody called so among its advisers.",
        ),
        ((), ((9, "Ada Lovelace"),), "A member of the startup is called so."),
    ],
)
def test_the_reviewer_s_own_name_on_the_other_side(ties, members, says):
    (ground,) = find(reviewer(), startup(*ties, members=members))

    assert (ground.kind, ground.is_certain) == (GroundKind.PERSON, False)
    assert str(ground.reason) == f"The reviewer is called Ada Lovelace. {says}"


def test_somebody_close_is_a_member():
    close = Interest(InterestKind.CLOSE_PERSON, "", person="Eve Martin")

    (ground,) = find(reviewer(close), startup(members=((21, "Ève MARTIN"),)))

    assert (ground.kind, ground.is_certain, ground.is_askable) == (GroundKind.PERSON, False, False)


def test_evidence_stays_while_what_it_rests_on_stays():
    tie = Tie(TieKind.SHAREHOLDER, "Alpha Partners SAS")
    before = find(reviewer(Interest(InterestKind.FUND, "Alpha Partners")), startup(tie))[0]
    respelled = find(reviewer(Interest(InterestKind.FUND, "ALPHA PARTNERS")), startup(tie))[0]
    other_tie = find(reviewer(Interest(InterestKind.BOARD, "Alpha Partners")), startup(tie))[0]

    assert before.evidence == respelled.evidence != other_tie.evidence


def test_the_same_evidence_stands_once():
    twice = startup(Tie(TieKind.SHAREHOLDER, "Alpha"), Tie(TieKind.SHAREHOLDER, "ALPHA SAS"))

    assert len(find(reviewer(Interest(InterestKind.FUND, "Alpha")), twice)) == 1


def _house(reviewers: int, startups: int, seed: int = 3):
    """A crowd and companies that share some names, numbers and people: few in a small house, a thousand in a large one."""
    chance = random.Random(seed)
    spread = max(1, startups // 100)
    words = [f"{a}{b}" for a in ("Al", "Bo", "Cy", "De", "El", "Fa") for b in ("pha", "real", "clo", "mos", "tis")]
    sirens = [f"{100000000 + n}" for n in range(40 * spread)]

    def organisation():
        name = f"{chance.choice(words)} {chance.choice(words)} {chance.randrange(spread)}"
        return name, chance.choice(sirens) if chance.random() < 0.6 else ""

    def person(first):
        return f"{first} {chance.choice(words)} {chance.choice('abcdefghij') * (1 + chance.randrange(spread))}"

    def tie():
        name, siren = organisation()
        return Tie(chance.choice(list(TieKind)), f"Groupe {name} SAS", siren, person("Pat"))

    def interest():
        name, siren = organisation()
        return Interest(chance.choice(list(InterestKind)), name, siren, person("Pat"))

    crowd = [
        ReviewerTies(
            n,
            f"r{n}@{chance.choice(words).lower()}{n}.ai",
            frozenset({chance.randrange(startups)}),
            {chance.randrange(startups): "Declared."},
            name=person("Pat"),
            interests=tuple(interest() for _ in range(8)),
            colleagues=tuple(Colleague(startups + 1, "X", chance.randrange(startups * 2), "P") for _ in range(3)),
        )
        for n in range(reviewers)
    ]
    companies = [
        StartupTies(
            n,
            (f"a@{chance.choice(words).lower()}{n}.ai",),
            f"{organisation()[0]} {n}",
            f"{300000000 + n}",
            ((startups * 3 + n, f"Kim {chance.choice(words)}"), (n * 2, f"Lou {n}")),
            tuple(tie() for _ in range(3)),
        )
        for n in range(startups)
    ]
    return crowd, companies


def test_find_all_is_the_sum_of_the_pairs():
    crowd, companies = _house(8, 30)

    together = find_all(crowd, companies)

    assert together == [ground for one in crowd for other in companies for ground in find(one, other)]
    assert {ground.kind for ground in together} >= {GroundKind.INVESTOR, GroundKind.BOARD, GroundKind.MEMBER}


def test_ten_thousand_startups_and_three_hundred_reviewers_take_seconds():
    crowd, companies = _house(300, 10_000)
    organisation_key.cache_clear()
    person_key.cache_clear()
    started = time.process_time()

    found = find_all(crowd, companies)

    assert len(found) > 5_000
    assert time.process_time() - started < 6  # about one second on an idle core; pair by pair it would be minutes
