"""Services · Demo · Reviews — committees with strict and lenient members, their assignments, scores and comments."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from math import ceil
from random import Random

from accelerator.kernel.enums import AssignmentState, ConflictSource, InvitationState, Sector
from accelerator.models.reviewing import Assignment, BatchReviewer, ConflictOfInterest, Review, Score
from accelerator.rules.scoring import Criterion, Scale, overall_score
from accelerator.services.demo import feedback
from accelerator.services.demo.applications import Applying, Entry
from accelerator.services.demo.book import phrases
from accelerator.services.demo.interests import declare_interests
from accelerator.services.demo.story import IN_REVIEW, RUNNING, BatchFacts, Story

_REGIONS = ("11", "84", "93", "76", "75", "53", "52", "44", "32")


@dataclass(frozen=True)
class Member:
    """A reviewer's habits: `severity` is added to what a fair reviewer would give."""

    user_id: int
    severity: float
    noise: float


@dataclass(frozen=True)
class Duty:
    """One assignment to be stored: `is_done` when the review is in."""

    entry: Entry
    member: Member
    position: int
    is_done: bool


def review_batch(
    story: Story, applying: Applying, batch: BatchFacts, entries: Sequence[Entry], *, reviewers: int, done_share: float
) -> None:
    """Assign the entries to a committee and score the share that is done."""
    committee = _committee(story, batch, reviewers, len(entries))
    duties = _duties(story, batch, entries, committee, done_share)
    assigned_at = batch.closes_at + timedelta(days=3)
    for duty in duties:
        _write(story, batch, duty, assigned_at)
        applying.rows[duty.entry.id]["assigned"] += 1
        applying.rows[duty.entry.id]["reviews"] += duty.is_done
    _conflicts(story, batch, entries, committee, duties, assigned_at)
    if batch.code == IN_REVIEW:
        taken = {(duty.entry.id, duty.member.user_id) for duty in duties}
        declare_interests(story, batch, entries, [member.user_id for member in committee], taken, capacity=12)


def _committee(story: Story, batch: BatchFacts, reviewers: int, applications: int) -> list[Member]:
    chance = story.chance
    ours = story.reviewers[:1] if batch.code in (RUNNING, IN_REVIEW) else []
    others = chance.sample(story.reviewers[1:], reviewers - len(ours))
    capacity = ceil(applications * batch.reviews_per_application / reviewers) + 5
    members = []
    for number, user_id in enumerate([*ours, *others]):
        topics, regions = _fields(batch.code, number)
        story.book.add(
            BatchReviewer,
            batch_id=batch.id,
            user_id=user_id,
            capacity=capacity,
            topics=topics,
            regions=regions,
            named_at=batch.closes_at - timedelta(days=8),
            state=InvitationState.ACCEPTED,
            asked_capacity=capacity,
            answered_at=batch.closes_at - timedelta(days=7),
            decline_reason="",
        )
        members.append(Member(user_id, chance.gauss(0, 0.42), chance.uniform(0.35, 0.6)))
    return members


def _fields(batch_code: str, number: int) -> tuple[list[str], list[str]]:
    """What a member knows: two or three sectors, often a region; one in six names nothing. Of a chance of their own."""
    chance = Random(f"{batch_code}:{number}")
    if number % 6 == 5:
        return [], []
    topics = sorted(str(sector) for sector in chance.sample(list(Sector), chance.choice((2, 3))))
    return topics, sorted(chance.sample(_REGIONS, 1)) if chance.random() < 0.6 else []


