"""Rules · Portfolio · Terms — a candidate, a rule, which rules are in force, the version of a set of rules."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from accelerator.kernel.enums import PortfolioRuleKind as Kind
from accelerator.kernel.errors import RuleViolation
from accelerator.kernel.message import Message

COUNTING: Final = frozenset({Kind.MINIMUM, Kind.MAXIMUM})
"""Kinds that count those who share one value of one attribute."""

NAMING: Final = frozenset({Kind.MUST, Kind.MUST_NOT})
"""Kinds that name one application."""

PAIRS: Final = frozenset({Kind.TOGETHER, Kind.APART})
"""Kinds that name two applications: both or neither; not both."""

MOST_RULES: Final = 40
"""How many rules a batch may have: each is priced by choosing once more without it."""

LARGEST_BOUND: Final = 999


@dataclass(frozen=True)
class Candidate:
    """One ranked application: its adjusted score, its place in the order, and what it is, by attribute."""

    application_id: int
    rank: int
    adjusted: float
    attributes: Mapping[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Rule:
    """One portfolio rule. Counting kinds have an attribute, its value and a bound; the others name applications.

    The applications of a pair are in ascending order.
    """

    id: int
    kind: Kind
    attribute: str = ""
    value: str = ""
    bound: int = 0
    applications: tuple[int, ...] = ()

    def counts(self, candidate: Candidate) -> bool:
        """True when a counting rule counts this candidate."""
        return candidate.attributes.get(self.attribute) == self.value


@dataclass(frozen=True)
class Idle:
    """A rule set aside because applications it names are not in the ranking: withdrawn, turned down or unread."""

    rule: Rule
    missing: tuple[int, ...]


def in_force(rules: Sequence[Rule], ranked: Collection[int]) -> tuple[list[Rule], list[Idle]]:
    """The rules whose applications are all in the ranking, in the order of their ids, and those set aside."""
    known = set(ranked)
    acting, idle = [], []
    for rule in sorted(rules, key=lambda rule: rule.id):
        missing = tuple(one for one in rule.applications if one not in known)
        if missing:
            idle.append(Idle(rule, missing))
        else:
            acting.append(rule)
    return acting, idle


def key_of(rule: Rule) -> str:
    """What a rule is about, in one spelling; a batch has one rule of a key. The bound is not part of it."""
    if rule.kind in COUNTING:
        return f"{rule.kind}:{rule.attribute}:{rule.value}"
    return ":".join([str(rule.kind), *(str(one) for one in sorted(rule.applications))])


def version_of(rules: Sequence[Rule]) -> str:
    """A short name for exactly these rules; two managers who saw the same have the same."""
    lines = sorted([key_of(rule), rule.bound] for rule in rules)
    return hashlib.sha256(json.dumps(lines, ensure_ascii=False).encode()).hexdigest()[:16]


def refuse_malformed(rule: Rule, values: Mapping[str, Collection[str]]) -> None:
    """Raise RuleViolation unless the rule has what its kind needs, and counts something a candidate can be.

    Args: values maps each attribute of the batch to its possible values.
    """
    if rule.kind in COUNTING:
        if rule.value not in values.get(rule.attribute, ()):
            raise RuleViolation(Message("Choose what the rule counts."), field="trait")
        lowest = 1 if rule.kind is Kind.MINIMUM else 0
        if not lowest <= rule.bound <= LARGEST_BOUND:
            raise RuleViolation(
                Message("Give a number from %(lowest)s to %(highest)s.", lowest=lowest, highest=LARGEST_BOUND),
                field="bound",
            )
        return
    wanted = 2 if rule.kind in PAIRS else 1
    if len(rule.applications) < wanted:
        raise RuleViolation(
            Message("Choose the startup the rule names."), field="second" if rule.applications else "first"
        )
    if len(set(rule.applications)) < len(rule.applications):
        raise RuleViolation(Message("A pair is made of two different startups."), field="second")
