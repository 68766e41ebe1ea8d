"""Services · Reviewing · Proposals — a large plan made in the background, with progress, and stopped when asked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select, update

from accelerator.extensions import db
from accelerator.kernel import clock
from accelerator.kernel.actor import Actor
from accelerator.kernel.errors import RuleViolation
from accelerator.kernel.message import Message
from accelerator.models.reviewing import AssignmentProposal
from accelerator.queries.reviewing import planning, studio
from accelerator.rules.assignment import Step, Stopped
from accelerator.rules.assignment.wishes import Wishes
from accelerator.services import audit, request_keys, tasks
from accelerator.services.reviewing.committee import managed_batch
from accelerator.services.transaction import changed_rows, transaction

KIND: Final = "assignment_proposal"
LOOK_EVERY: Final = timedelta(seconds=1)
"""How often the work asks whether it is still wanted."""


def ask_proposal(*, actor: Actor, batch_id: int, asked: Wishes, request_key: str = "") -> int:
    """Have a plan made in the background; the one that is on its way already if it is the same. The proposal id.

    Raises: NotAllowed, NotFound, RuleViolation.
    """
    with transaction():
        managed_batch(actor, batch_id)
        if (earlier := request_keys.earlier_result(actor, request_key)) is not None:
            return int(earlier)
        found = planning.basis(batch_id)
        if not planning.is_large(found, asked):
            raise RuleViolation(Message("This plan is made at once: open the page of the assignment."))
        name = planning.basis_name(found, asked)
        row = studio.find_proposal(batch_id, name)
        if row is not None and (row[0].is_waited_for or row[0].is_made):
            return row[0].id
        proposal = AssignmentProposal(
            batch_id=batch_id,
            basis=name,
            options=asked.document(),
            asked_at=clock.now(),
            asked_by_user_id=actor.user_id,
        )
        db.session.add(proposal)
        db.session.flush()
        proposal.task_id = tasks.queue(KIND, {"proposal_id": proposal.id})
        request_keys.keep(actor, request_key, proposal.id)
        audit.record(actor, "asked for a proposal", f"batch:{batch_id}", proposal=proposal.id, **asked.document())
        return proposal.id


def stop_proposal(*, actor: Actor, batch_id: int, proposal_id: int) -> None:
    """Give up a plan that is being made.

    Raises: NotAllowed, NotFound, RuleViolation.
    """
    with transaction():
        managed_batch(actor, batch_id)
        studio.proposal(batch_id, proposal_id)
        stopped = changed_rows(
            update(AssignmentProposal)
            .where(
                AssignmentProposal.id == proposal_id,
                AssignmentProposal.stopped_at.is_(None),
                AssignmentProposal.outcome.is_(None),
            )
            .values(stopped_at=clock.now())
        )
        if not stopped:
            raise RuleViolation(Message("This proposal is ready, or was stopped already."))
        audit.record(actor, "stopped a proposal", f"batch:{batch_id}", proposal=proposal_id)


@tasks.worker(KIND)
def make_proposal(progress: tasks.Progress, arguments: Mapping[str, object]) -> None:
    """Make one plan and keep its pairs; nothing is kept of one that was stopped or whose basis has changed."""
    proposal_id = int(str(arguments["proposal_id"]))
    row = db.session.get_one(AssignmentProposal, proposal_id)
    batch_id, basis, asked = row.batch_id, row.basis, Wishes.of(row.options)
    is_done = row.stopped_at is not None or row.outcome is not None
    found = planning.basis(batch_id)
    db.session.rollback()
    if is_done or planning.basis_name(found, asked) != basis:
        return
    try:
        made = planning.plan(found, asked, seed=batch_id, watch=_Watch(progress, proposal_id))
    except Stopped:
        return
    with transaction():
        db.session.execute(
            update(AssignmentProposal)
            .where(AssignmentProposal.id == proposal_id, AssignmentProposal.stopped_at.is_(None))
            .values(outcome={"pairs": made.pairs, "bound": made.bound, "price": made.price_of_connection})
        )


class _Watch:
    """Stores each step, and answers whether the plan is still wanted."""

    def __init__(self, progress: tasks.Progress, proposal_id: int) -> None:
        self.progress, self.proposal_id = progress, proposal_id
        self.told = ""
        self.looked_at: datetime | None = None

    def __call__(self, step: Step) -> bool:
        now = clock.now()
        if self.told == step.name and self.looked_at is not None and now - self.looked_at < LOOK_EVERY:
            return True
        self.told, self.looked_at = str(step.name), now
        self.progress.step(step.done, step.total, step.name.msgid)
        stopped_at = db.session.scalar(
            select(AssignmentProposal.stopped_at).where(AssignmentProposal.id == self.proposal_id)
        )
        db.session.rollback()
        return stopped_at is None
