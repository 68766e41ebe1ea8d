"""Rules · Conflicts — why a reviewer must not score a startup: declared, a member of it, the same company's mail."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from accelerator.kernel.enums import ConflictSource
from accelerator.kernel.message import Message

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


@dataclass(frozen=True)
class ReviewerTies:
    """What is known of a reviewer: the address, the startups of which they are a member, what was declared."""

    id: int
    email: str
    startup_ids: frozenset[int] = frozenset()
    declared: Mapping[int, str] | None = None  # startup id -> the ground written down


@dataclass(frozen=True)
class StartupTies:
    """What is known of a startup: the addresses of its people."""

    id: int
    emails: tuple[str, ...] = ()


@dataclass(frozen=True)
class Ground:
    """One reason why this reviewer must not score this startup."""

    reviewer_id: int
    startup_id: int
    source: ConflictSource
    reason: str


def company_domain(email: str) -> str:
    """The domain of a company's mail address; empty where many unrelated people share it."""
    domain = email.rpartition("@")[2].strip().lower()
    return "" if domain in PERSONAL_MAIL else domain


def find(reviewer: ReviewerTies, startup: StartupTies) -> list[Ground]:
    """Every ground between the two, the strongest first."""
    return find_all([reviewer], [startup])


def find_all(reviewers: Sequence[ReviewerTies], startups: Sequence[StartupTies]) -> list[Ground]:
    """Every ground between any reviewer and any startup: by reviewer, then startup, the strongest first."""
    by_domain: dict[str, list[int]] = {}
    for startup in startups:
        for domain in {company_domain(email) for email in startup.emails} - {""}:
            by_domain.setdefault(domain, []).append(startup.id)
    wanted = {startup.id for startup in startups}
    return [
        ground
        for reviewer in reviewers
        for ground in sorted(
            _grounds_of(reviewer, wanted, by_domain.get(company_domain(reviewer.email), ())),
            key=lambda ground: ground.startup_id,
        )
    ]


def _grounds_of(reviewer: ReviewerTies, wanted: Collection[int], same_mail: Iterable[int]) -> Iterable[Ground]:
    for startup_id, reason in (reviewer.declared or {}).items():
        if startup_id in wanted:
            yield Ground(reviewer.id, startup_id, ConflictSource.DECLARED, reason)
    for startup_id in reviewer.startup_ids:
        if startup_id in wanted:
            yield Ground(
                reviewer.id, startup_id, ConflictSource.INFERRED, Message("The reviewer is a member of this startup.")
            )
    for startup_id in same_mail:
        yield Ground(
            reviewer.id,
            startup_id,
            ConflictSource.INFERRED,
            Message("The reviewer's e-mail domain is that of a member of this startup."),
        )
