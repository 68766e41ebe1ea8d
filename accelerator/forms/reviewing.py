"""Forms · Reviewing — a member of the committee, a scorecard, a reason for stepping back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wtforms import EmailField, HiddenField, IntegerField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange

from accelerator.forms.accounts import EMAIL_RULES
from accelerator.forms.base import BaseForm
from accelerator.kernel.message import N_, Message
from accelerator.rules.reviewing import CAPACITY_MAX, COMMENT_MAX, REASON_MAX

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


class GiveForm(BaseForm):
    """One dossier for one more reviewer, or moved to them from another."""

    to = SelectField(N_("Give it to"), [InputRequired(N_("Choose a reviewer."))], coerce=int, validate_choice=False)
    instead_of = RadioField(N_("Instead of whom?"), coerce=int, default=0, validate_choice=False)

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


class ReviewForm(BaseForm):
    """A scorecard: one point per criterion, whatever the rubric, and a comment."""

    comment = TextAreaField(
        N_("Comment for the committee"),
        [Length(max=COMMENT_MAX, message=N_("At most 4,000 characters."))],
        description=N_("What should the others know? The applicant does not see it."),
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


def _is_points(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 2
