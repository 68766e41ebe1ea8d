"""CLI · Credits — import a provider's cost export; prove that the ledger and the figures agree."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import click
from flask.cli import AppGroup

from accelerator.kernel.actor import SYSTEM
from accelerator.kernel.errors import RuleViolation
from accelerator.queries import ledger as ledger_queries
from accelerator.queries import usage as usage_queries
from accelerator.services import usage

commands = AppGroup("credits", help="Cloud credits: import usage, check the ledger.")

UNREADABLE = 2


@commands.command("import-usage")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--strict", is_flag=True, help="Store nothing, and exit 2, when a single line is refused.")
@click.option("--dry-run", is_flag=True, help="Read and sum, store nothing.")
@click.option("--format", "shape", type=click.Choice(["table", "json"]), default="table", show_default=True)
@click.option("--currency", default="", help="Currency of an export that names none, for example EUR.")
def import_usage(file: Path, strict: bool, dry_run: bool, shape: str, currency: str) -> None:
    """Import one cost export (CSV, CSV.gz or zip): FOCUS 1.0 to 1.2, Azure EA, MCA, CSP or pay-as-you-go."""
    imported = None
    try:
        with file.open("rb") as stream:
            if dry_run:
                read = usage.read_export(stream, currency=currency.upper())
            else:
                imported, read = usage.import_usage(
                    actor=SYSTEM,
                    stream=stream,
                    file_name=file.name,
                    currency=currency.upper(),
                    refuse_whole=strict,
                )
        if strict and read.rows_refused:
            raise usage.LinesRefused(read)
    except OSError as error:
        click.echo(f"{file}: {error.strerror}.", err=True)
        raise SystemExit(UNREADABLE) from error
    except usage.LinesRefused as refusal:
        click.echo(_shown(refusal.read, None, shape, is_dry=dry_run))
        click.echo(f"{file}: {refusal.reason}", err=True)
        raise SystemExit(UNREADABLE) from refusal
    except RuleViolation as violation:
        click.echo(f"{file}: {violation.reason}", err=True)
        raise SystemExit(UNREADABLE) from violation
    click.echo(_shown(read, imported, shape, is_dry=dry_run))


def _shown(read: usage.Read, imported: usage.Imported | None, shape: str, *, is_dry: bool) -> str:
    document = _document(read, imported)
    return json.dumps(document, ensure_ascii=False, indent=2) if shape == "json" else _table(document, is_dry)


def _document(read: usage.Read, imported: usage.Imported | None) -> dict[str, object]:
    """What was read and done, in plain JSON values; amounts are exact decimal strings."""
    sums = usage.totals(read)
    unmatched = usage_queries.unmatched_reasons([(total.sub_account, total.currency) for total in sums])
    return {
        "source_format": read.source_format,
        "sha256": read.sha256,
        "import_id": imported.import_id if imported else None,
        "is_repeat": imported.is_repeat if imported else False,
        "readings_replaced": imported.readings_replaced if imported else 0,
        "postings": imported.postings if imported else 0,
        "rows_read": read.rows_read,
        "rows_kept": read.rows_kept,
        "rows_refused": read.rows_refused,
        "refused": [{"line": line, "reason": str(reason)} for line, reason in read.refused],
        "totals": [
            {
                "sub_account": total.sub_account,
                "sub_account_name": total.sub_account_name,
                "currency": total.currency,
                "rows": total.rows,
                "billed": _exact(total.billed),
                "covered": _exact(total.covered),
                "not_covered": _exact(total.not_covered),
            }
            for total in sums
        ],
        "unmatched": [
            {
                "sub_account": total.sub_account,
                "currency": total.currency,
                "rows": total.rows,
                "billed": _exact(total.billed),
                "reason": str(unmatched[total.sub_account, total.currency]),
            }
            for total in sums
            if (total.sub_account, total.currency) in unmatched
        ],
    }


def _exact(amount: Decimal) -> str:
    """All digits, no exponent; a sum of nothing is 0."""
    return format(amount, "f")


def _table(document: dict[str, object], is_dry: bool) -> str:
    """The same for a person at a terminal."""
    lines = [
        f"{document['source_format']}: {document['rows_read']} lines read, {document['rows_kept']} kept, "
        f"{document['rows_refused']} refused."
    ]
    if document["is_repeat"]:
        lines.append("The same file was imported before: nothing changed.")
    elif document["import_id"]:
        lines.append(
            f"Import {document['import_id']}: {document['readings_replaced']} earlier readings replaced, "
            f"{document['postings']} ledger postings."
        )
    else:
        lines.append("Dry run: nothing stored." if is_dry else "Nothing stored.")
    totals: list[dict[str, str]] = document["totals"]  # type: ignore[assignment]
    header = ("sub_account", "currency", "billed", "covered", "not_covered")
    rows = [header, *(tuple(str(total[name]) for name in header) for total in totals)]
    widths = [max(len(row[place]) for row in rows) for place in range(len(header))]
    lines += ["", *("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)]
    unmatched: list[dict[str, str]] = document["unmatched"]  # type: ignore[assignment]
    if unmatched:
        lines += ["", "Unmatched:"]
        lines += [
            f"  {item['sub_account']} {item['currency']} {item['billed']}: {item['reason']}" for item in unmatched
        ]
    refused: list[dict[str, object]] = document["refused"]  # type: ignore[assignment]
    if refused:
        lines += ["", "Refused:", *(f"  line {item['line']}: {item['reason']}" for item in refused)]
    return "\n".join(lines)


@commands.command("check")
def check() -> None:
    """Exit 1 when a posting does not balance, a figure differs from the ledger, or a balance is negative."""
    faults = ledger_queries.faults()
    for fault in faults:
        click.echo(fault, err=True)
    if faults:
        raise SystemExit(1)
    click.echo("The ledger balances, and every figure equals its sum.")
