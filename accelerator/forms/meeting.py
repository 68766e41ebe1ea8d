"""Forms · Meeting — a meeting to open, an act of its chair, a vote, a reason to step out."""

from __future__ import annotations

from wtforms import HiddenField, RadioField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length

from accelerator.forms.base import BaseForm
from accelerator.forms.choices import chosen_code, kind_choices
from accelerator.kernel.enums import Ballot, Conclusion
from accelerator.kernel.message import N_
from accelerator.rules.meeting import MAX_NOTE, MAX_PLACE, MAX_TITLE
from accelerator.rules.selection import MAX_REASON

MOST_DIGITS = 9
REASON_MAX = 300


class StartForm(BaseForm):
    """The title and place of a meeting, and the dossiers on its agenda in the order of the page."""

    title = StringField(
        N_("Title"),
        [
            InputRequired(N_("Give the meeting a title.")),
            Length(max=MAX_TITLE, message=N_("At most 120 characters.")),
        ],
    )
    place = StringField(
        N_("Where"),
        [Length(max=MAX_PLACE, message=N_("At most 160 characters."))],
        description=N_("A room, or a video call."),
    )
    agenda = SelectMultipleField(N_("Agenda"), choices=[], validate_choice=False)

    def application_ids(self) -> list[int]:
        """The dossiers ticked."""
        texts = self.agenda.data or []
        return [int(one) for one in texts if one.isascii() and one.isdecimal() and len(one) <= MOST_DIGITS]


class TurnForm(BaseForm):
    """One press of a button: the turn it was meant for, and where it goes."""

    seen = HiddenField()
    to = StringField()

    def turn(self) -> str:
        """The turn the page showed."""
        return self.seen.data or ""


class ConcludeForm(BaseForm):
    """What the committee concludes on the dossier at hand."""

    seen = HiddenField()
    conclusion = RadioField(N_("Conclusion"), choices=kind_choices(Conclusion), validate_choice=False)
    reason = StringField(
        N_("Reason, where the choice is off the ranking"),
        [Length(max=MAX_REASON, message=N_("At most 1,000 characters."))],
        description=N_("It is kept with the choice."),
    )
    note = TextAreaField(
        N_("Note for the minutes"),
        [Length(max=MAX_NOTE, message=N_("At most 1,000 characters."))],
    )
    then = StringField()

    def chosen(self) -> Conclusion | None:
        """The conclusion; None where none was ticked."""
        return chosen_code(Conclusion, self.conclusion.data)

    def turn(self) -> str:
        """The turn the page showed."""
        return self.seen.data or ""


class PresenceForm(BaseForm):
    """A member who came, or left."""

    member = StringField()
    here = StringField()

    def user_id(self) -> int:
        """The person; 0 where the button cannot be read."""
        text = self.member.data or ""
        return int(text) if text.isascii() and text.isdecimal() and len(text) <= MOST_DIGITS else 0


class VoteForm(BaseForm):
    """One member's vote on the dossier at hand."""

    seen = HiddenField()
    choice = StringField()

    def ballot(self) -> Ballot | None:
        """The vote; None where the button cannot be read."""
        return chosen_code(Ballot, self.choice.data)

    def turn(self) -> str:
        """The turn the page showed."""
        return self.seen.data or ""


class StepOutForm(BaseForm):
    """Why a member must step out."""

    seen = HiddenField()
    reason = TextAreaField(
        N_("What ties you to this startup?"),
        [DataRequired(N_("Write a sentence.")), Length(max=REASON_MAX, message=N_("At most 300 characters."))],
    )

    def turn(self) -> str:
        """The turn the page showed."""
        return self.seen.data or ""
