"""Kernel · Verdict — allowed or not, with a reason for the person refused."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Verdict:
    """True when allowed; otherwise `reason` says why not, in the user's words."""

    allowed: bool
    reason: str = ""

    def __bool__(self) -> bool:
        return self.allowed


YES = Verdict(True)
