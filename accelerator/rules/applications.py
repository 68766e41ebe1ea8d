"""Rules · Applications — what an answer must be, how words are counted, how two people's edits meet, receipts."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from urllib.parse import urlsplit

from stdnum.iso7064 import mod_97_10

from accelerator.kernel.bilingual import Bilingual
from accelerator.kernel.enums import QuestionKind
from accelerator.kernel.errors import RuleViolation
from accelerator.kernel.message import N_, Message

STEPS: Final[tuple[str, ...]] = (
    N_("Your startup"),
    N_("Your product"),
    N_("Your market and team"),
    N_("What you expect, deck and consent"),
)
"""The titles of the form's steps; step numbers start at 1, the startup itself is step 1."""

LAST_STEP: Final = len(STEPS)

MAX_CHARACTERS: Final[Mapping[QuestionKind, int]] = {
    QuestionKind.SHORT_TEXT: 500,
    QuestionKind.LONG_TEXT: 12_000,
    QuestionKind.CHOICE: 80,
    QuestionKind.YES_NO: 3,
    QuestionKind.NUMBER: 40,
    QuestionKind.URL: 500,
}
"""What even a draft keeps at most."""

_SPACES: Final = "\\t-\\r \\u0085\\u00a0\\u1680\\u2000-\\u200b\\u2028\\u2029\\u202f\\u205f\\u3000\\ufeff"
_MARKS: Final = "!-/:-@\\[-`{-~\\u00a1\\u00a7\\u00ab\\u00b7\\u00bb\\u00bf\\u2010-\\u2027\\u2030-\\u205e"
_SEPARATOR: Final = re.compile(f"[{_SPACES}]+")
_LETTER: Final = re.compile(f"[^{_SPACES}{_MARKS}]")

_NUMBER: Final = re.compile(r"-?\d{1,15}(?:[.,]\d{1,6})?", re.ASCII)
_GROUPING: Final = re.compile(r"(?<=\d)[\u0020\u00a0\u202f'\u2019](?=\d{3})", re.ASCII)
_FORBIDDEN_IN_NAMES: Final = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]+')
MAX_FILE_NAME: Final = 100


@dataclass(frozen=True)
class AskedQuestion:
    """One question of a batch's form, as the applicant meets it. `choices` pairs values with their labels."""

    id: int
    code: str
    step: int
    kind: QuestionKind
    label: Bilingual
    help: Bilingual
    is_required: bool
    max_words: int | None = None
    choices: tuple[tuple[str, Bilingual], ...] = ()


@dataclass(frozen=True)
class Problem:
    """What keeps an application from being submitted: where it is and what to do. `anchor` names the field."""

    step: int
    label: Bilingual | str
    reason: Message
    anchor: str


@dataclass(frozen=True)
class TypedAnswer:
    """What a person typed, and the fingerprint of the text it was typed over (empty: over nothing)."""

    text: str
    base: str = ""


class Merge(StrEnum):
    """What becomes of a typed answer when the stored one may have changed meanwhile."""

    KEEP = "keep"
    WRITE = "write"
    CONFLICT = "conflict"


def count_words(text: str) -> int:
    """The number of words: stretches without a space that hold more than punctuation.

    "state-of-the-art" and "l’IA" are one word, "a - b" is two. The page counts with the same rule
    (`static/js/words.js`), so that nobody is surprised.
    """
    return sum(1 for piece in _SEPARATOR.split(text) if _LETTER.search(piece))


def fingerprint(text: str) -> str:
    """A short mark of one text, to see whether it is still the same; empty for no text."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16] if text else ""


def merge(typed: TypedAnswer, stored: str) -> Merge:
    """Whether a typed answer may replace the stored one.

    Nobody's text is lost: what the person did not touch stays as it is stored, what nobody else touched is
    written, and what both touched is a conflict that a person settles.
    """
    if typed.text == stored or fingerprint(typed.text) == typed.base:
        return Merge.KEEP
    return Merge.WRITE if fingerprint(stored) == typed.base else Merge.CONFLICT


def refuse_too_long(question: AskedQuestion, text: str) -> None:
    """Raise RuleViolation on the field "q_<id>" when a text is longer than even a draft keeps."""
    most = MAX_CHARACTERS[question.kind]
    if len(text) > most:
        raise RuleViolation(
            Message("At most %(most)s characters; these are %(count)s.", most=most, count=len(text)),
            field=field_name(question.id),
        )


def field_name(question_id: int) -> str:
    """The name of a question's field on the page."""
    return f"q_{question_id}"


