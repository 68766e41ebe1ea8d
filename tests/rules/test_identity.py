"""Which company a number or a name stands for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import luhn

from accelerator.kernel.errors import RuleViolation
from accelerator.rules.identity import name_key, normal_siren, same_name


@pytest.mark.parametrize(
    ("typed", "siren"),
    [
        ("732829320", "732829320"),
        (" 732 829 320 ", "732829320"),
        ("732.829.320", "732829320"),
        ("732-829-320", "732829320"),
        ("732\u00a0829\u202f320", "732829320"),
        ("73282932000074", "732829320"),
        ("732 829 320 00074", "732829320"),
        ("356000000", "356000000"),
        ("35600000049837", "356000000"),  # an office of La Poste: sum of digits a multiple of 5
        ("35600000000048", "356000000"),  # its head office: Luhn
    ],
)
def test_normal_siren_takes_what_people_type(typed, siren):
    assert normal_siren(typed) == siren


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "73282932",
        "7328293200",
        "732829321",
        "723829320",
        "73282932000079",
        "35600000049838",
        "000000000",
        "00000000000000",
        "73282932A",
        "٧٣٢٨٢٩٣٢٠",
        "７３２８２９３２０",
        "²32829320",
        "FR44732829320",
        "-1",
    ],
)
def test_normal_siren_refuses_what_cannot_be_one(typed):
    with pytest.raises(RuleViolation) as refusal:
        normal_siren(typed)

    assert refusal.value.field == "siren"


@given(st.integers(1, 99_999_999), st.integers(0, 8))
def test_one_wrong_digit_is_always_found(base, place):
    digits = f"{base:08d}"
    siren = digits + luhn.calc_check_digit(digits)
    wrong = siren[:place] + str((int(siren[place]) + 1) % 10) + siren[place + 1 :]

    assert normal_siren(siren) == siren
    with pytest.raises(RuleViolation):
        normal_siren(wrong)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Mistral AI", "MISTRAL AI SAS", True),
        ("Société Élan", "societe elan S.A.S.", True),
        ("L’Atelier", "l'atelier", True),
        ("La Fabrique", "Fabrique SARL", True),
        ("Open-Data", "opendata", True),
        ("SAS", "sas", True),
        ("Mistral AI", "Mistral", False),
        ("Atelier 1", "Atelier 2", False),
        ("", "", False),
        ("!!!", "???", False),
    ],
)
def test_same_name(one, other, same):
    assert same_name(one, other) is same
    assert same_name(other, one) is same


def test_name_key_never_loses_the_whole_name():
    assert name_key("The SAS SA") == "the"
    assert name_key("日本語 株式会社") == "日本語 株式会社"
