"""Services · Demo · Counting — the evidence of the other chapters, and who counts since when."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import select, update

from accelerator.extensions import db
from accelerator.kernel.enums import EvidenceKind
from accelerator.models.counter import Evidence, Reached
from accelerator.services.demo.story import StartupFacts, Story


@dataclass
class Counting:
    """Collects facts; `keep` writes one evidence row each and one line a startup, from its first fact."""

    story: Story
    _first: dict[int, tuple[date, StartupFacts]] = field(default_factory=dict)

    def fact(
        self, startup: StartupFacts, kind: EvidenceKind, reference: str, happened_on: date, recorded_at: datetime
    ) -> None:
        """One fact that makes a startup count."""
        self.story.book.add(
            Evidence,
            startup_id=startup.id,
            kind=kind,
            reference=reference,
            happened_on=happened_on,
            recorded_at=recorded_at,
            withdrawn_at=None,
            withdrawn_reason="",
        )
        known = self._first.get(startup.id)
        if known is None or happened_on < known[0]:
            self._first[startup.id] = (happened_on, startup)

    def keep(self) -> None:
        """Every startup with a fact counts once, from its first one; who counts already may have begun earlier."""
        known = {
            row.startup_id: row.counted_on for row in db.session.execute(select(Reached.startup_id, Reached.counted_on))
        }
        for startup_id, (counted_on, startup) in sorted(self._first.items()):
            if startup_id not in known:
                self.story.book.add(
                    Reached,
                    startup_id=startup_id,
                    region_code=startup.region_code,
                    counted_on=counted_on,
                    definition_version=1,
                )
            elif counted_on < known[startup_id]:
                db.session.execute(
                    update(Reached).where(Reached.startup_id == startup_id).values(counted_on=counted_on)
                )
        self._first.clear()
