"""Cost exports in: exact sums, refused lines, periods replaced, the ledger following; and the shared real files."""

from __future__ import annotations

import csv
import gzip
import io
from collections import defaultdict
from datetime import date
from decimal import Decimal, localcontext
from pathlib import Path

import pytest
from sqlalchemy import func, select

from accelerator.kernel.actor import SYSTEM
from accelerator.kernel.enums import LedgerAccount, OfferState, PostingKind
from accelerator.kernel.errors import NotAllowed, NotFound, RuleViolation
from accelerator.kernel.money import Money
from accelerator.models.credits import CloudAccount, CreditGrant, LedgerEntry, LedgerPosting, UsageImport, UsageReading
from accelerator.models.startups import Startup
from accelerator.queries import usage as usage_queries
from accelerator.queries.ledger import faults
from accelerator.services import credits, usage
from accelerator.services.usage import imports
from tests import make
from tests.conftest import at

HEADER = (
    "SubscriptionId,SubscriptionName,Date,Cost,BillingCurrency,BillingAccountId,BillingPeriodStartDate,PublisherType"
)


def export(*lines: str, header: str = HEADER) -> io.BytesIO:
    return io.BytesIO("\r\n".join([header, *lines, ""]).encode())


def line(day: str, cost: str, account: str = "sub-1", *, currency: str = "EUR", publisher: str = "Azure") -> str:
    return f"{account},Ada,{day},{cost},{currency},bill-1,{day[:8]}01,{publisher}"


def bring(*lines: str, name: str = "jan.csv") -> usage.Imported:
    return usage.import_usage(actor=SYSTEM, stream=export(*lines), file_name=name)[0]


def granted(amount: int = 10_000, *, currency: str = "EUR", starts_on: date = date(2026, 1, 1), **others) -> Startup:
    batch, startup = make.batch(), make.startup()
    make.offer(of=make.application(of=batch, by=startup), state=OfferState.ACCEPTED)
    pool_id = credits.fund_pool(
        actor=SYSTEM,
        sponsor="Microsoft",
        name=f"Pool {startup.id}",
        ceiling=Money(1_000_000, currency),
        starts_on=date(2024, 1, 1),
        ends_on=date(2027, 12, 31),
    )
    allocation_id = credits.allocate(actor=SYSTEM, pool_id=pool_id, batch_id=batch.id, amount_minor=500_000)
    credits.grant(
        actor=SYSTEM,
        allocation_id=allocation_id,
        startup_id=startup.id,
        amount_minor=amount,
        starts_on=starts_on,
        expires_on=others.get("expires_on", date(2026, 12, 31)),
    )
    return startup


def link(startup: Startup, account: str = "sub-1") -> int:
    return usage.link_cloud_account(actor=SYSTEM, sub_account=account, startup_id=startup.id)


def held(db, account: LedgerAccount) -> int:
    return int(
        db.scalar(
            select(func.coalesce(func.sum(LedgerEntry.amount_minor), 0)).where(
                LedgerEntry.account == account, LedgerEntry.grant_id.is_not(None)
            )
        )
    )


def consumed(db) -> int:
    return held(db, LedgerAccount.CONSUMED)


def test_usage_of_a_linked_account_is_posted_exactly_once(db):
    at("2026-02-01T12:00+00:00")
    startup = granted()
    link(startup)

    first = bring(
        line("2026-01-02", "10.004"), line("2026-01-03", "5.001"), line("2026-01-03", "7", publisher="Marketplace")
    )
    second = bring(
        line("2026-01-02", "10.004"), line("2026-01-03", "5.001"), line("2026-01-03", "7", publisher="Marketplace")
    )

    assert (first.is_repeat, first.postings) == (False, 1)
    assert (second.is_repeat, second.import_id, second.postings) == (True, first.import_id, 0)
    assert consumed(db) == 1500  # 15.005 exactly, half to even
    assert held(db, LedgerAccount.GRANT) == 8500
    assert faults() == []


