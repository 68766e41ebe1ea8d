"""Rules · Assignment · Solver — HiGHS as the house uses it, and the goals it is given one after the other."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

import highspy

MOST_NODES: Final = 100
MOST_ROUNDS: Final = 10
"""Branches of one solution, and solutions with rows added between them, before a goal is given up: counts, not
seconds, so that the same input gives the same plan on every machine."""


class Goal(StrEnum):
    """What is made as small as possible, one after the other."""

    REVIEWS = "reviews missing"
    DIVERSITY = "readers of a group missing"
    MINIMA = "dossiers missing to minimum loads"
    SPREAD = "lack in one place"
    VALUE = "value forgone"
    ALL = "value forgone, and a fine for all that lacks"
    EVEN = "uneven loads"


LACKS: Final = (Goal.REVIEWS, Goal.DIVERSITY, Goal.MINIMA)
FINE: Final = 4.0
"""What a lack costs at first, in greatest values of a pair. Where the best plan then lacks nothing, it is the best of
all; where it does lack, the lacks are made small one after the other."""


def silent_solver() -> highspy.Highs:
    """HiGHS, silent, one thread, no luck: the same input is solved the same way."""
    highs = highspy.Highs()  # type: ignore[no-untyped-call]
    for name, value in (
        ("output_flag", False),
        ("threads", 1),
        ("parallel", "off"),
        ("random_seed", 0),
        ("mip_rel_gap", 0.0),
        ("mip_abs_gap", 1e-7),
        ("mip_feasibility_tolerance", 1e-7),
        ("mip_max_nodes", MOST_NODES),
    ):
        highs.setOptionValue(name, value)
    return highs
