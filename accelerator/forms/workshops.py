"""Forms · Workshops — finding a session, booking it, planning one, saying who came."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, time
from typing import Any, Final, TypedDict

from wtforms import HiddenField, SearchField, SelectField, StringField, TextAreaField
from wtforms.fields import SelectChoice
from wtforms.validators import AnyOf, DataRequired, Email, InputRequired, Length, NumberRange, Optional, Regexp
from wtforms.widgets import TimeInput

from accelerator.forms.base import BaseForm
from accelerator.forms.choices import chosen_code, chosen_region, kind_choices, region_choices
from accelerator.forms.programmes import DayField, WholeNumberField
from accelerator.kernel.bilingual import Bilingual
from accelerator.kernel.enums import WorkshopLevel
from accelerator.kernel.message import LOCALES, N_
from accelerator.rules.booking import CLOSING_HOURS_MAX, SEATS_PER_STARTUP_MAX, Timetable

CAPACITY_MAX: Final = 10_000
LANGUAGES: Final = (SelectChoice("fr", "Français"), SelectChoice("en", "English"))
NAME: Final = (
    DataRequired(N_("Type the person’s name.")),
    Length(max=120, message=N_("At most 120 characters.")),
)


def _number(text: object) -> int:
    """The id a select sends; 0, which nothing has, for anything else."""
    digits = str(text)
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 18 else 0


class HourField(StringField):
    """A time of day from the browser's own control."""

    widget = TimeInput()
    data: Any

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Parse HH:MM."""
        self.data = None
        if not valuelist or not valuelist[0].strip():
            return
        try:
            parsed = time.fromisoformat(valuelist[0].strip())
        except ValueError as error:
            raise ValueError(N_("Type a time, for example 09:30.")) from error
        if parsed.tzinfo is not None or parsed.second or parsed.microsecond:
            raise ValueError(N_("Type a time, for example 09:30."))
        self.data = parsed

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return f"{self.data:%H:%M}" if isinstance(self.data, time) else ""


class CalendarFilterForm(BaseForm):
    """What the address says about which sessions to list."""

    region = SelectField(N_("Region"), choices=region_choices(N_("All regions")), validate_choice=False)
    since = DayField(N_("From"), [Optional()])
    level = SelectField(
        N_("Level"),
        choices=[SelectChoice("", N_("All levels")), *kind_choices(WorkshopLevel)],
        validate_choice=False,
    )
    language = SelectField(
        N_("Language"), choices=[SelectChoice("", N_("Both languages")), *LANGUAGES], validate_choice=False
    )

    def region_chosen(self) -> str:
        """The region asked for; empty for all."""
        return chosen_region(self.region.data)

    def since_chosen(self) -> date | None:
        """The first day asked for; None for today."""
        day = self.since.data
        return day if isinstance(day, date) and 2000 <= day.year <= 2100 else None

    def level_chosen(self) -> WorkshopLevel | None:
        """The level asked for; None for all."""
        return chosen_code(WorkshopLevel, self.level.data)

    def language_chosen(self) -> str:
        """The language asked for; empty for both."""
        return str(self.language.data) if self.language.data in LOCALES else ""


class BookingValues(TypedDict):
    """What a booking needs from the person who makes it."""

    startup_id: int
    person_name: str
    access_needs: str


class BookingForm(BaseForm):
    """A place for one person of one startup."""

    startup_id = SelectField(
        N_("Which startup?"), [InputRequired(N_("Choose a startup."))], coerce=_number, validate_choice=False
    )
    person_name = StringField(N_("Who comes?"), NAME)
    access_needs = TextAreaField(
        N_("What should the venue prepare for this person?"),
        [Optional(), Length(max=300, message=N_("At most 300 characters."))],
        description=N_("A ramp, a sign-language interpreter, a seat in front… Only the organisers read it."),
        render_kw={"rows": 3},
    )

    def offer(self, startups: Sequence[tuple[int, str]]) -> None:
        """The startups to choose from."""
        self.startup_id.choices = [SelectChoice(id_, name) for id_, name in startups]

    def values(self) -> BookingValues:
        """What was typed."""
        return BookingValues(
            startup_id=self.startup_id.data,
            person_name=self.person_name.data,
            access_needs=self.access_needs.data or "",
        )


class SessionForm(BaseForm):
    """A dated session: what, where, when, for how many. Times are those on the wall of the venue."""

    version = HiddenField()
    workshop_id = SelectField(
        N_("Workshop"), [InputRequired(N_("Choose a workshop."))], coerce=_number, validate_choice=False
    )
    venue_id = SelectField(N_("Venue"), [InputRequired(N_("Choose a venue."))], coerce=_number, validate_choice=False)
    day = DayField(N_("Day"), [InputRequired(N_("Choose a day."))])
    starts = HourField(
        N_("Starts at"),
        [InputRequired(N_("Type a time, for example 09:30."))],
        description=N_("Local time at the venue."),
    )
    ends = HourField(N_("Ends at"), [Optional()], description=N_("Leave empty for the workshop’s usual length."))
    closing_hours = WholeNumberField(
        N_("Bookings close, in hours before the start"),
        [
            InputRequired(N_("Type a whole number.")),
            NumberRange(0, CLOSING_HOURS_MAX, N_("From 0 to 720 hours.")),
        ],
    )
    capacity = WholeNumberField(
        N_("Seats"),
        [Optional(), NumberRange(1, CAPACITY_MAX, N_("A session has at least one seat."))],
        description=N_("Leave empty for every seat of the venue."),
    )
    seats_per_startup = WholeNumberField(
        N_("Seats per startup, at most"),
        [
            InputRequired(N_("Type a whole number.")),
            NumberRange(1, SEATS_PER_STARTUP_MAX, N_("From 1 to 50 places.")),
        ],
        description=N_("Waiting places count too."),
    )
    language = SelectField(
        N_("Language"),
        [InputRequired(N_("Choose a language.")), AnyOf(LOCALES, message=N_("Choose a language."))],
        choices=list(LANGUAGES),
        default="fr",
        validate_choice=False,
    )
    trainer_name = StringField(N_("Trainer"), [Optional(), Length(max=120, message=N_("At most 120 characters."))])

    def offer(self, workshops: Sequence[tuple[int, Bilingual]], venues: Sequence[tuple[int, str]]) -> None:
        """What can be held, and where."""
        self.workshop_id.choices = [SelectChoice(0, N_("Choose a workshop.")), *(SelectChoice(*w) for w in workshops)]
        self.venue_id.choices = [SelectChoice(0, N_("Choose a venue.")), *(SelectChoice(*v) for v in venues)]

    def timetable(self) -> Timetable:
        """Day and times, as the rules want them."""
        return Timetable(self.day.data, self.starts.data, self.ends.data, self.closing_hours.data)

    def version_read(self) -> int:
        """The version the form was drawn from."""
        return _number(self.version.data)


class CancelSessionForm(BaseForm):
    """Why a session does not take place."""

    reason = StringField(
        N_("Why is it called off?"),
        [
            DataRequired(N_("Say why, for the people who booked.")),
            Length(max=300, message=N_("At most 300 characters.")),
        ],
        description=N_("Everybody who holds a seat reads this sentence in an e-mail."),
    )


class GuestSearchForm(BaseForm):
    """Whom to find on the list."""

    q = SearchField(N_("Find a person or a startup"))

    def search(self) -> str:
        """The words searched for, at most 80 characters."""
        return (self.q.data or "")[:80]


class WalkInValues(TypedDict):
    """What was typed at the door."""

    person_name: str
    email: str
    siren: str
    startup_name: str
    postcode: str


class WalkInForm(BaseForm):
    """Somebody at the door without a booking."""

    person_name = StringField(N_("Name"), NAME)
    siren = StringField(
        N_("SIREN of the startup"),
        [Optional(), Length(max=40, message=N_("At most 40 characters."))],
        description=N_("With a known SIREN or e-mail address nothing else is needed."),
        render_kw={"inputmode": "numeric"},
    )
    email = StringField(
        N_("E-mail address of the person’s account"),
        [
            Optional(),
            Length(max=254, message=N_("This address is too long.")),
            Email(N_("This is not an e-mail address: name@example.org."), check_deliverability=False),
        ],
        render_kw={"type": "email"},
    )
    startup_name = StringField(
        N_("Name of the startup"), [Optional(), Length(max=160, message=N_("At most 160 characters."))]
    )
    postcode = StringField(
        N_("Postcode of the startup"),
        [Optional(), Regexp(r"^[0-9]{5}$", message=N_("A postcode has five digits."))],
        render_kw={"inputmode": "numeric", "maxlength": 5},
    )

    def values(self) -> WalkInValues:
        """The fields as text, empty where nothing was typed."""
        return WalkInValues(
            person_name=self.person_name.data or "",
            email=self.email.data or "",
            siren=self.siren.data or "",
            startup_name=self.startup_name.data or "",
            postcode=self.postcode.data or "",
        )
