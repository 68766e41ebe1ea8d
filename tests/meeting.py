"""A committee in its room: a meeting with chair and members, driven as its pages would."""

from __future__ import annotations

from sqlalchemy import select

from accelerator.extensions import db
from accelerator.kernel import clock
from accelerator.kernel.enums import Ballot, Conclusion, ConflictSource
from accelerator.models.accounts import User
from accelerator.models.meeting import Meeting, MeetingItem
from accelerator.models.reviewing import Assignment, ConflictOfInterest
from accelerator.queries.meeting import room
from accelerator.services import meeting as services
from tests import committee, make


class Room:
    """A meeting with its committee, driven as its pages would."""

    def __init__(self, applications: int = 4, members: int = 3, **columns) -> None:
        self.batch = committee.reviewed_batch(applications=applications, reviewers=members, **columns)
        self.chair = make.actor(make.manager())
        self.entries = committee.entries(self.batch)
        ids = db.session.scalars(
            select(Assignment.reviewer_user_id).where(Assignment.batch_id == self.batch.id).distinct()
        )
        self.members = [db.session.get_one(User, one) for one in sorted(ids)]
        for member in self.members:
            make.batch_reviewer(self.batch, member)
        self.id = 0

    def start(self, *entries, **changes) -> Room:
        self.id = services.start_meeting(
            **{
                "actor": self.chair,
                "code": self.batch.code,
                "title": "Selection committee",
                "place": "STATION F",
                "application_ids": [one.id for one in entries or self.entries],
                **changes,
            }
        )
        return self

    @property
    def seen(self) -> str:
        """The turn as it is now, whoever called the dossier."""
        db.session.rollback()
        row = db.session.execute(select(Meeting.id, Meeting.turn).where(Meeting.id == self.id)).one()
        return f"{row.id}.{row.turn}"

    def arrive(self, *members) -> Room:
        for member in members or self.members:
            services.arrive(actor=make.actor(member), meeting_id=self.id)
        return self

    def call(self, to: str = "next", seen: str | None = None) -> None:
        services.call_dossier(actor=self.chair, code=self.batch.code, seen=seen or self.seen, to=to)

    def open_vote(self) -> None:
        services.open_vote(actor=self.chair, code=self.batch.code, seen=self.seen)

    def close_vote(self) -> None:
        services.close_vote(actor=self.chair, code=self.batch.code, seen=self.seen)

    def vote(self, member, choice: Ballot = Ballot.IN_FAVOUR, seen: str | None = None) -> None:
        services.cast_vote(actor=make.actor(member), meeting_id=self.id, seen=seen or self.seen, choice=choice)

    def step_out(self, member, reason: str = "My brother founded it.") -> None:
        services.step_out(actor=make.actor(member), meeting_id=self.id, seen=self.seen, reason=reason)

    def conclude(self, conclusion: Conclusion = Conclusion.ADMIT, **changes) -> int:
        return services.conclude(
            **{
                "actor": self.chair,
                "code": self.batch.code,
                "seen": self.seen,
                "conclusion": conclusion,
                "note": "",
                **changes,
            }
        )

    def close(self) -> None:
        services.close_meeting(actor=self.chair, code=self.batch.code, seen=self.seen)

    def screen(self, member) -> room.Screen:
        return room.screen(self.id, member.id)

    def item(self, entry) -> MeetingItem:
        db.session.expire_all()
        return db.session.scalars(
            select(MeetingItem).where(MeetingItem.meeting_id == self.id, MeetingItem.application_id == entry.id)
        ).one()

    def tie(self, member, entry, ground: str = "A cousin.") -> None:
        db.session.add(
            ConflictOfInterest(
                reviewer_user_id=member.id,
                startup_id=entry.startup_id,
                ground=ground,
                source=ConflictSource.REGISTERED,
                declared_at=clock.now(),
            )
        )
        db.session.commit()
