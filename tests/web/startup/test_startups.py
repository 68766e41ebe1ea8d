"""Register a startup, say what it is, choose its people."""

from __future__ import annotations

from sqlalchemy import select

from accelerator.kernel.enums import Role
from accelerator.models.startups import Membership, Startup
from tests import make

TYPED = {
    "siren": "732 829 320",
    "name": "Cohérence",
    "pitch": "Reads scans.",
    "postcode": "44 000",
    "city": "Nantes",
    "sector": "health",
    "stage": "prototype",
    "website": "coherence.example",
    "women_founders": "yes",
    "is_stealth": "y",
}


def test_new_startup_is_registered_and_leads_on(browser, db):
    ada = make.user()

    shown = browser.sign_in(ada).get("startup.startups.new", next="/calls")
    page = browser.post("/my/startups/new?next=/calls", TYPED)

    assert shown.h1 == "Register a startup"
    assert page.location == "/calls"
    startup = db.scalars(select(Startup)).one()
    assert (startup.siren, startup.region_code, startup.women_founders, startup.is_stealth) == (
        "732829320",
        "52",
        True,
        True,
    )


def test_new_startup_never_leads_off_the_site(browser, db):
    page = browser.sign_in(make.user()).post("/my/startups/new?next=//evil.example", TYPED)

    assert page.location == "/my/"


def test_new_startup_refused_keeps_what_was_typed(browser, db):
    ada = make.user()

    page = browser.sign_in(ada).post(
        "startup.startups.new", {**TYPED, "siren": "732829321", "postcode": "99999", "sector": "x", "name": ""}
    )

    assert page.status == 422
    assert page.errors == ["Name of the startup: Type the name of the startup.", "Market you serve: Choose a market."]
    assert page.value("siren") == "732829321"
    again = browser.post("startup.startups.new", {**TYPED, "siren": "732829321"})
    assert again.errors[0].startswith("SIREN: This number does not pass its check")
    assert db.scalars(select(Startup)).all() == []


def test_new_startup_known_with_an_owner_says_who_was_asked(browser, db):
    make.startup(siren="732829320", people=(make.user(),))

    page = browser.sign_in(make.user()).post("startup.startups.new", TYPED)

    assert page.status == 422
    assert page.errors[0].startswith("SIREN: This startup is already here and has an owner.")


def test_new_startup_of_a_known_name_can_be_said_to_be_another(browser, db):
    make.startup(name="COHÉRENCE SAS", region_code="52")
    browser.sign_in(make.user())

    page = browser.post("startup.startups.new", TYPED)
    again = browser.post("startup.startups.new", {**TYPED, "is_another": "y"})

    assert page.status == 422 and "It is another startup of the same name" in page.text
    assert again.location == "/my/"


def test_new_startup_is_for_founders(browser, db):
    assert browser.get("startup.startups.new").location == "/sign-in?next=/my/startups/new"
    assert browser.sign_in(make.user(Role.REVIEWER)).get("startup.startups.new").status == 403


def test_edit_startup_saves(browser, db):
    ada = make.user()
    startup = make.startup(people=(ada,))

    shown = browser.sign_in(ada).get("startup.startups.edit", startup_id=startup.id)
    page = browser.post(
        "startup.startups.edit", {**TYPED, "siren": startup.siren, "version": "1"}, startup_id=startup.id
    )

    assert (shown.value("name"), shown.value("version")) == (startup.name, "1") or page.location == "/my/"
    db.refresh(startup)
    assert (startup.name, startup.version, startup.city) == ("Cohérence", 2, "Nantes")


def test_edit_startup_from_a_stale_page_shows_both_texts(browser, db):
    ada = make.user()
    startup = make.startup(people=(ada,), version=2, name="Stored name")

    page = browser.sign_in(ada).post(
        "startup.startups.edit",
        {**TYPED, "siren": startup.siren, "name": "Typed name", "version": "1"},
        startup_id=startup.id,
    )

    assert page.status == 409
    assert page.value("name") == "Typed name"
    assert page.value("version") == "2"
    assert "Stored name" in page.text
    again = browser.post(
        "startup.startups.edit",
        {**TYPED, "siren": startup.siren, "name": "Typed name", "version": "2"},
        startup_id=startup.id,
    )
    assert again.location == "/my/"


def test_edit_startup_refused_keeps_what_was_typed(browser, db):
    ada = make.user()
    startup = make.startup(people=(ada,))

    page = browser.sign_in(ada).post(
        "startup.startups.edit", {**TYPED, "siren": startup.siren, "postcode": "00000"}, startup_id=startup.id
    )

    assert page.status == 422
    assert page.errors == ["Postcode: This is not a postcode in France: five digits, for example 69003."]
    assert page.value("postcode") == "00000"


def test_strangers_find_no_startup(browser, db):
    startup = make.startup(people=(make.user(),))
    browser.sign_in(make.user())

    for page in (
        browser.get("startup.startups.edit", startup_id=startup.id),
        browser.post("startup.startups.edit", TYPED, startup_id=startup.id),
        browser.get("startup.startups.people", startup_id=startup.id),
        browser.post("startup.startups.add_person", {"email": "eve@exemple.fr"}, startup_id=startup.id),
        browser.post("startup.startups.remove_person", {"user_id": "1"}, startup_id=startup.id),
        browser.post("startup.startups.make_owner", {"user_id": "1"}, startup_id=startup.id),
    ):
        assert page.status == 404


def test_people_are_added_made_owner_and_leave(browser, db):
    ada, grace = make.user(name="Ada"), make.user(name="Grace", email="grace@exemple.fr")
    startup = make.startup(people=(ada,))
    browser.sign_in(ada)

    added = browser.post("startup.startups.add_person", {"email": "grace@exemple.fr"}, startup_id=startup.id)
    refused = browser.post("startup.startups.add_person", {"email": "not an address"}, startup_id=startup.id)
    shown = browser.get("startup.startups.people", startup_id=startup.id)
    browser.post("startup.startups.make_owner", {"user_id": grace.id}, startup_id=startup.id)
    left = browser.post("startup.startups.remove_person", {"user_id": ada.id}, startup_id=startup.id)

    assert added.location == f"/my/startups/{startup.id}/people"
    assert refused.status == 422
    assert [row[0] for row in shown.table()] == [f"Ada (you){ada.email}", "Gracegrace@exemple.fr"]
    assert left.location == "/my/"
    assert db.execute(select(Membership.user_id, Membership.is_owner)).all() == [(grace.id, True)]


def test_people_are_the_owners_to_choose(browser, db):
    ada, grace = make.user(), make.user()
    startup = make.startup(people=(ada, grace))

    page = browser.sign_in(grace).post(
        "startup.startups.remove_person", {"user_id": str(ada.id)}, startup_id=startup.id
    )
    nonsense = browser.post("startup.startups.remove_person", {"user_id": "x"}, startup_id=startup.id)

    assert (page.status, nonsense.status) == (403, 404)
    assert len(db.scalars(select(Membership)).all()) == 2
