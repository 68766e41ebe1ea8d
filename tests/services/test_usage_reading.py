"""Archives, localised headers, decimal commas: summed exactly, or refused with a sentence; never guessed."""

from __future__ import annotations

import csv
import gzip
import io
import random
import stat
import zipfile
from collections import defaultdict
from decimal import Decimal, localcontext

import pytest
from sqlalchemy import func, select

from accelerator.kernel.actor import SYSTEM
from accelerator.kernel.errors import RuleViolation
from accelerator.models.credits import UsageImport, UsageReading
from accelerator.queries import usage as queries
from accelerator.services import usage
from accelerator.services.usage import unpacking
from tests.services.test_usage import HEADER, bring, export, line


def packed(*parts: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> io.BytesIO:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, content in parts:
            archive.writestr(name, content)
    stream.seek(0)
    return stream


def text(*lines: str, header: str = HEADER) -> bytes:
    return export(*lines, header=header).getvalue()


def billed(stream: io.BytesIO) -> dict[str, Decimal]:
    return {total.sub_account: total.billed for total in usage.totals(usage.read_export(stream))}


def localised(*lines: str) -> io.BytesIO:
    header = "Guid d'abonnement (SubscriptionGuid);Date (Date);Coût (Cost);Devise (Currency)"
    return io.BytesIO(text(*lines, header=header))


def test_the_parts_of_an_archive_are_one_export(db):
    first, second = text(line("2026-01-02", "1.25")), text(line("2026-01-03", "2"), line("2026-01-02", "x"))
    archive = packed(
        ("run/part_1_0001.csv.gz", gzip.compress(second)),
        ("run/part_0_0001.csv", b"\xef\xbb\xbf" + first),
        ("run/manifest.json", b"{}"),
        ("__MACOSX/._part.csv", b"x"),
    )

    imported, read = usage.import_usage(actor=SYSTEM, stream=archive, file_name="jan.zip")

    assert sum(read.sums.values()) == Decimal("3.25")
    assert (read.rows_read, read.rows_kept, read.rows_refused) == (3, 2, 1)
    assert read.refused == [(3, "run/part_1_0001.csv.gz: “x” is not an amount")]
    assert queries.find_import(imported.import_id).refused == read.refused
    archive.seek(0)
    assert usage.import_usage(actor=SYSTEM, stream=archive, file_name="again.zip")[0].is_repeat is True


def test_an_archive_replaces_the_month_once(db):
    bring(line("2026-01-02", "40"))
    archive = packed(("a.csv", text(line("2026-01-02", "1"))), ("b.csv", text(line("2026-01-02", "2"))))

    imported, _read = usage.import_usage(actor=SYSTEM, stream=archive, file_name="jan.zip")

    assert imported.readings_replaced == 1
    assert db.scalars(select(UsageReading.amount)).all() == [Decimal(3)]


def test_one_export_plain_or_packed_is_one_file(db):
    content = text(line("2026-01-02", "1.25"))
    bring(line("2026-01-02", "1.25"))

    for stream in (packed(("x.csv", content)), io.BytesIO(gzip.compress(content))):
        assert usage.import_usage(actor=SYSTEM, stream=stream, file_name="x")[0].is_repeat is True


def test_the_same_bytes_in_another_currency_are_read_again(db):
    content = text("sub-1,2026-01-02,4", header="SubscriptionId,Date,Cost")

    for currency in ("EUR", "USD", "USD"):
        imported, _read = usage.import_usage(
            actor=SYSTEM, stream=io.BytesIO(content), file_name="x.csv", currency=currency
        )

    assert imported.is_repeat is True
    assert db.scalars(select(UsageReading.currency)).all() == ["USD"]


def _encrypted() -> io.BytesIO:
    stream = bytearray(packed(("x.csv", text(line("2026-01-02", "1")))).getvalue())
    stream[6] |= 1
    stream[stream.index(b"PK\x01\x02") + 8] |= 1
    return io.BytesIO(bytes(stream))


def _link() -> io.BytesIO:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        info = zipfile.ZipInfo("x.csv")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(info, "/etc/passwd")
    stream.seek(0)
    return stream


def _broken() -> io.BytesIO:
    stream = bytearray(packed(("x.csv", text(line("2026-01-02", "1")) * 50), method=zipfile.ZIP_STORED).getvalue())
    stream[300] ^= 1
    return io.BytesIO(bytes(stream))


@pytest.mark.parametrize(
    ("stream", "sentence"),
    [
        (packed(), "There is no CSV file in this archive."),
        (packed(("read.me.txt", b"x")), "There is no CSV file in this archive."),
        (packed(("a/x.parquet", b"x")), "“a/x.parquet” in this archive is not a CSV file."),
        (packed(("x.zip", b"x")), "There is an archive inside this archive: x.zip."),
        (packed(("x.csv", packed(("y.csv", b"x")).getvalue())), "x.csv: This"),
        (packed(("../x.csv", b"x")), "odd name: ../x.csv."),
        (packed(("/etc/x.csv", b"x")), "odd name: /etc/x.csv."),
        (packed(("x.csv", b"")), "x.csv: This file is empty."),
        (packed(("x.csv", b"a,b\n")), "x.csv: This is not a cost export we know"),
        (_encrypted(), "protected by a password"),
        (_link(), "“x.csv” in this archive is not a file."),
        (_broken(), "This archive is damaged."),
        (io.BytesIO(packed(("x.csv", text(line("2026-01-02", "1")))).getvalue()[:80]), "This archive is damaged."),
        (
            packed(
                ("a.csv", text(line("2026-01-02", "1"))), ("b.csv", b"SubscriptionGuid,UsageDate,PreTaxCost,Currency\n")
            ),
            "b.csv: This part is another kind of export than the first: Azure pay-as-you-go.",
        ),
    ],
)
def test_an_archive_that_cannot_be_read_is_refused_whole(db, stream, sentence):
    with pytest.raises(RuleViolation) as refusal:
        usage.import_usage(actor=SYSTEM, stream=stream, file_name="x.zip")

    assert sentence in str(refusal.value.reason)
    assert db.scalars(select(UsageImport)).all() == []


def test_a_bomb_is_refused_after_so_many_bytes(monkeypatch):
    monkeypatch.setattr(unpacking, "MOST_BYTES", 1_000_000)
    bomb = packed(("x.csv", text(*[line("2026-01-02", "1")] * 40_000)))
    assert len(bomb.getvalue()) < 20_000

    with pytest.raises(RuleViolation, match="too large"):
        usage.read_export(bomb)


def test_french_headers_and_decimal_commas_are_summed_exactly():
    stream = localised(
        "s1;2026-01-02;1.234,56;EUR", "s1;31/01/2026;0,1;EUR", "s1;02/02/2026;12;EUR", "s1;3.2.2026;1 000,5;EUR"
    )

    read = usage.read_export(stream)

    assert sum(read.sums.values()) == Decimal("2247.16")
    assert sorted((key.day.isoformat(), key.currency) for key in read.sums) == [
        ("2026-01-02", "EUR"),
        ("2026-01-31", "EUR"),
        ("2026-02-02", "EUR"),
        ("2026-02-03", "EUR"),
    ]


@pytest.mark.parametrize(
    "header",
    [
        "ID d’abonnement,Date d’utilisation,Coût,Devise",
        "IDENTIFIANT DE L'ABONNEMENT,Date,Coût dans la devise de facturation,Devise de facturation",
        "Abonnement-GUID,Datum,Kosten,Währung",
        "Abonnement-GUID (SubscriptionGuid),Datum (Date),Kosten (Cost),Währung (Currency)",
    ],
)
def test_headers_are_known_in_french_and_german(header):
    assert billed(io.BytesIO(text("s1,2026-01-02,1.5,EUR", header=header))) == {"s1": Decimal("1.5")}


def test_decimal_commas_equal_an_independent_sum():
    chance = random.Random(7)
    amounts = [Decimal(chance.randrange(-(10**12), 10**12)).scaleb(-chance.randrange(2, 12)) for _ in range(500)]
    lines = [
        f"s{place % 3};2026-01-02;{format(amount, 'f').replace('.', ',')};EUR" for place, amount in enumerate(amounts)
    ]
    expected: dict[str, Decimal] = defaultdict(Decimal)
    with localcontext() as context:
        context.prec = 200
        for row in csv.reader(lines, delimiter=";"):
            expected[row[0]] += Decimal(row[2].replace(",", "."))

    assert billed(localised(*lines)) == expected


def test_two_ways_of_writing_decimals_refuse_the_file():
    with pytest.raises(RuleViolation, match="a comma in line 3 and with a point in line 2"):
        usage.read_export(localised("s1;2026-01-02;12.5;EUR", "s1;2026-01-02;1,234;EUR"))


def test_a_month_before_the_day_refuses_a_file_with_semicolons():
    with pytest.raises(RuleViolation, match="“01/31/2026” puts the month first"):
        usage.read_export(localised("s1;01/02/2026;1;EUR", "s1;01/31/2026;1;EUR"))


def test_one_refused_line_is_enough_to_store_nothing(db):
    with pytest.raises(usage.LinesRefused, match="Lines refused: 1. Nothing is stored") as refusal:
        usage.import_usage(
            actor=SYSTEM,
            stream=export(line("2026-01-02", "1"), line("2026-01-02", "much")),
            file_name="x.csv",
            refuse_whole=True,
        )

    assert refusal.value.read.refused == [(3, "“much” is not an amount")]
    assert db.scalar(select(func.count(UsageImport.id))) == 0
    assert db.scalar(select(func.count(UsageReading.id))) == 0
