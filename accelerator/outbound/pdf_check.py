"""Outbound · PDF check — a PDF by its content, opened, counted, and made harmless before it is kept.

What is taken away: scripts, actions that leave the page (web, program, form, other file), attached and
embedded files, films and sounds, XFA forms, metadata. What is on the pages stays as it is.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import pikepdf
import puremagic

from accelerator.kernel.errors import RuleViolation
from accelerator.kernel.message import Message

MAX_OBJECTS: Final = 150_000
"""A slide deck has some thousands; more is not a deck."""

_UNWANTED_KEYS: Final = (
    "/AA",
    "/OpenAction",
    "/JS",
    "/JavaScript",
    "/EmbeddedFiles",
    "/EF",
    "/AF",
    "/XFA",
    "/Metadata",
    "/PieceInfo",
    "/Collection",
    "/URI",
    "/RichMediaContent",
    "/Movie",
    "/Sound",
)
_UNWANTED_ANNOTATIONS: Final = frozenset(
    ["/FileAttachment", "/RichMedia", "/Movie", "/Sound", "/Screen", "/3D", "/PrinterMark", "/TrapNet"]
)
_KEPT_ACTIONS: Final = frozenset(["/GoTo", "/Named"])


@dataclass(frozen=True)
class CleanPdf:
    """A PDF that is safe to hand on."""

    content: bytes
    pages: int


def clean(content: bytes, *, max_pages: int) -> CleanPdf:
    """The PDF without anything that acts, with its number of pages.

    Raises: RuleViolation on the field "deck" when it is no PDF, protected, damaged or too long.
    """
    if not _is_pdf(content):
        raise RuleViolation(
            Message("This file is not a PDF, whatever its name says. Export your deck as PDF."), field="deck"
        )
    try:
        with pikepdf.open(io.BytesIO(content), attempt_recovery=True) as pdf:
            if pdf.is_encrypted:
                raise RuleViolation(_PROTECTED, field="deck")
            pages = len(pdf.pages)
            if not pages or len(pdf.objects) > MAX_OBJECTS:
                raise RuleViolation(_DAMAGED, field="deck")
            if pages > max_pages:
                raise RuleViolation(
                    Message("A deck has at most %(most)s pages; this one has %(count)s.", most=max_pages, count=pages),
                    field="deck",
                )
            _make_harmless(pdf)
            kept = io.BytesIO()
            pdf.save(kept, deterministic_id=True)
    except pikepdf.PasswordError as error:
        raise RuleViolation(_PROTECTED, field="deck") from error
    except (pikepdf.PdfError, ValueError, KeyError, TypeError, AttributeError, RuntimeError) as error:
        raise RuleViolation(_DAMAGED, field="deck") from error
    return CleanPdf(kept.getvalue(), pages)


_PROTECTED: Final = Message("This PDF is protected by a password. Export it again without protection.")
_DAMAGED: Final = Message("This PDF cannot be opened: it is damaged or not a normal deck. Export it again.")


def _is_pdf(content: bytes) -> bool:
    if not content.startswith(b"%PDF-"):
        return False
    try:
        return bool(puremagic.from_string(content[:4096], mime=True) == "application/pdf")
    except puremagic.PureError:
        return False


def _make_harmless(pdf: pikepdf.Pdf) -> None:
    for found in pdf.objects:
        for dictionary in _dictionaries(found):
            _strip(dictionary)
    if "/Info" in pdf.trailer:
        del pdf.trailer["/Info"]


def _dictionaries(start: Any) -> Iterator[Any]:
    """The object and what lies directly inside it; references lead to objects that are visited by themselves."""
    waiting = [start]
    while waiting:
        one = waiting.pop()
        if isinstance(one, pikepdf.Stream):
            one = one.stream_dict
        if isinstance(one, pikepdf.Dictionary):
            yield one
            waiting.extend(_direct(value) for _key, value in one.items())
        elif isinstance(one, pikepdf.Array):
            waiting.extend(_direct(value) for value in one)


def _direct(value: Any) -> Any:
    return None if isinstance(value, pikepdf.Object) and value.is_indirect else value


def _strip(dictionary: Any) -> None:
    for key in _UNWANTED_KEYS:
        if key in dictionary:
            del dictionary[key]
    action = dictionary.get("/A")
    if isinstance(action, pikepdf.Dictionary) and "/S" in action and str(action["/S"]) not in _KEPT_ACTIONS:
        del dictionary["/A"]
    if str(dictionary.get("/S", "")) in _KEPT_ACTIONS and "/Next" in dictionary:
        del dictionary["/Next"]
    notes = dictionary.get("/Annots")
    if isinstance(notes, pikepdf.Array):
        dictionary["/Annots"] = pikepdf.Array([note for note in notes if not _is_unwanted(note)])


def _is_unwanted(note: Any) -> bool:
    return isinstance(note, pikepdf.Dictionary) and str(note.get("/Subtype", "")) in _UNWANTED_ANNOTATIONS
