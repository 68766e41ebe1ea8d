"""Rules · Ranking — from adjusted scores to an order, how sure it is; which choices depart from it and owe a reason."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import fmean, median, stdev
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from accelerator.kernel.message import N_
from accelerator.rules.scoring import Adjusted, Direction, Quality, Review, draws

CERTAIN: Final = 0.9
"""The share of draws an interval of rank holds, and from which on a place counts as settled."""

SEED: Final = 2024
"""Where draws start; printed and frozen with every result."""

_FEWEST_DRAWS: Final = 1_000
_MOST_DRAWS: Final = 4_000
_CELLS: Final = 10_000_000


@dataclass(frozen=True)
class Ranked:
    """One application's place in the order, with the figures the order rests on.

    `spread` is the standard deviation of its scores: how much its reviewers disagree; 0 for a single score.
    """

    application_id: int
    rank: int
    reviews: int
    mean: float
    median: float
    spread: float
    adjusted: float
    standard_error: float


def rank(
    qualities: Sequence[Quality], scores: Mapping[int, Sequence[float]], direction: Direction = Direction.HIGH
) -> list[Ranked]:
    """Every application that has a score, best first, each with a rank of its own.

    The written order: adjusted score, then mean, then median (the better first), then the smaller spread, then more
    reviews, then the smaller id. Scores that differ by less than a billionth are equal.

    Args: scores maps an application's id to its overall scores.
    """
    sign = direction.sign
    unranked = []
    for quality in qualities:
        own = sorted(scores[quality.application_id])
        unranked.append(
            Ranked(
                application_id=quality.application_id,
                rank=0,
                reviews=len(own),
                mean=round(fmean(own), 9),
                median=round(median(own), 9),
                spread=round(stdev(own), 9) if len(own) > 1 else 0.0,
                adjusted=quality.adjusted,
                standard_error=quality.standard_error,
            )
        )
    unranked.sort(
        key=lambda line: (
            -sign * round(line.adjusted, 9),
            -sign * line.mean,
            -sign * line.median,
            line.spread,
            -line.reviews,
            line.application_id,
        )
    )
    return [
        Ranked(
            line.application_id,
            position,
            line.reviews,
            line.mean,
            line.median,
            line.spread,
            line.adjusted,
            line.standard_error,
        )
        for position, line in enumerate(unranked, start=1)
    ]


@dataclass(frozen=True)
class Certainty:
    """How sure one application's rank is.

    `rank_low` to `rank_high` is the shortest run of ranks that holds it in nine draws of ten, its own rank included;
    `chance` is the share of draws in which it is among the places.
    """

    application_id: int
    rank_low: int
    rank_high: int
    chance: float


def draws_for(applications: int) -> int:
    """How many draws a ranking is measured by: 4,000, of a large one fewer, never less than 1,000.

    A chance is then known within two percentage points or better (one standard error).
    """
    return max(_FEWEST_DRAWS, min(_MOST_DRAWS, _CELLS // max(applications, 1)))


def certainty(
    reviews: Sequence[Review],
    result: Adjusted,
    lines: Sequence[Ranked],
    *,
    places: int,
    direction: Direction = Direction.HIGH,
    seed: int = SEED,
    count: int | None = None,
) -> list[Certainty]:
    """Interval of rank and chance of a place of every ranked application, in the order of the lines.

    Ranks are counted in joint draws of all qualities from what the model leaves open (`scoring.draws`), so that what
    applications share through their reviewers is in them. The written order of ties decides who is ranked first, not
    who is better: in the draws, equals change places by lot.

    Args: reviews, result and lines belong together; count is the number of draws, by default `draws_for`.
    """
    if not lines:
        return []
    count = count or draws_for(len(lines))
    ranks = _drawn_ranks(draws(reviews, result, count=count, seed=seed), len(lines), count, direction, seed)
    low, high = _shortest(ranks)
    among = (ranks <= places).mean(axis=1)
    index_of = {quality.application_id: index for index, quality in enumerate(result.qualities)}
    found = []
    for line in lines:
        index = index_of[line.application_id]
        found.append(
            Certainty(
                line.application_id,
                min(int(low[index]), line.rank),
                max(int(high[index]), line.rank),
                round(float(among[index]), 4),
            )
        )
    return found


def _drawn_ranks(
    blocks: Iterable[NDArray[np.float64]], applications: int, count: int, direction: Direction, seed: int
) -> NDArray[Any]:
    """The rank of each application (a row) in each draw (a column), ascending; differences below a billionth are ties."""
    lot = np.random.RandomState(seed + 1)
    ranks = np.empty((applications, count), dtype=np.uint16 if applications < 2**16 else np.uint32)
    positions = np.arange(1, applications + 1, dtype=ranks.dtype)
    start = 0
    for block in blocks:
        block = block * direction.sign + 1e-9 * lot.random_sample(block.shape)
        placed = np.empty(block.shape, dtype=ranks.dtype)
        np.put_along_axis(placed, np.argsort(-block, axis=1), positions[None, :], axis=1)
        ranks[:, start : start + len(block)] = placed.T
        start += len(block)
    ranks.sort(axis=1, kind="stable")
    return ranks


def _shortest(ranks: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """The shortest interval that holds CERTAIN of each row of ascending ranks; of several, the most central."""
    count = ranks.shape[1]
    held = int(np.ceil(CERTAIN * count))
    spare = count - held
    centred = np.abs(2 * np.arange(spare + 1) - spare)
    first = np.empty(len(ranks), dtype=np.int64)
    for start in range(0, len(ranks), 1_024):
        rows = ranks[start : start + 1_024].astype(np.int64)
        widths = rows[:, held - 1 :] - rows[:, : spare + 1]
        first[start : start + 1_024] = np.argmin(widths * (2 * count) + centred, axis=1)
    rows = np.arange(len(ranks))
    return ranks[rows, first], ranks[rows, first + held - 1]


def is_too_close(rank: int, chance: float, places: int) -> bool:
    """True when the scores do not settle on which side of the line an application lies.

    Ranked among the places with a chance below nine in ten, or behind them with one above one in ten.
    """
    return chance < CERTAIN if rank <= places else chance > round(1 - CERTAIN, 9)


class Doubt(StrEnum):
    """What can make a place worth another look."""

    CLOSE = "close"
    ONE = "one"


DOUBT_WORDS: Final[Mapping[Doubt, str]] = {
    Doubt.CLOSE: N_("Too close to call"),
    Doubt.ONE: N_("Decided by one way of counting"),
}


class Departure(StrEnum):
    """How a choice departs from the ranking."""

    ADMITTED_BELOW = "admitted_below"
    PASSED_OVER = "passed_over"
    WAITLISTED_BELOW = "waitlisted_below"
    LEFT_OFF_WAITLIST = "left_off_waitlist"
    AHEAD_ON_WAITLIST = "ahead_on_waitlist"


DEPARTURE_WORDS: Final[Mapping[Departure, str]] = {
    Departure.ADMITTED_BELOW: N_("Admitted before better-ranked applications."),
    Departure.PASSED_OVER: N_("Ranked among the places, and not admitted."),
    Departure.WAITLISTED_BELOW: N_("On the waitlist before better-ranked applications."),
    Departure.LEFT_OFF_WAITLIST: N_("Ranked among the waitlist, and not on it."),
    Departure.AHEAD_ON_WAITLIST: N_("Ahead of better-ranked applications on the waitlist."),
}


def off_rank(order: Sequence[int], admitted: Sequence[int], waitlist: Sequence[int]) -> dict[int, Departure]:
    """Each application whose outcome departs from its rank, with how; a reason is owed for each.

    With K admitted, the first K of the order are expected to be; then, of those left and not passed over, the
    first W are expected on a waitlist of W, in that order. An application that is not in the order (no review
    yet) ranks after all that are.

    Args: order is best first; waitlist is in its own order.
    """
    places = {application_id: place for place, application_id in enumerate(order)}
    chosen = [*admitted, *waitlist]
    ranked = [*order, *sorted(application_id for application_id in chosen if application_id not in places)]
    departures: dict[int, Departure] = {}
    admitted_set, waitlist_set = set(admitted), set(waitlist)
    expected = set(ranked[: len(admitted_set)])
    departures.update(dict.fromkeys(admitted_set - expected, Departure.ADMITTED_BELOW))
    departures.update(dict.fromkeys(expected - admitted_set, Departure.PASSED_OVER))

    left = [
        item
        for item in ranked
        if item not in admitted_set and (item in waitlist_set or departures.get(item) is not Departure.PASSED_OVER)
    ]
    expected = set(left[: len(waitlist_set)])
    for item in waitlist_set - expected:
        departures.setdefault(item, Departure.WAITLISTED_BELOW)
    for item in expected - waitlist_set:
        departures.setdefault(item, Departure.LEFT_OFF_WAITLIST)

    place_of = {item: place for place, item in enumerate(ranked)}
    best_behind = len(ranked)
    for item in reversed(waitlist):
        if best_behind < place_of[item]:
            departures.setdefault(item, Departure.AHEAD_ON_WAITLIST)
        best_behind = min(best_behind, place_of[item])
    return departures
