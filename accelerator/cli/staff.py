"""CLI · Staff — the first administrator of a new house, and anybody else whose link is handed over in person."""

from __future__ import annotations

import sys

import click
from email_validator import EmailNotValidError, validate_email
from flask import current_app
from flask.cli import AppGroup

from accelerator.kernel.actor import SYSTEM, RoleGrant
from accelerator.kernel.enums import Role
from accelerator.kernel.errors import DomainError
from accelerator.kernel.regions import REGIONS
from accelerator.services import accounts

commands = AppGroup("staff", help="People who work in the programme.")


@commands.command("add")
@click.argument("email")
@click.option("--name", required=True)
@click.option(
    "--role",
    "roles",
    type=click.Choice([role.value for role in Role if role is not Role.SYSTEM]),
    multiple=True,
    required=True,
    help="May be given several times.",
)
@click.option("--region", "regions", type=click.Choice(sorted(REGIONS)), multiple=True, help="A coordinator's regions.")
@click.option("--lang", "locale", type=click.Choice(["fr", "en"]), default="fr", show_default=True)
def add(email: str, name: str, roles: tuple[str, ...], regions: tuple[str, ...], locale: str) -> None:
    """Give somebody roles and print a link, good once for seven days, to choose a password."""
    grants = [
        RoleGrant(Role(role), region_code)
        for role in roles
        for region_code in ((regions or (None,)) if role == Role.COORDINATOR else (None,))
    ]
    try:
        validate_email(email, check_deliverability=False)
        user_id = accounts.invite(actor=SYSTEM, email=email, name=name, grants=grants, locale=locale)
        token = accounts.new_invitation(actor=SYSTEM, user_id=user_id)
    except (DomainError, EmailNotValidError) as refusal:
        click.echo(str(refusal), err=True)
        sys.exit(2)
    click.echo(f"{email}: {', '.join(roles)}")
    click.echo(f"{current_app.config['PUBLIC_URL'].rstrip('/')}/new-password/{token}")
