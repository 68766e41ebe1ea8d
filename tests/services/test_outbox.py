"""The outbox in the hands of the team: waves, one letter, those that failed; roles given and taken."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from accelerator.kernel import clock
from accelerator.kernel.actor import RoleGrant as Grant
from accelerator.kernel.enums import LetterState, Role
from accelerator.kernel.errors import Conflict, NotAllowed, NotFound, RuleViolation
from accelerator.models.accounts import RoleGrant, User
from accelerator.models.letters import Letter
from accelerator.services import accounts, letters
from accelerator.services.transaction import transaction
from tests import make


def draft(kind: str = "invitation", state: LetterState = LetterState.DRAFT) -> int:
    ada = make.user()
    with transaction():
        letter_id = letters.write(ada.id, kind, about=f"user:{ada.id}", values={"token": "t"}, as_draft=True)
    with transaction():
        letter = letters.db.session.get_one(Letter, letter_id)
        letter.state = state
    return letter_id


def states(db) -> list[LetterState]:
    return list(db.scalars(select(Letter.state).order_by(Letter.id)))


def test_wave_sends_what_the_recap_counted_and_nothing_written_since(db):
    _first, second = draft(), draft()
    other = draft("password_reset")
    later = draft()

    released = letters.release_wave(actor=make.actor(make.manager()), kind="invitation", upto_id=second)

    assert (released, other, later) == (2, 3, 4)
    assert states(db) == [LetterState.QUEUED, LetterState.QUEUED, LetterState.DRAFT, LetterState.DRAFT]


@pytest.mark.parametrize(
    ("act", "good", "after"),
    [
        (letters.release_letter, {LetterState.DRAFT}, LetterState.QUEUED),
        (letters.retry_letter, {LetterState.FAILED}, LetterState.QUEUED),
        (letters.discard_letter, {LetterState.DRAFT, LetterState.QUEUED, LetterState.FAILED}, LetterState.DISCARDED),
    ],
)
@pytest.mark.parametrize("state", list(LetterState))
def test_each_act_moves_a_letter_from_the_states_it_fits(db, act, good, after, state):
    letter_id = draft(state=state)
    actor = make.actor(make.manager())

    if state in good:
        act(actor=actor, letter_id=letter_id)
        assert states(db) == [after]
    else:
        with pytest.raises(Conflict):
            act(actor=actor, letter_id=letter_id)
        assert states(db) == [state]


def test_a_letter_that_is_being_sent_is_not_discarded(db):
    letter_id = draft(state=LetterState.QUEUED)
    with transaction():
        db.get_one(Letter, letter_id).leased_until = clock.now()

    with pytest.raises(Conflict):
        letters.discard_letter(actor=make.actor(make.manager()), letter_id=letter_id)


def test_retry_failed_takes_them_all(db):
    draft(state=LetterState.FAILED), draft(state=LetterState.FAILED), draft(state=LetterState.SENT)

    assert letters.retry_failed(actor=make.actor(make.manager())) == 2
    assert states(db) == [LetterState.QUEUED, LetterState.QUEUED, LetterState.SENT]


def test_unknown_letter_is_not_found_and_strangers_are_refused(db):
    with pytest.raises(NotFound):
        letters.discard_letter(actor=make.actor(make.manager()), letter_id=9)
    with pytest.raises(NotAllowed):
        letters.discard_letter(actor=make.actor(make.user(Role.SPONSOR)), letter_id=draft())
    with pytest.raises(NotAllowed):
        letters.release_wave(actor=make.actor(make.user(Role.SPONSOR)), kind="invitation", upto_id=9)
    with pytest.raises(NotAllowed):
        letters.retry_failed(actor=make.actor(make.user(Role.SPONSOR)))


def test_the_last_administrator_keeps_the_role(db):
    ada, eve = make.user(Role.ADMINISTRATOR), make.user(Role.ADMINISTRATOR)

    accounts.revoke_role(actor=make.actor(ada), user_id=eve.id, role=Role.ADMINISTRATOR)
    with pytest.raises(RuleViolation):
        accounts.revoke_role(actor=make.actor(ada), user_id=ada.id, role=Role.ADMINISTRATOR)

    assert db.scalars(select(RoleGrant.user_id)).all() == [ada.id]


def test_a_disabled_administrator_does_not_count_as_another_one(db):
    ada, eve = make.user(Role.ADMINISTRATOR), make.user(Role.ADMINISTRATOR)
    with transaction():
        db.get_one(User, eve.id).is_active = False

    with pytest.raises(RuleViolation):
        accounts.revoke_role(actor=make.actor(ada), user_id=ada.id, role=Role.ADMINISTRATOR)


def test_a_coordinator_loses_one_region_and_keeps_the_other(db):
    luc = make.user((Role.COORDINATOR, "84"), (Role.COORDINATOR, "93"))
    admin = make.actor(make.user(Role.ADMINISTRATOR))

    accounts.revoke_role(actor=admin, user_id=luc.id, role=Role.COORDINATOR, region_code="84")

    assert make.actor(luc).regions() == {"93"}
    with pytest.raises(NotFound):
        accounts.revoke_role(actor=admin, user_id=luc.id, role=Role.COORDINATOR, region_code="84")


def test_a_coordinator_needs_a_region(db):
    admin = make.actor(make.user(Role.ADMINISTRATOR))

    with pytest.raises(RuleViolation) as refusal:
        accounts.invite(actor=admin, email="luc@exemple.fr", name="Luc", grants=[Grant(Role.COORDINATOR)])

    assert refusal.value.field == "region_code"
    assert db.scalars(select(User).where(User.email == "luc@exemple.fr")).all() == []
