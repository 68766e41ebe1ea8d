"""CLI · Data — move a programme in from spreadsheets: startups, applications, reviews.

Exit code 0 when every row was used, 1 when some were refused, 2 when the file could not be read at all.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from flask.cli import AppGroup

from accelerator.kernel.actor import SYSTEM
from accelerator.kernel.errors import DomainError
from accelerator.kernel.regions import REGIONS
from accelerator.services import imports

commands = AppGroup("data", help="Move data in.")
SHOWN = 20


@commands.group("import")
def import_group() -> None:
    """Read a CSV file: comma, semicolon or tab; UTF-8 or Windows; any line end."""


def _options(command: Callable[..., None]) -> Callable[..., None]:
    for option in (
        click.option("--format", "shape", type=click.Choice(["table", "json"]), default="table", show_default=True),
        click.option("--all", "show_all", is_flag=True, help="Print every refused line and every repair."),
        click.option("--strict", is_flag=True, help="Store nothing if any row is refused."),
        click.option("--dry-run", is_flag=True, help="Count and check; store nothing."),
        click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path)),
    ):
        command = option(command)
    return command


_region = click.option(
    "--default-region", type=click.Choice(sorted(REGIONS)), default=None, help="For rows that say nothing of the place."
)
_batch = click.option("--batch", "batch_code", required=True, help="The batch's code.")


@import_group.command("startups")
@_options
@_region
def startups(file: Path, default_region: str | None, **options: Any) -> None:
    """Startups: siren or siret, name, postcode (or department, region, rna), city, sector, stage, website, pitch,
    registered_on, naf, headcount_band. French names are understood: denomination, code_postal, site_web…
    """
    _run(imports.import_startups, file, options, default_region=default_region or "")


@import_group.command("applications")
@_options
@_batch
@_region
def applications(file: Path, batch_code: str, default_region: str | None, **options: Any) -> None:
    """Applications of one batch: siren (or name and postcode), submitted_at, state, and a column a question, by code."""
    _run(imports.import_applications, file, options, batch_code=batch_code, default_region=default_region or "")


@import_group.command("reviews")
@_options
@_batch
def reviews(file: Path, batch_code: str, **options: Any) -> None:
    """Reviews of one batch: application (receipt or siren), reviewer (e-mail), reviewer_name, submitted_at, comment,
    and a column a criterion of the batch's rubric, by code.
    """
    _run(imports.import_reviews, file, options, batch_code=batch_code)


def _run(service: Callable[..., imports.Report], file: Path, options: dict[str, Any], **arguments: object) -> None:
    try:
        report = service(
            actor=SYSTEM,
            content=file.read_bytes(),
            dry_run=options["dry_run"],
            strict=options["strict"],
            **arguments,
        )
    except DomainError as refusal:
        click.echo(f"{file.name}: {refusal}", err=True)
        sys.exit(2)
    if options["shape"] == "json":
        click.echo(json.dumps(_document(report), ensure_ascii=False, indent=2))
    else:
        _print(report, show_all=options["show_all"])
    sys.exit(1 if report.refused else 0)


def _document(report: imports.Report) -> dict[str, object]:
    plain = {name: value for name, value in vars(report).items() if name not in ("refused", "notes")}
    return {
        **plain,
        "refused": [vars(line) for line in report.refused],
        "notes": [vars(line) for line in report.notes],
    }


def _print(report: imports.Report, *, show_all: bool) -> None:
    for name in ("rows", "imported", "merged", "unchanged"):
        click.echo(f"{name:<10} {getattr(report, name):>8}")
    click.echo(f"{'refused':<10} {len(report.refused):>8}")
    _lines("refused", report.refused, show_all=show_all)
    _lines("repaired or left out", report.notes, show_all=show_all)
    if report.columns_left_out:
        click.echo(f"columns not read: {', '.join(report.columns_left_out)}")
    if not report.is_stored:
        click.echo("dry run: nothing was stored" if report.is_dry_run else "nothing was stored: some rows were refused")


def _lines(title: str, lines: list[imports.LineNote], *, show_all: bool) -> None:
    if not lines:
        return
    click.echo(f"\n{title}:")
    if len(lines) > SHOWN and not show_all:
        for text, count in Counter(line.text for line in lines).most_common(SHOWN):
            first = next(line.line for line in lines if line.text == text)
            click.echo(f"  {count:>6} × {text} (first on line {first})")
        click.echo("  (--all shows every line)")
        return
    for line in lines:
        click.echo(f"  line {line.line}: {line.text}")
