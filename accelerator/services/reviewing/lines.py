"""Services · Reviewing · Lines — a spreadsheet of assignments applied as it was previewed."""

from __future__ import annotations

import hashlib
from collections import Counter

from sqlalchemy import ColumnElement, and_, delete, or_

from accelerator.extensions import db
from accelerator.kernel import clock
from accelerator.kernel.actor import Actor
from accelerator.kernel.enums import AssignmentState
from accelerator.kernel.errors import Conflict, RuleViolation
from accelerator.kernel.message import Message
from accelerator.models.applications import Application
from accelerator.models.reviewing import Assignment
from accelerator.queries.reviewing import desks
from accelerator.rules.assignment_lines import Action, Judged, judge, read_lines
from accelerator.services import audit, blindness, request_keys
from accelerator.services.reviewing.duties import recount, take_back
from accelerator.services.reviewing.handing_out import assignable, store, tell_reviewers
from accelerator.services.transaction import transaction

_AT_ONCE = 200


def judged_lines(*, batch_id: int, content: bytes) -> tuple[list[Judged], str]:
    """What each line of a file would do, and a short name of exactly that.

    Raises: RuleViolation on "file" when it cannot be read.
    """
    judged = judge(read_lines(content), desks.desks(batch_id))
    does = [(one.action, one.pair) for one in judged if one.refusal is None]
    return judged, hashlib.sha256(repr(does).encode()).hexdigest()[:16]


def apply_lines(
    *, actor: Actor, batch_id: int, content: bytes, fingerprint: str, reason: str, request_key: str = ""
) -> tuple[int, int]:
    """Do what the lines that are not refused ask for, as it was previewed; how many were given and taken away.

    Raises: NotAllowed, NotFound, RuleViolation; Conflict when the lines would now do something else.
    """
    blindness.search_batch(batch_id)
    with transaction():
        now = clock.now()
        batch = assignable(actor, batch_id, now)
        if (earlier := request_keys.earlier_result(actor, request_key)) is not None:
            before = str(earlier).split("/")
            return int(before[0]), int(before[1])
        judged, name = judged_lines(batch_id=batch_id, content=content)
        if name != fingerprint:
            raise Conflict(
                Message("Something changed since you looked: these lines would do something else. Look again.")
            )
        does = [(one.action, one.pair) for one in judged if one.refusal is None and one.pair is not None]
        given = [pair for action, pair in does if action is Action.GIVE]
        taken = [pair for action, pair in does if action is Action.TAKE]
        if not given and not taken:
            raise RuleViolation(Message("There is nothing to do in this file."), field="file")
        if not reason.strip():
            raise RuleViolation(Message("Write a sentence."), field="reason")
        for some in (taken[at : at + _AT_ONCE] for at in range(0, len(taken), _AT_ONCE)):
            take_back(or_(*(_is(*pair) for pair in some)), now)
        for some in (given[at : at + _AT_ONCE] for at in range(0, len(given), _AT_ONCE)):
            declined = Assignment.state == AssignmentState.DECLINED
            db.session.execute(delete(Assignment).where(or_(*(_is(*pair) for pair in some)), declined))
        if given:
            store(batch, given, now, handed_out_at=now)
        recount(Application.batch_id == batch_id)
        tell_reviewers(batch, Counter(reviewer_id for _, reviewer_id in given))
        audit.record(
            actor, "assigned from a file", f"batch:{batch_id}", given=len(given), taken=len(taken), reason=reason
        )
        request_keys.keep(actor, request_key, f"{len(given)}/{len(taken)}")
        return len(given), len(taken)


def _is(application_id: int, reviewer_id: int) -> ColumnElement[bool]:
    return and_(Assignment.application_id == application_id, Assignment.reviewer_user_id == reviewer_id)
