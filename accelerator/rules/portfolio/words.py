"""Rules · Portfolio · Words — what candidates may be, and every rule, reason and contradiction as a sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from accelerator.kernel.enums import PortfolioRuleKind as Kind
from accelerator.kernel.enums import Sector, Stage
from accelerator.kernel.message import N_, Message
from accelerator.kernel.regions import REGIONS
from accelerator.rules.portfolio.choosing import Contradiction, Reason
from accelerator.rules.portfolio.tallies import Tally
from accelerator.rules.portfolio.terms import Rule
from accelerator.rules.ranking import Departure

YES: Final = "yes"
NO: Final = "no"


@dataclass(frozen=True)
class Attribute:
    """Something candidates may have in common, with its values in the order of a list."""

    code: str
    label: str
    values: tuple[str, ...]


ATTRIBUTES: Final[tuple[Attribute, ...]] = (
    Attribute("region", N_("Region"), tuple(sorted(REGIONS, key=lambda code: REGIONS[code].name.replace("Î", "I")))),
    Attribute("sector", N_("Sector"), tuple(sector.value for sector in Sector)),
    Attribute("stage", N_("Stage"), tuple(stage.value for stage in Stage)),
    Attribute("women_founders", N_("Women founders"), (YES, NO)),
)
"""What the house knows of every startup."""

_DEPARTURES: Final[Mapping[Departure, str]] = {
    Departure.ADMITTED_BELOW: N_("Admitted because of: %(rules)s."),
    Departure.PASSED_OVER: N_("Not admitted because of: %(rules)s."),
    Departure.WAITLISTED_BELOW: N_("On the waitlist because of: %(rules)s."),
    Departure.LEFT_OFF_WAITLIST: N_("Not on the waitlist because of: %(rules)s."),
    Departure.AHEAD_ON_WAITLIST: N_("Ahead on the waitlist because of: %(rules)s."),
}


def value_words(attribute: str, value: str) -> str:
    """A value of an attribute by itself, as a list shows it."""
    if attribute == "region":
        return REGIONS[value].name if value in REGIONS else value
    if attribute == "sector":
        return Sector(value)
    if attribute == "stage":
        return Stage(value)
    return Message("Yes") if value == YES else Message("No")


def trait_words(attribute: str, value: str) -> Message:
    """Who has this value, as it stands in a sentence: "from Bretagne"."""
    if attribute == "region":
        return Message("from %(region)s", region=value_words(attribute, value))
    if attribute == "sector":
        return Message("in the sector %(sector)s", sector=Sector(value))
    if attribute == "stage":
        return Message("at the stage “%(stage)s”", stage=Stage(value))
    return Message("with women founders") if value == YES else Message("without women founders")


def rule_words(rule: Rule, names: Mapping[int, str]) -> Message:
    """A rule as a sentence without its capital and its full stop; names are those of the applications."""
    if rule.kind is Kind.MINIMUM:
        return Message("at least %(bound)s %(trait)s", bound=rule.bound, trait=trait_words(rule.attribute, rule.value))
    if rule.kind is Kind.MAXIMUM:
        return Message("at most %(bound)s %(trait)s", bound=rule.bound, trait=trait_words(rule.attribute, rule.value))
    said = [names.get(one, f"#{one}") for one in rule.applications]
    if rule.kind is Kind.MUST:
        return Message("%(name)s must be admitted", name=said[0])
    if rule.kind is Kind.MUST_NOT:
        return Message("%(name)s must not be admitted", name=said[0])
    if rule.kind is Kind.TOGETHER:
        return Message("%(first)s and %(second)s: both or neither", first=said[0], second=said[1])
    return Message("%(first)s and %(second)s: not both", first=said[0], second=said[1])


def reason_words(reason: Reason, names: Mapping[int, str]) -> Message:
    """Why one application departs from its rank, as the sentence kept with the choice."""
    return Message(_DEPARTURES[reason.departure], rules=_listed(reason.rules, names))


def contradiction_words(contradiction: Contradiction, names: Mapping[int, str]) -> Message:
    """Which rules no cohort can satisfy together, as a sentence."""
    said = _listed(contradiction.rules, names)
    if contradiction.supply is not None:
        return Message(
            "This rule cannot be met, the ranking holds only %(supply)s: %(rules)s.",
            supply=contradiction.supply,
            rules=said,
        )
    if contradiction.places is not None:
        return Message(
            "With %(places)s places these rules cannot be met together: %(rules)s.",
            places=contradiction.places,
            rules=said,
        )
    return Message("These rules contradict each other: %(rules)s.", rules=said)


def tally_words(tally: Tally) -> Message:
    """How a cohort stands against a rule, in two or three words."""
    kind = tally.rule.kind
    if tally.is_met:
        return Message("met")
    if kind is Kind.MINIMUM:
        return Message("short by %(count)s", count=tally.short)
    if kind is Kind.MAXIMUM:
        return Message("over by %(count)s", count=tally.over)
    if kind is Kind.MUST:
        return Message("not admitted")
    if kind is Kind.MUST_NOT:
        return Message("admitted all the same")
    return Message("one without the other") if kind is Kind.TOGETHER else Message("both admitted")


def _listed(rules: Sequence[Rule], names: Mapping[int, str]) -> Message:
    """Several rules as one sentence: "first; second; third"."""
    said = [rule_words(rule, names) for rule in rules]
    sentence = said[-1]
    for earlier in reversed(said[:-1]):
        sentence = Message("%(first)s; %(others)s", first=earlier, others=sentence)
    return sentence
