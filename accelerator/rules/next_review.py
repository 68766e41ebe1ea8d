"""Rules · Next review — where one more review would help the decision most.

One more review moves an application's adjusted score by an amount whose size can be foretold, though not its sign. It
is worth the quality it is expected to add to those chosen: much where the application may cross the line, nothing
where it would be chosen, or would not, whatever the review says.

Source: Frazier, Powell and Dayanik (2008), "A knowledge-gradient policy for sequential information collection";
        Frazier and Powell (2010), "Paradoxes in learning and the marginal value of information", for several
        reviews of one application.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from accelerator.rules.ranking import Ranked
from accelerator.rules.scoring import Adjusted, Direction

METHOD: Final = "knowledge-gradient-1"
"""Name and version of the advice, printed with every result."""

_LOOK_AHEAD: Final = 5
_SMALLEST_GAIN: Final = 1e-9


@dataclass(frozen=True)
class NextReview:
    """One more review of one application, and the points it is expected to add to the summed quality of those chosen.

    Where several reviews of one application only help together, each carries its share.
    """

    application_id: int
    gain: float


@dataclass(frozen=True)
class _Candidate:
    """What is known of one application: how far it is from the line, its variance, how many reviews it can still get."""

    application_id: int
    distance: float
    variance: float
    room: int


def next_reviews(
    result: Adjusted,
    lines: Sequence[Ranked],
    *,
    places: int,
    reviews: int,
    direction: Direction = Direction.HIGH,
    unreviewed: Sequence[int] = (),
    reviewers: int | None = None,
) -> list[NextReview]:
    """Which applications the next reviews should go to, the most useful first; fewer where no more would help.

    The reader is taken to be one of the committee, whose severity is known as well as the others'; scores of
    different applications are taken to move independently. Equal gains go to the better ranked, those without any
    review last.

    Args: reviews is how many can be given; an application can come several times. unreviewed are the applications
          without a review: of them nothing is known but that they are of this batch. reviewers is how many there
          are, and so the most reviews one application can have; by default no limit.
    """
    noise = result.noise_variance
    if result.severities:
        noise += sum(line.standard_error**2 for line in result.severities) / len(result.severities)
    candidates = _candidates(result, lines, places, direction, unreviewed, reviewers)
    queue = []
    for order, candidate in enumerate(candidates):
        gain, together = _best(candidate, noise, 0)
        if gain > _SMALLEST_GAIN:
            queue.append((-gain, order, 0, together))
    heapq.heapify(queue)
    found: list[NextReview] = []
    while queue and len(found) < reviews:
        gain, order, given, together = heapq.heappop(queue)
        candidate = candidates[order]
        found += [NextReview(candidate.application_id, -gain)] * together
        gain, further = _best(candidate, noise, given + together)
        if gain > _SMALLEST_GAIN:
            heapq.heappush(queue, (-gain, order, given + together, further))
    return found[:reviews]


def _candidates(
    result: Adjusted,
    lines: Sequence[Ranked],
    places: int,
    direction: Direction,
    unreviewed: Sequence[int],
    reviewers: int | None,
) -> list[_Candidate]:
    """Every application with its distance from the line: the last chosen for those outside, the next for those in."""
    prior = result.quality_variance or result.noise_variance
    most = math.inf if reviewers is None else reviewers
    known = [
        (line.adjusted * direction.sign, line.standard_error**2, line.reviews, line.application_id) for line in lines
    ]
    known += [(result.mean * direction.sign, prior, 0, application_id) for application_id in unreviewed]
    if len(known) <= places or places < 1:
        return []
    known.sort(key=lambda one: -one[0])  # stable: the ranking's order among equals
    last_in, first_out = known[places - 1][0], known[places][0]
    return [
        _Candidate(
            application_id,
            distance=quality - first_out if place < places else last_in - quality,
            variance=variance,
            room=int(min(most - reviews, 1_000)),
        )
        for place, (quality, variance, reviews, application_id) in enumerate(known)
    ]


def _best(candidate: _Candidate, noise: float, given: int) -> tuple[float, int]:
    """The most that the next reviews gain, each, and how many of them it takes: often the first only prepares."""
    before = _gain(candidate, noise, given)
    best, together = 0.0, 1
    for count in range(1, min(_LOOK_AHEAD, candidate.room - given) + 1):
        each = (_gain(candidate, noise, given + count) - before) / count
        if each > best:
            best, together = each, count
    return best, together


def _gain(candidate: _Candidate, noise: float, reviews: int) -> float:
    """What so many reviews of one application are expected to add to the summed quality of those chosen.

    They move its adjusted score by a normal amount of mean 0; the choice gains what it moves beyond the line.
    """
    if candidate.variance <= 0 or not reviews:
        return 0.0
    moves = candidate.variance * math.sqrt(reviews / (candidate.variance * reviews + noise))
    z = candidate.distance / moves
    density = math.exp(-0.5 * z * z) / math.sqrt(2 * math.pi)
    return moves * (density - z * 0.5 * math.erfc(z / math.sqrt(2)))
