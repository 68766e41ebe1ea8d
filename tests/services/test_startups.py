"""A startup is registered once, claimed, edited; people join and leave it."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from accelerator.kernel.enums import Role, Sector, Stage
from accelerator.kernel.errors import Conflict, NotAllowed, NotFound, RuleViolation
from accelerator.models.accounts import RoleGrant, User
from accelerator.models.letters import Letter
from accelerator.models.startups import Membership, Startup
from accelerator.rules.startups import StartupDetails
from accelerator.services import startups
from tests import make


def details(**others: object) -> StartupDetails:
    defaults: dict[str, object] = {
        "name": "Cohérence SAS",
        "postcode": "44000",
        "city": "Nantes",
        "sector": Sector.HEALTH,
        "stage": Stage.PROTOTYPE,
        "website": "coherence.example",
        "pitch": "Reads scans.",
    }
    return StartupDetails(**{**defaults, **others})


def register(person, siren: str = "", **others: object) -> int:
    keys = {key: others.pop(key) for key in ("is_another", "request_key") if key in others}
    return startups.register_startup(actor=make.actor(person), siren=siren, details=details(**others), **keys)


def test_register_startup_makes_its_founder_the_owner(db):
    ada = make.user()

    startup_id = register(ada, "732 829 320")

    startup = db.get_one(Startup, startup_id)
    assert (startup.siren, startup.region_code, startup.department_code) == ("732829320", "52", "44")
    assert startup.website == "https://coherence.example"
    assert db.execute(select(Membership.user_id, Membership.is_owner)).all() == [(ada.id, True)]


def test_register_startup_without_siren(db):
    ada = make.user()

    startup_id = register(ada)

    assert db.get_one(Startup, startup_id).siren is None


def test_register_startup_twice_by_the_same_person_is_one(db):
    ada = make.user()

    first = register(ada, "732829320", request_key="k")
    again = register(ada, "732829320", request_key="k")
    third = register(ada, "732829320")

    assert first == again == third
    assert len(db.scalars(select(Startup)).all()) == 1


def test_register_startup_sent_twice_without_siren_is_one(db):
    ada = make.user()

    assert register(ada, request_key="k") == register(ada, request_key="k")


def test_register_startup_with_people_asks_the_owner_once(db):
    ada, eve = make.user(name="Ada"), make.user(name="Eve", email="eve@exemple.fr")
    startup_id = register(ada, "732829320")

    for _try in range(2):
        with pytest.raises(RuleViolation) as refusal:
            register(eve, "732829320", name="Mine now")
        assert refusal.value.field == "siren"

    assert db.get_one(Startup, startup_id).name == "Cohérence SAS"
    assert db.scalars(select(Membership.user_id)).all() == [ada.id]
    letter = db.scalars(select(Letter)).one()
    assert (letter.to_user_id, letter.kind) == (ada.id, "membership_asked")
    assert "Eve (eve@exemple.fr)" in letter.body and f"/my/startups/{startup_id}/people" in letter.body


def test_register_startup_that_was_imported_claims_it(db):
    ada = make.user()
    imported = make.startup(siren="732829320", name="COHERENCE", naf="62.01Z")

    startup_id = register(ada, "73282932000074")

    assert startup_id == imported.id
    assert (imported.name, imported.region_code, imported.naf) == ("Cohérence SAS", "52", "62.01Z")
    assert db.scalars(select(Membership.user_id)).all() == [ada.id]


@pytest.mark.parametrize(
    ("siren", "others", "field"),
    [
        ("732829321", {}, "siren"),
        ("", {"postcode": "00000"}, "postcode"),
        ("", {"postcode": "4400"}, "postcode"),
        ("", {"postcode": "٤٤٠٠٠"}, "postcode"),
        ("", {"website": "not a site"}, "website"),
        ("", {"website": "javascript://alert(1).x"}, "website"),
    ],
)
def test_register_startup_refused_leaves_nothing_behind(db, siren, others, field):
    ada = make.user()

    with pytest.raises(RuleViolation) as refusal:
        register(ada, siren, **others)

    assert refusal.value.field == field
    assert db.scalars(select(Startup)).all() == []


def test_register_startup_of_a_known_name_asks_whether_it_is_another(db):
    ada = make.user()
    make.startup(name="coherence", region_code="52")

    with pytest.raises(RuleViolation) as refusal:
        register(ada)
    other = register(ada, is_another=True)

    assert refusal.value.field == "name"
    assert db.get_one(Startup, other).name == "Cohérence SAS"


def test_register_startup_is_for_founders(db):
    reviewer = make.user(Role.REVIEWER)

    with pytest.raises(NotAllowed):
        register(reviewer, "732829320")


def test_edit_startup_adds_a_siren_once(db):
    ada = make.user()
    startup = make.startup(people=(ada,), siren=None)
    actor = make.actor(ada)

    startups.edit_startup(actor=actor, startup_id=startup.id, version=1, siren="732829320", details=details())
    db.refresh(startup)
    with pytest.raises(RuleViolation):
        startups.edit_startup(actor=actor, startup_id=startup.id, version=2, siren="404833048", details=details())

    assert (startup.siren, startup.version, startup.name) == ("732829320", 2, "Cohérence SAS")


def test_edit_startup_refuses_the_siren_of_another(db):
    ada = make.user()
    make.startup(siren="732829320")
    startup = make.startup(people=(ada,), siren=None)

    with pytest.raises(RuleViolation) as refusal:
        startups.edit_startup(
            actor=make.actor(ada), startup_id=startup.id, version=1, siren="732829320", details=details()
        )

    assert refusal.value.field == "siren"


def test_edit_startup_from_a_stale_page_changes_nothing(db):
    ada = make.user()
    startup = make.startup(people=(ada,), version=3, name="Before")

    with pytest.raises(Conflict):
        startups.edit_startup(
            actor=make.actor(ada), startup_id=startup.id, version=2, siren=startup.siren, details=details()
        )

    db.refresh(startup)
    assert startup.name == "Before"


def test_edit_startup_is_closed_to_strangers(db):
    startup = make.startup(people=(make.user(),))

    with pytest.raises(NotFound):
        startups.edit_startup(
            actor=make.actor(make.user()), startup_id=startup.id, version=1, siren="", details=details()
        )


def test_add_member_known_or_new(db):
    ada, grace = make.user(name="Ada"), make.user(Role.REVIEWER, email="grace@exemple.fr")
    startup = make.startup(people=(ada,))
    actor = make.actor(ada)

    startups.add_member(actor=actor, startup_id=startup.id, email=" GRACE@exemple.fr", name="")
    startups.add_member(actor=actor, startup_id=startup.id, email="new@exemple.fr", name="Newcomer")

    newcomer = db.scalars(select(User).where(User.email == "new@exemple.fr")).one()
    assert set(db.scalars(select(Membership.user_id))) == {ada.id, grace.id, newcomer.id}
    assert db.scalars(select(RoleGrant.role).where(RoleGrant.user_id == newcomer.id)).all() == [Role.FOUNDER]
    kinds = db.execute(select(Letter.to_user_id, Letter.kind).order_by(Letter.id)).all()
    assert kinds == [(grace.id, "member_added"), (newcomer.id, "invitation"), (newcomer.id, "member_added")]


def test_add_member_is_the_owners_act(db):
    ada, grace = make.user(), make.user()
    startup = make.startup(people=(ada, grace))

    with pytest.raises(NotAllowed):
        startups.add_member(actor=make.actor(grace), startup_id=startup.id, email="eve@exemple.fr", name="Eve")
    with pytest.raises(NotFound):
        startups.add_member(actor=make.actor(make.user()), startup_id=startup.id, email="eve@exemple.fr", name="Eve")
    with pytest.raises(RuleViolation):
        startups.add_member(actor=make.actor(ada), startup_id=startup.id, email=grace.email, name="")

    assert len(db.scalars(select(Membership)).all()) == 2


def test_remove_member_keeps_an_owner(db):
    ada, grace = make.user(), make.user()
    startup = make.startup(people=(ada, grace))

    with pytest.raises(RuleViolation):
        startups.remove_member(actor=make.actor(ada), startup_id=startup.id, user_id=ada.id)
    with pytest.raises(NotAllowed):
        startups.remove_member(actor=make.actor(grace), startup_id=startup.id, user_id=ada.id)
    startups.hand_over(actor=make.actor(ada), startup_id=startup.id, user_id=grace.id)
    startups.remove_member(actor=make.actor(ada), startup_id=startup.id, user_id=ada.id)

    assert db.execute(select(Membership.user_id, Membership.is_owner)).all() == [(grace.id, True)]
    assert db.scalars(select(Letter)).all() == []


def test_remove_member_tells_the_person(db):
    ada, grace = make.user(), make.user()
    startup = make.startup(people=(ada, grace))

    startups.remove_member(actor=make.actor(ada), startup_id=startup.id, user_id=grace.id)

    assert db.execute(select(Letter.to_user_id, Letter.kind)).all() == [(grace.id, "member_removed")]
    with pytest.raises(NotFound):
        startups.remove_member(actor=make.actor(ada), startup_id=startup.id, user_id=grace.id)
