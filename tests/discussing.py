"""A dossier that two reviewers have scored and a third has not, with the programme team beside them."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import update

from accelerator.extensions import db
from accelerator.kernel import clock
from accelerator.kernel.enums import ApplicationState, BatchState, ConflictSource, Role
from accelerator.models.discussion import DiscussionReading, Remark
from accelerator.models.reviewing import Assignment, ConflictOfInterest, Review
from accelerator.services import discussion
from tests import committee, make


class Table:
    """Ada and Grace have sent their reviews of Boréal's dossier, Eve has not; Claire manages the programme."""

    def __init__(self, scores: tuple[float, float] = (4.4, 1.6)) -> None:
        self.claire = make.user(Role.MANAGER, name="Claire Dumont")
        self.ada = make.user(Role.REVIEWER, name="Ada Lovelace")
        self.grace = make.user(Role.REVIEWER, name="Grace Hopper", locale="fr")
        self.eve = make.user(Role.REVIEWER, name="Eve Martin")
        self.rose = make.user(name="Rose Pivert")
        self.batch = make.batch(state=BatchState.REVIEWING)
        for person in (self.ada, self.grace, self.eve):
            make.batch_reviewer(self.batch, person)
        self.startup = make.startup(people=(self.rose,), name="Boréal Santé")
        self.entry = make.application(of=self.batch, by=self.startup, state=ApplicationState.ADMISSIBLE)
        now = clock.now()
        for person, score, comment, days in (
            (self.ada, scores[0], "Solid evidence.", 2),
            (self.grace, scores[1], "Too early.", 1),
        ):
            review = committee.review(self.entry, person, score)
            review.comment, review.submitted_at = comment, now - timedelta(days=days)
        self.open_id = make.assignment(of=self.entry, reviewer=self.eve).id
        db.session.commit()
        self.code = f"{self.entry.id:03d}"
        self.id, self.batch_id, self.startup_id = self.entry.id, self.batch.id, self.startup.id
        self.ids = {one.reviewer_user_id: one.id for one in db.session.query(Assignment).all()}
        self.boss, self.first, self.second, self.third = map(make.actor, (self.claire, self.ada, self.grace, self.eve))

    def duty(self, person) -> int:
        """The assignment of a reviewer."""
        return self.ids[person.id]

    def write(self, actor, body: str, **more) -> int:
        """One remark through the service; its id."""
        return discussion.write_remark(actor=actor, application_id=self.id, body=body, **more).remark_id

    def many(self, count: int, author, **columns) -> list[int]:
        """Remarks straight into the table, a minute apart; their ids."""
        start = clock.now() - timedelta(days=1)
        rows = [
            Remark(
                batch_id=self.batch_id,
                application_id=self.id,
                author_user_id=author.id,
                body=f"Remark number {number}.",
                written_at=start + timedelta(minutes=number),
                **columns,
            )
            for number in range(1, count + 1)
        ]
        db.session.add_all(rows)
        db.session.commit()
        return [row.id for row in rows]

    def read(self, actor) -> None:
        """This person has opened the discussion."""
        discussion.note_read(actor=actor, application_id=self.id, newest_at=clock.now())

    def conflict(self, person) -> None:
        """A conflict on record with the startup, with nothing else changed."""
        db.session.add(
            ConflictOfInterest(
                reviewer_user_id=person.id,
                startup_id=self.startup_id,
                ground="A friend.",
                source=ConflictSource.REGISTERED,
                declared_at=clock.now(),
            )
        )
        db.session.commit()

    def send(self, person, score: float = 3.0) -> None:
        """The person sends the review that was still to do."""
        duty = db.session.get_one(Assignment, self.duty(person))
        db.session.delete(duty)
        db.session.commit()
        committee.review(self.entry, person, score)

    def decide(self) -> None:
        """The batch is decided."""
        self.batch.state = BatchState.DECIDED
        db.session.commit()

    def remarks(self) -> list[tuple[str, bool]]:
        """What is stored, in order: the text, and whether it still stands."""
        rows = db.session.query(Remark).order_by(Remark.id).all()
        return [(row.body, row.withdrawn_at is None) for row in rows]

    def readings(self) -> dict[int, object]:
        """Who has read up to when."""
        return {row.user_id: row.last_seen_at for row in db.session.query(DiscussionReading).all()}

    def scores_are(self, *scores: str) -> None:
        """Set the overalls in the order of the reviews."""
        for row, score in zip(db.session.query(Review).order_by(Review.id).all(), scores, strict=True):
            db.session.execute(update(Review).where(Review.id == row.id).values(overall=score))
        db.session.commit()
