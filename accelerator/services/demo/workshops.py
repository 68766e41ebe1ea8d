"""Services · Demo · Workshops — two years of sessions in every region, who booked, who came, what is next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select

from accelerator.extensions import db
from accelerator.kernel.enums import BookingState, EvidenceKind, WorkshopSessionState
from accelerator.models.workshops import Attendance, Booking, Venue, Workshop, WorkshopSession
from accelerator.rules.days_off import days_off
from accelerator.services.demo.book import phrases
from accelerator.services.demo.counting import Counting
from accelerator.services.demo.startups import Founding
from accelerator.services.demo.story import StartupFacts, Story

FIRST_SESSION_ON: Final = date(2024, 10, 8)
SMALL_VENUES_TWICE: Final = 60
"""From this many sessions on, partner places are visited twice."""
AHEAD: Final = {
    "lab-lyon": 3,
    "station-f": 2,
    "lab-nantes": 1,
    "lab-toulouse": 1,
    "lab-marseille": 1,
    "lab-bordeaux": 1,
    "partner-lille": 1,
    "partner-rennes": 1,
    "partner-nice": 1,
    "partner-saint-denis": 1,
    "partner-strasbourg": 1,
    "partner-cayenne": 1,
}
"""How many sessions of each place are still to come; Lyon has one today."""


@dataclass(frozen=True)
class Slot:
    """One session to be: where, what, when."""

    venue: Venue
    workshop: Workshop
    starts_at: datetime
    is_past: bool

    @property
    def day(self) -> date:
        """The calendar day at the venue."""
        return self.starts_at.astimezone(ZoneInfo(self.venue.zone)).date()

    @property
    def ends_at(self) -> datetime:
        """When it ends."""
        return self.starts_at + timedelta(minutes=self.workshop.duration_minutes)


def hold_workshops(story: Story, founding: Founding, counting: Counting) -> None:
    """All sessions, past and future, with bookings, waiting lists and attendance."""
    slots = _slots(story)
    past = [slot for slot in slots if slot.is_past]
    seats = sum(slot.venue.capacity for slot in past)
    known: dict[str, list[StartupFacts]] = {}
    for cohort in story.cohorts.values():
        for startup in cohort:
            known.setdefault(startup.region_code, []).append(startup)
    for slot in past:
        fresh = min(round(story.size.regional_startups * slot.venue.capacity / seats), int(slot.venue.capacity * 0.7))
        guests = [
            founding.startup(
                since=slot.day, region_code=slot.venue.region_code, with_account=story.chance.random() < 0.6
            )
            for _ in range(max(fresh, 2))
        ]
        regulars = known.setdefault(slot.venue.region_code, [])
        again = story.chance.sample(regulars, min(len(regulars), len(guests) // 5))
        _hold(story, counting, slot, [*guests, *again])
        regulars += guests
    for place, slot in enumerate(slot for slot in slots if not slot.is_past):
        _announce(story, slot, place, known.get(slot.venue.region_code, []) or known["11"])


def _slots(story: Story) -> list[Slot]:
    """Sessions spread evenly over the past, then those to come; no place twice on one day, no holiday."""
    chance = story.chance
    venues = {venue.code: venue for venue in db.session.scalars(select(Venue).order_by(Venue.id))}
    workshops = list(db.session.scalars(select(Workshop).order_by(Workshop.id)))
    big = story.size.workshop_sessions >= SMALL_VENUES_TWICE
    wanted = {code: _sessions_at(code, big=big) for code in venues}
    ahead = {code: min(count, 1 if not big else count) for code, count in AHEAD.items()}
    if not big:
        ahead = {code: count for code, count in ahead.items() if not code.startswith("partner-")}
    behind = [code for code, count in wanted.items() for _ in range(max(count - ahead.get(code, 0), 0))]
    chance.shuffle(behind)
    last = story.today - timedelta(days=6)
    step = (last - FIRST_SESSION_ON).days / max(len(behind), 1)
    taken: set[tuple[str, date]] = set()
    slots = []
    for place, code in enumerate(behind):
        near = FIRST_SESSION_ON + timedelta(days=int(step * (place + 0.5)))
        slots.append(_slot(story, venues[code], chance.choice(workshops), near, taken, is_past=True))
    ahead_days = 0
    for code, count in chance.sample(list(ahead.items()), len(ahead)):
        for number in range(count):
            if code == "lab-lyon" and number == 0:
                starts = datetime.combine(story.today, time(14), ZoneInfo(venues[code].zone))
                slots.append(Slot(venues[code], workshops[0], starts, is_past=False))
                continue
            ahead_days += 4
            near = story.today + timedelta(days=ahead_days)
            slots.append(_slot(story, venues[code], chance.choice(workshops), near, taken, is_past=False))
    return slots


def _sessions_at(code: str, *, big: bool) -> int:
    if not big:
        return 1
    return 2 if code.startswith("partner-") else 6 if code in ("station-f", "lab-lyon") else 5


def _slot(
    story: Story, venue: Venue, workshop: Workshop, near: date, taken: set[tuple[str, date]], *, is_past: bool
) -> Slot:
    """A Tuesday, Wednesday or Thursday near the wanted day when the place is free and nobody is on holiday."""
    latest = story.today - timedelta(days=4)
    step = -1 if is_past and near > latest - timedelta(days=12) else 1
    while (
        near.weekday() not in (1, 2, 3)
        or (venue.code, near) in taken
        or near.month == 8
        or days_off(near, venue.postcode)
    ):
        near += timedelta(days=step)
        if is_past and near >= latest:
            near, step = latest - timedelta(days=1), -1
    taken.add((venue.code, near))
    hour = time(9, 30) if workshop.duration_minutes > 200 or story.chance.random() < 0.5 else time(14)
    return Slot(venue, workshop, datetime.combine(near, hour, ZoneInfo(venue.zone)), is_past)


def _session(story: Story, slot: Slot, **columns: Any) -> int:
    return story.book.add(
        WorkshopSession,
        **{
            "workshop_id": slot.workshop.id,
            "venue_id": slot.venue.id,
            "region_code": slot.venue.region_code,
            "state": WorkshopSessionState.PUBLISHED,
            "starts_at": slot.starts_at,
            "ends_at": slot.ends_at,
            "booking_closes_at": slot.starts_at - timedelta(hours=4),
            "language": "fr",
            "capacity": slot.venue.capacity,
            "seats_taken": 0,
            "seats_per_startup": 2,
            "trainer_name": story.person_name(),
            "calendar_uid": f"{UUID(int=story.chance.getrandbits(128), version=4)}@accelerator",
            "calendar_sequence": 0,
            "cancelled_reason": "",
            "attendance_closed_at": None,
            "version": 1,
            **columns,
        },
    )


def _hold(story: Story, counting: Counting, slot: Slot, guests: Sequence[StartupFacts]) -> None:
    """A past session: most who booked came, a few came without booking."""
    chance = story.chance
    people = [(startup, 0) for startup in guests]
    people += [(startup, 1) for startup in guests if chance.random() < 0.18]
    people = people[: slot.venue.capacity]
    walk_ins = {place for place in range(len(people)) if chance.random() < 0.12}
    session_id = _session(
        story,
        slot,
        state=WorkshopSessionState.HELD,
        seats_taken=len(people) - len(walk_ins),
        attendance_closed_at=slot.ends_at + timedelta(hours=20),
        version=2,
    )
    came_at = slot.starts_at + timedelta(minutes=10)
    for place, (startup, founder) in enumerate(people):
        name = startup.founders[founder]
        booking_id = None
        if place not in walk_ins:
            booking_id = _booking(story, slot, session_id, startup, founder, BookingState.BOOKED)
        if place in walk_ins or founder or chance.random() < 0.92:
            attendance_id = story.book.add(
                Attendance,
                workshop_session_id=session_id,
                startup_id=startup.id,
                booking_id=booking_id,
                person_name=name,
                recorded_at=came_at,
                recorded_by_user_id=None,
            )
            counting.fact(startup, EvidenceKind.WORKSHOP_ATTENDED, f"attendance:{attendance_id}", slot.day, came_at)


def _announce(story: Story, slot: Slot, place: int, regulars: Sequence[StartupFacts]) -> None:
    """A session to come: some seats taken, one full with a waiting list, one cancelled, one not yet published."""
    chance = story.chance
    state, capacity, reason = WorkshopSessionState.PUBLISHED, slot.venue.capacity, ""
    if slot.venue.code == "lab-bordeaux":
        state, reason = (
            WorkshopSessionState.CANCELLED,
            "La formatrice est souffrante ; une nouvelle date sera proposée.",
        )
    elif slot.venue.code in ("lab-marseille", "partner-cayenne"):
        state = WorkshopSessionState.DRAFT
    elif slot.venue.code == "lab-toulouse":
        capacity = min(12, len(regulars))
    wanted = capacity + 5 if slot.venue.code == "lab-toulouse" else chance.randrange(4, max(5, int(capacity * 0.7)))
    guests = chance.sample(list(regulars), min(wanted, len(regulars)))
    if slot.venue.code == "lab-toulouse":
        capacity = min(capacity, max(len(guests) - 3, 1))
    own = story.cohorts.get("GS-2026-2", [])
    if slot.venue.code == "station-f" and own and own[0] not in guests:
        guests = [own[0], *guests][:capacity]
    if state is not WorkshopSessionState.PUBLISHED:
        guests = []
    booked = min(len(guests), capacity)
    session_id = _session(
        story,
        slot,
        state=state,
        capacity=capacity,
        seats_taken=booked,
        cancelled_reason=reason,
        calendar_sequence=1 if reason else 0,
    )
    for number, startup in enumerate(guests):
        kind = BookingState.BOOKED if number < booked else BookingState.WAITING
        made_at = story.now - timedelta(days=9, hours=-number)
        _booking(story, slot, session_id, startup, 0, kind, made_at=made_at)


def _booking(
    story: Story,
    slot: Slot,
    session_id: int,
    startup: StartupFacts,
    founder: int,
    state: BookingState,
    made_at: datetime | None = None,
) -> int:
    needs = phrases("phrases")["reasons"]["access_needs"]
    return story.book.add(
        Booking,
        workshop_session_id=session_id,
        startup_id=startup.id,
        user_id=startup.user_id if founder == 0 else None,
        person_name=startup.founders[founder],
        state=state,
        made_at=made_at or slot.starts_at - timedelta(hours=story.chance.randrange(30, 500)),
        promoted_at=None,
        cancelled_at=None,
        access_needs=story.chance.choice(needs) if story.chance.random() < 0.03 else "",
    )
