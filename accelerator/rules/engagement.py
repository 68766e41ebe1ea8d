"""Rules · Engagement — how a startup that counts appears to those who read about it."""

from __future__ import annotations

from accelerator.kernel.actor import Actor
from accelerator.kernel.permissions import Permission
from accelerator.rules import access


def sees_stealth(actor: Actor) -> bool:
    """True for the programme team; sponsors and the public never read the name of a startup in stealth."""
    return access.permitted(actor, Permission.STARTUP_READ)


def shown_name(name: str, *, is_stealth: bool) -> str | None:
    """The startup's name where it may be published; None for a startup in stealth."""
    return None if is_stealth else name
