"""Forms · Letter texts — the subject and the text of a decision letter, as a manager writes them."""

from __future__ import annotations

from wtforms import HiddenField, StringField, TextAreaField
from wtforms.validators import InputRequired

from accelerator.forms.base import BaseForm
from accelerator.forms.waves import whole_number
from accelerator.kernel.message import N_


class LetterTextForm(BaseForm):
    """One text in one language; what its braces may hold is the rule's."""

    subject = StringField(N_("Subject"), [InputRequired(N_("Write a text."))])
    body = TextAreaField(N_("Text"), [InputRequired(N_("Write a text."))], render_kw={"rows": 18})
    act = HiddenField()
    version = HiddenField()

    def version_seen(self) -> int:
        """The version the page showed; -1 when it cannot be read."""
        return whole_number(self.version.data)

    @property
    def asks_preview(self) -> bool:
        """True when the text is only to be looked at."""
        return bool(self.act.data == "preview")
