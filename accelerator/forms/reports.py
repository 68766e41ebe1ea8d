"""Forms · Reports — which batch, in which language."""

from __future__ import annotations

from collections.abc import Mapping

from wtforms import RadioField, SelectField
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired

from accelerator.forms.base import BaseForm
from accelerator.kernel.bilingual import Bilingual
from accelerator.kernel.message import N_


class ReportForm(BaseForm):
    """A report to be made."""

    batch_id = SelectField(N_("Which batch?"), [InputRequired(N_("Choose a batch."))], coerce=int)
    locale = RadioField(
        N_("In which language?"),
        [InputRequired(N_("Choose French or English."))],
        choices=[SelectChoice("fr", N_("In French")), SelectChoice("en", N_("In English"))],
    )

    def offer(self, batches: Mapping[int, Bilingual]) -> ReportForm:
        """The form with the batches to choose from; the page finds their names."""
        self.batch_id.choices = [SelectChoice(key, name) for key, name in batches.items()]  # type: ignore[arg-type]
        return self
