"""Bench — wall time of the rules of a ranking at 10,000 applications, 3 reviews each, 300 reviewers.

python -m tests.bench.rules
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

from accelerator.rules import analysis, next_review, robustness
from accelerator.rules.ranking import certainty
from accelerator.rules.scoring import adjusted
from tests.rules.test_scoring import simulated

PLACES = 15
BUDGETS = {"severity model": 1.0, "intervals, chances": 5.0, "robustness sheet": 10.0, "next reviews": 1.0}
"""Seconds."""


def main() -> int:
    """Print the table; exit 1 when a budget is broken."""
    reviews, _, _ = simulated(0, applications=10_000, reviewers=300, each=3)
    found = analysis.analyse(reviews, places=PLACES)
    measured: dict[str, Callable[[], object]] = {
        "severity model": lambda: adjusted(reviews),
        "intervals, chances": lambda: certainty(reviews, found.result, found.lines, places=PLACES),
        "robustness sheet": lambda: robustness.sheet_of(reviews, found.result, found.lines, places=PLACES),
        "next reviews": lambda: next_review.next_reviews(found.result, found.lines, places=PLACES, reviews=100),
    }
    sys.stdout.write(f"{'rule':<20}{'budget':>9}{'seconds':>9}\n")
    broken = False
    for name, call in measured.items():
        started = time.perf_counter()
        call()
        seconds = time.perf_counter() - started
        over = seconds > BUDGETS[name]
        broken |= over
        sys.stdout.write(f"{name:<20}{f'≤ {BUDGETS[name]:g} s':>9}{seconds:>9.2f}{'   over budget' if over else ''}\n")
    return 1 if broken else 0


if __name__ == "__main__":
    raise SystemExit(main())
