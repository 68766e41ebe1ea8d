"""Forms · Startup files — which startups to list."""

from __future__ import annotations

from wtforms import SelectField, StringField
from wtforms.fields import SelectChoice

from accelerator.forms.base import BaseForm
from accelerator.forms.choices import (
    chosen_code,
    chosen_region,
    chosen_yes_no,
    kind_choices,
    region_choices,
    yes_no_choices,
)
from accelerator.kernel.enums import Sector
from accelerator.kernel.message import N_


class StartupFilterForm(BaseForm):
    """What the address says about which startups to list."""

    q = StringField(N_("Name or SIREN"))
    region = SelectField(N_("Region"), choices=region_choices(N_("All regions")), validate_choice=False)
    sector = SelectField(
        N_("Sector"), choices=[SelectChoice("", N_("All sectors")), *kind_choices(Sector)], validate_choice=False
    )
    counted = SelectField(
        N_("Counter"),
        choices=yes_no_choices(N_("All"), N_("Counted"), N_("Not counted")),
        validate_choice=False,
    )

    def search(self) -> str:
        """The words searched for, at most 80 characters."""
        return (self.q.data or "")[:80]

    def region_chosen(self) -> str:
        """The region asked for; empty for all."""
        return chosen_region(self.region.data)

    def sector_chosen(self) -> Sector | None:
        """The sector asked for; None for all."""
        return chosen_code(Sector, self.sector.data)

    def counted_chosen(self) -> bool | None:
        """Counted, not counted, or both."""
        return chosen_yes_no(self.counted.data)
