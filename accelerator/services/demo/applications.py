"""Services · Demo · Applications — what startups answer, when they send it in, and how it is screened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from accelerator.kernel.enums import ApplicationState, ScreeningGround
from accelerator.models.applications import Answer, Application, Deck
from accelerator.outbound import files
from accelerator.rules.applications import receipt_number
from accelerator.rules.screening import ScreeningReason
from accelerator.services.demo.book import phrases
from accelerator.services.demo.deck import pitch_deck
from accelerator.services.demo.story import BatchFacts, StartupFacts, Story

S = ApplicationState


@dataclass(frozen=True)
class Entry:
    """One application as the later chapters need it."""

    id: int
    startup: StartupFacts
    state: ApplicationState
    submitted_at: datetime | None
    quality: float  # what a fair committee would find, on the rubric's scale


class Applying:
    """Writes applications; decisions and counters are filled in before the rows are kept."""

    def __init__(self, story: Story) -> None:
        self.story = story
        self.rows: dict[int, dict[str, Any]] = {}
        self._next_id = 0

    def entry(self, batch: BatchFacts, startup: StartupFacts, state: ApplicationState) -> Entry:
        """One application in that state, with its answers."""
        story, chance = self.story, self.story.chance
        self._next_id += 1
        closes_at = min(batch.closes_at, story.now)
        is_sent = state is not S.DRAFT
        submitted_at = self._sent_at(batch.opens_at, closes_at) if is_sent else None
        started_at = story.moment(batch.opens_at, submitted_at or closes_at)
        quality = min(4.9, max(1.2, chance.gauss(3.05, 0.62)))
        self.rows[self._next_id] = {
            "batch_id": batch.id,
            "startup_id": startup.id,
            "state": state,
            "version": chance.randrange(4, 30),
            "started_at": started_at,
            "saved_at": submitted_at or story.moment(started_at, closes_at),
            "submitted_at": submitted_at,
            "receipt": receipt_number(batch.code, self._next_id) if is_sent else None,
            "screened_at": None,
            "screened_by_user_id": None,
            "screening_reason": "",
            "decided_at": None,
            "reviews": 0,
            "assigned": 0,
        }
        self._answers(batch, self._next_id, startup, half=not is_sent)
        if submitted_at and state not in (S.SUBMITTED, S.WITHDRAWN):
            self._screen(self._next_id, state, submitted_at)
        return Entry(self._next_id, startup, state, submitted_at, quality)

    def keep(self) -> None:
        """Hand all rows to the book, in the order of their ids."""
        for application_id, row in self.rows.items():
            kept = self.story.book.add(Application, **row)
            if kept != application_id:
                raise RuntimeError("the demo writes the first applications of a house")
        self.rows.clear()

    def deck(self, entry: Entry) -> None:
        """A small deck for one application."""
        tale = phrases("stories")["stories"][entry.startup.story]
        content, pages = pitch_deck(
            entry.startup.name, [tale["pitch"], tale["problem"], tale["solution"], tale["market"], tale["risk"]]
        )
        stored_as, digest = files.keep(content, folder="decks", suffix=".pdf")
        self.story.book.add(
            Deck,
            application_id=entry.id,
            file_name=f"{entry.startup.name}.pdf",
            size_bytes=len(content),
            pages=pages,
            sha256=digest,
            stored_as=stored_as,
            uploaded_at=entry.submitted_at or self.story.now,
            uploaded_by_user_id=entry.startup.user_id,
        )

    def _sent_at(self, opens_at: datetime, closes_at: datetime) -> datetime:
        """Most applications come in the last days, a third on the last one."""
        length = (closes_at - opens_at).total_seconds()
        back = length * self.story.chance.random() ** 2.6
        return closes_at - timedelta(seconds=int(back) + 1)

    def _screen(self, application_id: int, state: ApplicationState, submitted_at: datetime) -> None:
        story, row = self.story, self.rows[application_id]
        row["screened_at"] = min(submitted_at + timedelta(hours=story.chance.randrange(3, 90)), story.now)
        row["screened_by_user_id"] = story.people["manager"]
        if state is S.INADMISSIBLE:
            grounds = (ScreeningGround.NOT_A_STARTUP, ScreeningGround.OUT_OF_SCOPE, ScreeningGround.DUPLICATE)
            pick = story.chance.randrange(len(grounds))
            texts = phrases("phrases")["reasons"]["inadmissible"]
            row["screening_reason"] = ScreeningReason(grounds[pick], texts[pick]).stored()

    def _answers(self, batch: BatchFacts, application_id: int, startup: StartupFacts, *, half: bool) -> None:
        texts = answers(self.story, startup)
        for place, (question_id, code) in enumerate(batch.questions):
            if (text := texts.get(code, "")) and not (half and place > 6):
                self.story.book.add(Answer, application_id=application_id, question_id=question_id, text=text)


_TELLING: Final = (
    " {name} est déjà en essai chez deux clients ; {founder} en assure le suivi.",
    " Une démonstration : https://{siren}.exemple.fr/demo, ou au 01 99 00 12 34.",
    *[""] * 9,
)
"""What some startups write although the reading is blind."""


def answers(story: Story, startup: StartupFacts) -> Mapping[str, str]:
    """What one startup writes, by question code; now and then an optional answer is left empty."""
    chance = story.chance
    tale = phrases("stories")["stories"][startup.story]
    more = phrases("phrases")[tale.get("language", "fr")]
    low, high = chance.randrange(12, 60), chance.randrange(120, 400)
    figures = {"n": str(low), "m": str(high), "a": startup.founders[0], "b": startup.founders[1]}
    figures |= {"p": str(low + 20), "q": str(high // 4)}

    def told(text: str) -> str:
        for name, value in figures.items():
            text = text.replace(f"{{{name}}}", value)
        return text

    def with_more(part: str, extra: str) -> str:
        text = told(tale[part])
        return f"{text} {told(chance.choice(more[extra]))}" if chance.random() < 0.6 else text

    users = chance.choices(["nobody", "testers", "pilots", "customers"], [8, 22, 38, 32])[0]
    revenue = {"nobody": 0, "testers": 0, "pilots": chance.randrange(0, 40), "customers": chance.randrange(15, 480)}
    named = _TELLING[startup.id % len(_TELLING)].format(
        name=startup.name, siren=startup.siren, founder=startup.founders[0]
    )
    return {
        "summary": told(tale["pitch"]),
        "problem": told(tale["problem"]),
        "solution": with_more("solution", "solution_more"),
        "genai": told(tale["genai"]) + named,
        "responsible": with_more("risk", "responsible"),
        "demo_url": f"https://{startup.siren}.exemple.fr/demo" if chance.random() < 0.6 else "",
        "users_now": users,
        "revenue": str(revenue[users] * 1000),
        "market": with_more("market", "market_more"),
        "business_model": told(chance.choice(more["business_model"])),
        "team": told(chance.choice(more["team"])),
        "team_skills": told(chance.choice(more["team_skills"])),
        "full_time": str(chance.randrange(1, 14)),
        "funding": chance.choices(["own", "grants", "angels", "seed", "series_a"], [34, 24, 18, 20, 4])[0],
        "other_programmes": told(chance.choice(more["other_programmes"])) if chance.random() < 0.7 else "",
        "goals": told(chance.choice(more["goals"])),
        "needs": chance.choices(["expertise", "credits", "customers", "skills", "place"], [34, 26, 22, 14, 4])[0],
        "cloud": told(chance.choice(more["cloud"])),
        "available": "yes" if chance.random() < 0.93 else "no",
        "heard": chance.choice(["workshop", "incubator", "founder", "press", "other", ""]),
        "public_text": f"{startup.name}. {told(tale['pitch'])} {told(tale['market'])}"
        if chance.random() < 0.75
        else "",
    }
