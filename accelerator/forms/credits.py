"""Forms · Credits — pools, allocations, grants, reversals, cost exports."""

from __future__ import annotations

from collections.abc import Sequence

from wtforms import DateField, FileField, HiddenField, RadioField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, Optional, ValidationError

from accelerator.forms.base import BaseForm, clean_text
from accelerator.forms.fields import AmountField
from accelerator.kernel.message import N_
from accelerator.kernel.money import Money

CURRENCIES = ("EUR", "USD", "GBP", "CHF")


def _amount(label: str) -> AmountField:
    return AmountField(
        label,
        [InputRequired(N_("Type an amount, for example 2500 or 2500,50."))],
        description=N_("For example 2,500.50 or 2500.50."),
    )


def _day(label: str) -> DateField:
    return DateField(label, [InputRequired(N_("Choose a day."))])


def _reason(label: str) -> StringField:
    return StringField(
        label,
        [InputRequired(N_("Say why.")), Length(max=300, message=N_("At most 300 characters."))],
        description=N_("It stays in the ledger for good."),
    )


def _id_or_none(text: str | int) -> int | None:
    return int(text) if text != "" else None


class _AmountForm(BaseForm):
    """Any form with an amount."""

    amount = _amount(N_("Amount"))

    def amount_minor(self) -> int:
        """The amount in cents."""
        return Money.of(self.amount.data, "EUR").minor


class PoolForm(_AmountForm):
    """What a sponsor promises."""

    name = StringField(
        N_("Name of the pool"),
        [InputRequired(N_("Give it a name.")), Length(max=120, message=N_("At most 120 characters."))],
    )
    sponsor = StringField(
        N_("Who gives the credits"),
        [InputRequired(N_("Name the sponsor.")), Length(max=120, message=N_("At most 120 characters."))],
    )
    provider = StringField(
        N_("Cloud provider"),
        [InputRequired(N_("Name the provider.")), Length(max=60, message=N_("At most 60 characters."))],
        default="Microsoft Azure",
    )
    amount = _amount(N_("Ceiling"))
    currency = SelectField(N_("Currency"), choices=[SelectChoice(value=code, label=code) for code in CURRENCIES])
    starts_on = _day(N_("First day"))
    ends_on = _day(N_("Last day"))

    def ceiling(self) -> Money:
        """The amount with its currency."""
        return Money.of(self.amount.data, self.currency.data)


class TopUpForm(_AmountForm):
    """What the sponsor adds."""

    memo = StringField(N_("Remark"), [Optional(), Length(max=300, message=N_("At most 300 characters."))])


class AllocateForm(_AmountForm):
    """Credits set aside for a batch."""

    batch_id = SelectField(N_("For which batch?"), [InputRequired(N_("Choose a batch."))], coerce=_id_or_none)

    def offer_batches(self, batches: Sequence[tuple[int, str]]) -> None:
        """The batches to choose from."""
        self.batch_id.choices = [
            SelectChoice(value="", label=N_("Choose a batch")),
            *(SelectChoice(value=str(batch_id), label=name) for batch_id, name in batches),
        ]


class GrantForm(_AmountForm):
    """Credits for one startup, or the same for every startup of a cohort."""

    starts_on = _day(N_("First day"))
    expires_on = _day(N_("Last day"))
    expected_startups = HiddenField()

    def startups(self) -> int:
        """The number of startups the recap showed."""
        text = self.expected_startups.data or ""
        return int(text) if text.isdecimal() and len(text) < 6 else 0


class ReturnForm(_AmountForm):
    """Unused credits that go back."""

    reason = _reason(N_("Why are they returned?"))


class ReverseForm(BaseForm):
    """Why a posting is undone."""

    reason = _reason(N_("Why is it reversed?"))


class UsageForm(BaseForm):
    """A cost export to read."""

    file = FileField(
        N_("Cost export"),
        [InputRequired(N_("Choose a file."))],
        description=N_("CSV, CSV.gz or zip: FOCUS 1.0 to 1.2, Azure EA, MCA, CSP or pay-as-you-go."),
    )
    currency = SelectField(
        N_("Currency, for an export that names none"),
        [Optional()],
        choices=[SelectChoice(value="", label="–"), *(SelectChoice(value=code, label=code) for code in CURRENCIES)],
    )

    refused_lines = RadioField(
        N_("What if some lines cannot be read?"),
        [Optional()],
        choices=[
            SelectChoice(value="keep", label=N_("Keep the other lines, and list those that are refused")),
            SelectChoice(value="refuse", label=N_("Store nothing of the file")),
        ],
        default="keep",
    )

    def file_name(self) -> str:
        """The file's own name, as it can be printed and stored."""
        name = str(clean_text(self.file.data.filename or ""))
        return "".join(character for character in name if character.isprintable())

    def refuse_whole(self) -> bool:
        """Whether one refused line is enough to store nothing."""
        return bool(self.refused_lines.data == "refuse")

    def validate_file(self, field: FileField) -> None:
        """A file, not a text in its place."""
        if not hasattr(field.data, "stream"):
            raise ValidationError(N_("Choose a file."))


class LinkForm(BaseForm):
    """Whose account it is."""

    sub_account = StringField(
        N_("Account, as the cost export names it"),
        [
            InputRequired(N_("Type the account as the cost export names it.")),
            Length(max=200, message=N_("At most 200 characters.")),
        ],
    )
    startup_id = SelectField(N_("Startup"), [InputRequired(N_("Choose a startup."))], coerce=_id_or_none)

    def offer_startups(self, startups: Sequence[tuple[int, str]]) -> None:
        """The startups to choose from."""
        self.startup_id.choices = [
            SelectChoice(value="", label=N_("Choose a startup")),
            *(SelectChoice(value=str(startup_id), label=name) for startup_id, name in startups),
        ]
