"""Forms · Eligibility — the yes-or-no questions of a call, answered in the address."""

from __future__ import annotations

from collections.abc import Sequence

from wtforms import RadioField
from wtforms.fields import SelectChoice
from wtforms.validators import AnyOf

from accelerator.forms.base import BaseForm
from accelerator.forms.choices import NO, YES
from accelerator.kernel.message import N_
from accelerator.rules.eligibility import Line


class EligibilityForm(BaseForm):
    """One question a line."""

    def answers(self) -> dict[str, bool]:
        """Yes or no, by line."""
        return {field.name: field.data == YES for field in self}


def eligibility_form(lines: Sequence[Line]) -> type[EligibilityForm]:
    """The form class for these lines."""
    fields = {
        line.code: RadioField(
            line.question,
            [AnyOf((YES, NO), message=N_("Answer yes or no."))],
            choices=[SelectChoice(YES, N_("Yes")), SelectChoice(NO, N_("No"))],
            validate_choice=False,
        )
        for line in lines
    }
    return type("EligibilityForm", (EligibilityForm,), fields)
