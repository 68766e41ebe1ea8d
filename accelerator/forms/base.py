"""Forms · Base — what every form does: clean text, keep errors as translatable sentences, take a refusal."""

from __future__ import annotations

import unicodedata
from typing import Any

from wtforms import Form
from wtforms.fields.core import UnboundField
from wtforms.meta import DefaultMeta

from accelerator.kernel.errors import RuleViolation
from accelerator.kernel.message import Message

CONTROL_CHARACTERS = {code: None for code in range(32) if chr(code) not in "\t\n\r"} | {127: None}


def clean_text(value: object) -> object:
    """Typed text in one spelling: NFC, no control characters, one kind of line end, no space around it."""
    if not isinstance(value, str):
        return value
    text = value.encode("utf-8", "replace").decode()
    text = unicodedata.normalize("NFC", text).translate(CONTROL_CHARACTERS)
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


class BaseForm(Form):
    """Every form of the house. Labels and messages are English sentences, translated by the page."""

    class Meta(DefaultMeta):
        """WTForms' own messages stay in English here; the page translates every message."""

        locales = False

        def bind_field(self, form: Form, unbound_field: UnboundField[Any], options: dict[str, Any]) -> Any:
            """Give every text field the cleaning filter, except those that say otherwise."""
            if getattr(unbound_field.field_class, "cleans_text", True):
                options = {**options, "filters": (*unbound_field.kwargs.get("filters", ()), clean_text)}
            return unbound_field.bind(form=form, **options)

    def refuse(self, violation: RuleViolation) -> None:
        """Put a rule's refusal on the field it blames, or on the form."""
        field = self._fields.get(violation.field) if violation.field else None
        if field is None:
            self.form_errors.append(violation.reason)
        else:
            field.errors = [*field.errors, violation.reason]

    def refuse_with(self, reason: Message) -> None:
        """Put a sentence on the form as a whole."""
        self.form_errors.append(reason)

    @property
    def is_refused(self) -> bool:
        """True when the form carries any error."""
        return bool(self.errors)
