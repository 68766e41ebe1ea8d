"""Rules · Conflicts · Names — one spelling for the many in which an organisation, a person or a domain is written."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

from accelerator.rules.identity import name_key

PERSONAL_MAIL: Final = frozenset(
    {
        "aol.com", "bbox.fr", "duck.com", "ecomail.fr", "fastmail.com", "free.fr", "gmail.com", "gmx.com", "gmx.fr",
        "googlemail.com", "hey.com", "hotmail.com", "hotmail.fr", "icloud.com", "ik.me", "laposte.net", "live.com",
        "live.fr", "mac.com", "mail.com", "mailo.com", "me.com", "msn.com", "netcourrier.com", "neuf.fr",
        "numericable.fr", "orange.fr", "outlook.com", "outlook.fr", "pm.me", "proton.me", "protonmail.com", "sfr.fr",
        "wanadoo.fr", "yahoo.com", "yahoo.fr", "ymail.com",
        "example.com", "example.net", "example.org", "exemple.fr",
    }
)  # fmt: skip
"""Domains many unrelated people share; the last four are kept for documentation and belong to nobody."""

_LONG_FORMS: Final = re.compile(
    r"\bsoci[eé]t[eé] (?:par actions simplifi[eé]e(?: unipersonnelle)?|anonyme|[aà] responsabilit[eé] limit[eé]e"
    r"|civile|en nom collectif)\b",
    re.IGNORECASE,
)
_LETTER_BY_LETTER: Final = re.compile(r"\b(?:\w[ .]+){1,5}\w\b(?=[ .,;)]|$)")
_LIGATURES: Final = str.maketrans({"œ": "oe", "Œ": "OE", "æ": "ae", "Æ": "AE", "’": "'"})
_AROUND: Final = frozenset(
    {"groupe", "group", "holding", "holdings", "ets", "etablissements", "cie", "compagnie", "gmbh", "llc", "plc"}
    | {"corp", "corporation", "limited", "bv", "spa", "fonds", "fund", "fpci", "fcpi", "fcpr", "fip", "slp"}
)
"""Words that come before or after the name of an organisation without naming it."""
_BETWEEN: Final = frozenset({"et", "and", "de", "du", "des", "d"})
_TITLES: Final = frozenset({"m", "mr", "mme", "mlle", "mrs", "ms", "dr", "pr", "prof", "me", "monsieur", "madame"})


def company_domain(email: str) -> str:
    """The domain of a company's mail address; empty where many unrelated people share it."""
    domain = email.rpartition("@")[2].strip().lower()
    return "" if domain in PERSONAL_MAIL else domain


@lru_cache(maxsize=65_536)
def organisation_key(name: str) -> str:
    """An organisation's name as it is compared: no case, accents, spaces, punctuation, legal form or "groupe" around it.

    "GROUPE Dupont & Fils, S.A.S." and "dupont et fils" are both "dupontfils". Empty when nothing is left to compare.
    """
    text = _LONG_FORMS.sub(" ", name.translate(_LIGATURES))
    text = _LETTER_BY_LETTER.sub(lambda run: re.sub(r"[ .]+", "", run.group()), text)
    before, key = "", name_key(text)
    while key != before:
        before, words = key, key.split()
        while len(words) > 1 and words[-1] in _AROUND:
            words.pop()
        while len(words) > 1 and words[0] in _AROUND:
            words.pop(0)
        key = name_key(" ".join(words))
    words = key.split()
    key = "".join(word for word in words if word not in _BETWEEN) or "".join(words)
    return key if len(key) > 1 else ""


@lru_cache(maxsize=65_536)
def person_key(name: str) -> str:
    """A person's name as it is compared: no case, accents, hyphens or title, in any order. Empty for a single word."""
    plain = unicodedata.normalize("NFKD", name.translate(_LIGATURES)).casefold()
    plain = "".join(character for character in plain if not unicodedata.combining(character))
    words = [
        word
        for word in "".join(character if character.isalpha() else " " for character in plain).split()
        if word not in _TITLES
    ]
    return " ".join(sorted(words)) if len(words) > 1 else ""
