"""Rules · Assignment · Explain — why an application, a reviewer or a group stays short, in a sentence each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from accelerator.kernel.message import Message
from accelerator.rules.assignment.graph import Pair
from accelerator.rules.assignment.instance import Instance
from accelerator.rules.assignment.plan import Flags, Integers, Shortfall, UnderLoad, Undiverse


class Account:
    """A plan held against what was asked of it."""

    def __init__(self, one: Instance, pairs: Sequence[Pair]) -> None:
        self.one = one
        self.held: Flags = np.zeros(one.allowed.shape, dtype=np.bool_)
        for row, column in pairs:
            self.held[row, column] = True
        self.loads: Integers = one.load + self.held.sum(axis=0)
        self.has_room: Flags = self.loads < np.array([person.capacity for person in one.reviewers], dtype=np.int64)

    def shortfalls(self) -> tuple[Shortfall, ...]:
        """The applications with fewer reviews than asked, by id."""
        one = self.one
        missing = (one.need - self.held.sum(axis=1)).tolist()
        return tuple(
            Shortfall(id_, missing[row], self._why_short(row))
            for id_, row in sorted((id_, row) for row, id_ in enumerate(one.applications))
            if missing[row] > 0
        )

    def _why_short(self, row: int) -> Message:
        one = self.one
        free = int(one.allowed[row].sum())
        if not one.reviewers:
            return Message("Nobody is on the committee yet.")
        if free < one.need[row] and one.unlisted[row]:
            return Message(
                "Only %(count)s of %(committee)s reviewers can take it (not listed for it: %(unlisted)s); the others hold it "
                "already or have a conflict of interest.",
                count=free,
                committee=len(one.reviewers),
                unlisted=int(one.unlisted[row]),
            )
        if free < one.need[row]:
            return Message(
                "Only %(count)s of %(committee)s reviewers can still take it: the others hold it already, have a "
                "conflict of interest or gave it back.",
                count=free,
                committee=len(one.reviewers),
            )
        if (one.allowed[row] & ~self.held[row] & self.has_room).any():
            return Message(
                "A reviewer who has room would share more dossiers with another reader of it than the limit of %(most)s. "
                "Raise that limit or name one more reviewer.",
                most=one.limits.co_reviews,
            )
        return Message(
            "Every reviewer who could take it already holds the number of dossiers agreed. Raise a limit or name "
            "one more reviewer."
        )

    def under(self) -> tuple[UnderLoad, ...]:
        """The reviewers with fewer dossiers than agreed as a minimum, by id."""
        return tuple(self._under())

    def _under(self) -> Iterator[UnderLoad]:
        one = self.one
        for id_, column in sorted((person.id, column) for column, person in enumerate(one.reviewers)):
            person = one.reviewers[column]
            if (missing := person.minimum - int(self.loads[column])) > 0:
                yield UnderLoad(id_, missing, self._why_under(column, person.minimum, person.capacity))

    def _why_under(self, column: int, minimum: int, capacity: int) -> Message:
        one = self.one
        open_to = int((one.allowed[:, column] & (one.need > 0)).sum())
        promised = int(np.maximum([person.minimum for person in one.reviewers], one.load).sum())
        reviews = int(one.load.sum() + one.need.sum())
        if capacity < minimum:
            return Message(
                "The minimum of %(minimum)s is above the limit of %(capacity)s.", minimum=minimum, capacity=capacity
            )
        if open_to + int(one.load[column]) < minimum:
            return Message(
                "Applications open to this reviewer: %(count)s. The others need no more reviews, are held already or are in "
                "conflict.",
                count=open_to,
            )
        if promised > reviews:
            return Message(
                "The minimum loads add up to %(promised)s dossiers, but only %(reviews)s reviews are to be given.",
                promised=promised,
                reviews=reviews,
            )
        return Message(
            "Giving this reviewer more would leave an application short, or another reviewer below the minimum."
        )

    def undiverse(self) -> tuple[Undiverse, ...]:
        """The applications that lack readers of a group, by id and group."""
        return tuple(self._undiverse())

    def _undiverse(self) -> Iterator[Undiverse]:
        one = self.one
        for id_, row in sorted((id_, row) for row, id_ in enumerate(one.applications)):
            for place, group in enumerate(one.limits.groups):
                given = int((self.held[row] & one.is_member[place]).sum())
                if (missing := int(one.lacking[row, place]) - given) > 0:
                    yield Undiverse(id_, group.name, missing, self._why_undiverse(row, place))

    def _why_undiverse(self, row: int, place: int) -> Message:
        one = self.one
        could = one.allowed[row] & one.is_member[place]
        wanted = int(one.lacking[row].sum())
        if not one.is_member[place].any():
            return Message("Nobody on the committee is in this group.")
        if int(could.sum()) < one.lacking[row, place]:
            return Message(
                "Reviewers of this group who can still take it: %(count)s. The others hold it already or have a conflict of "
                "interest.",
                count=int(could.sum()),
            )
        if wanted > one.need[row]:
            return Message(
                "Reviews that it still gets: %(reviews)s, too few for a reader of every group it lacks.",
                reviews=int(one.need[row]),
            )
        if not (could & ~self.held[row] & self.has_room).any():
            return Message(
                "Every reviewer of this group who could take it already holds the number of dossiers agreed."
            )
        return Message("A reader of this group would leave another application short, or break another limit.")
