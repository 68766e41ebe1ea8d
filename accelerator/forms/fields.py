"""Forms · Fields — the few fields WTForms lacks or shapes otherwise."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar, Final
from zoneinfo import ZoneInfo

from wtforms import Field, Form, PasswordField, StringField
from wtforms.widgets import TextInput

from accelerator.kernel.message import N_


class Expected:
    """Marks a field as one that is asked for; the rules say so where it must not be empty."""

    field_flags: ClassVar[dict[str, bool]] = {"required": True}

    def __call__(self, _form: Form, _field: Field) -> None:
        """Nothing to refuse here."""


class SecretField(PasswordField):
    """A password, taken exactly as typed."""

    cleans_text = False


_GROUPED: Final = re.compile(r"-?\d{1,3}(?:(?:,\d{3})+\.|(?:\.\d{3})+,)\d{1,2}", re.ASCII)
"""Thousands by one mark and decimals by the other; a single mark before three digits stays a refusal."""


class AmountField(StringField):
    """An amount of money in major units, typed with a comma or a point: 12,50, 12.50, 2 500,50 or 2,500.50."""

    widget = TextInput()
    data: Any

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Parse what was typed; spaces group thousands."""
        if not valuelist or not valuelist[0].strip():
            self.data = None
            return
        text = valuelist[0]
        for space in (" ", "\u00a0", "\u202f"):
            text = text.replace(space, "")
        if _GROUPED.fullmatch(text):
            text = text.replace(min(",.", key=text.rindex), "")
        try:
            amount = Decimal(text.replace(",", "."))
        except InvalidOperation as error:
            raise ValueError(N_("Type an amount, for example 2500 or 2500,50.")) from error
        exponent = amount.as_tuple().exponent
        if not amount.is_finite() or not isinstance(exponent, int) or exponent < -2 or abs(amount) >= 10**13:
            raise ValueError(N_("Type an amount with at most two decimals."))
        self.data = amount

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else format(self.data, "f")


class ZonedDateTimeField(StringField):
    """A wall-clock moment in a zone, typed in the browser's own control; an aware instant comes out."""

    data: Any

    def __init__(self, label: str = "", validators: Any = None, *, zone: str = "Europe/Paris", **kwargs: Any) -> None:
        super().__init__(label, validators, **kwargs)
        self.zone = zone
        self.widget = TextInput()
        self.widget.input_type = "datetime-local"

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Parse YYYY-MM-DDTHH:MM in the field's zone."""
        if not valuelist or not valuelist[0].strip():
            self.data = None
            return
        try:
            naive = datetime.fromisoformat(valuelist[0].strip())
        except ValueError as error:
            raise ValueError(N_("Type a date and a time, for example 2026-03-01 09:00.")) from error
        self.data = naive.replace(tzinfo=ZoneInfo(self.zone)) if naive.tzinfo is None else naive

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        if not isinstance(self.data, datetime):
            return ""
        return self.data.astimezone(ZoneInfo(self.zone)).strftime("%Y-%m-%dT%H:%M")
