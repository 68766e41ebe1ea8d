"""Rules · Assignment lines — a spreadsheet of assignments to give and to take away, judged line by line.

What is taken away is judged first, so that a dossier can change hands in one file whatever the order of its lines.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from accelerator.kernel.enums import AssignmentState
from accelerator.kernel.errors import RuleViolation
from accelerator.kernel.message import Message
from accelerator.rules.assignment import Pair
from accelerator.rules.tables import normal_name, read_table

COLUMNS: Final = ("application", "reviewer", "action")
MOST_LINES: Final = 10_000
_HELD: Final = (AssignmentState.OPEN, AssignmentState.REVIEWED)


class Action(StrEnum):
    """What a line asks for."""

    GIVE = "give"
    TAKE = "take"
    KEEP = "keep"


_ACTIONS: Final[Mapping[str, Action]] = {
    **dict.fromkeys(("give", "assign", "add", "donner", "attribuer", "ajouter"), Action.GIVE),
    **dict.fromkeys(("take", "remove", "retirer", "reprendre", "supprimer"), Action.TAKE),
    **dict.fromkeys(("keep", "garder", "conserver"), Action.KEEP),
}


@dataclass(frozen=True)
class Line:
    """One line as it stands in the file; `problem` where it cannot be read."""

    line: int
    application: str = ""
    reviewer: str = ""
    action: str = ""
    problem: Message | None = None


@dataclass(frozen=True)
class Desks:
    """Who holds what now. Applications are known by code or receipt, reviewers by their address, in lower case."""

    applications: Mapping[str, int]
    reviewers: Mapping[str, int]
    capacity: Mapping[int, int]
    states: Mapping[Pair, AssignmentState]
    barred: Mapping[Pair, str]  # the ground of the conflict of interest


@dataclass(frozen=True)
class Judged:
    """One line, what it does (nothing where it is refused), and why it is refused."""

    line: Line
    action: Action | None = None
    pair: Pair | None = None
    refusal: Message | None = None


def read_lines(content: bytes) -> list[Line]:
    """The lines of a file with the columns application, reviewer and action.

    Raises: RuleViolation on "file" when it cannot be read as a whole.
    """
    table = read_table(content)
    if missing := [name for name in COLUMNS if name not in table.columns]:
        raise RuleViolation(Message("The column “%(name)s” is missing.", name=missing[0]), field="file")
    found: list[Line] = []
    for row in table.rows():
        if len(found) == MOST_LINES:
            raise RuleViolation(Message("More than %(most)s lines. Split the file.", most=MOST_LINES), field="file")
        application, reviewer, action = (row.values.get(name, "")[:200].removeprefix("'") for name in COLUMNS)
        found.append(Line(row.line, application, reviewer, action, row.problem))
    if not found:
        raise RuleViolation(Message("There is no line under the header."), field="file")
    return found


def judge(lines: Sequence[Line], desks: Desks) -> list[Judged]:
    """Every line with what it would do, in the order of the file."""
    named = [_named(line, desks) for line in lines]
    states, loads = dict(desks.states), Counter(id_ for (_, id_), state in desks.states.items() if state in _HELD)
    seen: dict[Pair, int] = {}
    judged: dict[int, Judged] = {}
    for wanted in (Action.TAKE, Action.KEEP, Action.GIVE):
        for place, one in enumerate(named):
            if one.refusal is not None or one.pair is None or one.action is not wanted:
                continue
            refusal = _twice(one, seen) or _refusal(one, desks, states, loads)
            seen.setdefault(one.pair, one.line.line)
            judged[place] = Judged(one.line, one.action, one.pair, refusal)
            if refusal is None and wanted is not Action.KEEP:
                loads[one.pair[1]] += 1 if wanted is Action.GIVE else -1
                states[one.pair] = AssignmentState.OPEN if wanted is Action.GIVE else AssignmentState.DECLINED
    return [judged.get(place, one) for place, one in enumerate(named)]


def _named(line: Line, desks: Desks) -> Judged:
    """The line with the application, the reviewer and the action it names."""
    if line.problem is not None:
        return Judged(line, refusal=line.problem)
    action = _ACTIONS.get(normal_name(line.action))
    application_id = desks.applications.get(line.application.casefold())
    reviewer_id = desks.reviewers.get(line.reviewer.casefold())
    refusal = None
    if action is None:
        refusal = Message("“%(text)s” is no action: write give, take or keep.", text=line.action)
    elif application_id is None:
        refusal = Message("No application of this batch has the code or receipt “%(text)s”.", text=line.application)
    elif reviewer_id is None:
        refusal = Message("Nobody on the committee has the address “%(text)s”.", text=line.reviewer)
    if application_id is None or reviewer_id is None:
        return Judged(line, action, None, refusal)
    return Judged(line, action, (application_id, reviewer_id), refusal)


def _twice(one: Judged, seen: Mapping[Pair, int]) -> Message | None:
    if one.pair is None or one.pair not in seen:
        return None
    return Message("Line %(line)s says something of this pair already.", line=seen[one.pair])


def _refusal(
    one: Judged, desks: Desks, states: Mapping[Pair, AssignmentState], loads: Mapping[int, int]
) -> Message | None:
    if one.pair is None:
        return None
    state, reviewer_id = states.get(one.pair), one.pair[1]
    if one.action is Action.TAKE:
        if state is AssignmentState.REVIEWED:
            return Message("This dossier has been reviewed: a review is not taken away.")
        return None if state is AssignmentState.OPEN else Message("This reviewer does not hold this dossier.")
    if one.action is Action.KEEP:
        return None if state in _HELD else Message("This reviewer does not hold this dossier.")
    if one.pair in desks.barred:
        return Message("Conflict of interest: %(ground)s", ground=desks.barred[one.pair])
    if state is not None and state is not AssignmentState.DECLINED:
        return Message("This reviewer has, or had, this dossier already.")
    if loads[reviewer_id] >= desks.capacity[reviewer_id]:
        return Message("This reviewer already holds the number of dossiers agreed.")
    return None
