"""Forms · Screening — admissible or not, with the reason; which rows of the intake to list."""

from __future__ import annotations

from typing import ClassVar

from wtforms import RadioField, SelectField, StringField, TextAreaField
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, Length, Optional

from accelerator.forms.base import BaseForm
from accelerator.forms.choices import (
    NO,
    YES,
    ChoiceField,
    chosen_code,
    chosen_region,
    chosen_yes_no,
    kind_choices,
    region_choices,
    yes_no_choices,
)
from accelerator.kernel.enums import ApplicationState, ScreeningGround, Sector
from accelerator.kernel.message import N_
from accelerator.rules.screening import MAX_EXPLANATION, ScreeningReason


class AskedForNo:
    """Shown as required: the service refuses "not admissible" without it; "admissible" goes without."""

    field_flags: ClassVar[dict[str, bool]] = {"required": True}

    def __call__(self, form: BaseForm, field: ChoiceField) -> None:
        """Every value of the list has the right shape."""


class ScreenForm(BaseForm):
    """One screening. The ground is asked for "not admissible" only."""

    outcome = RadioField(
        N_("Is this application admissible?"),
        [InputRequired(N_("Choose admissible or not admissible."))],
        choices=[SelectChoice(YES, N_("Admissible")), SelectChoice(NO, N_("Not admissible"))],
    )
    ground = ChoiceField(
        N_("Why is it not admissible?"),
        [AskedForNo()],
        default="",
        choices=[SelectChoice("", N_("Choose a reason")), *kind_choices(ScreeningGround)],
    )
    explanation = TextAreaField(
        N_("What should the applicant know?"),
        [Optional(), Length(max=MAX_EXPLANATION, message=N_("At most 900 characters."))],
        description=N_("Goes into the e-mail as you write it."),
    )

    @property
    def is_admissible(self) -> bool:
        """True when the outcome chosen is "admissible"."""
        return bool(self.outcome.data == YES)

    def reason(self) -> ScreeningReason:
        """The reason given."""
        ground = ScreeningGround(self.ground.data) if self.ground.data else None
        return ScreeningReason(ground, self.explanation.data or "")


class IntakeFilterForm(BaseForm):
    """What the address says about which applications to list."""

    state = StringField(N_("State"))
    region = SelectField(N_("Region"), choices=region_choices(N_("All regions")), validate_choice=False)
    sector = SelectField(
        N_("Sector"), choices=[SelectChoice("", N_("All sectors")), *kind_choices(Sector)], validate_choice=False
    )
    screened = SelectField(
        N_("Screening"),
        choices=yes_no_choices(N_("All"), N_("Screened"), N_("To screen")),
        validate_choice=False,
    )
    q = StringField(N_("Name or SIREN"))

    def state_chosen(self) -> ApplicationState | None:
        """The state asked for; None for all."""
        found = chosen_code(ApplicationState, self.state.data)
        return None if found is ApplicationState.DRAFT else found

    def sector_chosen(self) -> Sector | None:
        """The sector asked for; None for all."""
        return chosen_code(Sector, self.sector.data)

    def region_chosen(self) -> str:
        """The region asked for; empty for all."""
        return chosen_region(self.region.data)

    def screened_chosen(self) -> bool | None:
        """Screened, to screen, or both."""
        return chosen_yes_no(self.screened.data)

    def search(self) -> str:
        """The words searched for, at most 80 characters."""
        return (self.q.data or "")[:80]
