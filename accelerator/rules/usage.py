"""Rules · Usage — a provider's cost export, line by line: who spent what on which day, and whether credits cover it.

Read by header, not by file name: FOCUS 1.0 to 1.2, Azure enterprise (actual and amortised), customer and partner
agreements, pay-as-you-go. Names are compared without case, spaces and byte order mark.

Source: FOCUS specification 1.2, focus.finops.org; Azure "Understand cost details fields", learn.microsoft.com.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Final

from accelerator.kernel.enums import NotCovered
from accelerator.kernel.errors import RuleViolation
from accelerator.kernel.message import Message

MOST_DIGITS_BEFORE: Final = 15
MOST_DIGITS_AFTER: Final = 30
LONGEST_NAME: Final = 200

_COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    "cost": ("billedcost", "costinbillingcurrency", "cost", "pretaxcost"),
    "currency": ("billingcurrency", "billingcurrencycode", "currency"),
    "day": ("chargeperiodstart", "date", "usagedatetime", "usagedate"),
    "sub_account": ("subaccountid", "subscriptionid", "subscriptionguid"),
    "sub_account_name": ("subaccountname", "subscriptionname"),
    "billing_account": ("billingaccountid",),
    "period": ("billingperiodstart", "billingperiodstartdate"),
    "publisher": ("publishername",),
    "publisher_category": ("x_publishercategory", "publishercategory", "publishertype"),
    "eligible": ("x_skuiscrediteligible", "isazurecrediteligible"),
    "charge": ("chargecategory", "chargetype"),
    "provider": ("providername",),
    "issuer": ("invoiceissuername",),
    "service": ("servicename", "metercategory", "x_skumetercategory"),
}
"""What we read, and the names it has in the exports we know, the better one first."""

_NEEDED: Final = ("cost", "day", "sub_account")
_MARKETPLACE: Final = frozenset({"marketplace", "vendor", "thirdparty", "third party"})
_NO: Final = frozenset({"false", "0", "no"})
_SUPPORT: Final = re.compile(r"\bsupport\b", re.IGNORECASE)
_ISO: Final = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:[T ].*)?$")
_AMERICAN: Final = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})(?: .*)?$")
_CURRENCY: Final = re.compile(r"[A-Z]{3}$")


@dataclass(frozen=True, slots=True)
class CostLine:
    """One line of a cost export. `reason` says why credits never pay it; None when they may."""

    sub_account: str
    sub_account_name: str
    billing_account: str
    period_on: date
    day: date
    currency: str
    amount: Decimal
    publisher: str
    reason: NotCovered | None


@dataclass(frozen=True)
class Layout:
    """A recognised header: the export's name, and where each column we read stands."""

    source_format: str
    columns: int
    places: dict[str, int]
    currency: str = ""

    def _text(self, fields: Sequence[str], name: str) -> str:
        place = self.places.get(name)
        if place is None or place >= len(fields):
            return ""
        text = fields[place].strip()
        return "" if text in ("NULL", "null") else text

    def parse(self, fields: Sequence[str]) -> CostLine | Message:
        """The line as a value, or the sentence that says why it is refused."""
        if len(fields) > self.columns:
            return Message("%(found)s fields where the header has %(named)s", found=len(fields), named=self.columns)
        sub_account = self._text(fields, "sub_account")
        if not sub_account:
            return Message("no account: the line does not say who spent")
        texts = (sub_account, self._text(fields, "sub_account_name"), self._text(fields, "billing_account"))
        if any(len(text) > LONGEST_NAME or not text.isprintable() for text in texts):
            return Message("an account's name is too long or cannot be printed")
        amount = _amount(self._text(fields, "cost"))
        if isinstance(amount, Message):
            return amount
        currency = self._text(fields, "currency").upper() or self.currency
        if not _CURRENCY.match(currency):
            return Message("“%(text)s” is not a currency", text=currency[:20])
        day = _day(self._text(fields, "day"))
        if day is None:
            return Message("“%(text)s” is not a day", text=self._text(fields, "day")[:40])
        period = _day(self._text(fields, "period")) or day
        return CostLine(
            sub_account=sub_account,
            sub_account_name=texts[1],
            billing_account=texts[2] or sub_account,
            period_on=period.replace(day=1),
            day=day,
            currency=currency,
            amount=amount,
            publisher=_printable(self._text(fields, "publisher")),
            reason=self._not_covered(fields),
        )

    def _not_covered(self, fields: Sequence[str]) -> NotCovered | None:
        """Why credits never pay this line, the plainest reason first.

        Source: learn.microsoft.com, "Azure credits": marketplace, support plans and taxes stay with the customer.
        """
        charge = self._text(fields, "charge").lower()
        if charge == "tax":
            return NotCovered.TAX
        if charge == "credit":
            return NotCovered.PROVIDER_CREDIT
        if _SUPPORT.search(self._text(fields, "service")):
            return NotCovered.SUPPORT
        if self._is_marketplace(fields):
            return NotCovered.MARKETPLACE
        if self._text(fields, "eligible").lower() in _NO:
            return NotCovered.NOT_ELIGIBLE
        return None

    def _is_marketplace(self, fields: Sequence[str]) -> bool:
        """By the export's own word; where it has none, sold by neither the provider nor the invoice's issuer."""
        category = self._text(fields, "publisher_category").lower()
        if category:
            return category in _MARKETPLACE
        publisher = self._text(fields, "publisher")
        issuer = self._text(fields, "issuer")
        return bool(publisher and issuer) and publisher not in (issuer, self._text(fields, "provider"))


