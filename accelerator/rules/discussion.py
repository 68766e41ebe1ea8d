"""Rules · Discussion — who takes part, how long, who is named in a remark, whom it gives away, are scores far apart."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from accelerator.kernel.enums import ApplicationState, AssignmentState, BatchState
from accelerator.kernel.message import Message
from accelerator.kernel.verdict import YES, Verdict
from accelerator.rules import blindness
from accelerator.rules.blindness import Identity
from accelerator.rules.reviewing import UNREADABLE

REMARK_MAX: Final = 4000
MOST_REMARKS: Final = 500
"""Remarks on one dossier; what is longer than that is for a meeting."""

STRANDS_A_PAGE: Final = 25
"""Remarks on one page, each with all of its answers."""

FAR_SHARE: Final = 0.5
"""Half of the scale between two reviewers: two points of 1 to 5, "weak" beside "good". Strictness alone does not do
that (reviewers differ by less than half a point in it), so that one of the two has seen something else.
"""

WORTH_SHARE: Final = 0.25
"""A quarter of the scale, one point of 1 to 5: what is closer is not far apart in any batch, be it the widest there."""

FEWEST_RANKED: Final = 8
"""Dossiers without which a quarter of the batch says nothing."""


@dataclass(frozen=True)
class Standing:
    """How one person stands towards one dossier: their own duty there, and what else decides whether they read.

    `is_reviewer`: sits on the committee of the batch.
    """

    own: AssignmentState | None
    has_conflict: bool
    is_reviewer: bool
    is_staff: bool


def takes_part(person: Standing, application: ApplicationState) -> bool:
    """True for a member of the committee who has sent a review, and for staff who have none to send, without a conflict.

    Whoever still has a review to send reads nothing, as staff neither: it would be the opinion of others.
    """
    if person.has_conflict or person.own in (AssignmentState.OPEN, AssignmentState.CONFLICTED):
        return False
    if person.is_reviewer and person.own is AssignmentState.REVIEWED and application not in UNREADABLE:
        return True
    return person.is_staff and application is not ApplicationState.DRAFT


def can_write(batch: BatchState, application: ApplicationState) -> Verdict:
    """A dossier in review is discussed until its batch is decided; what was said then stays as it is."""
    if batch is BatchState.DECIDED:
        return Verdict(False, Message("This batch is decided: the discussion can be read, no longer continued."))
    if application is not ApplicationState.ADMISSIBLE:
        return Verdict(False, Message("This dossier is not in review: nothing can be added to its discussion."))
    return YES


def can_add(remarks: int) -> Verdict:
    """One dossier has so many remarks at most."""
    if remarks >= MOST_REMARKS:
        return Verdict(
            False,
            Message("This discussion holds %(most)s remarks, and takes no more: meet instead.", most=MOST_REMARKS),
        )
    return YES


def far_apart(scores: Sequence[float], *, lowest: int, highest: int, wider: int, ranked: int) -> bool:
    """True when the scores of one dossier lie half of the scale apart, or are in the widest quarter of their batch.

    Args: wider is how many dossiers of the batch have a wider spread, ranked how many have one at all.
    """
    if len(scores) < 2 or highest <= lowest:
        return False
    apart = round((max(scores) - min(scores)) / (highest - lowest), 9)
    if apart >= FAR_SHARE:
        return True
    return apart >= WORTH_SHARE and ranked >= FEWEST_RANKED and wider * 4 < ranked


@dataclass(frozen=True)
class Mention:
    """One place in a text that names people: `text[start:end]` is the name with its @. Homonyms are all named."""

    start: int
    end: int
    user_ids: tuple[int, ...]


_SPACES: Final = "[ \u00a0\u202f]{1,3}"
_BEFORE: Final = r"(?<![\w+-])@"
"""What stands before the @ of an e-mail address does not stand before that of a name."""
_AFTER: Final = r"(?!\w|[.-]\w)"
_NAMELIKE: Final = re.compile(_BEFORE + r"[^\W\d_]")


def mentions(text: str, names: Mapping[int, str]) -> list[Mention]:
    """Where a text names people by "@First Last": the longest name wins; accents and case do not count.

    Args: names maps user ids to names; nobody else is found.
    """
    by_words: dict[tuple[str, ...], list[int]] = {}
    for user_id, name in names.items():
        if words := _words(name):
            by_words.setdefault(words, []).append(user_id)
    if not by_words or "@" not in text:
        return []
    longest_first = sorted(by_words, key=lambda words: (-len(" ".join(words)), words))
    found = re.compile(_BEFORE + "(?:" + "|".join(f"({_joined(words)})" for words in longest_first) + ")" + _AFTER)
    return [
        Mention(match.start(), match.end(), tuple(sorted(by_words[longest_first[(match.lastindex or 1) - 1]])))
        for match in found.finditer(blindness.folded(text))
    ]


def _words(name: str) -> tuple[str, ...]:
    return tuple(blindness.folded(unicodedata.normalize("NFC", name)).split())


def _joined(words: Sequence[str]) -> str:
    return _SPACES.join(re.escape(word) for word in words)


def named(found: Collection[Mention]) -> list[int]:
    """Everybody named, each once, in the order of the text."""
    return list(dict.fromkeys(user_id for mention in found for user_id in mention.user_ids))


def leaves_a_name(text: str, found: Collection[Mention]) -> bool:
    """True when something that looks like a name follows an @ and names nobody who is told."""
    starts = {mention.start for mention in found}
    return any(match.start() not in starts for match in _NAMELIKE.finditer(text))


@dataclass(frozen=True)
class Piece:
    """A stretch of a remark; `is_name` where it names somebody who was told."""

    text: str
    is_name: bool


def pieces(text: str, names: Mapping[int, str]) -> list[Piece]:
    """The text cut at the names in it; put together again it is the text."""
    cut, at = [], 0
    for mention in mentions(text, names):
        cut += [Piece(text[at : mention.start], False), Piece(text[mention.start : mention.end], True)]
        at = mention.end
    cut.append(Piece(text[at:], False))
    return [piece for piece in cut if piece.text]


@dataclass(frozen=True)
class Identifying:
    """What says whose a dossier is: who it is from, the phrases masked in it, those that were found to be harmless."""

    identity: Identity
    masked: tuple[str, ...] = ()
    shown: tuple[str, ...] = ()


def revealed(text: str, known: Identifying) -> list[str]:
    """The phrases of a text, as they stand there, that say whose the dossier is; each once, in order of the alphabet."""
    harmless = {blindness.folded(phrase) for phrase in known.shown}
    found = set(blindness.naming(text, known.identity))
    found |= {phrase for phrase in known.masked if blindness.occurrences({"": text}, phrase)}
    return sorted(phrase for phrase in found if blindness.folded(phrase) not in harmless)


def without_names(text: str, found: Sequence[Mention]) -> str:
    """The text with every name of the committee blanked out: a reviewer may be called as a founder is."""
    for mention in found:
        text = text[: mention.start] + " " * (mention.end - mention.start) + text[mention.end :]
    return text