def test_a_corrected_month_replaces_the_month_and_posts_the_difference(db):
    at("2026-03-01T12:00+00:00")
    link(granted())
    bring(line("2026-01-02", "40"), line("2026-02-02", "10"))

    corrected = bring(line("2026-01-02", "15"), name="jan-corrected.csv")

    assert corrected.readings_replaced == 1
    assert consumed(db) == 2500
    postings = db.scalars(select(LedgerPosting.kind).order_by(LedgerPosting.id)).all()
    assert postings[-2:] == [PostingKind.CONSUME, PostingKind.CONSUME]
    assert faults() == []


def test_an_older_file_can_be_brought_back_after_a_newer_one(db):
    at("2026-03-01T12:00+00:00")
    link(granted())
    first = bring(line("2026-01-02", "40"))
    bring(line("2026-01-02", "15"))

    again = bring(line("2026-01-02", "40"))

    assert (again.is_repeat, again.import_id) == (False, first.import_id)
    assert consumed(db) == 4000
    assert db.scalar(select(func.count(UsageReading.id))) == 1


def test_usage_before_the_link_counts_and_unlinking_gives_it_back(db):
    at("2026-02-01T12:00+00:00")
    startup = granted()
    bring(line("2026-01-02", "40"))
    assert consumed(db) == 0

    account_id = link(startup)
    assert consumed(db) == 4000
    assert link(startup) == account_id

    usage.unlink_cloud_account(actor=SYSTEM, cloud_account_id=account_id)
    assert consumed(db) == 0
    assert faults() == []


def test_an_account_belongs_to_one_startup(db):
    startup, other = granted(), make.startup()
    link(startup)

    with pytest.raises(RuleViolation, match="linked to another startup"):
        link(other)
    with pytest.raises(RuleViolation, match="as the cost export names it"):
        link(startup, "  ")
    with pytest.raises(NotFound):
        usage.link_cloud_account(actor=SYSTEM, sub_account="sub-2", startup_id=999)
    with pytest.raises(NotFound):
        usage.unlink_cloud_account(actor=SYSTEM, cloud_account_id=999)

    assert db.scalars(select(CloudAccount.startup_id)).all() == [startup.id]


def test_credits_pay_only_within_their_days_and_up_to_their_amount(db):
    at("2026-02-20T12:00+00:00")
    link(granted(3_000, starts_on=date(2026, 1, 10)))

    bring(line("2026-01-09", "100"), line("2026-01-10", "20"), line("2026-02-11", "20"))

    assert consumed(db) == 3000
    assert held(db, LedgerAccount.GRANT) == 0
    assert faults() == []


def test_two_grants_never_pay_for_the_same_usage(db):
    at("2026-02-20T12:00+00:00")
    startup = granted(3_000, expires_on=date(2026, 6, 30))
    other = granted(3_000)
    db.scalars(select(CreditGrant).where(CreditGrant.startup_id == other.id)).one().startup_id = startup.id
    db.commit()
    link(startup)

    bring(line("2026-01-10", "40"))

    used = db.execute(
        select(LedgerEntry.grant_id, LedgerEntry.amount_minor).where(LedgerEntry.account == LedgerAccount.CONSUMED)
    ).all()
    assert sorted(tuple(row) for row in used) == [(1, 3000), (2, 1000)]


def test_late_usage_takes_back_what_had_expired(db):
    at("2026-02-01T12:00+00:00")
    link(granted(10_000, expires_on=date(2026, 1, 31)))
    bring(line("2026-01-02", "30"))
    assert (consumed(db), held(db, LedgerAccount.EXPIRED)) == (3000, 7000)

    bring(line("2026-01-02", "30"), line("2026-01-31", "50"), line("2026-02-01", "50"))

    assert (consumed(db), held(db, LedgerAccount.EXPIRED)) == (8000, 2000)
    assert faults() == []


def test_another_currency_is_unmatched_and_never_converted(db):
    at("2026-02-01T12:00+00:00")
    link(granted())

    bring(line("2026-01-02", "40", currency="USD"), line("2026-01-02", "3", "sub-9"))

    assert consumed(db) == 0
    accounts, pages = usage_queries.unmatched()
    assert pages == 1
    assert [(account.sub_account, account.currency, account.billed, account.reason) for account in accounts] == [
        ("sub-1", "USD", Decimal(40), "Its startup has no credits in USD."),
        ("sub-9", "EUR", Decimal(3), "No startup is linked to this account."),
    ]


