"""Services · Interests · Ties — a startup names who holds its shares, sits on its board, advises it."""

from __future__ import annotations

from dataclasses import asdict

from sqlalchemy import delete, func, insert, select

from accelerator.extensions import db
from accelerator.kernel import clock
from accelerator.kernel.actor import Actor
from accelerator.kernel.errors import NotFound, RuleViolation
from accelerator.kernel.message import Message
from accelerator.models.interests import StartupTie
from accelerator.queries import startups
from accelerator.queries.interests import register
from accelerator.rules import interests
from accelerator.rules.interests import TieEntry
from accelerator.services import audit, request_keys
from accelerator.services.interests.stepping_aside import step_aside
from accelerator.services.transaction import changed_rows, transaction


def name_tie(*, actor: Actor, startup_id: int, entry: TieEntry, request_key: str = "") -> int:
    """Name one person or organisation tied to the startup; reviewers tied to it lose the dossier. The entry's id.

    Raises: NotFound to strangers; RuleViolation on the field to blame.
    """
    with transaction():
        if (earlier := request_keys.earlier_result(actor, request_key)) is not None:
            return int(earlier)
        startups.own(actor.user_id, startup_id)
        entry = interests.checked_tie(entry)
        held = select(func.count()).select_from(StartupTie).where(StartupTie.startup_id == startup_id)
        if db.session.scalars(held).one() >= interests.MAX_TIES:
            raise RuleViolation(Message("At most %(most)s entries.", most=interests.MAX_TIES), field="kind")
        tie_id: int = db.session.execute(
            insert(StartupTie)
            .values(startup_id=startup_id, declared_at=clock.now(), **{**asdict(entry), "siren": entry.siren or None})
            .returning(StartupTie.id)
        ).scalar_one()
        audit.record(actor, "named a tie of the startup", f"startup:{startup_id}", **asdict(entry))
        request_keys.keep(actor, request_key, tie_id)
        step_aside(actor, startup_id=startup_id)
        return tie_id


def drop_tie(*, actor: Actor, startup_id: int, tie_id: int) -> None:
    """Take one entry out.

    Raises: NotFound to strangers and when it is not there.
    """
    with transaction():
        startups.own(actor.user_id, startup_id)
        before = next((row for row in register.ties(startup_id) if row.id == tie_id), None)
        if before is None or not changed_rows(delete(StartupTie).where(StartupTie.id == tie_id)):
            raise NotFound(Message("This entry is not there any more."))
        audit.record(
            actor,
            "dropped a tie of the startup",
            f"startup:{startup_id}",
            kind=before.kind,
            organisation=before.organisation,
            siren=before.siren,
            person=before.person,
        )
        step_aside(actor, startup_id=startup_id)
