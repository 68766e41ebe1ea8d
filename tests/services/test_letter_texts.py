"""Texts typed by a manager: used from then on, never code, kept by version, given back."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from accelerator.kernel.enums import Outcome
from accelerator.kernel.errors import Conflict, NotAllowed, NotFound
from accelerator.models.accounts import User
from accelerator.models.letter_texts import LetterText
from accelerator.models.letters import Letter
from accelerator.models.startups import Startup
from accelerator.outbound import letters as letter_text
from accelerator.queries import letter_texts as queries
from accelerator.rules.letter_texts import PLACEHOLDERS, refuse_text
from accelerator.services import decision_letters, letter_texts
from tests import committee, make
from tests.committee import entries, offer_of

BODY = "Dear {recipient} of {startup},\n\n{link} before {respond_by}. {place}"


def save(locale="en", version=0, body=BODY, **changes) -> int:
    return letter_texts.save_text(
        **{
            "actor": make.actor(make.manager()),
            "kind": "offer",
            "locale": locale,
            "subject": "Good news for {startup}",
            "body": body,
            "version": version,
            **changes,
        }
    )


def drafts_of(db, batch) -> list[Letter]:
    db.expire_all()
    return list(db.scalars(select(Letter).where(Letter.kind == "offer").order_by(Letter.id)))


def rewrite(batch, expected: int = 2) -> int:
    return decision_letters.write_anew(
        actor=make.actor(make.manager()), code=batch.code, outcome=Outcome.ADMIT, expected=expected
    )


def test_a_text_is_used_when_drafts_are_written_anew(db):
    batch = committee.decided_batch()
    save()

    older = queries.older_drafts("offer", "en", queries.versions("offer", "en")[0].written_at)
    rewrite(batch)

    first = drafts_of(db, batch)[0]
    assert [(one.batch_code, one.letters) for one in older] == [(batch.code, 2)]
    assert first.subject == "Good news for Rank 1"
    assert first.body.startswith("Dear ")
    assert f"/my/offers/{offer_of(entries(batch)[0]).id} before" in first.body
    assert "{" not in first.body


def test_what_people_typed_is_never_code(db):
    batch = committee.decided_batch()
    db.execute(update(Startup).where(Startup.name == "Rank 1").values(name="{link} {{ 7*7 }} {% raise %}"))
    db.commit()
    save(body=BODY + " 100 % {startup} {}".replace(" {}", ""))

    rewrite(batch)

    assert drafts_of(db, batch)[0].subject == "Good news for {link} {{ 7*7 }} {% raise %}"
    assert "49" not in drafts_of(db, batch)[0].subject


def test_the_other_language_keeps_its_text(db):
    batch = committee.decided_batch()
    db.execute(update(User).values(locale="fr"))
    db.commit()
    rewrite(batch)
    before = [letter.body for letter in drafts_of(db, batch)]
    save()

    rewrite(batch, expected=0)

    assert [letter.body for letter in drafts_of(db, batch)] == before


def test_back_to_the_text_that_ships_and_every_version_stays(db):
    batch = committee.decided_batch()
    before = [letter.body for letter in drafts_of(db, batch)]
    save()
    rewrite(batch)
    letter_texts.ship_again(actor=make.actor(make.manager()), kind="offer", locale="en", version=1)
    rewrite(batch)

    assert [letter.body for letter in drafts_of(db, batch)] == before
    assert [one.is_shipped for one in queries.versions("offer", "en")] == [True, False]


def test_a_lost_update_is_refused_and_nobody_else_writes(db):
    save()

    with pytest.raises(Conflict, match="Somebody else"):
        save(body=BODY + "!")
    with pytest.raises(NotAllowed):
        save(version=1, actor=make.actor(make.user()))
    with pytest.raises(NotFound):
        save(kind="receipt")
    with pytest.raises(NotFound):
        save(locale="de")

    assert db.scalars(select(LetterText.version)).all() == [1]


@pytest.mark.parametrize("locale", ["fr", "en"])
@pytest.mark.parametrize("kind", sorted(PLACEHOLDERS))
def test_the_text_that_ships_can_be_saved_as_it_is_shown(app, kind, locale):
    subject, body = letter_text.shipped(kind, locale)

    refuse_text(kind, subject, body)
    assert "{{" not in body and "{%" not in body


@pytest.mark.parametrize("locale", ["fr", "en"])
@pytest.mark.parametrize(
    ("kind", "outcome"), [("offer", "admit"), ("waitlisted", "waitlist"), ("not_selected", "refuse")]
)
def test_the_shipped_text_saved_unchanged_reads_the_same(db, kind, outcome, locale):
    batch = committee.decided_batch(applications=14, place_name="STATION F")
    db.execute(update(User).values(locale=locale))
    db.commit()
    actor = make.actor(make.manager())
    subject, body = letter_text.shipped(kind, locale)
    number = len(decision_letters.read_changes(actor=actor, code=batch.code, outcome=Outcome(outcome))[1])
    decision_letters.write_anew(actor=actor, code=batch.code, outcome=Outcome(outcome), expected=number)

    letter_texts.save_text(actor=actor, kind=kind, locale=locale, subject=subject, body=body, version=0)

    assert decision_letters.read_changes(actor=actor, code=batch.code, outcome=Outcome(outcome))[1] == []