def test_refused_lines_are_kept_with_number_and_reason(db):
    bring(
        line("2026-01-02", "1"),
        line("2026-01-02", "much"),
        '"sub-1","two\nlines",2026-01-03,2,EUR,bill-1,2026-01-01,Azure',
        line("2026-02-30", "1"),
        line("2026-01-02", "1", ""),
    )

    row = db.scalars(select(UsageImport)).one()
    detail = usage_queries.find_import(row.id)
    assert (row.rows_read, row.rows_kept, row.rows_refused) == (5, 1, 4)
    assert detail.refused == [
        (3, "“much” is not an amount"),
        (4, "an account's name is too long or cannot be printed"),
        (6, "“2026-02-30” is not a day"),
        (7, "no account: the line does not say who spent"),
    ]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "This file is empty."),
        (b"\xef\xbb\xbf\r\n", "This file is empty."),
        (b"name,place\r\n", "not a cost export we know"),
        (HEADER.encode() + b"\r\n\xff\xfe,x\r\n", "not text in UTF-8"),
        ("a".encode("utf-16"), "not text in UTF-8"),
        (HEADER.encode() + b'\r\n"never closed,\r\nx,y\r\n', "Line 2 cannot be read"),
        (gzip.compress(HEADER.encode() * 1000)[:60], "cut short"),
        (b"\x1f\x8b" + b"nonsense" * 9, "damaged"),
        (b"a" * (1024 * 1024 + 300_000), "a line never ends"),
        (b"%PDF-1.7\n%\xe2\xe3\n", "not a cost export we know"),
    ],
)
def test_an_unreadable_file_is_refused_whole(db, content, sentence):
    with pytest.raises(RuleViolation, match=sentence):
        usage.import_usage(actor=SYSTEM, stream=io.BytesIO(content), file_name="x.csv")

    assert db.scalars(select(UsageImport)).all() == []
    assert db.scalars(select(UsageReading)).all() == []


def test_a_failure_halfway_stores_nothing(db, monkeypatch):
    link(granted())

    def fail(**_):
        raise RuntimeError("power cut")

    monkeypatch.setattr(imports, "settle_startup", fail)
    with pytest.raises(RuntimeError):
        bring(line("2026-01-02", "40"))

    assert db.scalars(select(UsageImport)).all() == []
    assert db.scalars(select(UsageReading)).all() == []


def test_only_managers_import(db):
    eve = make.actor(make.user())

    with pytest.raises(NotAllowed):
        usage.import_usage(actor=eve, stream=export(), file_name="x.csv")
    with pytest.raises(NotAllowed):
        usage.link_cloud_account(actor=eve, sub_account="s", startup_id=1)
    with pytest.raises(NotAllowed):
        usage.unlink_cloud_account(actor=eve, cloud_account_id=1)


def test_gzip_in_several_members_and_semicolons_are_read(db):
    text = export(line("2026-01-02", "1.25"), line("2026-01-03", "2")).getvalue()
    semicolons = text.replace(b",", b";")
    halves = gzip.compress(text[:100]) + gzip.compress(text[100:])

    plain, packed = usage.read_export(io.BytesIO(text)), usage.read_export(io.BytesIO(halves))

    assert packed.sha256 == plain.sha256
    assert packed.sums == plain.sums == usage.read_export(io.BytesIO(semicolons)).sums
    assert sum(plain.sums.values()) == Decimal("3.25")


def test_sums_keep_every_digit(db):
    tiny, huge = "0.000000000000000000000000000001", "999999999999999"

    (total,) = usage.totals(usage.read_export(export(line("2026-01-02", tiny), line("2026-01-02", huge))))
    bring(line("2026-01-02", tiny), line("2026-01-02", huge))

    assert format(total.billed, "f") == "999999999999999.000000000000000000000000000001"
    assert format(db.scalars(select(UsageReading.amount)).one(), "f") == format(total.billed, "f")


