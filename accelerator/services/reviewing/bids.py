"""Services · Reviewing · Bids — an assignment for a committee that only has spreadsheets; nothing is stored."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from accelerator.kernel.errors import RuleViolation
from accelerator.kernel.message import Message
from accelerator.rules import assignment
from accelerator.rules.assignment import Limits, Plan, Reviewer, Values
from accelerator.rules.bids import Bids, read_bids, read_pairs

_Read = TypeVar("_Read")


@dataclass(frozen=True)
class Wishes:
    """What is asked of the assignment. Files are their bytes; None where there is none."""

    per_application: int
    max_load: int
    min_load: int = 0
    co_reviews: int | None = None
    connected: bool = False
    unlisted_allowed: bool = False
    seed: int = 0


def assign_bids(
    wishes: Wishes, bids: bytes, *, conflicts: bytes | None = None, kept: bytes | None = None
) -> tuple[Bids, Plan]:
    """The best plan for the bids, and the names its ids stand for.

    Raises: RuleViolation whose `field` names the file ("bids", "conflicts", "kept"), in a sentence with the line.
    """
    if wishes.min_load > wishes.max_load:
        raise RuleViolation(Message("The minimum load is above the maximum."))
    known = _of_file("bids", lambda: read_bids(bids))
    barred = _of_file("conflicts", lambda: read_pairs(conflicts, known)) if conflicts is not None else set()
    held = _of_file("kept", lambda: read_pairs(kept, known)) if kept is not None else set()
    plan = assignment.assign(
        range(len(known.applications)),
        [Reviewer(place, wishes.max_load, wishes.min_load) for place in range(len(known.reviewers))],
        barred,
        per_application=wishes.per_application,
        kept=held,
        seed=wishes.seed,
        values=Values.of(known.worth, only_listed=not wishes.unlisted_allowed),
        limits=Limits(co_reviews=wishes.co_reviews, connected=wishes.connected),
    )
    return known, plan


def _of_file(name: str, read: Callable[[], _Read]) -> _Read:
    try:
        return read()
    except RuleViolation as violation:
        raise RuleViolation(violation.reason, field=name) from violation


def document(bids: Bids, plan: Plan) -> dict[str, object]:
    """The plan in the names of the files, as plain values."""
    return {
        "pairs": [
            {
                "reviewer": bids.reviewers[reviewer],
                "application": bids.applications[application],
                "bid": plain_number(bids.worth.get((application, reviewer), 0.0)),
            }
            for application, reviewer in plan.pairs
        ],
        "objective": plain_number(plan.value),
        "bound": plain_number(max(plan.value, round(plan.bound, 6))),
        "reviews": len(plan.pairs),
        "missing": plan.missing,
        "is_connected": plan.is_connected,
        "price_of_connection": plain_number(plan.price_of_connection),
        "loads": {bids.reviewers[reviewer]: load for reviewer, load in plan.loads.items()},
        "shortfalls": [
            *(
                {
                    "application": bids.applications[one.application_id],
                    "missing": one.missing,
                    "reason": str(one.reason),
                }
                for one in plan.shortfalls
            ),
            *(
                {"reviewer": bids.reviewers[one.reviewer_id], "missing": one.missing, "reason": str(one.reason)}
                for one in plan.under
            ),
        ],
    }


def plain_number(number: float) -> float | int:
    """A whole number without its point."""
    return int(number) if number == int(number) else number
