"""Forms · Reviewing — a member of the committee, a scorecard, a reason for stepping back."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from wtforms import (
    EmailField,
    FileField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
    ValidationError,
)
from wtforms.fields import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, Optional

from accelerator.forms.accounts import EMAIL_RULES
from accelerator.forms.base import BaseForm
from accelerator.forms.choices import NO, YES, kind_choices, region_choices
from accelerator.kernel.enums import Sector
from accelerator.kernel.errors import RuleViolation
from accelerator.kernel.message import N_, Message
from accelerator.rules.assignment.wishes import MOST_DOSSIERS, MOST_EACH, Wishes
from accelerator.rules.reviewing import ADVICE_MAX, CAPACITY_MAX, COMMENT_MAX, REASON_MAX

_CRITERION = "criterion_"
_REASON_RULES = (
    DataRequired(N_("Write a sentence.")),
    Length(max=REASON_MAX, message=N_("At most 300 characters.")),
)


class ReviewerForm(BaseForm):
    """Somebody to ask for the committee."""

    email = EmailField(N_("E-mail address"), EMAIL_RULES)
    name = StringField(
        N_("Name"),
        [Length(max=120, message=N_("At most 120 characters."))],
        description=N_("For somebody new here; a known person keeps their name."),
    )
    capacity = IntegerField(
        N_("Maximum of dossiers"),
        [
            InputRequired(N_("Type a whole number.")),
            NumberRange(1, CAPACITY_MAX, N_("A limit is a whole number from 1 to 500.")),
        ],
        description=N_("The person may accept fewer."),
    )


class CapacityForm(BaseForm):
    """Another limit for a member of the committee."""

    capacity = IntegerField(N_("Maximum of dossiers"), [InputRequired(), NumberRange(0, CAPACITY_MAX)])


class AcceptForm(BaseForm):
    """For how many dossiers somebody sits on a committee."""

    capacity = IntegerField(
        N_("How many dossiers, at most?"),
        [
            InputRequired(N_("Type a whole number.")),
            NumberRange(1, CAPACITY_MAX, N_("Type a whole number, 1 or more.")),
        ],
        description=N_("As many as were asked for, or fewer."),
    )


class DeclineForm(BaseForm):
    """Why somebody does not sit on a committee."""

    decline_reason = TextAreaField(
        N_("Why not, this time?"), _REASON_RULES, description=N_("The programme team reads it.")
    )


class FieldsForm(BaseForm):
    """The sectors and regions a reviewer knows well."""

    topics = SelectMultipleField(N_("Topics"), choices=kind_choices(Sector))
    regions = SelectMultipleField(
        N_("Regions"), choices=[choice for choice in region_choices(N_("All regions")) if choice.value]
    )

    def sectors(self) -> list[Sector]:
        """The topics as sectors."""
        return [Sector(text) for text in self.topics.data or ()]


class WishesForm(BaseForm):
    """What a hand-out is asked for, in the address; what cannot be read asks for nothing."""

    each = IntegerField(N_("Reviews of each application"), [Optional(), NumberRange(1, MOST_EACH)])
    most = IntegerField(N_("Dossiers of a reviewer at most"), [Optional(), NumberRange(0, MOST_DOSSIERS)])
    least = IntegerField(N_("Dossiers of a reviewer at least"), [Optional(), NumberRange(0, MOST_DOSSIERS)])
    together = IntegerField(N_("Dossiers two reviewers share at most"), [Optional(), NumberRange(0, MOST_DOSSIERS)])
    topics = SelectField(
        N_("Topics and regions"),
        choices=[SelectChoice("", N_("count")), SelectChoice(NO, N_("do not count"))],
        validate_choice=False,
    )
    mixed = SelectField(
        N_("Readers of each application"),
        choices=[SelectChoice("", N_("anybody")), SelectChoice(YES, N_("one with topics, one with regions"))],
        validate_choice=False,
    )

    def wishes(self, each: int) -> Wishes:
        """The wishes; `each` is what the batch wants where the address says nothing."""
        return Wishes(
            each=each if (said := self._said("each")) is None else said,
            most=self._said("most"),
            least=self._said("least") or 0,
            together=self._said("together"),
            by_topic=self.topics.data != NO,
            mixed=self.mixed.data == YES,
        )

    def _said(self, name: str) -> int | None:
        return None if self[name].errors else self[name].data


class LinesForm(BaseForm):
    """A spreadsheet of assignments to look at."""

    file = FileField(
        N_("File of assignments"),
        [InputRequired(N_("Choose a file."))],
        description=N_(
            "CSV with the columns application (code or receipt), reviewer (e-mail) and action (give, take, keep)."
        ),
    )

    def validate_file(self, field: FileField) -> None:
        """A file, not a text in its place."""
        if not hasattr(field.data, "stream"):
            raise ValidationError(N_("Choose a file."))


class ApplyLinesForm(BaseForm):
    """The same spreadsheet once it was looked at, and why it is done."""

    content = HiddenField()
    fingerprint = HiddenField()
    reason = StringField(N_("Why these changes?"), _REASON_RULES)

    def file_bytes(self) -> bytes:
        """The file as it was sent. Raises: RuleViolation when the page that carried it was tampered with."""
        try:
            return base64.b64decode(self.content.data or "", validate=True)
        except ValueError as error:
            raise RuleViolation(Message("The file is no longer readable. Send it again."), field="reason") from error


class TakeForm(BaseForm):
    """Why a dossier is taken away."""

    reason = StringField(N_("Why is it taken away?"), _REASON_RULES)


class GiveForm(BaseForm):
    """One dossier for one more reviewer, or moved to them from another."""

    to = SelectField(N_("Give it to"), [InputRequired(N_("Choose a reviewer."))], coerce=int, validate_choice=False)
    instead_of = RadioField(N_("Instead of whom?"), coerce=int, default=0, validate_choice=False)
    reason = StringField(
        N_("Why?"),
        [Length(max=REASON_MAX, message=N_("At most 300 characters."))],
        description=N_("Needed where the dossier then has more reviewers than planned. It is kept in the audit trail."),
    )

    def offer(self, candidates: Mapping[int, str], movable: Mapping[int, str]) -> None:
        """Fill in who can take it (by user id) and whose it can be moved from (by assignment id)."""
        self.to.choices = [SelectChoice(user_id, name) for user_id, name in candidates.items()]
        self.instead_of.choices = [
            SelectChoice(0, N_("Nobody: one reviewer more")),
            *(SelectChoice(assignment_id, name) for assignment_id, name in movable.items()),
        ]

    def moved_from(self) -> int | None:
        """The assignment it is moved from; None when it is one reviewer more."""
        return self.instead_of.data or None


class ConflictForm(BaseForm):
    """Why the reviewer must not score this startup."""

    conflict_reason = TextAreaField(N_("What ties you to this startup?"), _REASON_RULES)


class GiveBackForm(BaseForm):
    """Why the reviewer cannot score this dossier."""

    give_back_reason = TextAreaField(N_("Why are you giving it back?"), _REASON_RULES)


class GiveSomeBackForm(BaseForm):
    """Which of the open dossiers to hand back, and why."""

    dossiers = SelectMultipleField(N_("Dossiers to give back"), validate_choice=False)
    reason = TextAreaField(
        N_("Why are you giving them back?"), _REASON_RULES, description=N_("The programme team reads your answer.")
    )

    def validate_dossiers(self, field: SelectMultipleField) -> None:
        """At least one, each the number of an assignment."""
        if not field.data:
            raise ValidationError(N_("Tick at least one dossier."))
        if len(field.data) > CAPACITY_MAX or not all(_is_id(text) for text in field.data):
            raise ValidationError(N_("Choose one of the list."))

    def chosen(self) -> list[int]:
        """The assignments ticked."""
        return [int(text) for text in self.dossiers.data or () if _is_id(text)]


class ReviewForm(BaseForm):
    """A scorecard: one point per criterion, whatever the rubric, a comment for the committee, advice for the startup."""

    comment = TextAreaField(
        N_("Comment for the committee"),
        [Length(max=COMMENT_MAX, message=N_("At most 4,000 characters."))],
        description=N_("What should the others know? The applicant does not see it."),
    )
    advice = TextAreaField(
        N_("To the startup: what would make the project stronger?"),
        [Length(max=ADVICE_MAX, message=N_("At most 2,000 characters."))],
        description=N_(
            "If it is not chosen, the programme team may put this into the e-mail it gets, without your name."
        ),
    )
    seconds = HiddenField()

    def __init__(self, formdata: Any = None, data: Mapping[str, Any] | None = None, **kwargs: Any) -> None:
        super().__init__(formdata, data=data, **kwargs)
        self._typed: dict[int, str] | None = None
        self._stored: Mapping[int, int] = (data or {}).get("scores", {})
        if formdata:
            self._typed = {
                int(name.removeprefix(_CRITERION)): formdata[name].strip()
                for name in formdata
                if name.startswith(_CRITERION) and name.removeprefix(_CRITERION).isdecimal() and len(name) < 30
            }

    def validate(self, *args: Any, **kwargs: Any) -> bool:
        """Every score typed is a small whole number; whether all are there is the rubric's to say."""
        is_good = super().validate(*args, **kwargs)
        if any(not _is_points(text) for text in (self._typed or {}).values()):
            self.refuse_with(Message("A score could not be read. Choose the point again."))
            return False
        return is_good

    def scores(self) -> dict[int, int]:
        """Criterion id -> points, as typed; as stored before anything is typed."""
        if self._typed is None:
            return dict(self._stored)
        return {key: int(text) for key, text in self._typed.items() if _is_points(text)}

    def worked_seconds(self) -> int:
        """The seconds of work the page reports; 0 when it does not."""
        text = self.seconds.data or ""
        return int(text) if text.isdecimal() and len(text) < 8 else 0


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 12


def _is_points(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 2
