"""Asked by letter, accepted or declined on a page, reminded, withdrawn; no dossier before a yes."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from accelerator.kernel import clock
from accelerator.kernel.enums import ApplicationState, BatchState, InvitationState, LetterState, Role
from accelerator.kernel.errors import NotAllowed, NotFound, RuleViolation
from accelerator.models.accounts import RoleGrant, User
from accelerator.models.audit import AuditEntry
from accelerator.models.letters import Letter
from accelerator.models.reviewing import BatchReviewer, CommitteeLink
from accelerator.queries import batches
from accelerator.queries.reviewing import committee, studio
from accelerator.rules.assignment.wishes import Wishes
from accelerator.services import accounts, reviewing
from tests import make
from tests.conftest import at


class Asked:
    """A manager asks Grace, who is new here, for twelve dossiers."""

    def __init__(self, state=BatchState.REVIEWING) -> None:
        self.boss = make.actor(make.manager())
        self.batch = make.batch(state=state)
        self.batch_id = self.batch.id
        self.entry = make.application(of=self.batch, state=ApplicationState.ADMISSIBLE)
        self.grace_id = self.ask()
        self.token = self.tokens()[0]

    def ask(self, email="grace@exemple.fr", **others):
        values = {"actor": self.boss, "batch_id": self.batch_id, "name": "Grace Hopper", "capacity": 12, **others}
        return reviewing.name_reviewer(email=email, **values)

    def tokens(self):
        bodies = make.db.session.scalars(
            select(Letter.body).where(Letter.kind == "reviewer_invited").order_by(Letter.id)
        )
        return [re.search(r"/committee/([\w-]+)", body).group(1) for body in bodies]

    def row(self):
        make.db.session.expire_all()
        return make.db.session.scalars(select(BatchReviewer)).one()


@pytest.fixture
def asked(db):
    return Asked()


def test_who_is_invited_gets_no_dossier(asked, db):
    preview = studio.preview(asked.batch_id, Wishes(each=1))

    assert preview.loads == ()
    with pytest.raises(RuleViolation, match="not on the committee"):
        reviewing.give(
            actor=asked.boss, batch_id=asked.batch_id, application_id=asked.entry.id, to_user_id=asked.grace_id
        )
    assert batches.figures_of([asked.batch_id])[asked.batch_id].reviewers == 0
    page = committee.committee(asked.batch_id, due_at=asked.batch.reviews_due_at, per_application=1, now=clock.now())
    assert (page.members, page.invited, page.capacity, [row.state for row in page.rows]) == (
        0,
        1,
        0,
        [InvitationState.INVITED],
    )


def test_accept_for_fewer_gives_the_role_and_a_way_to_a_password(asked, db):
    now = at("2026-11-25T09:00+00:00")
    asked.batch.reviews_due_at = now + timedelta(days=20)
    db.commit()

    done = reviewing.accept_invitation(token=asked.token, capacity=5)

    row = asked.row()
    assert (row.state, row.capacity, row.asked_capacity, row.answered_at) == (InvitationState.ACCEPTED, 5, 12, now)
    assert db.scalars(select(RoleGrant.role).where(RoleGrant.user_id == asked.grace_id)).all() == [Role.REVIEWER]
    assert done.user_id == asked.grace_id
    assert accounts.token_is_good(done.password_token)
    assert db.scalars(select(Letter.kind).order_by(Letter.id)).all() == ["reviewer_invited", "reviewer_named"]
    assert [row.name for row in studio.preview(asked.batch_id, Wishes(each=1)).loads] == ["Grace Hopper"]


def test_accept_of_somebody_with_a_password_hands_out_no_token(asked, db):
    db.get_one(User, asked.grace_id).password_hash = accounts.password_hash("une phrase assez longue")
    db.commit()

    assert reviewing.accept_invitation(token=asked.token, capacity=12).password_token == ""


@pytest.mark.parametrize("capacity", [0, -1, 13])
def test_accept_for_another_number_leaves_nothing_behind(asked, db, capacity):
    with pytest.raises(RuleViolation) as refusal:
        reviewing.accept_invitation(token=asked.token, capacity=capacity)

    assert refusal.value.field == "capacity"
    assert asked.row().state is InvitationState.INVITED
    assert db.scalars(select(RoleGrant.role).where(RoleGrant.user_id == asked.grace_id)).all() == []


def test_an_invitation_is_answered_once(asked, db):
    reviewing.accept_invitation(token=asked.token, capacity=3)

    with pytest.raises(RuleViolation, match="accepted already"):
        reviewing.accept_invitation(token=asked.token, capacity=4)
    with pytest.raises(RuleViolation, match="accepted already"):
        reviewing.decline_invitation(token=asked.token, reason="Changed my mind.")

    assert asked.row().capacity == 3


def test_decline_tells_the_managers_why_and_can_be_asked_again(asked, db):
    reviewing.decline_invitation(token=asked.token, reason="On leave until March.")

    row = asked.row()
    letter = db.scalars(select(Letter).where(Letter.kind == "reviewer_declined")).one()
    assert (row.state, row.decline_reason) == (InvitationState.DECLINED, "On leave until March.")
    assert "On leave until March." in letter.body
    with pytest.raises(RuleViolation, match="You have declined"):
        reviewing.accept_invitation(token=asked.token, capacity=3)

    asked.ask(capacity=4)

    row = asked.row()
    assert (row.state, row.capacity, row.decline_reason, row.answered_at) == (InvitationState.INVITED, 4, "", None)
    assert reviewing.accept_invitation(token=asked.tokens()[-1], capacity=4).user_id == asked.grace_id


def test_a_round_that_is_over_asks_for_nothing(asked, db):
    asked.batch.state = BatchState.DECIDED
    db.commit()

    for act in (
        lambda: reviewing.accept_invitation(token=asked.token, capacity=3),
        lambda: reviewing.decline_invitation(token=asked.token, reason="No."),
    ):
        with pytest.raises(RuleViolation, match="are over"):
            act()

    assert asked.row().state is InvitationState.INVITED


def test_remind_once_a_day_and_both_links_are_good(asked, db):
    with pytest.raises(RuleViolation, match="within a day"):
        reviewing.remind_invited(actor=asked.boss, batch_id=asked.batch_id, user_id=asked.grace_id)
    clock.fix(clock.now() + timedelta(hours=25))

    reviewing.remind_invited(actor=asked.boss, batch_id=asked.batch_id, user_id=asked.grace_id)

    first, second = asked.tokens()
    reminder = db.scalars(select(Letter.subject).order_by(Letter.id.desc())).first()
    assert reminder.startswith("Rappel : ")
    assert first != second
    assert reviewing.opened_invitation(first) == reviewing.opened_invitation(second)
    reviewing.accept_invitation(token=first, capacity=2)
    clock.fix(clock.now() + timedelta(hours=25))
    with pytest.raises(RuleViolation, match="answered already"):
        reviewing.remind_invited(actor=asked.boss, batch_id=asked.batch_id, user_id=asked.grace_id)


@pytest.mark.parametrize(("was_sent", "letters"), [(False, []), (True, ["committee_withdrawn"])])
def test_withdraw_before_and_after_the_letter_left(asked, db, was_sent, letters):
    if was_sent:
        db.scalars(select(Letter)).one().state = LetterState.SENT
        db.commit()

    assert reviewing.remove_reviewer(actor=asked.boss, batch_id=asked.batch_id, user_id=asked.grace_id) == 0

    states = dict(db.execute(select(Letter.kind, Letter.state)).all())
    assert [kind for kind in states if kind != "reviewer_invited"] == letters
    assert states["reviewer_invited"] is (LetterState.SENT if was_sent else LetterState.DISCARDED)
    assert db.scalar(select(func.count()).select_from(CommitteeLink)) == 0
    assert db.scalars(select(AuditEntry.verb).order_by(AuditEntry.id.desc())).first() == "withdrew an invitation"
    for act in (
        lambda: reviewing.opened_invitation(asked.token),
        lambda: reviewing.accept_invitation(token=asked.token, capacity=1),
    ):
        with pytest.raises(NotFound, match="withdrawn"):
            act()


def test_another_limit_while_invited_is_what_is_asked(asked, db):
    reviewing.set_capacity(actor=asked.boss, batch_id=asked.batch_id, user_id=asked.grace_id, capacity=6)
    assert (asked.row().asked_capacity, reviewing.opened_invitation(asked.token).asked) == (6, 6)

    reviewing.accept_invitation(token=asked.token, capacity=6)
    reviewing.set_capacity(actor=asked.boss, batch_id=asked.batch_id, user_id=asked.grace_id, capacity=8)

    assert (asked.row().asked_capacity, asked.row().capacity) == (6, 8)


def test_the_secret_is_not_kept(asked, db):
    assert db.scalars(select(CommitteeLink.token_sha256)).all() != [asked.token]
    for token in ("", "nonsense", asked.token[:-1], "\ud800"):
        with pytest.raises(NotFound):
            reviewing.opened_invitation(token)


def test_only_managers_ask_and_remind(asked, db):
    ada = make.actor(make.user(Role.REVIEWER))

    with pytest.raises(NotAllowed):
        asked.ask("eve@exemple.fr", actor=ada)
    with pytest.raises(NotAllowed):
        reviewing.remind_invited(actor=ada, batch_id=asked.batch_id, user_id=asked.grace_id)
    with pytest.raises(NotFound):
        reviewing.remind_invited(actor=asked.boss, batch_id=asked.batch_id, user_id=99)
    with pytest.raises(NotAllowed):
        accounts.open_account(actor=ada, email="x@exemple.fr", name="X", locale="fr")

    assert db.scalar(select(func.count()).select_from(BatchReviewer)) == 1
