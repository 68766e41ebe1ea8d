"""The child that reads a deck: every page's words, and nothing at all of a file that is not to be read."""

from __future__ import annotations

import pytest

from accelerator.outbound import pdf_text
from accelerator.services.demo.deck import pitch_deck


def test_every_page_gives_its_words(tmp_path):
    content, pages = pitch_deck("Lumence", ["Une première page.", "Une deuxième page."])
    path = tmp_path / "deck.pdf"
    path.write_bytes(content)

    found = pdf_text.pages(path)

    assert found is not None
    assert len(found) == pages
    assert "Lumence" in found[0]


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7\nnothing", b"PK\x03\x04", b"%PDF-1.4\n" + b"<<" * 50_000])
def test_a_damaged_file_is_not_read(tmp_path, content):
    path = tmp_path / "deck.pdf"
    path.write_bytes(content)

    assert pdf_text.pages(path) in (None, [])


@pytest.mark.shared
def test_damaged_decks_end_well(shared):
    for path in sorted((shared / "bad-input").rglob("*.pdf"))[:12]:
        found = pdf_text.pages(path, seconds=5)

        assert found is None or all(isinstance(text, str) for text in found)
