"""Forms · Feedback — what a refused startup is told; which of them to list."""

from __future__ import annotations

from wtforms import BooleanField, HiddenField, StringField, TextAreaField
from wtforms.validators import Length

from accelerator.forms.base import BaseForm
from accelerator.forms.choices import chosen_code
from accelerator.forms.fields import Expected
from accelerator.forms.waves import whole_number
from accelerator.kernel.enums import FeedbackState
from accelerator.kernel.message import N_
from accelerator.rules.feedback import TEXT_MAX


class FeedbackForm(BaseForm):
    """The feedback on one application."""

    text = TextAreaField(
        N_("What does the startup read?"),
        [Expected(), Length(max=TEXT_MAX, message=N_("At most 6,000 characters."))],
        render_kw={"rows": 14},
    )
    is_ready = BooleanField(N_("Ready: it goes into the e-mail"))
    version = HiddenField()

    def version_seen(self) -> int:
        """The version the page showed; -1 when it cannot be read."""
        return whole_number(self.version.data)


class FeedbackFilterForm(BaseForm):
    """What the address says about which of the refused to list."""

    state = StringField(N_("State"))
    q = StringField(N_("Startup"))

    def state_chosen(self) -> FeedbackState | None:
        """The state asked for; None for all."""
        return chosen_code(FeedbackState, self.state.data)

    def search(self) -> str:
        """The words searched for."""
        return (self.q.data or "")[:80]
