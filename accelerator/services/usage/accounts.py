"""Services · Usage · Accounts — whose cloud account it is; the ledger follows at once."""

from __future__ import annotations

from sqlalchemy import select

from accelerator.extensions import db
from accelerator.kernel import clock
from accelerator.kernel.actor import Actor
from accelerator.kernel.errors import NotAllowed, NotFound, RuleViolation
from accelerator.kernel.message import Message
from accelerator.kernel.permissions import Permission
from accelerator.models.credits import CloudAccount
from accelerator.models.startups import Startup
from accelerator.rules import access, usage
from accelerator.services import audit
from accelerator.services.ledger import settle_startup
from accelerator.services.transaction import transaction


def link_cloud_account(*, actor: Actor, sub_account: str, startup_id: int) -> int:
    """Say whose account it is; usage already read goes to the ledger at once. The cloud account id.

    Raises: NotAllowed, NotFound, RuleViolation when the account is another startup's.
    """
    with transaction():
        verdict = access.may(actor, Permission.CREDIT_MANAGE)
        if not verdict:
            raise NotAllowed(verdict.reason)
        if db.session.get(Startup, startup_id) is None:
            raise NotFound(Message("This startup does not exist."))
        name = sub_account.strip()
        if not name or len(name) > usage.LONGEST_NAME or not name.isprintable():
            raise RuleViolation(Message("Type the account as the cost export names it."), field="sub_account")
        account = db.session.scalar(select(CloudAccount).where(CloudAccount.sub_account == name))
        if account is not None and account.startup_id != startup_id:
            raise RuleViolation(Message("This account is linked to another startup."), field="sub_account")
        if account is None:
            account = CloudAccount(startup_id=startup_id, sub_account=name, linked_at=clock.now())
            db.session.add(account)
            db.session.flush()
            audit.record(actor, "linked cloud account", f"cloud_account:{account.id}", startup=startup_id)
            settle_startup(actor=actor, startup_id=startup_id, memo=name)
        return account.id


def unlink_cloud_account(*, actor: Actor, cloud_account_id: int) -> int:
    """Undo a wrong link; what it had used goes back by a correcting posting. The startup id."""
    with transaction():
        verdict = access.may(actor, Permission.CREDIT_MANAGE)
        if not verdict:
            raise NotAllowed(verdict.reason)
        account = db.session.get(CloudAccount, cloud_account_id)
        if account is None:
            raise NotFound(Message("This account is not linked."))
        startup_id, name = account.startup_id, account.sub_account
        db.session.delete(account)
        db.session.flush()
        audit.record(actor, "unlinked cloud account", f"startup:{startup_id}", sub_account=name)
        settle_startup(actor=actor, startup_id=startup_id, memo=name)
        return startup_id
