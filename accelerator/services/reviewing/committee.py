"""Services · Reviewing · Committee — asking reviewers to sit on it, agreeing limits, letting somebody go."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import delete, select, update

from accelerator.extensions import db
from accelerator.kernel import clock
from accelerator.kernel.actor import Actor
from accelerator.kernel.enums import BatchState, InvitationState, Sector
from accelerator.kernel.errors import NotAllowed, NotFound, RuleViolation
from accelerator.kernel.message import Message
from accelerator.kernel.permissions import Permission
from accelerator.kernel.regions import REGIONS
from accelerator.models.accounts import User
from accelerator.models.programmes import Batch
from accelerator.models.reviewing import Assignment, BatchReviewer
from accelerator.rules import access
from accelerator.services import accounts, audit, request_keys
from accelerator.services.reviewing.duties import take_back
from accelerator.services.reviewing.invitation_letters import invite_member, withdraw_letters
from accelerator.services.transaction import changed_rows, transaction


def managed_batch(actor: Actor, batch_id: int) -> Batch:
    """The batch, for somebody who runs its reviewing. Raises: NotAllowed, NotFound."""
    if not (verdict := access.may(actor, Permission.REVIEWING_MANAGE)):
        raise NotAllowed(verdict.reason)
    batch = db.session.get(Batch, batch_id)
    if batch is None:
        raise NotFound(Message("There is no such batch."))
    return batch


def name_reviewer(
    *, actor: Actor, batch_id: int, email: str, name: str, capacity: int, locale: str = "fr", request_key: str = ""
) -> int:
    """Ask a person, by letter, to sit on a batch's committee; dossiers come once they accept. The user id.

    Somebody unknown gets an account without a role; who declined can be asked again.

    Raises: NotAllowed, NotFound, RuleViolation.
    """
    email = accounts.normal_email(email)
    with transaction():
        if (earlier := request_keys.earlier_result(actor, request_key)) is not None:
            return int(earlier)
        batch = managed_batch(actor, batch_id)
        if batch.state is BatchState.DECIDED:
            raise RuleViolation(Message("This batch is decided: its committee no longer changes."))
        known = db.session.execute(select(User.id, User.name, User.is_active).where(User.email == email)).first()
        if known is None and not name:
            raise RuleViolation(Message("Nobody here has this address yet: type the person's name."), field="name")
        if known is not None and not known.is_active:
            raise RuleViolation(Message("This account is closed."), field="email")
        if known is not None and _is_member(batch_id, known.id):
            raise RuleViolation(Message("%(name)s is already on the committee.", name=known.name), field="email")
        user_id = accounts.open_account(actor=actor, email=email, name=name, locale=locale)
        invite_member(batch, user_id, capacity)
        audit.record(actor, "invited a reviewer", f"batch:{batch_id}", user=user_id, capacity=capacity)
        request_keys.keep(actor, request_key, user_id)
        return user_id


def set_capacity(*, actor: Actor, batch_id: int, user_id: int, capacity: int) -> None:
    """Agree another limit with a reviewer, or ask another one of who is invited; dossiers already held stay.

    Raises: NotAllowed, NotFound.
    """
    with transaction():
        managed_batch(actor, batch_id)
        changed = changed_rows(
            update(BatchReviewer)
            .where(BatchReviewer.batch_id == batch_id, BatchReviewer.user_id == user_id)
            .values(capacity=capacity)
        )
        if not changed:
            raise NotFound(Message("This person is not on the committee."))
        db.session.execute(
            update(BatchReviewer)
            .where(
                BatchReviewer.batch_id == batch_id,
                BatchReviewer.user_id == user_id,
                BatchReviewer.state == InvitationState.INVITED,
            )
            .values(asked_capacity=capacity)
        )
        audit.record(actor, "agreed a limit", f"batch:{batch_id}", user=user_id, capacity=capacity)


def set_fields(
    *, actor: Actor, batch_id: int, user_id: int, topics: Collection[Sector], regions: Collection[str]
) -> None:
    """Note which sectors and regions (INSEE codes) a reviewer knows well; the next hand-out heeds them.

    Raises: NotAllowed, NotFound, RuleViolation.
    """
    with transaction():
        managed_batch(actor, batch_id)
        if unknown := set(regions) - set(REGIONS):
            raise RuleViolation(Message("There is no region “%(code)s”.", code=min(unknown)), field="regions")
        known = {"topics": sorted(str(topic) for topic in set(topics)), "regions": sorted(set(regions))}
        changed = changed_rows(
            update(BatchReviewer)
            .where(BatchReviewer.batch_id == batch_id, BatchReviewer.user_id == user_id)
            .values(**known)
        )
        if not changed:
            raise NotFound(Message("This person is not on the committee."))
        audit.record(actor, "noted what a reviewer knows", f"batch:{batch_id}", user=user_id, **known)


def remove_reviewer(*, actor: Actor, batch_id: int, user_id: int) -> int:
    """Take a person off the committee; open dossiers go back, reviews sent stay. How many went back.

    An invitation that nobody has answered is withdrawn: who has had its letter gets another.

    Raises: NotAllowed, NotFound.
    """
    with transaction():
        batch = managed_batch(actor, batch_id)
        state = db.session.scalar(
            select(BatchReviewer.state).where(BatchReviewer.batch_id == batch_id, BatchReviewer.user_id == user_id)
        )
        if state is None or not changed_rows(
            delete(BatchReviewer).where(BatchReviewer.batch_id == batch_id, BatchReviewer.user_id == user_id)
        ):
            raise NotFound(Message("This person is not on the committee."))
        if state is not InvitationState.ACCEPTED:
            if state is InvitationState.INVITED:
                withdraw_letters(batch, user_id)
            audit.record(actor, "withdrew an invitation", f"batch:{batch_id}", user=user_id)
            return 0
        returned = take_back((Assignment.batch_id == batch_id) & (Assignment.reviewer_user_id == user_id), clock.now())
        audit.record(actor, "took a reviewer off the committee", f"batch:{batch_id}", user=user_id, returned=returned)
        return returned


def _is_member(batch_id: int, user_id: int) -> bool:
    found = select(BatchReviewer.id).where(
        BatchReviewer.batch_id == batch_id,
        BatchReviewer.user_id == user_id,
        BatchReviewer.state != InvitationState.DECLINED,
    )
    return db.session.scalar(found) is not None
