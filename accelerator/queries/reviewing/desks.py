"""Queries · Reviewing · Desks — who holds what in a batch, as a spreadsheet of assignments is held against it."""

from __future__ import annotations

from sqlalchemy import select

from accelerator.extensions import db
from accelerator.models.applications import Application
from accelerator.models.reviewing import Assignment
from accelerator.queries.reviewing import planning
from accelerator.rules import reviewing
from accelerator.rules.assignment_lines import Desks


def desks(batch_id: int) -> Desks:
    """Every duty of a batch, its committee and its grounds of conflict. Seven statements."""
    found = planning.basis(batch_id)
    entries = db.session.execute(
        select(Application.id, Application.receipt, Application.startup_id).where(
            Application.batch_id == batch_id, Application.state.not_in(reviewing.UNREADABLE)
        )
    ).all()
    of_startup = {row.startup_id: row.id for row in entries}
    names = {reviewing.dossier_code(row.id): row.id for row in entries}
    names |= {str(row.id): row.id for row in entries}
    names |= {row.receipt.casefold(): row.id for row in entries if row.receipt}
    states = db.session.execute(
        select(Assignment.application_id, Assignment.reviewer_user_id, Assignment.state).where(
            Assignment.batch_id == batch_id
        )
    ).all()
    return Desks(
        applications=names,
        reviewers={member.email.casefold(): member.id for member in found.members},
        capacity={member.id: member.capacity for member in found.members},
        states={(row.application_id, row.reviewer_user_id): row.state for row in states},
        barred={
            (of_startup[ground.startup_id], ground.reviewer_id): ground.reason
            for ground in found.grounds
            if ground.startup_id in of_startup
        },
    )
