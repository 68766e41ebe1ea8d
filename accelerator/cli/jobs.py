"""CLI · Jobs — run the clock's work by hand."""

from __future__ import annotations

import click
from flask import current_app
from flask.cli import AppGroup

from accelerator import jobs

commands = AppGroup("jobs", help="The clock's work: send letters, do tasks, close what is due.")


@commands.command("run")
def run() -> None:
    """Run every job once, in order, and say what each did."""
    for name, result in jobs.run_once(current_app._get_current_object()).items():  # type: ignore[attr-defined]
        click.echo(f"{name}: {result}")


@commands.command("list")
def list_jobs() -> None:
    """The jobs and the seconds between their ticks."""
    for name, seconds, _call in jobs.all_jobs():
        click.echo(f"{name}: every {seconds} s")
