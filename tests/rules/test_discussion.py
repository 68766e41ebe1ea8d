"""Who takes part and how long, who is named in a remark, what gives a dossier away, when scores are far apart."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accelerator.kernel.enums import ApplicationState, AssignmentState, BatchState
from accelerator.rules import discussion
from accelerator.rules.blindness import Identity, folded
from accelerator.rules.discussion import Identifying, Mention, Standing, far_apart, mentions, pieces

EVE, EVELYN, ZOE, ADA = 1, 2, 3, 4
NAMES = {EVE: "Eve Martin", EVELYN: "Eve Martin Dupont", ZOE: "Zoé Légère", ADA: "Ada"}


def said(text, names=NAMES):
    """What is named in a text, as it stands there, with who it is."""
    return [(text[one.start : one.end], one.user_ids) for one in mentions(text, names)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("@Eve Martin, what do you think?", [("@Eve Martin", (EVE,))]),
        ("Ask @Eve Martin Dupont.", [("@Eve Martin Dupont", (EVELYN,))]),
        ("(@Ada)", [("@Ada", (ADA,))]),
        ("@zoe legere et @ZOÉ LÉGÈRE", [("@zoe legere", (ZOE,)), ("@ZOÉ LÉGÈRE", (ZOE,))]),
        ("@Eve\u00a0Martin’s point", [("@Eve\u00a0Martin", (EVE,))]),
        ("@Eve  Martin\n@Ada", [("@Eve  Martin", (EVE,)), ("@Ada", (ADA,))]),
        ("Seen.@Ada", [("@Ada", (ADA,))]),
        ("eve@Ada", []),
        ("write to x+y@ada.fr or a-@Ada", []),
        ("@ada.fr and @Ada-Maria", []),
        ("@Ada. Then @Ada- then", [("@Ada", (ADA,)), ("@Ada", (ADA,))]),
        ("@Eve Martinez", []),
        ("@Eve\nMartin", []),
        ("@Eve", []),
        ("Eve Martin", []),
        ("@", []),
        ("", []),
    ],
)
def test_mentions(text, expected):
    assert said(text) == expected


def test_homonyms_are_all_named():
    assert said("@eve martin", {7: "Eve Martin", 5: "Ève  MARTIN", 9: "Ada"}) == [("@eve martin", (5, 7))]
    assert discussion.named(mentions("@Ada @Eve Martin @Ada", NAMES)) == [ADA, EVE]


def test_nobody_is_named_by_nobody():
    assert mentions("@Ada", {}) == []
    assert mentions("@ @", {1: "", 2: "  "}) == []


_WORDS = st.sampled_from(
    [
        "@",
        "Eve",
        "eve",
        "Martin",
        "MARTIN",
        "Dupont",
        "Zoé",
        "Legere",
        "Ada",
        ".",
        "-",
        " ",
        "\u00a0",
        "\n",
        "a",
        "+",
        "é",
    ]
)


def by_hand(text: str) -> list[tuple[int, int, int]]:
    """The same, character by character: at every @ the longest name that stands there whole."""
    plain, found, at = folded(text), [], 0
    while at < len(plain):
        if plain[at] != "@" or (at and (plain[at - 1].isalnum() or plain[at - 1] in "_+-")):
            at += 1
            continue
        best = None
        for user_id, name in NAMES.items():
            place, words = at + 1, folded(name).split()
            for number, word in enumerate(words):
                if number:
                    gap = len(list(itertools.takewhile(lambda one: one in " \u00a0\u202f", plain[place:])))
                    if not 1 <= gap <= 3:
                        place = None
                        break
                    place += gap
                if not plain.startswith(word, place):
                    place = None
                    break
                place += len(word)
            if place is None:
                continue
            rest = plain[place : place + 2]
            goes_on = rest[:1].isalnum() or rest[:1] == "_"
            goes_on |= rest[:1] in (".", "-") and len(rest) == 2 and (rest[1].isalnum() or rest[1] == "_")
            if not goes_on and (best is None or len(" ".join(words)) > best[2]):
                best = (place, user_id, len(" ".join(words)))
        if best is None:
            at += 1
        else:
            found.append((at, best[0], best[1]))
            at = best[0]
    return found


@given(st.lists(_WORDS, max_size=14).map("".join))
def test_mentions_agree_with_a_search_by_hand(text):
    assert [(one.start, one.end, one.user_ids[0]) for one in mentions(text, NAMES)] == by_hand(text)


@given(st.text(max_size=200), st.dictionaries(st.integers(1, 9), st.text(max_size=12), max_size=5))
def test_any_text_and_any_names_are_taken(text, names):
    found = mentions(text, names)

    assert all(one.end <= after.start for one, after in itertools.pairwise(found))
    assert all(set(one.user_ids) <= names.keys() for one in found)
    assert "".join(piece.text for piece in pieces(text, names)) == text
    assert len(discussion.without_names(text, found)) == len(text)


@given(st.from_regex(r"[a-z0-9._]{1,8}[a-z0-9]@(ada|eve martin|zoe)(\.fr|\.com)?", fullmatch=True))
def test_an_address_names_nobody(address):
    assert mentions(address, NAMES) == []
    assert mentions(f"écrire à {address} svp", NAMES) == []
    assert not discussion.leaves_a_name(address, [])


def test_pieces_cut_at_the_names():
    assert [(one.text, one.is_name) for one in pieces("Yes @Ada, no.", NAMES)] == [
        ("Yes ", False),
        ("@Ada", True),
        (", no.", False),
    ]
    assert pieces("", NAMES) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [("@Ada", False), ("@Ada and @Grace", True), ("@ 3 euros", False), ("3@4", False), ("@3", False), ("@Éve", True)],
)
def test_a_name_that_is_told_nothing_is_noticed(text, expected):
    assert discussion.leaves_a_name(text, mentions(text, NAMES)) is expected


BOREAL = Identity("Boréal Santé", "732829320", "https://boreal.fr", ("Rose Pivert",), ("rose@boreal.fr",))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("BOREAL SANTE is strong", ["BOREAL SANTE"]),
        ("Boréal Santé, or Boreal", ["Boreal", "Boréal Santé"]),
        ("see https://boreal.fr/x, or rose@boreal.fr.", ["https://boreal.fr/x", "rose@boreal.fr"]),
        ("see https://autre.fr/x or ada@autre.fr, 06 12 34 56 78", []),
        ("732 829 320", ["732 829 320"]),
        ("Rose knows, la rose aussi", ["Rose"]),
        ("le port de Sète", ["port de Sète"]),
        ("la santé", []),
        ("SuperModel", []),
    ],
)
def test_what_a_remark_reveals(text, expected):
    known = Identifying(BOREAL, masked=("port de Sète",), shown=("supermodel",))

    assert discussion.revealed(text, known) == expected


def test_what_was_found_harmless_is_no_longer_refused():
    assert discussion.revealed("Boréal Santé et Rose", Identifying(BOREAL, shown=("rose",))) == ["Boréal Santé"]


def test_a_reviewer_called_as_a_founder_can_be_named():
    names = {8: "Rose Durand"}
    text = "@Rose Durand, and Rose?"
    blanked = discussion.without_names(text, mentions(text, names))

    assert blanked == "            , and Rose?"
    assert discussion.revealed(blanked, Identifying(BOREAL)) == ["Rose"]
    assert discussion.revealed(discussion.without_names(text, mentions(text, {})), Identifying(BOREAL)) == ["Rose"]
    assert discussion.revealed(blanked.replace("Rose", ""), Identifying(BOREAL)) == []


@pytest.mark.parametrize("own", [None, *AssignmentState])
@pytest.mark.parametrize("state", list(ApplicationState))
def test_who_takes_part(own, state):
    unreadable = state in (ApplicationState.DRAFT, ApplicationState.WITHDRAWN, ApplicationState.INADMISSIBLE)
    waits = own in (AssignmentState.OPEN, AssignmentState.CONFLICTED)

    reviewer = Standing(own, has_conflict=False, is_reviewer=True, is_staff=False)
    staff = Standing(own, has_conflict=False, is_reviewer=False, is_staff=True)
    conflicted = Standing(own, has_conflict=True, is_reviewer=True, is_staff=True)
    nobody = Standing(own, has_conflict=False, is_reviewer=False, is_staff=False)

    assert discussion.takes_part(reviewer, state) is (own is AssignmentState.REVIEWED and not unreadable)
    assert discussion.takes_part(staff, state) is (not waits and state is not ApplicationState.DRAFT)
    assert not discussion.takes_part(conflicted, state)
    assert not discussion.takes_part(nobody, state)


@pytest.mark.parametrize("batch", list(BatchState))
@pytest.mark.parametrize("state", list(ApplicationState))
def test_a_dossier_in_review_is_discussed_until_the_decision(batch, state):
    assert bool(discussion.can_write(batch, state)) is (
        batch is not BatchState.DECIDED and state is ApplicationState.ADMISSIBLE
    )


def test_a_discussion_is_full_at_some_time():
    assert discussion.can_add(discussion.MOST_REMARKS - 1)
    assert not discussion.can_add(discussion.MOST_REMARKS)


def apart(*scores, lowest=1, highest=5, wider=50, ranked=100):
    return far_apart(scores, lowest=lowest, highest=highest, wider=wider, ranked=ranked)


def test_half_of_the_scale_is_far_apart_in_any_batch():
    assert apart(2.0, 4.0)
    assert not apart(2.0, 3.99)
    assert apart(0.0, 50.0, lowest=0, highest=100)
    assert apart(2.1, 3.0, 4.1)  # as decimals, not as binary fractions


def test_the_widest_quarter_is_far_apart_from_one_step_on():
    assert apart(2.0, 3.0, wider=24)
    assert not apart(2.0, 3.0, wider=25)
    assert not apart(2.0, 2.99, wider=0)
    assert apart(2.0, 3.0, wider=1, ranked=8)
    assert not apart(2.0, 3.0, wider=0, ranked=7)


def test_one_score_is_not_apart_from_itself():
    assert not apart(5.0)
    assert not apart()
    assert not apart(1.0, 1.0, lowest=1, highest=1)


@given(st.lists(st.integers(100, 500), min_size=2, max_size=6), st.integers(0, 40), st.integers(0, 40))
def test_the_order_of_scores_changes_nothing_and_a_wider_spread_is_never_less_far(points, wider, ranked):
    scores = [point / 100 for point in points]
    wide = [*scores, 1.0, 5.0]

    assert apart(*scores, wider=wider, ranked=ranked) == apart(*reversed(scores), wider=wider, ranked=ranked)
    assert apart(*wide, wider=wider, ranked=ranked)


def test_a_mention_is_a_value():
    assert mentions("@Ada", NAMES) == [Mention(0, 4, (ADA,))]
