"""Rules · Portfolio — the best cohort under portfolio rules, the price of each rule, a reason for each departure."""

from __future__ import annotations

from accelerator.rules.portfolio.choosing import RESERVES, Choice, Contradiction, Price, Reason, choose
from accelerator.rules.portfolio.tallies import Tally, tallies
from accelerator.rules.portfolio.terms import (
    COUNTING,
    MOST_RULES,
    NAMING,
    PAIRS,
    Candidate,
    Idle,
    Rule,
    in_force,
    key_of,
    refuse_malformed,
    version_of,
)
from accelerator.rules.portfolio.words import (
    ATTRIBUTES,
    NO,
    YES,
    Attribute,
    contradiction_words,
    reason_words,
    rule_words,
    tally_words,
    trait_words,
    value_words,
)

__all__ = [
    "ATTRIBUTES",
    "COUNTING",
    "MOST_RULES",
    "NAMING",
    "NO",
    "PAIRS",
    "RESERVES",
    "YES",
    "Attribute",
    "Candidate",
    "Choice",
    "Contradiction",
    "Idle",
    "Price",
    "Reason",
    "Rule",
    "Tally",
    "choose",
    "contradiction_words",
    "in_force",
    "key_of",
    "reason_words",
    "refuse_malformed",
    "rule_words",
    "tallies",
    "tally_words",
    "trait_words",
    "value_words",
    "version_of",
]
