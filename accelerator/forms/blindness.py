"""Forms · Blindness — one more phrase to keep from reviewers, and which dossiers to list."""

from __future__ import annotations

from wtforms import StringField
from wtforms.validators import DataRequired, Length

from accelerator.forms.base import BaseForm
from accelerator.kernel.message import N_
from accelerator.rules.blindness import MAX_PHRASE

LISTED = ("", "decks", "shown")


class PhraseForm(BaseForm):
    """A phrase to mask, as it stands in the dossier."""

    phrase = StringField(
        N_("Mask another phrase of this dossier"),
        [
            DataRequired(N_("Type the phrase as it is written in the dossier.")),
            Length(max=MAX_PHRASE, message=N_("At most 200 characters.")),
        ],
    )


def listed(text: str) -> str:
    """Which dossiers are asked for; all of them for what is not known."""
    return text if text in LISTED else ""
