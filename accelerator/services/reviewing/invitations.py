"""Services · Reviewing · Invitations — the person asked accepts, for so many dossiers, or declines with a reason."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select, update

from accelerator.extensions import db
from accelerator.kernel import clock
from accelerator.kernel.actor import SYSTEM, Actor, RoleGrant
from accelerator.kernel.bilingual import Bilingual
from accelerator.kernel.enums import InvitationState, Role
from accelerator.kernel.errors import NotFound, RuleViolation
from accelerator.kernel.message import Message
from accelerator.models.accounts import User
from accelerator.models.programmes import Batch
from accelerator.models.reviewing import BatchReviewer, CommitteeLink
from accelerator.queries.reviewing import committee, invitations
from accelerator.queries.reviewing.invitations import Invitation
from accelerator.rules import reviewing
from accelerator.services import accounts, audit, letters
from accelerator.services.reviewing.calibration import give_calibration
from accelerator.services.reviewing.committee import managed_batch
from accelerator.services.reviewing.duties import managers
from accelerator.services.reviewing.invitation_letters import digest, write_invitation
from accelerator.services.transaction import transaction


@dataclass(frozen=True)
class Accepted:
    """Whose invitation it was; `password_token` lets somebody new choose a password, empty for who has one."""

    user_id: int
    password_token: str


def opened_invitation(token: str) -> Invitation:
    """What the link of a letter leads to; opening it changes nothing. Raises: NotFound."""
    return invitations.invitation(digest(token))


def accept_invitation(*, token: str, capacity: int) -> Accepted:
    """Sit on the committee, for at most so many dossiers, and no more than were asked for.

    Raises: NotFound when the invitation was withdrawn; RuleViolation when it was answered, or its round is over.
    """
    with transaction():
        row, user, batch = _open_invitation(token)
        if not 1 <= capacity <= row.capacity:
            raise RuleViolation(
                Message("A whole number from 1 to %(asked)s, which is what was asked for.", asked=row.capacity),
                field="capacity",
            )
        actor = Actor(user.id, user.name)
        _answer(row, state=InvitationState.ACCEPTED, capacity=capacity)
        accounts.invite(
            actor=SYSTEM, email=user.email, name=user.name, grants=[RoleGrant(Role.REVIEWER)], locale=user.locale
        )
        letters.write(
            user.id,
            "reviewer_named",
            about=f"batch:{batch.id}",
            values={
                "batch": Bilingual(batch.name_fr, batch.name_en),
                "capacity": capacity,
                "due_at": batch.reviews_due_at,
            },
        )
        give_calibration(batch, user.id, clock.now())
        audit.record(actor, "accepted an invitation", f"batch:{batch.id}", user=user.id, capacity=capacity)
        token = "" if user.password_hash else accounts.new_invitation(actor=SYSTEM, user_id=user.id)
        return Accepted(user.id, token)


def decline_invitation(*, token: str, reason: str) -> None:
    """Say no, with a reason that the managers read.

    Raises: NotFound when the invitation was withdrawn; RuleViolation when it was answered, or its round is over.
    """
    with transaction():
        row, user, batch = _open_invitation(token)
        _answer(row, state=InvitationState.DECLINED, decline_reason=reason)
        for user_id in managers():
            letters.write(
                user_id,
                "reviewer_declined",
                about=f"batch:{batch.id}",
                values={
                    "reviewer": user.name,
                    "batch": Bilingual(batch.name_fr, batch.name_en),
                    "batch_code": batch.code,
                    "reason": reason,
                },
            )
        audit.record(
            Actor(user.id, user.name), "declined an invitation", f"batch:{batch.id}", user=user.id, reason=reason
        )


def remind_invited(*, actor: Actor, batch_id: int, user_id: int) -> None:
    """Write once more to somebody who has not answered.

    Raises: NotAllowed, NotFound; RuleViolation when there is nothing to answer or a letter went out within a day.
    """
    with transaction():
        batch = managed_batch(actor, batch_id)
        state = db.session.scalar(
            select(BatchReviewer.state)
            .where(BatchReviewer.batch_id == batch_id, BatchReviewer.user_id == user_id)
            .with_for_update()
        )
        if state is None:
            raise NotFound(Message("This person is not on the committee."))
        if state is not InvitationState.INVITED:
            raise RuleViolation(Message("This person has answered already."))
        if committee.was_invited_since(batch_id, user_id, clock.now() - reviewing.REMINDER_PAUSE):
            raise RuleViolation(Message("A letter went out to this person within a day."))
        write_invitation(batch, user_id, is_reminder=True)
        audit.record(actor, "reminded an invited reviewer", f"batch:{batch_id}", user=user_id)


def _open_invitation(token: str) -> tuple[BatchReviewer, User, Batch]:
    found = db.session.execute(
        select(BatchReviewer, User, Batch)
        .join(CommitteeLink, CommitteeLink.batch_reviewer_id == BatchReviewer.id)
        .join(User, User.id == BatchReviewer.user_id)
        .join(Batch, Batch.id == BatchReviewer.batch_id)
        .where(CommitteeLink.token_sha256 == digest(token), User.is_active)
        .with_for_update(of=BatchReviewer)
    ).first()
    if found is None:
        raise NotFound(Message("This invitation was withdrawn, or its link is not whole. Write to the programme team."))
    row, user, batch = found
    if not (verdict := reviewing.can_answer(row.state, batch.state, batch.reviews_due_at, clock.now())):
        raise RuleViolation(verdict.reason)
    return row, user, batch


def _answer(row: BatchReviewer, **values: object) -> None:
    db.session.execute(
        update(BatchReviewer).where(BatchReviewer.id == row.id).values(answered_at=clock.now(), **values)
    )
