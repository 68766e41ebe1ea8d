"""CLI · Demo — fill an empty house with a believable programme, and say who can sign in."""

from __future__ import annotations

import sys
from datetime import datetime

import click
from flask.cli import AppGroup

from accelerator.kernel.errors import DomainError
from accelerator.services import demo

commands = AppGroup("demo", help="A believable programme for looking around and for tests.")


@commands.command("seed")
@click.option("--size", type=click.Choice(["small", "normal", "large"]), default="normal", show_default=True)
@click.option("--seed", "number", type=int, default=2024, show_default=True, help="Another number, other data.")
@click.option("--today", type=click.DateTime(["%Y-%m-%d"]), help="The day the story is told on; today if not given.")
def seed(size: str, number: int, today: datetime | None) -> None:
    """Fill an empty database; refuse any other (exit 2). A second run changes nothing."""
    try:
        done = demo.seed(
            size=size,
            number=number,
            today=today.date() if today else None,
            tell=lambda line: click.echo(f"… {line}", err=True),
        )
    except DomainError as error:
        click.echo(str(error), err=True)
        sys.exit(2)
    if not done.is_new:
        click.echo("The demo is already there; nothing was changed.")
    for name in ("startups", "applications", "reviews", "workshop_sessions", "reached"):
        click.echo(f"{name.replace('_', ' ')}: {getattr(done, name)}")


@commands.command("accounts")
def accounts() -> None:
    """Who can sign in to the demo, with which password."""
    for account in demo.ACCOUNTS:
        click.echo(f"{account.key:<14} {account.email:<30} {account.sees}")
    click.echo(f"password for all: {demo.PASSWORD}")
