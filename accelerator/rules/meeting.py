"""Rules · Meeting — the agenda, the way of a dossier through a meeting, who may vote, the quorum, a vote in words."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from accelerator.kernel.enums import Ballot, Conclusion, Outcome
from accelerator.kernel.enums import MeetingStage as S
from accelerator.kernel.errors import Conflict
from accelerator.kernel.message import Message
from accelerator.kernel.verdict import YES, Verdict

MOST_ITEMS: Final = 60
"""Dossiers on one agenda: a long day at eight minutes each."""

MAX_NOTE: Final = 1000
MAX_TITLE: Final = 120
MAX_PLACE: Final = 160

OUTCOME_OF: Final[Mapping[Conclusion, Outcome]] = {
    Conclusion.ADMIT: Outcome.ADMIT,
    Conclusion.WAITLIST: Outcome.WAITLIST,
    Conclusion.REFUSE: Outcome.REFUSE,
}
"""The choice that a conclusion prepares; one put off prepares none."""


class Act(StrEnum):
    """What the chair does with one dossier."""

    CALL = "call"
    OPEN_VOTE = "open_vote"
    CLOSE_VOTE = "close_vote"
    CONCLUDE = "conclude"
    LEAVE = "leave"


_AFTER: Final[Mapping[tuple[S, Act], S]] = {
    (S.WAITING, Act.CALL): S.CALLED,
    (S.CALLED, Act.CALL): S.CALLED,
    (S.VOTED, Act.CALL): S.VOTED,
    (S.CONCLUDED, Act.CALL): S.CONCLUDED,
    (S.CALLED, Act.OPEN_VOTE): S.VOTING,
    (S.VOTING, Act.CLOSE_VOTE): S.VOTED,
    (S.CALLED, Act.CONCLUDE): S.CONCLUDED,
    (S.VOTED, Act.CONCLUDE): S.CONCLUDED,
    (S.CONCLUDED, Act.CONCLUDE): S.CONCLUDED,
    (S.CALLED, Act.LEAVE): S.CALLED,
    (S.VOTED, Act.LEAVE): S.VOTED,
    (S.CONCLUDED, Act.LEAVE): S.CONCLUDED,
}


def stage(
    *,
    called_at: datetime | None,
    vote_opened_at: datetime | None,
    vote_closed_at: datetime | None,
    conclusion: Conclusion | None,
) -> S:
    """Where a dossier stands; one that is put off stands where it stood before."""
    if vote_opened_at is not None and vote_closed_at is None:
        return S.VOTING
    if conclusion not in (None, Conclusion.LATER):
        return S.CONCLUDED
    if vote_closed_at is not None:
        return S.VOTED
    return S.CALLED if called_at is not None else S.WAITING


def after(before: S, act: Act) -> S:
    """Where an act of the chair leads.

    Raises: Conflict when the dossier is not where the act begins.
    """
    try:
        return _AFTER[before, act]
    except KeyError:
        raise Conflict(_refusal(before, act)) from None


def can(before: S, act: Act) -> bool:
    """True when the act is offered."""
    return (before, act) in _AFTER


def _refusal(before: S, act: Act) -> Message:
    if before is S.VOTING:
        return Message("The vote is open: close it first.")
    if act is Act.OPEN_VOTE and before in (S.VOTED, S.CONCLUDED):
        return Message("This dossier has been voted on or concluded: there is no second vote.")
    if act is Act.CLOSE_VOTE:
        return Message("No vote is open.")
    return Message("This dossier is not under discussion.")


def can_vote(at: S, *, is_member: bool, is_here: bool, is_out: bool) -> Verdict:
    """Members of the committee vote while they are in the room, have no tie to the startup, and the vote is open."""
    if not is_member:
        return Verdict(False, Message("Only members of the committee vote."))
    if is_out:
        return Verdict(False, Message("You have stepped out: you do not vote on this dossier."))
    if not is_here:
        return Verdict(False, Message("Say first that you are here."))
    if at is not S.VOTING:
        return Verdict(False, Message("The vote is not open."))
    return YES


def has_quorum(present: int, eligible: int) -> bool:
    """True when at least half of the members who may sit on a dossier are in the room.

    Missing it stops nothing: the minutes say so, and the decision is the committee's to stand by.
    """
    return present > 0 and 2 * present >= eligible


@dataclass(frozen=True)
class Tally:
    """A closed vote, in counts."""

    in_favour: int = 0
    against: int = 0
    abstained: int = 0

    @property
    def cast(self) -> int:
        """How many voted, abstentions with them."""
        return self.in_favour + self.against + self.abstained


def tally(ballots: Iterable[Ballot]) -> Tally:
    """The counts of these votes."""
    counts = Counter(ballots)
    return Tally(counts[Ballot.IN_FAVOUR], counts[Ballot.AGAINST], counts[Ballot.ABSTAIN])


def result_words(counted: Tally) -> Message:
    """What a closed vote says: the majority of those in favour and against; abstentions are counted apart."""
    if not counted.in_favour + counted.against:
        return Message("No vote in favour or against.")
    if counted.in_favour == counted.against:
        return Message("A tie: the vote decides nothing.")
    if counted.in_favour > counted.against:
        return Message("A majority is in favour.")
    return Message("A majority is against.")


@dataclass(frozen=True)
class Contender:
    """One ranked candidate, as the agenda sees it. `outcome` is what is prepared, `is_close` the band at the line."""

    application_id: int
    rank: int
    outcome: Outcome | None
    position: int | None
    is_close: bool


def proposed_agenda(contenders: Sequence[Contender], places: int) -> list[int]:
    """The dossiers to discuss, in order, at most MOST_ITEMS.

    First the prepared admissions by rank, then the prepared waitlist in its order, then the band around the places
    that is too close to call, by rank. Where nobody is prepared, those ranked among the places stand for the admissions.
    """
    admitted = [one for one in contenders if one.outcome is Outcome.ADMIT]
    waiting = [one for one in contenders if one.outcome is Outcome.WAITLIST]
    if not admitted and not waiting:
        admitted = [one for one in contenders if one.rank <= places]
    order = [
        *sorted(admitted, key=lambda one: (one.rank, one.application_id)),
        *sorted(waiting, key=lambda one: (one.position or 0, one.rank, one.application_id)),
        *sorted((one for one in contenders if one.is_close), key=lambda one: (one.rank, one.application_id)),
    ]
    return list(dict.fromkeys(one.application_id for one in order))[:MOST_ITEMS]


def next_position(agenda: Sequence[tuple[int, Conclusion | None]], current: int | None) -> int | None:
    """The dossier to call next: the next one without a conclusion, then from the start those passed over or put off.

    Args:    agenda is each position with its conclusion, in order.
    Returns: the position; None when everything else is concluded.
    """
    ahead = [place for place, _ in agenda if current is None or place > current]
    behind = [place for place, _ in agenda if current is not None and place < current]
    done = {place for place, conclusion in agenda if conclusion not in (None, Conclusion.LATER)}
    put_off = {place for place, conclusion in agenda if conclusion is Conclusion.LATER}
    fresh = [place for place in [*ahead, *behind] if place not in done and place not in put_off]
    again = [place for place in [*ahead, *behind] if place in put_off]
    return next(iter([*fresh, *again]), None)


def previous_position(positions: Sequence[int], current: int | None) -> int | None:
    """The dossier before the current one on the agenda."""
    return max((place for place in positions if current is not None and place < current), default=None)


def stamp(*parts: object) -> str:
    """A short name for what one screen shows; nothing can be read from it, and equal screens have equal names."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


def fingerprint(document: object) -> str:
    """SHA-256 of the contents of minutes, in hexadecimal: the same contents give the same, in any language."""
    text = json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()
