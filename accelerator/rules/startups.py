"""Rules · Startups — what a startup's record must hold, and where its postcode puts it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from accelerator.kernel.enums import Sector, Stage
from accelerator.kernel.errors import RuleViolation
from accelerator.kernel.message import Message
from accelerator.kernel.regions import department_of_postcode, region_of_postcode
from accelerator.rules.applications import is_web_address

MAX_PEOPLE: Final = 20


@dataclass(frozen=True)
class StartupDetails:
    """What a founder says of a startup. `women_founders` None: the founder does not say."""

    name: str
    postcode: str
    city: str
    sector: Sector
    stage: Stage
    website: str = ""
    pitch: str = ""
    women_founders: bool | None = None
    is_stealth: bool = False


@dataclass(frozen=True)
class Place:
    """Where a postcode lies: INSEE codes of region and department."""

    region_code: str
    department_code: str


def place_of(postcode: str) -> Place:
    """The region and department of a French postcode.

    Raises: RuleViolation on the field "postcode" when it names none.
    """
    region, department = region_of_postcode(postcode), department_of_postcode(postcode)
    if not postcode.isascii() or region is None or department is None:
        raise RuleViolation(
            Message("This is not a postcode in France: five digits, for example 69003."), field="postcode"
        )
    return Place(region, department)


def normal_website(text: str) -> str:
    """A whole web address: "exemple.fr" becomes "https://exemple.fr"; empty stays empty.

    Raises: RuleViolation on the field "website" when no browser could open it.
    """
    if not text:
        return ""
    address = text if "://" in text else f"https://{text}"
    if not is_web_address(address):
        raise RuleViolation(Message("Type a whole web address: https://example.org."), field="website")
    return address
