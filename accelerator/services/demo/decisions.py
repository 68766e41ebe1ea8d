"""Services · Demo · Decisions — the cohort and the waitlist of a decided batch, offers made and answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from sqlalchemy import update

from accelerator.extensions import db
from accelerator.kernel.enums import ApplicationState, EvidenceKind, OfferState, Outcome
from accelerator.models.programmes import Batch
from accelerator.models.selection import Decision, Offer
from accelerator.services.demo.applications import Applying, Entry
from accelerator.services.demo.book import phrases
from accelerator.services.demo.counting import Counting
from accelerator.services.demo.story import BatchFacts, StartupFacts, Story, evening

WAITLIST = 10
STATE_AFTER = {
    Outcome.ADMIT: ApplicationState.ADMITTED,
    Outcome.WAITLIST: ApplicationState.WAITLISTED,
    Outcome.REFUSE: ApplicationState.REFUSED,
}


def decide(
    story: Story,
    applying: Applying,
    counting: Counting,
    batch: BatchFacts,
    entries: Sequence[Entry],
    means: Mapping[int, float],
) -> list[StartupFacts]:
    """Decisions by rank but for one with its reason, offers, one of them declined; the cohort that started."""
    order = sorted(entries, key=lambda entry: (-means.get(entry.id, 0), entry.id))
    chosen = [*order[: batch.places - 1], order[batch.places]] if len(order) > batch.places else order[: batch.places]
    waiting = [entry for entry in order if entry not in chosen][:WAITLIST]
    decided_at = evening(batch.decides_on, 16)
    for rank, entry in enumerate(order, start=1):
        outcome = Outcome.ADMIT if entry in chosen else Outcome.WAITLIST if entry in waiting else Outcome.REFUSE
        off_rank = outcome is Outcome.ADMIT and rank > batch.places
        passed_over = outcome is not Outcome.ADMIT and rank <= batch.places
        reasons = phrases("phrases")["reasons"]
        story.book.add(
            Decision,
            application_id=entry.id,
            batch_id=batch.id,
            outcome=outcome,
            waitlist_position=waiting.index(entry) + 1 if entry in waiting else None,
            rank=rank,
            reason=reasons["off_rank"][0] if off_rank else reasons["passed_over"][0] if passed_over else "",
            decided_by_user_id=story.people["manager"],
            decided_at=decided_at,
        )
        applying.rows[entry.id]["state"] = STATE_AFTER[outcome]
        applying.rows[entry.id]["decided_at"] = decided_at
    cohort = []
    declines = waiting[:1]
    for entry in [*chosen, *declines]:
        is_declined = bool(declines) and entry is chosen[-1]
        answered_at = decided_at + timedelta(hours=story.chance.randrange(20, 110))
        offer_id = story.book.add(
            Offer,
            batch_id=batch.id,
            application_id=entry.id,
            state=OfferState.DECLINED if is_declined else OfferState.ACCEPTED,
            respond_by=decided_at + timedelta(days=7),
            made_at=decided_at,
            sent_at=decided_at + timedelta(hours=1),
            answered_at=answered_at,
            answered_by_user_id=entry.startup.user_id,
            reason="",
        )
        if not is_declined:
            applying.rows[entry.id]["state"] = ApplicationState.ADMITTED
            cohort.append(entry.startup)
            counting.fact(
                entry.startup, EvidenceKind.BATCH_MEMBER, f"offer:{offer_id}", answered_at.date(), answered_at
            )
    db.session.execute(update(Batch).where(Batch.id == batch.id).values(places_taken=len(cohort)))
    return cohort
