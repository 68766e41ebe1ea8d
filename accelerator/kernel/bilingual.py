"""Kernel · Bilingual — a text of the programme in both languages."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Bilingual:
    """One text in French and English; the missing one falls back on the other."""

    fr: str
    en: str

    def text_in(self, locale: str) -> str:
        """The text in the reader's language."""
        return (self.en or self.fr) if locale == "en" else (self.fr or self.en)

    def __bool__(self) -> bool:
        return bool(self.fr or self.en)
