"""The first people of a new house come in by the operator's door."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from accelerator.kernel.enums import Role
from accelerator.kernel.errors import NotAllowed
from accelerator.models.accounts import AccountToken, RoleGrant, User
from accelerator.services import accounts
from tests import make


def run(app, *arguments: str):
    return app.test_cli_runner().invoke(args=["staff", "add", *arguments])


def test_the_link_lets_the_person_choose_a_password_once(app, db, browser):
    result = run(app, "Ada@Exemple.fr", "--name", "Ada", "--role", "administrator", "--role", "manager")

    assert result.exit_code == 0
    token = result.output.strip().rpartition("/")[2]
    user_id, _epoch = accounts.set_password(token=token, password="a long sentence works")
    assert db.get(User, user_id).email == "ada@exemple.fr"
    assert not accounts.token_is_good(token)
    held = set(db.scalars(select(RoleGrant.role).where(RoleGrant.user_id == user_id)))
    assert held == {Role.ADMINISTRATOR, Role.MANAGER}


def test_a_coordinator_gets_every_region_named(app, db):
    result = run(app, "eve@exemple.fr", "--name", "Eve", "--role", "coordinator", "--region", "84", "--region", "93")

    assert result.exit_code == 0
    assert sorted(db.scalars(select(RoleGrant.region_code))) == ["84", "93"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("eve@exemple.fr", "--name", "Eve", "--role", "coordinator"), "Choose the region this person coordinates."),
        (("eve", "--name", "Eve", "--role", "manager"), "@"),
    ],
)
def test_what_cannot_be_is_refused_and_leaves_nobody(app, db, arguments, sentence):
    result = run(app, *arguments)

    assert result.exit_code == 2
    assert sentence in result.stderr
    assert db.scalars(select(User.id)).all() == []


def test_a_founder_makes_no_links(db):
    ada = make.user(Role.FOUNDER)

    with pytest.raises(NotAllowed):
        accounts.new_invitation(actor=make.actor(ada), user_id=ada.id)

    assert db.scalars(select(AccountToken.id)).all() == []
