"""CLI · Programme — put the shipped programme into an empty house."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from accelerator.kernel.actor import SYSTEM
from accelerator.services import programme_setup

commands = AppGroup("programme", help="The programme that ships: tracks, batches, form, rubric, venues, workshops.")


@commands.command("install")
def install() -> None:
    """Add what is missing of the shipped programme; change nothing that exists."""
    done = programme_setup.install(actor=SYSTEM)
    for name, count in vars(done).items():
        click.echo(f"{name.replace('_', ' ')}: {count} added")
    if not done.total:
        click.echo("everything was there")