def _independent_sums(path: Path, account: str, cost: str) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = defaultdict(Decimal)
    with localcontext() as context, path.open(encoding="utf-8-sig", newline="") as file:
        context.prec = 200
        for row in csv.DictReader(file):
            sums[row[account]] += Decimal(row[cost])
    return dict(sums)


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "account", "cost", "rows", "source_format"),
    [
        ("focus/focus_sample.csv", "SubAccountId", "BilledCost", 1000, "FOCUS 1.0"),
        ("azure/nise-synthetic/2025-01.csv", "SubscriptionId", "CostInBillingCurrency", 1953, "Azure MCA"),
        ("azure/nise-synthetic/2025-02.csv", "SubscriptionId", "CostInBillingCurrency", 1764, "Azure MCA"),
        ("azure/finops-toolkit/EA_ActualCost_Small.csv", "SubscriptionId", "Cost", 11, "Azure EA"),
        ("azure/finops-toolkit/EA_AmortizedCost_Small.csv", "SubscriptionId", "Cost", 28, "Azure EA"),
        (
            "azure/koku/costreport_a243c6f2-199f-4074-9a2c-40e671cf1584.csv",
            "SubscriptionGuid",
            "PreTaxCost",
            3,
            "Azure pay-as-you-go",
        ),
        ("azure/opencost/PayAsYouGo.csv", "SubscriptionGuid", "PreTaxCost", 1, "Azure pay-as-you-go"),
        ("azure/opencost/Enterprise.csv", "SubscriptionId", "CostInBillingCurrency", 1, "Azure EA"),
        ("azure/opencost/EnterpriseCamel.csv", "SubscriptionId", "costInBillingCurrency", 1, "Azure CSP"),
    ],
)
def test_real_exports_sum_exactly_and_twice_changes_nothing(db, shared, name, account, cost, rows, source_format):
    path = shared / name

    for is_repeat in (False, True):
        with path.open("rb") as stream:
            imported, read = usage.import_usage(actor=SYSTEM, stream=stream, file_name=path.name)
        assert imported.is_repeat is is_repeat
        assert (read.rows_read, read.rows_kept, read.source_format) == (rows, rows, source_format)
        assert {total.sub_account: total.billed for total in usage.totals(read)} == _independent_sums(
            path, account, cost
        )
        stored: dict[str, Decimal] = defaultdict(Decimal)
        with localcontext() as context:
            context.prec = 200
            for sub_account, amount in db.execute(select(UsageReading.sub_account, UsageReading.amount)):
                stored[sub_account] += amount
        assert stored == _independent_sums(path, account, cost)


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "currency", "kept", "refused", "billed"),
    [
        ("azure/finops-toolkit/EA_NoRows.csv", "", 0, 0, None),
        ("azure/koku/empty_frame.csv", "", 0, 0, None),
        ("azure/nise-synthetic/header-only.csv", "", 0, 0, None),
        ("azure/opencost/BOM.csv", "", 0, 1, None),
        ("azure/koku/azure_version_2.csv", "", 0, 5, None),
        ("azure/opencost/Template.csv", "USD", 87, 0, "16.393506212224391"),
        ("azure/opencost/VirtualMachine.csv", "USD", 1, 0, "4"),
    ],
)
def test_odd_exports_are_read_or_refused_line_by_line(db, shared, name, currency, kept, refused, billed):
    with (shared / name).open("rb") as stream:
        read = usage.read_export(stream, currency=currency)

    assert (read.rows_kept, read.rows_refused) == (kept, refused)
    assert [total.billed for total in usage.totals(read)] == ([Decimal(billed)] if billed else [])


@pytest.mark.shared
@pytest.mark.parametrize("name", ["azure/opencost/Template.csv", "azure/opencost/VirtualMachine.csv"])
def test_an_export_without_currency_asks_for_it(db, shared, name):
    with (shared / name).open("rb") as stream, pytest.raises(RuleViolation, match="names no currency"):
        usage.read_export(stream)
