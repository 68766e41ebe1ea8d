"""Kernel · Errors — the four refusals, each with a sentence for the person refused."""

from __future__ import annotations


class DomainError(Exception):
    """A refusal on purpose. `reason` is a sentence for the user (usually a `Message`)."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class RuleViolation(DomainError):
    """What was asked breaks a rule; `field` names the form field to blame, if one is."""

    def __init__(self, reason: str, *, field: str | None = None) -> None:
        super().__init__(reason)
        self.field = field


class NotAllowed(DomainError):
    """The person may know that it exists, but not do this."""


class NotFound(DomainError):
    """It does not exist, or its existence is private to others."""


class Conflict(DomainError):
    """Somebody else changed it meanwhile, or it is no longer in the state the act needs."""
