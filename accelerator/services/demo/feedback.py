"""Services · Demo · Feedback — what reviewers of the demo tell the startups, and what the refused are told."""

from __future__ import annotations

from typing import Final

from accelerator.queries import feedback as feedback_queries
from accelerator.services import feedback
from accelerator.services.demo.accounts import actor_of
from accelerator.services.demo.book import phrases
from accelerator.services.demo.story import BatchFacts, Story

EVERY: Final = 3
"""One review in so many holds no advice."""

BY_HAND: Final = 6
"""Feedback of a batch that quotes a reader."""


def advice(assignment_id: int) -> str:
    """What the review of this assignment tells the startup; the same in every seeding."""
    sentences = phrases("feedback")["advice"]
    return "" if assignment_id % EVERY == 0 else str(sentences[assignment_id * 7 % len(sentences)])


def tell_the_refused(story: Story, batch: BatchFacts) -> None:
    """The proposal for everybody who was not selected; for some a manager quoted a reader first."""
    manager = actor_of(story, "manager")
    for one in feedback_queries.open_ids(batch.id)[:BY_HAND]:
        quotes = list(feedback_queries.advice(one).values())[:1]
        text = feedback.proposed(batch.id, [one], quoted={one: quotes}).get(one, "")
        if text:
            feedback.save_feedback(
                actor=manager, code=batch.code, application_id=one, text=text, is_ready=True, version=0
            )
    texts, _without = feedback.open_proposals(actor=manager, code=batch.code)
    feedback.use_proposals(actor=manager, code=batch.code, expected=len(texts))
