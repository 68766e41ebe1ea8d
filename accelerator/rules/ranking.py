"""Rules · Ranking — from adjusted scores to an order; which choices depart from it and owe a reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import fmean, median, stdev
from typing import Final

from accelerator.kernel.message import N_
from accelerator.rules.scoring import Quality


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


def rank(qualities: Sequence[Quality], scores: Mapping[int, Sequence[float]]) -> list[Ranked]:
    """Every application that has a score, best first, each with a rank of its own.

    The written order: adjusted score, then mean, then median (higher first), then the smaller spread, then more
    reviews, then the smaller id. Scores that differ by less than a billionth are equal.

    Args: scores maps an application's id to its overall scores.
    """
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
            -round(line.adjusted, 9),
            -line.mean,
            -line.median,
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
