"""Rules · Selection — the frozen result and its proof, what a choice must satisfy, until when an offer stands."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from accelerator.kernel.enums import Outcome
from accelerator.kernel.errors import RuleViolation
from accelerator.kernel.message import Message
from accelerator.rules.analysis import Standing, analyse
from accelerator.rules.scoring import Review, adjusted

WAITLIST_PROPOSED: Final = 10
"""How many of the next ranked are proposed for the waitlist."""

ANSWER_DAYS: Final = 7
"""How long a founder has to answer, while the start is far."""

LATE_ANSWER_DAYS: Final = 2
"""How long when the batch starts within two weeks."""

MAX_REASON: Final = 1000
"""Characters a reason may have."""

SNAPSHOT_VERSION: Final = 2
"""Version 2 also holds intervals of rank, chances and the robustness sheet, with what they were computed by."""

FROZEN_COLUMNS: Final = (
    "application_id",
    "rank",
    "adjusted",
    "standard_error",
    "rank_low",
    "rank_high",
    "chance",
    "survives",
    "otherwise",
)
"""What a line of the frozen ranking holds; version 1 ends with the standard error."""

_SAME_SCORE: Final = 2e-6


@dataclass(frozen=True)
class Choice:
    """What is prepared for one application. `position` counts on the waitlist from 1."""

    application_id: int
    outcome: Outcome
    position: int | None = None
    reason: str = ""


def in_order(choices: Sequence[Choice], order: Sequence[int]) -> list[Choice]:
    """The choices with waitlist positions 1, 2, 3…; those without a position come last, by rank, then id.

    Raises: RuleViolation when two share a position; its field is "position_<application id>".
    """
    place = {application_id: index for index, application_id in enumerate(order)}
    taken: set[int] = set()
    for choice in choices:
        if choice.outcome is not Outcome.WAITLIST or choice.position is None:
            continue
        if choice.position in taken:
            raise RuleViolation(
                Message("Two applications have waitlist position %(position)s.", position=choice.position),
                field=f"position_{choice.application_id}",
            )
        taken.add(choice.position)
    waiting = sorted(
        (choice for choice in choices if choice.outcome is Outcome.WAITLIST),
        key=lambda choice: (
            choice.position is None,
            choice.position or 0,
            place.get(choice.application_id, len(place)),
            choice.application_id,
        ),
    )
    position_of = {choice.application_id: index for index, choice in enumerate(waiting, start=1)}
    return [
        Choice(choice.application_id, choice.outcome, position_of.get(choice.application_id), choice.reason)
        for choice in choices
    ]


def moved(
    choices: Sequence[Choice], application_id: int, outcome: Outcome, position: int | None = None
) -> list[Choice]:
    """The choices with one application moved; the others keep theirs, and the waitlist has no gap.

    A reason is given for an outcome: it stays when only the position changes, and goes with the outcome.

    Args: position is the place on the waitlist, counted from 1; without it, or beyond the end, the last.
    """
    before = next((choice for choice in choices if choice.application_id == application_id), None)
    reason = before.reason if before is not None and before.outcome is outcome else ""
    others = [choice for choice in choices if choice.application_id != application_id]
    waiting = sorted(
        (choice for choice in others if choice.outcome is Outcome.WAITLIST),
        key=lambda choice: (choice.position or 0, choice.application_id),
    )
    own = Choice(application_id, outcome, None, reason)
    if outcome is Outcome.WAITLIST:
        place = len(waiting) if position is None else max(0, position - 1)
        waiting.insert(place, own)
    place_of = {choice.application_id: number for number, choice in enumerate(waiting, start=1)}
    return [replace(choice, position=place_of.get(choice.application_id)) for choice in [*others, own]]


def proposal(order: Sequence[int], places: int) -> list[Choice]:
    """The first of the ranking admitted, the next ten on the waitlist."""
    admitted = [Choice(application_id, Outcome.ADMIT) for application_id in order[:places]]
    waiting = order[places : places + WAITLIST_PROPOSED]
    return admitted + [
        Choice(application_id, Outcome.WAITLIST, position) for position, application_id in enumerate(waiting, start=1)
    ]


def version_of(choices: Sequence[Choice]) -> str:
    """A short name for exactly these prepared choices; two managers who saw the same have the same."""
    lines = sorted((c.application_id, str(c.outcome), c.position or 0, c.reason) for c in choices)
    return hashlib.sha256(json.dumps(lines, ensure_ascii=False).encode()).hexdigest()[:16]


def canonical(document: Mapping[str, object]) -> str:
    """One spelling of a document: sorted keys, no spaces, letters as they are."""
    return json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def fingerprint(text: str) -> str:
    """SHA-256 of a canonical document, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def frozen_line(standing: Standing) -> list[object]:
    """One line of the ranking as the frozen document holds it; scores with six decimals."""
    values = (getattr(standing, name) for name in FROZEN_COLUMNS)
    return [round(value, 6) if isinstance(value, float) else value for value in values]


