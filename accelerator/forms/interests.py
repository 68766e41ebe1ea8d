"""Forms · Interests — an entry of a register, whom a startup names, a decision about a suspicion, a person to check."""

from __future__ import annotations

from typing import Any

from wtforms import EmailField, HiddenField, IntegerField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from accelerator.forms.accounts import EMAIL_RULES
from accelerator.forms.base import BaseForm
from accelerator.forms.choices import ChoiceField, kind_choices
from accelerator.forms.fields import Expected
from accelerator.forms.startups import whole_number
from accelerator.kernel.enums import InterestKind, TieKind
from accelerator.kernel.message import N_, Message
from accelerator.rules.conflicts import Interest
from accelerator.rules.interests import (
    NOTE_MAX,
    ORGANISATION_MAX,
    PERSON_MAX,
    InterestEntry,
    TieEntry,
    listed,
)

_ORGANISATION = (Length(max=ORGANISATION_MAX, message=N_("At most 160 characters.")),)
_PERSON = (Length(max=PERSON_MAX, message=N_("At most 120 characters.")),)
_SIREN = (Length(max=40, message=N_("A SIREN has 9 digits, a SIRET 14.")),)
_SIREN_HINT = N_("Nine digits. With it a tie is certain; with a name alone it is only suspected.")


class YearField(IntegerField):
    """A calendar year; anything else is said in the house's words."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Parse the digits; nothing typed is no year."""
        if not valuelist or not str(valuelist[0]).strip():
            self.data = None
            return
        try:
            super().process_formdata(valuelist)
        except ValueError as error:
            self.data = None
            raise ValueError(N_("Type a year, for example 2024.")) from error
        if self.data is not None and not 0 < self.data < 10_000:
            self.data = None
            raise ValueError(N_("Type a year, for example 2024."))


class InterestForm(BaseForm):
    """One tie of a reviewer."""

    kind = ChoiceField(
        N_("What is it?"), [InputRequired(N_("Choose one of the list."))], choices=kind_choices(InterestKind)
    )
    organisation = StringField(
        N_("Name of the organisation"),
        [Expected(), *_ORGANISATION],
        description=N_("For somebody close to you: where they work, if you know."),
    )
    siren = StringField(N_("Its SIREN"), _SIREN, description=_SIREN_HINT, render_kw={"inputmode": "numeric"})
    person = StringField(
        N_("Name of the person"), _PERSON, description=N_("Only for somebody close to you: spouse, family, friend.")
    )
    note = StringField(
        N_("Note"),
        [Length(max=NOTE_MAX, message=N_("At most 300 characters."))],
        description=N_("What the programme team should know."),
    )
    since_year = YearField(N_("Since"), [Optional()], description=N_("A year."))
    until_year = YearField(
        N_("Ended in"), [Optional()], description=N_("A year. Leave it empty while the tie goes on.")
    )

    def entry(self) -> InterestEntry:
        """The tie as the rules know it."""
        return InterestEntry(
            kind=InterestKind(self.kind.data),
            organisation=self.organisation.data or "",
            siren=self.siren.data or "",
            person=self.person.data or "",
            note=self.note.data or "",
            since_year=self.since_year.data,
            until_year=self.until_year.data,
        )


class StatementForm(BaseForm):
    """The register is complete as it was read: with how many entries."""

    interests_seen = HiddenField()

    def seen(self) -> int:
        """How many entries the page showed."""
        return whole_number(self.interests_seen.data)


class EvidenceForm(BaseForm):
    """One suspicion, named by hidden fields."""

    reviewer_id = HiddenField()
    startup_id = HiddenField()
    evidence = HiddenField()

    def pair(self) -> tuple[int, int]:
        """Reviewer and startup; 0 where there is none."""
        return whole_number(self.reviewer_id.data), whole_number(self.startup_id.data)

    def digest(self) -> str:
        """What the suspicion rests on."""
        return (self.evidence.data or "")[:32]


class TieForm(BaseForm):
    """One person or organisation that a startup names."""

    kind = ChoiceField(
        N_("What are they to the startup?"),
        [InputRequired(N_("Choose one of the list."))],
        choices=kind_choices(TieKind),
    )
    organisation = StringField(
        N_("Name of the organisation"), _ORGANISATION, description=N_("An organisation, a person, or both.")
    )
    siren = StringField(
        N_("Its SIREN"), _SIREN, description=N_("Nine digits, where you know them."), render_kw={"inputmode": "numeric"}
    )
    person = StringField(N_("Name of the person"), _PERSON)

    def entry(self) -> TieEntry:
        """The tie as the rules know it."""
        return TieEntry(
            kind=TieKind(self.kind.data),
            organisation=self.organisation.data or "",
            siren=self.siren.data or "",
            person=self.person.data or "",
        )


class CheckForm(BaseForm):
    """Somebody to check before they are invited."""

    email = EmailField(N_("E-mail address"), [Optional(), *EMAIL_RULES[1:]])
    name = StringField(N_("Name"), _PERSON, description=N_("For somebody who is not known here."))
    interests = TextAreaField(
        N_("Companies and funds they are tied to"),
        [Length(max=8000, message=N_("At most 8,000 characters."))],
        description=N_("One a line: a SIREN, a name, or a SIREN with its name. Nothing typed here is stored."),
    )

    def validate(self, *args: Any, **kwargs: Any) -> bool:
        """There is somebody to check."""
        is_good = super().validate(*args, **kwargs)
        if is_good and not (self.email.data or self.name.data or self.interests.data):
            self.refuse_with(Message("Type an e-mail address, a name, or what the person is tied to."))
            return False
        return is_good

    def declared(self) -> list[Interest]:
        """The typed list. Raises: RuleViolation on "interests"."""
        return listed(self.interests.data or "")
