"""One row of a spreadsheet: what is certain is repaired and said, what is not is refused."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from accelerator.kernel.bilingual import Bilingual
from accelerator.kernel.enums import ApplicationState, QuestionKind, Sector, Stage
from accelerator.kernel.errors import RuleViolation
from accelerator.rules import imports
from accelerator.rules.applications import AskedQuestion

GOOD = {"siren": "732829320", "name": "Lumeo", "code_postal": "69003"}


def row(**values: str) -> imports.StartupRow:
    return imports.startup_row({**GOOD, **values})


def test_a_whole_row_is_read():
    found = row(
        ville="Lyon",
        secteur="Health",
        stage="mvp_market",
        site_web="lumeo.fr",
        date_creation="2024-02-29",
        naf="6201z",
        tranche_effectifs="03",
    )

    assert found == imports.StartupRow(
        name="Lumeo",
        siren="732829320",
        region_code="84",
        department_code="69",
        postcode="69003",
        city="Lyon",
        sector=Sector.HEALTH,
        stage=Stage.MVP_MARKET,
        website="https://lumeo.fr",
        registered_on=date(2024, 2, 29),
        naf="62.01Z",
        headcount_band="03",
        notes=[],
    )


@pytest.mark.parametrize(
    ("values", "department", "region", "note"),
    [
        ({"code_postal": "84200.0"}, "84", "93", "postcode read as 84200"),
        ({"code_postal": "1000"}, "01", "84", "postcode read as 01000"),
        ({"code_postal": "20200"}, "2B", "94", None),
        ({"code_postal": "97400"}, "974", "04", None),
        ({"code_postal": "", "departement": "2a"}, "2A", "94", None),
        ({"code_postal": "", "departement": "7.0"}, "07", "84", None),
        ({"code_postal": "", "region": "bretagne"}, None, "53", None),
        ({"code_postal": "", "region": "1"}, None, "01", None),
        ({"code_postal": "", "rna": "W832023177"}, "83", "93", "department 83 read from the RNA number"),
    ],
)
def test_the_place_comes_from_the_best_column(values, department, region, note):
    found = row(**values)

    assert (found.department_code, found.region_code) == (department, region)
    assert found.notes == ([note] if note else [])


def test_a_row_without_a_place_takes_the_default_or_leaves_the_region_open():
    values = {**GOOD, "code_postal": "", "rna": "W9R1000123"}

    found = imports.startup_row(values)

    assert imports.startup_row(values, default_region="04").region_code == "04"
    assert (found.region_code, found.department_code) == ("", None)
    assert found.notes[-1] == "no postcode, department, region or RNA number: the region stays open"


def test_a_row_with_neither_siren_nor_place_is_refused():
    with pytest.raises(RuleViolation, match="the region is unknown"):
        imports.startup_row({**GOOD, "siren": "", "siret": "", "code_postal": "", "rna": ""})


@pytest.mark.parametrize(
    ("values", "siren", "notes"),
    [
        ({"siren": "732 829 320"}, "732829320", []),
        ({"siren": "", "siret": "73282932000074"}, "732829320", []),
        (
            {"siren": "062201199", "siret_siege": "6220119900031"},
            "062201199",
            ["leading zero restored: 06220119900031"],
        ),
        ({"siren": "62201199"}, "062201199", ["leading zero restored: 062201199"]),
        ({"siren": "732829320.0"}, "732829320", []),
        ({"siren": ""}, None, []),
    ],
)
def test_the_company_number_is_repaired_where_the_repair_is_certain(values, siren, notes):
    found = row(**values)

    assert (found.siren, found.notes) == (siren, notes)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"siren": "732829321"}, "does not pass its check"),
        ({"siren": "732829320", "siret": "55208131766522"}, "SIREN and SIRET are of two companies"),
        ({"siren": "abc"}, "A SIREN has 9 digits"),
        ({"name": ""}, "no name"),
        ({"name": "[ND]"}, "no name"),
        ({"name": "x" * 161}, "a name of more than 160 characters"),
        ({"code_postal": "99999"}, "“99999” is not a postcode in France"),
        ({"code_postal": "", "departement": "98"}, "“98” is not a department"),
        ({"code_postal": "", "region": "Bavière"}, "“Bavière” is not a region"),
    ],
)
def test_what_cannot_be_is_refused(values, sentence):
    with pytest.raises(RuleViolation) as refusal:
        row(**values)

    assert sentence in refusal.value.reason


def test_what_does_not_fit_is_left_out_and_said():
    found = row(sector="space", website="nowhere", naf="xx", date_creation="soon", tranche_effectifs="NN")

    assert (found.sector, found.website, found.naf, found.registered_on, found.headcount_band) == (None,) * 5
    assert len(found.notes) == 4


def test_the_registers_unknown_day_is_no_day():
    assert row(date_creation="1900-01-01").registered_on is None


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2026-11-08T23:58:00+01:00", datetime(2026, 11, 8, 22, 58, tzinfo=UTC)),
        ("2026-11-08 23:58", datetime(2026, 11, 8, 22, 58, tzinfo=UTC)),
        ("08/11/2026 23:58", datetime(2026, 11, 8, 22, 58, tzinfo=UTC)),
        ("2026-06-01T10:00:00Z", datetime(2026, 6, 1, 10, 0, tzinfo=UTC)),
        ("01/06/2026", datetime(2026, 6, 1, 10, 0, tzinfo=UTC)),
        ("yesterday", None),
        ("", None),
    ],
)
def test_moments_without_a_zone_are_paris_time(text, meant):
    assert imports.instant(text) == meant


def test_states_are_named_or_submitted():
    assert imports.application_state("") is ApplicationState.SUBMITTED
    assert imports.application_state("Admissible") is ApplicationState.ADMISSIBLE
    with pytest.raises(RuleViolation, match="“gone” is not a state"):
        imports.application_state("gone")


def asked(kind: QuestionKind, **others) -> AskedQuestion:
    return AskedQuestion(1, "q", 2, kind, Bilingual("Q", "Q"), Bilingual("", ""), True, **others)


@pytest.mark.parametrize(
    ("question", "text", "stored"),
    [
        (asked(QuestionKind.YES_NO), "Oui", "yes"),
        (asked(QuestionKind.YES_NO), "FAUX", "no"),
        (
            asked(QuestionKind.CHOICE, choices=(("own", Bilingual("Fonds propres", "Own funds")),)),
            "fonds propres",
            "own",
        ),
        (asked(QuestionKind.LONG_TEXT, max_words=2), "more words than two", "more words than two"),
        (asked(QuestionKind.NUMBER), "1500", "1500"),
        (asked(QuestionKind.NUMBER), "", ""),
    ],
)
def test_answers_are_stored_as_the_form_stores_them(question, text, stored):
    assert imports.answer(question, text) == stored


@pytest.mark.parametrize(
    ("question", "text"),
    [
        (asked(QuestionKind.YES_NO), "perhaps"),
        (asked(QuestionKind.CHOICE, choices=(("own", Bilingual("Fonds propres", "Own funds")),)), "gold"),
        (asked(QuestionKind.NUMBER), "many"),
        (asked(QuestionKind.URL), "nowhere"),
    ],
)
def test_answers_that_cannot_be_are_refused(question, text):
    with pytest.raises(RuleViolation, match=text):
        imports.answer(question, text)


@pytest.mark.parametrize(("text", "value"), [("4", 4), ("4.0", 4), ("4,00", 4), ("-2", -2)])
def test_whole_points_are_read(text, value):
    assert imports.points(text, "team") == value


@pytest.mark.parametrize("text", ["", "4.5", "four", "४"])
def test_points_that_are_not_whole_are_refused(text):
    with pytest.raises(RuleViolation, match="team: "):
        imports.points(text, "team")