def problem_with(question: AskedQuestion, text: str) -> Message | None:
    """Why an answer cannot be submitted as it is; None when it can."""
    if not text:
        return Message("This answer is missing.") if question.is_required else None
    match question.kind:
        case QuestionKind.SHORT_TEXT | QuestionKind.LONG_TEXT:
            words = count_words(text)
            if question.max_words and words > question.max_words:
                return Message("At most %(most)s words; these are %(count)s.", most=question.max_words, count=words)
        case QuestionKind.CHOICE:
            if text not in {value for value, _label in question.choices}:
                return Message("Choose one of the answers.")
        case QuestionKind.YES_NO:
            if text not in ("yes", "no"):
                return Message("Choose one of the answers.")
        case QuestionKind.NUMBER:
            if not _NUMBER.fullmatch(_GROUPING.sub("", text)):
                return Message("Type a number, in digits: 12 or 1500,50.")
        case QuestionKind.URL:
            if not is_web_address(text):
                return Message("Type a whole web address: https://example.org.")
    return None


def is_web_address(text: str) -> bool:
    """True for an address a browser opens over the web: http or https, with a host."""
    try:
        parts = urlsplit(text)
        host = parts.hostname or ""
    except ValueError:
        return False
    return (
        parts.scheme in ("http", "https")
        and "." in host.strip(".")
        and not parts.username
        and not any(character.isspace() or ord(character) < 33 for character in text)
    )


def problems(
    questions: Sequence[AskedQuestion],
    answers: Mapping[int, str],
    *,
    missing_of_startup: Sequence[Message],
    has_deck: bool,
) -> list[Problem]:
    """Everything that keeps the application from being submitted, in the order of the form."""
    found = [Problem(1, N_("Your startup"), reason, "startup") for reason in missing_of_startup]
    found += [
        Problem(question.step, question.label, reason, field_name(question.id))
        for question in questions
        if (reason := problem_with(question, answers.get(question.id, "")))
    ]
    if not has_deck:
        found.append(Problem(LAST_STEP, N_("Pitch deck"), Message("Add your deck as a PDF."), "deck"))
    return sorted(found, key=lambda problem: problem.step)


def missing_of_startup(*, pitch: str, city: str | None) -> list[Message]:
    """What a committee needs to know of a startup and the record does not say yet."""
    missing = []
    if not pitch:
        missing.append(Message("Say in one sentence what the startup does."))
    if not city:
        missing.append(Message("Say in which town the startup is."))
    return missing


def receipt_number(batch_code: str, application_id: int) -> str:
    """A receipt nobody else has, with two check digits that catch a misread one: "GS-2025-1-0042-83".

    Units:  at most 20 characters.
    Source: ISO 7064, MOD 97-10.
    """
    number = f"{application_id:04d}"
    plain = unicodedata.normalize("NFKD", batch_code).encode("ascii", "ignore").decode().upper()
    tag = re.sub(r"[^A-Z0-9]+", "-", plain).strip("-")[: 20 - len(number) - 4].strip("-") or "R"
    return f"{tag}-{number}-{mod_97_10.calc_check_digits(tag.replace('-', '') + number)}"


def kept_file_name(name: str) -> str:
    """The name a deck is kept and given back under: no path, no control character, short, ending in .pdf."""
    text = unicodedata.normalize("NFC", name.encode("utf-8", "replace").decode()).replace("\\", "/")
    stem = _FORBIDDEN_IN_NAMES.sub(" ", text.rpartition("/")[2])
    stem = " ".join(stem.split())
    if stem.lower().endswith(".pdf"):
        stem = stem[:-4]
    return (stem.strip(" .")[: MAX_FILE_NAME - 4].strip(" .") or "deck") + ".pdf"
