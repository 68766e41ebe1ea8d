"""Names as people type them: which are one organisation or one person, and which are not."""

from __future__ import annotations

import csv

import pytest

from accelerator.rules.conflicts import organisation_key, person_key


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Mistral AI SAS", "mistral ai"),
        ("MISTRAL AI, S.A.S.", "Mistral-AI"),
        ("S A R L Dupont", "Dupont SARL"),
        ("Société par actions simplifiée Élan", "ELAN"),
        ("Société Anonyme Élan", "Elan S.A."),
        ("Groupe Dupont & Fils SA", "dupont et fils"),
        ("SAS GROUPE DUPONT HOLDING", "Dupont"),
        ("Cœur d’Acier", "coeur d'acier"),
        ("Œnologie Réunie", "OENOLOGIE REUNIE SAS"),
        ("Fonds Alpha Capital", "ALPHA CAPITAL FPCI"),
        ("Alpha Partners", "AlphaPartners"),
        ("La Société du Midi", "Société du Midi"),
        ("Crédit  Agricole\u00a0S.A.", "CREDIT AGRICOLE"),
        ("E\u0301lan", "Élan"),  # the accent as a character of its own
        ("Straße GmbH", "STRASSE"),
    ],
)
def test_one_organisation_under_two_spellings(one, other):
    assert organisation_key(one) == organisation_key(other) != ""


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Alpha Capital", "Alpha Ventures"),
        ("Orange", "Orange Bank"),
        ("SAS Institute", "SARL Institut"),
        ("Groupe A2", "Groupe A3"),
        ("3M", "4M"),
    ],
)
def test_two_organisations_stay_two(one, other):
    assert organisation_key(one) != organisation_key(other)


@pytest.mark.parametrize("name", ["", " ", "…", "&", "A", "!!!", "()"])
def test_nothing_to_compare_is_no_key(name):
    assert organisation_key(name) == ""


def test_a_legal_form_alone_is_still_a_name():
    assert organisation_key("SAS") == "sas"
    assert organisation_key("Groupe") == "groupe"


@pytest.mark.shared
def test_the_register_s_own_dirty_names_keep_apart_what_has_another_siren(shared):
    """1,800 real names: nearly all keys are of one SIREN, and no real name is lost."""
    with (shared / "companies" / "companies-siren.csv").open(encoding="utf-8-sig", newline="") as file:
        sample = file.read(4096)
        file.seek(0)
        rows = list(csv.DictReader(file, delimiter=";" if sample.count(";") > sample.count(",") else ","))
    name_column = next(name for name in rows[0] if "nom" in name.lower() or "denom" in name.lower() or name == "name")
    siren_column = next(name for name in rows[0] if name.lower() == "siren")
    sirens_of: dict[str, set[str]] = {}
    for row in rows:
        if name := row[name_column].strip():
            key = organisation_key(name)
            assert key, name
            sirens_of.setdefault(key, set()).add(row[siren_column])

    shared_keys = [key for key, sirens in sirens_of.items() if len(sirens) > 1]

    assert len(sirens_of) > 1000
    assert len(shared_keys) < len(sirens_of) * 0.02


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Inès Moreau", "MOREAU Ines"),
        ("Jean-Pierre Le Gall", "le gall jean pierre"),
        ("Mme Hélène Fabre", "Hélène FABRE"),
        ("Dr. Karim Benali", "Karim Benali"),
    ],
)
def test_one_person_under_two_spellings(one, other):
    assert person_key(one) == person_key(other) != ""


@pytest.mark.parametrize("name", ["", "Ada", "Mme Ada", "42"])
def test_a_single_word_names_nobody(name):
    assert person_key(name) == ""
