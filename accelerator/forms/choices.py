"""Forms · Choices — what filters offer, and what an address asked for: unknown values ask for everything."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Final, TypeVar

from wtforms import Form, SelectField, ValidationError
from wtforms.fields import SelectChoice

from accelerator.kernel.message import N_
from accelerator.kernel.regions import REGIONS

YES: Final = "yes"
NO: Final = "no"

AnyKind = TypeVar("AnyKind", bound=StrEnum)


class ChoiceField(SelectField):
    """One of a list; anything else is refused in the house's words."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Take the value sent, if it can be one."""
        try:
            super().process_formdata(valuelist)
        except ValueError as error:
            self.data = None
            raise ValueError(N_("Choose one of the list.")) from error

    def pre_validate(self, form: Form) -> None:
        """Refuse a value that is not among the choices."""
        if self.data not in [choice.value for choice in self.choices or []]:
            raise ValidationError(N_("Choose one of the list."))


def region_choices(all_label: str) -> list[SelectChoice]:
    """Every region by name, behind one entry for all of them."""
    named = sorted(REGIONS.values(), key=lambda region: region.name.replace("Î", "I"))
    return [SelectChoice("", all_label), *(SelectChoice(region.code, region.name) for region in named)]


def kind_choices(kind: type[StrEnum]) -> list[SelectChoice]:
    """Every member of a closed list; the page finds its word."""
    return [SelectChoice(member.value, member) for member in kind]


def yes_no_choices(all_label: str, yes_label: str, no_label: str) -> list[SelectChoice]:
    """All, only those that are, only those that are not."""
    return [SelectChoice("", all_label), SelectChoice(YES, yes_label), SelectChoice(NO, no_label)]


def chosen_code(kind: type[AnyKind], text: str | None) -> AnyKind | None:
    """The member with this value; None where there is none."""
    return next((member for member in kind if member.value == text), None)


def chosen_region(text: str | None) -> str:
    """A region's code; empty where it is none."""
    return text if text in REGIONS else ""


def chosen_yes_no(text: str | None) -> bool | None:
    """True, False, or None where neither is asked for."""
    return {YES: True, NO: False}.get(text or "")
