"""Forms · Counter — which startups to list; why a piece of evidence is withdrawn."""

from __future__ import annotations

from datetime import date

from wtforms import SelectField, StringField, TextAreaField
from wtforms.fields import SelectChoice
from wtforms.validators import DataRequired, Length

from accelerator.forms.base import BaseForm
from accelerator.forms.choices import chosen_code, chosen_region, kind_choices, region_choices
from accelerator.kernel.enums import EvidenceKind
from accelerator.kernel.message import N_

MAX_REASON = 300


class MonthField(StringField):
    """A calendar month, as browsers send it: 2026-03."""


class CountedFilterForm(BaseForm):
    """What the address says about which startups to list."""

    q = StringField(N_("Name or SIREN"))
    region = SelectField(N_("Region"), choices=region_choices(N_("All regions")), validate_choice=False)
    kind = SelectField(
        N_("Evidence"),
        choices=[SelectChoice("", N_("All kinds")), *kind_choices(EvidenceKind)],
        validate_choice=False,
    )
    month = MonthField(N_("Month"))

    def search(self) -> str:
        """The words searched for, at most 80 characters."""
        return (self.q.data or "")[:80]

    def region_chosen(self) -> str:
        """The region asked for; empty for all."""
        return chosen_region(self.region.data)

    def kind_chosen(self) -> EvidenceKind | None:
        """The kind of evidence asked for; None for all."""
        return chosen_code(EvidenceKind, self.kind.data)

    def month_chosen(self) -> date | None:
        """The first day of the month asked for; None for all, and for what is no month."""
        try:
            return date.fromisoformat(f"{(self.month.data or '')[:7]}-01")
        except ValueError:
            return None


class WithdrawForm(BaseForm):
    """Why a fact was not one."""

    reason = TextAreaField(
        N_("Why is this evidence not valid?"),
        [
            DataRequired(N_("Give the reason.")),
            Length(max=MAX_REASON, message=N_("At most 300 characters.")),
        ],
        description=N_("This sentence is published in the correction log. Do not name anyone."),
    )
