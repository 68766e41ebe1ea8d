"""Letters written before there was one live letter a decision are told which application they decide."""

from __future__ import annotations

from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import text

from accelerator.extensions import db as database
from accelerator.kernel.enums import LetterState
from tests import committee

TOLD = "SELECT id, kind, state, decides_application_id FROM letter ORDER BY id"


def test_letters_find_their_application_and_of_two_live_ones_the_newest_decides(either_app: Flask):
    batch = committee.offered_batch(applications=14)
    first = committee.entries(batch)[0].id
    database.session.commit()
    before = database.session.execute(text(TOLD)).all()
    database.session.remove()

    downgrade(revision="0011")
    columns = (
        "to_user_id, to_email, locale, kind, about, subject, body, state, message_id, written_at, send_after, attempts,"
        " last_error"
    )
    twin = columns.replace("message_id", "'<twin@x>'").replace(" state,", " 'draft',")
    with database.engine.begin() as connection:
        connection.execute(
            text(f"INSERT INTO letter ({columns}) SELECT {twin} FROM letter WHERE kind = 'offer' ORDER BY id LIMIT 1")
        )
    upgrade()

    after = database.session.execute(text(TOLD)).all()
    assert [row[3] for row in before].count(None) == 0
    assert after[-1][1:] == ("offer", LetterState.DRAFT, first)
    assert [row[3] for row in after[:-1]] == [None if row[3] == first else row[3] for row in before]
