"""Services · Programme setup — the programme that ships, put into an empty house; nothing that exists is touched."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Final

from sqlalchemy import func, select

from accelerator.extensions import Model, db
from accelerator.kernel import clock
from accelerator.kernel.actor import Actor
from accelerator.kernel.enums import BatchState, QuestionKind, VenueKind, WorkshopLevel
from accelerator.kernel.errors import NotAllowed, NotFound
from accelerator.kernel.message import Message
from accelerator.kernel.permissions import Permission
from accelerator.models.counter import CounterDefinition
from accelerator.models.credits import Sponsor
from accelerator.models.programmes import Batch, Programme, Question, Track
from accelerator.models.reviewing import Criterion, Rubric
from accelerator.models.workshops import Venue, Workshop
from accelerator.rules import access
from accelerator.services import audit
from accelerator.services.transaction import transaction

SHIPPED: Final = Path(__file__).resolve().parents[1] / "programme"


@dataclass(frozen=True)
class Installed:
    """How many rows of each kind were added; all zero when everything was there."""

    tracks: int
    batches: int
    questions: int
    criteria: int
    venues: int
    workshops: int
    counter_definitions: int

    @property
    def total(self) -> int:
        """Everything that was added."""
        return sum(vars(self).values())


@cache
def shipped(name: str) -> Mapping[str, Any]:
    """One file of the shipped programme: "programme", "batches", "form", "rubric", "venues", "workshops"."""
    return tomllib.loads((SHIPPED / f"{name}.toml").read_text(encoding="utf-8"))


def install(*, actor: Actor) -> Installed:
    """Put the shipped programme into the database; what stands there under the same code stays as it is.

    Raises: NotAllowed unless the actor manages batches.
    """
    if not (verdict := access.may(actor, Permission.BATCH_MANAGE)):
        raise NotAllowed(verdict.reason)
    with transaction():
        tracks = _install_tracks(_install_programme())
        criteria = _install_rubric()[1]
        batches, questions = _install_batches()
        done = Installed(
            tracks=tracks,
            batches=batches,
            questions=questions,
            criteria=criteria,
            venues=_install_venues(),
            workshops=_install_workshops(),
            counter_definitions=_install_counter_definitions(),
        )
        _install_sponsors()
        if done.total:
            audit.record(actor, "installed the programme", f"programme:{shipped('programme')['code']}", **vars(done))
        return done


def give_form(batch_id: int) -> int:
    """Give a batch the shipped questions and the default rubric, where it has none; the number of questions added.

    Call it in the transaction that makes the batch. A batch that has questions keeps them as they are.

    Raises: NotFound.
    """
    with transaction():
        batch = db.session.get(Batch, batch_id)
        if batch is None:
            raise NotFound(Message("There is no such batch."))
        if batch.rubric_id is None:
            batch.rubric_id = _install_rubric()[0]
        if db.session.scalar(select(func.count()).select_from(Question).where(Question.batch_id == batch_id)):
            return 0
        position: dict[int, int] = {}
        for entry in shipped("form")["questions"]:
            step = int(entry["step"])
            position[step] = position.get(step, 0) + 1
            db.session.add(
                Question(
                    batch_id=batch_id,
                    code=entry["code"],
                    step=step,
                    position=position[step],
                    kind=QuestionKind(entry["kind"]),
                    is_required=entry.get("required", True),
                    is_identifying=entry.get("identifying", False),
                    max_words=entry.get("max_words"),
                    choices=entry.get("choices"),
                    label_fr=entry["label_fr"],
                    label_en=entry["label_en"],
                    help_fr=entry.get("help_fr", ""),
                    help_en=entry.get("help_en", ""),
                )
            )
        db.session.flush()
        return sum(position.values())


def _state_by_dates(entry: Mapping[str, Any], now: datetime) -> BatchState:
    """Where an intake stands when only its dates are known. A rolling call has no review."""
    if now < entry["opens_at"]:
        return BatchState.DRAFT
    if now < entry["closes_at"] or entry.get("is_rolling"):
        return BatchState.OPEN
    return BatchState.DECIDED if now.date() >= entry["decides_on"] else BatchState.REVIEWING


def _install_programme() -> int:
    entry = shipped("programme")
    programme = db.session.scalar(select(Programme).where(Programme.code == entry["code"]))
    if programme is None:
        programme = Programme(
            **{key: entry[key] for key in ("code", "name", "zone", "target", "target_on", "contact_email")},
            summary_fr=entry["summary_fr"],
            summary_en=entry["summary_en"],
        )
        db.session.add(programme)
        db.session.flush()
    return programme.id


def _install_tracks(programme_id: int) -> int:
    missing = _missing(Track, shipped("programme")["tracks"])
    db.session.add_all(Track(programme_id=programme_id, **entry) for entry in missing)
    db.session.flush()
    return len(missing)


def _install_rubric() -> tuple[int, int]:
    """The id of the default rubric, and how many criteria were added for it."""
    entry = shipped("rubric")
    found = db.session.scalar(
        select(Rubric.id).where(Rubric.code == entry["code"]).order_by(Rubric.version.desc()).limit(1)
    )
    if found is not None:
        return found, 0
    rubric = Rubric(**{key: entry[key] for key in ("code", "version", "name_fr", "name_en", "scale_min", "scale_max")})
    db.session.add(rubric)
    db.session.flush()
    for position, line in enumerate(entry["criteria"], start=1):
        anchors = [
            {"points": str(points), **anchor} for points, anchor in enumerate(line["anchors"], start=rubric.scale_min)
        ]
        db.session.add(
            Criterion(
                rubric_id=rubric.id,
                position=position,
                weight=Decimal(line["weight"]),
                anchors=anchors,
                **{key: line[key] for key in ("code", "label_fr", "label_en", "help_fr", "help_en")},
            )
        )
    db.session.flush()
    return rubric.id, len(entry["criteria"])


def _install_batches() -> tuple[int, int]:
    rubric_id, now = _install_rubric()[0], clock.now()
    track_ids = dict(db.session.execute(select(Track.code, Track.id)).all())
    questions, missing = 0, _missing(Batch, shipped("batches")["batches"])
    for entry in missing:
        columns = dict(entry)
        batch = Batch(
            track_id=track_ids[columns.pop("track")],
            rubric_id=rubric_id,
            state=_state_by_dates(entry, now),
            **columns,
        )
        db.session.add(batch)
        db.session.flush()
        questions += give_form(batch.id)
    return len(missing), questions


def _install_venues() -> int:
    missing = _missing(Venue, shipped("venues")["venues"])
    db.session.add_all(Venue(**{**entry, "kind": VenueKind(entry["kind"])}) for entry in missing)
    return len(missing)


def _install_workshops() -> int:
    missing = _missing(Workshop, shipped("workshops")["workshops"])
    db.session.add_all(Workshop(**{**entry, "level": WorkshopLevel(entry["level"])}) for entry in missing)
    return len(missing)


def _install_counter_definitions() -> int:
    known = set(db.session.scalars(select(CounterDefinition.version)))
    missing = [entry for entry in shipped("programme")["counter_definitions"] if entry["version"] not in known]
    db.session.add_all(CounterDefinition(**entry) for entry in missing)
    return len(missing)


def _install_sponsors() -> None:
    known = set(db.session.scalars(select(Sponsor.name)))
    db.session.add_all(Sponsor(**entry) for entry in shipped("programme")["sponsors"] if entry["name"] not in known)


def _missing(table: type[Model], entries: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The shipped entries whose code the table does not hold yet."""
    known = set(db.session.scalars(select(table.__table__.c.code)))
    return [entry for entry in entries if entry["code"] not in known]
