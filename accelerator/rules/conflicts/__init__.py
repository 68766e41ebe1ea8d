"""Rules · Conflicts — why a reviewer must not score a startup, or may have to step back: each ground with its evidence."""

from __future__ import annotations

from accelerator.rules.conflicts.grounds import find, find_all
from accelerator.rules.conflicts.names import PERSONAL_MAIL, company_domain, organisation_key, person_key
from accelerator.rules.conflicts.ties import (
    COOLING_YEARS,
    Colleague,
    Ground,
    Interest,
    ReviewerTies,
    StartupTies,
    Tie,
    still_counts,
)

__all__ = [
    "COOLING_YEARS",
    "PERSONAL_MAIL",
    "Colleague",
    "Ground",
    "Interest",
    "ReviewerTies",
    "StartupTies",
    "Tie",
    "company_domain",
    "find",
    "find_all",
    "organisation_key",
    "person_key",
    "still_counts",
]
