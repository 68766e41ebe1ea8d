"""Rules · Blindness — what in a dossier says whose it is, found before a reviewer reads it, and masked.

Found are: e-mail and web addresses, telephone numbers, the company's number, its name in every spelling of it, and
the people of the startup. A name of one word is taken for a name only where it is written with a capital, because
companies are called Data and people Rose.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from accelerator.kernel.enums import IdentifyingKind

MAX_PHRASE: Final = 200
"""Characters of a phrase that is kept; a longer find is cut into two."""

LEGAL_FORMS: Final = frozenset(
    {"sas", "sasu", "sarl", "eurl", "sa", "sci", "scop", "snc", "selarl", "gie", "inc", "ltd", "gmbh", "bv", "srl"}
)
_GENERIC: Final = frozenset(
    {
        "agence", "academy", "analytics", "atelier", "cloud", "conseil", "consulting", "data", "design", "digital",
        "france", "french", "global", "groupe", "group", "health", "institut", "intelligence", "labo", "labs", "medical",
        "mobile", "mobility", "paris", "robotics", "sante", "science", "sciences", "securite", "security", "service",
        "services", "smart", "societe", "software", "solution", "solutions", "studio", "studios", "systems", "tech",
        "technologies", "technology", "vision",
    }
)  # fmt: skip
"""First words of names that say what a company does, not which it is."""

_SHORTEST_NAME: Final = 3
_SHORTEST_FAMILY_NAME: Final = 4
_TOP_LEVELS: Final = (
    "ai app biz bio bzh ch cloud co com coop corsica dev digital eu finance fr green health info io legal me net online "
    "org paris pro re school shop site studio tech tv uk xyz"
).replace(" ", "|")
_EMAIL: Final = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{2,63}){1,4}")
_ADDRESS: Final = re.compile(
    rf"(?:https?://|www\.)[^\s<>«»\"”’]{{3,}}|\b[a-z0-9][a-z0-9-]{{1,62}}(?:\.[a-z0-9-]{{2,63}}){{0,3}}\.(?:{_TOP_LEVELS})"
    r"\b(?:/[^\s<>«»\"”]*)?"
)
_PHONE: Final = re.compile(
    r"(?<![\w.])(?:\+33|0033|\+262|\+590|\+594|\+596|0)[\s.]?(?:\(0\))?[1-9](?:[\s.-]?\d\d){4}(?!\d)"
)
_SHAPES: Final = (
    (re.compile("@"), _EMAIL, IdentifyingKind.EMAIL),
    (re.compile(rf"\.(?:{_TOP_LEVELS})\b|//|www"), _ADDRESS, IdentifyingKind.ADDRESS),
    (re.compile(r"\d\d[\s.-]?\d\d"), _PHONE, IdentifyingKind.PHONE),
)
"""What must stand somewhere in a text for the shape to be looked for, the shape, and what it is."""
_TRAILING: Final = ".,;:!?)]}'’…"


@dataclass(frozen=True)
class Identity:
    """Who a dossier is from: the company's names, number and address, its people's names and mail addresses."""

    company: str
    siren: str = ""
    website: str = ""
    people: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()


@dataclass(frozen=True)
class Found:
    """One phrase that identifies, as it is written, with how often it stands in each place."""

    phrase: str
    kind: IdentifyingKind
    places: tuple[tuple[str, int], ...]


def find(texts: Mapping[str, str], identity: Identity) -> list[Found]:
    """Every identifying phrase in the texts, by place then position; each spelling once.

    Args: texts maps a place (a question, a page of the deck) to what stands there.
    """
    patterns = _patterns(identity)
    kinds: dict[str, IdentifyingKind] = {}
    places: dict[str, dict[str, int]] = {}
    for place, text in texts.items():
        for start, end, kind in _spans(text, patterns):
            phrase = text[start:end][:MAX_PHRASE]
            kinds.setdefault(phrase, kind)
            of_phrase = places.setdefault(phrase, {})
            of_phrase[place] = of_phrase.get(place, 0) + 1
    return [Found(phrase, kind, tuple(places[phrase].items())) for phrase, kind in kinds.items()]


def naming(text: str, identity: Identity) -> list[str]:
    """The phrases of a text that name this very company or its people; each spelling once, in order.

    An address is one of them where a name is in it, in small letters too; a text may point to somebody else's page.
    """
    patterns = _patterns(identity)
    own = [
        (start, end, kind)
        for start, end, kind in _shaped(text)
        if any(pattern.expression.search(folded(text[start:end])) for pattern in patterns)
    ]
    return list(dict.fromkeys(text[start:end] for start, end, _kind in _apart(own + _named(text, patterns))))


def occurrences(texts: Mapping[str, str], phrase: str) -> tuple[tuple[str, int], ...]:
    """How often a phrase stands, as whole words, in each place where it does."""
    pattern = _literal([phrase])
    counts = ((place, len(pattern.findall(text))) for place, text in texts.items())
    return tuple((place, count) for place, count in counts if count)


def masked(text: str, phrases: Sequence[str], mark: str) -> str:
    """The text with the mark in place of each phrase; the longest phrase wins where two begin together."""
    return _literal(phrases).sub(lambda _found: mark, text) if phrases and text else text


def company_words(name: str) -> list[str]:
    """The words of a company's name, without its legal form."""
    words = re.findall(r"[^\W_]+(?:['’&.-][^\W_]+)*", name)
    kept = [word for word in words if folded(word) not in LEGAL_FORMS]
    return kept or words


def folded(text: str) -> str:
    """Letters without accents and case; every character stays one, so that places in both texts agree."""
    return text.translate(_FOLDING)


