"""Whom a startup names: added and removed by its people, seen by nobody else."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from accelerator.models.interests import StartupTie
from tests import make

TYPED = {"kind": "shareholder", "organisation": "Fonds Alpha", "siren": "732 829 320", "person": "Grace Hopper"}


@pytest.fixture
def eve(db):
    return make.user(name="Eve Martin")


@pytest.fixture
def boreal(eve):
    return make.startup(people=(eve,), name="Boréal")


def test_name_one_and_remove_it(browser, db, eve, boreal):
    browser.sign_in(eve)

    named = browser.follow(browser.post("startup.interests.ties", TYPED, startup_id=boreal.id))
    tie = db.scalars(select(StartupTie.id)).one()
    dropped = browser.follow(browser.post("startup.interests.drop", startup_id=boreal.id, tie_id=tie))
    again = browser.post("startup.interests.drop", startup_id=boreal.id, tie_id=tie)

    assert named.notices == ["Added. Reviewers tied to it will not read your dossier."]
    assert named.table("Whom you named")[0][:2] == [
        "Grace Hopper Fonds Alpha SIREN 732 829 320",
        "Shareholder or investor",
    ]
    assert dropped.notices[-1] == "The entry is taken out."
    assert "Nobody is named yet" in dropped.text
    assert again.status == 404


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"siren": "1"}, "Its SIREN: A SIREN has 9 digits"),
        ({"kind": ""}, "What are they to the startup?: Choose one of the list."),
        ({"organisation": "", "person": "", "siren": ""}, "Name of the organisation: Type the name"),
    ],
)
def test_a_refused_entry_keeps_what_was_typed(browser, db, eve, boreal, change, error):
    page = browser.sign_in(eve).post("startup.interests.ties", {**TYPED, **change}, startup_id=boreal.id)

    assert page.status == 422
    assert page.errors[0].startswith(error)
    assert page.value("person") == {**TYPED, **change}["person"]
    assert db.scalars(select(StartupTie)).all() == []


def test_strangers_get_nothing(browser, db, boreal):
    mine = make.tie(boreal).id
    for person, status in ((make.user(), 404), (make.manager(), 403)):
        browser.sign_in(person)
        answers = [
            browser.get("startup.interests.ties", startup_id=boreal.id),
            browser.post("startup.interests.ties", TYPED, startup_id=boreal.id),
            browser.post("startup.interests.drop", startup_id=boreal.id, tie_id=mine),
        ]
        assert [answer.status for answer in answers] == [status] * 3

    assert db.scalars(select(StartupTie.id)).all() == [mine]
