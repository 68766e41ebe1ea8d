"""CLI · Selection — prove that a frozen result is what it was when it was confirmed."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from accelerator.kernel.errors import NotFound
from accelerator.services import selection

commands = AppGroup("selection", help="The frozen result of a batch.")


@commands.command("verify")
@click.argument("batch_code")
def verify(batch_code: str) -> None:
    """Recompute the SHA-256 and the ranking of BATCH_CODE's frozen result. Exit 1 when anything differs."""
    try:
        findings = selection.verify(code=batch_code)
    except NotFound as error:
        raise click.ClickException(error.reason) from error
    for finding in findings:
        click.echo(finding)
    if findings:
        raise SystemExit(1)
    click.echo("the frozen result holds: its hash, its ranking, its scores and its decisions")
