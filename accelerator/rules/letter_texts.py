"""Rules · Letter texts — the texts of decision letters that a manager may write: which placeholders, which are owed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from accelerator.kernel.errors import RuleViolation
from accelerator.kernel.message import N_, Message

SUBJECT_MAX: Final = 160
BODY_MAX: Final = 8000

_BRACES: Final = re.compile(r"\{([^{}\n]*)\}")


@dataclass(frozen=True)
class Placeholder:
    """One name in braces and what stands in its place; an owed one must be in the body."""

    name: str
    meaning: str
    is_owed: bool = False


_COMMON: Final = (
    Placeholder("recipient", N_("the name of the person")),
    Placeholder("startup", N_("the name of the startup")),
    Placeholder("batch", N_("the name of the batch")),
)

PLACEHOLDERS: Final = {
    "offer": (
        *_COMMON,
        Placeholder("respond_by", N_("until when the offer is answered"), is_owed=True),
        Placeholder("link", N_("the page on which it is answered"), is_owed=True),
        Placeholder("starts_on", N_("the day the batch starts")),
        Placeholder("ends_on", N_("the day the batch ends")),
        Placeholder("place", N_("where the batch takes place")),
    ),
    "waitlisted": (
        *_COMMON,
        Placeholder("position", N_("the place on the waitlist")),
        Placeholder("starts_on", N_("the day the batch starts")),
        Placeholder("link", N_("the page of the application"), is_owed=True),
    ),
    "not_selected": (
        *_COMMON,
        Placeholder("feedback", N_("the feedback, where it is ready"), is_owed=True),
        Placeholder("path", N_("workshops near the startup and the next call"), is_owed=True),
    ),
}
"""What may stand in each letter, by kind."""


def refuse_text(kind: str, subject: str, body: str) -> None:
    """Raise RuleViolation for an empty or long text, a placeholder nobody knows, or one that is owed and missing."""
    for field, text, most in (("subject", subject, SUBJECT_MAX), ("body", body, BODY_MAX)):
        if not text.strip():
            raise RuleViolation(Message("Write a text."), field=field)
        if len(text) > most:
            raise RuleViolation(Message("At most %(count)s characters.", count=most), field=field)
        known = {one.name for one in PLACEHOLDERS[kind]}
        for name in _BRACES.findall(text):
            if name not in known:
                raise RuleViolation(
                    Message("There is no placeholder %(name)s in this e-mail.", name="{" + name + "}"), field=field
                )
    missing = [one.name for one in PLACEHOLDERS[kind] if one.is_owed and "{" + one.name + "}" not in body]
    if missing:
        raise RuleViolation(
            Message("The text must hold %(name)s.", name=", ".join("{" + name + "}" for name in missing)), field="body"
        )