def recognise(header: Sequence[str], *, currency: str = "") -> Layout:
    """Which export this header opens.

    Args:   currency is the one to take where the export names none.
    Raises: RuleViolation with a sentence that names what is missing.
    """
    names = [re.sub(r"[\s\ufeff\"]", "", name).lower() for name in header]
    first: dict[str, int] = {}
    for place, name in enumerate(names):
        first.setdefault(name, place)
    places = {
        role: first[known]
        for role, spellings in _COLUMNS.items()
        if (known := next((name for name in spellings if name in first), None)) is not None
    }
    missing = [_COLUMNS[role][0 if "billedcost" in first else -1] for role in _NEEDED if role not in places]
    if missing:
        raise RuleViolation(
            Message("This is not a cost export we know: no column %(names)s.", names=", ".join(missing)), field="file"
        )
    if "currency" not in places and not currency:
        raise RuleViolation(Message("This export names no currency. Say which one it is in."), field="currency")
    if currency and not _CURRENCY.match(currency):
        raise RuleViolation(Message("“%(text)s” is not a currency", text=currency[:20]), field="currency")
    return Layout(_format_of(frozenset(names)), len(names), places, currency)


def _format_of(names: frozenset[str]) -> str:
    """The export's name, by the columns only it has."""
    if "billedcost" in names:
        if {"invoiceid", "pricingcurrency", "subaccounttype", "billingaccounttype"} & names:
            return "FOCUS 1.2"
        if {"skumeter", "capacityreservationid", "commitmentdiscountquantity", "servicesubcategory"} & names:
            return "FOCUS 1.1"
        return "FOCUS 1.0"
    if "customertenantid" in names:
        return "Azure CSP"
    if {"invoiceid", "costinpricingcurrency"} & names:
        return "Azure MCA"
    if "pretaxcost" in names:
        return "Azure pay-as-you-go"
    return "Azure EA"


def _printable(text: str) -> str:
    if not text.isprintable():
        text = "".join(character for character in text if character.isprintable())
    return text[:LONGEST_NAME]


@lru_cache(maxsize=4096)
def _day(text: str) -> date | None:
    """The calendar day of an ISO stamp, or of month/day/year as Azure writes it; None when it is no day."""
    try:
        if match := _ISO.match(text):
            return date(int(match[1]), int(match[2]), int(match[3]))
        if match := _AMERICAN.match(text):
            return date(int(match[3]), int(match[1]), int(match[2]))
    except ValueError:
        return None
    return None


def _amount(text: str) -> Decimal | Message:
    """The cost to the last digit written."""
    if not text:
        return Message("no cost")
    try:
        amount = Decimal(text) if text.isascii() and "_" not in text else Decimal("NaN")
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite():
        return Message("“%(text)s” is not an amount", text=text[:40])
    exponent = int(amount.as_tuple().exponent)
    if amount.adjusted() >= MOST_DIGITS_BEFORE or exponent < -MOST_DIGITS_AFTER:
        return Message("“%(text)s” has too many digits", text=text[:40])
    return amount
