"""Services · Demo · Feedback — what reviewers of the demo tell the startups, and what the refused are told."""

from __future__ import annotations

from typing import Final

from accelerator.services.demo.book import phrases

EVERY: Final = 3
"""One review in so many holds no advice."""


def advice(assignment_id: int) -> str:
    """What the review of this assignment tells the startup; the same in every seeding."""
    sentences = phrases("feedback")["advice"]
    return "" if assignment_id % EVERY == 0 else str(sentences[assignment_id * 7 % len(sentences)])
