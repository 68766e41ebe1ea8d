"""Forms · Waves — which letters leave, and when; which draft is written anew."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from wtforms import Field, HiddenField, RadioField, SelectField, StringField
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, Optional
from wtforms.widgets import HiddenInput

from accelerator.forms.base import BaseForm
from accelerator.forms.choices import chosen_region, region_choices
from accelerator.forms.fields import ZonedDateTimeField
from accelerator.kernel.message import N_

ROWS_SHOWN: Final = 200
ALL: Final = "all"
FOUND: Final = "found"
TICKED: Final = "ticked"
NOW: Final = "now"
LATER: Final = "later"


class NumbersField(Field):
    """The numbers of the rows that are ticked; what is no number is left out."""

    widget = HiddenInput()
    data: Any

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Take every value that can be an id."""
        self.data = [number for text in valuelist if (number := whole_number(text)) >= 0]

    def _value(self) -> str:
        return ""


def whole_number(text: object) -> int:
    """The number a hidden field carries; -1 when it cannot be read."""
    written = str(text)
    return int(written) if written.isascii() and written.isdecimal() and len(written) < 10 else -1


class WaveFilterForm(BaseForm):
    """Which of the letters that wait to list."""

    q = StringField(N_("Startup"))
    region = SelectField(N_("Region"), choices=region_choices(N_("All regions")), validate_choice=False)
    first = StringField(N_("Only the first"))

    def search(self) -> str:
        """The words searched for."""
        return (self.q.data or "")[:80]

    def region_chosen(self) -> str:
        """The region asked for; empty for all."""
        return chosen_region(self.region.data)

    def number(self) -> int | None:
        """How many at most; None for all."""
        number = whole_number(self.first.data or "")
        return number if number > 0 else None

    @property
    def finds_everything(self) -> bool:
        """True while nothing is filtered."""
        return not self.search() and not self.region_chosen() and self.number() is None


class WaveForm(BaseForm):
    """A wave: which letters, now or later; once it has been looked at again, the number that was shown."""

    scope = RadioField(
        N_("Which e-mails?"),
        choices=[
            SelectChoice(ALL, N_("All that wait")),
            SelectChoice(FOUND, N_("All that the filter finds")),
            SelectChoice(TICKED, N_("Those ticked below")),
        ],
        default=ALL,
        validate_choice=False,
    )
    ticked = NumbersField(N_("Startups"))
    when = RadioField(
        N_("When?"),
        choices=[SelectChoice(NOW, N_("Now")), SelectChoice(LATER, N_("At a time to come"))],
        default=NOW,
        validate_choice=False,
    )
    leaves_at = ZonedDateTimeField(
        N_("Date and time"), [Optional()], description=N_("Paris time. Until then you can hold them back.")
    )
    expected = HiddenField()

    def expected_letters(self) -> int | None:
        """The number that was looked at again; None before that."""
        return whole_number(self.expected.data) if self.expected.data else None

    @property
    def is_later(self) -> bool:
        """True when the wave leaves by itself at a time to come."""
        return bool(self.when.data == LATER)

    def refuse_missing_time(self) -> bool:
        """True, with the sentence on the field, when "later" names no time."""
        if self.is_later and self.leaves_at.data is None:
            self.leaves_at.errors = [*self.leaves_at.errors, N_("Say when they leave.")]
            return True
        return False

    def chosen(self, waiting: Sequence[int], found: Sequence[int]) -> list[int]:
        """Those of the waiting that the scope names."""
        if self.scope.data == ALL:
            return list(waiting)
        wanted = set(found) if self.scope.data == FOUND else set(self.ticked.data or ())
        return [one for one in waiting if one in wanted]


class OffersWaveForm(WaveForm):
    """A wave of offers: with the date until which founders answer."""

    respond_by = ZonedDateTimeField(
        N_("Until when do founders answer?"),
        [InputRequired(N_("Say until when founders answer."))],
        description=N_("Paris time. Another date is written into the e-mails anew."),
    )


class HoldForm(BaseForm):
    """The time of the wave to hold back, in seconds since 1970, as its page showed it."""

    leaves_at = HiddenField()

    def seconds(self) -> float:
        """The time named; 0 when it cannot be read."""
        written = str(self.leaves_at.data)
        plain = written.replace(".", "", 1)
        return float(written) if plain.isascii() and plain.isdecimal() and len(written) < 20 else 0.0


class AnewForm(BaseForm):
    """Writing drafts anew: how many the recap showed."""

    expected = HiddenField()

    def expected_letters(self) -> int:
        """How many the recap showed; -1 when that cannot be read."""
        return whole_number(self.expected.data)
