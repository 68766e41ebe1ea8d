"""Forms · Calibration — which dossiers a manager picks for everybody, and what to look at in them."""

from __future__ import annotations

from wtforms import SelectMultipleField, StringField, TextAreaField
from wtforms.validators import Length

from accelerator.forms.base import BaseForm
from accelerator.kernel.message import N_
from accelerator.rules.calibration import NOTE_MAX

_MOST_PICKED = 50


class PickForm(BaseForm):
    """The dossiers picked so far and what is searched for, in the address; what cannot be read is left out."""

    q = StringField(N_("Name of a startup or number of a dossier"))
    pick = SelectMultipleField(choices=[], validate_choice=False)

    def search(self) -> str:
        """The words searched for, at most 80 characters."""
        return (self.q.data or "")[:80]

    def picked(self) -> list[int]:
        """The ids of the applications picked, each once."""
        texts = (self.pick.data or [])[:_MOST_PICKED]
        return list(
            dict.fromkeys(int(text) for text in texts if text.isascii() and text.isdecimal() and len(text) < 10)
        )


class NoteForm(BaseForm):
    """What to look at in a calibration dossier."""

    note = TextAreaField(
        N_("What should reviewers look at?"),
        [Length(max=NOTE_MAX, message=N_("At most 1,000 characters."))],
        description=N_("They read it beside the comparison, after their own review."),
    )
