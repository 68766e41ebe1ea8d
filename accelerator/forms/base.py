"""Forms · Base — what every form does: clean text, keep errors as translatable sentences, take a refusal."""

from __future__ import annotations

import unicodedata
from typing import Any, Final

from wtforms import Form
from wtforms.fields.core import UnboundField
from wtforms.meta import DefaultMeta

from accelerator.kernel.errors import RuleViolation
from accelerator.kernel.message import N_, Message

CONTROL_CHARACTERS = {code: None for code in range(32) if chr(code) not in "\t\n\r"} | {127: None}


def clean_text(value: object) -> object:
    """Typed text in one spelling: NFC, no control characters, one kind of line end, no space around it."""
    if not isinstance(value, str):
        return value
    text = value.encode("utf-8", "replace").decode()
    text = unicodedata.normalize("NFC", text).translate(CONTROL_CHARACTERS)
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


WTFORMS_SENTENCES: Final = (
    N_("This field is required."),
    N_("Not a valid choice."),
    N_("Invalid Choice: could not coerce."),
    N_("Not a valid integer value."),
    N_("Not a valid decimal value."),
    N_("Not a valid date value."),
    N_("Not a valid time value."),
    N_("Invalid input."),
    N_("Invalid URL."),
    N_("Invalid email address."),
    N_("Number must be at least %(min)s."),
    N_("Number must be at most %(max)s."),
    N_("Number must be between %(min)s and %(max)s."),
    N_("Field cannot be longer than %(max)d characters."),
)
"""What WTForms itself may say, marked here so that it has its French."""


class _Sentence(str):
    """A sentence of WTForms that keeps its values when they are filled in, so that the page can translate it."""

    def __mod__(self, values: Any) -> str:
        return Message(str(self), **values) if isinstance(values, dict) else super().__mod__(values)


class _Untranslated:
    """WTForms' idea of a catalogue: its sentences stay English here."""

    def gettext(self, sentence: str) -> str:
        """The sentence itself."""
        return _Sentence(sentence)

    def ngettext(self, singular: str, plural: str, n: int) -> str:
        """The sentence for this count."""
        return _Sentence(singular if n == 1 else plural)


class BaseForm(Form):
    """Every form of the house. Labels and messages are English sentences, translated by the page."""

    class Meta(DefaultMeta):
        """WTForms' own messages stay in English here; the page translates every message."""

        def get_translations(self, form: Form) -> _Untranslated:
            """The page's part, not the form's."""
            return _Untranslated()

        def bind_field(self, form: Form, unbound_field: UnboundField[Any], options: dict[str, Any]) -> Any:
            """Give every text field the cleaning filter, except those that say otherwise."""
            if getattr(unbound_field.field_class, "cleans_text", True):
                options = {**options, "filters": (*unbound_field.kwargs.get("filters", ()), clean_text)}
            return unbound_field.bind(form=form, **options)

    def process(self, *args: Any, **kwargs: Any) -> None:
        """Take what was sent; what a refused field shows again, and what counts as empty, is the cleaned text."""
        super().process(*args, **kwargs)
        for field in self:
            if field.raw_data and getattr(field, "cleans_text", True):
                field.raw_data = [clean_text(value) for value in field.raw_data]

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
