"""Services · Demo · Interests — registers of the reviewers, investors of a few startups, what waits for the manager."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Final

from accelerator.kernel.enums import InterestKind, InvitationState, TieKind
from accelerator.models.interests import Interest, InterestStatement, StartupTie
from accelerator.models.reviewing import BatchReviewer
from accelerator.models.startups import Membership
from accelerator.services.demo.accounts import DOMAIN, add_person
from accelerator.services.demo.applications import Entry
from accelerator.services.demo.story import BatchFacts, StartupFacts, Story

INVITED: Final = ("Camille Roussel", f"camille.roussel@{DOMAIN}")
FUND: Final = ("Groupe Belvédère Capital", "BELVEDERE CAPITAL S.A.S.")
"""One fund as a reviewer and as a startup write it."""


def declare_interests(
    story: Story,
    batch: BatchFacts,
    entries: Sequence[Entry],
    member_ids: Sequence[int],
    taken: Collection[tuple[int, int]],
    capacity: int,
) -> None:
    """A few declared ties, one certain conflict, two suspicions and one invitation that wait; everybody has stated.

    Args: taken are the pairs of application and reviewer that are on a desk; a certain conflict is with another.
    """
    declared_at = batch.closes_at - timedelta(days=7)
    register = _Register(story, declared_at)
    ours, second, third = member_ids[0], member_ids[1], member_ids[2]
    register.add(ours, InterestKind.FUND, FUND[0], note="Associée depuis la création du fonds.", since_year=2019)
    register.add(ours, InterestKind.PAST_EMPLOYER, "Ateliers du Ponant", since_year=2012, until_year=2024)
    register.add(second, InterestKind.ADVISING, "Fabrique des Horizons", since_year=2023)
    register.add(third, InterestKind.CLOSE_PERSON, "", person="Solène Kervella", note="Sœur.")
    on_ours = [entry for entry in entries if (entry.id, ours) in taken]
    named = on_ours[len(on_ours) // 2].startup
    _tie(story, named, TieKind.SHAREHOLDER, declared_at, organisation=FUND[1])
    _tie(story, named, TieKind.ADVISER, declared_at, person="Maxence Delorme")
    free = next(entry for entry in entries if (entry.id, second) not in taken and entry.startup.id != named.id)
    register.add(second, InterestKind.BOARD, free.startup.name, siren=free.startup.siren, since_year=2025)
    _chain(story, third, [entry.startup for entry in entries if entry.startup.id not in (named.id, free.startup.id)])
    register.state()
    _invite(story, batch, capacity)


class _Register:
    """Entries and, at the end, everybody's word that theirs is complete."""

    def __init__(self, story: Story, declared_at: datetime) -> None:
        self.story, self.declared_at = story, declared_at
        self.entries: Counter[int] = Counter()

    def add(
        self,
        user_id: int,
        kind: InterestKind,
        organisation: str,
        *,
        siren: str | None = None,
        person: str = "",
        note: str = "",
        since_year: int | None = None,
        until_year: int | None = None,
    ) -> None:
        """One tie."""
        self.entries[user_id] += 1
        self.story.book.add(
            Interest,
            user_id=user_id,
            kind=kind,
            organisation=organisation,
            siren=siren,
            person=person,
            note=note,
            since_year=since_year,
            until_year=until_year,
            declared_at=self.declared_at,
            changed_at=self.declared_at,
        )

    def state(self) -> None:
        """One statement a reviewer."""
        for user_id in self.story.reviewers:
            self.story.book.add(
                InterestStatement, user_id=user_id, interests=self.entries[user_id], stated_at=self.declared_at
            )


def _tie(
    story: Story, startup: StartupFacts, kind: TieKind, at: datetime, *, organisation: str = "", person: str = ""
) -> None:
    story.book.add(
        StartupTie,
        startup_id=startup.id,
        kind=kind,
        organisation=organisation,
        siren=None,
        person=person,
        declared_at=at,
    )


def _chain(story: Story, reviewer_id: int, startups: Sequence[StartupFacts]) -> None:
    """The reviewer and the founder of a startup in review are both members of an older one."""
    known = {startup.id for startup in startups}
    older = next(
        startup for startup in story.startups.values() if startup.id not in known and startup.user_id is not None
    )
    founder_id = next(startup.user_id for startup in startups if startup.user_id is not None)
    joined_at = story.now - timedelta(days=300)
    for user_id in (reviewer_id, founder_id):
        story.book.add(Membership, startup_id=older.id, user_id=user_id, is_owner=False, joined_at=joined_at)


def _invite(story: Story, batch: BatchFacts, capacity: int) -> None:
    name, email = INVITED
    user_id = add_person(story, name, email, joined_at=story.now - timedelta(days=2), grants=())
    story.book.add(
        BatchReviewer,
        batch_id=batch.id,
        user_id=user_id,
        capacity=capacity,
        named_at=story.now - timedelta(days=2),
        state=InvitationState.INVITED,
        topics=[],
        regions=[],
        asked_capacity=capacity,
        answered_at=None,
        decline_reason="",
    )
