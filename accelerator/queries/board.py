"""Queries · Board — the composition board of a batch: who is in, who waits, the rest, against the portfolio rules."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Select, case, func, or_, select

from accelerator.extensions import db
from accelerator.kernel.enums import ApplicationState, Outcome, Sector, Stage
from accelerator.kernel.message import N_, Message
from accelerator.models.applications import Application
from accelerator.models.selection import Decision, Standing
from accelerator.models.startups import Startup
from accelerator.queries import portfolio as queries
from accelerator.queries import rankings, selection
from accelerator.queries.intake import matches
from accelerator.queries.selection import Candidate
from accelerator.rules import portfolio
from accelerator.rules.selection import version_of

PAGE_SIZE: Final = 20
NOT_SAID: Final = N_("Not said")


@dataclass(frozen=True)
class Search:
    """Which of the rest to list; empty asks for all."""

    text: str = ""
    region_code: str = ""
    sector: Sector | None = None

    @property
    def reads_startups(self) -> bool:
        """True when something is filtered out."""
        return bool(self.text or self.region_code or self.sector)


@dataclass(frozen=True)
class Card:
    """One startup on the board."""

    candidate: Candidate
    stage: Stage
    women_founders: bool | None


@dataclass(frozen=True)
class RuleLine:
    """One rule: how the admitted stand against it, what it costs, who set it.

    `price` is None while the rule is set aside or the rules contradict each other; `missing` names the applications
    that are no longer in the ranking.
    """

    id: int
    words: Message
    tally: portfolio.Tally
    standing: Message
    price: portfolio.Price | None
    enters: list[str]
    leaves: list[str]
    missing: list[str]
    is_contradicted: bool
    set_by: str
    set_at: datetime

    @property
    def counts(self) -> bool:
        """True for a minimum and a maximum."""
        return self.tally.rule.kind in portfolio.COUNTING


@dataclass(frozen=True)
class Share:
    """How many of one value are admitted and wait; `words` is a sentence, a state or a name."""

    words: str
    admitted: int
    waitlisted: int


@dataclass(frozen=True)
class Spread:
    """One attribute over those admitted and those who wait, the most frequent value first."""

    label: str
    shares: list[Share]


@dataclass(frozen=True)
class Rest:
    """One page of those who are neither admitted nor on the waitlist, best ranked first."""

    cards: list[Card]
    total: int
    page: int
    pages: int


@dataclass(frozen=True)
class Board:
    """Everything on the composition board. The versions change with every saved choice and rule.

    `gone` names those who were admitted or waited and are no longer candidates; `proposed` is what the rules lead to.
    """

    version: str
    rules_version: str
    is_empty: bool
    candidates: int
    admitted: list[Card]
    waitlist: list[Card]
    departed: list[Candidate]
    gone: list[str]
    rest: Rest
    rules: list[RuleLine]
    spreads: list[Spread]
    contradiction: Message | None
    proposed: portfolio.Choice

    @property
    def owed(self) -> int:
        """How many off-rank choices still lack their reason."""
        return sum(candidate.owes_reason for candidate in self.departed)

    @property
    def in_force(self) -> int:
        """How many rules are not set aside."""
        return sum(not rule.missing for rule in self.rules)

    @property
    def kept(self) -> int:
        """How many rules in force the admitted keep."""
        return sum(rule.tally.is_met for rule in self.rules if not rule.missing)

    @property
    def total(self) -> float:
        """The adjusted scores of the admitted, together."""
        return sum(card.candidate.adjusted or 0.0 for card in self.admitted)

    @property
    def is_proposal(self) -> bool:
        """True when exactly those are admitted whom the rules lead to."""
        return {card.candidate.application_id for card in self.admitted} == set(self.proposed.chosen)


@dataclass(frozen=True)
class _Traits:
    state: ApplicationState
    stage: Stage
    women_founders: bool | None


def board(batch_id: int, places: int, search: Search, page: int) -> Board:
    """The board of a batch in review. A fixed number of statements."""
    prepared = selection.prepared(batch_id)
    departures = {one.application_id: one.departure for one in prepared.departed if one.departure is not None}
    rest_ids, total, page, pages = _rest(batch_id, search, page, is_final=False)
    rest = selection.candidates(batch_id, departures, rest_ids)
    shown = [*prepared.admitted, *prepared.waitlist, *rest]
    traits = _traits([one.application_id for one in shown])
    still = {one for one, found in traits.items() if found.state is ApplicationState.ADMISSIBLE}
    admitted = _cards([one for one in prepared.admitted if one.application_id in still], traits)
    waitlist = _cards([one for one in prepared.waitlist if one.application_id in still], traits)
    stored = queries.stored_rules(batch_id)
    proposed = queries.choice(batch_id, [line.rule for line in stored], places)
    names = _names(stored, proposed)
    return Board(
        version=prepared.version,
        rules_version=portfolio.version_of([line.rule for line in stored]),
        is_empty=prepared.is_empty,
        candidates=prepared.candidates,
        admitted=admitted,
        waitlist=waitlist,
        departed=prepared.departed,
        gone=[one.name for one in shown if one.application_id not in still],
        rest=Rest(_cards(rest, traits), total, page, pages),
        rules=_rule_lines(stored, proposed, admitted, names),
        spreads=_spreads(admitted, waitlist),
        contradiction=portfolio.contradiction_words(proposed.contradiction, names) if proposed.contradiction else None,
        proposed=proposed,
    )


def decided(batch_id: int, search: Search, page: int) -> Board:
    """The board of a decided batch, to be read. A fixed number of statements."""
    told = list(
        db.session.scalars(
            select(Decision.application_id).where(
                Decision.batch_id == batch_id, or_(Decision.outcome != Outcome.REFUSE, Decision.reason != "")
            )
        )
    )
    rest_ids, total, page, pages = _rest(batch_id, search, page, is_final=True)
    everyone = selection.candidates(batch_id, {}, sorted({*told, *rest_ids}))
    traits = _traits([one.application_id for one in everyone])
    admitted = _cards([one for one in everyone if one.outcome is Outcome.ADMIT], traits)
    waiting = sorted((one for one in everyone if one.outcome is Outcome.WAITLIST), key=lambda one: one.position or 0)
    waitlist = _cards(waiting, traits)
    stored, proposed = queries.stored_rules(batch_id), portfolio.Choice()
    listed = set(rest_ids)
    return Board(
        version=version_of([]),
        rules_version=portfolio.version_of([line.rule for line in stored]),
        is_empty=False,
        candidates=selection.candidates_of(batch_id),
        admitted=admitted,
        waitlist=waitlist,
        departed=[one for one in everyone if one.reason],
        gone=[],
        rest=Rest(_cards([one for one in everyone if one.application_id in listed], traits), total, page, pages),
        rules=_rule_lines(stored, proposed, admitted, _names(stored, proposed)),
        spreads=_spreads(admitted, waitlist),
        contradiction=None,
        proposed=proposed,
    )


def _names(stored: Sequence[queries.StoredRule], proposed: portfolio.Choice) -> dict[int, str]:
    """The startups that rules and prices speak of."""
    wanted = {one for line in stored for one in line.rule.applications}
    wanted |= {one for price in proposed.prices for one in (*price.enters, *price.leaves)}
    return rankings.names_of(sorted(wanted))


def _rule_lines(
    stored: Sequence[queries.StoredRule], proposed: portfolio.Choice, admitted: Sequence[Card], names: dict[int, str]
) -> list[RuleLine]:
    cohort = [_as_candidate(card) for card in admitted]
    tallies = portfolio.tallies([line.rule for line in stored], cohort)
    prices = {price.rule: price for price in proposed.prices}
    missing = {idle.rule: idle.missing for idle in proposed.idle}
    against = proposed.contradiction.rules if proposed.contradiction else ()
    lines = []
    for line, tally in zip(stored, tallies, strict=True):
        price = prices.get(line.rule)
        lines.append(
            RuleLine(
                id=line.rule.id,
                words=portfolio.rule_words(line.rule, names),
                tally=tally,
                standing=portfolio.tally_words(tally),
                price=price,
                enters=[names[one] for one in price.enters] if price else [],
                leaves=[names[one] for one in price.leaves] if price else [],
                missing=[names[one] for one in missing.get(line.rule, ())],
                is_contradicted=line.rule in against,
                set_by=line.set_by,
                set_at=line.set_at,
            )
        )
    return lines


def _values(card: Card) -> dict[str, str]:
    """What a startup is, by attribute; empty where it does not say."""
    women = {True: portfolio.YES, False: portfolio.NO, None: ""}[card.women_founders]
    one = card.candidate
    return {"region": one.region_code, "sector": one.sector, "stage": card.stage, "women_founders": women}


def _as_candidate(card: Card) -> portfolio.Candidate:
    one = card.candidate
    return portfolio.Candidate(one.application_id, one.rank or 0, one.adjusted or 0.0, _values(card))


def _spreads(admitted: Sequence[Card], waitlist: Sequence[Card]) -> list[Spread]:
    inside, waiting = [_values(card) for card in admitted], [_values(card) for card in waitlist]
    spreads = []
    for attribute in portfolio.ATTRIBUTES:
        first, second = (Counter(values[attribute.code] for values in group) for group in (inside, waiting))
        keys = sorted({*first, *second}, key=lambda key: (-first[key], -second[key], key))
        shares = [
            Share(portfolio.value_words(attribute.code, key) if key else NOT_SAID, first[key], second[key])
            for key in keys
        ]
        spreads.append(Spread(attribute.label, shares))
    return spreads


def _cards(candidates: Sequence[Candidate], traits: dict[int, _Traits]) -> list[Card]:
    return [
        Card(one, traits[one.application_id].stage, traits[one.application_id].women_founders) for one in candidates
    ]


def _traits(application_ids: Sequence[int]) -> dict[int, _Traits]:
    rows = db.session.execute(
        select(Application.id, Application.state, Startup.stage, Startup.women_founders)
        .join(Startup, Startup.id == Application.startup_id)
        .where(Application.id.in_(application_ids))
    )
    return {row[0]: _Traits(*row[1:]) for row in rows}


def _rest(batch_id: int, search: Search, page: int, *, is_final: bool) -> tuple[list[int], int, int, int]:
    """The ids of one page of the rest, how many there are, which page it is and of how many. Two statements.

    The list gets shorter with every move: a page beyond its end is its last.
    """
    total = db.session.scalars(_rest_of(select(func.count()), batch_id, search, is_final=is_final)).one()
    pages = max(1, -(-total // PAGE_SIZE))
    page = min(page, pages)
    ids = db.session.scalars(
        _rest_of(select(Application.id), batch_id, search, is_final=is_final)
        .outerjoin(Standing, Standing.application_id == Application.id)
        .order_by(case((Standing.rank.is_(None), 1), else_=0), Standing.rank, Application.id)
        .limit(PAGE_SIZE)
        .offset((page - 1) * PAGE_SIZE)
    )
    return list(ids), total, page, pages


def _rest_of(statement: Select[Any], batch_id: int, search: Search, *, is_final: bool) -> Select[Any]:
    statement = (
        statement.select_from(Application)
        .outerjoin(Decision, Decision.application_id == Application.id)
        .where(Application.batch_id == batch_id)
    )
    if is_final:
        statement = statement.where(Decision.outcome == Outcome.REFUSE)
    else:
        statement = statement.where(
            Application.state == ApplicationState.ADMISSIBLE,
            or_(Decision.outcome.is_(None), Decision.outcome == Outcome.REFUSE),
        )
    if search.reads_startups:
        statement = statement.join(Startup, Startup.id == Application.startup_id)
    if search.text:
        statement = statement.where(matches(search.text))
    if search.region_code:
        statement = statement.where(Startup.region_code == search.region_code)
    if search.sector is not None:
        statement = statement.where(Startup.sector == search.sector)
    return statement
