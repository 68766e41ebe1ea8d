"""The outbox: written with the act, sent once, tried again, given up."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from accelerator.kernel import clock
from accelerator.kernel.actor import SYSTEM
from accelerator.kernel.enums import LetterState
from accelerator.models.letters import Letter
from accelerator.outbound import mail, settings
from accelerator.services import letters
from accelerator.services.transaction import transaction
from tests import make


def write(person, **options):
    with transaction():
        return letters.write(person.id, "password_reset", about=f"user:{person.id}", values={"token": "T"}, **options)


def test_a_letter_is_written_in_the_language_of_its_reader(db):
    write(make.user(locale="fr"))
    write(make.user(locale="en"))

    assert db.scalars(select(Letter.subject).order_by(Letter.id)).all() == [
        "Votre nouveau mot de passe",
        "Your new password",
    ]


def test_a_letter_falls_with_its_act(db):
    ada = make.user()

    with pytest.raises(ValueError, match="no"), transaction():
        letters.write(ada.id, "password_reset", about="x", values={"token": "T"})
        raise ValueError("no")

    assert db.scalars(select(Letter)).all() == []


def test_due_letters_are_sent_once(app, db):
    write(make.user())

    assert (letters.send_due_letters(), letters.send_due_letters()) == (1, 0)
    assert db.scalars(select(Letter.state)).all() == [LetterState.SENT]
    [message_id] = db.scalars(select(Letter.message_id))
    assert (settings.instance / "letters" / f"{message_id[1:].split(chr(64))[0]}.eml").is_file()


def test_drafts_wait_until_they_are_released(db):
    ada = make.user()
    write(ada, as_draft=True)

    assert letters.send_due_letters() == 0
    assert letters.release_drafts(actor=SYSTEM, about=[f"user:{ada.id}"]) == 1
    assert letters.send_due_letters() == 1


def test_an_unavailable_server_is_tried_again_later_with_the_same_message_id(db, monkeypatch):
    seen = []

    def unavailable(**message):
        seen.append(message["message_id"])
        raise mail.Unavailable("451 later")

    monkeypatch.setattr(mail, "send", unavailable)
    write(make.user())
    start = clock.now()
    for tries in range(20):
        clock.fix(start + timedelta(hours=tries * 10))
        letters.send_due_letters()

    assert len(seen) == letters.MAX_ATTEMPTS
    assert len(set(seen)) == 1
    assert db.scalars(select(Letter.state)).all() == [LetterState.FAILED]


def test_a_refused_letter_is_not_tried_again(db, monkeypatch):
    def refused(**_message):
        raise mail.Refused("550 no such user")

    monkeypatch.setattr(mail, "send", refused)
    write(make.user())
    letters.send_due_letters()

    letter = db.scalars(select(Letter)).one()
    assert (letter.state, letter.last_error, letter.attempts) == (LetterState.FAILED, "550 no such user", 1)


def test_a_name_cannot_add_a_header(app, db):
    with pytest.raises(mail.Refused):
        mail.send(message_id="<1@x>", to="ada@exemple.fr\r\nBcc: eve@exemple.fr", subject="s", body="b")


def test_letters_in_both_languages_name_the_same_values():
    import re
    from pathlib import Path

    folder = Path(__file__).resolve().parents[2] / "templates" / "letters"
    names = {path.name for path in folder.rglob("*.txt")}
    for name in sorted(names):
        french, english = ((folder / locale / name).read_text() for locale in ("fr", "en"))
        variables = [set(re.findall(r"\{\{\s*(\w+)", text)) for text in (french, english)]
        assert variables[0] == variables[1], name
        assert french.startswith("Subject: "), name
        assert english.startswith("Subject: "), name
