"""Queries · Health — can the house be lived in."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from accelerator.extensions import db


def database_answers() -> bool:
    """True when the database answers a trivial question."""
    try:
        return db.session.scalar(select(1)) == 1
    except SQLAlchemyError:
        return False
