"""Forms · Discussion — one remark, and the remark it answers."""

from __future__ import annotations

from wtforms import HiddenField, TextAreaField
from wtforms.validators import DataRequired, Length

from accelerator.forms.base import BaseForm
from accelerator.kernel.message import N_
from accelerator.rules.discussion import REMARK_MAX


class RemarkForm(BaseForm):
    """What somebody says about a dossier."""

    body = TextAreaField(
        N_("Your remark"),
        [
            DataRequired(N_("Write a sentence.")),
            Length(max=REMARK_MAX, message=N_("At most 4,000 characters.")),
        ],
    )
    reply_to = HiddenField()

    def reply_to_id(self) -> int | None:
        """The remark that is answered; None for one that stands alone, 0 for what cannot be a remark."""
        return remark_number(self.reply_to.data or "")


def remark_number(text: str) -> int | None:
    """The number of a remark in a text; None where there is none, 0 where it cannot be one."""
    if not text:
        return None
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 12 else 0
