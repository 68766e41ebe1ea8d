"""Models — floor 2. What is stored, and what the database itself refuses; nothing here decides."""

from accelerator.models import (
    accounts,
    applications,
    audit,
    blindness,
    counter,
    credits,
    interests,
    letters,
    portfolio,
    programmes,
    reports,
    reviewing,
    selection,
    startups,
    tasks,
    workshops,
)

__all__ = [
    "accounts",
    "applications",
    "audit",
    "blindness",
    "counter",
    "credits",
    "interests",
    "letters",
    "portfolio",
    "programmes",
    "reports",
    "reviewing",
    "selection",
    "startups",
    "tasks",
    "workshops",
]
