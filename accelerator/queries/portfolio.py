"""Queries · Portfolio — the rules of a batch, who can be chosen under them, and the best cohort, remembered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import ColumnElement, Integer, String, case, cast, func, or_, select, type_coerce

from accelerator.extensions import db
from accelerator.kernel.enums import ApplicationState, OfferState
from accelerator.kernel.message import Message
from accelerator.models.accounts import User
from accelerator.models.applications import Application
from accelerator.models.portfolio import PortfolioRule
from accelerator.models.selection import Offer, Standing
from accelerator.models.startups import Startup
from accelerator.queries import rankings
from accelerator.rules import portfolio
from accelerator.rules.portfolio import Candidate, Choice, Rule

COLUMNS: Final[dict[str, ColumnElement[str]]] = {
    "region": Startup.region_code,
    "sector": type_coerce(Startup.sector, String),
    "stage": type_coerce(Startup.stage, String),
    "women_founders": case(
        (Startup.women_founders.is_(True), "yes"), (Startup.women_founders.is_(False), "no"), else_=""
    ),
}
"""Where each attribute of `portfolio.ATTRIBUTES` is kept."""

REMEMBERED: Final = 32


@dataclass(frozen=True)
class StoredRule:
    """A rule with who set it and when."""

    rule: Rule
    set_by: str
    set_at: datetime


def stored_rules(batch_id: int) -> list[StoredRule]:
    """The rules of a batch in the order they were set."""
    rows = db.session.execute(
        select(PortfolioRule, func.coalesce(User.name, ""))
        .outerjoin(User, User.id == PortfolioRule.set_by_user_id)
        .where(PortfolioRule.batch_id == batch_id)
        .order_by(PortfolioRule.id)
    )
    return [StoredRule(_rule(row), name, row.set_at) for row, name in rows]


def rules(batch_id: int) -> list[Rule]:
    """The rules of a batch as the rules floor reads them, in the order they were set."""
    rows = db.session.scalars(
        select(PortfolioRule).where(PortfolioRule.batch_id == batch_id).order_by(PortfolioRule.id)
    )
    return [_rule(row) for row in rows]


def choice(batch_id: int, asked: Sequence[Rule], places: int) -> Choice:
    """The best cohort of a batch under these rules. One statement; what was worked out before is remembered."""
    return _chosen(tuple(contenders(batch_id, asked, places)), tuple(asked), places)


def contenders(batch_id: int, asked: Sequence[Rule], places: int) -> list[Candidate]:
    """The ranked candidates that can be chosen, wait or be passed over under these rules, best ranked first.

    Of those that every rule counts alike, more than the places, the waitlist and the applications named by rules
    together can make no difference: the database leaves them out.
    """
    named = sorted({one for rule in asked for one in rule.applications})
    counted = sorted({(rule.attribute, rule.value) for rule in asked if rule.attribute in COLUMNS})
    most = max([places + portfolio.RESERVES + len(named), *(rule.bound + 1 for rule in asked)])
    alike = [case((COLUMNS[attribute] == value, 1), else_=0) for attribute, value in counted]
    number = func.row_number().over(partition_by=alike or None, order_by=(Standing.rank, Standing.application_id))
    ranked = (
        select(
            Standing.application_id.label("application_id"),
            Standing.rank.label("rank"),
            Standing.adjusted.label("adjusted"),
            *(column.label(name) for name, column in COLUMNS.items()),
            cast(number, Integer).label("number"),
        )
        .join(Application, Application.id == Standing.application_id)
        .join(Startup, Startup.id == Application.startup_id)
        .where(Standing.batch_id == batch_id, Application.state == ApplicationState.ADMISSIBLE)
        .subquery()
    )
    rows = db.session.execute(
        select(ranked)
        .where((ranked.c.number <= most) | ranked.c.application_id.in_(named))
        .order_by(ranked.c.rank, ranked.c.application_id)
    )
    return [
        Candidate(row.application_id, row.rank, row.adjusted, {name: getattr(row, name) for name in COLUMNS})
        for row in rows
    ]


@dataclass(frozen=True)
class Strain:
    """A rule that is not kept: the rule, and how it stands."""

    words: Message
    standing: Message


@dataclass(frozen=True)
class Strains:
    """The rules that the startups holding a place do not keep, and those that the next in turn would break."""

    present: tuple[Strain, ...] = ()
    by_next: tuple[Strain, ...] = ()


def strains(batch_id: int, next_in_turn: int | None) -> Strains:
    """How the places, as they were answered and passed on, stand against the rules. Three statements at most."""
    asked = rules(batch_id)
    if not asked:
        return Strains()
    holding = select(Offer.application_id).where(
        Offer.batch_id == batch_id, Offer.state.in_((OfferState.DRAFT, OfferState.SENT, OfferState.ACCEPTED))
    )
    rows = db.session.execute(
        select(Application.id, *(column.label(name) for name, column in COLUMNS.items()))
        .join(Startup, Startup.id == Application.startup_id)
        .where(or_(Application.id.in_(holding), Application.id == next_in_turn))
    )
    everybody = [Candidate(row.id, 0, 0.0, {name: getattr(row, name) for name in COLUMNS}) for row in rows]
    now = portfolio.tallies(asked, [one for one in everybody if one.application_id != next_in_turn])
    then = portfolio.tallies(asked, everybody)
    names = rankings.names_of(sorted({one for rule in asked for one in rule.applications}))
    return Strains(
        present=tuple(_strain(tally, names) for tally in now if not tally.is_met),
        by_next=tuple(
            _strain(after, names) for before, after in zip(now, then, strict=True) if before.is_met and not after.is_met
        ),
    )


def _strain(tally: portfolio.Tally, names: Mapping[int, str]) -> Strain:
    return Strain(portfolio.rule_words(tally.rule, names), portfolio.tally_words(tally))


def find_candidates(batch_id: int, text: str) -> list[int]:
    """The candidates that a typed text means: by rank when it is a number, by name otherwise."""
    statement = (
        select(Application.id)
        .join(Startup, Startup.id == Application.startup_id)
        .where(Application.batch_id == batch_id, Application.state == ApplicationState.ADMISSIBLE)
        .order_by(Application.id)
        .limit(2)
    )
    if text.isascii() and text.isdecimal() and len(text) < 8:
        by_rank = statement.join(Standing, Standing.application_id == Application.id).where(Standing.rank == int(text))
        if found := list(db.session.scalars(by_rank)):
            return found
    exact = list(db.session.scalars(statement.where(Startup.name == text)))
    return exact or list(db.session.scalars(statement.where(func.lower(Startup.name) == text.lower())))


def frozen_rules(batch_id: int) -> list[list[Any]]:
    """The rules as the frozen document holds them: kind, attribute, value, bound, applications."""
    return [
        [str(rule.kind), rule.attribute, rule.value, rule.bound, list(rule.applications)] for rule in rules(batch_id)
    ]


def _rule(row: PortfolioRule) -> Rule:
    applications = (row.first_application_id, row.second_application_id)
    return Rule(
        row.id, row.kind, row.attribute, row.value, row.bound, tuple(one for one in applications if one is not None)
    )


@lru_cache(maxsize=REMEMBERED)
def _chosen(ranked: tuple[Candidate, ...], asked: tuple[Rule, ...], places: int) -> Choice:
    return portfolio.choose(ranked, asked, places=places)
