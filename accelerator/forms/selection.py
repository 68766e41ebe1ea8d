"""Forms · Selection — which part of the ranking to see; choices, a confirmation, a wave, answers to an offer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, TypedDict

from wtforms import HiddenField, IntegerField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from accelerator.forms.base import BaseForm
from accelerator.forms.choices import chosen_code, chosen_region, kind_choices, region_choices
from accelerator.forms.fields import ZonedDateTimeField
from accelerator.kernel.enums import Outcome, Sector
from accelerator.kernel.message import N_
from accelerator.rules.ranking import DOUBT_WORDS, Doubt
from accelerator.rules.selection import MAX_REASON, Choice

MAX_ROWS: Final = 200
SORTS: Final = ("rank", "mean", "median", "spread")


class RankingView(TypedDict):
    """What of the ranking an address asks for."""

    sort: str
    region_code: str | None
    sector: Sector | None
    outcome: Outcome | None
    doubt: Doubt | None


class RankingFilterForm(BaseForm):
    """What the address says about which lines of the ranking to list, and in which order."""

    sort = SelectField(
        N_("Sort by"),
        choices=[
            SelectChoice("", N_("Rank")),
            SelectChoice("mean", N_("Mean")),
            SelectChoice("median", N_("Median")),
            SelectChoice("spread", N_("Disagreement, widest first")),
        ],
        validate_choice=False,
    )
    doubt = SelectField(
        N_("Certainty"),
        choices=[SelectChoice("", N_("All"))] + [SelectChoice(str(kind), word) for kind, word in DOUBT_WORDS.items()],
        validate_choice=False,
    )
    region = SelectField(N_("Region"), choices=region_choices(N_("All regions")), validate_choice=False)
    sector = SelectField(
        N_("Sector"), choices=[SelectChoice("", N_("All sectors")), *kind_choices(Sector)], validate_choice=False
    )
    outcome = SelectField(
        N_("Choice"), choices=[SelectChoice("", N_("All choices")), *kind_choices(Outcome)], validate_choice=False
    )

    def view(self) -> RankingView:
        """The order and the filters asked for; what makes no sense asks for everything."""
        return {
            "sort": self.sort.data if self.sort.data in SORTS else "rank",
            "region_code": chosen_region(self.region.data) or None,
            "sector": chosen_code(Sector, self.sector.data),
            "outcome": chosen_code(Outcome, self.outcome.data),
            "doubt": chosen_code(Doubt, self.doubt.data),
        }


class ChoicesForm(BaseForm):
    """The choices of one page of candidates: for each an outcome, a waitlist position, a reason."""

    version = HiddenField()

    @property
    def application_ids(self) -> list[int]:
        """The candidates this form has lines for."""
        return [int(name.removeprefix("outcome_")) for name in self._fields if name.startswith("outcome_")]

    def choices(self) -> list[Choice]:
        """The lines that have an outcome."""
        found = ((one, chosen_code(Outcome, self[f"outcome_{one}"].data)) for one in self.application_ids)
        return [
            Choice(
                one,
                outcome,
                self[f"position_{one}"].data if outcome is Outcome.WAITLIST else None,
                self[f"reason_{one}"].data or "",
            )
            for one, outcome in found
            if outcome is not None
        ]


def choices_form(application_ids: Iterable[int]) -> type[ChoicesForm]:
    """A form with lines for these candidates."""
    fields: dict[str, object] = {}
    for one in application_ids:
        fields[f"outcome_{one}"] = RadioField(N_("Choice"), choices=kind_choices(Outcome), validate_choice=False)
        fields[f"position_{one}"] = IntegerField(
            N_("Waitlist position"),
            [Optional(), NumberRange(1, 9999, message=N_("Positions go from 1 to 9999."))],
        )
        fields[f"reason_{one}"] = StringField(
            N_("Reason"), [Length(max=MAX_REASON, message=N_("At most 1,000 characters."))]
        )
    return type("ChoicesForm", (ChoicesForm,), fields)


def posted_rows(names: Iterable[str]) -> list[int]:
    """The candidates a posted form has lines for, by the names of its fields."""
    numbers = (name.removeprefix("position_") for name in names if name.startswith("position_"))
    return [int(number) for number in numbers if number.isascii() and number.isdecimal() and len(number) < 10][
        :MAX_ROWS
    ]


def shown_choices(choices: Sequence[tuple[int, Outcome | None, int | None, str]]) -> dict[str, object]:
    """What a page of candidates shows first, by field name."""
    shown: dict[str, object] = {}
    for one, outcome, position, reason in choices:
        shown.update({f"outcome_{one}": outcome, f"position_{one}": position, f"reason_{one}": reason})
    return shown


class ConfirmForm(BaseForm):
    """The last look: the number of places typed, and until when founders answer."""

    version = HiddenField()
    respond_by = ZonedDateTimeField(
        N_("Until when do founders answer?"),
        [InputRequired(N_("Say until when founders answer."))],
        description=N_("Paris time. It stands in the e-mails."),
    )
    places = IntegerField(
        N_("Type the number of places you give"),
        [InputRequired(N_("Type the number of places you give, in figures."))],
    )


class RescindForm(BaseForm):
    """Taking an offer back."""

    reason = TextAreaField(
        N_("Why is the offer withdrawn?"),
        [
            InputRequired(N_("Say why the offer is withdrawn.")),
            Length(max=MAX_REASON, message=N_("At most 1,000 characters.")),
        ],
        description=N_("Kept with the offer and in the audit trail; the e-mail does not quote it."),
    )


class OfferPlaceForm(BaseForm):
    """Offering a free place by hand."""

    application = RadioField(
        N_("Who is offered the place?"), [InputRequired(N_("Choose a startup."))], coerce=int, validate_choice=False
    )
    reason = StringField(
        N_("Why before its turn?"),
        [Optional(), Length(max=MAX_REASON, message=N_("At most 1,000 characters."))],
        description=N_("Only when it is not first in turn."),
    )


class DeclineForm(BaseForm):
    """Giving a place back."""

    reason = TextAreaField(
        N_("Why do you decline?"),
        [Optional(), Length(max=MAX_REASON, message=N_("At most 1,000 characters."))],
        description=N_("It helps us to prepare the next batch."),
    )
