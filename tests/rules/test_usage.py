"""Headers recognised, lines parsed or refused with a reason, covered or not with a reason."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accelerator.kernel.enums import NotCovered
from accelerator.kernel.errors import RuleViolation
from accelerator.kernel.message import Message
from accelerator.rules import usage

FOCUS = [
    "BilledCost",
    "BillingCurrency",
    "ChargePeriodStart",
    "SubAccountId",
    "SubAccountName",
    "BillingAccountId",
    "BillingPeriodStart",
    "PublisherName",
    "ChargeCategory",
    "ProviderName",
    "InvoiceIssuerName",
    "ServiceName",
    "x_PublisherCategory",
    "x_SkuIsCreditEligible",
]
LINE = dict(
    zip(
        FOCUS,
        [
            "1.50",
            "EUR",
            "2026-01-02T03:00:00Z",
            "sub-1",
            "Ada",
            "acc-1",
            "2026-01-01T00:00:00Z",
            "Microsoft",
            "Usage",
            "Microsoft",
            "Microsoft",
            "Virtual Machines",
            "",
            "",
        ],
        strict=True,
    )
)


def parse(**changes: str) -> usage.CostLine | Message:
    return usage.recognise(FOCUS).parse(list({**LINE, **changes}.values()))


def test_a_focus_line_becomes_a_value():
    assert parse() == usage.CostLine(
        sub_account="sub-1",
        sub_account_name="Ada",
        billing_account="acc-1",
        period_on=date(2026, 1, 1),
        day=date(2026, 1, 2),
        currency="EUR",
        amount=Decimal("1.50"),
        publisher="Microsoft",
        reason=None,
    )


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"ChargeCategory": "Tax"}, NotCovered.TAX),
        ({"ChargeCategory": "Credit"}, NotCovered.PROVIDER_CREDIT),
        ({"ServiceName": "AWS Support (Business)"}, NotCovered.SUPPORT),
        ({"ServiceName": "Supportive Widgets"}, None),
        ({"x_PublisherCategory": "Vendor"}, NotCovered.MARKETPLACE),
        ({"x_PublisherCategory": "Marketplace"}, NotCovered.MARKETPLACE),
        ({"x_PublisherCategory": "Cloud Provider", "PublisherName": "Other Inc."}, None),
        ({"PublisherName": "Red Hat Inc."}, NotCovered.MARKETPLACE),
        ({"PublisherName": "NULL"}, None),
        ({"x_SkuIsCreditEligible": "false"}, NotCovered.NOT_ELIGIBLE),
        ({"x_SkuIsCreditEligible": "TRUE"}, None),
        ({"ChargeCategory": "Adjustment", "BilledCost": "-3"}, None),
    ],
)
def test_what_credits_never_cover(changes: dict[str, str], reason: NotCovered | None):
    line = parse(**changes)

    assert isinstance(line, usage.CostLine)
    assert line.reason is reason


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"SubAccountId": "NULL"}, "no account: the line does not say who spent"),
        ({"SubAccountId": "a\x00b"}, "an account's name is too long or cannot be printed"),
        ({"SubAccountId": "x" * 201}, "an account's name is too long or cannot be printed"),
        ({"BilledCost": ""}, "no cost"),
        ({"BilledCost": "1,5"}, "“1,5” is not an amount"),
        ({"BilledCost": "NaN"}, "“NaN” is not an amount"),
        ({"BilledCost": "1_0"}, "“1_0” is not an amount"),
        ({"BilledCost": "١٢"}, "“١٢” is not an amount"),
        ({"BilledCost": "1E+20"}, "“1E+20” has too many digits"),
        ({"BilledCost": "1E-40"}, "“1E-40” has too many digits"),
        ({"BillingCurrency": "euro"}, "“EURO” is not a currency"),
        ({"ChargePeriodStart": "2026-02-30"}, "“2026-02-30” is not a day"),
        ({"ChargePeriodStart": "yesterday"}, "“yesterday” is not a day"),
    ],
)
def test_a_line_is_refused_with_its_reason(changes: dict[str, str], refusal: str):
    assert parse(**changes) == refusal


def test_a_line_with_too_many_fields_is_refused_and_a_short_one_read():
    layout = usage.recognise(FOCUS)

    assert layout.parse([*LINE.values(), "more"]) == "15 fields where the header has 14"
    assert isinstance(layout.parse(list(LINE.values())[:8]), usage.CostLine)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-03-04", date(2026, 3, 4)),
        ("2026-03-04 23:00:00", date(2026, 3, 4)),
        ("03/04/2026", date(2026, 3, 4)),
        ("3/4/2026 00:00", date(2026, 3, 4)),
    ],
)
def test_days_are_iso_or_month_first(text: str, day: date):
    line = parse(ChargePeriodStart=text)

    assert isinstance(line, usage.CostLine)
    assert line.day == day


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("BilledCost,BillingCurrency,ChargePeriodStart,SubAccountId", "FOCUS 1.0"),
        ("BilledCost,BillingCurrency,ChargePeriodStart,SubAccountId,SkuMeter", "FOCUS 1.1"),
        ("BilledCost,BillingCurrency,ChargePeriodStart,SubAccountId,SkuMeter,InvoiceId", "FOCUS 1.2"),
        ("\ufeffSubscriptionGuid,UsageDateTime,PreTaxCost,Currency", "Azure pay-as-you-go"),
        ("SubscriptionId,Date,Cost,BillingCurrency", "Azure EA"),
        ("SubscriptionId,Date,CostInBillingCurrency,BillingCurrencyCode", "Azure EA"),
        ("subscriptionId,date,costInBillingCurrency,billingCurrency,invoiceId", "Azure MCA"),
        ("subscriptionId,date,costInBillingCurrency,billingCurrency,customerTenantId", "Azure CSP"),
    ],
)
def test_exports_are_known_by_their_header(header: str, name: str):
    assert usage.recognise(header.split(",")).source_format == name


def test_a_header_we_do_not_know_says_what_is_missing():
    with pytest.raises(RuleViolation, match="no column subaccountid"):
        usage.recognise(["BilledCost", "BillingCurrency", "ChargePeriodStart"])
    with pytest.raises(RuleViolation, match="names no currency"):
        usage.recognise(["SubscriptionId", "Date", "Cost"])

    assert usage.recognise(["SubscriptionId", "Date", "Cost"], currency="EUR").currency == "EUR"


@given(st.lists(st.text(max_size=30), min_size=len(FOCUS), max_size=len(FOCUS)))
def test_any_text_is_a_value_or_a_refusal(fields: list[str]):
    assert isinstance(usage.recognise(FOCUS).parse(fields), usage.CostLine | Message)