def recomputation_differs(document: Mapping[str, Any]) -> str:
    """Why the ranking in a frozen document does not follow from the scores in it; empty when it does."""
    reviews = [Review(int(a), int(r), float(s)) for a, r, s in document["scores"]]
    if document.get("version", 1) == 1:
        result = adjusted(reviews)
        lines = [[quality.application_id, None, quality.adjusted] for quality in result.qualities]
        return _method_differs(document, result.method) or _lines_differ(document["ranking"], lines, ("adjusted",))
    methods = document["methods"]
    found = analyse(reviews, places=int(document["places"]), seed=int(methods["seed"]))
    for name, method in found.methods.items():
        if methods[name] != method:
            return f"{name} {methods[name]} is recomputed as {method}"
    if document["variants"] != found.variants:
        return f"{document['variants']} variants are recomputed as {found.variants}"
    return _method_differs(document, found.result.method) or _lines_differ(
        document["ranking"], [frozen_line(standing) for standing in found.standings], FROZEN_COLUMNS[1:]
    )


def _method_differs(document: Mapping[str, Any], method: str) -> str:
    return "" if document["method"] == method else f"method {document['method']} is recomputed as {method}"


def _lines_differ(frozen: Sequence[Sequence[Any]], lines: Sequence[Sequence[Any]], names: Sequence[str]) -> str:
    """The first difference between the frozen lines and those recomputed; scores may differ in the sixth decimal."""
    stored = {int(line[0]): line for line in frozen}
    for line in lines:
        known = stored.pop(line[0], None)
        if known is None:
            return f"application {line[0]} is not in the frozen ranking"
        for name in names:
            column = FROZEN_COLUMNS.index(name)
            before, after = known[column], line[column]
            if isinstance(after, float) and abs(float(before) - after) <= _SAME_SCORE:
                continue
            if before != after:
                shown = f"{after:.6f}" if isinstance(after, float) else after
                return f"application {line[0]}: {name} {before} is recomputed as {shown}"
    return f"application {min(stored)} is ranked without a score" if stored else ""


def answer_by(now: datetime, starts_on: date, zone: str) -> datetime | None:
    """Until when an offer made now stands: the end of a day in the programme's zone; None once the batch starts.

    Seven days while the start is more than two weeks away, then two, never beyond the eve of the start.
    """
    place = ZoneInfo(zone)
    start = datetime.combine(starts_on, time(), place)
    if now >= start:
        return None
    today = now.astimezone(place).date()
    days = ANSWER_DAYS if starts_on - today > timedelta(days=14) else LATE_ANSWER_DAYS
    last_day = min(today + timedelta(days=days), starts_on - timedelta(days=1))
    return datetime.combine(last_day, time(23, 59), place).astimezone(UTC)


def refuse_answer_date(respond_by: datetime, now: datetime, starts_on: date, zone: str) -> None:
    """Raise RuleViolation unless founders have at least a day, and answer before the batch starts."""
    if respond_by < now + timedelta(days=1):
        raise RuleViolation(Message("Give founders at least a day to answer."), field="respond_by")
    if respond_by >= datetime.combine(starts_on, time(), ZoneInfo(zone)):
        raise RuleViolation(
            Message("Answers are due before the batch starts, on %(day)s.", day=starts_on), field="respond_by"
        )


def refuse_leaving_time(leaves_at: datetime | None, now: datetime, starts_on: date, zone: str) -> None:
    """Raise RuleViolation unless letters leave at once (None), or at a time to come before the batch starts."""
    if leaves_at is None:
        return
    if leaves_at <= now:
        raise RuleViolation(Message("Choose a time to come, or send them now."), field="leaves_at")
    if leaves_at >= datetime.combine(starts_on, time(), ZoneInfo(zone)):
        raise RuleViolation(
            Message("The e-mails leave before the batch starts, on %(day)s.", day=starts_on), field="leaves_at"
        )
