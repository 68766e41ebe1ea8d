"""Forms · Choices — what filters offer, and what an address asked for: unknown values ask for everything."""

from __future__ import annotations

from enum import StrEnum
from typing import Final, TypeVar

from wtforms.fields import SelectChoice

from accelerator.kernel.regions import REGIONS

YES: Final = "yes"
NO: Final = "no"

AnyKind = TypeVar("AnyKind", bound=StrEnum)


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
