"""Rules · Review sheets — a spreadsheet of reviews as people keep it: application, reviewer, a column a criterion.

Every line that cannot be used is named with its reason; a review that leaves out some criteria counts with those it
has. Applications and reviewers are numbered by their names, so that the order of the lines changes nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from accelerator.kernel.errors import RuleViolation
from accelerator.kernel.message import Message
from accelerator.rules.scoring import Review, overall_of_known
from accelerator.rules.tables import Row, Table, normal_name

USUAL_SCALES: Final = ((1.0, 5.0), (0.0, 10.0), (0.0, 20.0), (0.0, 100.0))
"""The scales that whole points are taken to be on, where the file is not said to be on another: first the house's own."""

LARGEST_SCORE: Final = 1_000_000.0

_STRAYS: Final = 0.01
_NUMBER: Final = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)(e[+-]?\d{1,3})?", re.IGNORECASE | re.ASCII)
_NOTHING: Final = frozenset({"", "na", "n/a", "nd", "[nd]", "-", "–", "none", "null"})
_NOBODY: Final = _NOTHING | {"?", "unknown", "inconnu", "inconnue", "anonymous", "anonyme", "nan"}


@dataclass(frozen=True)
class Problem:
    """Why a line cannot be used."""

    line: int
    reason: str


@dataclass(frozen=True)
class ReviewSheet:
    """The reviews of a file. A review's ids are positions in `applications` and `reviewers`, which hold the names.

    With `problems` there are no reviews: nothing is worked out from a part of a file. `unscored` are the lines that
    name an application and a reviewer and hold no score.
    """

    criteria: tuple[str, ...]
    applications: tuple[str, ...]
    reviewers: tuple[str, ...]
    reviews: tuple[Review, ...]
    problems: tuple[Problem, ...]
    unscored: tuple[int, ...]


@dataclass(frozen=True)
class _Line:
    line: int
    application: str
    reviewer: str
    scores: Mapping[str, float]


def read_sheet(table: Table, *, weights: str = "", scale: tuple[float, float] | None = None) -> ReviewSheet:
    """The reviews in a table with the columns application, reviewer and one or several criteria.

    Args:   weights as `weights_of` takes them; scale is the lowest and the highest score, by default what
            `likely_scale` finds.
    Raises: RuleViolation when the columns or the weights cannot be used, or the file holds no score.
    """
    for name in ("application", "reviewer"):
        if name not in table.columns:
            raise RuleViolation(Message("The header names no column “%(name)s”.", name=name), field="file")
    criteria = [name for name in table.columns if name and name not in ("application", "reviewer")]
    if not criteria:
        raise RuleViolation(Message("The header names no criterion beside application and reviewer."), field="file")
    weight_of = weights_of(weights, criteria)
    read = [name for name in criteria if weight_of[name] > 0]
    problems: list[Problem] = []
    lines: list[_Line] = []
    first_line: dict[tuple[str, str], int] = {}
    for row in table.rows():
        try:
            line = _line_of(row, read)
            pair = (line.application, line.reviewer)
            if pair in first_line:
                raise RuleViolation(
                    Message(
                        "%(reviewer)s has reviewed %(application)s already, on line %(line)s",
                        reviewer=line.reviewer,
                        application=line.application,
                        line=first_line[pair],
                    )
                )
            first_line[pair] = line.line
            lines.append(line)
        except RuleViolation as violation:
            problems.append(Problem(row.line, violation.reason))
    problems += _beyond(lines, scale or likely_scale(points for line in lines for points in line.scores.values()))
    problems.sort(key=lambda problem: problem.line)
    if not problems and not any(line.scores for line in lines):
        raise RuleViolation(Message("This file holds no score."), field="file")
    return _sheet(read, [] if problems else lines, problems, weight_of)


def _sheet(
    criteria: Sequence[str], lines: Sequence[_Line], problems: Sequence[Problem], weight_of: Mapping[str, float]
) -> ReviewSheet:
    scored = [line for line in lines if line.scores]
    applications = sorted({line.application for line in scored}, key=_natural)
    reviewers = sorted({line.reviewer for line in scored}, key=_natural)
    application_id = {name: number for number, name in enumerate(applications)}
    reviewer_id = {name: number for number, name in enumerate(reviewers)}
    return ReviewSheet(
        tuple(criteria),
        tuple(applications),
        tuple(reviewers),
        tuple(
            Review(
                application_id[line.application],
                reviewer_id[line.reviewer],
                overall_of_known(line.scores, weight_of),
            )
            for line in scored
        ),
        tuple(problems),
        tuple(line.line for line in lines if not line.scores),
    )