def _duties(
    story: Story, batch: BatchFacts, entries: Sequence[Entry], committee: Sequence[Member], done_share: float
) -> list[Duty]:
    """Equal loads, never the same pair twice, and the reviews that are in spread as people work: some lag behind."""
    chance = story.chance
    pace = {member.user_id: min(1.0, max(0.25, chance.gauss(done_share, 0.18))) for member in committee}
    if done_share >= 1:
        pace = dict.fromkeys(pace, 1.0)
    if story.reviewers[0] in pace:
        pace[story.reviewers[0]] = min(pace[story.reviewers[0]], done_share)
    pairs: list[tuple[Entry, Member]] = []
    order: list[Member] = []
    for entry in chance.sample(list(entries), len(entries)):
        chosen: list[Member] = []
        while len(chosen) < batch.reviews_per_application:
            if not order:
                order = chance.sample(list(committee), len(committee))
            place = next((i for i in range(len(order) - 1, -1, -1) if order[i] not in chosen), None)
            if place is None:
                order = chance.sample(list(committee), len(committee)) + order
                continue
            chosen.append(order.pop(place))
        pairs += [(entry, member) for member in chosen]
    loads = Counter(member.user_id for _entry, member in pairs)
    seen: Counter[int] = Counter()
    duties = []
    for entry, member in pairs:
        seen[member.user_id] += 1
        is_done = seen[member.user_id] <= round(loads[member.user_id] * pace[member.user_id])
        duties.append(Duty(entry, member, seen[member.user_id], is_done))
    return duties


def _write(story: Story, batch: BatchFacts, duty: Duty, assigned_at: datetime) -> None:
    chance = story.chance
    done_at = story.moment(assigned_at, min(batch.reviews_due_at, story.now)) if duty.is_done else None
    assignment_id = story.book.add(
        Assignment,
        batch_id=batch.id,
        application_id=duty.entry.id,
        reviewer_user_id=duty.member.user_id,
        state=AssignmentState.REVIEWED if duty.is_done else AssignmentState.OPEN,
        position=duty.position,
        assigned_at=assigned_at,
        handed_out_at=assigned_at,
        due_at=batch.reviews_due_at,
        closed_at=done_at,
        active_seconds=chance.randrange(360, 1500) if duty.is_done else 0,
    )
    if done_at is None:
        return
    rubric = [Criterion(criterion_id, Decimal(weight)) for criterion_id, weight in batch.criteria]
    opinion = duty.entry.quality + duty.member.severity + chance.gauss(0, duty.member.noise)
    points = {line.id: min(5, max(1, round(opinion + chance.gauss(0, 0.55)))) for line in rubric}
    overall = overall_score(points, rubric, Scale())
    review_id = story.book.add(
        Review,
        assignment_id=assignment_id,
        batch_id=batch.id,
        application_id=duty.entry.id,
        reviewer_user_id=duty.member.user_id,
        overall=overall,
        comment=_comment(story, float(overall)),
        advice=feedback.advice(assignment_id),
        submitted_at=done_at,
    )
    for criterion_id, value in points.items():
        story.book.add(Score, review_id=review_id, criterion_id=criterion_id, points=value)


def _comment(story: Story, overall: float) -> str:
    kind = "high" if overall >= 3.8 else "low" if overall < 2.5 else "middle"
    return str(story.chance.choice(phrases("phrases")["comments"][kind])) if story.chance.random() < 0.85 else ""


def _conflicts(
    story: Story,
    batch: BatchFacts,
    entries: Sequence[Entry],
    committee: Sequence[Member],
    duties: Sequence[Duty],
    assigned_at: datetime,
) -> None:
    """A few declared conflicts, each with the duty it ended; somebody else has taken it over."""
    taken = {(duty.entry.id, duty.member.user_id) for duty in duties}
    for entry in story.chance.sample(list(entries), min(3, len(entries))):
        free = [member for member in committee[1:] if (entry.id, member.user_id) not in taken]
        if not free:
            continue
        member = story.chance.choice(free)
        declared_at = assigned_at + timedelta(hours=story.chance.randrange(2, 60))
        story.book.add(
            ConflictOfInterest,
            reviewer_user_id=member.user_id,
            startup_id=entry.startup.id,
            ground=story.chance.choice(phrases("phrases")["reasons"]["conflict"]),
            source=ConflictSource.DECLARED,
            declared_at=declared_at,
            sentence=None,
            evidence="",
        )
        story.book.add(
            Assignment,
            batch_id=batch.id,
            application_id=entry.id,
            reviewer_user_id=member.user_id,
            state=AssignmentState.CONFLICTED,
            position=0,
            assigned_at=assigned_at,
            handed_out_at=assigned_at,
            due_at=batch.reviews_due_at,
            closed_at=declared_at,
            active_seconds=0,
        )
