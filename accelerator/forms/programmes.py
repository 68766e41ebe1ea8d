"""Forms · Programmes — one batch: its names, its numbers, its dates."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from wtforms import BooleanField, DateField, HiddenField, IntegerField, StringField
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, Length, NumberRange, Optional, Regexp, ValidationError

from accelerator.forms.base import BaseForm
from accelerator.forms.choices import ChoiceField
from accelerator.forms.fields import ZonedDateTimeField
from accelerator.kernel.message import N_
from accelerator.rules import programmes
from accelerator.rules.programmes import MAX_PLACES, MAX_REVIEWS_PER_APPLICATION, BatchPlan

DAY = (InputRequired(N_("Choose a day.")),)
INSTANT = (InputRequired(N_("Choose a day and a time.")),)


def visible_text(_form: BaseForm, field: StringField) -> None:
    """Refuse a name that nobody could read: spaces and marks alone."""
    if not any(unicodedata.category(character)[0] in "LNPS" for character in field.data or ""):
        raise ValidationError(N_("Give the batch a name."))


class WholeNumberField(IntegerField):
    """A whole number; anything else is said in the house's words."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Parse the digits."""
        try:
            super().process_formdata(valuelist)
        except ValueError as error:
            self.data = None
            raise ValueError(N_("Type a whole number.")) from error


class DayField(DateField):
    """A calendar day from the browser's own control."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Parse YYYY-MM-DD."""
        try:
            super().process_formdata(valuelist)
        except ValueError as error:
            raise ValueError(N_("Type a day, for example 2026-03-01.")) from error


class BatchForm(BaseForm):
    """Everything a manager decides about a batch. Times are those of Paris."""

    version = HiddenField()
    name_fr = StringField(
        N_("Name in French"),
        [
            InputRequired(N_("Give the batch a name.")),
            visible_text,
            Length(max=160, message=N_("At most 160 characters.")),
        ],
    )
    name_en = StringField(
        N_("Name in English"),
        [
            InputRequired(N_("Give the batch a name.")),
            visible_text,
            Length(max=160, message=N_("At most 160 characters.")),
        ],
    )
    code = StringField(
        N_("Code"),
        [
            InputRequired(N_("Give the batch a short code.")),
            Regexp(
                r"^(?!new$)[A-Za-z0-9][A-Za-z0-9-]{1,39}$",
                message=N_("Two to forty letters, digits and dashes: F-2027-1."),
            ),
        ],
        description=N_("Short and lasting: it stands in addresses and on receipts."),
    )
    track_id = ChoiceField(N_("Track"), [InputRequired(N_("Choose one of the list."))], coerce=int)
    rubric_id = ChoiceField(N_("Rubric"), [InputRequired(N_("Choose one of the list."))], coerce=int)
    is_rolling = BooleanField(N_("A rolling call: no cohort, applications are answered as they come"))
    places = WholeNumberField(
        N_("Places"),
        [
            InputRequired(N_("Type a whole number.")),
            NumberRange(0, MAX_PLACES, N_("From 0 to 500 places.")),
        ],
    )
    reviews_per_application = WholeNumberField(
        N_("Reviews per application"),
        [
            InputRequired(N_("Type a whole number.")),
            NumberRange(1, MAX_REVIEWS_PER_APPLICATION, N_("From 1 to 10 reviews.")),
        ],
    )
    place_name = StringField(
        N_("Location"),
        [Optional(), Length(max=120, message=N_("At most 120 characters."))],
        description=N_("Where the cohort meets: STATION F, for example."),
    )
    opens_at = ZonedDateTimeField(N_("The call opens"), INSTANT)
    closes_at = ZonedDateTimeField(N_("The call closes"), INSTANT)
    reviews_due_at = ZonedDateTimeField(N_("Reviews are due"), INSTANT)
    decides_on = DayField(N_("The committee decides"), DAY)
    starts_on = DayField(N_("The programme starts"), DAY)
    ends_on = DayField(N_("The programme ends"), DAY)

    def offer(self, *, tracks: Mapping[int, str], rubrics: Mapping[int, str]) -> BatchForm:
        """The same form with these tracks and rubrics to choose from, by id; 0 is the programme's rubric."""
        if "track_id" in self:
            self.track_id.choices = [SelectChoice(key, label) for key, label in tracks.items()]
        if "rubric_id" in self:
            self.rubric_id.choices = [
                SelectChoice(0, N_("The programme's own rubric")),
                *(SelectChoice(key, label) for key, label in rubrics.items()),
            ]
        return self

    def lock(self, names: Collection[str]) -> BatchForm:
        """The same form without the fields that may no longer be changed."""
        for name in names:
            del self[name]
        return self

    def validate(self, extra_validators: Any = None) -> bool:
        """Each field by itself, then, where all are there, the dates against each other."""
        if not super().validate(extra_validators):
            return False
        if len(self._fields) == len(BatchPlan.__dataclass_fields__) + 1:
            for violation in programmes.contradictions(self.plan(None)):
                self.refuse(violation)
        return not self.is_refused

    def plan(self, before: BatchPlan | None) -> BatchPlan:
        """What was typed, with everything locked as it stands."""
        values = {
            name: self[name].data if name in self else getattr(before, name) for name in BatchPlan.__dataclass_fields__
        }
        values["rubric_id"] = values["rubric_id"] or None
        values["place_name"] = values["place_name"] or ""
        if before is not None:
            for name in ("opens_at", "closes_at", "reviews_due_at"):
                values[name] = _as_stored(values[name], getattr(before, name))
        return BatchPlan(**values)

    def seen_version(self) -> int:
        """The version the typed text was written over; 0 when the address bar made it up."""
        text = str(self.version.data or "")
        return int(text) if text.isdecimal() and len(text) < 10 else 0


def _as_stored(typed: datetime, stored: datetime) -> datetime:
    """The stored instant where the same minute was sent back: the page shows no seconds."""
    return stored if typed == stored.replace(second=0, microsecond=0) else typed