def _line_of(row: Row, criteria: Sequence[str]) -> _Line:
    if row.problem is not None:
        raise RuleViolation(row.problem)
    application, reviewer = (" ".join(row.values[name].split()) for name in ("application", "reviewer"))
    if application.casefold() in _NOBODY:
        raise RuleViolation(Message("no application is named"))
    if reviewer.casefold() in _NOBODY:
        raise RuleViolation(Message("no reviewer is named"))
    scores = {}
    for name in criteria:
        text = row.values[name]
        if text.casefold() not in _NOTHING:
            scores[name] = _points(name, text)
    return _Line(row.line, application, reviewer, scores)


def _points(name: str, text: str) -> float:
    if not _NUMBER.fullmatch(text):
        raise RuleViolation(Message("%(code)s: “%(text)s” is not a number", code=name, text=text[:20]))
    points = float(text.replace(",", "."))
    if abs(points) > LARGEST_SCORE:
        raise RuleViolation(Message("%(code)s: “%(text)s” is too large for a score", code=name, text=text[:20]))
    return points


def likely_scale(points: Iterable[float]) -> tuple[float, float] | None:
    """The usual scale that whole points are on, given that at most one in a hundred (or a single one) is mistyped.

    None where points have fractions or are on no usual scale: then every number is a score.
    """
    every = list(points)
    if not every or any(value != int(value) for value in every):
        return None
    allowed = max(1.0, _STRAYS * len(every))
    for lowest, highest in USUAL_SCALES:
        strays = sum(not lowest <= value <= highest for value in every)
        if not strays or (strays <= allowed and len(every) >= 5):
            return lowest, highest
    return None


def _beyond(lines: Sequence[_Line], scale: tuple[float, float] | None) -> list[Problem]:
    if scale is None:
        return []
    lowest, highest = scale
    return [
        Problem(
            line.line,
            Message(
                "%(code)s: %(points)s is outside the scale from %(lowest)s to %(highest)s",
                code=name,
                points=f"{points:g}",
                lowest=f"{lowest:g}",
                highest=f"{highest:g}",
            ),
        )
        for line in lines
        for name, points in line.scores.items()
        if not lowest <= points <= highest
    ]


def weights_of(text: str, criteria: Sequence[str]) -> dict[str, float]:
    """Each criterion's weight: “team=3, market=1”, a line each, a table criterion,weight, a JSON object, or plain
    numbers in the order of the columns. A criterion that is not named weighs 1; one that weighs 0 is not read.

    Raises: RuleViolation on a name that is no column, a weight that is none, or when nothing weighs anything.
    """
    found = dict.fromkeys(criteria, 1.0)
    pairs = _pairs(text.strip(), criteria)
    for name, weight in pairs:
        column = normal_name(name)
        if column not in found:
            raise RuleViolation(Message("The weights name “%(name)s”, which is no column.", name=name), field="weights")
        if not _NUMBER.fullmatch(weight) or float(weight.replace(",", ".")) < 0:
            raise RuleViolation(
                Message("“%(weight)s” is not a weight for %(name)s.", weight=weight[:20], name=name), field="weights"
            )
        found[column] = float(weight.replace(",", "."))
    if not any(found.values()):
        raise RuleViolation(Message("No criterion has a weight above 0."), field="weights")
    return found


def _pairs(text: str, criteria: Sequence[str]) -> list[tuple[str, str]]:
    if text.startswith("{"):
        try:
            return [(str(name), str(weight)) for name, weight in json.loads(text).items()]
        except ValueError as error:
            raise RuleViolation(Message("The weights are not JSON that can be read."), field="weights") from error
    if not text:
        return []
    if "=" not in text and ":" not in text and "\n" not in text:
        numbers = re.split(r"\s*[,;]\s*|\s+", text)
        if len(numbers) != len(criteria):
            raise RuleViolation(
                Message("%(found)s weights for %(criteria)s criteria.", found=len(numbers), criteria=len(criteria)),
                field="weights",
            )
        return list(zip(criteria, numbers, strict=True))
    parts = [part for part in re.split(r"[\n\r]+" if "\n" in text else r"[,;]", text) if part.strip()]
    pairs = []
    for part in parts:
        name, _, weight = re.sub(r"[=:;,\t]", "=", part, count=1).partition("=")
        pairs.append((name.strip().strip('"'), weight.strip().strip('"')))
    return pairs[1:] if normal_name(pairs[0][1]) in ("weight", "poids") else pairs


def _natural(name: str) -> tuple[tuple[int, int, str], ...]:
    """A9 before A10."""
    parts = re.findall(r"\d+|\D+", name)
    return tuple((0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts)
