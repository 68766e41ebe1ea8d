"""Rules · Identity — which company a number or a name stands for."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from stdnum.exceptions import InvalidChecksum, ValidationError
from stdnum.fr import siren as siren_number
from stdnum.fr import siret as siret_number

from accelerator.kernel.errors import RuleViolation
from accelerator.kernel.message import Message

_SEPARATORS: Final = re.compile(r"[\s.\-\u00ad\u200b\u2010-\u2015]+")
_LEGAL_FORMS: Final = frozenset(
    [
        "sas",
        "sasu",
        "sarl",
        "eurl",
        "sa",
        "sca",
        "scop",
        "scic",
        "sci",
        "snc",
        "se",
        "selarl",
        "selas",
        "ei",
        "inc",
        "ltd",
    ]
)
_ARTICLES: Final = frozenset(["la", "le", "les", "l", "the", "societe", "ste"])


def normal_siren(text: str) -> str:
    """The nine digits of a SIREN, typed with or without spaces, points or dashes; a SIRET gives its SIREN.

    Raises: RuleViolation on the field "siren" when the number cannot be one.
    Source: INSEE, Sirene: SIREN and SIRET carry a Luhn key; the offices of La Poste have a key of their own.
    """
    digits = _SEPARATORS.sub("", text)
    if not (digits.isascii() and digits.isdigit()) or len(digits) not in (9, 14):
        raise RuleViolation(
            Message("A SIREN has 9 digits, a SIRET 14: 732 829 320. You find it on your Kbis extract."), field="siren"
        )
    try:
        if digits.startswith("000000000"):
            raise InvalidChecksum
        if len(digits) == 14:
            return str(siret_number.validate(digits))[:9]
        return str(siren_number.validate(digits))
    except ValidationError as error:
        raise RuleViolation(
            Message(
                "This number does not pass its check: a digit is wrong or two are swapped. Compare it with your Kbis."
            ),
            field="siren",
        ) from error


def name_key(name: str) -> str:
    """A company name without case, accents, punctuation, article in front or legal form behind: "Mistral AI SAS" is "mistral ai"."""
    plain = unicodedata.normalize("NFKD", name).casefold()
    plain = "".join(character for character in plain if not unicodedata.combining(character))
    words = "".join(character if character.isalnum() else " " for character in plain.replace(".", "")).split()
    while len(words) > 1 and words[-1] in _LEGAL_FORMS:
        words.pop()
    while len(words) > 1 and words[0] in _ARTICLES | _LEGAL_FORMS:
        words.pop(0)
    return " ".join(words)


def same_name(one: str, other: str) -> bool:
    """True when two names are likely the same company: only case, accents, spaces or the legal form differ."""
    first, second = name_key(one).replace(" ", ""), name_key(other).replace(" ", "")
    return bool(first) and first == second