class _Folding(dict[int, int]):
    """What each character is folded to, worked out once a character."""

    def __missing__(self, code: int) -> int:
        base = unicodedata.normalize("NFKD", chr(code))[:1].casefold()
        self[code] = ord(base) if len(base) == 1 else code
        return self[code]


_FOLDING: Final = _Folding()


def _literal(phrases: Iterable[str]) -> re.Pattern[str]:
    longest_first = sorted(set(phrases), key=lambda phrase: (-len(phrase), phrase))
    return re.compile("|".join(_whole(re.escape(phrase), phrase) for phrase in longest_first))


def _whole(pattern: str, phrase: str) -> str:
    """The pattern, not inside a longer word."""
    before = r"(?<!\w)" if phrase[:1].isalnum() else ""
    after = r"(?!\w)" if phrase[-1:].isalnum() else ""
    return f"{before}{pattern}{after}"


@dataclass(frozen=True)
class _Pattern:
    """What is looked for in a folded text that holds the needle; `needs_capital` where a small letter makes it an
    ordinary word.
    """

    needle: str
    expression: re.Pattern[str]
    kind: IdentifyingKind
    needs_capital: bool


def _patterns(identity: Identity) -> list[_Pattern]:
    patterns = [_name(names, IdentifyingKind.COMPANY) for names in _company_names(identity)]
    patterns += [_name(names, IdentifyingKind.PERSON) for person in identity.people for names in _person_names(person)]
    if identity.siren:
        digits = r"[\s.]?".join(identity.siren)
        patterns.append(
            _Pattern(
                "", re.compile(rf"(?<!\d){digits}(?:[\s.]?\d){{0,5}}(?!\d)"), IdentifyingKind.COMPANY_NUMBER, False
            )
        )
    return patterns


def _name(words: Sequence[str], kind: IdentifyingKind) -> _Pattern:
    """These words in a row, however they are joined."""
    joined = r"[\W_]{0,3}".join(re.escape(folded(word)) for word in words)
    is_word = len(words) == 1 and words[0].isalpha()
    return _Pattern(folded(words[0]), re.compile(rf"(?<!\w){joined}(?!\w)"), kind, is_word)


def _company_names(identity: Identity) -> Iterator[Sequence[str]]:
    words = company_words(identity.company)
    if len("".join(words)) >= _SHORTEST_NAME:
        yield words
    first = words[0] if words else ""
    if len(words) > 1 and len(first) > _SHORTEST_NAME + 1 and folded(first) not in _GENERIC:
        yield [first]
    for stem in {_stem(identity.website), *(_stem(email.rpartition("@")[2]) for email in identity.emails)}:
        if len(stem) > _SHORTEST_NAME and stem not in _SHARED_STEMS:
            yield [stem]


_SHARED_STEMS: Final = frozenset(
    {"gmail", "outlook", "hotmail", "orange", "wanadoo", "free", "laposte", "yahoo", "proton", "protonmail", "icloud",
     "live", "exemple", "example", "linkedin", "github", "notion", "google", "sites", "facebook", "medium", "youtube"}
)  # fmt: skip


def _stem(address: str) -> str:
    """The part of a web address or domain that names its owner: "https://www.acme.fr/x" gives "acme"."""
    try:
        host = urlsplit(address if "//" in address else f"//{address}").hostname or ""
    except ValueError:
        return ""
    labels = [label for label in host.lower().split(".") if label != "www"]
    return labels[-2] if len(labels) > 1 else ""


def _person_names(person: str) -> Iterator[Sequence[str]]:
    words = re.findall(r"[^\W\d_]+(?:['’-][^\W\d_]+)*", person)
    if len(words) > 1:
        yield words
        yield list(reversed(words))
        yield [words[0][0], *words[1:]]
        if len(words[0]) >= _SHORTEST_NAME:
            yield [words[0]]
    if words and len(words[-1]) >= _SHORTEST_FAMILY_NAME:
        yield [words[-1]]


def _spans(text: str, patterns: Sequence[_Pattern]) -> list[tuple[int, int, IdentifyingKind]]:
    """Where something identifies, in order; of two that overlap, the one that begins first, then the longer."""
    return _apart(_shaped(text) + _named(text, patterns))


def _shaped(text: str) -> list[tuple[int, int, IdentifyingKind]]:
    """Where an address or a telephone number stands, whosever it is."""
    return [
        (match.start(), _end(text, *match.span()), kind)
        for hint, expression, kind in _SHAPES
        if hint.search(text)
        for match in expression.finditer(text)
    ]


def _apart(found: Iterable[tuple[int, int, IdentifyingKind]]) -> list[tuple[int, int, IdentifyingKind]]:
    """Those that are not within an earlier or a longer one, in order."""
    kept: list[tuple[int, int, IdentifyingKind]] = []
    for start, end, kind in sorted(found, key=lambda span: (span[0], -span[1], span[2])):
        if end > start and (not kept or start >= kept[-1][1]):
            kept.append((start, end, kind))
    return kept


def _named(text: str, patterns: Sequence[_Pattern]) -> list[tuple[int, int, IdentifyingKind]]:
    """Where a pattern stands, pattern by pattern."""
    plain = folded(text)
    return [
        (*match.span(), pattern.kind)
        for pattern in patterns
        if pattern.needle in plain
        for match in pattern.expression.finditer(plain)
        if not (pattern.needs_capital and text[match.start()].islower())
    ]


def _end(text: str, start: int, end: int) -> int:
    """The end without the punctuation of the sentence around an address."""
    while end > start and text[end - 1] in _TRAILING:
        end -= 1
    return end
