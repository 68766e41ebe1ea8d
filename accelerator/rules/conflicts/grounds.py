"""Rules · Conflicts · Grounds — reviewers and startups meet in an index of numbers, names and people, never pair by pair."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from accelerator.kernel.enums import ConflictSource, GroundKind, InterestKind, TieKind
from accelerator.kernel.message import Message
from accelerator.rules.conflicts import sentences
from accelerator.rules.conflicts.names import company_domain, organisation_key, person_key
from accelerator.rules.conflicts.ties import Ground, Interest, ReviewerTies, StartupTies, Tie

_KIND_OF_TIE = {
    None: GroundKind.COMPANY,
    TieKind.SHAREHOLDER: GroundKind.INVESTOR,
    TieKind.ADVISER: GroundKind.BOARD,
    TieKind.BOARD: GroundKind.BOARD,
    TieKind.FORMER_EMPLOYER: GroundKind.EMPLOYER,
}


def find(reviewer: ReviewerTies, startup: StartupTies) -> list[Ground]:
    """Every ground between the two, the strongest first."""
    return find_all([reviewer], [startup])


def find_all(reviewers: Sequence[ReviewerTies], startups: Sequence[StartupTies]) -> list[Ground]:
    """Every ground between any reviewer and any startup: by reviewer, then startup, the certain ones first.

    A number or an address that agrees is certain; a name that agrees is a suspicion, and so is a chain of people.
    """
    index = _Index(startups, _Wanted(reviewers))
    found: list[Ground] = []
    for reviewer in reviewers:
        seen: set[tuple[int, str]] = set()
        mine = []
        for ground in _grounds_of(reviewer, index):
            if (ground.startup_id, ground.evidence) not in seen:
                seen.add((ground.startup_id, ground.evidence))
                mine.append(ground)
        found += sorted(mine, key=lambda ground: (ground.startup_id, not ground.is_certain))
    return found


class _Wanted:
    """The keys that any reviewer could be found by: what startups are not asked for is not worked out."""

    def __init__(self, reviewers: Iterable[ReviewerTies]) -> None:
        self.sirens: set[str] = set()
        self.names: set[str] = set()
        self.people: set[str] = set()
        self.user_ids: set[int] = set()
        self.domains: set[str] = set()
        for reviewer in reviewers:
            self.domains.add(company_domain(reviewer.email))
            self.people.add(person_key(reviewer.name))
            self.user_ids |= {colleague.person_id for colleague in reviewer.colleagues}
            for interest in reviewer.interests:
                self.sirens.add(interest.siren)
                self.names.add(organisation_key(interest.organisation))
                self.people.add(person_key(interest.person))
        for keys in (self.sirens, self.names, self.people, self.domains):
            keys.discard("")


class _Index:
    """Startups by what they can be found by. A tie of None stands for the startup itself."""

    def __init__(self, startups: Iterable[StartupTies], wanted: _Wanted) -> None:
        self.ids: set[int] = set()
        self.names: dict[int, str] = {}
        self.by_siren: dict[str, list[tuple[StartupTies, Tie | None]]] = defaultdict(list)
        self.by_name: dict[str, list[tuple[StartupTies, Tie | None]]] = defaultdict(list)
        self.by_person: dict[str, list[tuple[StartupTies, Tie | None, int]]] = defaultdict(list)
        self.by_user: dict[int, list[int]] = defaultdict(list)
        self.by_domain: dict[str, dict[int, set[str]]] = defaultdict(lambda: defaultdict(set))
        for startup in startups:
            self.ids.add(startup.id)
            self.names[startup.id] = startup.name
            self._add_organisation(startup, None, startup.siren, startup.name, wanted)
            for tie in startup.ties:
                self._add_organisation(startup, tie, tie.siren, tie.organisation, wanted)
                if (key := person_key(tie.person)) in wanted.people:
                    self.by_person[key].append((startup, tie, 0))
            for user_id, name in startup.members:
                if user_id in wanted.user_ids:
                    self.by_user[user_id].append(startup.id)
                if wanted.people and (key := person_key(name)) in wanted.people:
                    self.by_person[key].append((startup, None, user_id))
            for email in startup.emails:
                if (domain := company_domain(email)) in wanted.domains:
                    self.by_domain[domain][startup.id].add(email.lower())

    def _add_organisation(self, startup: StartupTies, tie: Tie | None, siren: str, name: str, wanted: _Wanted) -> None:
        if siren in wanted.sirens:
            self.by_siren[siren].append((startup, tie))
        if wanted.names and (key := organisation_key(name)) in wanted.names:
            self.by_name[key].append((startup, tie))


def _grounds_of(reviewer: ReviewerTies, index: _Index) -> Iterator[Ground]:
    yield from _known(reviewer, index)
    for interest in reviewer.interests:
        yield from _by_organisation(reviewer, interest, index)
    yield from _by_person(reviewer, index)
    for colleague in reviewer.colleagues:
        for startup_id in index.by_user.get(colleague.person_id, ()):
            if startup_id not in reviewer.startup_ids and startup_id != colleague.startup_id:
                yield _ground(
                    reviewer,
                    startup_id,
                    GroundKind.CHAIN,
                    sentences.chain(colleague, index.names[startup_id]),
                    _key("chain", colleague.startup_id, colleague.person_id),
                    is_certain=False,
                )


def _known(reviewer: ReviewerTies, index: _Index) -> Iterator[Ground]:
    """What is on record, own startups, a company's mail."""
    for startup_id, reason in (reviewer.declared or {}).items():
        if startup_id in index.ids:
            source = reviewer.sources.get(startup_id, ConflictSource.DECLARED)
            yield Ground(reviewer.id, startup_id, source, reason, evidence="declared")
    for startup_id in reviewer.startup_ids:
        if startup_id in index.ids:
            yield _ground(
                reviewer,
                startup_id,
                GroundKind.MEMBER,
                Message("The reviewer is a member of this startup."),
                "member",
            )
    domain = company_domain(reviewer.email)
    for startup_id, emails in index.by_domain.get(domain, {}).items():
        if emails == {reviewer.email.lower()}:
            continue  # their own address
        yield _ground(
            reviewer,
            startup_id,
            GroundKind.MAIL,
            Message("The reviewer's e-mail domain is that of a member of this startup."),
            _key("mail", domain),
        )


