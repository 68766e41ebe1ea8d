"""Services · Credit returns — what a startup or a batch does not need goes back, with a reason."""

from __future__ import annotations

from accelerator.extensions import db
from accelerator.kernel.actor import Actor
from accelerator.kernel.enums import LedgerAccount, PostingKind
from accelerator.kernel.errors import NotFound, RuleViolation
from accelerator.kernel.message import Message
from accelerator.kernel.money import Money
from accelerator.models.credits import CreditGrant
from accelerator.rules import ledger
from accelerator.services import audit, request_keys
from accelerator.services.credits import locked_allocation, require_amount, require_manager
from accelerator.services.ledger import grant_left, post
from accelerator.services.transaction import transaction


def return_unused(*, actor: Actor, grant_id: int, amount_minor: int, reason: str, request_key: str = "") -> int:
    """Take unused credits of a grant back to its batch; the posting id.

    Raises: NotAllowed, NotFound, RuleViolation when less is left or no reason is given.
    """
    with transaction():
        require_manager(actor)
        if (earlier := request_keys.earlier_result(actor, request_key)) is not None:
            return int(earlier)
        require_amount(amount_minor)
        row = db.session.get(CreditGrant, grant_id, with_for_update=True)
        if row is None or row.reversed_at is not None:
            raise NotFound(Message("This grant does not exist."))
        if not reason.strip():
            raise RuleViolation(Message("Say why."), field="reason")
        if amount_minor > (left := grant_left(grant_id)):
            raise RuleViolation(
                Message("Only %(left)s is left of this grant.", left=Money(left, row.currency)), field="amount"
            )
        allocation, pool = locked_allocation(row.allocation_id)
        lines = ledger.move(
            LedgerAccount.GRANT,
            LedgerAccount.ALLOCATION,
            amount_minor,
            pool.currency,
            pool_id=pool.id,
            allocation_id=allocation.id,
            grant_id=grant_id,
        )
        posting_id = post(actor, PostingKind.RETURN, lines, memo=reason.strip())
        audit.record(actor, "returned credits", f"credit_grant:{grant_id}", minor=amount_minor, reason=reason)
        request_keys.keep(actor, request_key, posting_id)
        return posting_id


def return_allocation(
    *, actor: Actor, allocation_id: int, amount_minor: int, reason: str, request_key: str = ""
) -> int:
    """Take credits a batch has not granted back to the pool; the posting id."""
    with transaction():
        require_manager(actor)
        if (earlier := request_keys.earlier_result(actor, request_key)) is not None:
            return int(earlier)
        require_amount(amount_minor)
        if not reason.strip():
            raise RuleViolation(Message("Say why."), field="reason")
        allocation, pool = locked_allocation(allocation_id)
        lines = ledger.move(
            LedgerAccount.ALLOCATION,
            LedgerAccount.POOL,
            amount_minor,
            pool.currency,
            pool_id=pool.id,
            allocation_id=allocation.id,
        )
        posting_id = post(actor, PostingKind.RETURN, lines, memo=reason.strip())
        audit.record(actor, "returned allocation", f"credit_allocation:{allocation_id}", minor=amount_minor)
        request_keys.keep(actor, request_key, posting_id)
        return posting_id
