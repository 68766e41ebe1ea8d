"""Forms · Portfolio — a rule that counts, a rule that names, a move on the board, which of the rest to list."""

from __future__ import annotations

from typing import Final

from wtforms import HiddenField, IntegerField, SelectField, StringField
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, Length

from accelerator.forms.base import BaseForm
from accelerator.forms.choices import ChoiceField, chosen_code, chosen_region, kind_choices, region_choices
from accelerator.kernel.enums import Outcome, PortfolioRuleKind, Sector
from accelerator.kernel.message import N_, Message
from accelerator.rules.portfolio import ATTRIBUTES, COUNTING, value_words

MAX_NAME: Final = 160
MOST_DIGITS: Final = 9
SUGGESTED: Final = {"list": "board-names", "autocomplete": "off"}


def _kinds(*, counting: bool) -> list[SelectChoice]:
    return [SelectChoice(kind.value, kind) for kind in PortfolioRuleKind if (kind in COUNTING) is counting]


def _traits() -> list[SelectChoice]:
    return [
        SelectChoice(
            f"{attribute.code}:{value}",
            Message(
                "%(attribute)s: %(value)s", attribute=Message(attribute.label), value=value_words(attribute.code, value)
            ),
        )
        for attribute in ATTRIBUTES
        for value in attribute.values
    ]


class CountRuleForm(BaseForm):
    """At least, or at most, so many who share something."""

    rules_version = HiddenField()
    counting = ChoiceField(N_("The cohort has"), [InputRequired()], choices=_kinds(counting=True))
    bound = IntegerField(N_("How many"), [InputRequired(N_("Type a whole number."))])
    trait = ChoiceField(N_("Which startups"), [InputRequired()], choices=_traits())

    def kind(self) -> PortfolioRuleKind:
        """Whether it is a minimum or a maximum."""
        return PortfolioRuleKind(self.counting.data)

    def counted(self) -> tuple[str, str]:
        """The attribute and its value."""
        attribute, _, value = self.trait.data.partition(":")
        return attribute, value


class NameRuleForm(BaseForm):
    """One startup that must, or must not, be admitted; two that belong together, or apart."""

    rules_version = HiddenField()
    naming = ChoiceField(N_("Rule"), [InputRequired()], choices=_kinds(counting=False))
    first = StringField(
        N_("Startup"),
        [
            InputRequired(N_("Choose the startup the rule names.")),
            Length(max=MAX_NAME, message=N_("At most 160 characters.")),
        ],
        description=N_("Its name, or its rank."),
        render_kw=SUGGESTED,
    )
    second = StringField(
        N_("Second startup"),
        [Length(max=MAX_NAME, message=N_("At most 160 characters."))],
        description=N_("For a pair only."),
        render_kw=SUGGESTED,
    )

    def kind(self) -> PortfolioRuleKind:
        """What is asked of those named."""
        return PortfolioRuleKind(self.naming.data)

    def names(self) -> list[str]:
        """The startups as typed."""
        return [text for text in (self.first.data, self.second.data) if text]


class ActForm(BaseForm):
    """One press of a button that needs nothing else: which choices and which rules the manager saw."""

    version = HiddenField()
    rules_version = HiddenField()


class MoveForm(BaseForm):
    """One press of a button on the board: the application, where it goes, and for the waitlist at which place."""

    version = HiddenField()
    move = StringField()

    def wanted(self) -> tuple[int, Outcome, int | None] | None:
        """The application, its outcome, its place; None when the button cannot be read."""
        number, _, rest = (self.move.data or "").partition(":")
        where, _, place = rest.partition(":")
        outcome = chosen_code(Outcome, where)
        if outcome is None or _number(number) is None or (place and _number(place) is None):
            return None
        return _number(number) or 0, outcome, _number(place) if outcome is Outcome.WAITLIST else None


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= MOST_DIGITS else None


class RestFilterForm(BaseForm):
    """What the address says about which of the rest to list."""

    q = StringField(N_("Name or SIREN"))
    region = SelectField(N_("Region"), choices=region_choices(N_("All regions")), validate_choice=False)
    sector = SelectField(
        N_("Sector"), choices=[SelectChoice("", N_("All sectors")), *kind_choices(Sector)], validate_choice=False
    )

    def search(self) -> tuple[str, str, Sector | None]:
        """The words, the region and the sector asked for; empty asks for all."""
        return (
            (self.q.data or "")[:80],
            chosen_region(self.region.data),
            chosen_code(Sector, self.sector.data),
        )
