"""What says whose a dossier is: found in every spelling, taken for a name only where it is one, masked whole."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accelerator.kernel.enums import IdentifyingKind as K
from accelerator.rules import blindness
from accelerator.rules.blindness import Found, Identity

LUMENCE = Identity(
    company="Lumence Studio SAS",
    siren="732829320",
    website="https://www.lumence.fr",
    people=("Marie Curie", "Jean-Pierre Lévêque"),
    emails=("marie@lumence.fr", "jp@gmail.com"),
)


def phrases(text: str, identity: Identity = LUMENCE) -> list[tuple[str, K]]:
    return [(found.phrase, found.kind) for found in blindness.find({"q": text}, identity)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Lumence Studio aide les notaires.", [("Lumence Studio", K.COMPANY)]),
        ("LUMENCE-STUDIO et LumenceStudio", [("LUMENCE-STUDIO", K.COMPANY), ("LumenceStudio", K.COMPANY)]),
        ("Chez Lumence, nous", [("Lumence", K.COMPANY)]),
        ("Marie Curie et Lévêque", [("Marie Curie", K.PERSON), ("Lévêque", K.PERSON)]),
        ("M. Curie ; CURIE Marie ; leveque", [("M. Curie", K.PERSON), ("CURIE Marie", K.PERSON)]),
        ("jean pierre leveque", []),
        ("Jean-Pierre Leveque", [("Jean-Pierre Leveque", K.PERSON)]),
        ("écrivez à contact@autre.org.", [("contact@autre.org", K.EMAIL)]),
        ("voir https://demo.lumence.fr/x?y=1.", [("https://demo.lumence.fr/x?y=1", K.ADDRESS)]),
        ("voir lumence.ai/demo, merci", [("lumence.ai/demo", K.ADDRESS)]),
        ("linkedin.com/in/marie-curie", [("linkedin.com/in/marie-curie", K.ADDRESS)]),
        ("Appelez le 06 12 34 56 78 !", [("06 12 34 56 78", K.PHONE)]),
        ("+33 6.12.34.56.78", [("+33 6.12.34.56.78", K.PHONE)]),
        ("SIREN 732 829 320, SIRET 73282932000074", [("732 829 320", K.COMPANY_NUMBER), ("73282932000074", K.COMPANY_NUMBER)]),
    ],
)  # fmt: skip
def test_what_identifies_is_found(text, found):
    assert phrases(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "Notre studio traite 250 000 dossiers par mois, soit 12 %.",
        "une lumence de 3,5 et des curieux",
        "Nous utilisons Node.js, ASP.NET et GPT-4.1 ; version 2.10.",
        "De 2019 à 2024, 01 02 03 clients.",
        "Marietta et Curiethérapie",
        "",
    ],
)
def test_what_identifies_nobody_stays(text):
    assert phrases(text) == []


def test_a_name_that_is_a_word_is_a_name_only_with_its_capital():
    rose = Identity(company="Data", people=("Rose Petit",))

    assert phrases("la data, rose et petite", rose) == []
    assert phrases("Rose traite la data de Data.", rose) == [("Rose", K.PERSON), ("Data", K.COMPANY)]


def test_a_generic_first_word_does_not_name_a_company():
    assert phrases("Data pour tous", Identity(company="Data Fontaine")) == []
    assert phrases("Data Fontaine", Identity(company="Data Fontaine")) == [("Data Fontaine", K.COMPANY)]


def test_each_phrase_says_where_it_stands_and_how_often():
    found = blindness.find({"a": "Lumence, Lumence", "b": "Lumence"}, LUMENCE)

    assert found == [Found("Lumence", K.COMPANY, (("a", 2), ("b", 1)))]


def test_masks_take_whole_phrases_the_longest_first():
    text = "Lumence Studio, Lumence et lumenceur."

    assert blindness.masked(text, ["Lumence", "Lumence Studio"], "[x]") == "[x], [x] et lumenceur."
    assert blindness.masked(text, [], "[x]") == text
    assert blindness.occurrences({"a": text, "b": "rien"}, "Lumence") == (("a", 2),)


@given(st.text(max_size=300))
def test_what_is_masked_is_found_no_more(text):
    found = [one.phrase for one in blindness.find({"q": text}, LUMENCE)]

    hidden = blindness.masked(text, found, "█")

    assert not [one for one in found if blindness.occurrences({"q": hidden}, one)]


@given(st.text(max_size=60), st.text(max_size=40), st.text(max_size=40))
def test_any_text_any_name_ends_well(text, company, person):
    identity = Identity(company=company, people=(person,), website=text, emails=(text,))

    for found in blindness.find({"q": text + company + person}, identity):
        assert 0 < len(found.phrase) <= blindness.MAX_PHRASE
