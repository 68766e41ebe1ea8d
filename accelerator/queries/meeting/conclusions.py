"""Queries · Meeting · Conclusions — where what is prepared, or decided, is not what the committee concluded."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select

from accelerator.extensions import db
from accelerator.kernel.enums import Conclusion, Outcome
from accelerator.models.applications import Application
from accelerator.models.meeting import Meeting, MeetingItem
from accelerator.models.selection import Decision
from accelerator.models.startups import Startup
from accelerator.rules import meeting as rules
from accelerator.rules import reviewing


@dataclass(frozen=True)
class Overturned:
    """One dossier on which the last conclusion of a meeting is not the choice; the reason is the choice's."""

    application_id: int
    startup: str
    concluded: Conclusion
    outcome: Outcome
    reason: str


def overturned(batch_id: int) -> list[Overturned]:
    """The conclusions of a batch's meetings that its choices do not follow, by name. One statement."""
    last = (
        select(func.max(MeetingItem.id))
        .join(Meeting, Meeting.id == MeetingItem.meeting_id)
        .where(Meeting.batch_id == batch_id, MeetingItem.conclusion.in_(rules.OUTCOME_OF))
        .group_by(MeetingItem.application_id)
    )
    rows = db.session.execute(
        select(
            MeetingItem.application_id,
            Startup.name,
            MeetingItem.conclusion,
            Decision.outcome,
            func.coalesce(Decision.reason, "").label("reason"),
        )
        .join(Application, Application.id == MeetingItem.application_id)
        .join(Startup, Startup.id == Application.startup_id)
        .outerjoin(Decision, Decision.application_id == MeetingItem.application_id)
        .where(MeetingItem.id.in_(last), Application.state.not_in(reviewing.UNREADABLE))
        .order_by(Startup.name, MeetingItem.application_id)
    )
    found = [
        Overturned(row.application_id, row.name, row.conclusion, row.outcome or Outcome.REFUSE, row.reason)
        for row in rows
    ]
    return [one for one in found if rules.OUTCOME_OF[one.concluded] is not one.outcome]
