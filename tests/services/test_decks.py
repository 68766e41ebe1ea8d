"""An application's PDF is kept, replaced, taken away, handed out."""

from __future__ import annotations

import io

import pikepdf
import pytest
from sqlalchemy import select

from accelerator.kernel.enums import ApplicationState
from accelerator.kernel.errors import Conflict, NotFound, RuleViolation
from accelerator.models.applications import Deck
from accelerator.outbound import settings
from accelerator.services import decks
from tests import make


def pdf(pages: int = 1) -> bytes:
    made = pikepdf.new()
    for _page in range(pages):
        made.add_blank_page()
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def attach(person, application, content: bytes = b"", name: str = "deck.pdf") -> None:
    decks.attach_deck(
        actor=make.actor(person),
        application_id=application.id,
        file_name=name,
        content=content,
        max_bytes=100_000,
        max_pages=5,
    )


def kept_files(application) -> list[str]:
    folder = settings.instance / "files" / "decks" / str(application.id)
    return sorted(str(path) for path in folder.rglob("*") if path.is_file())


@pytest.fixture
def ada(db):
    return make.user()


@pytest.fixture
def draft(db, ada, tmp_path, monkeypatch):
    monkeypatch.setattr(settings, "instance", tmp_path)
    return make.application(by=make.startup(people=(ada,)), state=ApplicationState.DRAFT)


def test_attach_deck_keeps_a_clean_copy(db, ada, draft):
    attach(ada, draft, pdf(2), name="../Deck\r\n.PDF")

    row = db.scalars(select(Deck)).one()
    assert (row.file_name, row.pages, row.uploaded_by_user_id) == ("Deck.pdf", 2, ada.id)
    handed = decks.own_deck(actor=make.actor(ada), application_id=draft.id)
    assert handed.path.read_bytes().startswith(b"%PDF-")
    assert handed.path.stat().st_size == row.size_bytes


def test_attach_deck_replaces_the_one_before_and_its_file(db, ada, draft):
    attach(ada, draft, pdf(1))
    attach(ada, draft, pdf(2))
    attach(ada, draft, pdf(2))

    assert db.scalars(select(Deck.pages)).all() == [2]
    assert len(kept_files(draft)) == 1


@pytest.mark.parametrize(
    ("content", "reason"), [(b"", "empty"), (b"x" * 100_001, "MB"), (b"<html>", "not a PDF"), (pdf(6), "pages")]
)
def test_attach_deck_refused_leaves_the_one_before(db, ada, draft, content, reason):
    attach(ada, draft, pdf(1))

    with pytest.raises(RuleViolation, match=reason) as refusal:
        attach(ada, draft, content)

    assert refusal.value.field == "deck"
    assert db.scalars(select(Deck.pages)).all() == [1]
    assert len(kept_files(draft)) == 1


def test_a_submitted_application_keeps_its_deck(db, ada, draft):
    attach(ada, draft, pdf(1))
    draft.state = ApplicationState.SUBMITTED
    db.commit()

    with pytest.raises(Conflict):
        attach(ada, draft, pdf(2))
    with pytest.raises(Conflict):
        decks.remove_deck(actor=make.actor(ada), application_id=draft.id)

    assert db.scalars(select(Deck.pages)).all() == [1]
    assert len(kept_files(draft)) == 1


def test_decks_are_closed_to_strangers(db, ada, draft):
    eve = make.user()
    attach(ada, draft, pdf(1))

    with pytest.raises(NotFound):
        attach(eve, draft, pdf(2))
    with pytest.raises(NotFound):
        decks.own_deck(actor=make.actor(eve), application_id=draft.id)
    with pytest.raises(NotFound):
        decks.remove_deck(actor=make.actor(eve), application_id=draft.id)

    assert len(kept_files(draft)) == 1


def test_remove_deck_takes_the_file_too(db, ada, draft):
    attach(ada, draft, pdf(1))

    decks.remove_deck(actor=make.actor(ada), application_id=draft.id)

    assert db.scalars(select(Deck)).all() == []
    assert kept_files(draft) == []
    with pytest.raises(NotFound):
        decks.own_deck(actor=make.actor(ada), application_id=draft.id)
    with pytest.raises(NotFound):
        decks.remove_deck(actor=make.actor(ada), application_id=draft.id)


def test_a_deck_whose_file_is_gone_says_so(db, ada, draft):
    make.deck(draft)

    with pytest.raises(NotFound, match="missing"):
        decks.own_deck(actor=make.actor(ada), application_id=draft.id)
