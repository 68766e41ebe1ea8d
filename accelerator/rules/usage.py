"""Rules · Usage — a provider's cost export, line by line: who spent what on which day, and whether credits cover it.

Read by header, not by file name: FOCUS 1.0 to 1.2, Azure enterprise (actual and amortised), customer and partner
agreements, pay-as-you-go. Names are compared without case, accents, spaces, signs and byte order mark. A localised
Azure export says the English name in brackets, "Guid d'abonnement (SubscriptionGuid)": that one counts; where there
are no brackets, the French and German names are known too.

A file with commas between its fields writes 1234.56 and month/day/year; one with semicolons or tabs writes 1234,56 and
day/month/year. What could be read as two amounts is refused, never guessed.

Source: FOCUS specification 1.2, focus.finops.org; Azure "Understand cost details fields", learn.microsoft.com; the
brackets: opencost, pkg/cloud/azure/billingexportparser.go.
"""

from __future__ import annotations

import re
import unicodedata
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

_LOCALISED: Final[dict[str, tuple[str, ...]]] = {
    "costinbillingcurrency": (
        "coutdansladevisedefacturation",
        "coutendevisedefacturation",
        "kosteninabrechnungswahrung",
        "kosteninderabrechnungswahrung",
    ),
    "cost": ("cout", "montant", "kosten"),
    "pretaxcost": ("coutavantimpots", "coutavanttaxes", "couthorstaxes", "coutht", "kostenvorsteuern"),
    "billingcurrency": ("devisedefacturation", "codedeladevisedefacturation", "abrechnungswahrung"),
    "currency": ("devise", "wahrung"),
    "date": ("datum",),
    "usagedate": ("dateutilisation", "datedutilisation", "datedelutilisation", "nutzungsdatum"),
    "subscriptionid": (
        "iddabonnement",
        "iddelabonnement",
        "idabonnement",
        "identifiantdabonnement",
        "identifiantdelabonnement",
        "abonnementid",
    ),
    "subscriptionguid": ("guiddabonnement", "guiddelabonnement", "guidabonnement", "abonnementguid"),
    "subscriptionname": ("nomdelabonnement", "nomdabonnement", "abonnementname", "namedesabonnements"),
    "billingaccountid": (
        "idducomptedefacturation",
        "iddecomptedefacturation",
        "identifiantducomptedefacturation",
        "abrechnungskontoid",
        "iddesabrechnungskontos",
    ),
    "billingperiodstartdate": (
        "datededebutdelaperiodedefacturation",
        "debutdelaperiodedefacturation",
        "startdatumdesabrechnungszeitraums",
    ),
    "publishername": ("nomdelediteur", "nomdediteur", "herausgebername", "namedesherausgebers"),
    "publishertype": ("typedediteur", "typedelediteur", "herausgebertyp"),
    "chargetype": ("typedefrais", "typedecharge", "gebuhrentyp"),
    "metercategory": ("categorieducompteur", "categoriedecompteur", "kategoriederverbrauchseinheit"),
}
"""The names of Azure's columns in French and German, as they are compared."""
_ENGLISH: Final = {name: english for english, names in _LOCALISED.items() for name in names}
_KNOWN: Final = frozenset(name for names in _COLUMNS.values() for name in names)
_IN_BRACKETS: Final = re.compile(r"\(([^()]+)\)\s*$")

_NEEDED: Final = ("cost", "day", "sub_account")
_MARKETPLACE: Final = frozenset({"marketplace", "vendor", "thirdparty", "third party"})
_NO: Final = frozenset({"false", "0", "no"})
_SUPPORT: Final = re.compile(r"\bsupport\b", re.IGNORECASE)
_ISO: Final = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:[T ].*)?$")
_SLASHED: Final = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})(?: .*)?$")
_DOTTED: Final = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})(?: .*)?$")
_SPACED: Final = re.compile(r"[+-]?\d{1,3}(?:[ \u00a0\u202f]\d{3})+(?:[.,]\d+)?$", re.ASCII)
_BY_COMMAS: Final = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+\.\d+$|[+-]?\d{1,3}(?:,\d{3}){2,}$", re.ASCII)
_BY_POINTS: Final = re.compile(r"[+-]?\d{1,3}(?:\.\d{3})+,\d+$|[+-]?\d{1,3}(?:\.\d{3}){2,}$", re.ASCII)
_THOUSAND: Final = re.compile(r"[+-]?[1-9]\d{0,2}[.,]\d{3}$", re.ASCII)
_SINGLE: Final = re.compile(r"[+-]?\d*[.,]\d+(?:[eE][+-]?\d+)?$", re.ASCII)
_CURRENCY: Final = re.compile(r"[A-Z]{3}$")


@dataclass(frozen=True, slots=True)
class CostLine:
    """One line of a cost export. `reason` says why credits never pay it; None when they may.

    `mark` is how its amount writes decimals, where the file could do it in two ways: a comma or a point.
    """

    sub_account: str
    sub_account_name: str
    billing_account: str
    period_on: date
    day: date
    currency: str
    amount: Decimal
    publisher: str
    reason: NotCovered | None
    mark: str = ""