def _by_organisation(reviewer: ReviewerTies, interest: Interest, index: _Index) -> Iterator[Ground]:
    """The same number; or the same name, unless two numbers say that these are two companies."""
    for startup, tie in index.by_siren.get(interest.siren, ()) if interest.siren else ():
        if tie is None and startup.id in reviewer.startup_ids:
            continue  # said already: a member of it
        yield _ground(
            reviewer,
            startup.id,
            _kind(interest, tie),
            sentences.same_siren(interest, tie),
            _key("siren", interest.kind, interest.siren, tie and tie.kind, interest.until_year),
            is_certain=_is_certain(interest, tie),
            is_askable=tie is not None,
        )
    key = organisation_key(interest.organisation)
    for startup, tie in index.by_name.get(key, ()) if key else ():
        siren = startup.siren if tie is None else tie.siren
        if (interest.siren and siren) or (tie is None and startup.id in reviewer.startup_ids):
            continue
        name = startup.name if tie is None else tie.organisation
        yield _ground(
            reviewer,
            startup.id,
            _kind(interest, tie),
            sentences.same_name(interest, tie, name),
            _key("name", interest.kind, key, tie and tie.kind, interest.until_year),
            is_certain=False,
            is_askable=tie is not None,
        )


def _by_person(reviewer: ReviewerTies, index: _Index) -> Iterator[Ground]:
    """Somebody of the startup, or named by it, is called as the reviewer or as somebody close to the reviewer."""
    close = [(one.person, False) for one in reviewer.interests if one.kind is InterestKind.CLOSE_PERSON]
    for name, is_self in [(reviewer.name, True), *close]:
        key = person_key(name)
        for startup, tie, user_id in index.by_person.get(key, ()) if key else ():
            if startup.id in reviewer.startup_ids or user_id == reviewer.id:
                continue
            yield _ground(
                reviewer,
                startup.id,
                GroundKind.PERSON,
                sentences.same_person(name, tie, is_self=is_self),
                _key("person", key, is_self, tie and tie.kind),
                is_certain=False,
                is_askable=is_self and tie is not None,
            )


def _is_certain(interest: Interest, tie: Tie | None) -> bool:
    """With one SIREN: any tie to the startup itself; a present one to whom it named, former employers left out."""
    if tie is None:
        return True
    return (
        interest.until_year is None
        and interest.kind not in (InterestKind.PAST_EMPLOYER, InterestKind.CLOSE_PERSON)
        and tie.kind is not TieKind.FORMER_EMPLOYER
    )


def _kind(interest: Interest, tie: Tie | None) -> GroundKind:
    if interest.kind is InterestKind.PAST_EMPLOYER:
        return GroundKind.EMPLOYER
    return _KIND_OF_TIE[tie.kind if tie else None]


def _key(*parts: object) -> str:
    return "|".join(str(part) for part in parts)


def _ground(
    reviewer: ReviewerTies,
    startup_id: int,
    kind: GroundKind,
    reason: Message,
    evidence: str,
    *,
    is_certain: bool = True,
    is_askable: bool = False,
) -> Ground:
    digest = hashlib.sha256(f"{kind}|{evidence}".encode()).hexdigest()[:32]
    return Ground(reviewer.id, startup_id, ConflictSource.INFERRED, reason, kind, is_certain, digest, is_askable)
