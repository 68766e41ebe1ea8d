"""CLI · Reviewing — assign reviewers from a spreadsheet of bids, without a database.

Exit code 0 with a plan, whatever it lacks; 2 when a file or an option cannot be used.
"""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any, NoReturn

import click
from flask.cli import AppGroup

from accelerator.kernel.errors import RuleViolation
from accelerator.services.reviewing import bids as service

commands = AppGroup("reviewing", help="Reviewers and what they read.")

UNREADABLE = 2
_FILE = click.Path(path_type=Path)
_COUNT = click.IntRange(0, 1_000_000)


@commands.command("assign")
@click.option("--bids", type=_FILE, required=True, help="CSV with the columns reviewer, application, bid.")
@click.option("--per-application", type=click.IntRange(1, 100), required=True, help="Reviews of each application.")
@click.option("--max-load", type=_COUNT, required=True, help="Applications a reviewer reads at most.")
@click.option("--min-load", type=_COUNT, default=0, show_default=True, help="Applications a reviewer reads at least.")
@click.option("--conflicts", type=_FILE, help="CSV with the columns reviewer, application: pairs that must not be.")
@click.option("--kept", type=_FILE, help="CSV with the columns reviewer, application: pairs that are and stay.")
@click.option("--co-reviews", type=_COUNT, help="Applications that two reviewers share at most.")
@click.option("--connected", is_flag=True, help="Make all applications comparable through shared reviewers.")
@click.option("--allow-unlisted", is_flag=True, help="Pairs without a bid may be used too, at 0.")
@click.option("--seed", type=int, default=0, show_default=True, help="Decides between plans that are as good.")
@click.option("--format", "shape", type=click.Choice(["csv", "json", "table"]), default="table", show_default=True)
def assign(
    bids: Path, conflicts: Path | None, kept: Path | None, allow_unlisted: bool, shape: str, **wishes: Any
) -> None:
    """The best assignment for a file of bids: the pairs, the sum of their bids, and what lacks, with the reason.

    As many reviews as possible, then the greatest sum of bids, then even loads. Only pairs with a bid are used.
    """
    paths = {"bids": bids, "conflicts": conflicts, "kept": kept}
    read = {name: _bytes(path) if path is not None else None for name, path in paths.items()}
    try:
        known, plan = service.assign_bids(
            service.Wishes(unlisted_allowed=allow_unlisted, **wishes),
            read["bids"] or b"",
            conflicts=read["conflicts"],
            kept=read["kept"],
        )
    except RuleViolation as violation:
        where = paths.get(violation.field or "")
        _refuse(f"{where}, {violation.reason}" if where else violation.reason)
    document = service.document(known, plan)
    if shape == "json":
        click.echo(json.dumps(document, ensure_ascii=False, indent=2))
    elif shape == "csv":
        click.echo(_csv(document["pairs"]), nl=False)
        click.echo(_summary(document), err=True)
    else:
        click.echo(_table(document["pairs"]))
        click.echo(_summary(document))


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        _refuse(f"{path}: {error.strerror}.")


def _refuse(sentence: str) -> NoReturn:
    click.echo(sentence, err=True)
    raise SystemExit(UNREADABLE)


def _csv(pairs: list[dict[str, Any]]) -> str:
    """The pairs with the columns of the bids."""
    out = io.StringIO()
    writer = csv.DictWriter(out, ["reviewer", "application", "bid"], lineterminator="\n")
    writer.writeheader()
    writer.writerows(pairs)
    return out.getvalue()


def _table(pairs: list[dict[str, Any]]) -> str:
    """The pairs under each other, for a person at a terminal."""
    rows = [("reviewer", "application", "bid")]
    rows += [(pair["reviewer"], pair["application"], str(pair["bid"])) for pair in pairs]
    widths = [max(len(row[place]) for row in rows) for place in range(2)]
    return "\n".join(f"{row[0].ljust(widths[0])}  {row[1].ljust(widths[1])}  {row[2]}" for row in rows)


def _summary(document: dict[str, Any]) -> str:
    """The objective and what lacks, a sentence a line."""
    loads = list(document["loads"].values())
    connected = "connected" if document["is_connected"] else "not connected"
    lines = [
        f"objective: {document['objective']} (proven bound: {document['bound']})",
        f"reviews: {document['reviews']}, missing: {document['missing']}",
        f"loads: {min(loads)} to {max(loads)}; the graph is {connected}",
    ]
    if document["price_of_connection"]:
        lines.append(f"price of the connected graph: {document['price_of_connection']}")
    lines.append("shortfalls: none" if not document["shortfalls"] else f"shortfalls: {len(document['shortfalls'])}")
    for one in document["shortfalls"]:
        who = f"application {one['application']}" if "application" in one else f"reviewer {one['reviewer']}"
        lines.append(f"  {who}: {one['missing']} missing. {one['reason']}")
    return "\n".join(lines)