@dataclass(frozen=True)
class Layout:
    """A recognised header: the export's name, and where each column we read stands.

    `is_continental`: fields end with semicolons or tabs, so decimals with a comma and days come first.
    """

    source_format: str
    columns: int
    places: dict[str, int]
    currency: str = ""
    is_continental: bool = False

    def _text(self, fields: Sequence[str], name: str) -> str:
        place = self.places.get(name)
        if place is None or place >= len(fields):
            return ""
        text = fields[place].strip()
        return "" if text in ("NULL", "null") else text

    def parse(self, fields: Sequence[str]) -> CostLine | Message:
        """The line as a value, or the sentence that says why it is refused.

        Raises: RuleViolation where the line shows that the file cannot be read in the one way its signs promise.
        """
        if len(fields) > self.columns:
            return Message("%(found)s fields where the header has %(named)s", found=len(fields), named=self.columns)
        sub_account = self._text(fields, "sub_account")
        if not sub_account:
            return Message("no account: the line does not say who spent")
        texts = (sub_account, self._text(fields, "sub_account_name"), self._text(fields, "billing_account"))
        if any(len(text) > LONGEST_NAME or not text.isprintable() for text in texts):
            return Message("an account's name is too long or cannot be printed")
        cost = self._text(fields, "cost")
        mark, amount = _localised_amount(cost) if self.is_continental else ("", _amount(cost))
        if isinstance(amount, Message):
            return amount
        currency = self._text(fields, "currency").upper() or self.currency
        if not _CURRENCY.match(currency):
            return Message("“%(text)s” is not a currency", text=currency[:20])
        day = self._day(fields, "day")
        if day is None:
            return Message("“%(text)s” is not a day", text=self._text(fields, "day")[:40])
        period = self._day(fields, "period") or day
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
            mark=mark,
        )

    def _day(self, fields: Sequence[str], name: str) -> date | None:
        text = self._text(fields, name)
        day = _day(text, self.is_continental)
        if day is None and self.is_continental and _day(text, False) is not None:
            raise RuleViolation(
                Message(
                    "“%(text)s” puts the month first, where a file with semicolons or tabs puts the day first. "
                    "Export it again with days as 2026-03-31.",
                    text=text[:40],
                ),
                field="file",
            )
        return day

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


def recognise(header: Sequence[str], *, currency: str = "", delimiter: str = ",") -> Layout:
    """Which export this header opens.

    Args:   currency is the one to take where the export names none; delimiter is what stands between its fields.
    Raises: RuleViolation with a sentence that names what is missing.
    """
    names = [_compared(name) for name in header]
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
    return Layout(_format_of(frozenset(names)), len(names), places, currency, delimiter != ",")


def _compared(header: str) -> str:
    """A column's name as names are compared: the English one in brackets where there is one, letters and digits."""
    bracketed = _IN_BRACKETS.search(header)
    if bracketed and (name := _letters(bracketed[1])) in _KNOWN:
        return name
    name = _letters(header)
    return _ENGLISH.get(name, name)


def _letters(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).lower()
    return "".join(character for character in plain if character.isalnum() or character == "_")


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
def _day(text: str, is_day_first: bool = False) -> date | None:
    """The calendar day of an ISO stamp, of day.month.year, or of two numbers and a year between slashes."""
    try:
        if match := _ISO.match(text):
            return date(int(match[1]), int(match[2]), int(match[3]))
        if match := _DOTTED.match(text):
            return date(int(match[3]), int(match[2]), int(match[1]))
        if match := _SLASHED.match(text):
            day, month = (int(match[1]), int(match[2])) if is_day_first else (int(match[2]), int(match[1]))
            return date(int(match[3]), month, day)
    except ValueError:
        return None
    return None


def _amount(text: str) -> Decimal | Message:
    """The cost to the last digit written, with a point before the decimals; commas may group thousands."""
    if not text:
        return Message("no cost")
    if "," in text:
        if _THOUSAND.match(text):
            return _two_ways(text)
        if _BY_COMMAS.match(text):
            return _exact(text.replace(",", ""), text)
    return _exact(text, text)


def _localised_amount(text: str) -> tuple[str, Decimal | Message]:
    """How the cost writes its decimals, and the cost to the last digit written.

    The mark is empty where nothing depends on it: a whole number, zero.
    """
    if not text:
        return "", Message("no cost")
    plain = text
    if is_spaced := bool(_SPACED.match(text)):
        plain = re.sub("[ \u00a0\u202f]", "", text)
    if _BY_POINTS.match(plain):
        mark, plain = ",", plain.replace(".", "").replace(",", ".")
    elif _BY_COMMAS.match(plain):
        mark, plain = ".", plain.replace(",", "")
    elif "." in plain and _THOUSAND.match(plain) and not is_spaced:
        return "", _two_ways(text)
    elif _SINGLE.match(plain):
        mark, plain = ("," if "," in plain else "."), plain.replace(",", ".")
    else:
        mark = ""
    amount = _exact(plain, text)
    return mark if amount else "", amount


def _two_ways(text: str) -> Message:
    return Message("“%(text)s” can be read as two amounts, a thousand times apart", text=text[:40])


def _exact(text: str, shown: str) -> Decimal | Message:
    try:
        amount = Decimal(text) if text.isascii() and "_" not in text else Decimal("NaN")
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite():
        return Message("“%(text)s” is not an amount", text=shown[:40])
    exponent = int(amount.as_tuple().exponent)
    if amount.adjusted() >= MOST_DIGITS_BEFORE or exponent < -MOST_DIGITS_AFTER:
        return Message("“%(text)s” has too many digits", text=shown[:40])
    return amount
